"""Checks the answers in the vendors' outboxes: I10, one result for each run that has ended."""

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from tests.faults.world import World

ANSWER = re.compile(
    r"outbox/(?P<vendor>[^/]+)/(?P<name>.+)\.(?P<upload>UPLOAD_\w+)\."
    r"(?P<end>received\.json|run(?P<run>\d+)\.(?:result\.json|errors\.csv|rows_to_fix\.csv))"
)
COUNTS = (
    *("status", "total_records", "valid_records", "error_records", "skipped_records"),
    *("created_records", "updated_records", "warned_records", "sha256"),
)
Files = dict[str, list[bytes]]  # the versions of each file about an upload, the newest first


def answered_once(world: World, vendors: list[str], uploads: list[dict[str, Any]]) -> Iterator[str]:
    """I10: each ended run of a vendor's upload has one result, and each file that arrived one
    confirmation; what they say is so, what they name is there, and nothing else is."""
    found = outboxes(world, vendors)
    for upload in uploads:
        if upload["vendor_prefix"] in vendors:
            yield from of_upload(world, upload, found.pop(upload["upload_id"], {}))
    for upload_id, files in found.items():
        yield f"I10 {upload_id} is not known and has {sorted(files)}"


def outboxes(world: World, vendors: list[str]) -> dict[str, Files]:
    """By the IDs of the uploads, the files by the ends of their keys."""
    found: dict[str, Files] = defaultdict(lambda: defaultdict(list))
    s3 = world.aws("s3")
    for vendor in vendors:
        pages = s3.get_paginator("list_object_versions").paginate(
            Bucket=world.bucket, Prefix=f"outbox/{vendor}/"
        )
        for version in (each for page in pages for each in page.get("Versions", [])):
            key = version["Key"]
            named = ANSWER.fullmatch(key)
            answer = s3.get_object(Bucket=world.bucket, Key=key, VersionId=version["VersionId"])
            where = (named["upload"], named["end"]) if named else (key, key)
            found[where[0]][where[1]].append(answer["Body"].read())
    return found


def of_upload(world: World, upload: dict[str, Any], files: Files) -> Iterator[str]:
    name = upload["upload_id"]
    for end, versions in files.items():
        if len(set(versions)) > 1:
            yield f"I10 {name}: {end} has {len(set(versions))} contents"
            return
    results = {end for end in files if end.endswith(".result.json")}
    if results != {f"run{run}.result.json" for run in range(1, upload["run"] + 1)}:
        yield f"I10 {name}: {sorted(results)} of {upload['run']} runs"
        return
    if ("received.json" in files) != bool(upload["s3_version"]):
        yield f"I10 {name}: {'' if upload['s3_version'] else 'not '}arrived, has {sorted(files)}"
    for versions in (files[end] for end in files if end == "received.json"):
        yield from of_source(upload, json.loads(versions[0]))
    for run in range(1, upload["run"] + 1):
        result = json.loads(files[f"run{run}.result.json"][0])
        yield from of_source(upload, result)
        yield from files_of_run(upload, run, result, files)
    yield from counts_of_run(world, upload, result)
    yield from rows_agree(world, name)


def of_source(upload: dict[str, Any], answer: dict[str, Any]) -> Iterator[str]:
    """An answer names the upload and its object."""
    said = answer["upload_id"], answer["source_key"], answer["source_version"]
    if said != (upload["upload_id"], upload["s3_key"] or None, upload["s3_version"]):
        yield f"I10 {upload['upload_id']}: an answer is about {said}"


def files_of_run(
    upload: dict[str, Any], run: int, result: dict[str, Any], files: Files
) -> Iterator[str]:
    """A result is of its run and names the files beside it. Rows to fix may only be absent if the
    next run has overtaken it."""
    name = f"{upload['upload_id']}, run {run}"
    if result["run"] != run:
        yield f"I10 {name}: the result is of run {result['run']}"
    for file, key in result["files"].items():
        end = ANSWER.fullmatch(key or "")
        if key and (not end or end["end"] not in files):
            yield f"I10 {name}: {file} is {key}, which is not there"
    if bool(result["error_report_key"]) != bool(result["files"]["error_report"]):
        yield f"I10 {name}: {result['error_report_key']} and {result['files']['error_report']}"
    if run == upload["run"] and (
        bool(result["error_records"]) != bool(result["files"]["rows_to_fix"])
    ):
        yield f"I10 {name}: {result['error_records']} rejected, {result['files']}"
    for rows_to_fix in files.get(f"run{run}.rows_to_fix.csv", []):
        lines = len(list(csv.DictReader(io.StringIO(rows_to_fix.decode("utf-8-sig")))))
        if lines != result["error_records"]:
            yield f"I10 {name}: {lines} rows to fix of {result['error_records']}"


def counts_of_run(world: World, upload: dict[str, Any], result: dict[str, Any]) -> Iterator[str]:
    """The result of the last run says what the database says."""
    name = f"{upload['upload_id']}, run {upload['run']}"
    differ = [field for field in COUNTS if (result[field] or "") != (upload[field] or "")]
    if differ:
        yield f"I10 {name}: the result says another {differ}"
    errors = world.rows(
        "SELECT error_type, count(*) FROM validation_errors WHERE upload_id = %s AND run = %s "
        "AND severity = 'error' GROUP BY error_type",
        [upload["upload_id"], upload["run"]],
    )
    if result["errors_by_type"] != {each["error_type"]: each["count"] for each in errors}:
        yield f"I10 {name}: {result['errors_by_type']} are not the errors that are stored"


def rows_agree(world: World, upload_id: str) -> Iterator[str]:
    """The database says of each answer which version the bucket has."""
    for row in world.rows("SELECT * FROM outbox_files WHERE upload_id = %s", [upload_id]):
        stored = world.aws("s3").list_object_versions(Bucket=world.bucket, Prefix=row["key"])
        versions = {each["VersionId"] for each in stored.get("Versions", [])}
        if row["state"] != "written" or row["version"] not in versions:
            yield f"I10 {row['key']} is {row['state']}, version {row['version']} of {versions}"
