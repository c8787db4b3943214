"""Integer division: percentages are rounded down, numbers of portions are rounded up."""


def percent(part: int, whole: int) -> int:
    """The percentage, rounded down, so that 100 means all; 0 if `whole` is 0."""
    return part * 100 // whole if whole else 0


def ceil_div(number: int, by: int) -> int:
    """How many portions of size `by` hold `number`."""
    return -(-number // by)
