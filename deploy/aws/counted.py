"""Counts what the templates create and AWS bills: `.venv/bin/python -m deploy.aws.counted` writes
deploy/counted.toml, which the model of the bill reads. A test compares the two.
"""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from deploy.aws.deployment import LAYOUTS
from deploy.aws.synth import synthesize
from deploy.aws.templates import Layout, is_spot

FILE = Path(__file__).resolve().parents[1] / "counted.toml"
HEAD = "# Written by `python -m deploy.aws.counted` from the templates of each layout.\n"
TASK = 1024  # units of CPU, or MB of memory, in one that is billed
INTERVALS = ("RESUME", "DEAD_LETTERS")  # of sweeps, where a layout sets them

Counts = dict[str, float]


def main() -> None:
    with tempfile.TemporaryDirectory() as made:
        directories = {key: Path(made) / key for key in LAYOUTS}
        synthesize(**directories)
        FILE.write_text(written(Layout(key, directory) for key, directory in directories.items()))


def written(layouts: Iterable[Layout]) -> str:
    """The whole file."""
    tables = [
        "\n".join((f"[{layout.key}]", *(f"{name} = {n:g}" for name, n in count(layout).items())))
        for layout in layouts
    ]
    return "\n\n".join((HEAD.strip(), *tables)) + "\n"


def count(layout: Layout) -> Counts:
    return {
        **tasks(layout),
        **in_front(layout),
        **database(layout),
        "secrets": secrets(layout),
        "alarm_metrics": sum(map(metrics_of, layout.resources("CloudWatch::Alarm").values())),
        "dashboards": len(layout.resources("CloudWatch::Dashboard")),
        "dead_letter_queues": sum("DeadLetter" in name for name in layout.resources("SQS::Queue")),
        **sweeps(layout),
    }


def tasks(layout: Layout) -> Counts:
    """CPUs and memory of the tasks that always run, and of one that runs when hints wait; how many
    queues the former poll."""
    found: Counts = dict.fromkeys(
        ("tasks", "pollers", "fargate_vcpu", "fargate_gb", "spot_vcpu", "spot_gb"), 0
    )
    definitions = layout.resources("ECS::TaskDefinition")
    for service, number in always(layout):
        task = definitions[service["TaskDefinition"]["Ref"]]
        vcpu, gigabytes = int(task["Cpu"]) / TASK, int(task["Memory"]) / TASK
        if not number:
            found |= {"worker_vcpu": vcpu, "worker_gb": gigabytes}
            continue
        kind = "spot" if is_spot(service) else "fargate"
        found["tasks"] += number
        found["pollers"] += number * len(list(polled(task)))
        found[f"{kind}_vcpu"] += number * vcpu
        found[f"{kind}_gb"] += number * gigabytes
    return found | {"worker_hints": first_hints(layout)}


def always(layout: Layout) -> Iterator[tuple[dict[str, Any], int]]:
    """Each service, and how many of its tasks always run: as many as it wants, or the fewest to
    which it is scaled."""
    targets = layout.resources("ApplicationAutoScaling::ScalableTarget").values()
    fewest = {each["ResourceId"].rpartition("/")[2]: each["MinCapacity"] for each in targets}
    for name, service in layout.services().items():
        yield service, int(service.get("DesiredCount", fewest.get(name, 0)))


def polled(task: dict[str, Any]) -> Iterator[str]:
    """The queues that the programs of a task poll."""
    for container in task["ContainerDefinitions"]:
        command = container["Command"]
        if "-Q" in command:
            yield from command[command.index("-Q") + 1].split(",")
        elif "forward_s3_events" in command:
            yield "events"


def first_hints(layout: Layout) -> float:
    """How many hints must wait until a task is started that only imports."""
    alarms = layout.resources("CloudWatch::Alarm", "workers").values()
    (waits,) = (each for each in alarms if each["AlarmName"].endswith("work-waits"))
    return float(waits["Threshold"])


def in_front(layout: Layout) -> Counts:
    """Load balancers, APIs and zones; public addresses, of tasks and of load balancers."""
    balancers = layout.find("ElasticLoadBalancingV2::LoadBalancer").values()
    return {
        "load_balancers": len(balancers),
        "http_apis": len(layout.find("ApiGatewayV2::Api")),
        "hosted_zones": len(layout.find("ServiceDiscovery::PrivateDnsNamespace")),
        "task_addresses": sum(
            number
            for service, number in always(layout)
            if service["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"] == "ENABLED"
        ),
        "balancer_addresses": sum(
            len(each["Subnets"]) for each in balancers if each["Scheme"] == "internet-facing"
        ),
    }


def database(layout: Layout) -> Counts:
    if clusters := layout.find("RDS::DBCluster"):
        (cluster,) = clusters.values()
        scaling = cluster["ServerlessV2ScalingConfiguration"]
        return {
            "aurora_units": scaling["MaxCapacity"],
            "aurora_pause_seconds": scaling["SecondsUntilAutoPause"],
        }
    (instance,) = layout.resources("RDS::DBInstance").values()
    return {
        "rds_instances": 1 + bool(instance.get("MultiAZ")),
        "rds_gb": float(instance["AllocatedStorage"]),
    }


def secrets(layout: Layout) -> int:
    """Our own, and those in which RDS keeps the password of a database's owner."""
    databases = {**layout.find("RDS::DBCluster"), **layout.find("RDS::DBInstance")}.values()
    kept = sum(bool(each.get("ManageMasterUserPassword")) for each in databases)
    return kept + len(layout.find("SecretsManager::Secret"))


def metrics_of(alarm: dict[str, Any]) -> int:
    """An alarm that computes with two metrics costs twice as much."""
    return sum("MetricStat" in query for query in alarm.get("Metrics", ())) or 1


def sweeps(layout: Layout) -> Counts:
    """Seconds between sweeps, where they are not the default; 1 if the forwarder looks at the
    queue of hints, to start a first worker."""
    beat, forwarder = map(layout.environment, ("beat", "forwarder"))
    intervals = {
        f"{name.lower()}_seconds": float(beat[f"{name}_EVERY_SECONDS"])
        for name in INTERVALS
        if f"{name}_EVERY_SECONDS" in beat
    }
    return {**intervals, "forwarder_looks": int("WORKER_SERVICE" in forwarder)}


if __name__ == "__main__":
    main()
