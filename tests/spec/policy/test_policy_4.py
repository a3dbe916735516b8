"""What policy 4 adds: a look ahead at debt service, what an owner needs, and many new loans."""

from datetime import date
from typing import Any

import msgspec
import pytest
from decision_cases import POLICY, POLICY_FILE, ROW, assess, codes, pending, rule

from forecast.facilities import MONTHS, Borrowings, Course, Facility, FacilityCause, FacilityKind, FacilityState
from forecast.instalments import Rhythm
from scoring.decisions.decide import needed_features
from scoring.decisions.decision import CashFlow, LegalForm, OwnLoans, Verdict
from scoring.decisions.limits import available, highest_principal_cents, limit_of
from scoring.decisions.policy import Policy, PolicyError, load_policy
from scoring.decisions.rules import is_too_little, lendable
from scoring.texts.catalogue import newest
from scoring.texts.rendering import render

SHIPPED = load_policy(POLICY_FILE.with_name("v4.toml").read_bytes())
EARLIER = load_policy(POLICY_FILE.with_name("v3.toml").read_bytes())
AHEAD: Policy = msgspec.structs.replace(
    POLICY,
    limits=msgspec.structs.replace(
        POLICY.limits, looks_ahead=True, deducts_vat_shortfall=True, drawings_cents_at_least=150_000
    ),
    caps=msgspec.structs.replace(
        POLICY.caps,
        new_facilities_at_most=2,
        grace_unknown_at_most=0,
        vat_shortfall_share_at_most=0.2,
        legal_form_must_match=True,
        model_must_be_measured=True,
        model_must_predict_default=True,
    ),
)
NOTHING = (0,) * MONTHS
DRAWINGS = "liquidity_drawings_12m_cents"


def owing(*months: int, new_count: int | None = 0, **further: Any) -> Borrowings:  # noqa: ANN401  any field
    """Debt service in euro of the first months; nothing after them."""
    expected = tuple(100 * euro for euro in months) + NOTHING[len(months) :]
    fields = {"facilities": (), "low": NOTHING, "high": expected, "funder_count": 0} | further
    return Borrowings(expected=expected, new_count=new_count, **fields)


def test_policy_4_is_policy_3_and_what_it_adds() -> None:
    """Nothing else changed: the same firms meet the same bounds."""
    limits = msgspec.structs.replace(
        SHIPPED.limits,
        looks_ahead=None,
        deducts_vat_shortfall=None,
        payers_must_be_known=None,
        drawings_cents_at_least=None,
        gap_probability_at_most=None,
        gap_days=None,
    )
    caps = msgspec.structs.replace(
        SHIPPED.caps,
        new_facilities_at_most=None,
        grace_unknown_at_most=None,
        unspent_share_at_most=None,
        stretched_months_at_most=None,
        vat_shortfall_share_at_most=None,
        legal_form_must_match=None,
        model_must_be_measured=None,
        model_must_predict_default=None,
    )
    persons = msgspec.structs.replace(SHIPPED.natural_persons, bank_data=None)
    flags = {"follows_season": None, "substance_over_form": None}
    dated = {"version": EARLIER.version, "effective_on": EARLIER.effective_on, **flags}
    assert msgspec.structs.replace(SHIPPED, limits=limits, caps=caps, natural_persons=persons, **dated) == EARLIER
    assert (SHIPPED.limits.looks_ahead, SHIPPED.limits.drawings_cents_at_least) == (True, 150_000)
    assert (SHIPPED.limits.gap_probability_at_most, SHIPPED.limits.gap_days) == (0.2, 180)
    assert (SHIPPED.reads_borrowings, EARLIER.reads_borrowings) == (True, False)


@pytest.mark.parametrize(
    ("months", "term", "cash_flow_cents"),
    [
        # 60,000 of surplus over 1.25 are 48,000; less 6,000 of debt service 42,000 a year, 3,500 a month.
        ((), 12, 3_500_00),
        ((500,) * 24, 12, 3_500_00),  # as before
        ((100,) * 24, 12, 3_500_00),  # less is expected than was paid: what was paid counts
        ((1_000,) * 12, 12, 3_000_00),
        ((0,) * 12 + (2_000,) * 12, 12, 3_500_00),  # after the loan's term
        ((0,) * 12 + (2_000,) * 12, 24, 2_000_00),
        ((0,) * 23 + (30_000,), 23, 3_500_00),  # a balloon in the month after the last instalment
        ((0,) * 23 + (30_000,), 24, 1_500_00),
    ],
)
def test_the_dearest_year_of_the_term_bounds_the_instalment(
    months: tuple[int, ...], term: int, cash_flow_cents: int
) -> None:
    """Never less than what was observed."""
    found = assess(terms={"term_months": term}, policy=AHEAD, borrowings=owing(*months))
    assert found.cash_flow is not None
    assert found.cash_flow.debt_service_projected_cents is not None
    surplus, service = available(found.cash_flow)
    assert (surplus * 4 // 5 - service) // 12 == cash_flow_cents


def test_what_is_only_expected_declines_nobody() -> None:
    """A balloon that takes all cash flow away leads to a person, without an offer; one that was observed declines."""
    ahead = assess(policy=AHEAD, borrowings=owing(*(0,) * 11, 900_000))
    seen = assess(policy=AHEAD, row={"liquidity_debt_service_12m_cents": 90_000_000.0}, borrowings=owing())
    assert (ahead.recommendation, codes(ahead), ahead.offer) == (Verdict.REFER, ["LIMIT_BELOW_REQUEST"], None)
    assert rule(ahead, "LIMIT_BELOW_REQUEST").value == 0
    assert (seen.recommendation, codes(seen)) == (Verdict.DECLINE, ["LIMIT_BELOW_PRODUCT"])


@pytest.mark.parametrize(("smallest_cents", "is_little"), [(1_550_000, False), (1_550_001, True)])
def test_what_is_below_the_smallest_loan_is_offered_to_nobody(smallest_cents: int, is_little: bool) -> None:  # noqa: FBT001  a column of the table
    """Of the limit that debt service to come leaves; one that is just enough is an offer."""
    product = msgspec.structs.replace(AHEAD.products["working_capital"], minimum_cents=smallest_cents)
    policy = msgspec.structs.replace(AHEAD, products={**AHEAD.products, "working_capital": product})
    made = assess(policy=policy, borrowings=owing(*(2_600,) * 12))
    assert rule(made, "LIMIT_BELOW_REQUEST").value == 1_550_000
    assert (is_too_little(made), lendable(made) is None) == (is_little, is_little)
    assert codes(made) == ["LIMIT_BELOW_REQUEST"]
    said = render(made, newest()).causes[0]
    assert ("no offer" in said.text.en) is is_little
    assert said.remedy is not None
    assert ("lower amount" in said.remedy.en) is not is_little


@pytest.mark.parametrize(
    ("legal_form", "drawn", "surplus_cents"),
    [
        (LegalForm.EINZELUNTERNEHMEN, 0.0, 60_000_00 - 18_000_00),
        (LegalForm.EINZELUNTERNEHMEN, 17_999_99.0, 60_000_00 - 1),
        (LegalForm.EINZELUNTERNEHMEN, 18_000_00.0, 60_000_00),
        (LegalForm.EINZELUNTERNEHMEN, 40_000_00.0, 60_000_00),  # these have left the surplus already
        (LegalForm.UNKNOWN, 0.0, 60_000_00 - 18_000_00),
        (LegalForm.GMBH, 0.0, 60_000_00),
    ],
)
def test_an_owner_must_live(legal_form: LegalForm, drawn: float, surplus_cents: int) -> None:
    """What is missing to the floor is deducted from the surplus of natural persons; a managing director has wages."""
    found = assess(terms={"legal_form": legal_form}, row={DRAWINGS: drawn}, policy=AHEAD, borrowings=owing())
    assert found.cash_flow is not None
    assert available(found.cash_flow)[0] == surplus_cents


@pytest.mark.parametrize(
    ("extra", "refinanced", "bound", "observed"),
    [
        # 48,000 may be paid a year; 86,000 were, of which 80,000 repaid a loan.
        (0, 0, 0, 0),
        (80_000, 80_000, 3_500_00, 3_500_00),
        (80_000, 0, 0, 3_500_00),  # from own money: it bounds, and declines nobody
        (80_000, 60_000, 1_833_33, 3_500_00),
        (99_000, 99_000, 4_000_00, 4_000_00),  # never more than what was paid
    ],
)
def test_a_loan_that_was_repaid_with_another_is_no_debt_service(
    extra: int, refinanced: int, bound: int, observed: int
) -> None:
    """The instalment that is carried, in cents: without what new loans paid, and without what will not come back."""
    limit = limit_of(
        ROW | {"liquidity_debt_service_12m_cents": 86_000_00.0, "receivables_eligible_cents": 9e9},
        AHEAD.products["working_capital"],
        12,
        limits=AHEAD.limits,
        highest_annual_rate_bps=1_490,
        borrowings=owing(extra_cents=extra * 100, refinanced_cents=refinanced * 100),
    )
    step = AHEAD.limits.step_cents
    assert limit.constraints["cash_flow"] == highest_principal_cents(bound, 1_490, 12)
    assert limit.observed_cents == highest_principal_cents(observed, 1_490, 12) // step * step


def test_what_replaces_a_loan_counts_ahead() -> None:
    """The old loan has gone, and the instalments of the new one are debt service."""
    found = assess(
        row={"liquidity_debt_service_12m_cents": 86_000_00.0},
        policy=AHEAD,
        borrowings=owing(*(1_200,) * 24, extra_cents=80_000_00, refinanced_cents=80_000_00),
    )
    assert found.cash_flow is not None
    assert available(found.cash_flow)[1] == 14_400_00
    assert (found.recommendation, codes(found)) == (Verdict.APPROVE, [])


@pytest.mark.parametrize(
    ("lenient", "surplus", "drawn", "service", "extra", "bound", "observed"),
    [
        # 18,000 to live on. The owner's loan among what it drew, and then by itself.
        (14_000, 14_000, 18_000, 0, 0, 933_33, 933_33),
        (26_000, 26_000, 6_000, 12_000, 0, 0, 733_33),
        (26_000, 26_000, 6_000, 12_000, 11_000, 0, 916_66),  # what will not be paid again is nothing to live on
        (26_000, 26_000, 0, 12_000, 0, 0, 333_33),  # only as far as instalments go
        (26_000, 26_000, 18_000, 12_000, 0, 733_33, 733_33),
        (None, 26_000, 6_000, 12_000, 0, 0, 0),  # policies without a lenient surplus, as before
    ],
)
def test_an_instalment_that_an_owner_lives_on_counts_once_where_it_declines(
    lenient: int | None, surplus: int, drawn: int, service: int, extra: int, bound: int, observed: int
) -> None:
    """Euro; and the instalment that is carried, in cents. What bounds the limit deducts both."""
    limit = limit_of(
        ROW
        | {
            "liquidity_operating_surplus_12m_cents": surplus * 100.0,
            "liquidity_debt_service_12m_cents": service * 100.0,
            "receivables_eligible_cents": 9e9,
            DRAWINGS: drawn * 100.0,
        },
        AHEAD.products["working_capital"],
        12,
        limits=AHEAD.limits,
        highest_annual_rate_bps=1_490,
        is_person=True,
        borrowings=owing(extra_cents=extra * 100),
        lenient_surplus_cents=None if lenient is None else lenient * 100,
    )
    step = AHEAD.limits.step_cents
    assert limit.constraints["cash_flow"] == highest_principal_cents(bound, 1_490, 12)
    assert limit.observed_cents == highest_principal_cents(observed, 1_490, 12) // step * step


def test_drawings_that_are_not_known_leave_the_limit_open() -> None:
    """Nothing is assumed in their place."""
    found = assess(terms={"legal_form": LegalForm.EK}, row={DRAWINGS: None}, policy=AHEAD, borrowings=owing())
    assert (found.cash_flow, found.offer) == (None, None)
    assert "LIMIT_INPUTS_MISSING" in codes(found)


@pytest.mark.parametrize(("number", "result"), [(2, "pass"), (3, "fail"), (None, "not_applicable")])
def test_a_person_looks_at_many_new_loans(number: int | None, result: str) -> None:
    """Two are one for a purpose and one that replaces another; what cannot be told is for a person, too."""
    found = assess(policy=AHEAD, borrowings=owing(new_count=number))
    assert rule(found, "NEW_FACILITIES").result == result
    assert found.recommendation is (Verdict.APPROVE if result == "pass" else Verdict.REFER)


@pytest.mark.parametrize(
    ("causes", "result"),
    [
        ((), "pass"),
        ((FacilityCause.PAYOUT_NOT_SEEN,), "pass"),
        ((FacilityCause.GRACE_UNKNOWN, FacilityCause.PAYOUT_NOT_SEEN), "fail"),
    ],
)
def test_a_person_looks_at_a_loan_that_may_not_be_repaid_yet(causes: tuple[FacilityCause, ...], result: str) -> None:
    """Its instalments may become a multiple, and only the contract tells."""
    found = assess(policy=AHEAD, borrowings=owing(facilities=tuple(map(_level_loan, causes))))
    assert rule(found, "GRACE_UNKNOWN").result == result
    assert found.recommendation is (Verdict.APPROVE if result == "pass" else Verdict.REFER)


def _level_loan(cause: FacilityCause) -> Facility:
    return Facility(
        kind=FacilityKind.LOAN,
        funder="promotional/kfw",
        party=1,
        state=FacilityState.RUNNING,
        course=Course.LEVEL,
        rhythm=Rhythm.MONTHLY,
        instalment_cents=83_333,
        payments=10,
        first_on=date(2026, 1, 2),
        last_on=date(2026, 10, 2),
        paid_out_cents=None,
        cause=cause,
    )


def test_earlier_policies_decide_as_before() -> None:
    """Whatever the firm owes elsewhere."""
    before, after = assess(), assess(borrowings=owing(*(9_000,) * 12, new_count=9))
    assert before == after
    assert before.cash_flow == CashFlow(
        surplus_cents=6_000_000,
        drawings_cents=None,
        drawings_floor_cents=None,
        vat_shortfall_cents=None,
        debt_service_observed_cents=600_000,
        debt_service_projected_cents=None,
    )


def test_own_loans_that_are_not_paid_out_count_on_top() -> None:
    """No bank line shows them: their instalments and their number are added to what is seen."""
    own = OwnLoans(open_count=2, exposure_cents=3_000_000, pending=pending(100_000, 36))
    found = assess(circumstances={"own_loans": own}, policy=AHEAD, borrowings=owing(*(1_000,) * 12, new_count=2))
    assert found.cash_flow is not None
    assert available(found.cash_flow) == (6_000_000, 1_200_000 + 1_200_000)
    assert (rule(found, "NEW_FACILITIES").value, found.recommendation) == (3.0, Verdict.REFER)


def test_earlier_policies_do_not_look_at_own_loans() -> None:
    """A simulation gives them a record of a later policy, which knows these."""
    own = OwnLoans(open_count=1, exposure_cents=9_000_000, pending=pending(750_000, 12))
    assert assess(circumstances={"own_loans": own}) == assess()


def test_an_own_loan_that_is_a_fact_may_decline() -> None:
    """It is a contract, and not expected only."""
    own = OwnLoans(open_count=1, exposure_cents=9_000_000, pending=pending(750_000, 12))
    found = assess(circumstances={"own_loans": own}, policy=AHEAD, borrowings=owing())
    assert (found.recommendation, codes(found)) == (Verdict.DECLINE, ["LIMIT_BELOW_PRODUCT"])


@pytest.mark.parametrize(("lacking", "surplus_cents"), [(2_500_00.0, 57_500_00), (0.0, 60_000_00), (None, 60_000_00)])
def test_tax_that_was_not_paid_is_no_surplus(lacking: float | None, surplus_cents: int) -> None:
    """Where it cannot be told, nothing is deducted and nothing is missing."""
    found = assess(row={"trust_vat_shortfall_12m_cents": lacking}, policy=AHEAD, borrowings=owing())
    assert found.cash_flow is not None
    assert available(found.cash_flow)[0] == surplus_cents
    assert found.recommendation is Verdict.APPROVE


@pytest.mark.parametrize(
    ("share", "result"), [(0.2, "pass"), (0.2001, "fail"), (0.0, "pass"), (None, "not_applicable")]
)
def test_unpaid_value_added_tax_leads_to_a_person(share: float | None, result: str) -> None:
    """Above a fifth; a firm too young for a value is no worse for it."""
    made = assess(policy=AHEAD, row={"trust_vat_shortfall_share_12m": share})
    assert rule(made, "VAT_NOT_PAID").result == result
    assert ("VAT_NOT_PAID" in codes(made)) is (result == "fail")
    assert "VAT_NOT_PAID_NOT_CHECKED" not in codes(made)


def test_tax_that_seems_unpaid_declines_nobody() -> None:
    """It may be paid from an account that is not in the books."""
    found = assess(row={"trust_vat_shortfall_12m_cents": 9_000_000.0}, policy=AHEAD, borrowings=owing())
    assert (found.recommendation, codes(found)) == (Verdict.REFER, ["LIMIT_BELOW_REQUEST"])


def test_a_policy_that_follows_the_season_reads_two_other_features() -> None:
    """The rule and the limit stay as they are."""
    for name, in_season in (
        ("liquidity_operating_surplus_12m_cents", "liquidity_smoothed_surplus_12m_cents_v2"),
        ("trust_sales_burst_score_30d", "trust_burst_in_season_score_30d_v2"),
        ("revenue_net_12m_cents", "revenue_net_12m_cents_v2"),
    ):
        assert (EARLIER.feature(name), SHIPPED.feature(name)) == (f"{name}_v2", in_season)


@pytest.mark.parametrize(
    ("smoothed", "last", "bound", "observed"),
    [
        # over 1.25, less 6,000 of debt service, a twelfth a month
        (60_000, 60_000, 3_500_00, 3_500_00),
        (60_000, 15_000, 3_500_00, 3_500_00),  # one bad month's end lowers nothing
        (15_000, 60_000, 500_00, 3_500_00),  # the mean bounds, and declines nobody
        (-5_000, 60_000, 0, 3_500_00),
        (15_000, 15_000, 500_00, 500_00),
        (15_000, None, 500_00, 500_00),
    ],
)
def test_a_smoothed_surplus_bounds_the_limit_and_the_better_one_declines(
    smoothed: int, last: int | None, bound: int, observed: int
) -> None:
    """Euro of surplus; the instalment that is carried, in cents."""
    limit = limit_of(
        ROW | {"liquidity_operating_surplus_12m_cents": smoothed * 100.0, "receivables_eligible_cents": 9e9},
        POLICY.products["working_capital"],
        12,
        limits=POLICY.limits,
        highest_annual_rate_bps=1_490,
        lenient_surplus_cents=None if last is None else last * 100,
    )
    step = POLICY.limits.step_cents
    assert limit.constraints["cash_flow"] == highest_principal_cents(bound, 1_490, 12)
    assert limit.observed_cents == highest_principal_cents(observed, 1_490, 12) // step * step
    assert limit.cash_flow is not None
    assert (limit.cash_flow.surplus_cents, limit.cash_flow.surplus_lenient_cents) == (
        smoothed * 100,
        None if last is None else last * 100,
    )


@pytest.mark.parametrize(("term", "counted"), [(1, 3), (2, 3), (3, 3), (4, 4), (24, 24), (25, 24)])
def test_a_term_that_is_not_offered_counts_as_the_nearest_one(term: int, counted: int) -> None:
    """A month in place of a year is a slip: a person decides on the term, and the limit declines nobody for it."""
    limits = [
        limit_of(
            ROW, AHEAD.products["working_capital"], months, limits=AHEAD.limits, highest_annual_rate_bps=1_490
        ).constraints
        for months in (term, counted)
    ]
    assert limits[0] == limits[1]
    made = assess(terms={"term_months": 1}, policy=AHEAD, borrowings=owing())
    assert (made.recommendation, "TERM_TOO_SHORT" in codes(made)) == (Verdict.REFER, True)


def test_the_lenient_surplus_is_read_where_the_other_one_is_smoothed() -> None:
    """Else there is one."""
    assert (EARLIER.lenient_surplus, SHIPPED.lenient_surplus) == (None, "liquidity_lenient_surplus_12m_cents_v2")
    assert SHIPPED.lenient_surplus in needed_features(SHIPPED)
    assert "liquidity_smoothed_surplus_12m_cents_v2" in needed_features(SHIPPED)
    assert "liquidity_smoothed_surplus_12m_cents_v2" not in needed_features(EARLIER)


def test_without_catalogue_2_no_policy_follows_the_season() -> None:
    """Catalogue 1 does not have these features."""
    text = POLICY_FILE.with_name("v1.toml").read_text()
    with pytest.raises(PolicyError, match=r"`follows_season` needs `catalogue = 2`"):
        load_policy(text.replace('version = "1"', 'version = "1"\nfollows_season = true').encode())


@pytest.mark.parametrize(
    ("name", "in_substance"),
    [
        ("receivables_loss_share_12m", "receivables_given_up_share_12m_v2"),
        ("customers_top1_share_12m", "customers_top1_or_payer_share_12m_v2"),
    ],
)
def test_policy_4_puts_substance_over_form(name: str, in_substance: str) -> None:
    """Policy 3 reads what it read. What goes by the name stands beside, so that a person sees the difference."""
    assert (SHIPPED.feature(name), EARLIER.feature(name)) == (in_substance, f"{name}_v2")
    assert {in_substance, f"{name}_v2"} <= set(needed_features(SHIPPED))
    assert in_substance not in needed_features(EARLIER)


def test_substance_needs_the_second_catalogue() -> None:
    """The first has no such features."""
    text = POLICY_FILE.read_text(encoding="utf-8") + "\n"
    with pytest.raises(PolicyError, match="substance_over_form"):
        load_policy(text.replace('currency = "EUR"', 'currency = "EUR"\nsubstance_over_form = true', 1).encode())


@pytest.mark.parametrize(("months", "result"), [(0.1, "pass"), (0.1001, "fail"), (None, "not_applicable")])
def test_old_bills_that_are_not_due_lead_to_a_person(months: float | None, result: str) -> None:
    """Beyond a tenth of a month's purchases; who has no bills is no worse for it."""
    policy = msgspec.structs.replace(POLICY, caps=msgspec.structs.replace(POLICY.caps, stretched_months_at_most=0.1))
    made = assess(policy=policy, row={"payables_stretched_months": months})
    assert rule(made, "BILLS_STRETCHED").result == result
    assert codes(made) == (["BILLS_STRETCHED"] if result == "fail" else [])
    assert made.recommendation is (Verdict.REFER if result == "fail" else Verdict.APPROVE)


@pytest.mark.parametrize(
    ("known", "limit_cents", "observed_cents"),
    [
        (None, 8_500_00, 8_500_00),  # where it is not known nothing is taken away
        (10_000_00.0, 8_500_00, 8_500_00),
        (20_000_00.0, 8_500_00, 8_500_00),  # never more than is eligible
        (8_000_00.0, 6_800_00, 8_500_00),
        (0.0, 0, 8_500_00),
    ],
)
def test_only_receivables_from_known_payers_are_lent_on(
    known: float | None, limit_cents: int, observed_cents: int
) -> None:
    """85 % of 10,000; what is taken away declines nobody."""
    row = dict(ROW) | {"receivables_eligible_cents": 10_000_00.0, "receivables_known_eligible_cents": known}
    product = POLICY.products["working_capital"]
    limits = msgspec.structs.replace(POLICY.limits, payers_must_be_known=True)
    found = limit_of(row, product, 12, limits=limits, highest_annual_rate_bps=1490)
    assert (found.cents, found.observed_cents) == (limit_cents, observed_cents)
    before = limit_of(row, product, 12, limits=POLICY.limits, highest_annual_rate_bps=1490)
    assert before.cents == 8_500_00
    policy = msgspec.structs.replace(POLICY, limits=limits)
    made = assess(policy=policy, row=row)
    assert made.recommendation is not Verdict.DECLINE
