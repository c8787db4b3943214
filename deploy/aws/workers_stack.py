"""The services behind the queues. They change before the web does: a worker knows a new task's name
before anybody sends it.

In the compact layout the imports' worker alone; the other parts share the portal's task.
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
            self, "forwarder", application.forwarder(), cpu=256, memory=512
        )
        application.service(self, "forwarder", forwarder, group=others)
        # Two clocks would ask for everything twice; that is harmless, and beat says never.
        clock = application.task(
            self, "clock", application.beat(), application.maintenance(), cpu=256, memory=1024
        )
        application.service(self, "clock", clock, group=others, never_two=True)
