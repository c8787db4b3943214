"""Every hostile JSON file goes through all stores and ends in a clear result."""

import pytest

from imports.models import RowError
from imports.rules.refusals import REFUSALS
from tests.imports.dropping import imported
from tests.imports.hostile.json_corpus import CORPUS, HostileJson
from warehouse.models import IncomingMetric, Metric

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case.name)
def test_a_hostile_json_file_ends_in_a_clear_result(case: HostileJson) -> None:
    upload = imported("metrics/hostile.json", case.data)

    found = set(RowError.objects.values_list("row_number", "column_name", "error_type"))
    assert upload.failure_code == case.refusal
    assert found == case.errors
    assert case.message in upload.failure_message
    assert upload.valid_records == case.valid == Metric.objects.count()
    assert not IncomingMetric.objects.exists()
    assert upload.step == "done"
    assert upload.attempts == 0
    if case.refusal:
        assert upload.status == "failed"
        assert len(upload.failure_message) < 300
        assert "{" not in upload.failure_message.partition("near")[0]
        assert REFUSALS[case.refusal].remedy


def test_every_case_has_its_own_name() -> None:
    assert len({case.name for case in CORPUS}) == len(CORPUS) >= 75
    assert all(bool(c.refusal) + bool(c.valid) + bool(c.errors) == 1 for c in CORPUS)
