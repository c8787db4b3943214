"""Metrics in CloudWatch's embedded metric format: one JSON line per measurement on stdout."""

import json
import logging
import time
from collections.abc import Mapping

from config.logging import ids

log = logging.getLogger("metrics")
NAMESPACE = "Onboarding"


def emit(dimensions: Mapping[str, str], values: Mapping[str, tuple[float, str]]) -> None:
    """Write one measurement; `values` maps a metric's name to (number, CloudWatch unit)."""
    line = {
        "_aws": {
            "Timestamp": int(time.time() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": NAMESPACE,
                    "Dimensions": [list(dimensions)],
                    "Metrics": [{"Name": name, "Unit": unit} for name, (_, unit) in values.items()],
                }
            ],
        },
        **dimensions,
        **{name: number for name, (number, _) in values.items()},
        **ids(),
    }
    log.info(json.dumps(line, separators=(",", ":")))


def rows(
    *,
    dataset: str,
    created: int,
    updated: int,
    unchanged: int,
    rejected: Mapping[str, int],
    seconds: float,
) -> None:
    """One batch: rows that created something or changed something, and no earlier run had; rows
    that changed nothing; errors by type; its duration."""
    emit(
        {"DataSet": dataset},
        {
            "RowsImported": (created + updated, "Count"),
            "RowsCreated": (created, "Count"),
            "RowsUpdated": (updated, "Count"),
            "RowsUnchanged": (unchanged, "Count"),
            "BatchSeconds": (round(seconds, 3), "Seconds"),
        },
    )
    for error_type, count in sorted(rejected.items()):
        emit({"DataSet": dataset, "ErrorType": error_type}, {"RowErrors": (count, "Count")})


def deactivated(*, dataset: str, count: int) -> None:
    """Records that a file of mode `replace` lacked."""
    emit({"DataSet": dataset}, {"RowsDeactivated": (count, "Count")})


def upload_ended(*, dataset: str, status: str, seconds: float) -> None:
    """One upload reached its final status, `seconds` after its run began."""
    emit(
        {"DataSet": dataset, "Status": status},
        {"UploadsEnded": (1, "Count"), "UploadSeconds": (round(seconds, 3), "Seconds")},
    )


def queue_age(*, queue: str, waiting: int, oldest_seconds: float) -> None:
    """How long work has waited: messages in the queue, and age of the oldest due upload."""
    emit(
        {"Queue": queue},
        {"Waiting": (waiting, "Count"), "OldestSeconds": (round(oldest_seconds, 1), "Seconds")},
    )
