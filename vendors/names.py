"""What people type to log in: their username, or the address of their email."""

from django.contrib.auth.models import User

MAX_TYPED = 254  # characters, as an address may have
MAX_USERNAME = 150


def username_of(typed: str) -> str:
    """The username that was meant. An address leads to one if exactly one active user has it; what
    leads to none stays as it is, and no password fits it."""
    typed = typed.strip()
    if "\0" in typed or len(typed) > MAX_TYPED or User.objects.filter(username=typed).exists():
        return typed
    found = User.objects.filter(email__iexact=typed, is_active=True).exclude(email="")
    names = list(found.values_list("username", flat=True)[:2])
    return names[0] if len(names) == 1 else typed


def is_taken(address: str, *, besides: int | None = None) -> bool:
    """Whether a user, active or not, has the address as email or as username. `besides`: the key
    of a user who does not count."""
    others = User.objects.all() if besides is None else User.objects.exclude(pk=besides)
    return (
        others.filter(email__iexact=address).exists()
        or others.filter(username__iexact=address).exists()
    )
