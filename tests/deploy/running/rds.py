"""The database as RDS provides it: TLS only, passwords only, and a master who is no superuser."""

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import psycopg2
from psycopg2 import sql

from deploy.local import embedded, postgres
from tests.deploy.running.tls import Tls, serving

if TYPE_CHECKING:
    from tests.deploy.running.deployment import Deployment

# Our own superuser prepares the server.
RULES = f"""
host all {postgres.USER} 127.0.0.0/8 trust
host all all 127.0.0.0/8 scram-sha-256
"""


@dataclasses.dataclass(frozen=True)
class Rds:
    """The database of the deployment, on this machine at `address`, with its port on AWS."""

    address: str
    port: int
    name: str

    def rows(self, statement: str, *values: str, **names: str) -> list[tuple[Any, ...]]:
        """The answer to a statement, past all rights; `values` and `names` fill its braces."""
        connection = psycopg2.connect(
            host=self.address, port=self.port, user=postgres.USER, dbname=self.name
        )
        try:
            connection.autocommit = True
            identifiers = {key: sql.Identifier(name) for key, name in names.items()}
            filled = sql.SQL(statement).format(*map(sql.Literal, values), **identifiers)
            with connection.cursor() as cursor:
                cursor.execute(filled)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    def answers(self) -> bool:
        try:
            return bool(self.rows("SELECT 1"))
        except psycopg2.OperationalError:
            return False


def start(here: "Deployment") -> Rds | None:
    """Start what the stacks have created; None if they have created no database yet."""
    found = described(here.aws("rds"))
    if found is None:
        return None
    host, port, name, secret = found
    address = f"{here.network}.3"
    server = postgres.prepare(here.places, port, durable=False)
    rules = postgres.data_directory(here.places) / "pg_hba.conf"
    rules.write_text(RULES)
    # First without the database of the deployment, which the master owns.
    empty = Rds(address, port, "template1")
    command = (*server.command, "-c", f"listen_addresses={address}")
    embedded.run(dataclasses.replace(server, command=command, ready=empty.answers), here.places)
    tls = Tls(here.fargate.database, address, port, host, here.fargate.authorities)
    here.cleanup.enter_context(serving(tls))
    kept = here.aws("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
    master = json.loads(kept)
    user = {"user": master["username"]}
    empty.rows("DROP DATABASE IF EXISTS {name}", name=name)
    empty.rows("CREATE ROLE {user} LOGIN CREATEROLE CREATEDB", **user)
    empty.rows("ALTER ROLE {user} PASSWORD {}", master["password"], **user)
    empty.rows("CREATE DATABASE {name} OWNER {user}", name=name, **user)
    return Rds(address, port, name)


def described(rds: Any) -> tuple[str, int, str, str] | None:
    """Host, port, name and secret of the one database that the stacks have created."""
    for cluster in rds.describe_db_clusters()["DBClusters"]:
        secret = cluster["MasterUserSecret"]["SecretArn"]
        return cluster["Endpoint"], cluster["Port"], cluster["DatabaseName"], secret
    for instance in rds.describe_db_instances()["DBInstances"]:
        secret = instance["MasterUserSecret"]["SecretArn"]
        place = instance["Endpoint"]
        return place["Address"], place["Port"], instance["DBName"], secret
    return None
