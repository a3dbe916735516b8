"""What watching a model found, as one page: no script, nothing from elsewhere, and right in print."""

from pathlib import Path
from typing import Any, Final

import jinja2

from scoring.decisions.decision import Verdict
from scoring.decisions.watching import FEWEST, LEAST_PSI, TESTED_MONTHS, Watched

_PAGE: Final = Path(__file__).with_suffix(".html")
_WIDTH: Final = 420.0
"""Of a full bar in a drawing."""
_ORDER: Final = (Verdict.APPROVE, Verdict.REFER, Verdict.DECLINE)


def page_of(found: Watched) -> str:
    """The page, with a plot and the same figures beside it for each part."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(percent=_percent, chance=_chance)
    return environment.from_string(_PAGE.read_text(encoding="utf-8")).render(found=found, **drawn(found))


def drawn(found: Watched) -> dict[str, Any]:
    """Bounds, and the lengths of bars: what plots need beside the figures."""
    return {
        "fewest": FEWEST,
        "shifts": _shifts(found),
        "least_psi": LEAST_PSI,
        "bound": round(_WIDTH * LEAST_PSI / _longest(found), 2),
        "mix": _mix(found),
        "order": _ORDER,
        "vintages": _vintages(found),
        "tested_months": TESTED_MONTHS,
    }


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _chance(p: float) -> str:
    return "below 0.1%" if p < 0.001 else f"{p:.1%}"


def _longest(found: Watched) -> float:
    """The PSI of a full bar; twice the bound at least, so that chance does not look like a shift."""
    return max([2 * LEAST_PSI, *(one.psi for one in found.features)])


def _shifts(found: Watched) -> list[dict[str, Any]]:
    return [{"figure": one, "width": round(_WIDTH * one.psi / _longest(found), 2)} for one in found.features]


def _mix(found: Watched) -> list[dict[str, Any]]:
    """Shares of recommendations as stretches of one bar, before and now; a period with too few decisions has none."""
    by_verdict = {one.recommendation: one for one in found.mix}
    bars = []
    for name in ("before", "now"):
        parts, start = [], 0.0
        for verdict in _ORDER:
            one = by_verdict.get(verdict)
            share = 0.0 if one is None else (one.share if name == "now" else one.share_before) or 0.0
            parts.append({"verdict": verdict, "x": round(start, 2), "width": round(_WIDTH * share, 2), "share": share})
            start += _WIDTH * share
        if start:
            bars.append({"name": name, "parts": parts})
    return bars


def _vintages(found: Watched) -> list[dict[str, Any]]:
    """Bads of each quarter beside those expected, on one scale."""
    most = max([1.0, *(max(one.expected_bads, float(one.bads)) for one in found.vintages)])
    return [
        {
            "figure": one,
            "quarter": f"{one.quarter:%Y} Q{(one.quarter.month + 2) // 3}",
            "expected": round(_WIDTH * one.expected_bads / most, 2),
            "seen": round(_WIDTH * one.bads / most, 2),
        }
        for one in found.vintages
    ]
