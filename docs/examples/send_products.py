"""Sends a file of products to the onboarding API, waits for the import, prints what is wrong.

    PORTAL=https://… TOKEN=vop_… python3 send_products.py products.csv [create|update|replace]

Needs Python 3.11 and nothing else. Ends with 0 if all rows were imported, with 1 if some were
rejected, with 2 if the file was, with 3 if the request was refused.
"""

import hashlib
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PASSING = {409, 429, 503}  # worth another try, with the same Idempotency-Key
TRIES = 6


class Refused(Exception):
    """The API's answer is a problem; `code` is for programs, the text is for people."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(problem.get("code", ""))
        places = [f"{each['pointer']}: {each['detail']}" for each in problem.get("errors", [])]
        super().__init__(f"{self.code}: {'; '.join([str(problem.get('detail', '')), *places])}")


@dataclass(frozen=True)
class Api:
    portal: str
    token: str

    def ask(
        self,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        **query: str | int,
    ) -> dict[str, Any]:
        """The answer to a GET, or to a POST of `body`. Raises Refused, or OSError."""
        address = f"{self.portal}/api/v1{path}"
        if query:
            address += f"?{urllib.parse.urlencode(query)}"
        asked = urllib.request.Request(
            address, body, {"Authorization": f"Bearer {self.token}", **(headers or {})}
        )
        for left in reversed(range(TRIES)):
            try:
                with urllib.request.urlopen(asked, timeout=30) as answer:
                    found: dict[str, Any] = json.load(answer)
                    return found
            except urllib.error.HTTPError as error:
                with error:
                    text = error.read()
                if error.code not in PASSING or not left or "Retry-After" not in error.headers:
                    raise Refused(error.code, problem_in(text)) from error
                time.sleep(float(error.headers["Retry-After"]))
            except OSError:
                if not left:
                    raise
                time.sleep(2)
        raise AssertionError("the last try returns or raises")

    def send(self, file: Path, mode: str) -> dict[str, Any]:
        """The upload of a file. The same file on the same day is sent once, however often this
        program runs."""
        body = file.read_bytes()
        key = hashlib.sha256(body + f"{mode} {time.strftime('%Y-%m-%d')}".encode()).hexdigest()
        kind = WORKBOOK if file.suffix == ".xlsx" else "text/csv"
        headers = {"Content-Type": kind, "Idempotency-Key": key}
        return self.ask("/uploads", body, headers, mode=mode, file_name=file.name)

    def wait(self, upload_id: str) -> dict[str, Any]:
        """The upload once it has ended."""
        pause = 0.5
        while not (upload := self.ask(f"/uploads/{upload_id}"))["ended"]:
            time.sleep(pause)
            pause = min(10.0, pause * 1.5)
        return upload

    def errors(self, upload_id: str) -> Iterator[dict[str, Any]]:
        """What is wrong with its rows, in file order."""
        part = self.ask(f"/uploads/{upload_id}/errors", limit=1_000)
        yield from part["errors"]
        while cursor := part["next_cursor"]:
            part = self.ask(f"/uploads/{upload_id}/errors", limit=1_000, cursor=cursor)
            yield from part["errors"]


def problem_in(text: bytes) -> dict[str, Any]:
    """What an answer says, also if it is from something in between that speaks no JSON."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"detail": text[:200].decode(errors="replace")}


def main(file: str, mode: str = "create") -> int:
    api = Api(os.environ["PORTAL"].rstrip("/"), os.environ["TOKEN"])
    try:
        upload = api.wait(api.send(Path(file), mode)["upload_id"])
        print(f"{upload['page']}: {upload['status']}")
        if failure := upload["failure"]:
            print(f"{failure['code']}: {failure['message']} {failure['remedy']}")
            return 2
        print(f"{upload['valid_records']} rows imported, {upload['error_records']} rejected")
        for error in api.errors(upload["upload_id"]):
            print(f"row {error['row']}: {error['code']}: {error['message']}. {error['remedy']}")
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 3
    return 1 if upload["error_records"] else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
