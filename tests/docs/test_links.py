"""The targets of links and pictures in the documents exist."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.docs.pages import ROOT, documents, name_of, prose

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PICTURE = re.compile(r"!\[[^\]]+\]\(([^)\s]+)\)")  # with a text alternative
ELSEWHERE = ("http://", "https://", "mailto:")


def targets(document: Path) -> list[str]:
    return [link for link in LINK.findall(prose(document)) if not link.startswith(ELSEWHERE)]


def pictures(document: Path) -> list[str]:
    return PICTURE.findall(prose(document))


def anchors(document: Path) -> set[str]:
    """The fragments that GitHub generates for the headings of a document."""
    headings = re.findall(r"^#+ (.+)$", prose(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


@pytest.mark.parametrize("document", documents(), ids=name_of)
def test_the_links_of_a_document_work(document: Path) -> None:
    for target in set(targets(document)) - set(pictures(document)):
        path, _, fragment = unquote(target).partition("#")
        linked = (document.parent / path).resolve() if path else document
        assert linked.is_relative_to(ROOT), target
        assert linked.exists(), target
        if fragment:
            assert fragment in anchors(linked), target


@pytest.mark.parametrize("document", documents(), ids=name_of)
def test_the_pictures_of_a_document_exist(document: Path) -> None:
    shown = [target for target in targets(document) if target.endswith((".png", ".svg"))]
    assert shown == pictures(document)
    assert [target for target in shown if not (document.parent / target).is_file()] == []


def test_links_and_pictures_are_found() -> None:
    assert "docs/flow.md" in targets(ROOT / "README.md")
    assert "docs/images/upload-page.png" in pictures(ROOT / "README.md")


@pytest.mark.parametrize("document", documents(), ids=name_of)
def test_a_document_names_files_that_exist(document: Path) -> None:
    named = re.findall(r"`((?:[\w.-]+/)+[\w.-]*\.(?:py|md|csv|yaml|txt|html))`", prose(document))
    places = (ROOT, document.parent)
    examples = {"imports/datasets/stores.py"}
    missing = [
        name
        for name in set(named) - examples
        if not any((place / name).exists() for place in places)
        and not name.startswith(("uploads/", "errors/"))  # keys in the bucket
    ]
    assert not missing
