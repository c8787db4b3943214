"""Invalid settings are rejected, and all of them are reported at once."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def load_settings(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "import config.settings"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "LOCAL_DIR": "/nonexistent", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def complete() -> dict[str, str]:
    names = [
        "SECRET_KEY",
        "ALLOWED_HOSTS",
        "PORTAL_URL",
        "AWS_REGION",
        "S3_BUCKET",
        "EVENTS_QUEUE_URL",
        "IMPORTS_QUEUE_URL",
        "MAINTENANCE_QUEUE_URL",
        "EVENTS_DEAD_LETTER_URL",
        "IMPORTS_DEAD_LETTER_URL",
        "MAINTENANCE_DEAD_LETTER_URL",
        "MAIL_QUEUE_URL",
        "MAIL_EVENTS_QUEUE_URL",
        "MAIL_DEAD_LETTER_URL",
        "MAIL_EVENTS_DEAD_LETTER_URL",
        "WEBHOOKS_QUEUE_URL",
        "WEBHOOKS_DEAD_LETTER_URL",
        "MAIL_CONFIGURATION_SET",
        "UPLOAD_RECORDS_TABLE",
        "CLIENTS_TABLE",
        "CSV_DATA_TABLE",
        "ALARM_TOPIC_ARN",
        "DEFAULT_FROM_EMAIL",
    ]
    return dict.fromkeys(names, "x") | {"DATABASE_URL": "postgresql://u@127.0.0.1:9/x"}


def test_a_valid_environment_is_accepted() -> None:
    loaded = load_settings(**complete())
    assert loaded.returncode == 0, loaded.stderr


def test_all_errors_are_reported_at_once() -> None:
    environment = complete() | {"BATCH_ROWS": "many", "CLEAN_UP_EVERY_SECONDS": "0"}
    del environment["S3_BUCKET"]
    loaded = load_settings(**environment)
    assert loaded.returncode != 0
    for name in ("BATCH_ROWS", "CLEAN_UP_EVERY_SECONDS", "S3_BUCKET"):
        assert name in loaded.stderr


def test_credentials_come_from_one_place() -> None:
    loaded = load_settings(**complete() | {"DB_SECRET_NAME": "x", "DB_SSM_PARAMETER": "/x"})
    assert loaded.returncode != 0
    assert "not both" in loaded.stderr


def test_master_credentials_alone_are_rejected() -> None:
    loaded = load_settings(**complete() | {"DB_MASTER_SECRET_NAME": "x"})
    assert loaded.returncode != 0
    assert "requires DB_SECRET_NAME" in loaded.stderr


def test_a_token_that_could_be_guessed_is_rejected() -> None:
    loaded = load_settings(**complete() | {"METRICS_TOKEN": "x" * 31})
    assert loaded.returncode != 0
    assert "METRICS_TOKEN" in loaded.stderr


def test_a_worker_service_without_its_cluster_is_rejected() -> None:
    loaded = load_settings(**complete() | {"WORKER_SERVICE": "worker"})
    assert loaded.returncode != 0
    assert "WORKER_SERVICE" in loaded.stderr
