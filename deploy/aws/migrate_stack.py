"""The one-off tasks: `migrate`, which creates the application's role and tables before the services
change, and `command`, for commands that operators run."""

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from deploy.aws.parts import Application


class MigrateStack(cdk.Stack):
    def __init__(
        self, scope: Construct, name: str, *, application: Application, **options: Any
    ) -> None:
        super().__init__(scope, name, **options)
        # Not an export of the database's stack: a restored database has another secret, and a
        # stack cannot change an export that another one uses.
        master = cdk.CfnParameter(
            self,
            "MasterSecretArn",
            description="RDS's secret with the password of the tables' owner.",
            allowed_pattern="arn:.+:secret:.+",
        )
        part = application.migrate(master.value_as_string)
        application.task(self, "migrate", part, cpu=512, memory=1024)
        application.task(self, "command", application.command(), cpu=512, memory=1024)
