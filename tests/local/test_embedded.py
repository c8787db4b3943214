"""PostgreSQL and the emulator for a test run, also in a private directory and after a kill."""

import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from deploy.local import stopping
from deploy.local.embedded import embedded
from deploy.local.places import CHECKOUT, Places


@pytest.fixture(autouse=True)
def no_other_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL")


def running(place: Path) -> list[dict[str, Any]]:
    return [dict(entry) for run in place.iterdir() for entry in stopping.recorded(Places(run).pids)]


def test_both_run_from_a_private_directory_and_nothing_is_left(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)  # inaccessible to the user that root runs the database as
    with embedded(tmp_path) as env:
        with closing(psycopg2.connect(env["DATABASE_URL"])) as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT current_database(), current_setting('server_encoding')")
            assert cursor.fetchone() == ("onboarding", "UTF8")
            cursor.execute("SELECT lower('ÄÖÜ'), 'a' < 'B', current_setting('TimeZone')")
            lowered, by_language, _ = cursor.fetchone() or ("", None, None)
            assert lowered == "äöü", "letters beyond ASCII have upper and lower case"
            assert by_language is False, "texts are sorted by code point"
        outside = [Places(run).recall("outside") for run in tmp_path.iterdir()]
        assert {entry["name"] for entry in running(tmp_path)} == {"aws", "postgres"}
    assert list(tmp_path.iterdir()) == []
    assert not any(Path(place).exists() for place in outside if place)


def test_the_next_run_clears_what_a_killed_one_left(
    tmp_path: Path, until: Callable[..., Any]
) -> None:
    program = (
        "import os, pathlib, signal\n"
        "from deploy.local.embedded import embedded\n"
        f"with embedded(pathlib.Path({str(tmp_path)!r})): os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", program], cwd=CHECKOUT, check=False)
    assert killed.returncode == -signal.SIGKILL
    left = running(tmp_path)
    assert len(left) == 2
    with embedded(tmp_path):
        assert len(list(tmp_path.iterdir())) == 1
        assert not any(stopping.birth(entry["pid"]) == entry["born"] for entry in left)


def test_another_database_is_used_when_one_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/mine")
    with embedded(tmp_path) as env:
        assert env["DATABASE_URL"] == "postgresql://elsewhere/mine"
        assert [entry["name"] for entry in running(tmp_path)] == ["aws"]
