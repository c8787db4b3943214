"""The application's processes as containers: command, environment and permissions of each, and the
tasks and services that they form.

Both layouts have the same parts; they differ in which parts share a task.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import aws_cdk as cdk
from aws_cdk import Aws
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs
from aws_cdk import aws_ssm as ssm

from deploy import commands
from deploy.aws import parameters
from deploy.aws.base_stack import BaseStack
from deploy.aws.data_stack import DataStack
from deploy.aws.database import DATABASE
from deploy.aws.database_stack import DatabaseStack
from deploy.aws.deployment import Deployment
from deploy.aws.network_stack import POSTGRES, WEB_PORT, NetworkStack
from deploy.aws.permissions import Permissions, Statements

BEAT_SCHEDULE = "/tmp/beat-schedule"  # noqa: S108 - the container's own directory
HEALTH_FILE_VARIABLE = {"HEALTH_FILE": "/tmp/health"}  # noqa: S108 - the same
SQS_HEALTH_CHECK = ("CMD", "python", "-I", "config/health_file.py")
WEB_HEALTH_CHECK = (
    *("CMD", "python", "-c"),
    f"import urllib.request as u; u.urlopen('http://127.0.0.1:{WEB_PORT}/healthz', timeout=5)",
)
# Lets running tasks finish after SIGTERM: see the settings, soft shutdown.
WORKER_VARIABLES = {"REMAP_SIGTERM": "SIGQUIT"}


@dataclass(frozen=True)
class Part:
    """One container. `health` is a command that fails when the container is unhealthy;
    `stop_seconds` is how long it may take to end after SIGTERM. One that is not `essential` is
    restarted by itself, and its task goes on without it."""

    name: str
    command: tuple[str, ...]
    statements: Statements
    environment: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)  # variables from SecureStrings
    health: tuple[str, ...] | None = None
    stop_seconds: int = 30
    port: int | None = None
    essential: bool = True
    logs_of: str = ""  # the part whose log group it shares; "" for one of its own


class Application:
    """The parts of one deployment."""

    def __init__(
        self,
        chosen: Deployment,
        *,
        data: DataStack,
        network: NetworkStack,
        database: DatabaseStack,
        base: BaseStack,
    ) -> None:
        self.chosen = chosen
        self.network = network
        self.base = base
        self._host = database.host
        self._data = data
        self._may = Permissions(chosen, data)

    def web(self, *, threads: int) -> Part:
        return Part(
            "web",
            commands.web(f"0.0.0.0:{WEB_PORT}", threads=threads, graceful=30),
            self._may.web(),
            parameters={"METRICS_TOKEN": self.chosen.metrics_parameter}
            if self.chosen.metrics_parameter
            else {},
            health=WEB_HEALTH_CHECK,
            stop_seconds=60,
            port=WEB_PORT,
        )

    def forwarder(self, *, starts: str = "") -> Part:
        """`starts` is the service of which it starts the first task; "" where one always runs."""
        service = f"{self.chosen.name}/{starts}" if starts else ""
        return Part(
            "forwarder",
            commands.forwarder(),
            self._may.forwarder(service),
            HEALTH_FILE_VARIABLE | ({"WORKER_SERVICE": service} if service else {}),
            health=SQS_HEALTH_CHECK,
        )

    def worker(self, *, processes: int) -> Part:
        return self._worker("worker", ("imports",), self._may.worker(), processes=processes)

    def importer(self) -> Part:
        """Imports and maintenance in one process, which the other parts of its task outlive."""
        statements = [*self._may.worker(), *self._may.maintenance()]
        part = self._worker("importer", ("imports", "maintenance"), statements, essential=False)
        return replace(part, logs_of="worker")

    def mail_and_webhooks(self) -> Part:
        """Both in one process, likewise."""
        statements = [*self._may.mail(), *self._may.webhooks()]
        return self._worker("mail", ("mail", "webhooks"), statements, essential=False)

    def maintenance(self) -> Part:
        return self._worker("maintenance", ("maintenance",), self._may.maintenance())

    def mail(self) -> Part:
        return self._worker("mail", ("mail",), self._may.mail())

    def webhooks(self) -> Part:
        # Not essential, because it deals with hosts of strangers, and because an older image, after
        # a rollback, may not know its queue and end at once.
        return self._worker("webhooks", ("webhooks",), self._may.webhooks(), essential=False)

    def _worker(
        self,
        name: str,
        queues: tuple[str, ...],
        statements: Statements,
        *,
        processes: int = 1,
        essential: bool = True,
    ) -> Part:
        return Part(
            name,
            commands.worker(*queues, processes=processes),
            statements,
            HEALTH_FILE_VARIABLE | WORKER_VARIABLES,
            health=SQS_HEALTH_CHECK,
            stop_seconds=120,
            essential=essential,
        )

    def beat(self) -> Part:
        return Part("beat", commands.beat(BEAT_SCHEDULE), self._may.beat())

    def migrate(self, master_secret_arn: str) -> Part:
        return Part(
            "migrate",
            (*commands.MANAGE, "prepare_database"),
            self._may.migrate(master_secret_arn),
            {"DB_MASTER_SECRET_NAME": master_secret_arn},
        )

    def command(self) -> Part:
        """For one-off commands, as the application's role in the database. By itself it runs the
        one that a release ends with."""
        return Part("command", (*commands.MANAGE, "canary"), self._may.command())

    def task(
        self, stack: cdk.Stack, name: str, *parts: Part, cpu: int, memory: int
    ) -> ecs.FargateTaskDefinition:
        """A task of these containers, whose role has the permissions of all of them.

        If an essential container ends, all end, and the service starts another task.
        """
        image = stack.node.try_find_child("Image") or cdk.CfnParameter(
            stack,
            "Image",
            description="The application's image with its digest.",
            allowed_pattern=".+@sha256:[0-9a-f]{64}",
        )
        assert isinstance(image, cdk.CfnParameter)  # noqa: S101 - nothing else has this ID
        task = ecs.FargateTaskDefinition(
            stack,
            f"{name.title()}Task",
            family=f"{self.chosen.name}-{name}",
            cpu=cpu,
            memory_limit_mib=memory,
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=ecs.CpuArchitecture.ARM64,
                operating_system_family=ecs.OperatingSystemFamily.LINUX,
            ),
        )
        self.base.repository.grant_pull(task.obtain_execution_role())
        for part in parts:
            self._container(stack, task, part, image.value_as_string)
            for statement in part.statements:
                task.add_to_task_role_policy(statement)
        return task

    def _container(
        self, stack: cdk.Stack, task: ecs.FargateTaskDefinition, part: Part, image: str
    ) -> None:
        log = self._log(stack, part)
        health = part.health and ecs.HealthCheck(
            command=list(part.health),
            interval=cdk.Duration.seconds(30),
            timeout=cdk.Duration.seconds(10),
            retries=3,
            start_period=cdk.Duration.seconds(180),  # six programs start on a quarter of a CPU
        )
        # ECS restarts no container that has run for less than this period, the shortest it accepts.
        restart: dict[str, Any] = (
            {}
            if part.essential
            else {"enable_restart_policy": True, "restart_attempt_period": cdk.Duration.minutes(1)}
        )
        container = task.add_container(
            part.name,
            image=ecs.ContainerImage.from_registry(image),
            command=list(part.command),
            environment={**self._environment(), **part.environment},
            secrets={
                "SECRET_KEY": _secure(stack, parameters.signing_key(self.chosen.name)),
                **{name: _secure(stack, of) for name, of in part.parameters.items()},
            },
            health_check=health or None,
            stop_timeout=cdk.Duration.seconds(part.stop_seconds),
            logging=ecs.LogDrivers.aws_logs(stream_prefix=part.name, log_group=log),
            readonly_root_filesystem=True,
            essential=part.essential,
            **restart,
        )
        if part.port:
            container.add_port_mappings(ecs.PortMapping(container_port=part.port))
        # The only writable directory. The image declares it as a volume, otherwise it would belong
        # to root.
        volume = f"tmp-{part.name}"
        task.add_volume(name=volume)
        container.add_mount_points(
            ecs.MountPoint(
                container_path="/tmp",  # noqa: S108 - the same
                source_volume=volume,
                read_only=False,
            )
        )

    def _log(self, stack: cdk.Stack, part: Part) -> logs.ILogGroup:
        construct = f"{part.name.title()}Log"
        if part.logs_of:
            of_other = self.chosen.log_group(part.logs_of)
            return logs.LogGroup.from_log_group_name(stack, construct, of_other)
        return logs.LogGroup(
            stack,
            construct,
            log_group_name=self.chosen.log_group(part.name),
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )

    def service(
        self,
        stack: cdk.Stack,
        name: str,
        task: ecs.FargateTaskDefinition,
        *,
        group: ec2.SecurityGroup,
        count: int | None = 1,
        singleton: bool = False,
        spot: bool = False,
        cloud_map: ecs.CloudMapOptions | None = None,
    ) -> ecs.FargateService:
        """A service of that task. Without a `count`, scaling decides, also during a deployment.

        `singleton`: the old task ends before the new one starts.
        """
        return ecs.FargateService(
            stack,
            f"{name.title()}Service",
            service_name=name,
            cluster=self.base.cluster,
            task_definition=task,
            desired_count=count,
            min_healthy_percent=0 if singleton else 100,
            max_healthy_percent=100 if singleton else 200,
            # Rebalancing starts a second task before it ends the first.
            availability_zone_rebalancing=ecs.AvailabilityZoneRebalancing.DISABLED
            if singleton
            else ecs.AvailabilityZoneRebalancing.ENABLED,
            circuit_breaker=ecs.DeploymentCircuitBreaker(rollback=True),
            capacity_provider_strategies=[
                ecs.CapacityProviderStrategy(
                    capacity_provider="FARGATE_SPOT" if spot else "FARGATE", weight=1
                )
            ],
            assign_public_ip=True,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
            security_groups=[self.network.fixed(stack, group)],
            propagate_tags=ecs.PropagatedTagSource.SERVICE,
            cloud_map_options=cloud_map,
        )

    def _environment(self) -> dict[str, str]:
        """The variables of every process: the settings require all of them."""
        place = f"{self._host}:{POSTGRES}/{DATABASE}"
        return {
            "AWS_REGION": Aws.REGION,
            # The image contains the certificate authorities and sets PGSSLROOTCERT.
            "DATABASE_URL": f"postgresql://{place}?sslmode=verify-full",
            "DB_SSM_PARAMETER": parameters.database(self.chosen.name),
            "ALLOWED_HOSTS": self.chosen.domain,
            "PORTAL_URL": f"https://{self.chosen.domain}",
            "DEFAULT_FROM_EMAIL": self.chosen.mail_sender,
            "NOTIFICATION_EMAIL": self.chosen.alarm_mailbox,
            "NOTIFICATION_EMAILS": ",".join(map("=".join, self.chosen.mailboxes.items())),
            **self._data.variables(),
            **self.chosen.layout.pace,
        }


def _secure(stack: cdk.Stack, parameter: str) -> ecs.Secret:
    """A SecureString of the Parameter Store, which exists already."""
    name = parameter.title().replace("/", "").replace("-", "")
    found = stack.node.try_find_child(name)
    if found is None:
        found = ssm.StringParameter.from_secure_string_parameter_attributes(
            stack, name, parameter_name=parameter
        )
    return ecs.Secret.from_ssm_parameter(cast("ssm.IParameter", found))
