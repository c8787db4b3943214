"""A proxy before the emulator that allows what the roles of the stacks allow, and nothing else.

The emulator allows everything. Each process has an access key of its own here, and each key a role.
"""

import base64
import email
import json
import operator
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parseaddr
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import boto3
from botocore.config import Config

from deploy.local.aws import CREDENTIALS, REGION
from tests.faults.http_faults import Fault, HttpFaults, Request, Rule

ACCOUNT = "000000000000"
CREDENTIAL = re.compile(r"Credential=([^/,&\s]+)/\d+/[^/]+/(\w+)/")
SOURCE = re.compile(rb"(?im)^x-amz-copy-source: *(\S+)\r?$")
ALL_POWERFUL = CREDENTIALS["AWS_ACCESS_KEY_ID"]  # the deployment itself, and the test
DENIED = {"s3": "AccessDenied", "ses": "AccessDenied", "sns": "AuthorizationError"}


@dataclass(frozen=True)
class Ask:
    """An action on a resource; `said` holds the condition keys of the request."""

    action: str
    resource: str
    said: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Holder:
    name: str
    statements: Sequence[Mapping[str, Any]]


class Roles(HttpFaults):
    """Listens on `host` and the emulator's own port. `refused` lists what no role allowed."""

    def __init__(self, host: str, port: int, iam: Any) -> None:
        super().__init__(port, port)
        self.host = host
        self.refused: list[str] = []
        self._iam = iam
        self._holders: dict[str, Holder] = {}  # by access key

    @property
    def endpoint(self) -> str:
        return f"http://{self.host}:{self.port}"

    def key(self, name: str, role: str) -> dict[str, str]:
        """Credentials for the holder of this name, as variables of its process. `role` is a name
        or an ARN."""
        user = secrets.token_hex(8)
        self._iam.create_user(UserName=user)
        made = self._iam.create_access_key(UserName=user)["AccessKey"]
        statements = [*self._statements(role.rpartition("/")[2])]
        self._holders[made["AccessKeyId"]] = Holder(name, statements)
        return {
            "AWS_ACCESS_KEY_ID": made["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"],
        }

    def client(self, service: str, key: Mapping[str, str]) -> Any:
        """A client with these credentials."""
        return boto3.client(
            service,  # type: ignore[call-overload] # one function for all services
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=key["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=key["AWS_SECRET_ACCESS_KEY"],
            config=Config(s3={"addressing_style": "path"}),
        )

    def may(self, key: str, action: str, resource: str) -> bool:
        """Whether the holder of the key may do this; notes it if not."""
        return self._check(self._holders[key], Ask(action, resource))

    def _rule_for(self, request: Request) -> Rule | None:
        found = CREDENTIAL.search(unquote(request.path + request.head.decode("latin-1")))
        key, service = found.groups() if found else ("", "none")
        if key == ALL_POWERFUL:
            return None
        holder = self._holders.get(key, Holder("A stranger", ()))
        allowed = [self._check(holder, ask) for ask in asks(request, service)]
        if all(allowed):
            return None
        code = DENIED.get(service, "AccessDeniedException")
        return Rule(request.operation, Fault(status=403, code=code), 1)

    def _check(self, holder: Holder, ask: Ask) -> bool:
        allowed = any(allows(statement, ask) for statement in holder.statements)
        if not allowed:
            self.refused.append(f"{holder.name} may not {ask.action} on {ask.resource}")
        return allowed

    def _statements(self, role: str) -> Iterator[Mapping[str, Any]]:
        for name in self._iam.list_role_policies(RoleName=role)["PolicyNames"]:
            found = self._iam.get_role_policy(RoleName=role, PolicyName=name)
            yield from found["PolicyDocument"]["Statement"]


def allows(statement: Mapping[str, Any], ask: Ask) -> bool:
    return (
        statement["Effect"] == "Allow"
        and any(fnmatchcase(ask.action, pattern) for pattern in listed(statement["Action"]))
        and any(fnmatchcase(ask.resource, pattern) for pattern in listed(statement["Resource"]))
        and all(
            any(OPERATORS[how](ask.said.get(key, ""), pattern) for pattern in listed(wanted))
            for how, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    )


OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": operator.eq,
    "StringLike": fnmatchcase,
}


def listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def asks(request: Request, service: str) -> Iterator[Ask]:
    """What a request asks for. Of an unknown service, what no role allows."""
    yield from {
        "s3": of_s3,
        "sqs": of_json,
        "dynamodb": of_json,
        "secretsmanager": of_json,
        "ssm": of_json,
        "ecs": of_json,
        "ses": of_forms,
        "email": of_forms,
        "sns": of_forms,
    }.get(service, of_nothing)(request, service)


def of_nothing(request: Request, service: str) -> Iterator[Ask]:
    yield Ask(f"{service}:{request.operation}", request.path)


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def of_json(request: Request, service: str) -> Iterator[Ask]:
    said = json.loads(request.body)
    action = f"{service}:{request.operation.rpartition('.')[2]}"
    if service == "sqs":
        # A batch needs the permission of its single action.
        yield Ask(action.removesuffix("Batch"), arn("sqs", said["QueueUrl"].rpartition("/")[2]))
    elif service == "dynamodb":
        for table in said.get("RequestItems") or [said["TableName"]]:
            yield Ask(action, arn("dynamodb", f"table/{table}"))
    elif service == "ssm":
        for name in said.get("Names") or [said["Name"]]:
            yield Ask(action, arn("ssm", f"parameter{name}"))
    elif service == "secretsmanager":
        yield Ask(action, said["SecretId"])
    else:
        for name in said.get("services") or [said["service"]]:
            yield Ask(action, arn("ecs", f"service/{said['cluster']}/{name}"))


def of_forms(request: Request, service: str) -> Iterator[Ask]:
    said = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
    if service == "sns":
        yield Ask(f"sns:{said['Action']}", said.get("TopicArn", "*"))
        return
    mail = email.message_from_bytes(base64.b64decode(said["RawMessage.Data"]))
    sender = parseaddr(mail["From"])[1]
    with_sender = {"ses:FromAddress": sender}
    identity = arn("ses", f"identity/{sender.rpartition('@')[2]}")
    yield Ask(f"ses:{said['Action']}", identity, with_sender)
    if name := mail["X-SES-CONFIGURATION-SET"]:
        yield Ask(f"ses:{said['Action']}", arn("ses", f"configuration-set/{name}"), with_sender)


def of_s3(request: Request, service: str) -> Iterator[Ask]:
    address = urlsplit(request.path)
    query = {name: v[0] for name, v in parse_qs(address.query, keep_blank_values=True).items()}
    bucket, _, key = unquote(address.path).lstrip("/").partition("/")
    version = "Version" if "versionId" in query else ""
    where = f"arn:aws:s3:::{bucket}"
    if not key:
        action = "s3:ListBucketVersions" if "versions" in query else "s3:ListBucket"
        yield Ask(action, where, {"s3:prefix": query.get("prefix", "")})
        return
    if source := SOURCE.search(request.head):
        from_where, _, its_version = unquote(source[1].decode()).lstrip("/").partition("?")
        yield Ask(f"s3:GetObject{'Version' * bool(its_version)}", f"arn:aws:s3:::{from_where}")
    action = {
        "GET": f"GetObject{version}",
        "HEAD": f"GetObject{version}",
        "PUT": "PutObject",
        "POST": "PutObject",  # the steps of a multipart upload
        "DELETE": "AbortMultipartUpload" if "uploadId" in query else f"DeleteObject{version}",
    }[request.method]
    yield Ask(f"s3:{action}", f"{where}/{key}")
