"""The parameter that protects what a stack contains against deletion.

It is off while the stack is created: CloudFormation could not delete a protected database or load
balancer when the creation fails. The release switches it on when the stack exists.
"""

import aws_cdk as cdk

from deploy.aws.stacks import PROTECTION


def parameter(stack: cdk.Stack) -> str:
    """A reference to its value, "true" or "false"."""
    return cdk.CfnParameter(
        stack,
        PROTECTION,
        description="Whether the database or load balancer is protected against deletion.",
        allowed_values=["true", "false"],
        default="false",
    ).value_as_string
