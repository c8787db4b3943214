"""docs/topology.md shows what the templates say."""

import json
import re
import shutil
from pathlib import Path

import pytest

from deploy.aws import topology
from deploy.aws.templates import Layout


def test_the_page_is_what_is_drawn_from_the_templates(layouts: dict[str, Layout]) -> None:
    # If this fails: .venv/bin/python -m deploy.aws.topology
    assert topology.PAGE.read_text() == topology.page(layouts.values())


def test_every_container_and_every_queue_is_drawn(layout: Layout) -> None:
    drawn = "\n".join(topology.messages(layout))
    containers = set(layout.containers()) - {"migrate", "command"}
    queues = [name for name in layout.resources("SQS::Queue") if "DeadLetter" not in name]
    assert {name for name in containers if re.search(rf"\b{name}\b", drawn)} == containers
    for queue in queues:
        assert re.search(rf"--> {queue}$", drawn, re.MULTILINE), f"nothing sends to {queue}"
        receivers = re.findall(rf"^{queue} -\.->", drawn, re.MULTILINE)
        # The task of the compact portal imports, too.
        is_shared = (layout.key, queue) == ("compact", "ImportsQueue")
        assert len(receivers) == 1 + is_shared, queue


@pytest.mark.parametrize("port", [443, 5432, 8000])
def test_an_arrow_goes_with_its_rule(layout: Layout, port: int, tmp_path: Path) -> None:
    shutil.copytree(layout.directory, tmp_path, dirs_exist_ok=True)
    changed = Layout(layout.key, tmp_path)
    network = json.loads(changed.path("network").read_text())
    resources = network["Resources"]
    for name, resource in [*resources.items()]:
        of_group = resource["Properties"]
        if of_group.get("FromPort") == port:
            del resources[name]
        for rules in ("SecurityGroupIngress", "SecurityGroupEgress"):
            for rule in [*of_group.get(rules, ())]:
                if rule["FromPort"] == port:
                    of_group[rules].remove(rule)
    changed.path("network").write_text(json.dumps(network))
    before, after = topology.rules(layout), topology.rules(changed)
    assert any(str(port) in ports for ports in before.values())
    assert after == {ends: ports for ends, ports in before.items() if str(port) not in ports}
