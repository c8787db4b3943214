"""The database in a stack of its own, which no release of the application has to change."""

from typing import Any, cast

import aws_cdk as cdk
from constructs import Construct

from deploy.aws import database
from deploy.aws.deployment import Deployment
from deploy.aws.network_stack import NetworkStack


class DatabaseStack(cdk.Stack):
    """`host` is its address, which stays the same after a restore: it follows the name."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        chosen: Deployment,
        network: NetworkStack,
        **options: Any,
    ) -> None:
        super().__init__(scope, name, **options)
        make = database.compact if chosen.is_compact else database.standard
        self.host = make(self, chosen, network)
        self._keep()

    def _keep(self) -> None:
        """Keep the database when it leaves the stack, and all that it cannot be without."""
        for construct in self.node.find_all():
            if cdk.CfnResource.is_cfn_resource(construct):
                resource = cast("cdk.CfnResource", construct)
                if resource.cfn_resource_type.startswith("AWS::RDS::"):
                    resource.apply_removal_policy(cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
