"""Plots say the numbers that they are given, and each series looks different without its color."""

from itertools import pairwise
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.plots import HEIGHT, LEAST, TEXTURES, Plot, Series, bars, lines, ticks

SVG = "{http://www.w3.org/2000/svg}"
BARS = Plot(
    "plot-x",
    "Uploads & <rows>",
    ["10:00", "11:00", "12:00"],
    [
        Series("Completed", [100, 0, 40], "good"),
        Series('Failed "twice"', [0, None, 60], "bad"),
        Series("Internal", [0, 0, 1], "worst"),
    ],
)


def drawn(svg: str) -> Element:
    return fromstring(svg)


def titles(svg: Element, shape: str) -> dict[str, Element]:
    """The parts of this shape that have a value, by what they say."""
    parts = {part.findtext(f"{SVG}title"): part for part in svg.iter(f"{SVG}{shape}")}
    return {title: part for title, part in parts.items() if title}


def test_each_bar_is_as_high_as_its_value_and_lies_on_the_one_below() -> None:
    svg = drawn(bars(BARS))
    found = titles(svg, "rect")
    assert list(found) == [
        "10:00: Completed, 100",
        "12:00: Completed, 40",
        '12:00: Failed "twice", 60',
        "12:00: Internal, 1",
    ]
    full, low, on_top, least = found.values()
    # The axis ends at 150: 101 has room, with steps of 50.
    assert float(full.attrib["height"]) == pytest.approx(HEIGHT * 100 / 150, abs=0.1)
    assert float(low.attrib["height"]) == pytest.approx(HEIGHT * 40 / 150, abs=0.1)
    assert float(low.attrib["y"]) + float(low.attrib["height"]) == pytest.approx(HEIGHT, abs=0.1)
    assert float(on_top.attrib["y"]) + float(on_top.attrib["height"]) == pytest.approx(
        float(low.attrib["y"]), abs=0.2
    )
    assert float(least.attrib["height"]) == LEAST  # one of a hundred is seen
    assert full.attrib["x"] < low.attrib["x"] == on_top.attrib["x"]


def test_each_series_has_a_texture_of_its_own_and_a_name() -> None:
    svg = drawn(bars(BARS))
    patterns = {p.attrib["id"]: p for p in svg.iter(f"{SVG}pattern")}
    looks = ["".join(child.get("d", "all") for child in p) for p in patterns.values()]
    assert len(set(looks)) == len(looks) == 3
    used = [rect.attrib["fill"] for rect in titles(svg, "rect").values()]
    assert used == [f"url(#plot-x-fill-{place})" for place in (0, 0, 1, 2)]
    assert {f"url(#{name})" for name in patterns} == set(used)
    assert [pattern.attrib["class"] for pattern in patterns.values()] == [
        "plot-good",
        "plot-bad",
        "plot-worst",
    ]
    texts = [text.text for text in svg.iter(f"{SVG}text")]
    assert texts == ["0", "50", "100", "150", *BARS.labels, *(s.name for s in BARS.series)]
    assert svg.attrib["aria-labelledby"] == svg[0].attrib["id"] == "plot-x-title"
    assert svg[0].text == BARS.title


def test_a_line_is_interrupted_where_nothing_was_measured() -> None:
    plot = Plot(
        "plot-y",
        "Seconds",
        list("abcde"),
        [Series("Median", [1, 2, None, 0, None], "busy"), Series("Slow", [None] * 5, "mixed")],
    )
    svg = drawn(lines(plot))
    assert list(titles(svg, "path")) == ["a: Median, 1", "b: Median, 2", "d: Median, 0"]
    joined = [line for group in svg.iter(f"{SVG}g") for line in group if line.get("y2") != "-4"]
    (only,) = [line for line in joined if line.tag == f"{SVG}line"]
    assert (only.attrib["y1"], only.attrib["y2"]) == (f"{HEIGHT / 2:.1f}", "0.0")
    samples = [line for line in svg.iter(f"{SVG}line") if line.get("y2") == "-4"]
    assert [line.get("stroke-dasharray") for line in samples] == [None, "7 3"]


@pytest.mark.parametrize("draw", [bars, lines])
def test_an_empty_plot_has_its_axis_and_more_series_than_looks_are_refused(draw: object) -> None:
    assert callable(draw)
    empty = drawn(draw(Plot("plot-z", "Rows", [], [Series("Valid", [], "good")])))
    assert [text.text for text in empty.iter(f"{SVG}text")] == ["0", "1", "Valid"]
    many = [Series(str(n), [1], "good") for n in range(len(TEXTURES) + 1)]
    with pytest.raises(ValueError, match="cannot be distinguished"):
        draw(Plot("plot-z", "Rows", ["a"], many))


def test_large_numbers_of_an_axis_are_short() -> None:
    svg = drawn(lines(Plot("plot-z", "Rows", ["a"], [Series("Rows", [5_900_000], "good")])))
    assert [t.text for t in svg.iter(f"{SVG}text")][:4] == ["0", "2M", "4M", "6M"]
    svg = drawn(lines(Plot("plot-z", "Rows", ["a"], [Series("Rows", [1_600], "good")])))
    assert [t.text for t in svg.iter(f"{SVG}text")][:5] == ["0", "500", "1k", "1.5k", "2k"]


@given(st.floats(min_value=1e-6, max_value=1e12))
def test_the_numbers_of_an_axis_are_round_and_reach_the_highest_value(most: float) -> None:
    found = ticks(most)
    steps = {round(b - a, 9) for a, b in pairwise(found)}
    assert found[0] == 0
    assert len(steps) == 1 or max(steps) - min(steps) < 1e-6 * max(steps)
    assert 2 <= len(found) <= 6
    assert found[-2] < most <= found[-1] * (1 + 1e-6)
    assert f"{found[1]:.0e}"[0] in "125"
