"""Fair order: which due upload is claimed next.

An upload of the vendor with the fewest running slices; of those, the one whose turn is the earliest
(models/upload.py). The statement takes the same time however many uploads are due. It looks at

- the first uploads in the order of their turns. If there is one of a vendor without a running
  slice among them, it is the one;
- if there is none, because a few vendors have sent thousands of files: the first uploads of the
  next vendors by name after one that runs, so that each of them is reached, too;
- the first upload of each vendor that has a running slice.

An expired lease means that a worker was lost, and counts as a failed attempt: a file that kills
every worker must reach an end, too.
"""

from imports.models.upload import TURN

IN_FRONT = 200  # uploads, and
MAX_VENDORS = 100  # vendors that are looked at
MAX_LOCKED = 50  # uploads that other transactions may have locked at the same time

DUE = """
next_attempt_at <= statement_timestamp()
AND (lease_until IS NULL OR lease_until <= statement_timestamp())
"""

CLAIM = f"""
WITH RECURSIVE running AS MATERIALIZED (
    SELECT vendor_prefix, count(*) AS slices FROM upload_history
    WHERE lease_until > statement_timestamp() GROUP BY vendor_prefix
), front AS MATERIALIZED (
    SELECT upload_id, vendor_prefix, {TURN} AS turn FROM upload_history
    WHERE {DUE} ORDER BY turn LIMIT {IN_FRONT}
), others (vendor_prefix, place, start) AS (
    (SELECT vendor_prefix::varchar, 0, vendor_prefix FROM running
     WHERE NOT EXISTS (
         SELECT FROM front WHERE vendor_prefix NOT IN (SELECT vendor_prefix FROM running)
     )
     ORDER BY random() LIMIT 1)
    UNION ALL
    SELECT coalesce(
        (SELECT u.vendor_prefix FROM upload_history AS u
         WHERE u.next_attempt_at IS NOT NULL AND u.vendor_prefix > others.vendor_prefix
         ORDER BY u.vendor_prefix LIMIT 1),
        (SELECT min(u.vendor_prefix) FROM upload_history AS u WHERE u.next_attempt_at IS NOT NULL)
    ), place + 1, start
    FROM others WHERE place < {MAX_VENDORS} AND (place = 0 OR vendor_prefix <> start)
), vendors AS (
    SELECT vendor_prefix FROM running UNION SELECT vendor_prefix FROM others
), candidates AS (
    SELECT upload_id, vendor_prefix, turn FROM front
    UNION ALL
    SELECT first.upload_id, vendors.vendor_prefix, first.turn FROM vendors CROSS JOIN LATERAL (
        SELECT upload_id, {TURN} AS turn FROM upload_history AS u
        WHERE u.vendor_prefix = vendors.vendor_prefix AND {DUE}
        ORDER BY turn LIMIT 1
    ) AS first
), best AS MATERIALIZED (
    SELECT upload_id, coalesce(slices, 0) AS slices, turn
    FROM candidates LEFT JOIN running USING (vendor_prefix)
    ORDER BY 2, 3 LIMIT {MAX_LOCKED}
), chosen AS MATERIALIZED (
    SELECT u.upload_id FROM best JOIN upload_history AS u USING (upload_id)
    WHERE {DUE} ORDER BY best.slices, best.turn LIMIT 1 FOR UPDATE OF u SKIP LOCKED
)
UPDATE upload_history AS u
SET token = token + 1,
    attempts = attempts + CASE WHEN lease_until IS NULL THEN 0 ELSE 1 END,
    lease_until = statement_timestamp() + make_interval(secs => %(lease)s),
    status = CASE status WHEN 'received' THEN 'processing' ELSE status END,
    started_at = coalesce(started_at, statement_timestamp()),
    queued_at = coalesce(queued_at, next_attempt_at)
FROM chosen WHERE u.upload_id = chosen.upload_id
RETURNING u.upload_id, u.token
"""  # noqa: S608 - the parts are constants of ours
