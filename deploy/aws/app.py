"""The stacks of one deployment, written as CloudFormation templates.

    python -m deploy.aws.app                                        the layout in cdk.json, for CDK
    python -m deploy.aws.app standard=directory compact=directory   both layouts

The account need not be bootstrapped: no stack has files besides its template.
"""

import sys
from typing import Any

import aws_cdk as cdk

from deploy.aws import choices, deployment
from deploy.aws.base_stack import BaseStack
from deploy.aws.data_stack import DataStack
from deploy.aws.database_stack import DatabaseStack
from deploy.aws.migrate_stack import MigrateStack
from deploy.aws.network_stack import NetworkStack
from deploy.aws.parts import Application
from deploy.aws.watch_stack import WatchStack
from deploy.aws.web_stack import WebStack
from deploy.aws.workers_stack import WorkersStack


def write(layout: str | None, directory: str | None) -> None:
    """Write all templates to the directory, or to CDK_OUTDIR."""
    context = choices.read()
    if layout:
        context["layout"] = layout
    app = cdk.App(context=context, outdir=directory, analytics_reporting=False)
    chosen = deployment.read(context)
    cdk.Tags.of(app).add("application", chosen.name)

    def named(stack: str) -> dict[str, Any]:
        return {
            "name": f"{chosen.name}-{stack}",
            "synthesizer": cdk.BootstraplessSynthesizer(),
        }

    data = DataStack(app, **named("data"), chosen=chosen)
    network = NetworkStack(app, **named("network"), chosen=chosen)
    database = DatabaseStack(app, **named("database"), chosen=chosen, network=network)
    base = BaseStack(app, **named("base"), chosen=chosen, data=data, network=network)
    application = Application(chosen, data=data, network=network, database=database, base=base)
    MigrateStack(app, **named("migrate"), application=application)
    WorkersStack(app, **named("workers"), application=application)
    web = WebStack(app, **named("web"), application=application)
    WatchStack(app, **named("watch"), chosen=chosen, data=data, portal=web.answers)
    app.synth()


if __name__ == "__main__":
    for argument in sys.argv[1:] or ("=",):
        layout, _, directory = argument.partition("=")
        write(layout or None, directory or None)
