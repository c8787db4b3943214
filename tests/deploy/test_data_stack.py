"""The data stack contains the template that local runs use, and works as synthesized."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from deploy.aws.templates import Layout, listed
from deploy.local import template

QUEUES = ("Events", "Imports", "Maintenance", "Mail", "MailEvents", "Webhooks")
NAMES = {
    "NamePrefix": "synthesized",
    "UploadRecordsTableName": "SynthesizedRecords",
    "ClientsTableName": "SynthesizedClients",
    "CsvDataTableName": "synthesized-csv",
}


def test_it_is_the_template_plus_an_access_log(layout: Layout) -> None:
    made, written = layout.template("data"), template.load()
    bucket = made["Resources"]["Bucket"]["Properties"]
    assert bucket.pop("LoggingConfiguration")["LogFilePrefix"] == "access/"
    for resource in made["Resources"].values():
        resource.get("Properties", {}).pop("Tags", None)
    for resource in (*made["Resources"].values(), *written["Resources"].values()):
        resource["DependsOn"] = listed(resource.get("DependsOn", []))
    added = made["Resources"].keys() - written["Resources"].keys()
    assert {made["Resources"][name]["Type"] for name in added} == {
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
    }
    assert {name: made["Resources"][name] for name in written["Resources"]} == written["Resources"]
    assert {name: made["Outputs"][name] for name in written["Outputs"]} == written["Outputs"]
    assert made["Parameters"] == written["Parameters"]


def test_every_queue_has_a_dead_letter_queue(layout: Layout) -> None:
    queues = layout.resources("SQS::Queue")
    set_aside = {
        name: said["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        for name, said in queues.items()
        if "RedrivePolicy" in said
    }
    assert set_aside == {f"{name}Queue": f"{name}DeadLetterQueue" for name in QUEUES}
    assert queues.keys() == set_aside.keys() | set(set_aside.values())


def test_s3_sends_an_event_for_every_new_object(layout: Layout) -> None:
    notified = layout.resources("S3::Bucket")["Bucket"]["NotificationConfiguration"]
    assert {each["Event"] for each in notified["QueueConfigurations"]} == {"s3:ObjectCreated:*"}


def test_no_bucket_allows_access_without_tls(layout: Layout) -> None:
    policies = layout.resources("S3::BucketPolicy")
    assert {said["Bucket"]["Ref"] for said in policies.values()} == layout.resources(
        "S3::Bucket"
    ).keys()
    for policy in policies.values():
        (denied,) = (
            statement
            for statement in policy["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Deny"
        )
        assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert (denied["Action"], len(denied["Resource"])) == ("s3:*", 2)
        assert denied["Principal"] in ("*", {"AWS": "*"})


@pytest.mark.parametrize(
    ("service", "members", "action"),
    [("SQS::Queue", "Queues", "sqs:*"), ("SNS::Topic", "Topics", "sns:Publish")],
)
def test_no_queue_and_no_topic_allows_access_without_tls(
    layout: Layout, service: str, members: str, action: str
) -> None:
    denied: list[str] = []
    for policy in layout.resources(f"{service}Policy").values():
        about = [member["Ref"] for member in policy[members]]
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Deny":
                assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
                assert (statement["Action"], statement["Principal"]) == (action, "*")
                assert statement["Resource"] == "*" or about[0] in str(statement["Resource"])
                denied += about
    # Each exactly once: a queue has only one policy, the last.
    assert sorted(denied) == sorted(layout.resources(service))


def test_only_services_of_this_account_publish_and_deliver(layout: Layout) -> None:
    allowed = {
        (statement["Principal"]["Service"], statement["Action"])
        for kind in ("SQS::QueuePolicy", "SNS::TopicPolicy")
        for policy in layout.resources(kind).values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow" and statement["Condition"]
    }
    assert allowed == {
        ("s3.amazonaws.com", "sqs:SendMessage"),
        ("sns.amazonaws.com", "sqs:SendMessage"),
        ("ses.amazonaws.com", "sns:Publish"),
        ("cloudwatch.amazonaws.com", "sns:Publish"),
    }


def test_an_object_in_the_synthesized_bucket_becomes_a_message(
    layout: Layout, aws: Callable[[str], Any], until: Callable[..., Any]
) -> None:
    cloudformation, s3, sqs = (aws(service) for service in ("cloudformation", "s3", "sqs"))
    stack = f"synthesized-{layout.key}"
    parameters = NAMES | {"NamePrefix": stack}
    cloudformation.create_stack(
        StackName=stack,
        TemplateBody=json.dumps(layout.template("data")),
        Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
    )
    try:

        def described() -> Any:
            (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
            return found if found["StackStatus"] != "CREATE_IN_PROGRESS" else None

        made = until(described)
        assert made["StackStatus"] == "CREATE_COMPLETE", made.get("StackStatusReason")
        outputs = {each["OutputKey"]: each["OutputValue"] for each in made["Outputs"]}
        queue, bucket = outputs["EventsQueueUrl"], outputs["Bucket"]
        key = "uploads/VEND001/products.csv"
        version = s3.put_object(Bucket=bucket, Key=key, Body=b"sku\n")["VersionId"]

        def event() -> Any:
            for message in sqs.receive_message(QueueUrl=queue).get("Messages", ()):
                for record in json.loads(message["Body"]).get("Records", ()):
                    return record
            return None

        received = until(event)
        assert received["eventName"].removeprefix("s3:") == "ObjectCreated:Put"
        assert received["s3"]["object"]["key"] == key
        assert received["s3"]["object"]["versionId"] == version
        s3.delete_object(Bucket=bucket, Key=key, VersionId=version)
    finally:
        cloudformation.delete_stack(StackName=stack)
