"""Deploys this commit to AWS or rolls back to an older image: `make deploy [IMAGE=sha256:…]`.

CloudFormation waits until the services of a stack are healthy and rolls the stack back if they do
not become so. All services use one image, which is built once per commit.
"""

import base64
import json
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Protocol

import boto3

from deploy.aws import parameters
from deploy.aws.stacks import NotReleased, Stacks, say
from deploy.aws.synth import synthesize
from deploy.local.places import CHECKOUT

CHOICES = Path(__file__).with_name("cdk.json")
# The certificate authorities of the database: Amazon's bundle for all regions.
RDS_CERTIFICATES = "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"
WAITER_CONFIG = {"Delay": 10, "MaxAttempts": 360}  # 1 hour, for migrations


class Target(Protocol):
    """The environment that a release changes."""

    def check(self) -> None:
        """Raise NotReleased if a template cannot follow what is deployed."""

    def create_secrets(self) -> None:
        """Create the secrets of the application that do not exist."""

    def stack(self, name: str, *, image: str = "") -> None:
        """Create or update a stack from its template; `image` is for stacks that run one."""

    def set_image(self, name: str, image: str) -> None:
        """Change the image of a stack, but not its template."""

    def push(self) -> str:
        """Build and push this commit's image unless it exists; return its address by digest."""

    def address(self, digest: str) -> str:
        """The address of an existing image."""

    def migrate(self) -> None:
        """Run the task that migrates the database to the version of its image."""

    def wait_for_portal(self) -> None:
        """Wait until the portal answers."""


def deploy(target: Target) -> None:
    """Deploy this commit. Raises NotReleased.

    The database changes before the services that need its new columns, and the workers before the
    services that send them new tasks.
    """
    target.check()
    target.create_secrets()
    for name in ("data", "network", "database", "base"):
        target.stack(name)
    image = target.push()
    target.stack("migrate", image=image)
    target.migrate()
    for name in ("workers", "web"):
        target.stack(name, image=image)
    target.stack("watch")
    target.wait_for_portal()


def roll_back(target: Target, digest: str) -> None:
    """Roll back to an older image. Raises NotReleased.

    The senders of new tasks change before the workers that know them. The database stays: the
    previous version works with it.
    """
    image = target.address(digest)
    for name in ("web", "workers"):
        target.set_image(name, image)
    target.wait_for_portal()


class Account:
    """The account and region of the credentials in the environment."""

    def __init__(self, name: str, domain: str, templates: Path, session: Any) -> None:
        self._name = name
        self._domain = domain
        self._stacks = Stacks(session.client("cloudformation"), name, templates)
        self._ecr = session.client("ecr")
        self._ecs = session.client("ecs")
        self._rds = session.client("rds")
        self._ssm = session.client("ssm")

    def check(self) -> None:
        self._stacks.check_exports()

    def create_secrets(self) -> None:
        parameters.create_missing(self._ssm, self._name)

    def stack(self, name: str, *, image: str = "") -> None:
        parameters = {"Image": image} if image else {}
        if name == "migrate":
            parameters["MasterSecretArn"] = self._master_secret()
        self._stacks.change(name, parameters)

    def set_image(self, name: str, image: str) -> None:
        self._stacks.set_parameters(name, {"Image": image})

    def _master_secret(self) -> str:
        """The secret of the database that has the name now, which may be a restored one."""

        def named(what: str) -> list[dict[str, Any]]:
            return [{"Name": f"db-{what}-id", "Values": [self._name]}]

        instances = self._rds.describe_db_instances(Filters=named("instance"))["DBInstances"]
        clusters = self._rds.describe_db_clusters(Filters=named("cluster"))["DBClusters"]
        for database in (*clusters, *instances):
            if secret := database.get("MasterUserSecret"):
                arn: str = secret["SecretArn"]
                return arn
        raise NotReleased(
            f"RDS keeps no master password of {self._name}: see “Restore from backup” in "
            "docs/operate.md"
        )

    def outputs(self, name: str) -> dict[str, str]:
        return self._stacks.outputs(name)

    def push(self) -> str:
        if run("git", "status", "--porcelain"):
            raise NotReleased("there are uncommitted changes, which no image could be named after")
        commit = run("git", "rev-parse", "HEAD")
        if found := self._digest(commit):
            say(f"image of {commit} exists")
            return self.address(found)
        repository = self.outputs("base")["Repository"]
        say(f"building image of {commit}")
        token = self._ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
        user, _, password = base64.b64decode(token).decode().partition(":")
        registry = repository.partition("/")[0]
        run("docker", "login", "-u", user, "--password-stdin", registry, sent=password)
        arguments = {"RDS_CERTIFICATES": RDS_CERTIFICATES, "REVISION": commit}
        said = [word for pair in arguments.items() for word in ("--build-arg", "=".join(pair))]
        tag = f"{repository}:{commit}"
        run("docker", "build", "--platform", "linux/arm64", *said, "-t", tag, ".")
        run("docker", "push", tag)
        return self.address(self._digest(commit))

    def _digest(self, tag: str) -> str:
        """The digest of the image with this tag; "" when there is none."""
        try:
            found = self._ecr.describe_images(
                repositoryName=self._name, imageIds=[{"imageTag": tag}]
            )
        except self._ecr.exceptions.ImageNotFoundException:
            return ""
        digest: str = found["imageDetails"][0]["imageDigest"]
        return digest

    def address(self, digest: str) -> str:
        return f"{self.outputs('base')['Repository']}@{digest}"

    def migrate(self) -> None:
        say("migrating the database")
        network = self.outputs("network")
        started = self._ecs.run_task(
            cluster=self._name,
            taskDefinition=f"{self._name}-migrate",
            launchType="FARGATE",
            networkConfiguration={
                "awsvpcConfiguration": {
                    "subnets": network["TaskSubnets"].split(","),
                    "securityGroups": [network["TaskSecurityGroup"]],
                    "assignPublicIp": "ENABLED",
                }
            },
        )
        if started["failures"]:
            raise NotReleased(f"migrate did not start: {started['failures']}")
        task = {"cluster": self._name, "tasks": [started["tasks"][0]["taskArn"]]}
        self._ecs.get_waiter("tasks_stopped").wait(**task, WaiterConfig=WAITER_CONFIG)
        ended = self._ecs.describe_tasks(**task)["tasks"][0]
        if ended["containers"][0].get("exitCode") != 0:
            why = ended.get("stoppedReason")
            raise NotReleased(f"migrate failed: {why}; see the log group /{self._name}/migrate")

    def wait_for_portal(self) -> None:
        address = f"https://{self._domain}/healthz"
        say(f"waiting for {address}")
        deadline = time.monotonic() + 300
        while True:
            try:
                with urllib.request.urlopen(address, timeout=30):
                    return
            except (urllib.error.URLError, OSError) as problem:
                if time.monotonic() > deadline:
                    raise NotReleased(
                        f"{address}: {problem}. Check that its DNS record points to the output "
                        "PointDnsTo"
                    ) from problem
            time.sleep(5)


def run(*command: str, sent: str = "") -> str:
    """The output of a command. Raises NotReleased when it fails; its error output is not hidden."""
    done = subprocess.run(
        command, cwd=CHECKOUT, input=sent, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise NotReleased(f"{' '.join(command[:2])} failed with exit code {done.returncode}")
    return done.stdout.strip()


def main(digest: str) -> None:
    chosen = json.loads(CHOICES.read_text())["context"]
    with tempfile.TemporaryDirectory() as made:
        account = Account(chosen["name"], chosen["domain"], Path(made), boto3.Session())
        if digest:
            roll_back(account, digest)
        else:
            synthesize(**{chosen["layout"]: Path(made)})
            deploy(account)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:] or ("",))
    except NotReleased as problem:
        sys.exit(f"Not released: {problem}")
