"""The model of the bill counts what the templates create."""

import json
from pathlib import Path

import pytest

from deploy.aws import counted
from deploy.aws.templates import Layout


def test_the_file_is_what_is_counted_from_the_templates(layouts: dict[str, Layout]) -> None:
    # If this fails: .venv/bin/python -m deploy.aws.counted, then -m deploy.cost and -m docs.plots
    assert counted.FILE.read_text() == counted.written(layouts.values())


@pytest.mark.parametrize(
    ("stack", "kind", "changed"),
    [
        ("watch", "AWS::CloudWatch::Alarm", {"alarm_metrics"}),
        ("watch", "AWS::CloudWatch::Dashboard", {"dashboards"}),
        ("data", "AWS::SQS::Queue", {"dead_letter_queues"}),
    ],
)
def test_one_more_is_counted(
    layout: Layout, tmp_path: Path, stack: str, kind: str, changed: set[str]
) -> None:
    before = counted.count(layout)
    for file in layout.directory.glob("*.template.json"):
        (tmp_path / file.name).write_text(file.read_text())
    more = Layout(layout.key, tmp_path)
    written = json.loads(more.path(stack).read_text())
    (one, *_) = (each for each in written["Resources"].values() if each["Type"] == kind)
    written["Resources"]["DeadLetterOfThisTest"] = one
    more.path(stack).write_text(json.dumps(written))
    after = counted.count(more)
    assert {name for name in after if after[name] != before[name]} == changed
