"""Least privilege: what no role may do, and what each process must not access."""

import re
from itertools import chain

from deploy.aws.templates import Layout, exported, grants, text
from deploy.local import template

# These actions do not support resources.
WITHOUT_RESOURCE = {"ecr:GetAuthorizationToken"}
CLOCK = {"beat", "maintenance", "mail", "webhooks"}  # they share a task


PARAMETERS = "arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:parameter"
SSM_READS = (
    *("ssm:DescribeParameters", "ssm:GetParameter", "ssm:GetParameters"),
    "ssm:GetParameterHistory",
)


def may(layout: Layout, part: str) -> dict[str, set[str]]:
    return {action: set(map(exported, on)) for action, on in layout.may(part).items()}


def reach(layout: Layout, part: str, service: str) -> set[str]:
    """The resources of a service that a part may read or write."""
    harmless = {"sqs:GetQueueAttributes"}
    found = may(layout, part).items()
    return set(
        chain(*(on for act, on in found if act.startswith(f"{service}:") and act not in harmless))
    )


def test_no_role_has_wildcard_actions_or_resources(layout: Layout) -> None:
    for name, policy in layout.resources("IAM::Policy").items():
        for action, resource in grants(policy["PolicyDocument"]):
            assert "*" not in action, name
            assert resource != "*" or action in WITHOUT_RESOURCE, (name, action)


def test_no_role_has_a_managed_policy(layout: Layout) -> None:
    for role in layout.resources("IAM::Role").values():
        assert "ManagedPolicyArns" not in role


def test_each_process_reads_only_its_own_queue(layouts: dict[str, Layout]) -> None:
    layout = layouts["standard"]
    parts = layout.containers()
    receivers = {part: may(layout, part).get("sqs:ReceiveMessage", set()) for part in parts}
    assert receivers["forwarder"] == {"EventsQueue"}
    assert receivers["worker"] == {"ImportsQueue"}
    clock = {"MaintenanceQueue", "MailQueue", "MailEventsQueue", "WebhooksQueue"}
    assert {part for part in parts if receivers[part] == clock} == CLOCK
    assert receivers["web"] == receivers["migrate"] == receivers["command"] == set()
    others = {"ImportsQueue", "MaintenanceQueue", "MailQueue", "WebhooksQueue"}
    assert reach(layout, "web", "sqs") == others


def test_each_process_accesses_only_its_part_of_the_bucket(layouts: dict[str, Layout]) -> None:
    layout = layouts["standard"]
    assert reach(layout, "forwarder", "s3") == reach(layout, "migrate", "s3") == set()
    read = may(layout, "worker")["s3:GetObjectVersion"]
    assert not any(resource.startswith(("Bucket/errors/", "Bucket/rejected/")) for resource in read)
    assert may(layout, "worker")["s3:PutObject"] == {"Bucket/errors/*", "Bucket/rejected/*"}
    assert may(layout, "worker")["s3:ListBucket"] == {"Bucket"}  # 404, not 403, if one is gone
    assert "Bucket/errors/*" not in may(layout, "web")["s3:PutObject"]
    assert "s3:GetObject" not in may(layout, "maintenance")
    for part in layout.containers().keys() - CLOCK:
        assert "s3:DeleteObjectVersion" not in may(layout, part), part


def test_sources_have_the_prefixes_of_the_buckets_notification(
    layouts: dict[str, Layout],
) -> None:
    layout = layouts["standard"]
    notified = template.properties("Bucket")["NotificationConfiguration"]["QueueConfigurations"]
    prefixes = {each["Filter"]["S3Key"]["Rules"][0]["Value"] for each in notified}
    written = may(layout, "web")["s3:PutObject"]
    assert written - {"Bucket/downloads/*"} == {f"Bucket/{prefix}*" for prefix in prefixes}


def test_only_the_portal_reaches_downloads(layouts: dict[str, Layout]) -> None:
    layout = layouts["standard"]
    reaching = {
        part for part in layout.containers() if "Bucket/downloads/*" in reach(layout, part, "s3")
    }
    assert reaching == {"web"}


def test_only_migrate_may_read_the_master_password(layout: Layout) -> None:
    for part in layout.containers():
        secrets = may(layout, part).get("secretsmanager:GetSecretValue", set())
        knows = "<MasterSecretArn>" in secrets
        assert knows == (part == "migrate"), part


def test_the_forwarder_may_start_only_import_workers(layouts: dict[str, Layout]) -> None:
    """In the compact layout it starts none: the portal's task imports."""
    layout = layouts["standard"]
    (service,) = reach(layout, "forwarder", "ecs")
    assert service.endswith(":service/onboarding/worker")
    assert layout.environment("forwarder")["WORKER_SERVICE"] == "onboarding/worker"
    assert not reach(layouts["compact"], "forwarder", "ecs")
    assert "WORKER_SERVICE" not in layouts["compact"].environment("forwarder")


def test_email_is_sent_from_one_address_only(layout: Layout) -> None:
    statements = [
        statement
        for policy in layout.resources("IAM::Policy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if "ses:SendEmail" in statement["Action"]
    ]
    assert statements
    for statement in statements:
        # In its sandbox SES asks for the permission for the recipient's identity, too.
        assert any(text(on).endswith(":identity/*") for on in statement["Resource"])
        assert statement["Condition"]["StringEquals"] == {
            "ses:FromAddress": layout.environment("worker")["DEFAULT_FROM_EMAIL"]
        }


def test_import_workers_cannot_send_email(layout: Layout) -> None:
    senders = {part for part in layout.containers() if reach(layout, part, "ses")}
    assert "web" in senders  # password resets
    assert not senders & {"worker", "migrate"}


def test_a_vendors_role_may_write_to_its_own_prefix_and_read_its_own_outbox(
    layout: Layout,
) -> None:
    (role,) = layout.resources("IAM::Role", "base").values()
    (policy,) = layout.resources("IAM::Policy", "base").values()
    allowed: dict[str, set[str]] = {}
    for action, resource in grants(policy["PolicyDocument"]):
        allowed.setdefault(action, set()).add(exported(text(resource)))
    assert allowed == {
        "s3:PutObject": {"Bucket/uploads/VEND001/*"},
        "s3:AbortMultipartUpload": {"Bucket/uploads/VEND001/*"},
        "s3:GetObject": {"Bucket/outbox/VEND001/*"},
        "s3:ListBucket": {"Bucket"},
    }
    for statement in policy["PolicyDocument"]["Statement"]:
        lists = "s3:ListBucket" in statement["Action"]
        only = {"StringLike": {"s3:prefix": "outbox/VEND001/*"}} if lists else None
        assert statement.get("Condition") == only
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": "techmart-VEND001"}}


def test_only_the_mail_worker_writes_answers(layouts: dict[str, Layout]) -> None:
    layout = layouts["standard"]
    writers = {
        part for part in layout.containers() if "Bucket/outbox/*" in reach(layout, part, "s3")
    }
    assert writers == CLOCK
    assert may(layout, "mail")["s3:PutObject"] == {"Bucket/outbox/*"}
    assert may(layout, "mail")["s3:GetObjectVersion"] == {"Bucket/errors/*"}
    assert "Bucket/outbox/*" not in may(layout, "mail")["s3:DeleteObjectVersion"]


def test_an_execution_role_may_read_only_the_image_and_the_signing_key(layout: Layout) -> None:
    for task in layout.resources("ECS::TaskDefinition").values():
        role = {"Ref": task["ExecutionRoleArn"]["Fn::GetAtt"][0]}
        allowed = {
            grant
            for policy in layout.resources("IAM::Policy").values()
            if role in policy["Roles"]
            for grant in grants(policy["PolicyDocument"])
        }
        logs = {on for action, on in allowed if action.startswith("logs:")}
        assert all(
            re.fullmatch(r"<\w+Log[0-9A-F]{8}\.Arn>|arn:.*:log-group:/onboarding/worker:\*", log)
            for log in logs
        )
        assert {action: exported(on) for action, on in allowed if on not in logs} == {
            "ecr:GetAuthorizationToken": "*",
            "ecr:BatchCheckLayerAvailability": "Images",
            "ecr:BatchGetImage": "Images",
            "ecr:GetDownloadUrlForLayer": "Images",
            **dict.fromkeys(SSM_READS, f"{PARAMETERS}/onboarding/signing-key"),
        }
