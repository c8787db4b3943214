"""Whole numbers from divisions: percent is rounded down, what must suffice is rounded up."""


def percent(part: int, whole: int) -> int:
    """Rounded down, so that 100 means all; 0 of nothing."""
    return part * 100 // whole if whole else 0


def ceil_div(number: int, by: int) -> int:
    """How many portions of this size hold the number."""
    return -(-number // by)
