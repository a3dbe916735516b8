"""A page for each feature: what it is, a worked example, and how it relates to outcomes in training data."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from features.derive import CATALOGUE, workings
from features.feature import Feature, Risk
from features.ledger import Ledger
from features.page import RISK, declaration
from models.dataset import Dataset, ledger_of
from models.metrics import draws_of
from models.records import INDEX, INDEX_TITLE, Estimate
from models.relevance import Relevance, Share, relevance

_WIDTH, _ROW, _LABEL = 560, 22, 170
_BAR, _RATE = 190, 150
NO_EXAMPLE = "No example: these are real firms, and what one of them has is not told."
BLUE, ORANGE = "#1f5f99", "#c2560c"


def write_pages(
    dataset: Dataset, rows: pl.DataFrame, names: Sequence[str], folder: Path, progress: Callable[[], object]
) -> None:
    """Write the pages of all features, their figures and the index.

    Args:
        dataset: What the rows were derived from.
        rows: As ``models.dataset.training_rows`` gives them.
        names: The features that they have.
        folder: Where to.
        progress: Called after each page.
    """
    is_simulated = dataset.manifest.kind == "simulated"
    kind = "Simulated firms" if is_simulated else "Firms of the lender"
    source = f"{kind}: {dataset.manifest.firms:,}, until {dataset.manifest.end_on.isoformat()}."
    judged = rows.filter(pl.col("outcome").is_in(["good", "bad"]))
    is_bad = (judged["outcome"] == "bad").to_numpy()
    days = judged["as_of"]
    is_late = (days > days.median()).to_numpy() if judged.height else np.zeros(0, dtype=np.bool_)
    draws = draws_of(judged["borrower"].to_numpy()) if judged.height else []
    firms = (judged.filter(~is_late)["borrower"].n_unique(), judged.filter(is_late)["borrower"].n_unique())
    ledgers: dict[int, Ledger] = {}
    found: dict[str, Relevance] = {}
    for name, feature in CATALOGUE.items():
        if name in names and judged.height:
            values = judged[name].fill_null(np.nan).to_numpy()
            is_lower_riskier = feature.risk is Risk.LOWERS
            one = relevance(values, is_bad, is_late, draws, is_lower_riskier=is_lower_riskier, firms=firms)
            found[name] = one
            # Of a lender's firms no page tells the figures of one.
            example = _example(dataset, rows, feature, ledgers) if is_simulated else NO_EXAMPLE
            (folder / f"{name}.md").write_text(page(feature, one, example, source), encoding="utf-8")
            (folder / f"{name}.svg").write_text(figure(feature, one), encoding="utf-8")
        else:
            text = f"{declaration(feature)}\n{source} These data do not hold what this feature reads.\n"
            (folder / f"{name}.md").write_text(text, encoding="utf-8")
        progress()
    (folder / INDEX).write_text(index(found, source), encoding="utf-8")


def _example(dataset: Dataset, rows: pl.DataFrame, feature: Feature, ledgers: dict[int, Ledger]) -> str:
    """Of the first firm whose value says something: it is there, and not 0, as far as any is."""
    column = pl.col(feature.name)
    told = rows.sort(column.is_null(), column == 0, "borrower", "as_of", maintain_order=True).row(0, named=True)
    firm, as_of = told["borrower"], told["as_of"]
    if firm not in ledgers:
        ledgers[firm] = ledger_of(dataset, firm, firm)
    return worked(feature, workings(ledgers[firm], as_of, feature.name), told[feature.name], as_of, firm)


def page(feature: Feature, found: Relevance, example: str, source: str) -> str:
    """The page of one feature, in Markdown.

    Args:
        feature: Its declaration.
        found: How it relates to outcomes.
        example: A worked example in Markdown, from ``worked``.
        source: What the data are, in a sentence.
    """
    lines = [
        declaration(feature),
        "## Example",
        "",
        example,
        "",
        "## In the training data",
        "",
        f"{source} {found.rows:,} rows with {found.bads:,} bads; {found.with_value:,} have a value.",
        "",
    ]
    if found.with_value:
        lines += [f"![Rows and bad rate by value]({feature.name}.svg)", ""]
    lines += [
        "| value | rows | bads | bad rate | 95 % interval |",
        "|--|--:|--:|--:|--|",
        *(
            f"| {_span(one, feature)} | {one.rows:,} | {one.bads:,} | {one.bads / one.rows:.1%} "
            f"| {one.rate_low:.1%} to {one.rate_high:.1%} |"
            for one in found.shares
        ),
        "",
        f"Declared: {RISK[feature.risk]}. {_measured(feature, found)}",
        "",
    ]
    return "\n".join(lines)


def _measured(feature: Feature, found: Relevance) -> str:
    if found.auc is None:
        return "Not measured: the rows with a value are all good or all bad."
    side = "lower" if feature.risk is Risk.LOWERS else "higher"
    text = f"AUC of the {side} value alone {_interval(found.auc)}"
    if found.iv is not None:
        text += f", information value {_interval(found.iv)}"
    if found.psi is not None:
        text += f", PSI of later against earlier days {found.psi.psi:.3f} (chance alone: up to {found.psi.noise:.3f})"
    return f"{text}."


def _interval(one: Estimate) -> str:
    return f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})"


def _span(one: Share, feature: Feature) -> str:
    if one.low is None or one.high is None:
        return "missing"
    low, high = (_number(value, feature.precision) for value in (one.low, one.high))
    return low if low == high else f"{low} to {high}"


def _number(value: float, precision: int) -> str:
    return f"{value:,.{precision}f}"


def figure(feature: Feature, found: Relevance) -> str:
    """Rows and bad rate by value, as an SVG. The page has the same numbers in a table."""
    most = max(one.rows for one in found.shares)
    highest = max(one.rate_high for one in found.shares) or 1.0
    height = 40 + _ROW * len(found.shares)
    marks = []
    for place, one in enumerate(found.shares):
        top, middle = 34 + place * _ROW, 34 + place * _ROW + _ROW // 2 - 2
        start = _LABEL + _BAR + 30
        low, high, rate = (
            start + _RATE * share / highest for share in (one.rate_low, one.rate_high, one.bads / one.rows)
        )
        marks += [
            f'<text x="{_LABEL - 8}" y="{middle + 4}" text-anchor="end">{_span(one, feature)}</text>',
            f'<rect x="{_LABEL}" y="{top}" width="{_BAR * one.rows / most:.1f}" height="{_ROW - 6}" fill="{BLUE}"/>',
            f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{middle}" y2="{middle}" stroke="{ORANGE}" stroke-width="2"/>',
            f'<circle cx="{rate:.1f}" cy="{middle}" r="4" fill="{ORANGE}"/>',
        ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img"',
            f'width="{_WIDTH}" height="{height}" font-family="sans-serif" font-size="12" fill="#222">',
            f"<title>{feature.label.en}: rows and bad rate by value</title>",
            f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
            f'<text x="{_LABEL}" y="20">rows, the longest bar {most:,}</text>',
            f'<text x="{_LABEL + _BAR + 30}" y="20">bad rate, 0 to {highest:.0%}</text>',
            *marks,
            "</svg>\n",
        ]
    )


def worked(feature: Feature, workings: Mapping[str, Any], value: float | None, as_of: date, firm: int) -> str:
    """A worked example in Markdown: what the formula is taken of, and the value, of one firm on one day.

    Args:
        feature: Its declaration.
        workings: What was measured, by name.
        value: What came out.
        as_of: The day of observation.
        firm: Its number in the data.
    """
    rows = [f"| `{name}` | {_measure(number)} |" for name, number in workings.items() if name in feature.measures]
    result = "missing" if value is None else _number(value, feature.precision)
    return "\n".join(
        [
            f"Firm {firm} of the data on {as_of.isoformat()}:",
            "",
            "| | |",
            "|--|--:|",
            *rows,
            f"| **value** | **{result}** |",
        ]
    )


def _measure(found: Any) -> str:  # noqa: ANN401  a number, or a series of them
    match found:
        case None:
            return "none"
        case int():
            return f"{found:,}"
        case float():
            return f"{found:,.4f}".rstrip("0").rstrip(".")
        case _:
            return "; ".join(map(_measure, found)) or "none"


def index(found: Mapping[str, Relevance], source: str) -> str:
    """The table of all features: the evidence of relevance that § 31 BDSG asks for, in one place."""
    rows = [_row(CATALOGUE[name], one) for name, one in found.items()]
    return "\n".join(
        [
            INDEX_TITLE,
            "",
            "Written by `python -m models pages`; do not edit. § 31 (1) no. 2 BDSG wants scores to rest on data that",
            "are demonstrably relevant, by a recognised method of mathematics and statistics. This table shows it for",
            "each feature alone, and its page in detail; what a model makes of them is in its card.",
            "",
            source,
            "",
            "| feature | raises or lowers | with a value | AUC alone | information value | PSI |",
            "|--|--|--:|--|--|--|",
            *rows,
            "",
        ]
    )


_SIGNS = {Risk.RAISES: "raises", Risk.LOWERS: "lowers", Risk.OPEN: "open"}


def _row(feature: Feature, found: Relevance) -> str:
    cells: Sequence[str] = (
        f"[`{feature.name}`]({feature.name}.md)",
        _SIGNS[feature.risk],
        f"{found.with_value / found.rows:.0%}" if found.rows else "-",
        "-" if found.auc is None else _interval(found.auc),
        "-" if found.iv is None else _interval(found.iv),
        "-" if found.psi is None else f"{found.psi.psi:.3f}",
    )
    return "| " + " | ".join(cells) + " |"
