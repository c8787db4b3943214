"""The services behind the queues. They change before the web, so that workers know a new task
before it is sent.

In the compact layout these are only the tasks that import when hints accumulate; all other parts,
and an import worker, share the portal's task.
"""

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from deploy.aws import scaling
from deploy.aws.parts import Application


class WorkersStack(cdk.Stack):
    def __init__(
        self, scope: Construct, name: str, *, application: Application, **options: Any
    ) -> None:
        super().__init__(scope, name, **options)
        others = application.network.worker
        worker = application.task(
            self, "worker", application.worker(processes=2), cpu=1024, memory=2048
        )
        service = application.service(self, "worker", worker, group=others, count=None, spot=True)
        scaling.scale(self, service, application.chosen)
        if application.chosen.is_compact:
            return
        forwarder = application.task(
            self, "forwarder", application.forwarder(starts="worker"), cpu=256, memory=512
        )
        application.service(self, "forwarder", forwarder, group=others)
        # Two would send every periodic task twice, which is harmless; but Celery says to run one.
        clock = application.task(
            self,
            "clock",
            application.beat(),
            application.maintenance(),
            application.mail(),
            application.webhooks(),
            cpu=256,
            memory=1024,
        )
        application.service(self, "clock", clock, group=others, singleton=True)
