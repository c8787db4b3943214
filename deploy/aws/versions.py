"""The versions of PostgreSQL that the stacks ask for.

AWS offers a minor version for about a year and then creates no database with it. The preflight asks
the region for them; a test fails when nobody has looked at them for too long.
"""

from datetime import date

# Full versions: RDS rejects "17".
RDS_VERSION = "17.9"
AURORA_VERSION = "17.9"
LOOKED_AT = date(2026, 11, 23)

RDS_CLASS = "db.t4g.micro"
AURORA_CLASS = "db.serverless"
