"""The benchmark's own system can start."""

from bench.system import LIFTED
from tests.config.test_settings import complete, load_settings


def test_the_lifted_limits_are_valid_settings() -> None:
    loaded = load_settings(**complete(), **LIFTED)
    assert loaded.returncode == 0, loaded.stderr
