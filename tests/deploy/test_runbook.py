"""The runbook, typed: its commands run as they are printed, in the order of the page, in one shell.

For each layout an account of the emulator has all stacks. What a command changes is looked up
afterwards. Every command of the page is run, except for those in `NOT_RUN`.
"""

import json
import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from deploy.aws import choices, deployment, stacks
from deploy.aws.release import Account
from deploy.aws.templates import STACKS, Layout
from deploy.local.aws import CREDENTIALS
from deploy.local.places import CHECKOUT
from tests.deploy.aws_cli import CommandLine
from tests.deploy.running.roles import ACCOUNT
from tests.deploy.strict import Session, emulator
from tests.deploy.test_stacks import change
from tests.docs.pages import block

PAGE = CHECKOUT / "docs" / "operate.md"
NOT_RUN = {
    "make deploy-check": "runs this test",
    "make deploy": "needs Docker and a registry; test_deployed runs its code",
    "make deploy-trial": "needs Docker and a registry; test_trial runs its code",
    "python -I config/health_file.py": "containers run it, in test_deployed",
}
LAST = "Delete an environment"
HEADING = re.compile(r"^##+ (.+)$", re.MULTILINE)
FENCED_OR_INLINE = re.compile(r"^```(\w*)\n(.*?)^```$|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(aws|make|python|manage\.py \w+|CHOICES=\S+|\.venv/bin/\S+) \S")
ALWAYS_ON = re.compile(r"(?<= )(?:web|forwarder|clock)(?=[ ;]|$)")
STANDARD_ONLY = re.compile(
    r"aws rds .*--db-instance-identifier onboarding |.*deploy\.aws\.preflight$"  # as cdk.json says
)
DESTROY = ".venv/bin/python -m deploy.aws.destroy"
ANSWERS = {DESTROY: "onboarding\n", f"CHOICES=.local/trial.json {DESTROY}": "trial-1\n"}
ENDS_WITH = {".venv/bin/python -m deploy.aws.preflight": 1}  # cdk.json is an example


@dataclass(frozen=True)
class Command:
    section: str
    part: str  # "The compact layout", or another heading within the section
    text: str

    @property
    def is_of_application(self) -> bool:
        return self.text.startswith("manage.py ")

    @property
    def is_run(self) -> bool:
        return not any(
            re.fullmatch(rf"{re.escape(each)}( [A-Z]+=\S+)?", self.text) for each in NOT_RUN
        )


def commands() -> list[Command]:
    """All commands of the page, in its order; those of `LAST` at the end."""
    page = PAGE.read_text()
    found = []
    headings = [(m.start(), m[0].startswith("## "), m[1]) for m in HEADING.finditer(page)]
    for match in FENCED_OR_INLINE.finditer(page):
        above = [each for each in headings if each[0] < match.start()]
        section = next((name for _, is_section, name in reversed(above) if is_section), "")
        part = above[-1][2] if above else ""
        language, fenced, inline = match.groups()
        if language == "console":
            lines = [line.removeprefix("$ ") for line in fenced.splitlines()]
        else:
            lines = [inline] if inline and INLINE.match(inline) else []
        found += [Command(section, part, line) for line in lines]
    return sorted(found, key=lambda command: command.section == LAST)


def test_what_is_not_run_is_on_the_page() -> None:
    left_out = [command.text for command in commands() if not command.is_run]
    for text, reason in NOT_RUN.items():
        assert reason
        assert [each for each in left_out if each.split(" IMAGE")[0].split(" CHOICES")[0] == text]


def of_layout(command: Command, layout: Layout) -> Iterator[str]:
    """The command as it is typed in this layout; nothing if it is for the other one."""
    other = {"standard": "compact", "compact": "standard"}[layout.key]
    text = command.text.replace("ACCOUNT/", f"{ACCOUNT}/")
    if command.part == f"The {other} layout":
        return
    if layout.key == "compact":
        if command.part != "The compact layout" and STANDARD_ONLY.match(text):
            return
        text = ALWAYS_ON.sub("portal", text)
    elif "--service portal" in text:
        return
    yield text


@dataclass
class Walk:
    layout: Layout
    session: Session
    account: Account
    line: CommandLine
    shell: "subprocess.Popen[str]"
    typed: int
    errors: Path
    output: dict[str, str] = field(default_factory=dict)  # of each command of the section

    def type(self, text: str) -> None:
        assert self.shell.stdin
        assert self.shell.stdout
        self.shell.stdin.write(ANSWERS.get(text, ""))
        self.shell.stdin.flush()
        os.write(self.typed, f"{text}\0".encode())
        said = ""
        while not (found := re.fullmatch(r"(.*)\0(\d+)\0\n", said, re.DOTALL)):
            more = self.shell.stdout.readline()
            assert more, self.errors.read_text()
            said += more
        self.output[text] = found[1]
        assert not self.line.failed, text
        assert int(found[2]) == ENDS_WITH.get(text, 0), (text, said, self.errors.read_text())

    def keys(self, prefix: str) -> list[str]:
        s3 = self.session.client("s3")
        bucket = f"onboarding-uploads-{ACCOUNT}"
        found = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", ())
        return [each["Key"] for each in found]

    def calls(self, operation: str) -> list[dict[str, Any]]:
        return [said for name, said in self.line.calls if name == operation]


LOOP = """
sleep() { :; }
while IFS= read -r -d '' -u %d typed; do eval "$typed"; printf '\\0%%s\\0\\n' "$?"; done
"""


@contextmanager
def walking(layout: Layout, directory: Path) -> Iterator[Walk]:
    """A shell in an account with all stacks; its `aws` and our own programs ask the emulator."""
    for name in ("deploy", ".venv", "manage.py"):
        (directory / name).symlink_to(CHECKOUT / name)
    (directory / "products.csv").write_text("sku\n")
    (directory / ".local").mkdir()
    (directory / ".local" / "trial.json").write_text(json.dumps({"name": "trial-1"}))
    reads, typed = os.pipe()
    errors = directory / "errors"
    with emulator() as endpoint, errors.open("w") as to_errors:
        session = Session(endpoint)
        account = Account("onboarding", "portal.example", layout.directory, session)
        account.create_secrets()
        for stack in STACKS:
            change(account, stack)
        line = CommandLine(endpoint)
        with line.program(directory):
            path = os.pathsep.join([str(directory), os.environ["PATH"]])
            shell = subprocess.Popen(
                ["bash", "-c", LOOP % reads],
                cwd=directory,
                env={"PATH": path, "AWS_ENDPOINT_URL": endpoint, **CREDENTIALS},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=to_errors,
                text=True,
                pass_fds=[reads],
            )
            os.close(reads)
            with shell:
                try:
                    yield Walk(layout, session, account, line, shell, typed, errors)
                finally:
                    os.close(typed)


# --- What commands change, by section: a look before them, and one after -------------------------

Look = Callable[["Walk"], Iterator[None]]


def nothing_more(_walk: Walk) -> Iterator[None]:
    yield


def one_off_tasks(walk: Walk) -> Iterator[None]:
    yield
    (task,) = walk.calls("RunTask")
    assert task["taskDefinition"] == "onboarding-command"
    (ended,) = (said for text, said in walk.output.items() if text.startswith("once command"))
    assert ended.startswith("0\t")
    (key,) = walk.keys("uploads/VEND001/")
    assert key == "uploads/VEND001/products.csv"


def addresses_of_a_deployment(walk: Walk) -> Iterator[None]:
    yield
    said = "".join(walk.output.values())
    assert all(name in said for name in ("PointDnsTo", "MailRecord1", "MailRecord3"))


def the_image_before(walk: Walk) -> Iterator[None]:
    ecr = walk.session.client("ecr")
    for manifest in ("first", "second"):
        ecr.put_image(repositoryName="onboarding", imageTag=manifest, imageManifest=manifest)
    yield
    (images,) = (said for text, said in walk.output.items() if "ecr describe-images" in text)
    digests = [line.split("\t")[1] for line in images.splitlines()]
    assert len(digests) == 2
    assert all(digest.startswith("sha256:") for digest in digests)


def a_role_for_github(walk: Walk) -> Iterator[None]:
    yield
    assert "role/ci-onboarding" in "".join(walk.output.values())


def other_secrets(walk: Walk) -> Iterator[None]:
    ssm = walk.session.client("ssm")

    def secrets() -> tuple[dict[str, str], str]:
        names = ("/onboarding/database", "/onboarding/signing-key")
        login, key = (
            ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
            for name in names
        )
        return json.loads(login), key

    login, key = secrets()
    yield
    new_login, new_key = secrets()
    assert new_login["username"] == login["username"]
    assert len(new_login["password"]) == 40
    assert new_login["password"] != login["password"]
    assert len(new_key) == 64
    assert new_key != key
    assert walk.calls("RunTask")[-1]["taskDefinition"] == "onboarding-migrate"
    restarted = {
        said["service"] for said in walk.calls("UpdateService") if said.get("forceNewDeployment")
    }
    assert restarted == walk.layout.services().keys()  # each of them reads the key at its start


def a_restored_database(walk: Walk) -> Iterator[None]:
    """It is as the first, and releases go on."""
    scale(walk)
    before, first, counts = databases(walk.session), master_of_migrate(walk), running(walk)
    yield
    kind = "i onboarding" if "i onboarding" in before else "c onboarding"
    after = databases(walk.session)
    assert after.keys() == before.keys()  # the database before is deleted
    for name in before:
        assert settings(after[name]) == settings(before[name])
    assert running(walk) == counts
    second = after[kind]["MasterUserSecret"]["SecretArn"]
    assert second != first == master_of_migrate(walk)
    suspended = [said["SuspendedState"] for said in walk.calls("RegisterScalableTarget")]
    assert suspended == [{"DynamicScalingOutSuspended": so} for so in (True, False)]

    walk.account.check()
    for stack in STACKS:
        change(walk.account, stack)
    assert master_of_migrate(walk) == second
    assert databases(walk.session).keys() == after.keys()


# What is different for each database, or what the emulator only answers for some.
OF_ITS_OWN = {
    "CertificateDetails",
    *("DbiResourceId", "DbClusterResourceId", "DBInstanceArn", "DBClusterArn", "Endpoint"),
    *("InstanceCreateTime", "ClusterCreateTime", "LatestRestorableTime", "EarliestRestorableTime"),
    *("MasterUserSecret", "ReaderEndpoint", "TagList", "DBClusterMembers"),
}


def databases(session: Session) -> dict[str, Any]:
    """Every instance and cluster by its name."""
    rds = session.client("rds")
    return {
        **{f"i {i['DBInstanceIdentifier']}": i for i in rds.describe_db_instances()["DBInstances"]},
        **{f"c {c['DBClusterIdentifier']}": c for c in rds.describe_db_clusters()["DBClusters"]},
    }


def settings(database: dict[str, Any]) -> dict[str, Any]:
    said = {name: value for name, value in database.items() if name not in OF_ITS_OWN}
    if "DBInstanceIdentifier" in database and "DBClusterIdentifier" in database:
        del said["EngineVersion"]  # it is the cluster's
    return said


def running(walk: Walk) -> dict[str, int]:
    ecs = walk.session.client("ecs")
    names = ecs.list_services(cluster="onboarding")["serviceArns"]
    services = ecs.describe_services(cluster="onboarding", services=names)["services"]
    # The number of workers is not in the template: their scaling starts them.
    return {s["serviceName"]: s["desiredCount"] for s in services if s["serviceName"] != "worker"}


def scale(walk: Walk) -> None:
    """Where scaling decides, it begins with the fewest tasks."""
    for name, service in walk.layout.services().items():
        if "DesiredCount" not in service:
            walk.session.client("ecs").update_service(
                cluster="onboarding",
                service=name,
                desiredCount=walk.layout.scaling(name)["MinCapacity"],
            )


def master_of_migrate(walk: Walk) -> str:
    ecs = walk.session.client("ecs")
    task = ecs.describe_task_definition(taskDefinition="onboarding-migrate")["taskDefinition"]
    variables = task["containerDefinitions"][0]["environment"]
    (name,) = (v["value"] for v in variables if v["name"] == "DB_MASTER_SECRET_NAME")
    return str(name)


def a_token(walk: Walk) -> Iterator[None]:
    yield
    (token,) = (said for text, said in walk.output.items() if "ssm get-parameter --name" in text)
    assert len(token.strip()) == 48


def nothing_is_left(walk: Walk) -> Iterator[None]:
    yield
    assert not walk.session.client("ecs").list_clusters()["clusterArns"]
    assert not walk.session.client("s3").list_buckets()["Buckets"]
    assert not databases(walk.session)


def test_commands_of_the_application_are_run(
    db: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those that one-off tasks run, and those for a developer's machine."""
    said = {}
    for command in commands():
        if command.is_of_application:
            said[command.text] = shlex.split(command.text)[1:]
        elif command.text.startswith("once command "):
            (task,) = json.loads(shlex.split(command.text)[2])["containerOverrides"]
            assert task["command"][:2] == ["python", "manage.py"]
            for variable in task.get("environment", ()):
                monkeypatch.setenv(variable["name"], variable["value"])
            said[command.text] = task["command"][2:]
    printed = []
    for words in said.values():
        call_command(*words)
        printed.append(capsys.readouterr().out)
    assert all(printed), dict(zip(said, printed, strict=True))
    assert User.objects.get(username="ops").is_superuser
    assert "ops has no second factor." in "".join(printed)


def test_the_example_of_a_second_environment_can_be_deployed() -> None:
    second = json.loads(block(PAGE, "{"))
    assert deployment.read(choices.read() | second).name == "staging"


LOOKS: dict[str, Look] = {
    "Before any command": one_off_tasks,
    "Deploy": addresses_of_a_deployment,
    "Roll back": the_image_before,
    "Deploy from GitHub": a_role_for_github,
    "Rotate the database password": other_secrets,
    "Restore from backup": a_restored_database,
    "Metrics for Prometheus": a_token,
    LAST: nothing_is_left,
}


def test_the_runbook_is_typed(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stacks, "PAUSE_SECONDS", 0.01)
    with walking(layout, tmp_path) as walk:
        for section, found in groupby(commands(), key=lambda command: command.section):
            look = LOOKS.get(section, nothing_more)(walk)
            walk.output.clear()
            walk.line.calls.clear()
            next(look)
            for command in found:
                if command.is_run and not command.is_of_application:
                    for text in of_layout(command, layout):
                        walk.type(text)
            next(look, None)
