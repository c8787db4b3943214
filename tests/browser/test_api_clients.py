"""A vendor creates a token on the portal; the documents' commands and programs use it."""

import json
import os
import re
import subprocess
import sys
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import yaml

from imports.webhooks import programs
from onboarding.api.guide import EXAMPLES
from tests.browser.accessibility import violations
from tests.browser.conftest import ROOT, Visit
from tests.product_files import csv_bytes, good_row

# The commands that print one answer of the API.
ANSWERED = ("me", "send", "result", "errors", "value", "cell", "products", "rows")
EXAMPLE_FILES = ROOT / "docs" / "examples"


def rows(start: int) -> list[dict[str, str]]:
    """Two good ones and one whose category is not approved, under names of this file."""
    found = [good_row(n, category="Audio") for n in range(start, start + 3)]
    for row in found:
        row["sku"] = f"API-{row['sku']}"
        row["vendor_product_id"] = f"API-{row['vendor_product_id']}"
    found[1]["category"] = "Mice"
    return found


def shell(place: Path, portal: str, token: str, **more: str) -> dict[str, str]:
    """The environment of a person's shell."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(place),
        "PORTAL": portal,
        "TOKEN": token,
        **more,
    }


def test_a_token_is_created_used_and_revoked(
    visit: Visit, tmp_path: Path, stack: dict[str, Any]
) -> None:
    allowed = ["clipboard-read", "clipboard-write"]
    vendor = visit("vendor", viewport={"width": 390, "height": 800}, permissions=allowed)
    vendor.go("/account/tokens/")
    vendor.page.fill("#id_name", "Nightly of the guide")
    vendor.page.click("button:has-text('Create token')")
    token = str(vendor.page.text_content("#new-token code"))
    assert not violations(vendor.page)
    vendor.page.get_by_role("button", name="Copy the token").click()
    vendor.page.get_by_role("button", name="Copied").wait_for()
    assert vendor.page.evaluate("navigator.clipboard.readText()") == token
    vendor.go("/account/tokens/")
    assert token not in vendor.page.content()
    row = vendor.page.locator("tr[data-token='Nightly of the guide']")
    assert "never" in row.inner_text()

    commands_of_the_page(visit, tmp_path, stack["portal_url"], token)
    python_client(tmp_path, stack["portal_url"], token)
    workflow(tmp_path, stack["portal_url"], token)

    vendor.go("/account/tokens/")
    assert "never" not in row.inner_text()
    row.get_by_role("link", name="Revoke").click()
    vendor.page.click("button:has-text('Revoke token')")
    assert "revoked" in row.inner_text()
    refused = run(["bash", "-c", EXAMPLES[0].command], tmp_path, shell(tmp_path, vendor.url, token))
    assert json.loads(refused.stdout)["code"] == "INVALID_TOKEN"


@pytest.mark.parametrize("path", ["/help/api/", "/help/webhooks/", "/help/products/schema/"])
def test_no_command_is_cut_on_a_phone(visit: Visit, path: str) -> None:
    phone = visit(viewport={"width": 390, "height": 800})
    phone.go(path)
    assert phone.page.locator("pre").count() > 0
    cut = (
        "found => found.filter(one => one.scrollWidth > one.clientWidth).map(one => one.innerText)"
    )
    assert phone.page.locator("pre, pre code, main").evaluate_all(cut) == []


def run(
    command: list[str], place: Path, environment: dict[str, str]
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command,
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def commands_of_the_page(visit: Visit, place: Path, portal: str, token: str) -> None:
    """All in the order of the page, in one shell, as a person copies them."""
    stranger = visit(java_script_enabled=False)
    stranger.go("/help/api/")
    pattern = r'data-example="(\w+)"[^>]*><code[^>]*>(.*?)</code>'
    page = stranger.page.content()
    commands = {key: unescape(text) for key, text in re.findall(pattern, page, re.DOTALL)}
    assert list(commands) == [example.key for example in EXAMPLES]
    script = "\n".join(f"echo '== {key}'\n{text}" for key, text in commands.items())
    done = run(["bash", "-c", script], place, shell(place, portal, token))
    assert done.stderr == ""
    said = dict(part.split("\n", 1) for part in done.stdout.split("== ")[1:])
    answers = {key: json.loads(said[key]) for key in ANSWERED}
    assert answers["me"]["token"]["name"] == "Nightly of the guide"
    assert said["wait"] == '"ended": true\n'
    result = answers["result"]
    assert (result["status"], result["valid_records"], result["error_records"]) == ("partial", 3, 2)
    assert [(each["row"], each["code"]) for each in answers["errors"]["errors"]] == [
        (3, "INVALID_PRICE"),
        (4, "INVALID_CATEGORY"),
    ]
    assert [answers[key]["left_rows"] for key in ("value", "cell")] == [1, 0]
    products = {each["vendor_product_id"]: each for each in answers["products"]["products"]}
    assert {f"FIRST-{n}" for n in range(1, 6)} <= products.keys()
    assert products["FIRST-2"]["price"] == "10.00"
    assert answers["rows"]["only_check"]
    undone = [json.loads(line) for line in said["undo"].splitlines()]
    assert {each["undoes"] for each in undone} >= {result["upload_id"]}
    assert [each["mode"] for each in undone] == ["undo"] * 3
    assert said["verify"] == f"{programs.SIGNATURE}\n"


def python_client(place: Path, portal: str, token: str) -> None:
    """It prints what is wrong, and sends a file once, however often it runs."""
    (place / "mine.csv").write_bytes(csv_bytes(rows(11)))
    command = [sys.executable, str(EXAMPLE_FILES / "send_products.py"), "mine.csv"]
    runs = [run(command, place, shell(place, portal, token)) for _ in range(2)]
    for done in runs:
        assert done.returncode == 1, done.stderr
        assert "2 rows imported, 1 rejected" in done.stdout
        assert "row 3: INVALID_CATEGORY: Category 'Mice' is not approved" in done.stdout
    assert runs[0].stdout == runs[1].stdout
    (place / "mine.csv").write_bytes(b"")
    refused = run(command, place, shell(place, portal, token))
    assert refused.returncode == 2, refused.stdout
    assert "EMPTY_FILE" in refused.stdout
    unknown = run(command, place, shell(place, portal, "vop_unknown"))
    assert (unknown.returncode, "INVALID_TOKEN" in unknown.stderr) == (3, True)


def workflow(place: Path, portal: str, token: str) -> None:
    """The step's script, as GitHub runs it."""
    jobs = yaml.safe_load((EXAMPLE_FILES / "send-products.yml").read_text())["jobs"]
    (script,) = (step["run"] for step in jobs["send"]["steps"] if "run" in step)
    ours = {"GITHUB_SHA": "5e1f", "GITHUB_RUN_ID": "14"}
    for bad, code in ((True, 1), (False, 0)):
        found = rows(21) if bad else [row for row in rows(31) if row["category"] == "Audio"]
        (place / "products.csv").write_bytes(csv_bytes(found))
        ours["GITHUB_RUN_ID"] += "0"
        done = run(["bash", "-c", script], place, shell(place, portal, token, **ours))
        assert done.returncode == code, done.stdout + done.stderr
        assert ("::error file=products.csv,line=3::INVALID_CATEGORY" in done.stdout) == bad
        assert ("completed: 2 imported, 0 rejected." in done.stdout) == (not bad)
