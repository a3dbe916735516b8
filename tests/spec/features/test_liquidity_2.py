"""Liquidity, catalogue 2: proven money, own transfers, tills, categories of lines, levels; literal books."""

from datetime import date, timedelta

import pytest
from builders import Row, feature_of, make_account, make_ledger, make_level, make_transaction

from features.ledger import TRANSFER, Ledger

AS_OF = date(2024, 12, 31)
FIRST_OF_90 = date(2024, 10, 3)
MIDYEAR = date(2024, 6, 1)
TILL = make_account(account_id=2, kind="register", provenance="none", feed="none")


def _line(day: date, euro: float, category: str = "other", **overrides: object) -> Row:
    return make_transaction(happened_on=day, amount_cents=round(euro * 100), category=category, **overrides)


OLD = _line(date(2023, 1, 1), 0)
"""Makes the bank history long enough."""


def _bank(*lines: Row, state: str = "verified", level_euro: int = 0) -> Ledger:
    """Lines of account 1, which the bank delivers, and of a till."""
    level = make_level(happened_on=date(2022, 12, 31), level_cents=level_euro * 100, state=state)
    return make_ledger(accounts=[make_account(), TILL], levels=[level], transactions=[OLD, *lines])


RATIO = "liquidity_inflow_outflow_ratio_90d_v2"
SURPLUS = "liquidity_operating_surplus_12m_cents_v2"
SERVICE = "liquidity_debt_service_12m_cents_v2"


@pytest.mark.parametrize("transfer", TRANSFER.categories.to_list())
def test_own_transfers_are_neither_in_nor_out_whatever_shows_them(transfer: str) -> None:
    """200 in and 100 out, and 700 to and fro: 2.0 where they are own transfers."""
    to_and_fro = [_line(AS_OF, euro, transfer=transfer, is_internal=False) for euro in (700, -700)]
    ledger = _bank(_line(FIRST_OF_90, 200), _line(AS_OF, -100), *to_and_fro)
    assert feature_of(RATIO, AS_OF, ledger) == (1.125 if transfer == "none" else 2.0)


def test_a_link_of_version_one_makes_no_transfer() -> None:
    """Version 2 says for itself what a transfer is."""
    ledger = _bank(_line(AS_OF, 200, is_internal=True), _line(AS_OF, -100, is_internal=True))
    assert feature_of(RATIO, AS_OF, ledger) == 2.0


def test_money_in_counts_where_it_is_proven_and_money_out_always() -> None:
    """What somebody entered beside the bank's lines adds nothing and takes away all the same."""
    entered = [_line(AS_OF, 900, is_fed=False), _line(AS_OF, -100, is_fed=False)]
    ledger = _bank(_line(AS_OF, 300), _line(AS_OF, -100), *entered)
    assert feature_of(RATIO, AS_OF, ledger) == 1.5
    assert feature_of(SURPLUS, AS_OF, ledger) == 100_00


def test_entered_lines_on_another_account_prove_nothing_beside_a_fed_one() -> None:
    """An account whose statements are uploaded is no way around the bank."""
    uploaded = _line(AS_OF, 900, account_id=3, is_fed=False)
    other = make_account(account_id=3, provenance="file_import", feed="none")
    ledger = make_ledger(accounts=[make_account(), other], transactions=[OLD, _line(AS_OF, 100), uploaded])
    assert feature_of(SURPLUS, AS_OF, ledger) == 100_00


def test_where_the_bank_delivers_nothing_what_was_entered_is_all_there_is() -> None:
    """The policy bounds what it may weigh; history begins with it, too. The bank's first line ends that."""
    uploaded = [_line(date(2024, 1, 1), 300, is_fed=False), _line(AS_OF, -100, is_fed=False)]
    accounts = [make_account(provenance="file_import", feed="none")]
    ledger = make_ledger(accounts=accounts, transactions=uploaded)
    assert feature_of(SURPLUS, AS_OF, ledger) == 200_00
    assert feature_of(SURPLUS, AS_OF - timedelta(days=3), ledger) == "too_little_history"
    fed = make_ledger(accounts=accounts, transactions=[*uploaded, _line(AS_OF, 1)])
    assert feature_of(SURPLUS, AS_OF, fed) == "too_little_history"
    assert feature_of(RATIO, AS_OF, fed) == "too_little_history"


def test_lines_imported_twice_count_once() -> None:
    """In the sums and in the balance."""
    copies = [_line(AS_OF, -300, is_duplicate=True), _line(AS_OF, 900, is_duplicate=True)]
    ledger = _bank(_line(AS_OF, -300), _line(AS_OF, 600), *copies, level_euro=100)
    assert feature_of(RATIO, AS_OF, ledger) == 2.0
    assert feature_of("liquidity_minimum_balance_months_90d_v2", AS_OF, ledger) == 1.0


def test_connections_of_one_account_have_one_level() -> None:
    """The reconnected account: old lines on account 1, new ones on account 4, one level of 500."""
    accounts = [make_account(), make_account(account_id=4, bank_account_id=1)]
    lines = [OLD, _line(date(2024, 11, 1), 100), _line(AS_OF, -300, account_id=4, bank_account_id=1)]
    level = make_level(happened_on=date(2022, 12, 31), level_cents=500_00)
    ledger = make_ledger(accounts=accounts, levels=[level], transactions=lines)
    assert feature_of("liquidity_minimum_balance_months_90d_v2", AS_OF, ledger) == 3.0
    assert feature_of("liquidity_overdraft_days_90d_v2", AS_OF, ledger) == 0


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("verified", 1),
        ("unused", 1),
        ("stale", "balance_level_unverified"),
        ("unverified", "balance_level_unverified"),
    ],
)
def test_levels_are_confirmed_by_the_bank_or_not_needed(state: str, expected: int | str) -> None:
    """A feed that stopped confirms nothing; an account without a line and without money needs no confirmation."""
    ledger = _bank(_line(AS_OF, -101), state=state, level_euro=100)
    assert feature_of("liquidity_overdraft_days_90d_v2", AS_OF, ledger) == expected


def test_a_level_has_the_state_that_was_recorded_last() -> None:
    """The feed stopped on the 20th: until then the bank confirms the level, and again from the 28th on."""
    states = [("verified", date(2022, 12, 31)), ("stale", date(2024, 12, 20)), ("verified", date(2024, 12, 28))]
    levels = [
        make_level(happened_on=date(2022, 12, 31), level_cents=100_00, state=state, recorded_on=recorded_on)
        for state, recorded_on in states
    ]
    lines = [OLD, _line(date(2024, 12, 1), -101)]
    ledger = make_ledger(accounts=[make_account()], levels=levels, transactions=lines)
    days = [date(2024, 12, day) for day in (19, 20, 27, 28)]
    name = "liquidity_overdraft_days_90d_v2"
    assert [feature_of(name, day, ledger) for day in days] == [
        19,
        "balance_level_unverified",
        "balance_level_unverified",
        28,
    ]


def test_an_empty_till_leaves_the_levels_confirmed_and_one_with_lines_does_not() -> None:
    """Nobody confirms what is in a till."""
    levels = [
        make_level(happened_on=date(2022, 12, 31)),
        make_level(bank_account_id=2, happened_on=date(2022, 12, 31), level_cents=0, state="unused"),
    ]
    ledger = make_ledger(accounts=[make_account(), TILL], levels=levels, transactions=[OLD, _line(AS_OF, -100)])
    assert feature_of("liquidity_minimum_balance_months_90d_v2", AS_OF, ledger) == 27.0
    used = make_ledger(
        accounts=[make_account(), TILL],
        levels=levels[:1],
        transactions=[OLD, _line(AS_OF, -100), _line(AS_OF, 5, account_id=2, is_fed=False)],
    )
    assert feature_of("liquidity_minimum_balance_months_90d_v2", AS_OF, used) == "balance_level_unverified"


@pytest.mark.parametrize("transfer", ["none", "link"])
def test_a_till_counts_by_what_is_paid_in_and_drawn_at_the_bank(transfer: str) -> None:
    """900 in the till were entered by hand; 300 paid in and 50 drawn are seen at the bank, linked or not."""
    till = [
        _line(AS_OF, 900, account_id=2, is_fed=False),
        _line(AS_OF, -300, account_id=2, is_fed=False, transfer=transfer),
        _line(AS_OF, 50, account_id=2, is_fed=False, transfer=transfer),
        _line(AS_OF, -200, account_id=2, is_fed=False, category="supplier"),
    ]
    bank = [_line(AS_OF, 300, "cash_deposit", transfer=transfer), _line(AS_OF, -50, "cash_withdrawal")]
    ledger = _bank(*till, *bank)
    assert feature_of(SURPLUS, AS_OF, ledger) == 250_00
    assert feature_of(RATIO, AS_OF, ledger) == 6.0


def test_a_till_makes_no_bank_history() -> None:
    """Nor does a firm with nothing but a till have one."""
    old = _line(date(2023, 1, 1), 50, account_id=2, is_fed=False)
    for lines in ([old, _line(AS_OF, 1)], [old]):
        ledger = make_ledger(accounts=[make_account(), TILL], transactions=lines)
        assert feature_of(SURPLUS, AS_OF, ledger) == "too_little_history"


def test_lines_of_an_account_are_seen_from_the_day_it_is_known() -> None:
    """What kind of account it is, is not known before."""
    later = make_account(account_id=3, recorded_on=date(2024, 12, 20))
    lines = [OLD, _line(date(2024, 11, 1), -40, account_id=3)]
    ledger = make_ledger(accounts=[make_account(), later], transactions=lines)
    assert feature_of(RATIO, date(2024, 12, 19), ledger) == "undefined"
    assert feature_of(RATIO, date(2024, 12, 20), ledger) == 0.0


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (_line(date(2024, 10, 2), -9, "returned_debit"), 0),  # the day before the 90 days
        (_line(FIRST_OF_90, -9, "returned_debit"), 1),
        (_line(AS_OF, 9, "returned_debit"), 1),  # the re-credit of a debit drawn on the firm
        (_line(AS_OF, -0.01, "returned_debit"), 1),
        (_line(AS_OF, 0, "returned_debit"), 0),  # the continuation of another line
        (_line(AS_OF, -9, "return_fee"), 0),  # the bank's fee for a return is no second one
        (_line(AS_OF, -9, "returned_customer_debit"), 0),
        (_line(AS_OF, 9, "returned_objection"), 0),
        (_line(AS_OF, -9, "returned_debit", is_duplicate=True), 0),
        (_line(AS_OF, -9, nature="returned_debit"), 0),
    ],
)
def test_returned_debits_are_those_drawn_on_the_firm_for_missing_cover(line: Row, expected: int) -> None:
    """Not those of customers, not objections, not fees."""
    assert feature_of("liquidity_returned_debit_count_90d_v2", AS_OF, _bank(line)) == expected


def test_returned_debits_need_ninety_days_of_proven_lines_unless_there_are_some() -> None:
    """An entered line proves no history, and shows a return all the same."""
    first = _line(FIRST_OF_90, 1, is_fed=False)
    name, recent = "liquidity_returned_debit_count_90d_v2", _line(AS_OF, 1)
    assert feature_of(name, AS_OF, make_ledger(transactions=[first, recent])) == "too_little_history"
    assert feature_of(name, AS_OF, make_ledger(transactions=[first | {"is_fed": True}, recent])) == 0
    seen = _line(AS_OF, -5, "returned_debit", is_fed=False)
    assert feature_of(name, AS_OF, make_ledger(transactions=[seen, recent])) == 1


COUNTS = (
    "liquidity_garnishment_count_12m_v2",
    "liquidity_garnishment_suspected_count_12m_v2",
    "liquidity_insolvency_sign_count_12m_v2",
)


@pytest.mark.parametrize(
    ("category", "certainty", "expected"),
    [
        ("garnishment", "certain", (1, 0, 0)),
        ("garnishment", "probable", (0, 1, 0)),
        ("insolvency_own", "certain", (0, 0, 1)),
        ("insolvency_own", "probable", (0, 0, 1)),
        ("enforcement_cost", "certain", (0, 0, 0)),  # the firm enforces its own claims
        ("enforced_receipt", "certain", (0, 0, 0)),
        ("wage_garnishment", "certain", (0, 0, 0)),  # a worker's
        ("customer_insolvency", "certain", (0, 0, 0)),
    ],
)
def test_orders_against_the_firm_are_told_by_role_and_certainty(
    category: str, certainty: str, expected: tuple[int, ...]
) -> None:
    """Strong and weak evidence are counted apart."""
    ledger = _bank(_line(MIDYEAR, -36.10, category, certainty=certainty, nature="garnishment"))
    assert tuple(feature_of(name, AS_OF, ledger) for name in COUNTS) == expected


@pytest.mark.parametrize(
    ("name", "line"),
    [
        (COUNTS[0], {"category": "garnishment"}),
        (COUNTS[1], {"category": "garnishment", "certainty": "probable"}),
        (COUNTS[2], {"category": "insolvency_own"}),
    ],
)
def test_orders_count_in_twelve_full_months_and_the_running_one(name: str, line: dict[str, str]) -> None:
    """From the 1st of December of last year to today; less than a year of proven lines cannot rule one out."""
    days = [date(2023, 11, 30), date(2023, 12, 1), date(2024, 12, 15), date(2024, 12, 16)]
    seen = [make_transaction(happened_on=day, amount_cents=-5_00, **line) for day in days]
    assert feature_of(name, date(2024, 12, 15), _bank(*seen)) == 2
    young = make_ledger(transactions=[_line(date(2024, 1, 2), 1)])
    assert feature_of(name, AS_OF, young) == "too_little_history"
    shown = make_ledger(transactions=[_line(date(2024, 1, 2), 1), seen[2]])
    assert feature_of(name, AS_OF, shown) == 1
    assert feature_of(name, AS_OF, make_ledger(transactions=[_line(date(2024, 1, 1), 1)])) == 0


YEAR = [
    _line(date(2024, 1, 1), 10_000, "customer_receipt"),
    _line(MIDYEAR, -6_000, "wages"),
    _line(MIDYEAR, -1_000, "vat"),
    _line(MIDYEAR, -500, "owner_drawing"),
    _line(MIDYEAR, 8_000, "loan_proceeds"),
    _line(MIDYEAR, 4_000, "owner_contribution"),
    _line(MIDYEAR, -3_000, transfer="own_name"),
    _line(AS_OF, -700, "loan_service"),
    _line(AS_OF, -400, "lease"),
    _line(MIDYEAR, 100, "lease"),  # a refund
    _line(MIDYEAR, 300, "loan_service", is_fed=False),  # a refund that somebody entered
    _line(MIDYEAR, -9_000, "loan_service", transfer="link"),
    _line(date(2023, 12, 31), -777, "lease"),
    _line(MIDYEAR, -50, "factoring_fee", nature="debt_service"),
]


@pytest.mark.parametrize(
    ("name", "expected"),
    [(SURPLUS, 2_450_00), (SERVICE, 1_000_00), ("liquidity_debt_service_cover_12m_v2", 2.45)],
)
def test_debt_service_is_loans_and_leases(name: str, expected: float) -> None:
    """10,000 in, less wages, tax, drawings and a fee; proceeds and contributions are no business."""
    assert feature_of(name, AS_OF, _bank(*YEAR)) == expected


@pytest.mark.parametrize(
    ("returns", "expected"),
    [
        ([], 0.0),
        ([(MIDYEAR, -100)], 0.1),
        ([(MIDYEAR, 0), (date(2023, 12, 31), -100)], 0.0),
        ([(MIDYEAR, -100), (MIDYEAR, 40)], 0.06),  # charged again
        ([(MIDYEAR, -2_000)], 1.0),  # of what was collected before
        ([(MIDYEAR, 50)], 0.0),
    ],
)
def test_customers_returns_are_a_share_of_what_was_collected(returns: list[tuple[date, int]], expected: float) -> None:
    """Five collections of 200, by amount; what somebody entered was not collected."""
    collected = [_line(MIDYEAR, 200, "collected_debit") for _ in range(5)]
    entered = _line(MIDYEAR, 9_000, "collected_debit", is_fed=False)
    lines = [_line(day, euro, "returned_customer_debit") for day, euro in returns]
    name = "liquidity_customer_return_share_12m_v2"
    assert feature_of(name, AS_OF, _bank(*collected, entered, *lines)) == expected
    assert feature_of(name, AS_OF, _bank(*collected[:4], entered, *lines)) == "too_few_documents"


DRAWN = "liquidity_drawings_12m_cents_v2"


@pytest.mark.parametrize(
    ("lines", "euro"),
    [
        ([(date(2024, 1, 1), -100, "owner_drawing"), (date(2024, 12, 31), -250, "owner_drawing")], 350),
        ([(date(2023, 12, 31), -100, "owner_drawing")], 0),  # a day before the year
        ([(date(2024, 6, 1), -100, "owner_drawing"), (date(2024, 6, 2), 100, "owner_contribution")], 100),
        ([(date(2024, 6, 1), -100, "owner_drawing"), (date(2024, 6, 2), 30, "owner_drawing")], 70),
        ([(date(2024, 6, 1), 30, "owner_drawing")], 0),
        ([(date(2024, 6, 1), -100, "cash_withdrawal"), (date(2024, 6, 1), -100, "wages")], 0),
    ],
)
def test_drawings_of_a_year_are_what_owners_took(lines: list[tuple[date, int, str]], euro: int) -> None:
    """Contributions do not make up for them; what an owner gave back does. The year is that of full months."""
    ledger = _bank(*(_line(day, amount, category=category) for day, amount, category in lines))
    assert feature_of(DRAWN, date(2024, 12, 31), ledger) == euro * 100


SMOOTHED = "liquidity_smoothed_surplus_12m_cents_v2"


@pytest.mark.parametrize(
    ("day", "category", "euro"),
    [
        (date(2024, 12, 31), "customer_receipt", 200),  # in the last of three periods alone
        (date(2024, 12, 1), "customer_receipt", 200),
        (date(2024, 11, 30), "customer_receipt", 400),
        (date(2024, 10, 31), "customer_receipt", 600),
        (date(2024, 1, 1), "customer_receipt", 600),
        (date(2023, 12, 31), "customer_receipt", 400),
        (date(2023, 11, 1), "customer_receipt", 200),  # in the first alone
        (date(2023, 10, 31), "customer_receipt", 0),
        (date(2024, 6, 1), "loan_proceeds", 0),
        (date(2024, 6, 1), "owner_contribution", 0),
        (date(2024, 6, 1), "loan_service", 0),
        (date(2024, 6, 1), "owner_drawing", 600),
        (date(2024, 6, 1), "subsidy", 0),
        (date(2024, 6, 1), "insurance_benefit", 0),
        (date(2024, 6, 1), "transfer", 0),
        (date(2024, 6, 1), "tax_refund", 600),
        (date(2024, 6, 1), "refund_received", 600),
        (date(2024, 6, 1), "cash_deposit", 600),
    ],
)
def test_the_smoothed_surplus_is_the_mean_of_three_periods_of_twelve_months(
    day: date, category: str, euro: int
) -> None:
    """One line of 600: each period that holds it adds a third."""
    assert feature_of(SMOOTHED, date(2024, 12, 31), _bank(_line(day, 600, category=category))) == euro * 100


@pytest.mark.parametrize(
    ("begins", "euro"),
    [
        (date(2023, 10, 1), 200),
        (date(2023, 11, 1), 200),
        (date(2023, 11, 2), 300),
        (date(2023, 12, 1), 300),
        (date(2024, 1, 1), 600),
        (date(2024, 1, 2), "too_little_history"),
    ],
)
def test_there_are_as_many_periods_as_the_bank_lines_reach_back(begins: date, euro: float | str) -> None:
    """600 in the last month count in the last period alone."""
    accounts = [make_account()]
    lines = [_line(begins, 0), _line(date(2024, 12, 31), 600)]
    expected = euro if isinstance(euro, str) else euro * 100
    ledger = make_ledger(accounts=accounts, transactions=lines)
    assert feature_of(SMOOTHED, date(2024, 12, 31), ledger) == expected


LENIENT = "liquidity_lenient_surplus_12m_cents_v2"
FIRST, LAST = date(2024, 1, 1), date(2024, 12, 31)


@pytest.mark.parametrize(
    ("lines", "smoothed", "lenient"),
    [
        ([(600, "customer_receipt")], 600, 600),
        # What comes once is no surplus to count on; nobody is declined for it.
        ([(600, "subsidy")], 0, 600),
        ([(600, "insurance_benefit")], 0, 600),
        ([(-600, "subsidy")], -600, -600),
        ([(-600, "insurance_benefit")], -600, -600),
        # Repairs are costs, and the insurer pays them: by the lenient surplus nothing was lost.
        ([(-600, "supplier"), (600, "insurance_benefit")], -600, 0),
        # A cost may be called a transfer, and so may money of an account that is not in the books.
        ([(600, "transfer")], 0, 600),
        ([(-600, "transfer")], -600, 0),
        ([(-600, "transfer"), (500, "transfer")], -100, 0),
        ([(-500, "transfer"), (600, "transfer")], 0, 100),
        ([(600, "loan_proceeds"), (600, "owner_contribution"), (-600, "loan_service"), (-600, "lease")], 0, 0),
        ([(600, "tax_refund"), (600, "refund_received"), (600, "cash_deposit")], 1_800, 1_800),
    ],
)
def test_what_comes_once_or_from_an_own_account_is_no_surplus(
    lines: list[tuple[int, str]], smoothed: int, lenient: int
) -> None:
    """In euro; each line is in all periods."""
    ledger = _bank(*(_line(date(2024, 6, 1), amount, category=category) for amount, category in lines))
    assert feature_of(SMOOTHED, LAST, ledger) == smoothed * 100
    assert feature_of(LENIENT, LAST, ledger) == lenient * 100


@pytest.mark.parametrize(
    ("day", "euro"),
    [(FIRST, 600), (LAST, 600), (FIRST - timedelta(1), 0), (LAST + timedelta(1), 0)],
)
def test_the_lenient_surplus_is_of_twelve_full_months(day: date, euro: int) -> None:
    """Not of the running one."""
    ledger = _bank(_line(day, 600))
    assert feature_of(LENIENT, LAST + timedelta(3), ledger) == euro * 100


def test_the_lenient_surplus_takes_both_sides_of_an_account_that_is_not_fed() -> None:
    """2,700 in and 2,600 out: by the strict one only what went out is believed."""
    fed = _line(date(2024, 6, 1), 1_000)
    entered = [_line(date(2024, 6, 2), amount, is_fed=False) for amount in (2_700, -2_600)]
    ledger = _bank(fed, *entered)
    assert feature_of(SMOOTHED, LAST, ledger) == -1_600_00
    assert feature_of(LENIENT, LAST, ledger) == 1_100_00


def test_transfers_whose_other_side_was_found_are_in_neither_surplus() -> None:
    """They are between own accounts of the books."""
    ledger = _bank(_line(date(2024, 6, 1), -600, category="transfer", transfer="link"), _line(date(2024, 6, 1), 5))
    assert (feature_of(SMOOTHED, LAST, ledger), feature_of(LENIENT, LAST, ledger)) == (500, 500)


def test_a_payment_held_back_over_the_end_of_a_month_moves_the_smoothed_surplus_by_a_third() -> None:
    """Bills of 1,200 a month; the last one is paid a day late: 1,200 more by the plain surplus, 400 by this one."""
    days = [date(2023 + month // 12, month % 12 + 1, 15) for month in range(24)]
    paid = [_line(day, -1_200) for day in days[:-1]]
    in_time, late = (_bank(*paid, _line(day, -1_200)) for day in (date(2024, 12, 31), date(2025, 1, 1)))
    for name, euro in ((SURPLUS, 1_200), (SMOOTHED, 400)):
        found = [feature_of(name, date(2025, 1, 1), ledger) for ledger in (in_time, late)]
        assert float(found[1]) - float(found[0]) == euro * 100
