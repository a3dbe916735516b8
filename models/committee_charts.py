"""Figures of findings: gains, calibration per grade, and segments with their intervals."""

from collections.abc import Sequence

import altair as alt

from models.charts import BLUE, FIFTHS, GREY, ORANGE, Row, _data, _percent, _svg


def gains(rows: Sequence[Row]) -> str:
    """Share of the bads that are caught among the lowest scores.

    Args:
        rows: ``share``, ``caught``, ``low``, ``high``, from 0 to 1.
    """
    base = alt.Chart(_data(rows)).encode(
        x=alt.X("share:Q", title="share of rows, lowest scores first", axis=_percent(values=FIFTHS))
    )
    band = base.mark_area(opacity=0.18, color=BLUE).encode(
        y=alt.Y("low:Q", title="share of bads caught", axis=_percent(values=FIFTHS)), y2="high:Q"
    )
    line = base.mark_line(color=BLUE, strokeWidth=2, point=True).encode(y="caught:Q")
    chance = (
        alt.Chart(_data([{"share": 0.0, "caught": 0.0}, {"share": 1.0, "caught": 1.0}]))
        .mark_line(color=GREY, strokeDash=[3, 3])
        .encode(x="share:Q", y="caught:Q")
    )
    return _svg(alt.layer(chance, band, line), height=280)


def grades(rows: Sequence[Row]) -> str:
    """Observed bad rate with its interval, and predicted PD, per grade.

    Args:
        rows: ``grade``, ``predicted``, ``observed``, ``low``, ``high``; the best grade first.
    """
    order = [row["grade"] for row in rows]
    base = alt.Chart(_data(rows)).encode(x=alt.X("grade:N", title="grade", sort=order, axis=alt.Axis(labelAngle=0)))
    # Grades with few rows have intervals up to 1, beside which the others would not be seen: those end at the top.
    top = 1.5 * max(max(row["predicted"], row["observed"]) for row in rows)
    scale = alt.Scale(domain=[0.0, min(1.0, top)])
    rate = alt.Y("low:Q", title="bad rate (points), PD (bars)", axis=_percent(), scale=scale)
    interval = base.mark_rule(color=BLUE, strokeWidth=2, clip=True).encode(y=rate, y2="high:Q")
    point = base.mark_point(filled=True, size=60, opacity=1, color=BLUE).encode(y="observed:Q")
    tick = base.mark_tick(thickness=3, size=22, color=ORANGE).encode(y="predicted:Q")
    return _svg(alt.layer(interval, point, tick), height=240)


def segments(rows: Sequence[Row], title: str, level: float) -> str:
    """One figure per segment with its interval, one below the other, and the value that all are compared with.

    Args:
        rows: ``segment``, ``value``, ``low``, ``high``, in the order of the page.
        title: Of the axis.
        level: Where the dotted line is.
    """
    order = [row["segment"] for row in rows]
    base = alt.Chart(_data(rows)).encode(y=alt.Y("segment:N", sort=order, title=None, axis=alt.Axis(labelLimit=220)))
    interval = base.mark_rule(color=BLUE, strokeWidth=2).encode(
        x=alt.X("low:Q", title=title, scale=alt.Scale(zero=False)), x2="high:Q"
    )
    point = base.mark_point(filled=True, size=60, opacity=1, color=BLUE).encode(x="value:Q")
    line = alt.Chart(_data([{"level": level}])).mark_rule(color=GREY, strokeDash=[3, 3]).encode(x="level:Q")
    return _svg(alt.layer(line, interval, point).properties(width=380, height=alt.Step(20)))
