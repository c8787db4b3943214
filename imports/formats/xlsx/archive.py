"""The ZIP archive of a workbook: what is in it, within limits, and its XML as events."""

import posixpath
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO
from xml.parsers import expat

MAX_PARTS = 200
MAX_BYTES = 100_000_000  # of all parts, unpacked
MAX_DIRECTORY = 1_000_000  # bytes of the archive's list of parts
END_RECORD, LONGEST_END = b"PK\x05\x06", 22 + 65_535  # bytes; the last part is a comment
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
CHUNK = 1 << 16  # bytes
IS_ENCRYPTED = 1  # a flag of a part

Attributes = dict[str, str]


class Unreadable(Exception):
    """The workbook is not read: the code of a refusal, and what fills its message in."""

    def __init__(self, code: str, problem: str = "", **detail: object) -> None:
        super().__init__(code, problem)
        self.code = code
        self.problem = problem
        self.detail = detail


def broken(problem: str = "damaged", **detail: object) -> Unreadable:
    return Unreadable("BROKEN_XLSX", problem, **detail)


def too_large(problem: str, **detail: object) -> Unreadable:
    return Unreadable("XLSX_TOO_LARGE", problem, **detail)


class Archive:
    """The parts of a workbook by their names. Raises Unreadable beyond the limits."""

    def __init__(self, file: BinaryIO) -> None:
        if file.read(len(OLE)) == OLE:  # how a workbook with a password is wrapped
            raise Unreadable("XLSX_PASSWORD")
        refuse_long_directory(file)
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError):
            raise broken() from None
        infos = self._zip.infolist()
        if len(infos) > MAX_PARTS:
            raise too_large("parts", count=len(infos), limit=MAX_PARTS)
        if (size := sum(info.file_size for info in infos)) > MAX_BYTES:
            raise too_large("unpacked", size=size, limit=MAX_BYTES)
        self._infos = {normal(info.filename): info for info in infos}
        if len(self._infos) < len(infos):
            raise broken()
        if any(info.flag_bits & IS_ENCRYPTED for info in infos):
            raise Unreadable("XLSX_PASSWORD")
        if any(name.endswith("vbaproject.bin") or "/macrosheets/" in name for name in self._infos):
            raise broken("macros")

    def __contains__(self, name: str) -> bool:
        return normal(name) in self._infos

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of a part, never more than it declares. Raises Unreadable if there is none, or
        its bytes are damaged."""
        info = self._infos.get(normal(name))
        if info is None or info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise broken()
        try:
            with self._zip.open(info) as part:
                while chunk := part.read(CHUNK):
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError):
            raise broken() from None

    def relations(self, name: str) -> dict[str, tuple[str, str]]:
        """What the part names by an ID: the last word of its type, and the name of a part."""
        folder, base = posixpath.split(name)
        found: dict[str, tuple[str, str]] = {}

        def start(tag: str, attributes: Attributes) -> None:
            if local(tag) == "Relationship" and attributes.get("TargetMode") != "External":
                kind = attributes.get("Type", "").rpartition("/")[2]
                target = posixpath.join("/", folder, attributes.get("Target", ""))
                found[attributes.get("Id", "")] = kind, posixpath.normpath(target).lstrip("/")

        part = posixpath.join(folder, "_rels", f"{base}.rels")
        if part in self:
            for _ in parsed(self.chunks(part), start=start):
                pass
        return found


def refuse_long_directory(file: BinaryIO) -> None:
    """Raise Unreadable for an archive whose list of parts is too long to be looked at."""
    size = file.seek(0, 2)
    file.seek(max(0, size - LONGEST_END))
    tail = file.read()
    at = tail.rfind(END_RECORD)
    if at < 0:
        raise broken()
    if int.from_bytes(tail[at + 12 : at + 16], "little") > MAX_DIRECTORY:
        raise too_large(
            "parts", count=int.from_bytes(tail[at + 10 : at + 12], "little"), limit=MAX_PARTS
        )


def normal(name: str) -> str:
    """A part's name as names are compared: some programs write other slashes and cases."""
    return name.replace("\\", "/").lstrip("/").lower()


def local(tag: str) -> str:
    """A name without its namespace, of which there are two for each kind of part."""
    return tag.rpartition(" ")[2]


def parsed(
    chunks: Iterator[bytes],
    *,
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> Iterator[None]:
    """Call `start`, `end` and `text` for what the XML holds; names come with their namespace.
    Pauses after each chunk. Raises Unreadable for what is not XML, and for a document type, because
    only those can hold entities."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse_document_type
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    try:
        for chunk in chunks:
            parser.Parse(chunk)
            yield
        parser.Parse(b"", True)
        yield
    except expat.ExpatError as error:
        if error.code == expat.errors.codes[expat.errors.XML_ERROR_NO_MEMORY]:
            raise MemoryError from None
        raise broken() from None


def refuse_document_type(*args: object) -> None:
    raise broken("entities")
