"""The plots in the docs show the numbers of the pages that they are on."""

from xml.etree.ElementTree import fromstring

import pytest

from bench.table import BEGIN, END
from deploy.bill import Line, Traffic, compact, standard, total
from deploy.cost import Layout
from docs import plots
from docs.plots import Pair
from tests.docs.pages import ROOT

BENCH = (ROOT / "docs" / "bench.md").read_text()


def test_the_plots_are_what_is_drawn_from_the_numbers() -> None:
    # If this fails: .venv/bin/python -m docs.plots
    assert plots.COST.read_text() == plots.cost()
    assert plots.BENCH.read_text() == plots.bench(plots.pairs(BENCH))


@pytest.mark.parametrize("layout", [standard, compact])
def test_the_kinds_of_costs_add_up_to_the_bill(layout: Layout) -> None:
    lines = layout(Traffic(10_000))
    assert sum(plots.by_kind(lines).values()) == pytest.approx(total(lines))
    with pytest.raises(ValueError, match="a new line"):
        plots.by_kind([*lines, Line("a new line")])


def test_every_work_with_two_times_is_drawn() -> None:
    text = "".join(fromstring(plots.BENCH.read_text()).itertext())
    rows = [row.strip("| ").split(" | ") for row in BENCH.splitlines() if row.startswith("| 10")]
    compared = [work for work, *times in rows if all(" s (" in time for time in times[:2])]
    assert len(compared) > 10
    assert [work for work in compared if work not in text] == []


def test_a_reference_may_be_several_times_one_time() -> None:
    table = "| work | 2.00 s (1 to 3) | one by one: 100 × 0.25 s (0.2 to 0.3) | 12 × | | |"
    page = f"{BEGIN}\n{table}\n{END}"
    assert plots.pairs(page) == [Pair("work", 2.0, 25.0, "one by one")]
