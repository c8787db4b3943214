"""The application's own role in the database: made, kept up to date, and given what it needs.

Run over a connection of the owner of database and tables, who is no superuser on RDS but may make
roles. Everything here may be done again and again.
"""

from django.db import connection, transaction
from psycopg2 import sql
from psycopg2.extensions import encrypt_password

# What the application does with data, and no statement that changes a table's shape.
GRANTS = (
    "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {role}",
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
    # Which migrations have run is the owner's to write.
    "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}",
    # For tables made between two runs of this.
    """ALTER DEFAULT PRIVILEGES IN SCHEMA public
       GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}""",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO {role}",
)


class OwnerItself(Exception):
    """The application's role would be the owner, who may do anything."""


def make(name: str, password: str) -> None:
    """Make the role, or give it this password. Raises OwnerItself and database errors."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user = %s, to_regrole(quote_ident(%s))", [name, name])
        is_owner, found = cursor.fetchone()
        if is_owner:
            raise OwnerItself(name)
        # Hashed here, because the server's log has such statements word by word.
        raw = connection.connection
        hashed = encrypt_password(password, name, scope=raw, algorithm="scram-sha-256")
        cursor.execute(
            sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(
                sql.SQL("ALTER" if found else "CREATE"), sql.Identifier(name), sql.Literal(hashed)
            )
        )


def grant(name: str) -> None:
    """Let the role work with the tables that are there, and with those the owner makes later."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in GRANTS:
            cursor.execute(
                sql.SQL(statement).format(
                    database=sql.Identifier(connection.settings_dict["NAME"]),
                    role=sql.Identifier(name),
                )
            )
