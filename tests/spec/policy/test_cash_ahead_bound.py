"""The bound of a limit by cash ahead: what it comes to, when it refers, and when it says nothing."""

import msgspec
import pytest
from decision_cases import POLICY, POLICY_FILE, assess, codes, pending, rule

from forecast.facilities import MONTHS, Borrowings
from forecast.largest_instalment import LargestInstalment
from scoring.decisions.decision import Assessment, LegalForm, OwnLoans, Verdict
from scoring.decisions.limits import highest_principal_cents
from scoring.decisions.policy import PolicyError, load_policy

AHEAD = msgspec.structs.replace(
    POLICY,
    limits=msgspec.structs.replace(POLICY.limits, looks_ahead=True, gap_probability_at_most=0.2, gap_days=180),
)
NOTHING_OWED = Borrowings(
    facilities=(), expected=(0,) * MONTHS, low=(0,) * MONTHS, high=(0,) * MONTHS, new_count=0, funder_count=0
)
MINIMUM = POLICY.products["working_capital"].minimum_cents
RATE = POLICY.pricing.highest_annual_rate_bps


def carried(*cents: int, cause: str | None = None) -> LargestInstalment:
    """The largest instalment of terms of 1, 2, ... months."""
    return LargestInstalment(gap_probability_at_most=0.2, days=180, cause=cause, by_term_cents=cents)


def decided(largest: LargestInstalment | None, *, asked_cents: int = 2_500_000, term: int = 12) -> Assessment:
    """The application that is approved, with what cash ahead carries."""
    return assess(
        terms={"amount_cents": asked_cents, "term_months": term},
        policy=AHEAD,
        borrowings=NOTHING_OWED,
        largest_instalment=largest,
    )


@pytest.mark.parametrize(
    ("by_term", "term", "bound_cents"),
    [
        ((300_000, 200_000, 150_000), 12, 1_662_765),  # longer than what is looked at: as the last
        ((300_000, 200_000, 150_000), 3, 439_052),
        ((300_000,), 12, 3_325_531),
        ((0,), 12, 0),
    ],
)
def test_the_bound_is_the_loan_with_that_instalment(by_term: tuple[int, ...], term: int, bound_cents: int) -> None:
    """At the highest rate, as for the bound from cash flow."""
    found = rule(decided(carried(*by_term), term=term), "CASH_AHEAD_SHORT")
    assert found.value == bound_cents


def test_the_smallest_bound_counts() -> None:
    """Below the others it binds, and a person decides on more; above them it changes nothing."""
    less, more = decided(carried(150_000)), decided(carried(100_000_000))
    assert less.offer is not None
    assert more.offer is not None
    assert (less.offer.binding_constraint, less.offer.limit_cents) == ("cash_ahead", 1_660_000)
    assert (less.recommendation, codes(less)) == (Verdict.REFER, ["LIMIT_BELOW_REQUEST"])
    without = decided(None)
    assert without.offer is not None
    assert more.recommendation is without.recommendation is Verdict.APPROVE
    assert more.offer.limit_cents == without.offer.limit_cents
    assert set(more.offer.constraints) - set(without.offer.constraints) == {"cash_ahead"}


def _instalment_of(cents: int) -> int:
    """The least instalment that carries so much over twelve months."""
    return next(one for one in range(cents // 13, cents) if highest_principal_cents(one, RATE, 12) >= cents)


def test_from_the_smallest_loan_on_there_is_an_offer() -> None:
    """One cent of the instalment less, and a person decides without one; nobody is declined for it, or offered 0.00."""
    least = _instalment_of(MINIMUM)
    enough, short = decided(carried(least)), decided(carried(least - 1))
    assert enough.offer is not None
    assert (enough.offer.limit_cents, codes(enough)) == (MINIMUM, ["LIMIT_BELOW_REQUEST"])
    assert rule(enough, "CASH_AHEAD_SHORT").result == "pass"
    assert (short.recommendation, short.verdict, short.offer) == (Verdict.REFER, Verdict.REFER, None)
    assert codes(short) == ["CASH_AHEAD_SHORT"]


def test_a_firm_whose_cash_carries_nothing_is_referred_with_that_reason_alone() -> None:
    """Whatever it asks for."""
    found = decided(carried(0), asked_cents=MINIMUM)
    assert (found.recommendation, codes(found), found.offer) == (Verdict.REFER, ["CASH_AHEAD_SHORT"], None)


def test_who_is_declined_by_facts_is_not_told_of_cash_ahead() -> None:
    """Debt service that was paid takes the surplus away: cash ahead is implied."""
    found = assess(
        policy=AHEAD,
        row={"liquidity_debt_service_12m_cents": 90_000_000.0},
        borrowings=NOTHING_OWED,
        largest_instalment=carried(0),
    )
    assert (found.recommendation, codes(found)) == (Verdict.DECLINE, ["LIMIT_BELOW_PRODUCT"])


@pytest.mark.parametrize("cause", ["balance_level_unverified", "too_little_history", "too_few_documents"])
def test_where_nothing_is_told_nothing_is_bound(cause: str) -> None:
    """Such doubts have rules of their own; this one says that it was not checked."""
    found = decided(carried(cause=cause))
    assert found == msgspec.structs.replace(decided(None), rules=found.rules)
    assert rule(found, "CASH_AHEAD_SHORT").result == "not_applicable"
    assert found.recommendation is Verdict.APPROVE


def test_own_loans_that_are_not_paid_out_take_their_instalments_first() -> None:
    """They are due on the same days, and no bank line shows them."""
    own = OwnLoans(open_count=1, exposure_cents=500_000, pending=pending(50_000, 24))
    found = assess(
        circumstances={"own_loans": own}, policy=AHEAD, borrowings=NOTHING_OWED, largest_instalment=carried(200_000)
    )
    assert rule(found, "CASH_AHEAD_SHORT").value == highest_principal_cents(150_000, RATE, 12)


@pytest.mark.parametrize(
    ("legal_form", "drawn", "floor", "instalment"),
    [
        (LegalForm.EK, 0.0, 150_000, 50_000),
        (LegalForm.EK, 1_799_999.0, 150_000, 199_999),  # a cent of the year is a cent of each month
        (LegalForm.EK, 1_800_000.0, 150_000, 200_000),
        (LegalForm.EK, 4_000_000.0, 150_000, 200_000),  # these are expected to go on
        (LegalForm.EK, 0.0, 250_000, 0),
        (LegalForm.EK, 0.0, None, 200_000),
        (LegalForm.GMBH, 0.0, 150_000, 200_000),
    ],
)
def test_what_is_missing_to_an_owners_living_is_taken_off_each_month(
    legal_form: LegalForm, drawn: float, floor: int | None, instalment: int
) -> None:
    """As it is from the surplus: who draws nothing while books are looked at lives on something."""
    limits = msgspec.structs.replace(AHEAD.limits, drawings_cents_at_least=floor)
    found = assess(
        terms={"legal_form": legal_form},
        row={"liquidity_drawings_12m_cents": drawn},
        policy=msgspec.structs.replace(AHEAD, limits=limits),
        borrowings=NOTHING_OWED,
        largest_instalment=carried(200_000),
    )
    assert rule(found, "CASH_AHEAD_SHORT").value == highest_principal_cents(instalment, RATE, 12)


def test_earlier_policies_do_not_have_the_rule() -> None:
    """Nor does the limit change by it."""
    found = assess(largest_instalment=None)
    assert "CASH_AHEAD_SHORT" not in {one.id for one in found.rules}
    assert found.offer is not None
    assert "cash_ahead" not in found.offer.constraints


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("gap_probability_at_most = 0.2", "go together"),
        ("gap_days = 180", "go together"),
        ("gap_probability_at_most = 0.0\ngap_days = 180", "gap_probability_at_most"),
        ("gap_probability_at_most = 1.0\ngap_days = 180", "gap_probability_at_most"),
        ("gap_probability_at_most = 0.2\ngap_days = 30", "gap_days"),
        ("gap_probability_at_most = 0.2\ngap_days = 181", "gap_days"),
    ],
)
def test_a_policy_says_both_within_what_is_foreseen(written: str, says: str) -> None:
    """A risk without days, or days without the first instalment, bound nothing."""
    text = POLICY_FILE.read_text().replace("[limits]\n", f"[limits]\n{written}\n", 1)
    with pytest.raises(PolicyError, match=says):
        load_policy(text.encode())


def _with_unspent(unspent: int, level: int, cause: str | None = None) -> Assessment:
    largest = msgspec.structs.replace(carried(100_000_000, cause=cause), unspent_cents=unspent, level_cents=level)
    caps = msgspec.structs.replace(POLICY.caps, unspent_share_at_most=0.5)
    return assess(policy=msgspec.structs.replace(AHEAD, caps=caps), borrowings=NOTHING_OWED, largest_instalment=largest)


@pytest.mark.parametrize(
    ("unspent", "level", "value", "result"),
    [
        (0, 4_050_000, 0.0, "pass"),
        (2_000_000, 4_000_000, 0.5, "pass"),
        (2_001_000, 4_000_000, 0.5002, "fail"),
        (4_000_000, 4_050_000, 0.9877, "fail"),
        (0, 0, 0.0, "pass"),
        (0, -4_000_000, 0.0, "pass"),  # what is paid into an overdraft is a matter for other rules
    ],
)
def test_a_person_looks_at_cash_that_no_customer_paid(unspent: int, level: int, value: float, result: str) -> None:
    """The score reads levels, whoever filled the account: above half, nobody is approved by it, nor declined."""
    found = _with_unspent(unspent, level)
    seen = rule(found, "CASH_NOT_EARNED")
    assert (seen.value, seen.result) == (value, result)
    assert found.recommendation is (Verdict.APPROVE if result == "pass" else Verdict.REFER)
    assert codes(found) == ([] if result == "pass" else ["CASH_NOT_EARNED"])
    assert found.offer is not None


def test_a_level_that_is_not_known_has_no_such_share() -> None:
    """A rule of its own looks at that; so it is no cause, nor where cash was not looked at."""
    assert rule(_with_unspent(0, 0, "balance_level_unverified"), "CASH_NOT_EARNED").result == "not_applicable"
    caps = msgspec.structs.replace(POLICY.caps, unspent_share_at_most=0.5)
    found = assess(policy=msgspec.structs.replace(AHEAD, caps=caps), borrowings=NOTHING_OWED)
    assert (rule(found, "CASH_NOT_EARNED").result, found.recommendation) == ("not_applicable", Verdict.APPROVE)


def test_the_share_needs_a_look_at_cash() -> None:
    """Else it would never be found."""
    text = POLICY_FILE.read_text().replace("[caps]\n", "[caps]\nunspent_share_at_most = 0.5\n", 1)
    with pytest.raises(PolicyError, match=r"`caps.unspent_share_at_most` needs `limits.gap_probability_at_most`"):
        load_policy(text.encode())
