"""The database: only the tasks can reach it, over TLS, and it is kept when its stack is deleted."""

import re
from datetime import UTC, datetime
from typing import Any

from deploy.aws.templates import Layout, text
from deploy.aws.versions import AURORA_VERSION, CREATED_UNTIL, RDS_VERSION


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
    (log,) = layout.resources("Logs::LogGroup", "database").values()
    assert log["LogGroupName"].endswith("/onboarding/postgresql")
    for part in layout.containers():
        assert text(layout.environment(part)["DATABASE_URL"]).endswith("?sslmode=verify-full")


def test_it_is_encrypted_retained_and_of_a_fixed_version(layout: Layout) -> None:
    found = database(layout)
    assert found["StorageEncrypted"] is True
    assert found["DeletionProtection"] == {"Ref": "DeletionProtection"}
    assert found["BackupRetentionPeriod"] == 7
    version = {"standard": RDS_VERSION, "compact": AURORA_VERSION}[layout.key]
    assert found["EngineVersion"] == version
    assert found["ManageMasterUserPassword"] is True
    assert "MasterUserPassword" not in found
    for name, resource in layout.template("database")["Resources"].items():
        if resource["Type"].startswith("AWS::RDS::"):  # it cannot be without its groups
            assert resource["DeletionPolicy"] == "RetainExceptOnCreate", name
            assert resource["UpdateReplacePolicy"] == "Retain", name


def test_its_versions_can_still_be_created() -> None:
    """If this fails: see deploy/aws/versions.py."""
    assert datetime.now(UTC).date() < CREATED_UNTIL


def test_it_pauses_in_the_compact_layout(layouts: dict[str, Layout]) -> None:
    scaling = database(layouts["compact"])["ServerlessV2ScalingConfiguration"]
    assert (scaling["MinCapacity"], scaling["SecondsUntilAutoPause"]) == (0, 300)
