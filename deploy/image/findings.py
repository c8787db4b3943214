"""What a run found, each with whether it is as it should be."""

from dataclasses import dataclass, field

from deploy.image.docker import say


@dataclass
class Findings:
    wrong: list[str] = field(default_factory=list)

    def note(self, what: str, seen: object, *, ok: bool) -> None:
        """Say what was seen; a thing that is not `ok` makes the run fail at its end."""
        line = f"{what}: {seen}"
        say(f"  {'ok   ' if ok else 'WRONG'}  {line}")
        if not ok:
            self.wrong.append(line)
