"""Bring the database up to this version: tables, and the role the application connects as."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

from config.database import base, roles

LOCK = "SELECT pg_advisory_lock(hashtextextended('prepare_database', 0))"


class Command(BaseCommand):
    help = (
        "Run the migrations. With DB_MASTER_SECRET_NAME: connect with that secret, and create or "
        "update the application's role, which may change rows but not tables. Safe to repeat."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(LOCK)  # two at once would run the same migration; ends with the session
        call_command("migrate", interactive=False, verbosity=options["verbosity"])
        where = base.application_credentials_source()
        if settings.DB_MASTER_SECRET_NAME and where:
            role = base.credentials(where, fresh=True)
            roles.make(role["user"], role["password"])
            roles.grant(role["user"])
            self.stdout.write(f"Updated the password and the privileges of role {role['user']}.")
