"""Facts of a decision to sentences, chosen by code, verdict and automation."""

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from math import expm1, floor, log10
from typing import Final

import msgspec
from msgspec import UNSET

from features.feature import Text, Unit
from scoring.decisions.decision import Assessment, Cause, Decision, Reason, RuleResult, SecondFactor
from scoring.decisions.rules import NOT_CHECKED, is_too_little, leaves_out_bank_data
from scoring.decisions.words import CauseWords, Words
from scoring.texts.catalogue import Catalogue, FeatureTexts, Nouns, RuleTexts, Sentence, Situation, newest, released

_DECIMALS: Final[dict[Unit, int]] = {
    Unit.DAYS: 1,
    Unit.DAYS_PER_MONTH: 1,
    Unit.SHARE: 1,  # of the percentage
    Unit.RATIO: 2,
    Unit.COUNT: 1,  # a median of counts may be a half
    Unit.MONTHS: 1,
    Unit.CENTS: 2,
    Unit.LOG_EURO: 0,
    Unit.SCORE: 1,
}
_OPTIONAL_DECIMALS: Final = frozenset({Unit.DAYS, Unit.DAYS_PER_MONTH, Unit.MONTHS, Unit.COUNT})
"""Units whose whole numbers are written without decimals."""

_NOUNS: Final[dict[Unit, tuple[Text, Text]]] = {
    Unit.DAYS: (Text(de="Tag", en="day"), Text(de="Tage", en="days")),
    Unit.DAYS_PER_MONTH: (Text(de="Tag je Monat", en="day per month"), Text(de="Tage je Monat", en="days per month")),
    Unit.MONTHS: (Text(de="Monat", en="month"), Text(de="Monate", en="months")),
}
BARE: Final = (Text(de="", en=""), Text(de="", en=""))
"""No noun behind a number."""
_EXACT: Final = Context(prec=400, rounding=ROUND_HALF_UP)
"""Room for every float with many decimals; the default of 28 digits would refuse large amounts."""
_STEPS: Final = tuple(Decimal(1).scaleb(-decimals) for decimals in range(13))
_GERMAN: Final = str.maketrans(",.", ".,")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September", "October"),
    *("November", "December"),
)


def format_value(
    value: float, unit: Unit, *, decimals: int | None = None, nouns: tuple[Text, Text] | None = None
) -> Text:
    """A value with its unit, such as ``12,3 %`` and ``12.3%``, ``1.234,50 €`` and ``€1,234.50``.

    Args:
        value: The value in the unit that features use: cents, shares of 1, natural logarithm of 1 + euro.
        unit: How to read it.
        decimals: Decimals to print, for percent those of the percentage; the customary number when left out.
        nouns: What is counted, one and many, such as months; empty for the bare number, the unit's own when left out.
    """
    return _write(_number(value, unit, _DECIMALS[unit] if decimals is None else decimals), unit, nouns)


def format_apart(
    value: float, bound: float, unit: Unit, *, nouns: tuple[Text, Text] | None = None
) -> tuple[Text, Text]:
    """Value and bound with as many decimals as it takes to see that they differ; nouns stand with the value only."""
    decimals = _DECIMALS[unit]
    numbers = _number(value, unit, decimals), _number(bound, unit, decimals)
    while value != bound and numbers[0] == numbers[1] and decimals < 12:
        decimals += 1
        numbers = _number(value, unit, decimals), _number(bound, unit, decimals)
    return _write(numbers[0], unit, nouns), _write(numbers[1], unit, BARE)


def say_day(day: date) -> Text:
    """A day, such as ``30.09.2026`` and ``30 September 2026``."""
    return Text(de=f"{day:%d.%m.%Y}", en=f"{day.day} {_MONTHS[day.month - 1]} {day.year}")


def sentence(text: str) -> str:
    """The text with an upper-case first letter."""
    return text[:1].upper() + text[1:]


def _number(value: float, unit: Unit, decimals: int) -> Decimal:
    """The number to be printed, rounded."""
    if unit is Unit.LOG_EURO:
        number = _three_figures(expm1(value))
    else:
        number = Decimal(repr(value))
        if unit is Unit.CENTS:
            number /= 100
        elif unit is Unit.SHARE:
            number *= 100
    number = number.quantize(_STEPS[decimals], context=_EXACT)
    if unit in _OPTIONAL_DECIMALS and number == number.to_integral_value():
        number = number.quantize(_STEPS[0])
    return number or abs(number)  # no minus before a zero


def _write(number: Decimal, unit: Unit, nouns: tuple[Text, Text] | None) -> Text:
    english = f"{number:,f}"
    german = english.translate(_GERMAN)
    if unit is Unit.SHARE:
        return Text(de=f"{german} %", en=f"{english}%")
    if unit is Unit.CENTS:
        return Text(de=f"{german} €", en=_euro(english))
    if unit is Unit.LOG_EURO:
        return Text(de=f"rund {german} €", en=f"about {_euro(english)}")
    one, many = nouns or _NOUNS.get(unit, BARE)
    noun = one if number == 1 else many
    return Text(de=f"{german} {noun.de}", en=f"{english} {noun.en}") if noun.de else Text(de=german, en=english)


def _euro(english: str) -> str:
    return f"-€{english[1:]}" if english.startswith("-") else f"€{english}"


def _three_figures(euro: float) -> Decimal:
    """Rounded to three significant figures: a logarithm kept to two decimals knows no more."""
    if abs(euro) < 1:
        return Decimal(0)
    return Decimal(repr(round(euro, 2 - floor(log10(abs(euro))))))


_UNKNOWN: Final = "unknown"
_UNITS: Final = frozenset(Unit)


def words_of(decision: Decision) -> Words:
    """What is said of a decision, in the words of the catalogue that its record names.

    One that is not here, as that of a newer service, is replaced by the newest.
    """
    return render(decision.assessment, released().get(decision.versions.texts or "") or newest())


def render(assessment: Assessment, catalogue: Catalogue) -> Words:
    """Every cause, reason and rule in words, in the order of the assessment."""
    rules, left_out = {rule.id: rule for rule in assessment.rules}, leaves_out_bank_data(assessment)
    return Words(
        causes=tuple(
            render_cause(
                cause,
                rules[cause.rule],
                verdict=assessment.verdict.value,
                automation=assessment.automation,
                catalogue=catalogue,
                lends_nothing=is_too_little(assessment),
                is_bank_data_left_out=left_out,
            )
            for cause in assessment.causes
        ),
        reasons=tuple(render_reason(reason, catalogue) for reason in assessment.reasons),
        rules=tuple(render_rule(rule, catalogue, is_bank_data_left_out=left_out) for rule in assessment.rules),
    )


def render_cause(
    cause: Cause,
    rule: RuleResult,
    *,
    verdict: str,
    automation: str,
    catalogue: Catalogue,
    lends_nothing: bool = False,
    is_bank_data_left_out: bool = False,
) -> CauseWords:
    """Why the verdict is not better, and what would help, if anything does.

    Args:
        cause: Of the rule.
        rule: That did not pass, or was not checked.
        verdict: Of the decision.
        automation: Of the decision.
        catalogue: Has the words.
        lends_nothing: As ``rules.is_too_little``.
        is_bank_data_left_out: As ``rules.leaves_out_bank_data``.
    """
    situation = Situation(
        verdict=verdict,
        automation=automation,
        value=rule.value,
        threshold=rule.threshold,
        is_too_little=lends_nothing,
        is_bank_data_left_out=is_bank_data_left_out,
    )
    texts = _texts(rule.id, catalogue)
    if cause.code.endswith(NOT_CHECKED):
        template, missing = catalogue.not_checked, catalogue.missing.get(rule.missing or _UNKNOWN)
        filling = {
            "subject": texts.subject,
            "why": _why(rule, texts, catalogue, is_bank_data_left_out=is_bank_data_left_out),
        }
        remedy = None if missing is None else missing.remedy
    else:
        template, remedy = texts.cause, texts.remedy
        value, threshold = numbers_of_rule(rule, catalogue)
        filling = {"value": value, "threshold": threshold}
    said, helps = template.template(situation), None if remedy is None else remedy.template(situation)
    return CauseWords(
        text=filled(said or Text(de=cause.code, en=cause.code), filling),
        remedy=None if helps is None else filled(helps, filling),
    )


def render_rule(rule: RuleResult, catalogue: Catalogue, *, is_bank_data_left_out: bool = False) -> Text:
    """A rule with its value and threshold on one line.

    Args:
        rule: Of a decision.
        catalogue: Has the words.
        is_bank_data_left_out: As ``rules.leaves_out_bank_data``.
    """
    texts, line = _texts(rule.id, catalogue), catalogue.rule
    value, threshold = _value_and_threshold(rule, texts)
    filling = {"subject": texts.subject, "value": value, "threshold": threshold}
    bound = catalogue.bounds.get(rule.bound or "")
    if bound is not None:
        filling["bound"] = bound
    if rule.value is not None:
        return filled(line.stated if bound is None else line.compared, filling)
    filling["why"] = _why(rule, texts, catalogue, is_bank_data_left_out=is_bank_data_left_out)
    return filled(line.stated_missing if bound is None else line.compared_missing, filling)


def render_reason(reason: Reason, catalogue: Catalogue) -> Text:
    """A main reason: value, training median, points, and what the feature means; of two features together both."""
    line, found = catalogue.reason, words_of_reason(reason, catalogue)
    finding = _finding(reason, catalogue)
    if reason.second is not UNSET:
        finding = both(finding, _finding(reason.second, catalogue))
    return filled(
        line.costs if reason.points < 0 else line.earns,
        {
            "label": found.label,
            "finding": finding,
            "points": format_value(abs(reason.points), Unit.SCORE),
            "meaning": found.meaning,
        },
    )


def _finding(reason: Reason | SecondFactor, catalogue: Catalogue) -> Text:
    """What is found of one feature."""
    line, (value, typical) = catalogue.reason, _value_and_typical(reason)
    if value is None:
        return filled(line.missing, {"why": why_missing(getattr(reason, "missing", None), catalogue)})
    return value if typical is None else filled(line.compared, {"value": value, "typical": typical})


class ReasonWords(msgspec.Struct, frozen=True, kw_only=True):
    """A main reason, part by part."""

    label: Text
    meaning: Text
    value: Text | None
    typical: Text | None


def words_of_reason(reason: Reason, catalogue: Catalogue) -> ReasonWords:
    """The parts of a main reason; of two features together their labels, values and typical values are joined."""
    label, (value, typical) = label_of(reason.features, catalogue), _value_and_typical(reason)
    meaning = _feature(reason.feature, catalogue).meaning
    if reason.second is not UNSET:
        meaning = filled(_of_pairs(newest().reason.beyond), {})
        other, other_typical = _value_and_typical(reason.second)
        value = None if value is None or other is None else both(value, other)
        typical = None if typical is None or other_typical is None else both(typical, other_typical)
    return ReasonWords(
        label=Text(de=sentence(label.de), en=sentence(label.en)), meaning=meaning, value=value, typical=typical
    )


def _value_and_typical(reason: Reason | SecondFactor) -> tuple[Text | None, Text | None]:
    """Both with as many decimals as it takes to see that they differ; the typical value only beside a value."""
    unit = _unit(reason.unit)
    if reason.value is None:
        return None, None
    if reason.typical is None:
        return format_value(reason.value, unit), None
    return format_apart(reason.value, reason.typical, unit)


def label_of(names: tuple[str, ...], catalogue: Catalogue) -> Text:
    """What a feature is called, or two of them together."""
    labels = [_feature(name, catalogue).label for name in names]
    return labels[0] if len(labels) == 1 else together(*labels)


def together(first: Text, second: Text) -> Text:
    """What two features that act together are called."""
    return filled(_of_pairs(newest().reason.together), {"first": first, "second": second})


def both(first: Text, second: Text) -> Text:
    """What is found of two features."""
    return filled(_of_pairs(newest().reason.both), {"first": first, "second": second})


def _of_pairs(words: Sentence | None) -> Sentence:
    assert words is not None, "the newest catalogue has them"  # noqa: S101  for mypy
    return words


def why_missing(cause: str | None, catalogue: Catalogue | None = None) -> Text:
    """A subordinate clause that says why a value is missing, to be put after "weil" and "because"."""
    missing = (catalogue or newest()).missing
    return filled(missing.get(cause or _UNKNOWN, missing[_UNKNOWN]).why, {})


def numbers_of_rule(rule: RuleResult, catalogue: Catalogue) -> tuple[Text, Text]:
    """Value and threshold of a rule, as its cause names them."""
    texts = _texts(rule.id, catalogue)
    return _value_and_threshold(rule, texts, texts.noun)


def _why(rule: RuleResult, texts: RuleTexts, catalogue: Catalogue, *, is_bank_data_left_out: bool) -> Text:
    of_rule = texts.why_left_out if is_bank_data_left_out and texts.why_left_out is not None else texts.why
    return of_rule if rule.missing is None and of_rule is not None else why_missing(rule.missing, catalogue)


def state_word(state: str, texts: RuleTexts) -> Text:
    """A value that is no number, in words."""
    return texts.states.get(state) or Text(de=state, en=state)


def _value_and_threshold(rule: RuleResult, texts: RuleTexts, noun: Nouns | None = None) -> tuple[Text, Text]:
    nouns = None if noun is None else (noun.one, noun.many)
    unit = _unit(rule.unit)
    if isinstance(rule.value, float) and isinstance(rule.threshold, float):
        return format_apart(rule.value, rule.threshold, unit, nouns=nouns)
    shown = [
        format_value(content, unit, nouns=nouns) if isinstance(content, float) else state_word(content or "", texts)
        for content in (rule.value, rule.threshold)
    ]
    return shown[0], shown[1]


def _texts(rule_id: str, catalogue: Catalogue) -> RuleTexts:
    """The words of a rule; of one that the catalogue does not know, its identifier."""
    known = catalogue.rules.get(rule_id)
    name = Text(de=rule_id, en=rule_id)
    return known or RuleTexts(subject=name, cause=Sentence(de=f"{rule_id}.", en=f"{rule_id}."))


def _feature(name: str, catalogue: Catalogue) -> FeatureTexts:
    """The words of a feature; of one that the catalogue does not know, its name."""
    known = catalogue.features.get(name)
    return known or FeatureTexts(label=Text(de=name, en=name), meaning=Text(de=f"{name}.", en=f"{name}."))


def _unit(name: str | None) -> Unit:
    """How a number is read; one of a unit that is not known here as a count."""
    return Unit(name) if name in _UNITS else Unit.COUNT


def filled(template: Sentence | Text, filling: Mapping[str, Text]) -> Text:
    """A template with its gaps filled, in both languages."""
    return Text(
        de=template.de.format_map({name: text.de for name, text in filling.items()}),
        en=template.en.format_map({name: text.en for name, text in filling.items()}),
    )


def joined(*texts: Text) -> Text:
    """Sentences one after the other, in both languages."""
    return Text(de=" ".join(text.de for text in texts), en=" ".join(text.en for text in texts))
