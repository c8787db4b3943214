"""The network: tasks in public subnets without a NAT gateway, the database in isolated subnets.

A NAT gateway would cost more than everything behind it. Tasks have public addresses but accept no
connections from outside; S3 and DynamoDB are reached through gateway endpoints, which are free.
All security groups and their rules are here, because rules between groups of two stacks would make
the stacks depend on each other.
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
                    map_public_ip_on_launch=False,  # services request addresses themselves
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
        # Their descriptions stay as they are: a new one would replace the group, which other
        # stacks use.
        self.front = self._group("Front", "What stands before the portal")
        self.web = self._group("Web", "Tasks of the portal")
        self.worker = self._group("Worker", "All other tasks: nobody speaks to them")
        self.database = self._group("Database", "PostgreSQL")

        web_port, postgres, https = map(ec2.Port.tcp, (WEB_PORT, POSTGRES, 443))
        if not chosen.is_compact:  # API Gateway connects from inside the network
            self.front.add_ingress_rule(ec2.Peer.any_ipv4(), https, "Everyone, over HTTPS")
        self.front.add_egress_rule(self.web, web_port, "To the portal")
        self.web.add_ingress_rule(self.front, web_port, "From what stands before the portal")
        for tasks in (self.web, self.worker):
            tasks.add_egress_rule(ec2.Peer.any_ipv4(), https, "AWS")
            tasks.add_egress_rule(self.database, postgres, "PostgreSQL")
            self.database.add_ingress_rule(tasks, postgres, "From the tasks")

        # For `make deploy` and for operators who start a task by hand.
        subnets = [subnet.subnet_id for subnet in self.vpc.public_subnets]
        cdk.CfnOutput(self, "TaskSubnets", value=cdk.Fn.join(",", subnets))
        cdk.CfnOutput(self, "TaskSecurityGroup", value=self.worker.security_group_id)

    def _group(self, name: str, description: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(
            self, name, vpc=self.vpc, description=description, allow_all_outbound=False
        )

    def fixed(self, scope: Construct, group: ec2.SecurityGroup) -> ec2.ISecurityGroup:
        """The group for use in another stack, which cannot add rules to it."""
        name = f"{group.node.id}Group"
        known = scope.node.try_find_child(name)
        return cast("ec2.ISecurityGroup | None", known) or ec2.SecurityGroup.from_security_group_id(
            scope, name, group.security_group_id, mutable=False
        )
