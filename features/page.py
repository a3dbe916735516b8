"""What a feature is, as a page of Markdown: meaning, formula, needs. How it relates to outcomes is up to ``models``."""

import re
from collections.abc import Iterable

import polars as pl

from features.derive import measures_of
from features.feature import Actionable, Feature, Risk
from features.measure import Measure

RISK = {Risk.RAISES: "a higher value raises it", Risk.LOWERS: "a higher value lowers it", Risk.OPEN: "open"}
"""What a higher value does to the probability of default, in words."""
_CHANGED = {Actionable.NOW: "yes, now", Actionable.WITH_TIME: "yes, with time", Actionable.NEVER: "no"}
_PLAIN = (
    (re.compile(r'col\("([\w-]+)"\)'), r"\1"),
    (re.compile(r"dyn (?:int|float): "), ""),
    (re.compile(r"\[\("), "(("),
    (re.compile(r"\)\]"), "))"),
    (re.compile(r"\.strict_cast\([^()]*(?:\([^()]*\))?\)"), ""),
    (re.compile(r"(?<!\w)\((\w+)\)"), r"\1"),
    (re.compile(r"\[?Series\]?"), "constants"),
    (re.compile(r"(?<![\w)\]])\.when"), "when"),
)


LONGEST_FORMULA = 600
"""Characters; a longer one is not read, and the conventions say it in words."""
_IN_WORDS = "see the conventions: written out, the formula is too long to read"
_NUMBERED = re.compile(r"(.*_)(-?\d+)")


def formula(expression: pl.Expr) -> str:
    """An expression as one would write it: names bare, no bracket twice, types left out."""
    text = str(expression)
    for pattern, plain in _PLAIN:
        text = pattern.sub(plain, text)
    text = _without_double_brackets(text)
    return text if len(text) <= LONGEST_FORMULA else _IN_WORDS


def _without_double_brackets(text: str) -> str:
    opened: list[int] = []
    closing: dict[int, int] = {}
    for place, letter in enumerate(text):
        if letter == "(":
            opened.append(place)
        elif letter == ")" and opened:
            closing[opened.pop()] = place
    is_double = {place for place, end in closing.items() if closing.get(place - 1) == end + 1}
    dropped = is_double | {closing[place] for place in is_double}
    kept = "".join(letter for place, letter in enumerate(text) if place not in dropped)
    is_whole = closing.get(0) == len(text) - 1
    return kept[1:-1] if is_whole else kept


def declaration(feature: Feature) -> str:
    """The part of a feature's page that follows from its declaration alone."""
    value = formula(feature.expression)
    if feature.denominator is not None:
        value = f"{value} / {formula(feature.denominator)}"
    needs = "; ".join(need.text for need in feature.needs) or "nothing"
    resources = ", ".join(sorted(resource.value for resource in feature.resources))
    views = ", ".join(dict.fromkeys(selection.view for selection in feature.evidence)) or "none"
    rows = [
        ("group", feature.group.value),
        ("unit", f"{feature.unit.value}, {feature.precision} decimals"),
        ("probability of default", RISK[feature.risk]),
        ("can the firm change it", _CHANGED[feature.actionable]),
        ("needs", needs),
        ("looks back", f"{feature.history_months} months"),
        ("reads", resources),
        ("bank data", feature.bank_data_told),
        ("of earlier days", "yes" if feature.reconstructable else "no: it reads what the source overwrites"),
        ("documents behind a value", views),
        ("catalogue", str(feature.catalogue)),
        ("source", feature.source),
    ]
    lines = [
        f"# {feature.label.en}",
        "",
        f"`{feature.name}`",
        "",
        feature.meaning.en,
        "",
        f"**{feature.label.de}.** {feature.meaning.de}",
        "",
        "| | |",
        "|--|--|",
        *(f"| {name} | {text} |" for name, text in rows),
        "",
        "## Formula",
        "",
        f"`{value}`" if _IN_WORDS not in value else _IN_WORDS,
        "",
        "Words and conventions: [features](../features.md). What it is taken of:",
        "",
        "| name | of | |",
        "|--|--|--|",
        *_taken(feature),
        "",
    ]
    return "\n".join(lines)


def _taken(feature: Feature) -> Iterable[str]:
    rows: dict[str, tuple[str, str, str]] = {}
    for name, one in measures_of(feature.name).items():
        view, text = (
            (one.view.value, formula(one.aggregate)) if isinstance(one, Measure) else ("", formula(one.expression))
        )
        numbered = _NUMBERED.fullmatch(name)
        # Twelve months are twelve measures that differ in one number.
        stem = f"{numbered[1]}n" if numbered else name
        if numbered:
            text = re.sub(rf"== {numbered[2]}\b", "== n", text)
        rows.setdefault(stem, (stem, view, text))
    for name, view, text in rows.values():
        # A bar would end the cell.
        shown = f"`{text}`".replace("|", "\\|") if text != _IN_WORDS else text
        yield f"| `{name}` | {view} | {shown} |"
