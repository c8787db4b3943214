"""The files of the image, made by the steps of the Dockerfile."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from deploy.local.places import CHECKOUT

COPIED = re.compile(r"^COPY (\S+) \./\S*$", re.MULTILINE)
# Python's, as the image has it first in PATH.
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}"
ENVIRONMENT = {"PATH": PATH, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}


def build(directory: Path) -> None:
    """Fill the directory, which must not exist."""
    directory.mkdir()
    for name in COPIED.findall((CHECKOUT / "Dockerfile").read_text()):
        if (CHECKOUT / name).is_dir():
            without_caches = shutil.ignore_patterns("__pycache__")
            shutil.copytree(CHECKOUT / name, directory / name, ignore=without_caches)
        else:
            shutil.copy2(CHECKOUT / name, directory)
    for command in (
        (CHECKOUT / "deploy" / "as_in_production", "python", "manage.py", "collectstatic"),
        ("python", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", "."),
    ):
        subprocess.run(
            [*command, *(["--noinput"] if "collectstatic" in command else [])],
            cwd=directory,
            env=ENVIRONMENT,
            check=True,
            stdout=subprocess.DEVNULL,
        )


def written_files(directory: Path) -> dict[Path, float]:
    """Every file with the time of its last change: the root file system is read-only on AWS."""
    return {path: path.stat().st_mtime for path in directory.rglob("*") if path.is_file()}
