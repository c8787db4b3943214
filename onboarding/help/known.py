"""What pages for everyone say from the database, without a query for every stranger.

Anyone can open them as often as they like, and each query keeps a paused database awake for
minutes.
"""

from collections.abc import Callable
from typing import TypeVar, cast

from django.conf import settings
from django.http import HttpRequest

from config.remembered import Remembered
from imports.dataset import Dataset

Found = TypeVar("Found")
remembered: Remembered[object] = Remembered()


def known(request: HttpRequest, make: Callable[[Dataset], Found], dataset: Dataset) -> Found:
    """What `make` makes of the data set: now, or for strangers up to PUBLIC_SECONDS ago."""
    seconds = 0 if request.user.is_authenticated else settings.PUBLIC_SECONDS
    key = make.__module__, make.__name__, dataset.key
    return cast("Found", remembered.get(key, lambda: make(dataset), seconds=seconds))
