"""The application's own database role: creates it, updates its password and grants its privileges.

Needs a connection of the owner of the database and the tables, who on RDS is not a superuser but
may create roles. Every function is idempotent.
"""

from django.db import connection, transaction
from psycopg2 import sql
from psycopg2.extensions import encrypt_password

# The application reads and writes rows; it never changes the definition of a table.
GRANTS = (
    "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {role}",
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
    # Only the owner records which migrations have run.
    "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}",
    # For tables created between two runs.
    """ALTER DEFAULT PRIVILEGES IN SCHEMA public
       GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}""",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO {role}",
)


class OwnerItself(Exception):
    """The application's role is the owner of the tables, who may do anything."""


def make(name: str, password: str) -> None:
    """Create the role or update its password. Raises OwnerItself and database errors."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user = %s, to_regrole(quote_ident(%s))", [name, name])
        is_owner, found = cursor.fetchone()
        if is_owner:
            raise OwnerItself(name)
        # Hashed here, because the server logs such statements verbatim.
        raw = connection.connection
        hashed = encrypt_password(password, name, scope=raw, algorithm="scram-sha-256")
        cursor.execute(
            sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(
                sql.SQL("ALTER" if found else "CREATE"), sql.Identifier(name), sql.Literal(hashed)
            )
        )


def grant(name: str) -> None:
    """Grant the role its privileges on existing tables and on those the owner creates later."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in GRANTS:
            cursor.execute(
                sql.SQL(statement).format(
                    database=sql.Identifier(connection.settings_dict["NAME"]),
                    role=sql.Identifier(name),
                )
            )
