"""The ports of the local system, and the values it keeps."""

import socket
import stat
from pathlib import Path

import pytest

from deploy.local.application_env import process_env, read_dotenv, write_dotenv
from deploy.local.places import PORTS, Places, PortTaken


def test_ports_stay_the_same_from_start_to_start(tmp_path: Path) -> None:
    first = [Places(tmp_path).port(name) for name in ("web", "postgres", "aws")]
    again = [Places(tmp_path).port(name) for name in ("web", "postgres", "aws")]
    assert first == again
    assert len(set(first)) == 3
    assert set(first) <= set(PORTS)


def test_two_checkouts_have_different_ports(tmp_path: Path) -> None:
    assert Places(tmp_path / "a").port("web") != Places(tmp_path / "b").port("web")


def test_a_port_that_another_program_uses_is_replaced(tmp_path: Path) -> None:
    places = Places(tmp_path)
    before = places.port("web")
    with socket.create_server(("127.0.0.1", before)):
        after = places.port("web")
        assert after != before
    assert places.port("web") == after


def test_a_port_from_the_environment_is_used_or_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = Places(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setenv("WEB_PORT", str(port))
        with pytest.raises(PortTaken, match=str(port)):
            places.port("web")
    assert places.port("web") == port


def test_the_secret_key_is_generated_once_and_kept_private(tmp_path: Path) -> None:
    key = Places(tmp_path).secret_key()
    assert len(key) >= 50
    assert Places(tmp_path).secret_key() == key
    assert stat.S_IMODE((tmp_path / "kept.json").stat().st_mode) == 0o600


def test_the_dotenv_file_returns_what_was_written(tmp_path: Path) -> None:
    places = Places(tmp_path)
    variables = {"SECRET_KEY": "a=b #c$d", "PORTAL_URL": "http://127.0.0.1:1"}
    write_dotenv(places, variables)
    assert read_dotenv(places) == variables


def test_the_shells_aws_settings_do_not_reach_the_processes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("NO_PROXY", "intranet")
    env = process_env({"AWS_REGION": "eu-central-1"})
    assert "AWS_PROFILE" not in env
    assert env["AWS_REGION"] == "eu-central-1"
    assert env["NO_PROXY"] == "intranet,127.0.0.1,localhost"
