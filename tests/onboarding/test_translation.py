"""Every text of the portal passes through gettext, so that a second language is one catalog."""

import ast
import gettext
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation
from django.utils.translation import trans_real

from onboarding.help.troubleshooting import questions, vendors_dataset
from tests.onboarding.conftest import make_upload, text_of
from vendors.models import Vendor

ROOT = Path(__file__).resolve().parents[2] / "onboarding"
TEMPLATES = sorted(ROOT.rglob("*.html")) + sorted(ROOT.rglob("*.txt"))
# The API's description and the JSON Schema are read by programs and their authors, in English.
ENGLISH = {*(ROOT / "api").rglob("*.py"), ROOT / "help" / "json_schema.py"}
MODULES = sorted({*ROOT.rglob("*.py")} - ENGLISH)

MARKED = re.compile(r"\{%\s*blocktranslate\b.*?\{%\s*endblocktranslate\s*%\}", re.DOTALL)
TAGS = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
CLASSES = re.compile(r"\{% block body_class %\}.*?\{% endblock %\}")
SHOWN_ATTRIBUTES = {"alt", "aria-label", "placeholder", "title"}
SHOWN_ATTRIBUTES |= {"data-label", "data-busy", "data-choose", "data-choose-another"}
# Names and examples that are the same in every language.
SAME_EVERYWHERE = {"UPLOAD_20261120_093000_7F3A2C"}


class Texts(HTMLParser):
    """Collects the texts of a page and the attributes that are shown or read out.

    What a person types into a terminal (`<pre>`) is the same in every language.
    """

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.is_typed = False
        self.feed(markup)
        self.close()

    def handle_data(self, data: str) -> None:
        if not self.is_typed:
            self.found.append(data.strip())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.is_typed = self.is_typed or tag == "pre"
        self.found += [(value or "").strip() for name, value in attrs if name in SHOWN_ATTRIBUTES]

    def handle_endtag(self, tag: str) -> None:
        self.is_typed = self.is_typed and tag != "pre"


def unmarked(template: str) -> list[str]:
    """Texts of a template that no translation can reach."""
    # A tag within an attribute holds quotation marks that would end the attribute.
    found = Texts(TAGS.sub("", CLASSES.sub("", MARKED.sub("", template)))).found
    return [text for text in found if re.search("[A-Za-z]", text) and text not in SAME_EVERYWHERE]


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ('<p>{% translate "Log in" %} · {{ name }}</p>', []),
        ("<p>{% blocktranslate %}Hello <b>you</b>{% endblocktranslate %}</p>", []),
        ("<p>Hello</p>", ["Hello"]),
        ("<pre>export A=b</pre><p>Hello</p>", ["Hello"]),
        ('<a aria-label="Main">{{ x }}</a>', ["Main"]),
        ('<a aria-label="{% translate "Main" %}" class="nav">{{ x }}</a>', []),
    ],
)
def test_an_unmarked_text_is_found(template: str, found: list[str]) -> None:
    assert unmarked(template) == found


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_text_outside_of_translation(path: Path) -> None:
    assert unmarked(path.read_text()) == []


GETTEXT = {"_", "gettext", "ngettext"}
CODE = re.compile("<|delay:")
SEVERAL_WORDS = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")
FOR_MACHINES = {"Http404", "PermissionDenied", "HttpResponse", "BadRequest"}
FOR_MACHINES |= {"log.error", "log.info", "log.exception"}


def sentences(source: str) -> Iterator[str]:
    """String literals of several words that are neither marked nor for machines only."""

    def visit(node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Call) and ast.unparse(node.func) in GETTEXT | FOR_MACHINES:
            return
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return  # a docstring
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and SEVERAL_WORDS.search(text) and not CODE.search(text):
            yield text
        for child in ast.iter_child_nodes(node):
            yield from visit(child)

    yield from visit(ast.parse(source))


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('title = "Log in"', ["Log in"]),
        ('title = f"Page {number} of many pages"', [" of many pages"]),
        ('title = _("Log in")', []),
        ('def f():\n    """Says what it does."""', []),
        ('raise Http404("no such upload")', []),
    ],
)
def test_an_unmarked_sentence_is_found(source: str, found: list[str]) -> None:
    assert list(sentences(source)) == found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_module_has_no_sentence_outside_of_translation(path: Path) -> None:
    assert list(sentences(path.read_text())) == []


class Pseudo(gettext.NullTranslations):
    """A language in which every text stands in brackets."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"

    def pgettext(self, context: str, message: str) -> str:
        return self.gettext(message)

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        return self.ngettext(msgid1, msgid2, n)

    def to_language(self) -> str:
        return "xx"


@pytest.fixture
def pseudo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(trans_real._translations, "xx", Pseudo())  # type: ignore[attr-defined]
    with translation.override("xx"):
        yield


def test_pages_are_in_the_language_that_is_active(
    as_alice: Client, vendor_a: Vendor, categories: list[str], pseudo: None
) -> None:
    upload = make_upload(1, vendor_a)
    page = text_of(as_alice.get(f"/uploads/{upload.upload_id}/"))
    assert '<html lang="xx">' in page
    assert '"headline">⟦7 of 10 products imported. 3 rows need fixing.⟧<' in page
    assert "⟦Add new products⟧" in page
    assert "⟦Choose a ⟦CSV or Excel⟧ file, or drop it here.⟧" in text_of(
        as_alice.get("/uploads/new/")
    )
    assert "⟦Duplicate SKU⟧" in text_of(as_alice.get("/help/products/"))
    assert "⟦Log in⟧" in text_of(Client().get("/login/"))


def test_questions_are_in_the_language_that_is_active(pseudo: None) -> None:
    for question in questions(vendors_dataset()):
        for text in (question.title, question.answer, *question.steps):
            assert str(text).startswith("⟦"), text
