"""The database: only the tasks can reach it, over TLS, and it is kept when its stack is deleted."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.aws import versions
from deploy.aws.templates import Layout, text


def database(layout: Layout) -> dict[str, Any]:
    """The properties that RDS and Aurora share."""
    kind = {"standard": "RDS::DBInstance", "compact": "RDS::DBCluster"}[layout.key]
    (found,) = layout.resources(kind).values()
    return found


def test_it_cannot_be_reached_from_outside(layout: Layout) -> None:
    for instance in layout.resources("RDS::DBInstance").values():
        assert instance["PubliclyAccessible"] is False
    (subnets,) = layout.resources("RDS::DBSubnetGroup").values()
    assert all("database" in text(subnet) for subnet in subnets["SubnetIds"])
    network = layout.template("network")["Resources"]
    public = {
        text(each["Properties"]["RouteTableId"])
        for each in network.values()
        if each["Type"] == "AWS::EC2::Route"
    }
    assert public
    assert not any("database" in table for table in public)


def group(reference: Any) -> str:
    """Our name for a security group."""
    return re.sub(r"<(\w+?)[0-9A-F]{8}\.GroupId>", r"\1", text(reference))


def test_security_groups_allow_only_the_connections_that_are_needed(layout: Layout) -> None:
    rules = {
        (group(rule["GroupId"]), group(rule["SourceSecurityGroupId"]), rule["FromPort"])
        for rule in layout.resources("EC2::SecurityGroupIngress", "network").values()
    }
    assert rules == {
        ("Web", "Front", 8000),
        ("Database", "Web", 5432),
        ("Database", "Worker", 5432),
    }
    from_outside = {
        (rule["CidrIp"], rule["FromPort"], rule["ToPort"])
        for each in layout.resources("EC2::SecurityGroup").values()
        for rule in each.get("SecurityGroupIngress", ())
    }
    assert from_outside == ({("0.0.0.0/0", 443, 443)} if layout.key == "standard" else set())


def test_it_requires_tls_and_logs_changes(layout: Layout) -> None:
    kind = {"standard": "DBParameterGroup", "compact": "DBClusterParameterGroup"}[layout.key]
    (parameters,) = layout.resources(f"RDS::{kind}").values()
    assert parameters["Parameters"] == {"rds.force_ssl": "1", "log_statement": "mod"}
    assert database(layout)["EnableCloudwatchLogsExports"] == ["postgresql"]
    (log,) = layout.resources("Logs::LogGroup", "base").values()
    assert log["LogGroupName"].endswith("/onboarding/postgresql")
    for part in layout.containers():
        assert text(layout.environment(part)["DATABASE_URL"]).endswith("?sslmode=verify-full")


def test_it_is_encrypted_retained_and_of_a_fixed_version(layout: Layout) -> None:
    found = database(layout)
    assert found["StorageEncrypted"] is True
    assert found["DeletionProtection"] is True
    assert found["BackupRetentionPeriod"] == 7
    assert found["EngineVersion"] == versions_of(layout)
    assert found["ManageMasterUserPassword"] is True
    assert "MasterUserPassword" not in found
    (kept,) = (
        resource["DeletionPolicy"]
        for resource in layout.template("base")["Resources"].values()
        if resource.get("Properties") == found
    )
    assert kept == "Retain"


def versions_of(layout: Layout) -> str:
    return versions.AURORA_VERSION if layout.key == "compact" else versions.RDS_VERSION


def test_the_versions_were_looked_at_within_the_year_in_which_aws_offers_them() -> None:
    """If this fails: ask for the offered ones with `aws rds describe-db-engine-versions`, set them,
    and then the date."""
    assert datetime.now(UTC).date() - versions.LOOKED_AT < timedelta(days=300)
    assert all(
        re.fullmatch(r"\d+\.\d+", v) for v in (versions.RDS_VERSION, versions.AURORA_VERSION)
    )


def test_it_pauses_in_the_compact_layout(layouts: dict[str, Layout]) -> None:
    scaling = database(layouts["compact"])["ServerlessV2ScalingConfiguration"]
    assert (scaling["MinCapacity"], scaling["SecondsUntilAutoPause"]) == (0, 300)
