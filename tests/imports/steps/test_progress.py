"""The log shows the progress of an upload."""

import logging
from collections.abc import Callable
from typing import Any

import pytest

from imports.models import Upload
from tests.product_files import good_row


def test_every_batch_logs_a_structured_line(
    run_upload: Callable[..., Upload], caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    settings.BATCH_ROWS = 1_000
    with caplog.at_level(logging.INFO, logger="imports.steps.load"):
        run_upload([good_row(number) for number in range(2_500)])
    lines = [vars(record) for record in caplog.records if record.name == "imports.steps.load"]
    assert [(line["rows"], line["rows_done"], line["rows_total"]) for line in lines] == [
        (1000, 1000, 2500), (1000, 2000, 2500), (500, 2500, 2500),
    ]  # fmt: skip
    assert all(line["rows_per_second"] > 0 and line["dataset"] == "products" for line in lines)
