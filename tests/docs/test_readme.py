"""The README stays short, and its logins are those of the demo data."""

from deploy.local.demo_logins import DEMO_LOGINS
from tests.docs.pages import ROOT, block, section, table

README = ROOT / "README.md"


def test_it_has_at_most_200_lines() -> None:
    assert len(README.read_text().splitlines()) <= 200


def test_it_shows_every_demo_login() -> None:
    shown = block(README, "$ make run").splitlines()
    for role, login in DEMO_LOGINS.items():
        assert f"  {role:<13} {login['username']} / {login['password']}" in shown


def test_it_says_what_every_demo_login_may_do() -> None:
    roles = [row[0].split("`")[1] for row in table(section(README, "What to try first"))]
    assert roles == list(DEMO_LOGINS)
