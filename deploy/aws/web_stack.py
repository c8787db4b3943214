"""The portal behind a load balancer. In the compact layout it is behind API Gateway, in one task
with the forwarder, beat, and two workers for all queues."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_servicediscovery as servicediscovery
from constructs import Construct

from deploy.aws import balancer, gateway, scaling
from deploy.aws.measures import Answers
from deploy.aws.network_stack import WEB_PORT
from deploy.aws.parts import Application


class WebStack(cdk.Stack):
    """`answers` are the metrics of what stands before the portal."""

    answers: Answers

    def __init__(
        self, scope: Construct, name: str, *, application: Application, **options: Any
    ) -> None:
        super().__init__(scope, name, **options)
        if application.chosen.is_compact:
            self._one_task(application)
        else:
            self._two_tasks(application)

    def _two_tasks(self, application: Application) -> None:
        task = application.task(self, "web", application.web(threads=8), cpu=256, memory=1024)
        service = application.service(self, "web", task, group=application.network.web, count=None)
        scaling.scale_portal(self, service, application.chosen)
        self.answers = balancer.create(self, service, application)

    def _one_task(self, application: Application) -> None:
        task = application.task(
            self,
            "portal",
            application.web(threads=4),
            application.forwarder(),
            application.beat(),
            application.importer(),
            application.mail_and_webhooks(),
            cpu=256,
            memory=1024,  # measured, as PSS: 785 MB with four busy users and files of 10,000 rows
        )
        # API Gateway finds the task through the API of Cloud Map, not through DNS; but ECS can only
        # register tasks in a DNS namespace.
        namespace = servicediscovery.PrivateDnsNamespace(
            self, "Names", name=f"{application.chosen.name}.internal", vpc=application.network.vpc
        )
        service = application.service(
            self,
            "portal",
            task,
            group=application.network.web,
            singleton=True,  # it contains beat
            spot=application.chosen.spot,
            cloud_map=ecs.CloudMapOptions(
                name="portal",
                cloud_map_namespace=namespace,
                container=task.find_container("web"),
                container_port=WEB_PORT,
                dns_record_type=servicediscovery.DnsRecordType.SRV,
                dns_ttl=cdk.Duration.seconds(10),
            ),
        )
        self.answers = gateway.create(self, service, application)
