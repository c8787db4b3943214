"""Deploys this commit to AWS or rolls back to an older image: `make deploy [IMAGE=sha256:…]`.

CloudFormation waits until the services of a stack are healthy and rolls the stack back if they do
not become so. All services use one image, which is built once per commit.
"""

import base64
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import boto3

from deploy import commands
from deploy.aws import choices, deployment, parameters, portal
from deploy.aws.one_off import OneOff
from deploy.aws.preflight.asking import find
from deploy.aws.preflight.findings import Finding
from deploy.aws.preflight.report import has_stops, in_words
from deploy.aws.stacks import NotReleased, Stacks, say
from deploy.aws.synth import synthesize
from deploy.local.places import CHECKOUT

# The certificate authorities of the database: Amazon's bundle for all regions.
RDS_CERTIFICATES = "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"
CANARY = (*commands.MANAGE, "canary")


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

    def running_image(self) -> str:
        """The image of the services before the release; "" before the first one."""

    def wait_for_portal(self) -> None:
        """Wait until the portal's pages answer."""

    def send_canary(self) -> None:
        """Send a file through bucket, queues and worker, as a check that imports nothing."""


def deploy(target: Target) -> None:
    """Deploy this commit. Raises NotReleased.

    The database changes before the services that need its new columns, and the workers before the
    services that send them new tasks.
    """
    before = target.running_image()
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
    try:
        try_out(target)
    except NotReleased as problem:
        if before in ("", image):
            raise NotReleased(f"{problem}. There is no earlier image to roll back to") from problem
        run_image(target, before)
        raise NotReleased(f"{problem}. Rolled back: the services run {before} again") from problem


def roll_back(target: Target, digest: str) -> None:
    """Roll back to an older image. Raises NotReleased."""
    run_image(target, target.address(digest))
    try_out(target)


def run_image(target: Target, image: str) -> None:
    """Let the services run an image.

    The senders of new tasks change before the workers that know them. The database stays: the
    previous version works with it.
    """
    for name in ("web", "workers"):
        target.set_image(name, image)


def try_out(target: Target) -> None:
    """That what is released works: its pages, and a file through all of it."""
    target.wait_for_portal()
    target.send_canary()


class Account:
    """The account and region of the credentials in the environment."""

    def __init__(
        self, name: str, domain: str, templates: Path, session: Any, *, by_dns: bool = True
    ) -> None:
        """Without `by_dns` the portal is asked where its DNS record should point."""
        self._name = name
        self._domain = domain
        self._by_dns = by_dns
        self._stacks = Stacks(session.client("cloudformation"), name, templates)
        self._ecr = session.client("ecr")
        self._session = session
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
        self._run("migrate")

    def running_image(self) -> str:
        return self._stacks.parameter("web", "Image")

    def wait_for_portal(self) -> None:
        say(f"waiting for https://{self._domain}")
        host = "" if self._by_dns else self.outputs("web")["PointDnsTo"]
        portal.wait_for(f"https://{self._domain}", host=host)

    def send_canary(self) -> None:
        say("sending a file through the system, as a check")
        self._run("command", CANARY)

    def _run(self, task: str, command: Sequence[str] = ()) -> None:
        OneOff(self._session, self._name, self.outputs("network")).run(task, command)


def run(*command: str, sent: str = "") -> str:
    """The output of a command. Raises NotReleased when it fails; its error output is not hidden."""
    done = subprocess.run(
        command,
        cwd=CHECKOUT,
        # An image is one manifest, without one more about how it was built.
        env={**os.environ, "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"},
        input=sent,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NotReleased(f"{' '.join(command[:2])} failed with exit code {done.returncode}")
    return done.stdout.strip()


def proceed(found: list[Finding]) -> None:
    """Print what the preflight has found. Raises NotReleased if something must be corrected."""
    sys.stderr.write(in_words(found))
    if has_stops(found):
        raise NotReleased("the preflight found what is above; nothing was changed")


def release(digest: str = "", *, by_dns: bool = True) -> None:
    """Deploy the chosen environment, or roll it back. Raises NotReleased."""
    context = choices.read()
    chosen = deployment.read(context)
    session = boto3.Session(region_name=chosen.region)
    with tempfile.TemporaryDirectory() as made:
        account = Account(chosen.name, chosen.domain, Path(made), session, by_dns=by_dns)
        if digest:
            roll_back(account, digest)
        else:
            synthesize(**{chosen.layout.key: Path(made)})
            proceed(find(chosen, context, Path(made), session))
            deploy(account)


if __name__ == "__main__":
    try:
        release(*sys.argv[1:])
    except (NotReleased, deployment.NotDeployable) as problem:
        sys.exit(f"Not released: {problem}")
