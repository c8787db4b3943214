"""Reset the two-step login of one user, when no superuser can do so in the admin."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from imports.people import factor_notice
from imports.people.factor_notice import Change
from vendors import second_factor


class Command(BaseCommand):
    help = "Remove a user's authenticator app, passkeys and recovery codes, and email the user."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['username']}.")
        if not second_factor.reset(user.pk):
            self.stdout.write(f"{user} has no second factor.")
            return
        self.stdout.write(f"Two-step login of {user} reset.")
        factor_notice.send(user, Change.RESET)
