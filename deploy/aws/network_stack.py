"""The network: tasks in public subnets without a NAT gateway, the database where no road leads.

A NAT gateway would cost more than everything behind it. Tasks have public addresses and let nobody
in; S3 and DynamoDB are reached through gateway endpoints, which are free. All security groups and
their rules are here, because rules between groups of two stacks make the stacks need each other.
"""

from typing import Any, cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from deploy.aws.deployment import Deployment

WEB_PORT = 8000
POSTGRES = 5432


class NetworkStack(cdk.Stack):
    def __init__(self, scope: Construct, name: str, *, chosen: Deployment, **options: Any) -> None:
        super().__init__(scope, name, **options)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            availability_zones=list(chosen.availability_zones),
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="tasks",
                    subnet_type=ec2.SubnetType.PUBLIC,
                    cidr_mask=24,
                    map_public_ip_on_launch=False,  # services ask for an address by themselves
                ),
                ec2.SubnetConfiguration(
                    name="database", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=24
                ),
            ],
            gateway_endpoints={
                "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3),
                "DynamoDb": ec2.GatewayVpcEndpointOptions(
                    service=ec2.GatewayVpcEndpointAwsService.DYNAMODB
                ),
            },
        )
        self.front = self._group("Front", "What stands before the portal")
        self.web = self._group("Web", "Tasks of the portal")
        self.worker = self._group("Worker", "All other tasks: nobody speaks to them")
        self.database = self._group("Database", "PostgreSQL")

        web_port, postgres, https = map(ec2.Port.tcp, (WEB_PORT, POSTGRES, 443))
        if not chosen.is_compact:  # API Gateway comes from within
            self.front.add_ingress_rule(ec2.Peer.any_ipv4(), https, "Everyone, over HTTPS")
        self.front.add_egress_rule(self.web, web_port, "To the portal")
        self.web.add_ingress_rule(self.front, web_port, "From what stands before the portal")
        for tasks in (self.web, self.worker):
            tasks.add_egress_rule(ec2.Peer.any_ipv4(), https, "AWS")
            tasks.add_egress_rule(self.database, postgres, "PostgreSQL")
            self.database.add_ingress_rule(tasks, postgres, "From the tasks")

        # For those who start a task by hand, and for `make deploy`, which starts one.
        subnets = [subnet.subnet_id for subnet in self.vpc.public_subnets]
        cdk.CfnOutput(self, "TaskSubnets", value=cdk.Fn.join(",", subnets))
        cdk.CfnOutput(self, "TaskSecurityGroup", value=self.worker.security_group_id)

    def _group(self, name: str, description: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(
            self, name, vpc=self.vpc, description=description, allow_all_outbound=False
        )

    def fixed(self, scope: Construct, group: ec2.SecurityGroup) -> ec2.ISecurityGroup:
        """The group as another stack uses it: its rules are complete."""
        name = f"{group.node.id}Group"
        known = scope.node.try_find_child(name)
        return cast("ec2.ISecurityGroup | None", known) or ec2.SecurityGroup.from_security_group_id(
            scope, name, group.security_group_id, mutable=False
        )
