"""100 uploads of 1,000 rows at once, then a small one from another vendor."""

import time
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from bench import files, uploading
from bench.table import Line
from bench.timing import Times
from imports.models import Upload

UPLOADS, ROWS, SMALL = 100, 1_000, 50
AIM = 15.0  # seconds until all have ended
SMALL_AIM = (3, 2.0)  # a factor of the time alone, plus seconds
CROWDS = {"one vendor": 1, "ten vendors": 10}
AT_A_TIME = 8  # browsers
LOOK_SECONDS = 0.1  # every 10 ms, the questions alone would take a quarter of a CPU
SMALL_VENDOR = "BENCH-SMALL"


def measure(runs: int) -> list[Line]:
    large = [files.product_file(ROWS, seed=3_000 + i, mistakes=True).csv() for i in range(UPLOADS)]
    small = files.product_file(SMALL, seed=31).csv()
    large_alone, small_alone = Times(), Times()
    for _ in range(max(runs, 5)):
        uploading.empty_catalog()
        for body, times in ((large[0], large_alone), (small, small_alone)):
            times.seconds.append(uploading.import_one(body, SMALL_VENDOR).seconds)
            uploading.wait_for_quiet()
    lines = []
    for what, vendors in CROWDS.items():
        everything, little = Times(), Times()
        for _ in range(runs):
            uploading.empty_catalog()
            took, took_small = _crowd(large, small, vendors)
            everything.seconds.append(took)
            little.seconds.append(took_small)
        lines += _lines(what, everything, little, large_alone, small_alone)
    return lines


def _crowd(large: list[bytes], small: bytes, vendors: int) -> tuple[float, float]:
    """Seconds until all uploads had ended, and the duration of the small one."""
    owners = [f"BENCH-{i:02d}" for i in range(vendors)]
    for owner in owners:
        uploading.vendor(owner)

    def send(i: int) -> str:
        try:
            return uploading.send(large[i], owners[i % vendors])
        finally:
            connection.close()  # of this thread

    began = time.perf_counter()
    with ThreadPoolExecutor(AT_A_TIME) as browsers:
        ids = list(browsers.map(send, range(len(large))))
    ended = uploading.import_one(small, SMALL_VENDOR, mail=False)
    waiting = Upload.objects.filter(pk__in=ids, completed_at__isnull=True)
    while waiting.exists():
        if time.perf_counter() - began > uploading.TIMEOUT_SECONDS:
            raise uploading.StillRunning(f"{waiting.count()} of the crowd")
        time.sleep(LOOK_SECONDS)
    seconds = time.perf_counter() - began
    uploading.wait_for_quiet()
    for upload in Upload.objects.filter(pk__in=ids):
        uploading.check(upload, ROWS)
    return seconds, ended.seconds


def _lines(
    what: str, everything: Times, little: Times, large_alone: Times, small_alone: Times
) -> list[Line]:
    one_by_one = large_alone.median * UPLOADS
    times, more = SMALL_AIM
    allowed = times * small_alone.median + more
    return [
        Line(
            f"100 uploads of 1,000 rows at once, {what}: all ended",
            str(everything),
            f"one after another: 100 × {large_alone}",
            f"{one_by_one / everything.median:.1f} × faster",
            f"≤ {AIM:.0f} s",
            everything.median <= AIM,
        ),
        Line(
            f"50 rows of another vendor sent after them, {what}",
            str(little),
            f"alone: {small_alone}",
            f"{little.median / small_alone.median:.1f} × its time",
            f"≤ {times} × + {more:.0f} s = {allowed:.2f} s",
            little.median <= allowed,
        ),
    ]
