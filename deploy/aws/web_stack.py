"""The portal and what stands before it: a load balancer, or, in the compact layout, API Gateway
before one task that also holds the forwarder, beat and maintenance."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_servicediscovery as servicediscovery
from constructs import Construct

from deploy.aws import balancer, gateway
from deploy.aws.network_stack import WEB_PORT
from deploy.aws.parts import Application


class WebStack(cdk.Stack):
    """`errors` is the metric of answers with 5xx."""

    errors: cloudwatch.IMetric

    def __init__(
        self, scope: Construct, name: str, *, application: Application, **options: Any
    ) -> None:
        super().__init__(scope, name, **options)
        if application.chosen.is_compact:
            self._one_task(application)
        else:
            self._two_tasks(application)

    def _two_tasks(self, application: Application) -> None:
        task = application.task(self, "web", application.web(workers=2), cpu=256, memory=1024)
        service = application.service(self, "web", task, group=application.network.web, count=2)
        self.errors = balancer.place_before(self, service, application)

    def _one_task(self, application: Application) -> None:
        task = application.task(
            self,
            "portal",
            application.web(workers=1),
            application.forwarder(),
            application.beat(),
            application.maintenance(),
            cpu=256,
            memory=1024,
        )
        # API Gateway finds the task by asking Cloud Map, not by DNS; a namespace of DNS is what
        # ECS can write to.
        namespace = servicediscovery.PrivateDnsNamespace(
            self, "Names", name=f"{application.chosen.name}.internal", vpc=application.network.vpc
        )
        service = application.service(
            self,
            "portal",
            task,
            group=application.network.web,
            never_two=True,  # it holds beat
            cloud_map=ecs.CloudMapOptions(
                name="portal",
                cloud_map_namespace=namespace,
                container=task.find_container("web"),
                container_port=WEB_PORT,
                dns_record_type=servicediscovery.DnsRecordType.SRV,
                dns_ttl=cdk.Duration.seconds(10),
            ),
        )
        self.errors = gateway.place_before(self, service, application)
