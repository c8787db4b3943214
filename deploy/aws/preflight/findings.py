"""What a preflight finds, and what a check may ask."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.aws.deployment import Deployment


@dataclass(frozen=True)
class Finding:
    """A value that breaks a rule, and what to do. A note does not stop the release."""

    value: str
    rule: str
    remedy: str
    is_note: bool = False

    def in_words(self) -> str:
        kind = "note" if self.is_note else "stop"
        return f"{kind}: {self.value}\n      {self.rule}\n      -> {self.remedy}"


@dataclass(frozen=True)
class Asked:
    """What is asked: an account, before anything in it is changed.

    `client` gives a client of a service in the deployment's region; `templates` has the templates
    that are about to be deployed; `stacks` the status of each stack that exists, by its full name.
    """

    chosen: Deployment
    context: dict[str, Any]
    account: str
    caller: str
    stacks: dict[str, str]
    templates: Path
    client: Callable[[str], Any]

    def exists(self, stack: str) -> bool:
        return f"{self.chosen.name}-{stack}" in self.stacks


Check = Callable[[Asked], Iterator[Finding]]
