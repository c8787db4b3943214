"""Linters of templates: CloudFormation's schemas and security rules."""

import json
import subprocess
from pathlib import Path
from typing import Any

from deploy.aws.synth import program
from deploy.aws.templates import STACKS, Layout

NOT_CFN_LINT = {
    "W3005": "CDK also writes dependencies that a reference implies; this is harmless.",
    "W3010": "Zones are chosen in cdk.json: not every zone of a region has every service.",
}
NOT_CHECKOV = {
    "CKV_AWS_18": "The bucket without an access log is the one that contains the access log.",
    "CKV_AWS_21": "Only the log's bucket: its objects are written once and deleted by age.",
    "CKV_AWS_26": "CloudWatch cannot publish under the key alias/aws/sns; texts contain no rows.",
    "CKV_AWS_27": "It looks for a KMS key; SSE-SQS is on, which S3 can publish to.",
    "CKV_AWS_28": "Staged rows are copies, expire after a week, and a retry stages them again.",
    "CKV_AWS_65": "Container Insights costs more than the tasks; our metrics do not need it.",
    "CKV_AWS_91": "The application logs every request, with the balancer's ID.",
    "CKV_AWS_118": "The alarms on CPU, storage and connections need no enhanced monitoring.",
    "CKV_AWS_119": "Encrypted with AWS's key: the tables are not shared outside the account.",
    "CKV_AWS_136": "The same for images, which contain no secret.",
    "CKV_AWS_157": "An option in cdk.json (multi_az), off in the example: it doubles the price.",
    "CKV_AWS_158": "The same for logs, which contain no secret and expire after a month.",
    "CKV_AWS_161": "The application connects with a secret that can be rotated without a restart.",
    "CKV_AWS_162": "The same for Aurora.",
}


def answer(*command: str | Path) -> Any:
    """The JSON output of a linter; its exit code adds nothing."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def test_cloudformation_knows_every_property(layouts: dict[str, Layout]) -> None:
    templates = [layout.path(stack) for layout in layouts.values() for stack in STACKS]
    skipped = ("--ignore-checks", *NOT_CFN_LINT)
    assert not answer(program("cfn-lint"), "--format", "json", *skipped, "--template", *templates)


def test_checkov_finds_only_accepted_deviations(layouts: dict[str, Layout]) -> None:
    both = layouts["compact"].directory.parent
    found = answer(
        *(program("checkov"), "--framework", "cloudformation", "--output", "json"),
        *("--skip-download", "--compact", "--directory", both),
    )
    summary, results = found["summary"], found["results"]
    assert (summary["parsing_errors"], summary["passed"] > 300) == (0, True)
    findings: dict[str, set[str]] = {}
    for each in results["failed_checks"]:
        findings.setdefault(each["check_id"], set()).add(each["resource"])
    unexpected = {check: on for check, on in findings.items() if check not in NOT_CHECKOV}
    assert not unexpected
    assert findings.keys() == NOT_CHECKOV.keys(), "an exception that is no longer needed"


def test_only_the_access_log_has_no_log_and_no_versions(layout: Layout) -> None:
    buckets = layout.resources("S3::Bucket")
    assert {name for name, said in buckets.items() if "LoggingConfiguration" not in said} == {
        name for name, said in buckets.items() if "VersioningConfiguration" not in said
    }
    assert "LoggingConfiguration" in buckets["Bucket"]
    assert len(buckets) == 2
