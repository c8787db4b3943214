"""What a run found, and whether it is as expected."""

from dataclasses import dataclass, field

from deploy.image.docker import say


@dataclass
class Findings:
    wrong: list[str] = field(default_factory=list)

    def note(self, what: str, seen: object, *, ok: bool) -> None:
        """Print a finding; one that is not `ok` makes the run fail at its end."""
        line = f"{what}: {seen}"
        say(f"  {'ok    ' if ok else 'FAILED'}  {line}")
        if not ok:
            self.wrong.append(line)
