"""The structure of the repository: which app may import which, and no catch-all modules."""

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAY_IMPORT = {
    "onboarding": {"imports", "warehouse", "catalog", "vendors", "config"},
    "imports": {"warehouse", "catalog", "vendors", "config"},
    "warehouse": {"vendors", "config"},
    "catalog": {"vendors", "config"},
    "vendors": {"config"},
    "deploy": set(),
}
ROOMS = {"onboarding", "imports", "warehouse", "catalog", "vendors", "deploy", "bench", "tests"}
CATCH_ALL = {"utils", "helpers", "common", "misc", "core", "lib", "tools", "services"}


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [Path(line) for line in listed.stdout.splitlines() if (ROOT / line).exists()]


def imported_rooms(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return {name.partition(".")[0] for name in names} & (ROOMS | {"config"})


@pytest.mark.parametrize("room", [room for room in MAY_IMPORT if (ROOT / room).is_dir()])
def test_an_app_imports_only_the_apps_it_may(room: str) -> None:
    files = [path for path in tracked() if path.parts[0] == room and path.suffix == ".py"]
    assert files
    for path in files:
        assert imported_rooms(ROOT / path) <= MAY_IMPORT[room] | {room}, path


def test_no_app_has_a_catch_all_module() -> None:
    rooms = [path for path in tracked() if path.parts[0] in ROOMS - {"tests"}]
    assert rooms
    assert not [path for path in rooms if CATCH_ALL & {*path.parts[1:-1], path.stem}]


def test_only_the_settings_read_the_environment() -> None:
    app = [
        path
        for path in tracked()
        if path.suffix == ".py" and path.parts[0] in MAY_IMPORT.keys() - {"deploy"}
    ]
    readers = [path for path in app if "os.environ" in (ROOT / path).read_text()]
    # The demo logins are passed to one command and are not a setting.
    assert [str(path) for path in readers] == ["imports/management/commands/load_demo.py"]
