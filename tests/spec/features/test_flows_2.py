"""Bank accounts, catalogue 2: income, payers, debt service, drawings, funders, taxes; literal books."""

from datetime import date, timedelta

import pytest
from builders import Row, feature_of, make_account, make_ledger, make_transaction

from features.derive import derive, evidence
from features.ledger import Ledger
from features.recognised import COLLECTIVE, NO_SALES
from features.spine import spine_of

AS_OF = date(2024, 12, 31)
FIRST_OF_90, BEFORE_90 = date(2024, 10, 3), date(2024, 10, 2)
FIRST_OF_6M, BEFORE_6M = date(2024, 7, 1), date(2024, 6, 30)
FIRST_OF_12M, BEFORE_12M = date(2024, 1, 1), date(2023, 12, 31)
TILL = make_account(account_id=2, kind="register", provenance="none", feed="none")


def _line(day: date, euro: float, category: str = "customer_receipt", **overrides: object) -> Row:
    return make_transaction(happened_on=day, amount_cents=round(euro * 100), category=category, **overrides)


OLD = _line(date(2022, 1, 1), 0, "other")
"""Makes the bank history long enough."""


def _bank(*lines: Row, old: Row = OLD) -> Ledger:
    """Lines of account 1, which the bank delivers, and of a till."""
    return make_ledger(accounts=[make_account(), TILL], transactions=[old, *lines])


def _behind(name: str, ledger: Ledger) -> tuple[int, ...]:
    return evidence(derive(ledger, spine_of(AS_OF), [name]), [name])[name].transactions


NO_INCOME = [name for name in NO_SALES if name != "cash_deposit"]
VOLATILITY = "liquidity_income_volatility_12m_v2"


def test_income_volatility_is_the_median_deviation_from_the_median_month() -> None:
    """Eleven months of 100, 200 or 300, and one of 9,000: 200 in the middle, 100 away from it as a rule."""
    euro = [100, 200, 300] * 3 + [100, 300, 9_000]
    lines = [_line(date(2024, month, 15), amount) for month, amount in enumerate(euro, start=1)]
    assert feature_of(VOLATILITY, AS_OF, _bank(*lines, _line(BEFORE_12M, 5_000))) == 0.5


def test_income_volatility_of_a_young_account_is_of_the_months_that_it_has() -> None:
    """Six months of 100 do not vary; the six before the account are not months of nothing."""
    lines = [_line(date(2024, month, 1), 100) for month in range(7, 13)]
    assert feature_of(VOLATILITY, AS_OF, _bank(*lines, old=_line(FIRST_OF_6M, 0, "other"))) == 0.0
    assert feature_of(VOLATILITY, AS_OF, _bank(*lines)) == 1.0
    assert feature_of(VOLATILITY, AS_OF, _bank(*lines[1:])) == "undefined"  # the median month had none
    young = _bank(*lines[1:], old=_line(date(2024, 7, 2), 0, "other"))
    assert feature_of(VOLATILITY, AS_OF, young) == "too_little_history"


COUNT = "liquidity_inflow_count_90d_v2"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (_line(FIRST_OF_90, 10), 1),
        (_line(FIRST_OF_90, 9.99), 0),
        (_line(BEFORE_90, 500), 0),
        (_line(AS_OF, 500, "other"), 1),
        (_line(AS_OF, 500, "cash_deposit"), 1),
        *((_line(AS_OF, 500, category), 1) for category in COLLECTIVE),
        *((_line(AS_OF, 500, category), 0) for category in NO_INCOME),
        (_line(AS_OF, 500, transfer="amount"), 0),
        (_line(AS_OF, 500, is_fed=False), 0),
        (_line(AS_OF, 500, is_duplicate=True), 0),
        (_line(AS_OF, 500, account_id=2), 0),
        (_line(AS_OF, -500), 0),
    ],
)
def test_inflows_are_of_customers_or_cash_paid_in_and_proven(line: Row, expected: int) -> None:
    """At least 10 euro, in the last 90 days."""
    assert feature_of(COUNT, AS_OF, _bank(line)) == expected


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (_line(AS_OF, 6, counterparty_account=5), 1),  # 12 euro in two sums
        (_line(AS_OF, 600, counterparty_account=5), 1),
        (_line(AS_OF, 600, counterparty_account=6), 1),  # 6 euro are too little
        (_line(AS_OF, 600), 1),
        (_line(date(2024, 12, 30), 600, counterparty_account=5), 1),
    ],
)
def test_a_payment_in_two_sums_is_one_inflow(second: Row, expected: int) -> None:
    """Of one account and day; what names no account is one a day."""
    assert feature_of(COUNT, AS_OF, _bank(_line(AS_OF, 6, counterparty_account=5), second)) == expected
    more = [_line(AS_OF, 20), _line(AS_OF, 20, "cash_deposit"), _line(FIRST_OF_90, 20)]
    own = {"counterparty_account": 5}
    assert feature_of(COUNT, AS_OF, _bank(*more, _line(AS_OF, 20, **own), _line(FIRST_OF_90, 20, **own))) == 4


def test_inflows_need_ninety_days_of_lines() -> None:
    """None is a number where the account is old enough."""
    assert feature_of(COUNT, AS_OF, _bank(old=_line(FIRST_OF_90, 0))) == 0
    assert feature_of(COUNT, AS_OF, _bank(old=_line(FIRST_OF_90 + timedelta(days=1), 0))) == "too_little_history"


TOP = "liquidity_top_payer_share_12m_v2"


def test_the_largest_payer_is_an_account_that_customers_pay_from() -> None:
    """Account 7 paid 300 of 1,000; the provider's 500 and the 200 of nobody are part of the whole."""
    lines = [
        _line(FIRST_OF_12M, 100, counterparty_account=7),
        _line(AS_OF, 200, counterparty_account=7),
        _line(BEFORE_12M, 999, counterparty_account=7),
        _line(AS_OF, -250, "refund_paid", counterparty_account=7),
        _line(AS_OF, 500, "provider_payout", counterparty_account=8),
        _line(AS_OF, 200),
        _line(AS_OF, 4_000, "loan_proceeds", counterparty_account=9),
        _line(AS_OF, 4_000, "cash_deposit"),
        _line(AS_OF, 4_000, counterparty_account=9, transfer="own_name"),
        _line(AS_OF, 4_000, counterparty_account=9, is_fed=False),
    ]
    ledger = _bank(*lines)
    assert feature_of(TOP, AS_OF, ledger) == 0.3
    assert _behind(TOP, ledger) == (lines[1]["transaction_id"], lines[0]["transaction_id"])


def test_without_a_known_payer_the_largest_is_unknown() -> None:
    """Not a share of 0."""
    assert feature_of(TOP, AS_OF, _bank(_line(AS_OF, 200))) == "undefined"
    assert feature_of(TOP, AS_OF, _bank()) == "undefined"


SERVICE = "liquidity_debt_service_month_6m_cents_v2"


@pytest.mark.parametrize(
    ("paid", "expected"),
    [
        ([(month, 50) for month in range(7, 13)], 50_00),
        ([(10, 50), (11, 50), (12, 50)], 50_00),  # a loan since October
        ([(11, 50), (12, 50)], 0),
        ([(7, 50), (8, 50), (9, 50), (10, 50), (11, 50), (12, 900)], 50_00),  # one large repayment
        ([(10, 50), (11, 50), (12, 20), (12, 40), (12, -10)], 50_00),  # a refund leaves 50 in December
        ([(7, -50), (8, -50), (9, -50), (10, -50)], 0),
        ([], 0),
    ],
)
def test_debt_service_of_a_month_is_the_upper_median_of_six(paid: list[tuple[int, int]], expected: int) -> None:
    """Loans and leases together; what somebody entered as a refund is none."""
    lines = [_line(date(2024, month, 1), -euro, "lease") for month, euro in paid]
    others = [
        _line(BEFORE_6M, -700, "loan_service"),
        *(_line(date(2024, month, 1), -800, "supplier") for month in range(7, 13)),
        *(_line(date(2024, month, 1), -800, "loan_service", transfer="link") for month in range(7, 13)),
        *(_line(date(2024, month, 1), 30, "loan_service", is_fed=False) for month in range(7, 13)),
    ]
    assert feature_of(SERVICE, AS_OF, _bank(*lines, *others)) == expected


DRAWINGS = "liquidity_drawings_share_6m_v2"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([(FIRST_OF_6M, -100, "owner_drawing")], 0.25),
        ([(AS_OF, -900, "owner_drawing")], 1.0),
        ([(BEFORE_6M, -100, "owner_drawing")], 0.0),
        ([(AS_OF, -100, "cash_withdrawal"), (AS_OF, -100, "wages")], 0.0),
    ],
)
def test_drawings_are_a_share_of_what_customers_paid(lines: list[tuple[date, int, str]], expected: float) -> None:
    """Of 300 by transfer and 100 in cash; what owners and lenders gave is not earned."""
    income = [_line(FIRST_OF_6M, 300), _line(AS_OF, 100, "cash_deposit"), _line(BEFORE_6M, 999)]
    given = [_line(AS_OF, 999, "owner_contribution"), _line(AS_OF, 999, "loan_proceeds")]
    own = _line(AS_OF, -999, "owner_drawing", transfer="own_name")
    assert feature_of(DRAWINGS, AS_OF, _bank(*income, *given, own, *(_line(*line) for line in lines))) == expected
    assert feature_of(DRAWINGS, AS_OF, _bank(*given, *(_line(*line) for line in lines))) == "undefined"


FUNDERS = "liquidity_new_funder_count_90d_v2"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([(FIRST_OF_90, 5)], 1),
        ([(BEFORE_90, 5)], 0),
        ([(BEFORE_90, 5), (AS_OF, 5)], 0),  # the next part of an old loan
        ([(FIRST_OF_90, 5), (AS_OF, 5)], 1),
        ([(FIRST_OF_90, 5), (AS_OF, 6)], 2),
        ([(FIRST_OF_90, None), (AS_OF, None)], 1),
        ([(FIRST_OF_90, None), (AS_OF, 5)], 2),
        ([(BEFORE_90, None), (AS_OF, None), (AS_OF, 5)], 1),
    ],
)
def test_new_funders_are_accounts_that_paid_out_no_loan_before(
    lines: list[tuple[date, int | None]], expected: int
) -> None:
    """Their other payments are none; pay-outs that name nobody are one."""
    loans = [_line(day, 5_000, "loan_proceeds", counterparty_account=account) for day, account in lines]
    others = [
        _line(AS_OF, 70, counterparty_account=77),
        _line(AS_OF, -70, "loan_proceeds", counterparty_account=78),
        _line(AS_OF, 70, "loan_proceeds", counterparty_account=79, transfer="account"),
    ]
    ledger = _bank(*loans, *others)
    assert feature_of(FUNDERS, AS_OF, ledger) == expected
    assert (len(_behind(FUNDERS, ledger)) > 0) is (expected > 0)


def test_a_funder_is_seen_in_young_books_too() -> None:
    """Nobody is where the account is too young to tell; a line that was entered shows one all the same."""
    young = _line(AS_OF, 0, "other")
    assert feature_of(FUNDERS, AS_OF, _bank(old=young)) == "too_little_history"
    entered = _line(AS_OF, 5_000, "loan_proceeds", is_fed=False)
    assert feature_of(FUNDERS, AS_OF, _bank(entered, old=young)) == 1


TROUBLES = ("liquidity_tax_trouble_count_12m_v2", "liquidity_social_security_trouble_count_12m_v2")
SINCE = date(2023, 12, 1)


@pytest.mark.parametrize(
    ("paid", "sign", "expected"),
    [
        ("vat", (SINCE, -5, "reminder_fee"), (1, 0)),
        ("payroll_tax", (SINCE, -5, "reminder_fee"), (1, 0)),
        ("income_tax", (date(2024, 12, 15), 300, "returned_debit"), (1, 0)),
        ("trade_tax", (SINCE, -300, "returned_debit"), (1, 0)),
        ("other_tax", (SINCE, -5, "reminder_fee"), (1, 0)),
        ("social_security", (SINCE, -5, "reminder_fee"), (0, 1)),
        ("social_security", (SINCE, 300, "returned_debit"), (0, 1)),
        ("supplier", (SINCE, -5, "reminder_fee"), (0, 0)),
        ("vat", (SINCE - timedelta(days=1), -5, "reminder_fee"), (0, 0)),
        ("vat", (SINCE, 5, "reminder_fee"), (0, 0)),  # given back
        ("vat", (SINCE, 0, "returned_debit"), (0, 0)),
        ("vat", (SINCE, -5, "return_fee"), (0, 0)),
        ("vat", (SINCE, -5, "enforcement_cost"), (0, 0)),  # for the firm's own claims
    ],
)
def test_trouble_is_told_by_the_account_that_taxes_and_contributions_go_to(
    paid: str, sign: tuple[date, int, str], expected: tuple[int, int]
) -> None:
    """Late fees and returned debits on account 5, to which the firm paid something else before; not on account 6."""
    as_of = date(2024, 12, 15)
    lines = [_line(BEFORE_12M, -400, paid, counterparty_account=5), _line(*sign, counterparty_account=5)]
    lines += [_line(*sign, counterparty_account=6), _line(*sign), _line(SINCE, 9, "vat", counterparty_account=6)]
    ledger = _bank(*lines)
    assert tuple(feature_of(name, as_of, ledger) for name in TROUBLES) == expected
    for name, count in zip(TROUBLES, expected, strict=True):
        behind = evidence(derive(ledger, spine_of(as_of), [name]), [name])[name]
        assert behind.transactions == ((lines[1]["transaction_id"],) if count else ())


@pytest.mark.parametrize("name", TROUBLES)
def test_no_trouble_needs_half_a_year_of_lines(name: str) -> None:
    """One sign is enough."""
    assert feature_of(name, AS_OF, _bank(old=_line(FIRST_OF_6M, 0))) == 0
    young = _line(date(2024, 7, 2), 0)
    assert feature_of(name, AS_OF, _bank(old=young)) == "too_little_history"
    paid = [_line(AS_OF, -50, category, counterparty_account=5) for category in ("vat", "social_security")]
    fee = _line(AS_OF, -5, "reminder_fee", counterparty_account=5, is_fed=False)
    assert feature_of(name, AS_OF, _bank(*paid, fee, old=young)) == 1


GAPS = "liquidity_social_security_gap_count_12m_v2"


def _staff(wages: list[date], contributions: list[date]) -> Ledger:
    lines = [_line(day, -900, "wages") for day in wages]
    return _bank(*lines, *(_line(day, -300, "social_security") for day in contributions))


def _months(day: int, *left_out: int) -> list[date]:
    return [date(2024, month, day) for month in range(1, 13) if month not in left_out]


@pytest.mark.parametrize(
    ("wages", "contributions", "expected"),
    [
        (_months(28), _months(27), 0),
        (_months(28), _months(27, 6), 1),
        (_months(28), [*_months(27, 6), date(2024, 7, 5)], 0),  # late, and not left out
        (_months(28), [*_months(27, 6), date(2024, 7, 6)], 1),
        (_months(28, 6), _months(27, 6), 0),  # nobody worked
        (_months(28), _months(27, 1, 2, 3), 0),  # the first contributions of the books
        (_months(28), _months(27, 9, 10, 11, 12), 3),  # the firm stopped; the last month may still come
        (_months(28), _months(27, 12), 0),
        (_months(28), _months(27, *range(4, 13)), 8),
        (_months(28), _months(27, *range(3, 13)), "too_few_documents"),
        (_months(28), _months(27, *range(3, 12)), "too_few_documents"),  # December's may not be the last word
        (_months(28), [], "too_few_documents"),  # an owner's salary is free of contributions
    ],
)
def test_a_gap_is_a_month_with_wages_and_without_contributions(
    wages: list[date], contributions: list[date], expected: int | str
) -> None:
    """As of the end of December: November is the last month that counts."""
    assert feature_of(GAPS, AS_OF, _staff(wages, contributions)) == expected


def test_gaps_are_of_twelve_months() -> None:
    """December of last year is the first of them."""
    contributed = [date(2023, 10, 27), *_months(27)]
    assert feature_of(GAPS, AS_OF, _staff([date(2023, 12, 28)], contributed)) == 1
    assert feature_of(GAPS, AS_OF, _staff([date(2023, 11, 28)], contributed)) == 0


WAGE_AGE = "liquidity_wage_age_days_v2"


@pytest.mark.parametrize(
    ("wages", "expected"),
    [
        (_months(28), 3),
        (_months(28, 12), 33),
        (_months(28, 11, 12), 64),
        ([*_months(28, 12), date(2024, 12, 31)], 0),
        (_months(28, *range(7, 13)), 186),  # six months with wages, and then none
        (_months(28, *range(6, 13)), "too_few_documents"),
        (_months(28, *range(1, 7)), "too_few_documents"),  # December's wages do not make up for a sixth month before
        ([], "too_few_documents"),
    ],
)
def test_the_age_of_wages_is_that_of_the_last_ones(wages: list[date], expected: int | str) -> None:
    """A line of the last of December is the newest; who pays wages now and then has no rhythm to miss."""
    lines = [_line(day, -900, "wages") for day in wages]
    assert feature_of(WAGE_AGE, AS_OF, _bank(*lines, _line(AS_OF, 100))) == expected


def test_a_feed_that_stands_still_is_no_missed_wage() -> None:
    """The newest line that the bank delivered is of October; what somebody entered since does not count."""
    wages, entered = _staff(_months(28, 11, 12), []), _line(AS_OF, 100, is_fed=False)
    assert feature_of(WAGE_AGE, AS_OF, wages) == 0
    assert feature_of(WAGE_AGE, AS_OF, _bank(*(_line(day, -900, "wages") for day in _months(28, 11, 12)), entered)) == 0


def test_wages_that_came_back_are_no_wages() -> None:
    """Money in of that category does not renew the age."""
    back = _line(date(2024, 12, 30), 900, "wages")
    assert feature_of(WAGE_AGE, AS_OF, _bank(*(_line(day, -900, "wages") for day in _months(28)), back)) == 2
