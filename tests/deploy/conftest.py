"""Both layouts, synthesized once for all tests. The first run creates an environment for it."""

from pathlib import Path

import pytest

from deploy.aws.deployment import LAYOUTS
from deploy.aws.synth import synthesize
from deploy.aws.templates import Layout
from tests.deploy.running import image
from tests.local.conftest import aws, until

__all__ = ["aws", "until"]


@pytest.fixture(scope="session")
def layouts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Layout]:
    both = tmp_path_factory.mktemp("aws")
    directories = {key: both / key for key in LAYOUTS}
    synthesize(**directories)
    return {key: Layout(key, directory) for key, directory in directories.items()}


@pytest.fixture(params=LAYOUTS)
def layout(request: pytest.FixtureRequest, layouts: dict[str, Layout]) -> Layout:
    return layouts[request.param]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the image."""
    directory = tmp_path_factory.mktemp("image") / "app"
    image.build(directory)
    return directory
