"""The versions of PostgreSQL that the stacks ask for, and how long AWS creates databases with them.

Their calendars: https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/ and
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraPostgreSQLReleaseNotes/.
"""

from datetime import date

# Full versions: RDS rejects "17".
RDS_VERSION = "17.9"
AURORA_VERSION = "17.9"
# AWS supports a minor version for at least a year, and creates no database with it in the last
# month. PostgreSQL published 17.9 on 2026-02-26. A test fails from this day on: then look up the
# calendars, write newer versions above, and the day until which they can be created here.
CREATED_UNTIL = date(2027, 1, 26)

RDS_CLASS = "db.t4g.micro"
AURORA_CLASS = "db.serverless"
