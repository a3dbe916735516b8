"""Missing values at best and at worst: on both sides of each edge and threshold, rules before points."""

from datetime import date

import msgspec
import pytest
from decision_cases import POLICY, POLICY_FILE, TERMS, assess

from features.derive import CATALOGUE
from models.points import PointsTable
from models.steps import FeatureSteps
from scoring.decisions.decision import LegalForm, Verdict
from scoring.decisions.missing_data import (
    Extreme,
    Known,
    MissingData,
    Wait,
    ends,
    first_known,
    missing_values,
    waits,
)
from scoring.decisions.policy import load_policy
from scoring.texts.missing_data import say_linked, say_missing_data, say_missing_value, say_wait

OVERDRAFT, FEED, BURST = (
    "liquidity_overdraft_days_90d",
    "trust_bank_feed_share_12m",
    "trust_sales_burst_score_30d",
)
SURPLUS, DEBT_SERVICE = "liquidity_operating_surplus_12m_cents", "liquidity_debt_service_12m_cents"


def steps(name: str, edges: tuple[float, ...], points: tuple[float, ...]) -> FeatureSteps:
    """The points of one feature."""
    count = len(points)
    return FeatureSteps(
        name=name,
        precision=CATALOGUE[name].precision,
        edges=edges,
        points=points,
        missing_points=-4.0,
        typical=None,
        shares=(1 / count,) * count,
        missing_share=0.0,
        bad_rates=(0.0,) * count,
        missing_bad_rate=None,
    )


def table(*features: FeatureSteps) -> PointsTable:
    """A model of these features."""
    return PointsTable(schema=1, kind="additive_steps", base=600.0, features=features)


DAYS = steps(OVERDRAFT, (1.0, 30.0), (12.0, -3.0, -25.0))


def test_without_a_rule_points_decide() -> None:
    """A value of the bin with most points, and one of the bin with fewest."""
    made = assess(row={"customers_churn_share_12m": None})
    churn = steps("customers_churn_share_12m", (0.1, 0.5), (3.0, 8.0, -6.0))
    best, worst = ends(
        ["customers_churn_share_12m"], made, table=table(churn), policy=POLICY, terms=TERMS, catalogue=CATALOGUE
    )
    assert (0.1 <= best["customers_churn_share_12m"] < 0.5, worst["customers_churn_share_12m"] >= 0.5) == (True, True)
    (one,) = missing_values(
        ["customers_churn_share_12m"], {"customers_churn_share_12m": "undefined"}, made, table(churn), POLICY
    )
    assert (one.points, one.best_points, one.worst_points, one.rules) == (-4.0, 8.0, -6.0, ())


def test_a_rule_comes_before_points() -> None:
    """The best passes it although another value has more points; the worst fails it."""
    missing = {OVERDRAFT: "balance_level_unverified"}
    made = assess(row={OVERDRAFT: None}, missing=missing)
    most = POLICY.knock_outs.overdraft_days_at_most
    odd = steps(OVERDRAFT, (1.0, most + 1.0), (0.0, -3.0, 25.0))
    best, worst = ends([OVERDRAFT], made, table=table(odd), policy=POLICY, terms=TERMS, catalogue=CATALOGUE)
    assert (best[OVERDRAFT], worst[OVERDRAFT]) == (0.0, most + 1.0)
    (one,) = missing_values([OVERDRAFT], missing, made, table(DAYS), POLICY)
    assert one.rules
    assert one.cause == "balance_level_unverified"


def test_a_share_stays_a_share_and_a_count_is_not_negative() -> None:
    """Whatever edges and thresholds are."""
    missing = {FEED: "undefined", "liquidity_garnishment_count_12m": "too_little_history"}
    made = assess(row=dict.fromkeys(missing), missing=missing)
    feed = steps(FEED, (0.0, 1.0), (5.0, 2.0, 9.0))
    best, worst = ends(list(missing), made, table=table(feed), policy=POLICY, terms=TERMS, catalogue=CATALOGUE)
    assert 0.0 <= worst[FEED] < best[FEED] <= 1.0
    assert (best["liquidity_garnishment_count_12m"], worst["liquidity_garnishment_count_12m"] >= 1.0) == (0.0, True)


def test_money_that_bounds_the_limit_is_ample_at_best() -> None:
    """The surplus is more than enough, the debt service nothing; at worst the other way round."""
    missing = {SURPLUS: "too_little_history", DEBT_SERVICE: "too_little_history"}
    made = assess(row=dict.fromkeys(missing), missing=missing)
    best, worst = ends(list(missing), made, table=table(DAYS), policy=POLICY, terms=TERMS, catalogue=CATALOGUE)
    assert (best[SURPLUS], worst[SURPLUS]) == (TERMS.amount_cents * 100, 0.0)
    assert (best[DEBT_SERVICE], worst[DEBT_SERVICE]) == (0.0, TERMS.amount_cents * 100)


VAT, DRAWINGS = "trust_vat_shortfall_12m_cents_v2", "liquidity_drawings_12m_cents_v2"


def test_what_is_deducted_only_where_it_is_known_is_ample_at_worst() -> None:
    """Tax that was not paid may be nothing, or more than any limit; without the rule it bounds nothing."""
    policy = load_policy((POLICY_FILE.parent / "v4.toml").read_bytes())
    made = assess(row={VAT: None}, missing={VAT: "not_fetched"})
    best, worst = ends([VAT], made, table=table(DAYS), policy=policy, terms=TERMS, catalogue=CATALOGUE)
    assert (best, worst) == ({VAT: 0.0}, {VAT: TERMS.amount_cents * 100})
    assert ends([VAT], made, table=table(DAYS), policy=POLICY, terms=TERMS, catalogue=CATALOGUE) == ({}, {})


@pytest.mark.parametrize(
    ("legal_form", "found"),
    [
        (LegalForm.EINZELUNTERNEHMEN, ({DRAWINGS: TERMS.amount_cents * 100}, {DRAWINGS: 0.0})),
        (LegalForm.GMBH, ({}, {})),
    ],
)
def test_drawings_bound_the_limit_of_a_person(legal_form: LegalForm, found: tuple[dict[str, float], ...]) -> None:
    """Who draws enough to live on has nothing deducted; of a company they are no matter."""
    policy = load_policy((POLICY_FILE.parent / "v4.toml").read_bytes())
    made = assess(row={DRAWINGS: None}, missing={DRAWINGS: "not_fetched"})
    terms = msgspec.structs.replace(TERMS, legal_form=legal_form)
    assert ends([DRAWINGS], made, table=table(DAYS), policy=policy, terms=terms, catalogue=CATALOGUE) == found


def test_what_model_and_rules_do_not_bound_has_no_ends() -> None:
    """Nothing is guessed."""
    made = assess(row={"customers_churn_share_12m": None})
    assert ends(
        ["customers_churn_share_12m"], made, table=table(DAYS), policy=POLICY, terms=TERMS, catalogue=CATALOGUE
    ) == ({}, {})


FIRST, SECOND, THIRD = date(2026, 4, 30), date(2026, 5, 31), date(2026, 6, 30)


@pytest.mark.parametrize(
    ("is_missing", "day"),
    [
        ({FIRST: True, SECOND: False, THIRD: False}, SECOND),
        ({FIRST: False, SECOND: True, THIRD: False}, THIRD),
        ({FIRST: True, SECOND: True, THIRD: True}, None),
        ({FIRST: False, SECOND: False, THIRD: True}, None),
        ({}, None),
    ],
)
def test_a_feature_is_there_from_the_day_on_which_it_stays(is_missing: dict[date, bool], day: date | None) -> None:
    """A day on which it is there and after which it is missing again does not count."""
    assert first_known(is_missing) == day


def test_features_of_a_day_stand_together() -> None:
    """The nearest day first."""
    found = waits({"a": SECOND, "b": FIRST, "c": SECOND})
    assert found == (Wait(until=FIRST, features=("b",)), Wait(until=SECOND, features=("a", "c")))


APPROVE, REFER, DECLINE = (
    Extreme(score=score, recommendation=verdict, verdict=verdict)
    for score, verdict in ((650.25, Verdict.APPROVE), (580.0, Verdict.REFER), (512.5, Verdict.DECLINE))
)
NO_SCORE = Extreme(score=None, recommendation=Verdict.REFER, verdict=Verdict.REFER)


@pytest.mark.parametrize(
    ("best", "worst", "de", "en"),
    [
        (
            APPROVE,
            DECLINE,
            "zwischen 512,5 und 650,3. Die Empfehlung lautete im schlechtesten Fall Ablehnung, im besten Zusage.",
            "between 512.5 and 650.3. The recommendation would be to decline at worst, and to approve at best.",
        ),
        (
            REFER,
            DECLINE,
            "im schlechtesten Fall Ablehnung, im besten manuelle Prüfung.",
            "and to refer to a person at best",
        ),
        (NO_SCORE, NO_SCORE, "gäbe es keinen Score", "there would be no score"),
        (APPROVE, NO_SCORE, "mit dem schlechtesten gäbe es keinen", "with the worst there would be none"),
    ],
)
def test_what_is_missing_is_said(best: Extreme, worst: Extreme, de: str, en: str) -> None:
    """In both languages."""
    (one,) = missing_values([OVERDRAFT], {OVERDRAFT: "balance_level_unverified"}, assess(), table(DAYS), POLICY)
    said = say_missing_data(MissingData(missing=(one,), best=best, worst=worst, linked=None, waits=()))
    assert (de in said.de, en in said.en) == (True, True), said
    assert say_missing_value(one).de.endswith(
        "Ein fehlender Wert zählt -4,0 Punkte, ein bekannter zwischen -25,0 und 12,0."
    )


def test_link_and_wait_name_features_by_their_labels() -> None:
    """Not by their names."""
    linked = say_linked(Known(features=(OVERDRAFT,), after=APPROVE))
    assert CATALOGUE[OVERDRAFT].label.de in linked.de
    assert "die Empfehlung Zusage, der Score ist 650,3" in linked.de
    waiting = say_wait(Wait(until=FIRST, features=(OVERDRAFT,)))
    assert waiting.en.startswith("From 30 April 2026 on, the history is long enough for: ")
