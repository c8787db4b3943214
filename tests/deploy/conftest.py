"""Both layouts, synthesized once for all tests. The first run creates an environment for it."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.aws.deployment import LAYOUTS
from deploy.aws.synth import synthesize
from deploy.aws.templates import Layout
from deploy.local import embedded
from tests.deploy.running import image
from tests.local.conftest import aws, until

__all__ = ["aws", "until"]


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes a directory that all test processes of the run use, in the first one that asks."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def directory(name: str, make: Callable[[Path], None]) -> Path:
        with embedded.locked(shared):
            if not (shared / name).exists():
                half = Path(tempfile.mkdtemp(dir=shared)) / name
                make(half)
                half.rename(shared / name)
        return shared / name

    return directory


@pytest.fixture(scope="session")
def layouts(made_once: Callable[..., Path]) -> dict[str, Layout]:
    def make(both: Path) -> None:
        both.mkdir()
        synthesize(**{key: both / key for key in LAYOUTS})

    both = made_once("layouts", make)
    return {key: Layout(key, both / key) for key in LAYOUTS}


@pytest.fixture(params=LAYOUTS)
def layout(request: pytest.FixtureRequest, layouts: dict[str, Layout]) -> Layout:
    return layouts[request.param]


@pytest.fixture(scope="session")
def built(made_once: Callable[..., Path]) -> Path:
    """The files of the image."""
    return made_once("image", image.build)
