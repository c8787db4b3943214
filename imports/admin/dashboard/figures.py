"""A plot with what it says in a sentence and its numbers in a table."""

from dataclasses import dataclass

from django.utils.safestring import SafeString, mark_safe

from config import plots
from config.plots import Plot


@dataclass(frozen=True)
class Figure:
    """`rows` are the labels with the names and values of the series, the newest first, without
    labels that have none."""

    plot: Plot
    summary: str
    svg: SafeString

    @property
    def rows(self) -> list[tuple[str, list[tuple[str, str]]]]:
        series = self.plot.series
        found = [
            (label, [(each.name, written(each.values[i])) for each in series])
            for i, label in enumerate(self.plot.labels)
            if any(each.values[i] for each in series)
        ]
        return found[::-1]


def bar_figure(plot: Plot, summary: str) -> Figure:
    return Figure(plot, summary, _safe(plots.bars(plot)))


def line_figure(plot: Plot, summary: str) -> Figure:
    return Figure(plot, summary, _safe(plots.lines(plot)))


def written(value: float | None) -> str:
    """A count as it is, a measurement with three digits that count, – if there is none."""
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{float(f'{value:.3g}'):,g}"


def _safe(svg: str) -> SafeString:
    return mark_safe(svg)  # noqa: S308 - written by ElementTree, which escapes all texts
