"""Which lines move money between own accounts, and what shows it."""

from datetime import date, timedelta

import pytest
from spec.ledger.recognised import GIRO, SAVINGS, Json, account, line, of_lines, read, unnamed
from unit.sevdesk.fakes import ref

from scoring.sources.sevdesk.words.fetched import OWN_ACCOUNT_MISSING

DAY = date(2026, 10, 31)
BOTH = [account(1), account(2, SAVINGS)]
FIRM = "Muster Eigen GmbH"
ELSEWHERE = "DE89370400440532013000"


def later(days: int) -> date:
    """A day after the first one, over the end of a month."""
    return DAY + timedelta(days=days)


@pytest.mark.parametrize(
    ("number", "transfer"),
    [
        (SAVINGS, "account"),
        ("de09 4306 0967 0001 0080 01", "account"),
        ("430609670001008001", "account"),
        ("0001008001", "account"),
        ("1008001", "account"),
        (GIRO, "none"),
        ("1008002", "none"),
        (ELSEWHERE, "none"),
    ],
)
async def test_the_counterparty_is_another_own_account(number: str, transfer: str) -> None:
    """Its IBAN, or the number within it; banks name the account itself for fees, which is no transfer."""
    ledger, _ = await read(BOTH, [line(1, "-500", DAY, payeePayerAcctNo=number)])
    assert of_lines(ledger, "transfer") == {1: transfer}
    assert of_lines(ledger, "is_internal") == {1: False}


@pytest.mark.parametrize(
    "other",
    [
        account(2, SAVINGS, status="0"),
        account(2, SAVINGS, currency="USD"),
        account(2, SAVINGS, type="offline", lastSync=None),
    ],
)
async def test_any_account_of_the_books_is_an_own_account(other: Json) -> None:
    """Archived ones, those in other currencies, and those whose lines are no cash."""
    ledger, _ = await read([account(1), other], [line(1, "-500", DAY, payeePayerAcctNo=SAVINGS)])
    assert of_lines(ledger, "transfer") == {1: "account"}


@pytest.mark.parametrize(
    ("days", "amount", "changes", "transfer"),
    [
        (0, "500", {}, "account"),
        (3, "500", {}, "account"),
        (-3, "500", {}, "account"),
        (4, "500", {}, "none"),
        (0, "500.01", {}, "none"),
        (0, "500", {"payeePayerName": "Kunde GmbH"}, "none"),
        (0, "500", {"payeePayerAcctNo": ELSEWHERE}, "none"),
    ],
)
async def test_the_other_side_that_names_nobody(days: int, amount: str, changes: Json, transfer: str) -> None:
    """It is found in the account that the one side names: the same amount within three days, and no other party."""
    lines = [
        line(1, "-500", DAY, payeePayerAcctNo=SAVINGS),
        unnamed(2, amount, later(days), 2, **changes),
        unnamed(3, "-500", DAY, 2),
    ]
    ledger, _ = await read(BOTH, lines)
    assert of_lines(ledger, "transfer") == {1: "account", 2: transfer, 3: "none"}


@pytest.mark.parametrize(
    ("days", "out", "into", "transfer"),
    [
        (0, {}, {}, "amount"),
        (3, {}, {}, "amount"),
        (-3, {}, {}, "amount"),
        (4, {}, {}, "none"),
        (-4, {}, {}, "none"),
        (0, {"amount": "-500.01"}, {}, "none"),
        (0, {}, {"checkAccount": ref("CheckAccount", 1)}, "none"),
        (0, {"payeePayerName": "Lieferant AG"}, {"payeePayerName": "Kunde GmbH"}, "none"),
        (0, {}, {"payeePayerName": "Kunde GmbH"}, "none"),
        (0, {}, {"payeePayerAcctNo": ELSEWHERE}, "none"),
        (0, {"payeePayerAcctNo": " "}, {"payeePayerName": " "}, "amount"),
    ],
)
async def test_equal_opposite_amounts(days: int, out: Json, into: Json, transfer: str) -> None:
    """In two own accounts within three days, where no party is named: probable, and no more.

    A customer who pays what a supplier got on the same day has a name.
    """
    lines = [unnamed(1, "-500", DAY) | out, unnamed(2, "500", later(days), 2) | into]
    ledger, _ = await read(BOTH, lines)
    assert of_lines(ledger, "transfer") == {1: transfer, 2: transfer}


async def test_the_nearest_day_is_the_other_side_and_each_line_is_one_once() -> None:
    """Of two that fit the nearer one is taken; the other one is left for the next, or for none."""
    lines = [
        unnamed(1, "-500", DAY),
        unnamed(2, "500", later(2), 2),
        unnamed(3, "500", later(1), 2),
        unnamed(4, "-70", later(9)),
        unnamed(5, "-70", later(9)),
        unnamed(6, "70", later(11), 2),
    ]
    ledger, _ = await read(BOTH, lines)
    assert of_lines(ledger, "transfer") == {1: "amount", 2: "none", 3: "amount", 4: "amount", 5: "none", 6: "amount"}


async def test_a_line_that_pays_a_document_is_no_transfer() -> None:
    """What the payment log books on a document is the payment of it, though its bank names nobody."""
    entry = {
        "id": "1",
        "objectName": "CheckAccountTransactionLog",
        "checkAccountTransaction": ref("CheckAccountTransaction", 2),
        "object": ref("Invoice", 7),
        "amountPaid": 500,
        "create": "2026-11-05T00:00:00+01:00",
    }
    ledger, _ = await read(
        BOTH, [unnamed(1, "-500", DAY), unnamed(2, "500", DAY, 2)], CheckAccountTransactionLog=[entry]
    )
    assert of_lines(ledger, "transfer") == {1: "none", 2: "none"}


async def test_a_till_is_no_bank_account() -> None:
    """Equal amounts in till and account may be a sale in cash and a payment: only a link tells."""
    till = account(3, None, type="register", lastSync=None)
    ledger, _ = await read([account(1), till], [unnamed(1, "500", DAY), unnamed(2, "-500", DAY, 3)])
    assert of_lines(ledger, "transfer") == {1: "none", 2: "none"}


@pytest.mark.parametrize(
    ("other", "transfer"),
    [
        (account(2, SAVINGS), "link"),
        (account(2, None, type="register", lastSync=None), "link"),
        (account(2, SAVINGS, currency="USD"), "link"),
        (account(2, None, type="offline", lastSync=None), "none"),
    ],
)
@pytest.mark.parametrize("is_on_the_other", [False, True])
async def test_a_link(other: Json, transfer: str, is_on_the_other: bool) -> None:  # noqa: FBT001  a column
    """sevdesk's link is a transfer, whichever line has it, unless the other end is a clearing account."""
    there, back = (
        {"targetTransaction": ref("CheckAccountTransaction", 2)},
        {"sourceTransaction": ref("CheckAccountTransaction", 1)},
    )
    lines = [
        line(1, "-500", DAY, **({} if is_on_the_other else there)),
        line(2, "500", DAY, 2, **(back if is_on_the_other else {})),
    ]
    ledger, _ = await read([account(1), other], lines)
    assert of_lines(ledger, "transfer")[1] == transfer
    assert of_lines(ledger, "is_internal")[1] is True


@pytest.mark.parametrize(
    ("changes", "transfer", "notes"),
    [
        ({}, "own_name", (OWN_ACCOUNT_MISSING,)),
        ({"payeePayerName": "muster  eigen GMBH"}, "own_name", (OWN_ACCOUNT_MISSING,)),
        ({"payeePayerAcctNo": None}, "own_name", ()),
        ({"payeePayerName": "Kunde GmbH"}, "none", ()),
        ({"paymtPurpose": "Privatentnahme"}, "none", ()),
    ],
)
async def test_an_account_in_the_firms_own_name_that_is_not_in_the_books(
    changes: Json, transfer: str, notes: tuple[str, ...]
) -> None:
    """The firm's name is what banks write on the money that comes from its accounts; owners have it, too."""
    lines = [
        line(1, "-500", DAY, payeePayerAcctNo=SAVINGS, payeePayerName="Lieferant AG"),
        line(2, "500", DAY, 2, payeePayerAcctNo=GIRO, payeePayerName=FIRM),
        line(3, "-900", later(9), **{"payeePayerAcctNo": ELSEWHERE, "payeePayerName": FIRM, **changes}),
        line(4, "-80", later(9), payeePayerAcctNo=ELSEWHERE, payeePayerName="Lieferant AG"),
    ]
    ledger, coverage = await read(BOTH, lines)
    assert of_lines(ledger, "transfer") == {1: "account", 2: "account", 3: transfer, 4: "none"}
    assert coverage.notes == notes


CARD = account(2, None, name="Firmenkreditkarte")


@pytest.mark.parametrize(
    ("card", "into", "transfer"),
    [
        (CARD, {}, "card"),
        (CARD, {"valueDate": "2026-11-03T00:00:00+01:00"}, "card"),
        (CARD, {"valueDate": "2026-11-04T00:00:00+01:00"}, "none"),
        (CARD, {"payeePayerAcctNo": ELSEWHERE}, "none"),
        ({**CARD, "name": "PayPal"}, {}, "none"),
        ({**CARD, "lastSync": None, "bankServer": None}, {}, "none"),
    ],
)
async def test_the_settlement_of_a_credit_card(card: Json, into: Json, transfer: str) -> None:
    """It is internal where the bank feeds the card, too: then its purchases are lines of their own."""
    lines = [line(1, "-831.20", DAY, payeePayerName="Hausbank"), unnamed(2, "831.20", DAY, 2, **into)]
    ledger, _ = await read([account(1), card], lines)
    assert of_lines(ledger, "transfer") == {1: transfer, 2: transfer}


@pytest.mark.parametrize(
    ("accounts", "amount", "transfer"),
    [
        ([account(1), CARD], "-831.20", "card"),
        ([account(1), CARD], "831.20", "none"),
        ([account(1)], "-831.20", "none"),
        ([account(1), {**CARD, "lastSync": None, "bankServer": None}], "-831.20", "none"),
    ],
)
async def test_the_text_of_a_card_settlement(accounts: list[Json], amount: str, transfer: str) -> None:
    """It tells where the card's own line is of another day or sum; not where the card's purchases are unknown."""
    settlement = line(1, amount, DAY, paymtPurpose="Kreditkartenabrechnung 10/2026", payeePayerName="Kartenservice")
    ledger, _ = await read(accounts, [settlement])
    assert of_lines(ledger, "transfer") == {1: transfer}


async def test_the_hash_of_the_account_number() -> None:
    """Equal for equal numbers in any spelling, whatever the name; null where none is stated."""
    lines = [
        line(1, "5", DAY, payeePayerName="A"),
        line(2, "5", DAY, payeePayerName="B", payeePayerAcctNo="de12 5001 0517 0648 4898 90"),
        line(3, "5", DAY, payeePayerAcctNo=" "),
        line(4, "5", DAY, payeePayerAcctNo=None),
    ]
    ledger, _ = await read([account(1)], lines)
    first, second, third, fourth = of_lines(ledger, "counterparty_account").values()
    assert first == second
    assert first is not None
    assert third is None
    assert fourth is None
