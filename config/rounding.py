"""Integer division: percentages are rounded down, numbers of portions are rounded up."""

from itertools import accumulate, pairwise


def percent(part: int, whole: int) -> int:
    """The percentage, rounded down, so that 100 means all; 0 if `whole` is 0."""
    return part * 100 // whole if whole else 0


def shares(*parts: int) -> list[int]:
    """The percentages of the parts of a whole: they add up to 100, or are all 0.

    The first ones are rounded down together, so that a sum of the first n is 100 only if no other
    part is left.
    """
    ends = [percent(end, sum(parts)) for end in accumulate(parts)]
    return [end - start for start, end in pairwise([0, *ends])]


def ceil_div(number: int, by: int) -> int:
    """How many portions of size `by` hold `number`."""
    return -(-number // by)
