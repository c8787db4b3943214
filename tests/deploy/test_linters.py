"""What others know about templates: CloudFormation's schemas, and rules of security."""

import json
import subprocess
from pathlib import Path
from typing import Any

from deploy.aws.synth import program
from tests.deploy.templates import STACKS, Layout

NOT_CFN_LINT = {
    "W3005": "CDK says a dependency that a reference implies already; twice is as good as once.",
    "W3010": "Zones are chosen in cdk.json: not every zone of a region has everything.",
}
NOT_CHECKOV = {
    "CKV_AWS_18": "The bucket without an access log is the one that holds the access log.",
    "CKV_AWS_21": "Only the log's bucket: its objects are written once and deleted by age.",
    "CKV_AWS_26": "Under the key alias/aws/sns CloudWatch could not publish; texts hold no rows.",
    "CKV_AWS_27": "It looks for a key of KMS; SSE-SQS, which S3 can publish to, is on.",
    "CKV_AWS_28": "Staged rows are copies, expire after a week, and a retry stages them anew.",
    "CKV_AWS_65": "Container Insights costs more than the tasks; what we look at is there without.",
    "CKV_AWS_91": "The application writes a line for every request, with the balancer's id.",
    "CKV_AWS_118": "Enhanced monitoring: the alarms on CPU, storage and connections need none.",
    "CKV_AWS_119": "Encrypted with AWS's key: nobody outside of the account shares the tables.",
    "CKV_AWS_136": "The same for images, which hold no secret.",
    "CKV_AWS_149": "The same for secrets: who may read one is said by its role.",
    "CKV_AWS_157": "A switch in cdk.json (multi_az), off in the example: it doubles the price.",
    "CKV_AWS_158": "The same for logs, which hold no secret and expire after a month.",
    "CKV_AWS_161": "The application connects with a secret that can be rotated without a restart.",
    "CKV_AWS_162": "The same for Aurora.",
}


def answer(*command: str | Path) -> Any:
    """What a linter says as JSON; its exit code tells no more."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def test_cloudformation_knows_every_property(layouts: dict[str, Layout]) -> None:
    templates = [layout.path(stack) for layout in layouts.values() for stack in STACKS]
    skipped = ("--ignore-checks", *NOT_CFN_LINT)
    assert not answer(program("cfn-lint"), "--format", "json", *skipped, "--template", *templates)


def test_checkov_finds_what_we_decided_and_nothing_else(layouts: dict[str, Layout]) -> None:
    both = layouts["compact"].directory.parent
    found = answer(
        *(program("checkov"), "--framework", "cloudformation", "--output", "json"),
        *("--skip-download", "--compact", "--directory", both),
    )
    summary, results = found["summary"], found["results"]
    assert (summary["parsing_errors"], summary["passed"] > 300) == (0, True)
    complaints: dict[str, set[str]] = {}
    for each in results["failed_checks"]:
        complaints.setdefault(each["check_id"], set()).add(each["resource"])
    unexpected = {check: on for check, on in complaints.items() if check not in NOT_CHECKOV}
    assert not unexpected
    assert complaints.keys() == NOT_CHECKOV.keys(), "a reason that excuses nothing"


def test_the_access_log_alone_has_no_log_and_no_versions(layout: Layout) -> None:
    buckets = layout.resources("S3::Bucket")
    assert {name for name, said in buckets.items() if "LoggingConfiguration" not in said} == {
        name for name, said in buckets.items() if "VersioningConfiguration" not in said
    }
    assert "LoggingConfiguration" in buckets["Bucket"]
    assert len(buckets) == 2
