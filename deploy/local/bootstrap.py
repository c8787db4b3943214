"""Creates the resources of the template in the emulator, at every start, where they are missing.

The emulator saves its state when it is shut down. After a kill the objects still exist, but queues,
tables and the bucket's configuration are those of the last save, or gone. So the record of the
stack is not trusted: the services themselves are queried.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

from deploy.local import template
from deploy.local.aws import CREDENTIALS, REGION

STACK = "onboarding"
SENDER = "onboarding@techmart.example"

# Long enough for a slow machine, short enough to watch the message of a killed worker being
# delivered again.
LOCAL_TIMEOUTS = {
    "EventsVisibilityTimeout": "30",
    "ImportsVisibilityTimeout": "60",
    "MaintenanceVisibilityTimeout": "120",
    "MailVisibilityTimeout": "60",
    "WebhooksVisibilityTimeout": "60",
    "MailEventsVisibilityTimeout": "30",
}
# Tests kill workers and wait for the next delivery.
TEST_TIMEOUTS = {
    "EventsVisibilityTimeout": "5",
    "ImportsVisibilityTimeout": "5",
    "MaintenanceVisibilityTimeout": "5",
    "MailVisibilityTimeout": "5",
    "WebhooksVisibilityTimeout": "5",
    "MailEventsVisibilityTimeout": "5",
}


class CannotBootstrap(Exception):
    """The emulator rejected the template; the message names the resource and the reason."""


def bootstrap(endpoint: str, parameters: Mapping[str, str]) -> dict[str, str]:
    """Create or repair everything in the emulator; return the stack's outputs."""
    return _Emulator(endpoint, parameters).bootstrap()


@dataclass(frozen=True)
class _Emulator:
    endpoint: str
    parameters: Mapping[str, str]

    def bootstrap(self) -> dict[str, str]:
        cloudformation = self._client("cloudformation")
        stack = _described(cloudformation)
        if stack and not (stack["StackStatus"].endswith("E_COMPLETE") and self._holds(stack)):
            cloudformation.delete_stack(StackName=STACK)
            _wait(cloudformation, "stack_delete_complete")
            stack = None
        if stack:
            self._update(cloudformation)
        else:
            self._create(cloudformation)
        outputs = self._outputs(_described(cloudformation) or {})
        self._what_the_stack_leaves_out(outputs)
        return outputs

    def _holds(self, stack: dict[str, Any]) -> bool:
        """Whether the services have the resources that the stack lists."""
        outputs = self._outputs(stack)
        queues = [url for name, url in outputs.items() if name.endswith("Url")]
        tables = [table for name, table in outputs.items() if name.endswith("Table")]
        s3, dynamodb = self._client("s3"), self._client("dynamodb")
        try:
            for url in queues:
                self._client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
            states = {
                dynamodb.describe_table(TableName=table)["Table"]["TableStatus"] for table in tables
            }
            notified = s3.get_bucket_notification_configuration(Bucket=outputs["Bucket"])
            versioned = s3.get_bucket_versioning(Bucket=outputs["Bucket"])
            s3.get_bucket_policy(Bucket=outputs["Bucket"])
        except (ClientError, KeyError):
            return False
        return (
            len(queues) == 12
            and states == {"ACTIVE"}
            and bool(notified.get("QueueConfigurations"))
            and versioned.get("Status") == "Enabled"
        )

    def _create(self, cloudformation: Any) -> None:
        bucket = f"{self.parameters.get('NamePrefix', 'onboarding')}-uploads-000000000000"
        try:
            self._client("s3").head_bucket(Bucket=bucket)
        except ClientError:
            cloudformation.create_stack(**self._template())
            _wait(cloudformation, "stack_create_complete")
            return
        # The bucket was kept when its stack was lost (RetainExceptOnCreate). As on AWS, a new stack
        # imports it, and an update adds the rest.
        adopted = {
            "Type": "AWS::S3::Bucket",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {"BucketName": bucket},
        }
        change = {"StackName": STACK, "ChangeSetName": "adopt"}
        cloudformation.create_change_set(
            **change,
            ChangeSetType="IMPORT",
            TemplateBody=json.dumps({"Resources": {"Bucket": adopted}}),
            ResourcesToImport=[
                {
                    "ResourceType": "AWS::S3::Bucket",
                    "LogicalResourceId": "Bucket",
                    "ResourceIdentifier": {"BucketName": bucket},
                }
            ],
        )
        _wait(cloudformation, "change_set_create_complete", ChangeSetName="adopt")
        cloudformation.execute_change_set(**change)
        _wait(cloudformation, "stack_import_complete")
        self._update(cloudformation)

    def _update(self, cloudformation: Any) -> None:
        try:
            cloudformation.update_stack(**self._template())
        except ClientError as answer:
            if "No updates are to be performed" not in str(answer):
                raise
        else:
            _wait(cloudformation, "stack_update_complete")

    def _what_the_stack_leaves_out(self, outputs: Mapping[str, str]) -> None:
        """Set what this emulator ignores in a template, and what does not belong in one."""
        self._client("s3").put_bucket_lifecycle_configuration(
            Bucket=outputs["Bucket"],
            LifecycleConfiguration={"Rules": template.lifecycle_for_the_api()},
        )
        dynamodb = self._client("dynamodb")
        table = outputs["UploadRecordsTable"]
        wanted = template.properties("UploadRecords")["TimeToLiveSpecification"]
        now = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
        if now["TimeToLiveStatus"] != "ENABLED":
            dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=wanted)
        # The sender is verified once per account, outside the stacks.
        ses = self._client("ses")
        ses.verify_email_identity(EmailAddress=SENDER)
        # It records the configuration set but publishes no events of it. Those of an identity it
        # does publish, for Amazon's test addresses such as bounce@simulator.amazonses.com.
        for kind in ("Bounce", "Complaint"):
            ses.set_identity_notification_topic(
                Identity=SENDER, NotificationType=kind, SnsTopic=outputs["MailEventsTopicArn"]
            )

    def _outputs(self, stack: Mapping[str, Any]) -> dict[str, str]:
        outputs = {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", ())}
        # A saved state contains the port of an earlier run.
        here = urlsplit(self.endpoint).netloc
        for name, value in outputs.items():
            if name.endswith("Url"):
                outputs[name] = urlsplit(value)._replace(netloc=here).geturl()
        return outputs

    def _template(self) -> dict[str, Any]:
        parameters = [
            {"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()
        ]
        body = template.TEMPLATE.read_text()
        return {"StackName": STACK, "TemplateBody": body, "Parameters": parameters}

    def _client(self, service: str) -> Any:
        return client(service, self.endpoint)


@cache
def _session() -> Any:
    # botocore, because the emulator's own environment has no boto3.
    return botocore.session.get_session()


@cache  # creating one takes a tenth of a second
def client(service: str, endpoint: str) -> Any:
    """A client for the emulator, independent of the shell's AWS settings."""
    config = Config(
        connect_timeout=2,
        read_timeout=30,
        retries={"max_attempts": 3},
        proxies={},
        signature_version="s3v4" if service == "s3" else None,
        s3={"addressing_style": "path"},
    )
    return _session().create_client(
        service,
        region_name=REGION,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        endpoint_url=endpoint,
        config=config,
    )


def _described(cloudformation: Any) -> dict[str, Any] | None:
    try:
        stack: dict[str, Any] = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
    except ClientError:
        return None
    return stack


def _wait(cloudformation: Any, condition: str, **more: str) -> None:
    waiter = cloudformation.get_waiter(condition)
    try:
        waiter.wait(StackName=STACK, **more, WaiterConfig={"Delay": 0.02, "MaxAttempts": 1500})
    except WaiterError as problem:
        events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
        failed = [
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}"
            for event in events
            if event["ResourceStatus"].endswith("FAILED")
        ]
        raise CannotBootstrap("; ".join(failed) or str(problem)) from problem
