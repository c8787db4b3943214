"""What the services depend on: images, cluster, email sender, and the roles
of vendors who upload files to the bucket and read the answers there."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ses as ses
from constructs import Construct

from deploy.aws.data_stack import DataStack
from deploy.aws.deployment import Deployment
from deploy.aws.network_stack import NetworkStack
from deploy.aws.permissions import ANSWERS

MAX_RELEASES = 20  # older ones are deleted, so a rollback cannot go further back


class BaseStack(cdk.Stack):
    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        chosen: Deployment,
        data: DataStack,
        network: NetworkStack,
        **options: Any,
    ) -> None:
        super().__init__(scope, name, **options)
        self.repository = ecr.Repository(
            self,
            "Images",
            repository_name=chosen.name,
            image_scan_on_push=True,
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
            # By tag, of which each release has one: its image may be several manifests.
            lifecycle_rules=[
                ecr.LifecycleRule(
                    tag_status=ecr.TagStatus.TAGGED,
                    tag_pattern_list=["*"],
                    max_image_count=MAX_RELEASES,
                ),
                ecr.LifecycleRule(
                    tag_status=ecr.TagStatus.UNTAGGED, max_image_age=cdk.Duration.days(7)
                ),
            ],
            removal_policy=cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        self.cluster = ecs.Cluster(
            self,
            "Cluster",
            cluster_name=chosen.name,
            vpc=network.vpc,
            enable_fargate_capacity_providers=True,
            container_insights_v2=ecs.ContainerInsights.DISABLED,
        )
        if not chosen.mail_domain_exists:
            self._sender(chosen)
        for vendor_id, who in chosen.vendor_drops.items():
            self._role_of_vendor(chosen, data, vendor_id, **who)
        cdk.CfnOutput(self, "Repository", value=self.repository.repository_uri)

    def _sender(self, chosen: Deployment) -> None:
        """The domain of the email sender, verified by three DNS records."""
        identity = ses.EmailIdentity(
            self, "Sender", identity=ses.Identity.domain(chosen.mail_domain)
        )
        for number, record in enumerate(identity.dkim_records, start=1):
            cdk.CfnOutput(self, f"MailRecord{number}", value=f"{record.name} CNAME {record.value}")

    def _role_of_vendor(
        self,
        chosen: Deployment,
        data: DataStack,
        vendor_id: str,
        *,
        account: str,
        external_id: str,
    ) -> None:
        """A role that may upload files under this vendor's prefix and read the answers in its
        outbox, and nothing else."""
        role = iam.Role(
            self,
            f"Drop{vendor_id}",
            role_name=f"{chosen.name}-drop-{vendor_id}",
            description=f"Uploads files of {vendor_id} and reads the answers.",
            assumed_by=iam.AccountPrincipal(account),
            external_ids=[external_id],
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["s3:PutObject", "s3:AbortMultipartUpload"],
                resources=[f"{data.arn('Bucket')}/uploads/{vendor_id}/*"],
            )
        )
        outbox = f"{ANSWERS}{vendor_id}/*"
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["s3:GetObject"], resources=[f"{data.arn('Bucket')}/{outbox}"]
            )
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["s3:ListBucket"],
                resources=[data.arn("Bucket")],
                conditions={"StringLike": {"s3:prefix": outbox}},
            )
        )
