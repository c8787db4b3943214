"""Log lines carry the IDs of their subject; metrics are lines that CloudWatch reads."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

from imports.monitoring import metrics

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import django
django.setup()
import logging
from config.logging import about
from imports.monitoring import metrics
with about(upload_id="UPLOAD_X", vendor_id="VEND001"):
    log = logging.getLogger("imports.anything")
    log.info("half done", extra={"rows_done": 5, "rows_total": 10, "status": "partial",
                                 "secret": "Zzyzx", "code": "Zzyzx of Quuxley"})
    log.debug("hardly worth it")
metrics.rows(dataset="products", created=2, updated=1, unchanged=4,
             rejected={"INVALID_PRICE": 2}, seconds=0.25)
"""


def run_with(log_format: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env=os.environ
        | {"LOG_FORMAT": log_format, "DJANGO_SETTINGS_MODULE": "config.settings"}
        | env,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )


def test_a_structured_line_carries_the_ids() -> None:
    line = json.loads(run_with("json").stderr)
    assert line["message"] == "half done"
    assert (line["upload_id"], line["vendor_id"], line["request_id"]) == ("UPLOAD_X", "VEND001", "")


def test_a_structured_line_carries_the_declared_fields_and_no_others() -> None:
    line = json.loads(run_with("json").stderr)
    assert (line["rows_done"], line["rows_total"], line["status"]) == (5, 10, "partial")
    assert "secret" not in line
    assert "code" not in line  # a text, not a code


def test_lines_below_the_level_are_not_written() -> None:
    assert run_with("json", LOG_LEVEL="WARNING").stderr == ""
    assert "hardly worth it" in run_with("json", LOG_LEVEL="DEBUG").stderr


def test_a_text_line_carries_the_ids_too() -> None:
    assert "imports.anything UPLOAD_X VEND001 half done" in run_with("text").stderr


def test_metrics_are_in_cloudwatchs_format() -> None:
    lines = [json.loads(line) for line in run_with("json").stdout.splitlines()]
    (imported, rejected) = lines
    definition = imported["_aws"]["CloudWatchMetrics"][0]
    assert definition["Namespace"] == metrics.NAMESPACE
    assert definition["Dimensions"] == [["DataSet"]]
    assert {metric["Name"] for metric in definition["Metrics"]} <= imported.keys()
    assert (imported["DataSet"], imported["RowsImported"]) == ("products", 3)
    assert (rejected["ErrorType"], rejected["RowErrors"]) == ("INVALID_PRICE", 2)


@pytest.mark.django_db
def test_a_request_id_of_the_load_balancer_is_kept(client: Client) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": "abc-123"})
    assert answer["X-Request-ID"] == "abc-123"
    invalid = client.get("/healthz", headers={"X-Request-ID": "a b\tc"})
    assert invalid["X-Request-ID"] not in {"", "a b\tc"}
