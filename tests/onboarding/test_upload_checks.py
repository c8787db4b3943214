"""What the browser gets to check a file before it is sent."""

import re
from pathlib import Path

from imports import datasets
from onboarding.uploads.upload_checks import browser_check

SCRIPT = Path(__file__).resolve().parents[2] / "onboarding/static/onboarding/upload.js"


def test_the_script_has_exactly_the_texts_that_it_shows() -> None:
    script = SCRIPT.read_text()
    kinds = re.search(r"function notText.*?\n  }\n", script, re.DOTALL)
    assert kinds
    used = set(re.findall(r"texts\.(\w+)", script)) | set(re.findall(r'return "(\w+)"', kinds[0]))
    texts = browser_check(datasets.get("products"))["texts"]
    assert used == texts.keys()


def test_limits_are_those_of_the_data_set() -> None:
    check = browser_check(datasets.get("products"))
    assert check["maxBytes"] == 10 * 1024 * 1024
    assert "The limit is 10 MB." in check["texts"]["tooLarge"]


def test_a_json_file_is_not_a_csv_file() -> None:
    check = browser_check(datasets.get("metrics"))
    assert not check["isTable"]
    assert check["texts"]["wrongKind"] == "This is {found}, not a JSON file."
