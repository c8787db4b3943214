"""Files in the code pages of twenty languages: none is ever stored as what it is not.

The texts are names of countries, from pycountry's translations: short, as product names are.
"""

import gettext
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pycountry
import pytest

from imports.formats import encoding
from imports.formats.csv_reader import scan
from imports.rules.refusals import Refused

HEADER = "vendor_product_id,product_name,category,sku,price,stock_quantity\n"
# What spreadsheets write today where these languages are set.
WINDOWS = {
    "cp1252": ["ca", "da", "de", "es", "fi", "fr", "is", "it", "nb_NO", "nl", "pt", "sv"],
    "cp1250": ["cs", "hr", "hu", "pl", "ro", "sk", "sl"],
    "cp1251": ["bg", "ru", "sr", "uk"],
    "cp1253": ["el"],
    "cp1254": ["tr"],
    "cp1255": ["he"],
    "cp1256": ["ar", "fa"],
    "cp1257": ["et", "lt", "lv"],
    "cp1258": ["vi"],
}
# What older programs wrote.
OLDER = {
    "iso8859-2": WINDOWS["cp1250"],
    "iso8859-5": ["bg", "ru"],
    "iso8859-7": ["el"],
    "iso8859-9": ["tr"],
    "iso8859-13": ["lt", "lv"],
    "iso8859-15": ["fr", "de"],
    "mac_roman": ["de", "es", "fr", "it", "pt"],
    "mac_latin2": ["cs", "hu", "pl"],
    "mac_cyrillic": ["ru"],
    "cp437": ["de", "es", "fr"],
    "cp850": ["de", "es", "fr", "it", "pt", "sv"],
    "cp852": ["cs", "hu", "pl"],
    "cp857": ["tr"],
    "cp866": ["ru"],
    "koi8-r": ["ru"],
    "koi8-u": ["uk"],
    "shift_jis": ["ja"],
    "euc_jp": ["ja"],
    "gbk": ["zh_CN"],
    "big5": ["zh_TW"],
    "euc_kr": ["ko"],
}
CEDILLAS = str.maketrans("șțȘȚ", "şţŞŢ")
Read = Callable[[str, str], str | None]


def countries(language: str) -> list[str]:
    folder = Path(pycountry.__file__).parent / "locales" / language / "LC_MESSAGES"
    with (folder / "iso3166-1.mo").open("rb") as file:
        catalog: dict[str, str] = vars(gettext.GNUTranslations(file))["_catalog"]
    return [
        text.replace(",", " ") for key, text in catalog.items() if key and isinstance(text, str)
    ]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads a file of these product names in this encoding as `detect` says; None if refused."""

    def read(text: str, code_page: str) -> str | None:
        rows = [f"VP-{n},{name},Audio,SKU-{n},1,1\n" for n, name in enumerate(text.splitlines())]
        path = tmp_path / "file.csv"
        path.write_bytes((HEADER + "".join(rows)).encode(code_page))
        try:
            return path.read_bytes().decode(encoding.detect(path))
        except encoding.Undecodable:
            return None

    return read


def files(code_pages: dict[str, list[str]]) -> Iterator[tuple[str, str, str]]:
    """(code page, language, product names): one name with letters beyond ASCII each, then all."""
    for code_page, languages in code_pages.items():
        for language in languages:
            names = []
            for name in countries(language):
                old = name.translate(CEDILLAS) if "8859-16" not in code_page else name
                if old.encode(code_page, "ignore").decode(code_page) == old:
                    names.append(old)
            singles = [name for name in names if not name.isascii()]
            for name in singles[::4]:
                yield code_page, language, name
            if singles:
                yield code_page, language, "\n".join(names)


def is_as_written(found: str | None, text: str) -> bool:
    return found is None or all(name in found for name in text.splitlines())


@pytest.mark.parametrize("code_page", WINDOWS)
def test_no_file_of_a_windows_code_page_is_stored_as_what_it_is_not(
    read: Read, code_page: str
) -> None:
    wrong = [
        (language, text[:60])
        for _, language, text in files({code_page: WINDOWS[code_page]})
        if not is_as_written(read(text, code_page), text)
    ]
    assert wrong == []


@pytest.mark.parametrize("code_page", OLDER)
def test_no_file_of_an_older_code_page_is_stored_as_what_it_is_not(
    read: Read, code_page: str
) -> None:
    wrong = [
        (language, text[:60])
        for _, language, text in files({code_page: OLDER[code_page]})
        if not is_as_written(read(text, code_page), text)
    ]
    assert wrong == []


@pytest.mark.parametrize("language", WINDOWS["cp1252"])
def test_a_western_list_in_windows_1252_is_read(read: Read, language: str) -> None:
    *_, (_, _, text) = files({"cp1252": [language]})
    found = read(text, "cp1252")
    assert found is not None
    assert is_as_written(found, text)


def test_most_single_western_names_are_read(read: Read) -> None:
    """A file with one accented letter may be too little to tell; 6 of 10 are enough."""
    results = [
        read(text, "cp1252") is not None
        for _, _, text in files({"cp1252": WINDOWS["cp1252"]})
        if "\n" not in text
    ]
    assert sum(results) > 0.6 * len(results)


@pytest.mark.parametrize(
    "text",
    [
        *("NESCAFÉ®", "„MENÜ“", "café", "Müller", "Straße", "10 €", "£20", "Größe 40 × 60"),
        *("L’Oréal", "São Paulo", "5 m³", "20 °C", "“quoted” words", "jalapeño", "Señor", "Köln"),
        *("smörgåsbord", "Zürich", "Kärcher", "Bosch®", "Clicky™", "fiancée", "don’t"),
    ],
)
def test_one_usual_western_word_is_enough(read: Read, text: str) -> None:
    found = read(text, "cp1252")
    assert found is not None
    assert text in found


@pytest.mark.parametrize(
    ("text", "code_page"),
    [
        *(("Żółw", "cp1250"), ("żaba", "cp1250"), ("ręka", "cp1250"), ("koń", "cp1250")),
        *(("być", "cp1250"), ("Kovač", "cp1250"), ("dům", "cp1250"), ("nő", "cp1250")),
        *(("casă", "cp1250"), ("Škoda", "iso8859-2"), ("ğüç", "cp1254"), ("Łódź", "cp1250")),
        *(("Ærø", "cp850"), ("été", "cp850"), ("país", "mac_roman"), ("città", "cp850")),
        # in code pages that we do not compare: ² and capitals stand within words
        *(("Indonēzija", "iso8859-10"), ("Arménie", "hp_roman8"), ("Guinée", "hp_roman8")),
        *(("мышь", "cp1251"), ("мышь", "koi8-r"), ("ποντίκι", "cp1253"), ("עכבר", "cp1255")),
        ("ワイヤレスマウス", "shift_jis"),
        ("无线鼠标", "gbk"),
    ],
)
def test_one_word_of_another_code_page_is_refused(read: Read, text: str, code_page: str) -> None:
    assert read(text, code_page) is None


@pytest.mark.parametrize(
    ("text", "code_page", "expected"),
    [
        ("Żółw\nGęś", "cp1250", "Central European (Windows-1250)"),
        ("Беспроводная мышь", "cp1251", "Cyrillic (Windows-1251)"),
        ("Ασύρματο ποντίκι", "cp1253", "Greek (Windows-1253)"),
        ("ワイヤレスマウス\nノートパソコン", "shift_jis", "Japanese (Shift-JIS)"),
        ("无线鼠标 三键", "gbk", "Chinese (GBK)"),
    ],
)
def test_a_refusal_names_the_likely_encodings(
    tmp_path: Path, text: str, code_page: str, expected: str
) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(f"a,b\n1,2\n3,{text}\n".encode(code_page))
    with pytest.raises(Refused) as refused:
        scan(path, max_rows=None)
    assert refused.value.code == "BAD_ENCODING"
    assert refused.value.message.startswith("The letters in row 3 cannot be read with certainty")
    assert expected in refused.value.message
    assert "mixes" not in refused.value.message


@pytest.mark.parametrize("data", [b"\xe9", b"caf\xe9,", bytes(range(128, 256)), "中é".encode()])
def test_detection_takes_little_time_for_any_bytes(tmp_path: Path, data: bytes) -> None:
    """Measured at 0.1 to 0.8 s for 10 MB; random bytes, at 1.2 s, are the worst."""
    path = tmp_path / "file.csv"
    path.write_bytes(data * (10 * 2**20 // len(data)))
    started = time.process_time()
    with suppress(encoding.Undecodable):
        encoding.detect(path)
    assert time.process_time() - started < 10
