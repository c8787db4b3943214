"""The one-off task that creates the application's role and tables before the services change."""

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from deploy.aws.parts import Application


class MigrateStack(cdk.Stack):
    def __init__(
        self, scope: Construct, name: str, *, application: Application, **options: Any
    ) -> None:
        super().__init__(scope, name, **options)
        application.task(self, "migrate", application.migrate(), cpu=512, memory=1024)
