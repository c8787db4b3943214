"""What each process may do on AWS: one method for each, with exactly what its code needs.

Each is also the list of what an intruder in that process could reach.
"""

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

from deploy.aws import parameters
from deploy.aws.data_stack import DataStack
from deploy.aws.deployment import Deployment

# The prefixes of the data sets, as in the bucket's notification; a test compares them.
SOURCES = ("uploads/", "client-data/uploads/", "customers/", "metrics/", "csv/")
REPORTS = ("errors/", "rejected/")
ANSWERS = "outbox/"  # one folder for each vendor
DOWNLOADS = "downloads/"

RECEIVE = ("sqs:ReceiveMessage", "sqs:DeleteMessage")
GIVE_BACK = ("sqs:ChangeMessageVisibility",)  # returns a message that a worker cannot finish
SIZE = ("sqs:GetQueueAttributes",)  # kombu calls it before sending; reads no message
SEND = ("sqs:SendMessage", *SIZE)
READ = ("s3:GetObject", "s3:GetObjectVersion")

_NAMES = ("Events", "Imports", "Maintenance", "Mail", "MailEvents", "Webhooks")
QUEUES = tuple(f"{name}Queue" for name in _NAMES)
DEAD_LETTERS = tuple(f"{name}DeadLetterQueue" for name in _NAMES)

Statements = list[iam.PolicyStatement]


class Permissions:
    """The statements for the processes of one deployment."""

    def __init__(self, chosen: Deployment, data: DataStack) -> None:
        self._chosen = chosen
        self._data = data
        self._sources = (*SOURCES, *chosen.schedule_prefixes)

    def web(self) -> Statements:
        """Sends hints but cannot read them; counts the messages of all queues for the System page;
        stores files from the form, and downloads, to which it links."""
        return [
            self._database(),
            self._to(SIZE, *QUEUES, *DEAD_LETTERS),
            self._to(SEND, "ImportsQueue", "MaintenanceQueue", "MailQueue", "WebhooksQueue"),
            self._objects(("s3:PutObject",), (*SOURCES, DOWNLOADS)),
            self._objects(READ, (*self._sources, *REPORTS, DOWNLOADS)),
            self._mail(),
        ]

    def forwarder(self, worker_service: str) -> Statements:
        """Reads events, sends hints, starts the first worker if there is a service for it; cannot
        read the bucket."""
        arn = f"arn:{Aws.PARTITION}:ecs:{Aws.REGION}:{Aws.ACCOUNT_ID}:service/{worker_service}"
        start = self._allow(("ecs:DescribeServices", "ecs:UpdateService"), arn)
        return [
            self._database(),
            self._to(RECEIVE, "EventsQueue"),
            self._to(SEND, "ImportsQueue", "MailQueue", "WebhooksQueue"),
            *([start] if worker_service else []),
        ]

    def worker(self) -> Statements:
        """Reads sources and sees that one is gone; writes reports and rows; sends no emails."""
        return [
            self._database(),
            self._to((*RECEIVE, *GIVE_BACK, *SEND), "ImportsQueue"),
            self._to(SEND, "MailQueue", "WebhooksQueue"),
            self._objects(READ, self._sources),
            # Without it S3 answers 403 for a version that was deleted, and not 404.
            self._allow(("s3:ListBucket",), self._data.arn("Bucket")),
            self._objects(("s3:PutObject",), REPORTS),
            # The version before reads by Query, beside this one during a deployment.
            self._to(("dynamodb:PutItem", "dynamodb:Query"), "UploadRecords"),
            self._to(
                ("dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"),
                *("UploadRecords", "Clients", "CsvData"),
            ),
            self._to(("sns:Publish",), "AlarmTopic"),
        ]

    def mail(self) -> Statements:
        """Sends emails, and reads what becomes of them. Writes answers, and copies error reports
        beside them."""
        return [
            self._database(),
            self._to((*RECEIVE, *GIVE_BACK, *SEND), "MailQueue"),
            self._to(SEND, "WebhooksQueue"),
            self._to(RECEIVE, "MailEventsQueue"),
            self._objects(("s3:PutObject",), (ANSWERS,)),
            self._objects(("s3:GetObjectVersion",), ("errors/",)),
            # Without it S3 answers 403 for a report that was deleted, and not 404.
            self._allow(("s3:ListBucket",), self._data.arn("Bucket")),
            self._to(("sns:Publish",), "AlarmTopic"),
            self._mail(),
        ]

    def webhooks(self) -> Statements:
        """Calls addresses of vendors, so it reaches as little of ours as possible."""
        return [
            self._database(),
            self._to((*RECEIVE, *GIVE_BACK, *SEND), "WebhooksQueue"),
        ]

    def maintenance(self) -> Statements:
        """Lists and deletes objects but reads none; counts dead letters but reads none."""
        prefixes = (*self._sources, *REPORTS)
        return [
            self._database(),
            self._to((*RECEIVE, *GIVE_BACK, *SEND), "MaintenanceQueue"),
            self._to(SEND, "ImportsQueue", "MailQueue", "WebhooksQueue"),
            self._to(SIZE, *DEAD_LETTERS),
            self._objects(("s3:DeleteObject", "s3:DeleteObjectVersion"), prefixes),
            self._allow(
                ("s3:ListBucketVersions",),
                self._data.arn("Bucket"),
                conditions={"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}},
            ),
            self._allow(("s3:ListBucket",), self._data.arn("Bucket")),  # to find stray files
            self._to(("dynamodb:Query", "dynamodb:DeleteItem"), "UploadRecords"),
            self._to(("sns:Publish",), "AlarmTopic"),
        ]

    def beat(self) -> Statements:
        """Sends the sweeps, and nothing else."""
        return [self._to(SEND, "MaintenanceQueue", "MailQueue")]

    def migrate(self, master_secret_arn: str) -> Statements:
        """Connects as master to create the application's role and the tables."""
        return [
            self._database(),
            self._allow(("secretsmanager:GetSecretValue",), master_secret_arn),
        ]

    def command(self) -> Statements:
        """Stores files, and emails a person whose two-step login it resets; reads no file, and
        cannot change tables."""
        return [
            self._database(),
            self._objects(("s3:PutObject",), SOURCES),
            self._mail(),
        ]

    def _database(self) -> iam.PolicyStatement:
        place = f"arn:{Aws.PARTITION}:ssm:{Aws.REGION}:{Aws.ACCOUNT_ID}:parameter"
        name = parameters.database(self._chosen.name)
        return self._allow(("ssm:GetParameter",), f"{place}{name}")

    def _to(self, actions: tuple[str, ...], *logical_ids: str) -> iam.PolicyStatement:
        return self._allow(actions, *(self._data.arn(logical_id) for logical_id in logical_ids))

    def _objects(self, actions: tuple[str, ...], prefixes: tuple[str, ...]) -> iam.PolicyStatement:
        bucket = self._data.arn("Bucket")
        return self._allow(actions, *(f"{bucket}/{prefix}*" for prefix in prefixes))

    def _mail(self) -> iam.PolicyStatement:
        # In SES's sandbox a role needs the recipient's identity, too, so all are allowed; the
        # condition allows one sender.
        ses = f"arn:{Aws.PARTITION}:ses:{Aws.REGION}:{Aws.ACCOUNT_ID}"
        return self._allow(
            ("ses:SendEmail", "ses:SendRawEmail"),
            f"{ses}:identity/*",
            f"{ses}:configuration-set/{self._chosen.name}",
            conditions={"StringEquals": {"ses:FromAddress": self._chosen.mail_sender}},
        )

    @staticmethod
    def _allow(
        actions: tuple[str, ...], *resources: str, conditions: dict[str, object] | None = None
    ) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            actions=list(actions), resources=list(resources), conditions=conditions
        )
