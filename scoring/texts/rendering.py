"""Facts of a decision to sentences, chosen by code, verdict and automation."""

from collections.abc import Mapping
from typing import Final

from features.feature import Text, Unit
from scoring.decisions.decision import Assessment, Cause, Decision, Reason, RuleResult
from scoring.decisions.rules import NOT_CHECKED
from scoring.decisions.words import CauseWords, Words
from scoring.texts.catalogue import Catalogue, FeatureTexts, Nouns, RuleTexts, Sentence, Situation, newest, released
from scoring.texts.numbers import format_apart, format_value, sentence

_UNKNOWN: Final = "unknown"
_UNITS: Final = frozenset(Unit)


def words_of(decision: Decision) -> Words:
    """What is said of a decision, in the words of the catalogue that its record names.

    One that is not here, as that of a newer service, is replaced by the newest.
    """
    return render(decision.assessment, released().get(decision.versions.texts or "") or newest())


def render(assessment: Assessment, catalogue: Catalogue) -> Words:
    """Every cause, reason and rule in words, in the order of the assessment."""
    rules = {rule.id: rule for rule in assessment.rules}
    verdict, automation = assessment.verdict.value, assessment.automation
    return Words(
        causes=tuple(
            render_cause(cause, rules[cause.rule], verdict=verdict, automation=automation, catalogue=catalogue)
            for cause in assessment.causes
        ),
        reasons=tuple(render_reason(reason, catalogue) for reason in assessment.reasons),
        rules=tuple(render_rule(rule, catalogue) for rule in assessment.rules),
    )


def render_cause(cause: Cause, rule: RuleResult, *, verdict: str, automation: str, catalogue: Catalogue) -> CauseWords:
    """Why the verdict is not better, and what would help, if anything does."""
    situation = Situation(verdict=verdict, automation=automation, value=rule.value, threshold=rule.threshold)
    texts = _texts(rule.id, catalogue)
    if cause.code.endswith(NOT_CHECKED):
        template, missing = catalogue.not_checked, catalogue.missing.get(rule.missing or _UNKNOWN)
        filling = {"subject": texts.subject, "why": _why(rule, texts, catalogue)}
        remedy = None if missing is None else missing.remedy
    else:
        template, remedy = texts.cause, texts.remedy
        value, threshold = _value_and_threshold(rule, texts, texts.noun)
        filling = {"value": value, "threshold": threshold}
    said, helps = template.template(situation), None if remedy is None else remedy.template(situation)
    return CauseWords(
        text=_say(said or Text(de=cause.code, en=cause.code), filling),
        remedy=None if helps is None else _say(helps, filling),
    )


def render_rule(rule: RuleResult, catalogue: Catalogue) -> Text:
    """A rule with its value and threshold on one line."""
    texts, line = _texts(rule.id, catalogue), catalogue.rule
    value, threshold = _value_and_threshold(rule, texts)
    filling = {"subject": texts.subject, "value": value, "threshold": threshold}
    bound = catalogue.bounds.get(rule.bound or "")
    if bound is not None:
        filling["bound"] = bound
    if rule.value is not None:
        return _say(line.stated if bound is None else line.compared, filling)
    filling["why"] = _why(rule, texts, catalogue)
    return _say(line.stated_missing if bound is None else line.compared_missing, filling)


def render_reason(reason: Reason, catalogue: Catalogue) -> Text:
    """A main reason: value, training median, points, and what the feature means."""
    line, unit = catalogue.reason, _unit(reason.unit)
    feature = _feature(reason.feature, catalogue)
    if reason.value is None:
        finding = _say(line.missing, {"why": why_missing(reason.missing, catalogue)})
    elif reason.typical is None:
        finding = format_value(reason.value, unit)
    else:
        value, typical = format_apart(reason.value, reason.typical, unit)
        finding = _say(line.compared, {"value": value, "typical": typical})
    return _say(
        line.costs if reason.points < 0 else line.earns,
        {
            "label": Text(de=sentence(feature.label.de), en=sentence(feature.label.en)),
            "finding": finding,
            "points": format_value(abs(reason.points), Unit.SCORE),
            "meaning": feature.meaning,
        },
    )


def why_missing(cause: str | None, catalogue: Catalogue | None = None) -> Text:
    """A subordinate clause that says why a value is missing, to be put after "weil" and "because"."""
    missing = (catalogue or newest()).missing
    return _say(missing.get(cause or _UNKNOWN, missing[_UNKNOWN]).why, {})


def _why(rule: RuleResult, texts: RuleTexts, catalogue: Catalogue) -> Text:
    return texts.why if rule.missing is None and texts.why is not None else why_missing(rule.missing, catalogue)


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


def _say(template: Sentence | Text, filling: Mapping[str, Text]) -> Text:
    return Text(
        de=template.de.format_map({name: text.de for name, text in filling.items()}),
        en=template.en.format_map({name: text.en for name, text in filling.items()}),
    )
