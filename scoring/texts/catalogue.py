"""Released catalogues of texts, one file per version: every sentence on a decision, in German and English."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Final

import msgspec

from features.feature import Text

CATALOGUES: Final = Path(__file__).parent / "catalogues"


class CatalogueError(Exception):
    """A catalogue does not hold; the message says where."""


class Variant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Other words, or none, where every condition that is set holds."""

    verdict: str | None = None
    automation: str | None = None
    value: float | str | None = None
    threshold: float | str | None = None
    is_too_little: bool | None = None
    is_bank_data_left_out: bool | None = None
    none: bool = False
    de: str = ""
    en: str = ""


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What the words of a cause depend on."""

    verdict: str
    automation: str
    value: float | str | None
    threshold: float | str | None
    is_too_little: bool = False
    """Whether what can be lent is below the product's smallest loan."""
    is_bank_data_left_out: bool = False
    """Whether the policy reads no bank data of this applicant."""


class Sentence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sentence with ``{parameters}``, and other words for some situations."""

    de: str
    en: str
    when: tuple[Variant, ...] = ()

    def template(self, situation: Situation | None = None) -> Text | None:
        """The words for a situation; None where there is nothing to say."""
        if situation is not None:
            for variant in self.when:
                if _fits(variant, situation):
                    return None if variant.none else Text(de=variant.de, en=variant.en)
        return Text(de=self.de, en=self.en)


class RuleLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a rule with its value and threshold is written on one line."""

    compared: Sentence
    """A number, with its bound."""
    compared_missing: Sentence
    stated: Sentence
    """A state."""
    stated_missing: Sentence


class ReasonLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a main reason is written."""

    costs: Sentence
    earns: Sentence
    compared: Sentence
    missing: Sentence
    together: Sentence | None = None
    """Names two features that act together; before catalogue 4 there were none, as the next."""
    both: Sentence | None = None
    """Joins what is found of either."""
    beyond: Sentence | None = None
    """What points of two together mean."""


class MissingTexts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a value is missing, and what would give it."""

    why: Sentence
    remedy: Sentence | None = None


class Nouns(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a rule counts."""

    one: Text
    many: Text


class RuleTexts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The words of one rule."""

    subject: Text
    """What is looked at, as a noun phrase."""
    cause: Sentence
    """One sentence on a failure."""
    remedy: Sentence | None = None
    states: dict[str, Text] = {}
    """Words for values that are not numbers."""
    noun: Nouns | None = None
    why: Text | None = None
    """Why its value is missing, where the rule itself is the reason."""
    why_left_out: Text | None = None
    """The same where the policy reads no bank data of the applicant."""
    needed: Text | None = None
    """The threshold in words, where the application decides on it; for the page of the policy."""


class FeatureTexts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a feature is called and what it means."""

    label: Text
    meaning: Text


class Catalogue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All texts of one version."""

    version: str
    rule: RuleLine
    bounds: dict[str, Text]
    not_checked: Sentence
    reason: ReasonLine
    missing: dict[str, MissingTexts]
    rules: dict[str, RuleTexts]
    features: dict[str, FeatureTexts]


def read_catalogue(content: bytes) -> Catalogue:
    """The catalogue of a file.

    Raises:
        CatalogueError: it is no catalogue, or a sentence has a parameter that nothing fills.
    """
    try:
        catalogue = msgspec.convert(tomllib.loads(content.decode()), Catalogue)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise CatalogueError(f"the catalogue of texts does not hold: {error}") from error
    for place, text, allowed in _templates(catalogue):
        problem = _problem(text, allowed)
        if problem is not None:
            raise CatalogueError(f"the catalogue of texts does not hold: {place} {problem}")
    return catalogue


@cache
def released() -> Mapping[str, Catalogue]:
    """Every catalogue that comes with the service, by version, oldest first."""
    files = sorted(CATALOGUES.glob("v*.toml"), key=lambda path: int(path.stem[1:]))
    return {catalogue.version: catalogue for catalogue in (read_catalogue(path.read_bytes()) for path in files)}


def newest() -> Catalogue:
    """The catalogue in force."""
    return tuple(released().values())[-1]


def _problem(text: str, allowed: frozenset[str]) -> str | None:
    """What is wrong with a template."""
    if not text:
        return "is empty"
    try:
        unknown = {name for _, name, _, _ in Formatter().parse(text) if name is not None} - allowed
    except ValueError:
        return "is no template"
    return f"has unknown parameters: {', '.join(sorted(unknown))}" if unknown else None


def _fits(variant: Variant, situation: Situation) -> bool:
    return all(
        wanted is None or wanted == given
        for wanted, given in (
            (variant.verdict, situation.verdict),
            (variant.automation, situation.automation),
            (variant.value, situation.value),
            (variant.threshold, situation.threshold),
            (variant.is_too_little, situation.is_too_little),
            (variant.is_bank_data_left_out, situation.is_bank_data_left_out),
        )
    )


_CAUSE: Final = frozenset({"value", "threshold"})


def _templates(catalogue: Catalogue) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Every template with its place and the parameters that it may hold."""
    line, reason = catalogue.rule, catalogue.reason
    yield from _of("rule.compared", line.compared, frozenset({"subject", "value", "threshold", "bound"}))
    yield from _of("rule.compared_missing", line.compared_missing, frozenset({"subject", "threshold", "bound", "why"}))
    yield from _of("rule.stated", line.stated, frozenset({"subject", "value"}))
    yield from _of("rule.stated_missing", line.stated_missing, frozenset({"subject", "why"}))
    yield from _of("not_checked", catalogue.not_checked, frozenset({"subject", "why"}))
    for name in ("costs", "earns"):
        allowed = frozenset({"label", "finding", "points", "meaning"})
        yield from _of(f"reason.{name}", getattr(reason, name), allowed)
    yield from _of("reason.compared", reason.compared, frozenset({"value", "typical"}))
    yield from _of("reason.missing", reason.missing, frozenset({"why"}))
    yield from _of("reason.together", reason.together, frozenset({"first", "second"}))
    yield from _of("reason.both", reason.both, frozenset({"first", "second"}))
    yield from _of("reason.beyond", reason.beyond, frozenset())
    for name, missing in catalogue.missing.items():
        yield from _of(f"missing.{name}.why", missing.why, frozenset())
        yield from _of(f"missing.{name}.remedy", missing.remedy, frozenset())
    for name, rule in catalogue.rules.items():
        yield from _of(f"rules.{name}.cause", rule.cause, _CAUSE)
        yield from _of(f"rules.{name}.remedy", rule.remedy, _CAUSE)


def _of(place: str, sentence: Sentence | None, allowed: frozenset[str]) -> Iterator[tuple[str, str, frozenset[str]]]:
    if sentence is None:
        return
    yield from ((f"{place}.{language}", getattr(sentence, language), allowed) for language in ("de", "en"))
    for variant in sentence.when:
        if not variant.none:
            yield from ((f"{place}.when", getattr(variant, language), allowed) for language in ("de", "en"))
