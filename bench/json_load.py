"""A typical script that imports a file of metrics: `python -m bench.json_load FILE`.

It runs as a separate process, so that its memory can be measured, and prints the number of items
and the peak memory in MB.
"""

import json
import os
import sys
from pathlib import Path

import psycopg2


def main(path: Path) -> None:
    with path.open() as file:
        items = json.load(file)
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    with connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO metrics_by_executemany (name, value, timestamp) "
            "VALUES (%(name)s, %(value)s, %(timestamp)s) ON CONFLICT DO NOTHING",
            items,
        )
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            sys.stdout.write(f"{len(items)} {int(line.split()[1]) / 1024}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
