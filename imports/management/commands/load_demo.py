"""Demo vendors, categories and users, for a developer's machine."""

import json
import os
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand, CommandError

from catalog.models import Category
from vendors.models import Member, Vendor

VENDORS = {
    "VEND001": ("Clicky Peripherals", "imports@clicky.example"),
    "VEND002": ("Garden & Grove", "imports@grove.example"),
    "VEND003": ("Paperback Lane", "imports@paperback.example"),
}
CATEGORIES = (
    "Computer Accessories",
    "Audio",
    "Cameras",
    "Mobile Phones",
    "Home & Kitchen",
    "Garden & Outdoor",
    "Toys & Games",
    "Books",
    "Sports & Fitness",
    "Health & Beauty",
)
MEMBERS = {"vendor": "VEND001", "other_vendor": "VEND002"}


class Command(BaseCommand):
    help = "Load demo vendors, categories and the users in $DEMO_LOGINS. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.LOCAL:
            raise CommandError(
                "Demo data has known passwords: load it only on a developer's machine."
            )
        for vendor_id, (name, email) in VENDORS.items():
            Vendor.objects.get_or_create(
                vendor_id=vendor_id, defaults={"name": name, "contact_email": email}
            )
        for category in CATEGORIES:
            Category.objects.get_or_create(name=category)
        for role, login in json.loads(os.environ.get("DEMO_LOGINS", "{}")).items():
            self._person(role, login["username"], login["password"])
        self.stdout.write(f"Loaded {len(VENDORS)} vendors and {len(CATEGORIES)} categories.")

    def _person(self, role: str, username: str, password: str) -> None:
        user, is_new = User.objects.get_or_create(
            username=username,
            defaults={
                "email": f"{username}@techmart.example",
                "is_staff": role in ("staff", "admin"),
                "is_superuser": role == "admin",
            },
        )
        if is_new:
            user.set_password(password)
            user.save()
        if role == "staff":
            user.groups.add(Group.objects.get(name="Reviewers"))
        if role in MEMBERS:
            Member.objects.get_or_create(user=user, defaults={"vendor_id": MEMBERS[role]})
