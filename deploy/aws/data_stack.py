"""The data stack: deploy/data.template.yaml unchanged, plus an access log for its bucket.

It exports what other stacks need, in addition to the template's own outputs.
"""

from pathlib import Path
from typing import Any, cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk.cloudformation_include import CfnInclude
from constructs import Construct

from deploy.aws.deployment import Deployment
from deploy.outputs import OUTPUTS

TEMPLATE = Path(__file__).resolve().parents[1] / "data.template.yaml"


class DataStack(cdk.Stack):
    def __init__(self, scope: Construct, name: str, *, chosen: Deployment, **options: Any) -> None:
        super().__init__(scope, name, **options)
        self._template = CfnInclude(self, "Template", template_file=str(TEMPLATE))
        self._template.get_parameter("NamePrefix").default = chosen.name
        for table in ("UploadRecords", "Clients", "CsvData"):
            parameter = self._template.get_parameter(f"{table}TableName")
            parameter.default = chosen.table(parameter.default)
        bucket = cast("s3.CfnBucket", self._template.get_resource("Bucket"))
        bucket.logging_configuration = s3.CfnBucket.LoggingConfigurationProperty(
            destination_bucket_name=self._access_log().bucket_name,
            log_file_prefix="access/",
        )

    def _access_log(self) -> s3.Bucket:
        """A 90-day record of who requested which object, because files may hold personal data."""
        log = s3.Bucket(
            self,
            "AccessLog",
            bucket_name=cdk.Fn.sub("${NamePrefix}-access-log-${AWS::AccountId}"),
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=cdk.Duration.days(90),
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(1),
                )
            ],
            removal_policy=cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        log.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("logging.s3.amazonaws.com")],
                actions=["s3:PutObject"],
                resources=[log.arn_for_objects("access/*")],
                conditions={"StringEquals": {"aws:SourceAccount": self.account}},
            )
        )
        return log

    def arn(self, logical_id: str) -> str:
        """The ARN of a resource of the template."""
        resource = self._template.get_resource(logical_id)
        if logical_id == "AlarmTopic":  # its Ref is the ARN
            return resource.ref
        return resource.get_att("Arn").to_string()

    def variables(self) -> dict[str, str]:
        """The application's settings that come from this stack."""
        return {
            variable: cdk.Token.as_string(self._template.get_output(output).value)
            for output, variable in OUTPUTS.items()
        }
