"""The figures of a model report, drawn by Vega-Lite as SVG text. The service never imports it.

The colours are distinguishable for the colour-blind, and every figure has a table with the same numbers.
"""

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

Row = Mapping[str, Any]

WIDTH = 440
PADDING = 14
"""Room for labels that a reader's font makes wider."""
BLUE, ORANGE, GREY = "#1f5f99", "#c2560c", "#8a8f98"
PERCENT = ".0%"
FIFTHS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def roc(rows: Sequence[Row]) -> str:
    """The ROC curve of each part, with its band.

    Args:
        rows: ``part``, ``alarms``, ``caught``, ``low``, ``high``; the training part first.
    """
    parts = list(dict.fromkeys(row["part"] for row in rows))
    base = alt.Chart(_data(rows)).encode(
        x=alt.X("alarms:Q", title="goods classified as bad", axis=_percent(values=FIFTHS)),
        color=_colour("part", parts),
    )
    band = base.mark_area(opacity=0.18).encode(
        y=alt.Y("low:Q", title="bads caught", axis=_percent(values=FIFTHS)), y2="high:Q"
    )
    line = base.mark_line(strokeWidth=2).encode(y="caught:Q", strokeDash=_dash("part", parts))
    chance = (
        alt.Chart(_data([{"alarms": 0.0, "caught": 0.0}, {"alarms": 1.0, "caught": 1.0}]))
        .mark_line(color=GREY, strokeDash=[3, 3])
        .encode(x="alarms:Q", y="caught:Q")
    )
    return _svg(alt.layer(chance, band, line), height=320)


def calibration(rows: Sequence[Row]) -> str:
    """Observed over predicted per band of the score, with intervals.

    Args:
        rows: ``predicted``, ``observed``, ``low``, ``high``.
    """
    top = max(max(row["predicted"], row["high"]) for row in rows) * 1.05
    scale = alt.Scale(type="sqrt", domain=[0.0, top], nice=False)
    ticks = [tick for tick in (0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0) if tick <= top]
    axis = _percent(values=ticks)
    base = alt.Chart(_data(rows)).encode(x=alt.X("predicted:Q", title="mean predicted PD", scale=scale, axis=axis))
    interval = base.mark_rule(color=BLUE, strokeWidth=2).encode(
        y=alt.Y("low:Q", title="observed bad rate", scale=scale, axis=axis), y2="high:Q"
    )
    point = base.mark_point(color=BLUE, filled=True, size=60, opacity=1).encode(y="observed:Q")
    right = (
        alt.Chart(_data([{"predicted": 0.0, "observed": 0.0}, {"predicted": top, "observed": top}]))
        .mark_line(color=GREY, strokeDash=[3, 3])
        .encode(x="predicted:Q", y="observed:Q")
    )
    return _svg(alt.layer(right, interval, point), height=320)


def distribution(rows: Sequence[Row]) -> str:
    """Shares of goods and of bads per step of the score.

    Args:
        rows: ``kind``, ``from``, ``to``, ``share``; goods first.
    """
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    bars = (
        alt.Chart(_data(rows))
        .mark_rect(opacity=0.55, stroke="white", strokeWidth=0.5)
        .encode(
            x=alt.X("from:Q", title="score", scale=alt.Scale(zero=False)),
            x2="to:Q",
            y=alt.Y("share:Q", title="share of its kind", axis=_percent()),
            y2=alt.datum(0.0),
            color=_colour("kind", kinds),
        )
    )
    return _svg(bars, height=240)


def quarters(rows: Sequence[Row]) -> str:
    """Observed bad rate with interval and mean PD per quarter.

    Args:
        rows: ``days``, ``predicted``, ``observed``, ``low``, ``high``, in order of time.
    """
    order = [row["days"] for row in rows]
    base = alt.Chart(_data(rows)).encode(x=alt.X("days:O", title=None, sort=order, axis=alt.Axis(labelAngle=-45)))
    rate = alt.Y("low:Q", title="bad rate", axis=_percent(), scale=alt.Scale(zero=True))
    interval = base.mark_rule(color=BLUE, strokeWidth=2).encode(y=rate, y2="high:Q")
    point = base.mark_point(filled=True, size=60, opacity=1).encode(
        y="observed:Q", color=_colour("seen", ["observed", "predicted"])
    )
    tick = base.mark_tick(thickness=3, size=18).encode(
        y="predicted:Q", color=_colour("foreseen", ["observed", "predicted"])
    )
    marked = alt.layer(
        interval, point.transform_calculate(seen="'observed'"), tick.transform_calculate(foreseen="'predicted'")
    )
    return _svg(marked, height=220)


def feature(rows: Sequence[Row]) -> str:
    """Points and bad rates per bin, side by side, each with its interval.

    Args:
        rows: ``bin``, ``points``, ``points_low``, ``points_high`` (null without bags), ``rate``, ``rate_low``,
            ``rate_high`` (null for an empty bin).
    """
    names = [row["bin"] for row in rows]
    base = alt.Chart(_data(rows)).encode(y=alt.Y("bin:N", sort=names, title=None, axis=alt.Axis(labelLimit=140)))
    points = base.mark_bar(size=12).encode(
        x=alt.X("points:Q", title="points"),
        color=alt.condition("datum.points < 0", alt.value(ORANGE), alt.value(BLUE)),
    )
    spread = base.mark_rule(color="#222", strokeWidth=1.5).encode(x="points_low:Q", x2="points_high:Q")
    known = base.transform_filter("datum.rate !== null").encode(
        y=alt.Y("bin:N", sort=names, title=None, axis=None, scale=alt.Scale(domain=names))
    )
    rate_axis = alt.X("rate_low:Q", title="bad rate, training", axis=_percent(tickCount=4))
    interval = known.mark_rule(color=GREY, strokeWidth=2).encode(x=rate_axis, x2="rate_high:Q")
    rate = known.mark_point(filled=True, size=50, opacity=1, color="#222").encode(x="rate:Q")
    panels = [
        alt.layer(*layers).properties(width=width, height=alt.Step(20))
        for layers, width in (((points, spread), 200), ((interval, rate), 160))
    ]
    return _svg(alt.hconcat(*panels, spacing=16))


def grid(rows: Sequence[Row], *, down: str, across: str) -> str:
    """Points of two features together, as a heat map.

    Args:
        rows: ``down`` and ``across``, the bins of either feature in their order; ``points``, and ``told``, the same as
            it is written into the cell.
        down: What the rows are.
        across: What the columns are.
    """
    reach = max(*(abs(row["points"]) for row in rows), 1.0)
    base = alt.Chart(_data(rows)).encode(
        x=alt.X("across:N", sort=None, title=across, axis=alt.Axis(labelAngle=-45, labelLimit=120)),
        y=alt.Y("down:N", sort=None, title=down, axis=alt.Axis(labelLimit=120)),
    )
    cells = base.mark_rect(stroke="#e5e7ea").encode(
        color=alt.Color(
            "points:Q",
            title="points",
            scale=alt.Scale(domain=[-reach, 0.0, reach], range=[ORANGE, "#fff", BLUE], interpolate="rgb"),
        )
    )
    texts = base.mark_text(fontSize=10).encode(
        text="told:N",
        color=alt.condition(f"abs(datum.points) > {0.6 * reach}", alt.value("#fff"), alt.value("#222")),
    )
    return _svg(alt.layer(cells, texts).properties(width=alt.Step(38), height=alt.Step(22)))


def _data(rows: Sequence[Row]) -> alt.InlineData:
    return alt.InlineData(values=[dict(row) for row in rows])


def _percent(**changes: Any) -> alt.Axis:  # noqa: ANN401  properties of an axis
    return alt.Axis(format=PERCENT, **changes)


def _colour(field: str, names: Sequence[str]) -> alt.Color:
    legend = alt.Legend(title=None, orient="top")
    return alt.Color(
        f"{field}:N", scale=alt.Scale(domain=list(names), range=[BLUE, ORANGE][: len(names)]), legend=legend
    )


def _dash(field: str, names: Sequence[str]) -> alt.StrokeDash:
    scale = alt.Scale(domain=list(names), range=[[1, 0], [6, 3]][: len(names)])
    return alt.StrokeDash(f"{field}:N", scale=scale, legend=None)


def _svg(chart: Any, *, height: int | None = None) -> str:  # noqa: ANN401  any kind of chart
    sized = chart if height is None else chart.properties(width=WIDTH, height=height)
    text = io.StringIO()
    # Without aria: the figure as a whole has a title, a description and a table; a label per mark would only repeat it.
    sized.configure(aria=False, font="sans-serif", background="#fff", padding=PADDING).configure_axis(
        labelFontSize=12,
        titleFontSize=12,
        titleFontWeight="normal",
        labelColor="#222",
        titleColor="#222",
        gridColor="#e5e7ea",
    ).configure_legend(labelFontSize=12).configure_view(stroke=None).save(text, format="svg")
    return text.getvalue()


_NAMED = re.compile(r'(id="|url\(#|href="#)([^")]+)')


def embedded(svg: str, *, name: str, title: str, description: str) -> str:
    """An SVG to place into a page: labelled for screen readers, with identifiers that are unique on the page.

    Args:
        svg: As the functions above draw it.
        name: Unique on the page; letters, digits, hyphens.
        title: What the figure is, as safe markup.
        description: What it shows, as safe markup.
    """
    plain = re.sub(r' (role|class|aria-[a-z]+)="[^"]*"', "", svg)
    # They are counted through the whole process where they are drawn; the same figure is the same bytes here.
    drawn = dict.fromkeys(found[1] for found in re.findall(_NAMED, plain))
    numbers = {one: number for number, one in enumerate(drawn)}
    own = re.sub(_NAMED, lambda found: f"{found[1]}{name}-{numbers[found[2]]}", plain)
    head, body = re.match(r"(<svg[^>]*)>(.*)", own, re.DOTALL).groups()  # type: ignore[union-attr]  # it is one
    width, height = (re.search(rf'{side}="([0-9.]+)"', head).group(1) for side in ("width", "height"))  # type: ignore[union-attr]  # it has both
    return (
        f'<svg class="chart" role="img" aria-labelledby="{name}-title {name}-desc" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}"><title id="{name}-title">{title}</title>'
        f'<desc id="{name}-desc">{description}</desc>{body}'
    )
