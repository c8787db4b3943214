"""Every hostile JSON file, through S3, DynamoDB and PostgreSQL: a clear end, nothing half done."""

import pytest

from imports.models import RowError
from imports.rules.refusals import REFUSALS
from tests.imports.dropping import imported
from tests.imports.hostile.json_corpus import CORPUS, HostileJson
from warehouse.models import IncomingMetric, Metric

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case.name)
def test_a_hostile_json_file_has_a_clear_end(case: HostileJson) -> None:
    upload = imported("metrics/hostile.json", case.data)

    found = set(RowError.objects.values_list("row_number", "column_name", "error_type"))
    assert upload.failure_code == case.refusal
    assert found == case.errors
    assert case.said in upload.failure_message
    assert upload.valid_records == case.valid == Metric.objects.count()
    assert not IncomingMetric.objects.exists()
    assert upload.step == "done"
    assert upload.attempts == 0
    if case.refusal:
        assert upload.status == "failed"
        assert len(upload.failure_message) < 300
        assert "{" not in upload.failure_message.partition("near")[0]
        assert REFUSALS[case.refusal].remedy


def test_every_case_has_a_name_of_its_own() -> None:
    assert len({case.name for case in CORPUS}) == len(CORPUS) >= 75
    assert all(bool(c.refusal) + bool(c.valid) + bool(c.errors) == 1 for c in CORPUS)
