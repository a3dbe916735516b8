"""Trust, catalogue 2: credible history, money that was seen, tills, payers, circular money; literal books."""

from datetime import date, timedelta

import pytest
from builders import Row, feature_of, make_account, make_bill, make_closing, make_invoice, make_ledger, make_transaction

from features.derive import derive
from features.ledger import Ledger, Resource
from features.spine import spine_of

YEAR_END = date(2024, 12, 31)
MIDYEAR = date(2024, 6, 1)
OLD = make_transaction(happened_on=date(2023, 1, 1), amount_cents=0)
"""Makes the bank history long enough."""

HISTORY = "trust_history_months_v2"
UNTRACED = "trust_paid_without_inflow_share_12m_v2"
RATIO = "trust_sales_inflow_ratio_12m_v2"


def _line(euro: float, category: str = "other", day: date = MIDYEAR, **overrides: object) -> Row:
    return make_transaction(happened_on=day, amount_cents=round(euro * 100), category=category, **overrides)


def _sale(gross_euro: float, day: date = MIDYEAR, **overrides: object) -> Row:
    return make_invoice(issued_on=day, gross_cents=round(gross_euro * 100), **overrides)


def _closing(sale: Row, euro: float, means: str = "bank", day: date = MIDYEAR, **overrides: object) -> Row:
    return make_closing(sale, amount_cents=round(euro * 100), means=means, happened_on=day, **overrides)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"invoices": [_sale(10)]}, 1),
        ({"invoices": [_sale(9.99)]}, 0),
        ({"bills": [make_bill(issued_on=MIDYEAR, gross_cents=10_00)]}, 1),
        ({"bills": [make_bill(issued_on=MIDYEAR, gross_cents=9_99)]}, 0),
        ({"transactions": [_line(10)]}, 1),
        ({"transactions": [_line(-10)]}, 1),
        ({"transactions": [_line(9.99)]}, 0),
        ({"invoices": [_sale(4)], "transactions": [_line(-3), _line(3)]}, 1),  # added up without signs
        ({"invoices": [_sale(5)], "transactions": [_line(5, day=date(2024, 7, 1))]}, 0),  # in two months
        ({"invoices": [_sale(50), _sale(50, date(2024, 7, 1)), _sale(50, date(2023, 7, 1))]}, 3),
        ({"invoices": [_sale(50, YEAR_END)]}, 1),  # December is full
        ({"invoices": [_sale(50, is_duplicate=True)], "transactions": [_line(50, is_duplicate=True)]}, 0),
        ({"transactions": [_line(50, is_fed=False), _line(0, day=YEAR_END)]}, 0),  # entered beside fed lines
        ({"transactions": [_line(50, is_fed=False)]}, 1),
        ({"transactions": [_line(50, account_id=2, is_fed=False)]}, 0),  # in the till
        ({}, 0),
    ],
)
def test_history_is_full_months_with_business_of_ten_euro(facts: dict[str, list[Row]], expected: int) -> None:
    """Of credible documents and proven lines."""
    accounts = [make_account(), make_account(account_id=2, kind="register", feed="none")]
    assert feature_of(HISTORY, YEAR_END, make_ledger(**facts, accounts=accounts)) == expected


@pytest.mark.parametrize(
    ("means", "day", "is_day_known", "share"),
    [
        ("clearing", date(2025, 1, 9), True, 0.2857),
        ("stated", date(2025, 1, 10), False, 0.2857),  # paid on some day: on that of the sale
        ("stated", date(2024, 1, 1), True, 0.2857),
        ("stated", date(2023, 12, 31), True, 0.0),
    ],
)
def test_what_was_booked_just_now_or_on_no_day_is_not_hidden(
    means: str, day: date, *, is_day_known: bool, share: float
) -> None:
    """Two of seven payments; the others came through the bank."""
    sales = [_sale(100) for _ in range(7)]
    closings = [_closing(sale, 100) for sale in sales[2:]]
    closings += [_closing(sale, 100, means, day, is_day_known=is_day_known) for sale in sales[:2]]
    ledger = make_ledger(invoices=sales, closings=closings, transactions=[OLD])
    assert feature_of(UNTRACED, date(2025, 1, 10), ledger) == share


@pytest.mark.parametrize(
    ("overrides", "share"),
    [
        ({}, 0.0),
        ({"transfer": "link"}, 0.2857),
        ({"transfer": "amount"}, 0.2857),
        ({"transfer": "account", "category": "cash_deposit"}, 0.0),  # cash is no transfer
    ],
)
def test_money_from_an_own_account_pays_no_sale(overrides: dict[str, object], share: float) -> None:
    """Two of seven payments are booked on such lines."""
    sales = [_sale(100) for _ in range(7)]
    own = [_line(100, **overrides) for _ in range(2)]
    lines = [*own, *(_line(100) for _ in range(5))]
    closings = [
        _closing(sale, 100, transaction_id=line["transaction_id"]) for sale, line in zip(sales, lines, strict=True)
    ]
    ledger = make_ledger(invoices=sales, closings=closings, transactions=[OLD, *lines])
    assert feature_of(UNTRACED, YEAR_END, ledger) == share


def test_the_running_month_is_no_full_month() -> None:
    """Until its last day."""
    ledger = make_ledger(invoices=[_sale(50, date(2024, 12, 1))])
    assert feature_of(HISTORY, date(2024, 12, 30), ledger) == 0
    assert feature_of(HISTORY, YEAR_END, ledger) == 1


@pytest.mark.parametrize(
    ("recorded_on", "paid_on", "months", "backdated"),
    [
        (date(2024, 8, 14), None, 1, 0.0),  # 45 days after the second quarter
        (date(2024, 8, 15), None, 0, 1.0),
        (date(2024, 8, 15), date(2024, 8, 14), 1, 0.0),
        (date(2024, 8, 15), date(2024, 8, 15), 0, 1.0),
    ],
)
def test_what_was_recorded_late_is_no_history_and_a_sign(
    recorded_on: date, paid_on: date | None, months: int, backdated: float
) -> None:
    """Unless it was paid through the bank in time. The same day ends the history of a bill."""
    sale = _sale(100, recorded_on=recorded_on)
    bill = make_bill(issued_on=MIDYEAR, recorded_on=recorded_on)
    for frame, document in (("invoices", sale), ("bills", bill)):
        closings = [] if paid_on is None else [make_closing(document, happened_on=paid_on)]
        ledger = make_ledger(**{frame: [document]}, closings=closings)
        assert feature_of(HISTORY, YEAR_END, ledger) == months
        expected = backdated if frame == "invoices" else "undefined"
        assert feature_of("trust_backdated_share_12m_v2", YEAR_END, ledger) == expected


def test_a_payment_without_a_day_shows_no_history() -> None:
    """It happened at some time."""
    sale = _sale(100, recorded_on=YEAR_END)
    closing = make_closing(sale, happened_on=date(2024, 7, 1), is_day_known=False)
    assert feature_of(HISTORY, YEAR_END, make_ledger(invoices=[sale], closings=[closing])) == 0


def test_backdated_share_is_by_amount_without_signs_of_twelve_full_months() -> None:
    """100 of 400 were recorded late: a negative invoice of 50 and one of 50."""
    late = {"recorded_on": YEAR_END}
    sales = [_sale(300), _sale(50, **late), _sale(-50, **late), _sale(999, date(2023, 12, 31), **late)]
    assert feature_of("trust_backdated_share_12m_v2", YEAR_END, make_ledger(invoices=sales)) == 0.25


def test_history_without_bank_data_is_of_documents_alone() -> None:
    """The log and the lines may be absent; invoices and vouchers may not."""
    some = {Resource.INVOICES, Resource.VOUCHERS, Resource.RECOGNITION}
    assert feature_of(HISTORY, YEAR_END, make_ledger(invoices=[_sale(50)], fetched=some)) == 1
    assert feature_of(HISTORY, YEAR_END, make_ledger(fetched=some - {Resource.VOUCHERS})) == "not_fetched"


def _untraced(*closings: tuple[float, str], **frames: list[Row]) -> object:
    """The share for closings of one sale, of which four are over 25 by bank beside."""
    sale = _sale(1_000)
    made = [_closing(sale, euro, means) for euro, means in [*[(25.0, "bank")] * 4, *closings]]
    accounts = [make_account(), make_account(account_id=2, kind="register", feed="none")]
    ledger = make_ledger(invoices=[sale], closings=made, accounts=accounts, **frames)
    return feature_of(UNTRACED, YEAR_END, ledger)


@pytest.mark.parametrize(
    ("means", "expected"),
    [
        ("bank", 0.0),
        ("provider", 0.0),
        ("manual", 0.5),
        ("stated", 0.5),
        ("clearing", 0.5),  # it pays nobody, and stays in both sums
        ("register", 0.5),  # with nothing paid in and nothing spent
        ("set_off", "too_few_documents"),
        ("discount", "too_few_documents"),
        ("fee", "too_few_documents"),
        ("short", "too_few_documents"),
    ],
)
def test_paid_without_inflow_is_what_the_bank_does_not_show(means: str, expected: float | str) -> None:
    """100 by bank, and 100 by one other means; what moves no money is no payment."""
    assert _untraced((100, means)) == expected


def test_a_returned_payment_leaves_both_sums() -> None:
    """100 by bank, 60 by hand of which 20 were taken back, and 40 by bank that came back in full."""
    assert _untraced((60, "manual"), (-20, "manual"), (40, "bank"), (-40, "bank")) == 0.2857
    assert _untraced((50, "stated"), (-50, "stated")) == 0.0
    assert _untraced((60, "stated"), (-90, "bank")) == 0.8571
    assert _untraced((-50, "stated"), (100, "register")) == 0.6667  # it proves nothing of the till
    assert _untraced((60, "stated"), (-110, "bank")) == 1.0  # more came back than was seen: all that is left


def test_payments_of_twelve_full_months_on_sales_that_count() -> None:
    """Of revenue vouchers, too; not of bills, copies, or what was cancelled or is not there."""
    sale, till, copy = _sale(1_000), _sale(1_000, document="voucher"), _sale(1_000, is_duplicate=True)
    bill = make_bill(issued_on=MIDYEAR)
    closings = [
        *(_closing(sale, 75) for _ in range(4)),
        _closing(till, 100, "stated", YEAR_END),
        _closing(sale, 999, "stated", date(2023, 12, 31)),
        _closing(copy, 999, "stated"),
        _closing(bill, 999, "stated"),
        make_closing(document_id=1, means="stated", happened_on=MIDYEAR),
    ]
    ledger = make_ledger(invoices=[sale, till, copy], bills=[bill], closings=closings)
    assert feature_of(UNTRACED, YEAR_END, ledger) == 0.25


DEPOSIT, CASH_BILL = _line(30, "cash_deposit"), make_bill(issued_on=MIDYEAR)
PAID_IN_CASH = _closing(CASH_BILL, 20, "register")


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        ({"transactions": [DEPOSIT]}, 0.35),  # 100 in cash, 30 paid in: 70 of 200
        ({"transactions": [DEPOSIT], "bills": [CASH_BILL]}, 0.25),
        ({"transactions": [DEPOSIT, _line(-10, "cash_withdrawal")], "bills": [CASH_BILL]}, 0.3),
        ({"transactions": [DEPOSIT, _line(-99, "cash_withdrawal")], "bills": [CASH_BILL]}, 0.5),
        ({"transactions": [_line(300, "cash_deposit")]}, 0.0),
        ({"transactions": [_line(300, "cash_deposit", is_fed=False), _line(0)]}, 0.5),  # somebody entered it
        ({"transactions": [_line(300, "cash_deposit", account_id=2)]}, 0.5),  # in the till itself
        ({"transactions": [DEPOSIT, _line(-30, "cash_withdrawal", account_id=2)]}, 0.35),  # seen at the bank alone
        ({"transactions": [_line(300, "cash_deposit", transfer="link")]}, 0.0),  # linked with the till's line
        ({"transactions": [_line(300, "cash_deposit", day=date(2023, 12, 31))]}, 0.5),
    ],
)
def test_a_till_proves_sales_as_far_as_cash_was_paid_in_or_spent_on_bills(
    frames: dict[str, list[Row]], expected: float
) -> None:
    """100 by bank and 100 in cash; what was drawn from the bank before proves nothing."""
    sale = _sale(1_000)
    closings = [*(_closing(sale, 25) for _ in range(4)), _closing(sale, 100, "register")]
    if "bills" in frames:
        closings.append(PAID_IN_CASH)
    accounts = [make_account(), make_account(account_id=2, kind="register", feed="none")]
    ledger = make_ledger(invoices=[sale], closings=closings, accounts=accounts, **frames)
    assert feature_of(UNTRACED, YEAR_END, ledger) == expected


def test_bank_feed_share_is_by_line() -> None:
    """75 of 100 euro were delivered; a line entered on the same account was not, and the till does not count."""
    accounts = [make_account(), make_account(account_id=2, kind="register", feed="none")]
    lines = [
        _line(50),
        _line(-25, day=YEAR_END),
        _line(15, is_fed=False),
        _line(-10, account_id=9, is_fed=False),  # of an account that was deleted
        _line(77, account_id=2, is_fed=False),
        _line(999, is_duplicate=True),
        _line(999, is_fed=False, day=date(2023, 12, 31)),
    ]
    name = "trust_bank_feed_share_12m_v2"
    assert feature_of(name, YEAR_END, make_ledger(accounts=accounts, transactions=lines)) == 0.75
    assert feature_of(name, YEAR_END, make_ledger()) == "undefined"
    earlier = derive(make_ledger(transactions=lines), spine_of(YEAR_END, is_reconstructed=True), [name])
    assert earlier.missing() == {name: "not_reconstructable"}


def test_assumed_due_share_leaves_out_copies() -> None:
    """One of four states no term."""
    invoices = [_sale(10, is_due_assumed=True), *(_sale(10) for _ in range(3))]
    copies = [_sale(10, is_due_assumed=True, is_duplicate=True) for _ in range(4)]
    name = "trust_assumed_due_share_12m_v2"
    assert feature_of(name, YEAR_END, make_ledger(invoices=[*invoices, *copies])) == 0.25


def _sold(*lines: Row, closings: tuple[Row, ...] = (), sale: Row | None = None, **frames: list[Row]) -> Ledger:
    """Sales of 300 euro, 100 of them received from a customer, and more lines."""
    accounts = [make_account(), make_account(account_id=2, kind="register", feed="none")]
    received = _line(100, "customer_receipt")
    sale = sale or _sale(300)
    return make_ledger(
        accounts=accounts, invoices=[sale], transactions=[OLD, received, *lines], closings=closings, **frames
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        *(
            (_line(100, category), 1.5)
            for category in (
                *("other", "customer_receipt", "collected_debit", "provider_payout", "factoring_payout"),
                *("customer_insolvency", "enforced_receipt", "cash_deposit"),
            )
        ),
        *(
            (_line(100, category), 3.0)
            for category in (
                *("loan_proceeds", "owner_contribution", "subsidy", "tax_refund", "insurance_benefit"),
                *("refund_received", "interest_received", "returned_debit", "returned_objection", "transfer"),
            )
        ),
        (_line(100, transfer="account"), 3.0),
        (_line(100, is_fed=False), 3.0),
        (_line(100, account_id=2, is_fed=False), 3.0),  # entered in the till
        (_line(100, is_duplicate=True), 3.0),
        (_line(100, day=date(2023, 12, 31)), 3.0),
        (_line(-100), 3.0),
    ],
)
def test_booked_sales_to_money_that_came_from_customers(line: Row, expected: float) -> None:
    """300 sold, and 100 or 200 received."""
    assert feature_of(RATIO, YEAR_END, _sold(line)) == expected


def test_transfers_to_and_fro_are_no_sales() -> None:
    """50,000 a month between own accounts: recognised by the number of the other one."""
    lines = [_line(euro, transfer="account", day=date(2024, m, 5)) for m in range(1, 13) for euro in (50e3, -50e3)]
    assert feature_of(RATIO, YEAR_END, _sold(*lines)) == 3.0


SALE = _sale(300)


@pytest.mark.parametrize(
    ("till_euro", "lines", "spent_euro", "expected"),
    [
        (200, [_line(200, "cash_deposit")], 0, 1.0),
        (200, [_line(150, "cash_deposit")], 50, 1.0),
        (200, [_line(50, "cash_deposit")], 0, 2.0),
        (200, [], 0, 3.0),
        (200, [_line(900, "cash_deposit")], 0, 1.0),  # no more than came into the till
        (200, [_line(200, "cash_deposit"), _line(-150, "cash_withdrawal")], 0, 2.0),  # the same cash again
        (0, [_line(50, "cash_deposit")], 0, 2.0),  # no till is kept: deposits are receipts
        (0, [_line(50, "cash_deposit")], 150, 2.0),
        (0, [_line(50, "cash_deposit"), _line(-50, "cash_withdrawal")], 0, 3.0),
        (0, [_line(50, "cash_deposit"), _line(-90, "cash_withdrawal")], 0, 3.0),
    ],
)
def test_cash_is_money_from_customers_as_far_as_it_is_proven(
    till_euro: int, lines: list[Row], spent_euro: int, expected: float
) -> None:
    """Paid in or spent on bills, beyond what was drawn."""
    closings = []
    if till_euro:
        closings.append(_closing(SALE, till_euro, "register"))
    if spent_euro:
        closings.append(_closing(CASH_BILL, spent_euro, "register"))
    ledger = _sold(*lines, closings=tuple(closings), sale=SALE, bills=[CASH_BILL])
    assert feature_of(RATIO, YEAR_END, ledger) == expected


def test_booked_sales_need_a_year_of_proven_lines() -> None:
    """Entered lines from before prove no year."""
    first = _line(1, day=date(2024, 1, 1))
    recent = _line(100, "customer_receipt")
    for overrides, expected in (({}, 2.9703), ({"is_fed": False}, "too_little_history")):
        ledger = make_ledger(invoices=[SALE], transactions=[first | overrides, recent])
        assert feature_of(RATIO, YEAR_END, ledger) == expected


def _paid_by(*payers: tuple[int | None, int | None, float], means: str = "bank", **line: object) -> object:
    """The share for payments by account, of customer, over so much."""
    sales, lines, closings = [], [], []
    for account, customer, euro in payers:
        sales.append(_sale(euro, customer=customer))
        lines.append(_line(euro, **{"category": "customer_receipt"} | line, counterparty_account=account))
        closings.append(_closing(sales[-1], euro, means, transaction_id=lines[-1]["transaction_id"]))
    ledger = make_ledger(invoices=sales, transactions=lines, closings=closings)
    return feature_of("trust_shared_payer_share_12m_v2", YEAR_END, ledger)


def test_shared_payers_are_accounts_that_pay_for_several_customers() -> None:
    """Account 1 pays 30 and 20 for two customers, account 2 pays 50 in two parts for one."""
    assert _paid_by((1, 1, 30), (1, 2, 20), (2, 3, 25), (2, 3, 25)) == 0.5
    assert _paid_by((1, 1, 30), (2, 2, 20)) == 0.0
    assert _paid_by((1, 1, 30), (1, None, 20)) == 0.0  # nobody named is no second customer
    assert _paid_by((None, 1, 30), (None, 2, 20)) == 0.0  # without an account nobody is known to share it
    assert _paid_by((1, 1, 30), (1, 2, 20), (None, 3, 900)) == 1.0


def test_a_clearing_account_hides_no_shared_payer() -> None:
    """Whoever pays it out is a provider by the category of the line alone."""
    assert _paid_by((1, 1, 30), (1, 2, 20), (2, 3, 50), means="provider") == 0.5
    assert _paid_by((1, 1, 30), (1, 2, 20), means="provider", category="provider_payout") == 0.0


@pytest.mark.parametrize(
    "category", ["provider_payout", "factoring_payout", "collected_debit", "customer_insolvency", "enforced_receipt"]
)
def test_who_pays_for_many_by_trade_is_no_shared_payer(category: str) -> None:
    """Payment providers, factors, collective debits, administrators, bailiffs."""
    assert _paid_by((1, 1, 30), (1, 2, 20), category=category) == 0.0


def test_a_shared_payer_whose_payments_came_back_counts_with_nothing() -> None:
    """Not below 0."""
    sales = [_sale(100, customer=customer) for customer in (1, 2, 3)]
    lines = [_line(100, counterparty_account=account) for account in (1, 1, 2)]
    euros = [100.0, -150.0, 100.0]
    closings = [
        _closing(sale, euro, transaction_id=line["transaction_id"])
        for sale, line, euro in zip(sales, lines, euros, strict=True)
    ]
    ledger = make_ledger(invoices=sales, transactions=lines, closings=closings)
    assert feature_of("trust_shared_payer_share_12m_v2", YEAR_END, ledger) == 0.0


def _goes_round(*lines: tuple[float, str, int | None], **overrides: object) -> object:
    made = [_line(euro, category, counterparty_account=account, **overrides) for euro, category, account in lines]
    ledger = make_ledger(transactions=[_line(100, "customer_receipt", counterparty_account=9), *made])
    return feature_of("trust_round_trip_share_12m_v2", YEAR_END, ledger)


def test_money_goes_round_where_it_comes_from_where_it_went() -> None:
    """100 of another customer and 100 of account 1, to which 60, or more than came, was paid."""
    assert _goes_round((100, "other", 1), (-60, "supplier", 1)) == 0.3
    assert _goes_round((100, "other", 1), (-60, "supplier", 2)) == 0.0
    assert _goes_round((100, "other", 1), (-900, "supplier", 1)) == 0.5
    assert _goes_round((100, "other", None), (-100, "supplier", None)) == 0.0
    assert _goes_round((50, "other", 1), (-30, "other", 1), (50, "other", 2), (-50, "other", 2)) == 0.4


@pytest.mark.parametrize("category", ["other", "supplier", "refund_paid", "rent", "wages", "owner_drawing"])
def test_what_the_firm_calls_its_payment_does_not_matter(category: str) -> None:
    """It writes the text itself."""
    assert _goes_round((100, "customer_receipt", 1), (-100, category, 1)) == 0.5


@pytest.mark.parametrize("category", ["tax_refund", "loan_proceeds", "provider_payout", "factoring_payout"])
def test_money_in_that_no_customer_paid_does_not_go_round(category: str) -> None:
    """A tax office pays and is paid, and so does a provider."""
    assert _goes_round((100, category, 1), (-100, "other", 1)) == 0.0


def test_own_transfers_and_copies_do_not_go_round_and_unproven_money_out_does() -> None:
    """What is entered as money out is believed."""
    to_and_fro = [(100.0, "other", 1), (-100.0, "other", 1)]
    assert _goes_round(*to_and_fro, transfer="account") == 0.0
    assert _goes_round(*to_and_fro, is_duplicate=True) == 0.0
    received = _line(100, "customer_receipt", counterparty_account=1)
    out = _line(-100, counterparty_account=1, is_fed=False)
    ledger = make_ledger(transactions=[received, out])
    assert feature_of("trust_round_trip_share_12m_v2", YEAR_END, ledger) == 1.0


def test_a_burst_is_of_sales_without_copies_from_the_first_credible_one() -> None:
    """Equal stretches of 100, then 150: five tenths of the median; copies of today add nothing."""
    days = [YEAR_END - timedelta(days=30 * block) for block in range(7)]
    sales = [make_invoice(issued_on=day, net_cents=150_00 if day == YEAR_END else 100_00) for day in days]
    copy = make_invoice(issued_on=YEAR_END, net_cents=900_00, is_duplicate=True)
    old = make_invoice(issued_on=date(2023, 1, 1))
    name = "trust_sales_burst_score_30d_v2"
    assert feature_of(name, YEAR_END, make_ledger(invoices=[old, *sales, copy])) == 5.0
    back = old | {"recorded_on": YEAR_END}
    assert feature_of(name, YEAR_END, make_ledger(invoices=[back, *sales])) == "too_little_history"


@pytest.mark.parametrize(
    ("back", "euro", "expected"),
    [
        (364, 300, 5.0),  # a day too late
        (365, 300, -15.0),  # the same days a year before: 300 were usual
        (394, 120, 3.0),
        (394, 90, 5.0),  # less than the median
        (395, 300, 5.0),
    ],
)
def test_a_burst_in_season_is_beyond_the_same_days_of_the_year_before(back: int, euro: int, expected: float) -> None:
    """Equal stretches of 100, then 150: five tenths of the median beyond it."""
    days = [YEAR_END - timedelta(days=30 * block) for block in range(7)]
    sales = [make_invoice(issued_on=day, net_cents=150_00 if day == YEAR_END else 100_00) for day in days]
    before = make_invoice(issued_on=YEAR_END - timedelta(days=back), net_cents=euro * 100)
    old = make_invoice(issued_on=date(2023, 1, 1), net_cents=1)
    name = "trust_burst_in_season_score_30d_v2"
    for invoices, score in (([old, before, *sales], expected), ([before, *sales], expected if back >= 395 else 5.0)):
        assert feature_of(name, YEAR_END, make_ledger(invoices=invoices)) == score
    young = make_invoice(issued_on=date(2024, 6, 2))
    assert feature_of(name, YEAR_END, make_ledger(invoices=[young])) == "too_little_history"
