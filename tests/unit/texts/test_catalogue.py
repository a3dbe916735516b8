"""Reading catalogues of texts, and choosing among the words for a situation."""

import msgspec
import pytest

from features.feature import Text
from scoring.decisions.decision import Cause, Reason, RuleResult
from scoring.texts.catalogue import (
    CATALOGUES,
    CatalogueError,
    Sentence,
    Situation,
    Variant,
    newest,
    read_catalogue,
    released,
)
from scoring.texts.rendering import render_cause, render_reason, render_rule, why_missing

CONTENT = (CATALOGUES / "v1.toml").read_text()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("suggest {value};", "suggest {values};", "rules.GARNISHMENT.cause.en has unknown parameters: values"),
        ("{subject}: {value}.", "{subject}: {bound}.", "rule.stated.de has unknown parameters: bound"),
        ("The books contain no invoices.", "", "rules.NO_INVOICES.cause.en is empty"),
        ("The books contain no invoices.", "{", "rules.NO_INVOICES.cause.en is no template"),
        ("[rules.NO_INVOICES]", "[rules.NO_INVOICES]\nadvice = 1", "unknown field `advice`"),
        ('version = "1"', "version = 1", "Expected `str`"),
        ("[bounds]", "[bounds", "TOML|Expected"),
    ],
)
def test_a_catalogue_that_does_not_hold_is_refused_by_place(old: str, new: str, said: str) -> None:
    """Before anything is said with it."""
    assert old in CONTENT
    with pytest.raises(CatalogueError, match=said):
        read_catalogue(CONTENT.replace(old, new, 1).encode())


def test_a_file_is_named_by_its_version() -> None:
    """And the newest is in force."""
    assert {f"v{version}.toml" for version in released()} == {path.name for path in CATALOGUES.iterdir()}
    assert newest().version == max(released(), key=int)


def test_the_first_words_that_fit_count() -> None:
    """Every condition of a variant must hold; without one that fits it is the sentence itself."""
    sentence = Sentence(
        de="d",
        en="e",
        when=(
            Variant(verdict="decline", none=True),
            Variant(automation="human_required", value="unknown", de="u", en="u"),
            Variant(automation="human_required", de="h", en="h"),
            Variant(threshold=0.0, de="z", en="z"),
        ),
    )

    def chosen(verdict: str, automation: str, value: str, threshold: float) -> Text | None:
        return sentence.template(Situation(verdict=verdict, automation=automation, value=value, threshold=threshold))

    assert chosen("decline", "human_required", "unknown", 0.0) is None
    assert chosen("refer", "human_required", "unknown", 0.0) == Text(de="u", en="u")
    assert chosen("refer", "human_required", "other", 0.0) == Text(de="h", en="h")
    assert chosen("approve", "fully_automated", "unknown", 0.0) == Text(de="z", en="z")
    assert chosen("approve", "fully_automated", "unknown", 1.0) == Text(de="d", en="e")


def test_a_sentence_may_depend_on_whether_anything_can_be_lent() -> None:
    """Other words where the limit is below the product's smallest loan."""
    sentence = Sentence(de="d", en="e", when=(Variant(is_too_little=True, de="l", en="l"),))
    situation = Situation(verdict="refer", automation="human_required", value=0.0, threshold=1.0)
    assert sentence.template(situation) == Text(de="d", en="e")
    assert sentence.template(msgspec.structs.replace(situation, is_too_little=True)) == Text(de="l", en="l")


def test_what_a_catalogue_does_not_know_is_said_by_its_code() -> None:
    """A record of a newer service with the same schema is shown, not refused."""
    rule = RuleResult(
        id="NEW_RULE",
        kind="cap",
        effect=None,
        result="fail",
        value=3.0,
        threshold=1.0,
        bound="at_most",
        unit="days",
        missing=None,
    )
    cause = render_cause(
        Cause(code="NEW_RULE", rule="NEW_RULE"), rule, verdict="refer", automation="human_required", catalogue=newest()
    )
    assert (cause.text.de, cause.remedy) == ("NEW_RULE.", None)
    assert render_rule(rule, newest()).en == "NEW_RULE: 3 days (maximum 1)."
    reason = Reason(
        code="", feature="new_feature", direction="", points=-1.0, value=2.0, typical=1.0, unit="new_unit", missing=None
    )
    assert (
        render_reason(reason, newest()).en == "New_feature: 2 (training median: 1). This costs 1.0 points. new_feature."
    )


@pytest.mark.parametrize("cause", [None, "something_new"])
def test_an_unknown_cause_of_absence_has_words(cause: str | None) -> None:
    """Never a code."""
    assert why_missing(cause).en == "the data are not sufficient"
