"""PostgreSQL: RDS in the standard layout, Aurora that pauses in the compact one.

Both are encrypted, require TLS and cannot be reached from outside the network. RDS creates, stores
and rotates the master password, which only the task `migrate` may read.
"""

from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from aws_cdk import aws_rds as rds
from constructs import Construct

from deploy.aws import protection
from deploy.aws.deployment import Deployment
from deploy.aws.network_stack import NetworkStack
from deploy.aws.versions import AURORA_VERSION, RDS_CLASS, RDS_VERSION

DATABASE = "onboarding"
PARAMETERS = {
    "rds.force_ssl": "1",
    "log_statement": "mod",  # logs DDL and modifications
}


def standard(scope: cdk.Stack, chosen: Deployment, network: NetworkStack) -> str:
    """Create it; return its host."""
    engine = rds.DatabaseInstanceEngine.postgres(
        version=rds.PostgresEngineVersion.of(RDS_VERSION, RDS_VERSION.partition(".")[0])
    )
    log = _log(scope, f"/aws/rds/instance/{chosen.name}/postgresql")
    instance = rds.DatabaseInstance(
        scope,
        "Database",
        instance_identifier=chosen.name,
        engine=engine,
        instance_type=ec2.InstanceType(RDS_CLASS.removeprefix("db.")),
        storage_type=rds.StorageType.GP3,
        allocated_storage=20,
        max_allocated_storage=100,
        multi_az=chosen.multi_az,
        database_name=DATABASE,
        credentials=rds.Credentials.from_username("master"),
        manage_master_user_password=True,
        vpc=network.vpc,
        vpc_subnets=_isolated(),
        security_groups=[network.fixed(scope, network.database)],
        publicly_accessible=False,
        storage_encrypted=True,
        backup_retention=cdk.Duration.days(7),
        delete_automated_backups=False,
        copy_tags_to_snapshot=True,
        auto_minor_version_upgrade=False,  # RDS_VERSION decides
        ca_certificate=rds.CaCertificate.RDS_CA_RSA2048_G1,
        parameter_group=_parameters(scope, engine),
        cloudwatch_logs_exports=["postgresql"],
    )
    instance.node.add_dependency(log)
    _protect(scope, instance)
    return instance.instance_endpoint.hostname


def compact(scope: cdk.Stack, chosen: Deployment, network: NetworkStack) -> str:
    """Create it; return its host."""
    engine = rds.DatabaseClusterEngine.aurora_postgres(
        version=rds.AuroraPostgresEngineVersion.of(AURORA_VERSION, AURORA_VERSION.partition(".")[0])
    )
    log = _log(scope, f"/aws/rds/cluster/{chosen.name}/postgresql")
    cluster = rds.DatabaseCluster(
        scope,
        "Database",
        cluster_identifier=chosen.name,
        engine=engine,
        serverless_v2_min_capacity=0,
        serverless_v2_max_capacity=1,  # limits the bill; imports take longer, and none fails
        serverless_v2_auto_pause_duration=cdk.Duration.minutes(5),
        writer=rds.ClusterInstance.serverless_v2(
            "Writer",
            instance_identifier=f"{chosen.name}-writer",
            publicly_accessible=False,
            auto_minor_version_upgrade=False,
            ca_certificate=rds.CaCertificate.RDS_CA_RSA2048_G1,
        ),
        default_database_name=DATABASE,
        credentials=rds.Credentials.from_username("master"),
        manage_master_user_password=True,
        vpc=network.vpc,
        vpc_subnets=_isolated(),
        security_groups=[network.fixed(scope, network.database)],
        storage_encrypted=True,
        backup=rds.BackupProps(retention=cdk.Duration.days(7)),
        copy_tags_to_snapshot=True,
        parameter_group=_parameters(scope, engine),
        cloudwatch_logs_exports=["postgresql"],
    )
    cluster.node.add_dependency(log)
    _protect(scope, cluster)
    return cluster.cluster_endpoint.hostname


def _parameters(scope: Construct, engine: rds.IEngine) -> rds.ParameterGroup:
    return rds.ParameterGroup(scope, "Parameters", engine=engine, parameters=PARAMETERS)


def _log(scope: Construct, name: str) -> logs.LogGroup:
    """The log group of RDS, created first because the one RDS creates keeps everything forever.

    Logged statements contain rows with personal data, so they are kept as long as such data is
    kept elsewhere (PERSONAL_KEPT_DAYS).
    """
    return logs.LogGroup(
        scope,
        "DatabaseLog",
        log_group_name=name,
        retention=logs.RetentionDays.ONE_MONTH,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )


def _isolated() -> ec2.SubnetSelection:
    return ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)


def _protect(stack: cdk.Stack, database: Construct) -> None:
    written = cast("cdk.CfnResource", database.node.default_child)
    written.add_property_override("DeletionProtection", protection.parameter(stack))
