"""docs/api.md: its commands are those of the help page, and its sample gives what they say.

tests/browser/test_api_clients.py runs them all against a running portal.
"""

import base64
import hmac
import json
import re
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from imports.models import Upload
from imports.webhooks import examples, programs, signing
from onboarding.api.guide import EXAMPLES
from onboarding.views.people.tokens import SCOPES, USUAL
from tests.docs.pages import ROOT, blocks
from tests.onboarding.api.conftest import Program
from vendors import tokens
from vendors.models import Vendor

PAGE = ROOT / "docs" / "api.md"
SAMPLE = ROOT / "docs" / "samples" / "first.csv"
COMMANDS = {example.key: example.command for example in EXAMPLES}


def test_the_guide_and_the_page_have_the_same_commands() -> None:
    shown = [block.text.strip() for block in blocks(PAGE)]
    start = shown.pop(0)
    assert start.startswith("export PORTAL=")
    assert shown == list(COMMANDS.values())


def test_the_guide_writes_the_sample(tmp_path: Path) -> None:
    subprocess.run(["bash", "-c", COMMANDS["sample"]], cwd=tmp_path, check=True)
    assert (tmp_path / "first.csv").read_bytes() == SAMPLE.read_bytes()


@pytest.mark.django_db
def test_the_corrections_fit_the_errors_of_the_sample(
    run_upload: Callable[..., Upload], vendor_a: Vendor, alice: User, all_categories: None
) -> None:
    upload = run_upload(SAMPLE.read_bytes(), by=alice)
    assert (upload.status, upload.valid_records, upload.error_records) == ("partial", 3, 2)
    life = timedelta(days=1)
    program = Program(
        tokens.create(vendor=vendor_a, name="guide", scopes=USUAL, life=life, by=alice)[1]
    )
    for key, left in (("value", 1), ("cell", 0)):
        body = json.loads(re.findall(r"--data '(.*)'", COMMANDS[key])[0])
        sent = program.post(f"/uploads/{upload.upload_id}/corrections", body)
        assert (sent.status_code, sent.json()["sent_rows"]) == (201, 1)
        assert (sent.json()["left_rows"], sent.json()["unmatched"]) == (left, [])


def test_a_token_as_it_is_offered_is_enough_for_the_guide() -> None:
    needed = set(re.findall(r"[a-z]+:[a-z]+", str(EXAMPLES[0].about)))
    assert needed == set(USUAL) < {scope[0] for scope in SCOPES}


@pytest.mark.django_db
def test_the_message_for_trying_has_its_signature(tmp_path: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", COMMANDS["verify"]], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{programs.SIGNATURE}\n"
    assert EXAMPLES[-1].prints == programs.SIGNATURE
    assert f"It prints `{programs.SIGNATURE}`" in PAGE.read_text()
    assert json.loads(programs.BODY).keys() == examples.messages()["ping"].keys()
    key = base64.b64decode(programs.SECRET.removeprefix(signing.PREFIX))
    signed = f"{programs.MESSAGE_ID}.{programs.TIMESTAMP}.{programs.BODY}".encode()
    assert base64.b64encode(hmac.digest(key, signed, "sha256")).decode() == programs.SIGNATURE
    assert len(key) == len(base64.b64decode(signing.secret_of(signing.new_seed())[6:]))


def test_no_command_has_a_placeholder() -> None:
    for command in COMMANDS.values():
        assert not re.search(r"[…<]\w|\{\w+\}|vop_", command.replace("<<'END'", "")), command
