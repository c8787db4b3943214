"""Plots as SVG, drawn on the server: stacked bars and lines over labels of equal width.

They can be read without color: each series has a texture, or a dash and a marker, and every value
is a title, which browsers show under the pointer. Places across are percentages and heights are
pixels, so that text keeps its size on every screen. Colors are `currentColor`; who shows a plot
may style its parts by their classes: `plot`, and for each series `plot-` and its tone.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from config.rounding import ceil_div

HEIGHT = 140.0  # of the part with the values, in pixels
LEFT = 9.0  # percent of the width, for the numbers of the axis
BAR = 0.72  # of the width of a label
LEAST = 2.0  # pixels of a bar whose value is not 0
MOST_LABELS = 6  # that are written, if a plot does not say
MOST_TICKS = 4  # besides 0
TEXT, LINE = "11", 18.0  # height of text, and of a line of it
TILE = "6"
# What fills the first bars, the second, …: paths on a tile, "" for all of it.
TEXTURES = (
    "",
    "M-1 1l2-2M0 6l6-6M5 7l2-2",
    "M0 0l6 6M0 6l6-6",
    "M3 2v2",
    "M0 3h6",
    "M3 0v6",
)
DASHES = ("", "7 3", "2 3")
MARKERS = (
    "M-2.5 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0z",
    "M-2.5-2.5h5v5h-5z",
    "M0-3.2l3.2 5.6h-6.4z",
)


@dataclass(frozen=True)
class Series:
    """One value for each label; None where nothing was measured."""

    name: str
    values: Sequence[float | None]
    tone: str


@dataclass(frozen=True)
class Plot:
    """`key` is unique on the page; `title` is what the values are, with their unit; not more than
    `most_labels` are written."""

    key: str
    title: str
    labels: Sequence[str]
    series: Sequence[Series]
    most_labels: int = MOST_LABELS


def bars(plot: Plot) -> str:
    """An SVG with one bar for each label, in which the series lie on one another.

    Raises ValueError if there are more series than textures.
    """
    totals = [sum(each.values[i] or 0 for each in plot.series) for i in range(len(plot.labels))]
    svg, area, top = _frame(plot, max(totals, default=0))
    defs = SubElement(svg, "defs")
    for place, (each, texture) in enumerate(_with(plot.series, TEXTURES)):
        _pattern(defs, _fill(plot, place), each.tone, texture)
        key = _legend(svg, place, each)
        _rect(key, _fill(plot, place), x="0", y="-8", width="12", height="9")
    width = (100 - LEFT) / max(len(plot.labels), 1)
    for i, label in enumerate(plot.labels):
        y = HEIGHT
        for place, each in enumerate(plot.series):
            if value := each.values[i]:
                height = max(LEAST, HEIGHT * value / top)
                y -= height
                bar = _rect(
                    area,
                    _fill(plot, place),
                    **{"class": f"plot-{each.tone}"},
                    x=f"{LEFT + width * (i + (1 - BAR) / 2):.2f}%",
                    y=f"{y:.1f}",
                    width=f"{width * BAR:.2f}%",
                    height=f"{height:.1f}",
                )
                SubElement(bar, "title").text = _said(label, each, value)
    return tostring(svg, encoding="unicode")


def lines(plot: Plot) -> str:
    """An SVG with a line for each series, interrupted where nothing was measured.

    Raises ValueError if there are more series than markers.
    """
    known = [value for each in plot.series for value in each.values if value is not None]
    svg, area, top = _frame(plot, max(known, default=0))
    width = (100 - LEFT) / max(len(plot.labels), 1)
    for place, (each, dash, marker) in enumerate(_with(plot.series, DASHES, MARKERS)):
        key = _legend(svg, place, each)
        _stroke(key, dash, x1="-2", y1="-4", x2="14", y2="-4")
        SubElement(
            key, "path", {"d": marker, "fill": "currentColor", "transform": "translate(6-4)"}
        )
        line = SubElement(area, "g", {"class": f"plot-{each.tone}"})
        places = [
            value if value is None else (LEFT + width * (i + 0.5), HEIGHT * (1 - value / top))
            for i, value in enumerate(each.values)
        ]
        for start, end in pairwise(places):
            if start and end:
                _stroke(line, dash, x1=_percent(start), y1=_y(start), x2=_percent(end), y2=_y(end))
        for at, label, value in zip(places, plot.labels, each.values, strict=True):
            if at and value is not None:
                point = SubElement(
                    line, "svg", {"x": _percent(at), "y": _y(at), "overflow": "visible"}
                )
                path = SubElement(point, "path", {"d": marker, "fill": "currentColor"})
                SubElement(path, "title").text = _said(label, each, value)
    return tostring(svg, encoding="unicode")


def ticks(most: float) -> list[float]:
    """Round numbers from 0 to `most` or just above it, with equal steps of 1, 2 or 5 × 10ⁿ."""
    if most <= 0:
        return [0, 1]
    power = 10.0 ** math.floor(math.log10(most / MOST_TICKS))
    step = next(s * power for s in (1, 2, 5, 10) if s * power * MOST_TICKS >= most * (1 - 1e-9))
    return [round(step * i, 12) for i in range(math.ceil(most / step - 1e-9) + 1)]


def _frame(plot: Plot, most: float) -> tuple[Element, Element, float]:
    """The SVG with title, axes and room for the legend; the part for the values; the highest
    value that it has room for."""
    above = LINE * ceil_div(len(plot.series), 2) + 8
    svg = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "plot",
            "role": "img",
            "aria-labelledby": f"{plot.key}-title",
            "width": "100%",
            "height": f"{above + HEIGHT + LINE:.0f}",
            "font-size": TEXT,
        },
    )
    SubElement(svg, "title", {"id": f"{plot.key}-title"}).text = plot.title
    area = SubElement(svg, "svg", {"y": f"{above:.0f}", "overflow": "visible"})
    numbers = ticks(most)
    for number in numbers:
        y = f"{HEIGHT * (1 - number / numbers[-1]):.1f}"
        _line(area, x1=f"{LEFT}%", x2="100%", y1=y, y2=y, opacity="1" if number == 0 else "0.25")
        _text(area, _short(number), x=f"{LEFT - 1}%", y=y, dy="4", **{"text-anchor": "end"})
    width = (100 - LEFT) / max(len(plot.labels), 1)
    every = ceil_div(len(plot.labels), plot.most_labels) or 1
    for i, label in list(enumerate(plot.labels))[::every]:
        x = f"{LEFT + width * (i + 0.5):.2f}%"
        _text(area, label, x=x, y=f"{HEIGHT + 14:.0f}", **{"text-anchor": "middle"})
    return svg, area, numbers[-1]


def _with(series: Sequence[Series], *looks: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Each series with its own look. Raises ValueError if there are not enough."""
    if len(series) > min(map(len, looks)):
        raise ValueError(f"{len(series)} series cannot be distinguished")
    return zip(series, *looks, strict=False)


def _legend(svg: Element, place: int, series: Series) -> Element:
    """The name of a series, two of them to a line; returns what its sample is drawn into."""
    row, column = divmod(place, 2)
    y = f"{LINE * row + 12:.0f}"
    entry = SubElement(svg, "svg", {"x": f"{50 * column}%", "y": y, "overflow": "visible"})
    _text(entry, series.name, x="18", y="0")
    return SubElement(entry, "g", {"class": f"plot-{series.tone}", "transform": "translate(2 0)"})


def _pattern(defs: Element, key: str, tone: str, texture: str) -> None:
    pattern = SubElement(
        defs,
        "pattern",
        {
            "id": key,
            "class": f"plot-{tone}",
            "patternUnits": "userSpaceOnUse",
            "width": TILE,
            "height": TILE,
        },
    )
    if texture:
        shape = {"d": texture, "stroke": "currentColor", "stroke-width": "1.6", "fill": "none"}
        SubElement(pattern, "path", shape)
    else:
        SubElement(pattern, "rect", {"width": TILE, "height": TILE, "fill": "currentColor"})


def _fill(plot: Plot, place: int) -> str:
    return f"{plot.key}-fill-{place}"


def _rect(parent: Element, fill: str, **places: str) -> Element:
    look = {"fill": f"url(#{fill})", "stroke": "currentColor", "stroke-width": "1"}
    return SubElement(parent, "rect", places | look)


def _stroke(parent: Element, dash: str, **places: str) -> None:
    look = {"stroke": "currentColor", "stroke-width": "1.6"}
    SubElement(parent, "line", places | look | ({"stroke-dasharray": dash} if dash else {}))


def _line(parent: Element, **places: str) -> None:
    SubElement(parent, "line", places | {"stroke": "currentColor"})


def _text(parent: Element, text: str, **places: str) -> None:
    SubElement(parent, "text", places | {"fill": "currentColor"}).text = text


def _short(number: float) -> str:
    """ "0.5", "200", "1.5k", "20M" """
    size, letter = (1e6, "M") if number >= 1e6 else (1e3, "k") if number >= 1e3 else (1, "")
    return f"{number / size:,g}{letter}"


def _percent(place: tuple[float, float]) -> str:
    return f"{place[0]:.2f}%"


def _y(place: tuple[float, float]) -> str:
    return f"{place[1]:.1f}"


def _said(label: str, series: Series, value: float) -> str:
    return f"{label}: {series.name}, {value:,g}"
