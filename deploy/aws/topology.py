"""Draws what is deployed, from the templates: docs/topology.md.

    .venv/bin/python -m deploy.aws.topology

Every arrow is a rule of a security group, a permission of a task's role, or a subscription. A test
draws it again and compares.
"""

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from deploy.aws.deployment import LAYOUTS
from deploy.aws.synth import synthesize
from deploy.aws.templates import Layout, exported, is_spot, text
from deploy.local.places import CHECKOUT

PAGE = CHECKOUT / "docs" / "topology.md"
TITLES = {"standard": "The standard layout", "compact": "The compact layout"}
INTRODUCTION = """\
# What is deployed

Drawn by `.venv/bin/python -m deploy.aws.topology` from the CloudFormation templates; a test of
`make deploy-check` draws it again and compares. Every arrow is in a template: a rule of a security
group, a permission of a task's role, an event, or a subscription. What is not drawn is not allowed.
[operate.md](operate.md) describes how it is operated, [cost.md](cost.md) what it costs, and
[flow.md](flow.md) how a file goes through it.

- **Connections**: tasks have public addresses, because a NAT gateway would cost more than all tasks
  do. Only what stands before the portal can connect to one of them, and nothing to the others. The
  bucket and DynamoDB are reached through gateway endpoints; roles and policies protect them.
- **Messages**: a solid arrow sends, a dashed one receives. A message only says that there may be
  work: what is due is in the database. A dead-letter queue belongs to each queue.
- **Stored data**: the bucket's folders and the tables of DynamoDB that each task may use. All tasks
  use PostgreSQL. `migrate` runs once at each release; it alone may read the password of the
  database's owner.
"""
CONNECTIONS = "### Connections\n"
MESSAGES = "### Messages\n"
STORES = "### Stored data\n"
OF_STORES = {
    "s3:GetObject": "reads",
    "s3:GetObjectVersion": "reads",
    "s3:PutObject": "writes",
    "s3:DeleteObject": "deletes",
    "dynamodb:Query": "reads",
    "dynamodb:BatchGetItem": "reads",
    "dynamodb:PutItem": "writes",
    "dynamodb:BatchWriteItem": "writes",
    "dynamodb:DeleteItem": "deletes",
}
COLUMNS = ("reads", "writes", "deletes")
GROUP = re.compile(r"(\w+?)[0-9A-F]{8}GroupId")

Arrows = Mapping[tuple[str, str], set[str]]


def main() -> None:
    with tempfile.TemporaryDirectory() as made:
        directories = {key: Path(made) / key for key in LAYOUTS}
        synthesize(**directories)
        PAGE.write_text(page(Layout(key, directory) for key, directory in directories.items()))


def page(layouts: Iterable[Layout]) -> str:
    """The whole page, in Markdown with Mermaid diagrams."""
    parts = [INTRODUCTION]
    for layout in layouts:
        parts += [
            f"## {TITLES[layout.key]}\n",
            CONNECTIONS,
            diagram(network(layout)),
            MESSAGES,
            diagram(messages(layout)),
            STORES,
            stores(layout),
        ]
    return "\n".join(parts)


def diagram(lines: Iterable[str]) -> str:
    return "\n".join(("```mermaid", "flowchart LR", *(f"    {line}" for line in lines), "```\n"))


def tasks(layout: Layout) -> dict[str, tuple[str, list[str]]]:
    """By the name of its service, or of its family: a task's label, and its containers."""
    found = {}
    services = {each["TaskDefinition"]["Ref"]: each for each in layout.services().values()}
    for logical_id, task in layout.resources("ECS::TaskDefinition").items():
        containers = [container["Name"] for container in task["ContainerDefinitions"]]
        service = services.get(logical_id)
        if service is None:
            continue  # started by hand, or by a release
        name = service["ServiceName"]
        size = f"{int(task['Cpu']) / 1024:g} vCPU, {int(task['Memory']) / 1024:g} GB"
        within = "" if containers == [name] else f"<br>{', '.join(containers)}"
        found[name] = (f"{name}{within}<br>{count(layout, service)}{size}", containers)
    return dict(sorted(found.items()))


def count(layout: Layout, service: Mapping[str, Any]) -> str:
    spot = "Spot, " * is_spot(service)
    if most := service.get("DesiredCount"):
        return f"{most} × {spot}" if most > 1 else spot
    scaling = layout.scaling(service["ServiceName"])
    return f"{scaling['MinCapacity']} to {scaling['MaxCapacity']} × {spot}"


# --- The network ----------------------------------------------------------------------------------


def network(layout: Layout) -> Iterator[str]:
    """The security groups with what is in them, and their rules."""
    members = groups(layout)
    yield 'internet(["the internet"])'
    yield 'subgraph public ["public subnets, one in each zone"]'
    for group in ("Front", "Web", "Worker"):
        yield f'    {group.lower()}["{"<br><br>".join(members[group])}"]'
    yield "end"
    yield 'subgraph isolated ["isolated subnets, no way out"]'
    yield f'    database[("{members["Database"][0]}")]'
    yield "end"
    for (source, target), ports in sorted(rules(layout).items()):
        yield f"{source} -- {', '.join(sorted(ports))} --> {target}"
    if "front" not in {target for _, target in rules(layout)}:
        yield "internet -. API Gateway, 443 .-> front"


def groups(layout: Layout) -> dict[str, list[str]]:
    """What is in each security group."""
    balancers = layout.find("ElasticLoadBalancingV2::LoadBalancer")
    instances = layout.resources("RDS::DBInstance").values()
    (engine,) = {each["Engine"] for each in instances}
    members: dict[str, list[str]] = {
        "Front": ["load balancer" if balancers else "link of API Gateway"],
        "Database": ["RDS for PostgreSQL" if engine == "postgres" else "Aurora for PostgreSQL"],
    }
    for name, (label, _) in tasks(layout).items():
        service = layout.services()[name]
        (group,) = service["NetworkConfiguration"]["AwsvpcConfiguration"]["SecurityGroups"]
        members.setdefault(group_named(group), []).append(label)
    return members


def rules(layout: Layout) -> Arrows:
    """The ports that may be connected to, by both ends."""
    ports: dict[tuple[str, str], set[str]] = {}
    for logical_id, group in layout.resources("EC2::SecurityGroup").items():
        name = re.sub(r"[0-9A-F]{8}$", "", logical_id).lower()
        for rule in group.get("SecurityGroupIngress", ()):
            ports.setdefault(("internet", name), set()).add(str(rule["FromPort"]))
        for rule in group.get("SecurityGroupEgress", ()):
            if rule["CidrIp"] == "0.0.0.0/0":
                ports.setdefault((name, "internet"), set()).add(str(rule["FromPort"]))
    for rule in layout.resources("EC2::SecurityGroupEgress").values():
        ends = group_named(rule["GroupId"]), group_named(rule["DestinationSecurityGroupId"])
        ports.setdefault((ends[0].lower(), ends[1].lower()), set()).add(str(rule["FromPort"]))
    return ports


def group_named(reference: Any) -> str:
    """The name of a security group, of this stack's or another's."""
    name = text(reference).replace(".", "")
    matched = GROUP.search(name.rpartition("GetAtt")[2].strip("<>"))
    assert matched, name  # noqa: S101 - CDK names them like this
    return matched[1]


# --- Messages -------------------------------------------------------------------------------------


def messages(layout: Layout) -> Iterator[str]:
    """Tasks, queues and topics, and who sends what to them."""
    sent: set[tuple[str, str]] = set()
    received: set[tuple[str, str]] = set()
    for name, (label, containers) in tasks(layout).items():
        yield f'{name}["{label}"]'
        for action, resource in allowed(layout, containers[0]):
            if action == "sqs:SendMessage":
                sent.add((name, resource))
            elif action == "sqs:ReceiveMessage":
                received.add((resource, name))
            elif action == "sns:Publish":
                sent.add((name, resource))
            elif action == "ses:SendEmail" and "identity/" in resource:
                sent.add((name, "SES"))
    sent |= outside(layout)
    queues = {end for ends in sent | received for end in ends if end.endswith("Queue")}
    for queue in sorted(queues):
        yield f'{queue}[/"{spaced(queue.removesuffix("Queue"))}"/]'
    yield 'Bucket[("bucket")]'
    yield 'SES(["SES"])'
    for topic in sorted({end for _, end in sent if end.endswith("Topic")}):
        yield f'{topic}(["{spaced(topic)}"])'
    yield from (f"{source} --> {target}" for source, target in sorted(sent))
    yield from (f"{source} -.-> {target}" for source, target in sorted(received))


def outside(layout: Layout) -> set[tuple[str, str]]:
    """What services of AWS send: events of the bucket and of SES, and what topics pass on."""
    bucket = layout.resources("S3::Bucket", "data")["Bucket"]
    events = bucket["NotificationConfiguration"]["QueueConfigurations"]
    arrows = {("Bucket", name_of(each["Queue"])) for each in events}
    for each in layout.resources("SES::ConfigurationSetEventDestination").values():
        topic = each["EventDestination"]["SnsDestination"]["TopicARN"]
        arrows.add(("SES", name_of(topic)))
    for each in layout.resources("SNS::Subscription").values():
        if each["Protocol"] == "sqs":
            arrows.add((name_of(each["TopicArn"]), name_of(each["Endpoint"])))
    return arrows


# --- Stored data ----------------------------------------------------------------------------------


def stores(layout: Layout) -> str:
    """A table of the bucket's folders and the tables of DynamoDB that each task may use."""
    lines = [
        f"| task | {' | '.join(COLUMNS)} |",
        f"| --- |{' --- |' * len(COLUMNS)}",
    ]
    for name, (_, containers) in tasks(layout).items():
        cells: dict[str, set[str]] = {column: set() for column in COLUMNS}
        for action, resource in allowed(layout, containers[0]):
            if column := OF_STORES.get(action):
                folder = resource.removeprefix("Bucket/").removesuffix("*")
                cells[column].add(f"`{folder}`")
        said = (", ".join(sorted(cells[column])) or "–" for column in COLUMNS)
        lines.append(f"| {name} | {' | '.join(said)} |")
    return "\n".join((*lines, ""))


# --- Names ----------------------------------------------------------------------------------------


def allowed(layout: Layout, container: str) -> Iterator[tuple[str, str]]:
    """Each action that the task of this container may do, with the name of each resource."""
    for action, resources in sorted(layout.may(container).items()):
        for resource in sorted(resources):
            yield action, exported(resource)


def name_of(reference: Any) -> str:
    """The logical ID of what a reference is to."""
    return exported(text(reference)).strip("<>").removesuffix(".Arn")


def spaced(name: str) -> str:
    """ "mail events" for `MailEvents`."""
    return re.sub(r"(?<=.)([A-Z])", r" \1", name).lower()


if __name__ == "__main__":
    main()
