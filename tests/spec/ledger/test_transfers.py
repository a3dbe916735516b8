"""Which lines move money between own accounts, and what shows it."""

from datetime import date, timedelta

import pytest
from spec.ledger.recognised import GIRO, SAVINGS, Json, account, at, by_hand, line, of_lines, read, unnamed
from unit.sevdesk.fakes import ref

from scoring.sources.bank_lines.recognition import Called
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
        ("43060967 1008001", "account"),
        ("43060967/0001008001", "account"),
        ("IBAN DE09 4306 0967 0001 0080 01", "account"),
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
    ("others", "transfer"),
    [
        ([account(2, SAVINGS, status="0")], "account"),
        ([account(2, SAVINGS, currency="USD")], "account"),
        ([account(2, SAVINGS, lastSync=at(date(2026, 3, 1)))], "account"),
        # Anybody can enter an account under the number of a lender, and no bank says whose it is.
        ([account(2, SAVINGS, type="offline", lastSync=None)], "entered"),
        ([account(2, SAVINGS, lastSync=None, bankServer=None)], "entered"),
        ([by_hand(2, SAVINGS)], "entered"),
        ([by_hand(2, SAVINGS), account(3, SAVINGS, status="0")], "account"),
        ([account(3, SAVINGS), by_hand(4, SAVINGS)], "account"),
    ],
)
async def test_any_account_of_the_books_is_an_own_account(others: list[Json], transfer: str) -> None:
    """Archived ones and those in other currencies, if a bank fed them; else it is probable, on both sides."""
    home = int(others[0]["id"])
    lines = [line(1, "-500", DAY, payeePayerAcctNo=SAVINGS), unnamed(2, "500", DAY, home)]
    ledger, _ = await read([account(1), *others], lines)
    assert set(of_lines(ledger, "transfer").values()) == {transfer}


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


def booked(*numbers: int) -> list[Json]:
    """What the payment log says of lines that are booked on documents."""
    return [
        {
            "id": str(number),
            "objectName": "CheckAccountTransactionLog",
            "checkAccountTransaction": ref("CheckAccountTransaction", number),
            "object": ref("Invoice", 70 + number),
            "amountPaid": 500,
            "create": "2026-11-05T00:00:00+01:00",
        }
        for number in numbers
    ]


@pytest.mark.parametrize("bookings", [(2,), (1,), (1, 2)])
@pytest.mark.parametrize(
    ("out", "into", "transfer"),
    [
        ({}, {}, "amount"),
        ({"payeePayerAcctNo": SAVINGS}, {}, "account"),
        ({}, {"payeePayerAcctNo": GIRO}, "account"),
        # Who is named has paid it, or was paid.
        ({}, {"payeePayerName": "Kunde GmbH"}, "none"),
        ({}, {"payeePayerAcctNo": ELSEWHERE}, "none"),
        ({"payeePayerName": "Lieferant AG"}, {}, "none"),
    ],
)
async def test_a_booking_on_a_document_hides_no_transfer(
    bookings: tuple[int, ...], out: Json, into: Json, transfer: str
) -> None:
    """Or invented invoices would make customers' money of transfers: a firm books what it likes."""
    lines = [unnamed(1, "-500", DAY, **out), unnamed(2, "500", DAY, 2, **into)]
    ledger, _ = await read(BOTH, lines, CheckAccountTransactionLog=booked(*bookings))
    assert of_lines(ledger, "transfer") == {1: transfer, 2: transfer}


@pytest.mark.parametrize(("number", "transfer"), [(None, "amount"), (SAVINGS, "account")])
async def test_lines_that_are_booked_on_nothing_are_the_sides_first(number: str | None, transfer: str) -> None:
    """A customer's payment on the day of a transfer is none, where a later line without a booking is its other side."""
    lines = [
        unnamed(1, "-500", DAY, payeePayerAcctNo=number),
        unnamed(2, "500", DAY, 2),
        unnamed(3, "500", later(3), 2),
    ]
    ledger, _ = await read(BOTH, lines, CheckAccountTransactionLog=booked(2))
    assert of_lines(ledger, "transfer") == {1: transfer, 2: "none", 3: transfer}
    ledger, _ = await read(BOTH, lines[:2], CheckAccountTransactionLog=booked(2))
    assert of_lines(ledger, "transfer") == {1: transfer, 2: transfer}


async def test_booked_lines_are_one_side_once_nearest_days_first() -> None:
    """Two payments of one amount and one transfer: the nearer one may be its other side, the other one is paid."""
    lines = [
        unnamed(1, "-500", DAY),
        unnamed(2, "500", later(2), 2),
        unnamed(3, "500", later(1), 2),
    ]
    ledger, _ = await read(BOTH, lines, CheckAccountTransactionLog=booked(2, 3))
    assert of_lines(ledger, "transfer") == {1: "amount", 2: "none", 3: "amount"}


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
        unnamed(1, "-500", DAY, payeePayerName=FIRM, **({} if is_on_the_other else there)),
        line(2, "500", DAY, 2, **(back if is_on_the_other else {})),
    ]
    ledger, _ = await read([account(1), other], lines)
    assert of_lines(ledger, "transfer")[1] == transfer
    assert of_lines(ledger, "is_internal")[1] is True


TILL = account(2, None, type="register", lastSync=None)
NOON = {"valueDate": at(DAY, "12:00:00")}


@pytest.mark.parametrize(
    ("other", "out", "into", "transfer"),
    [
        # Nobody's bank delivered the other line: of an account by hand, or posted into one that a bank feeds.
        (by_hand(2, None), {}, {}, "entered"),
        (account(2, SAVINGS, lastSync=None, bankServer=None), {}, {}, "entered"),
        (account(2, SAVINGS), {}, NOON, "entered"),
        (account(2, SAVINGS), NOON, {}, "entered"),
        # An own account's number shows it all the same.
        (account(2, SAVINGS), {**NOON, "payeePayerAcctNo": SAVINGS}, {}, "link"),
        (by_hand(2, SAVINGS), {"payeePayerAcctNo": SAVINGS}, {}, "entered"),
        (account(2, SAVINGS), {}, {**NOON, "payeePayerAcctNo": GIRO}, "link"),
        # The number of the account itself does not: banks write it on fees and instalments.
        (by_hand(2, SAVINGS), {"payeePayerAcctNo": GIRO}, {}, "entered"),
        # Cash has no other account; an instalment does.
        (TILL, {}, {}, "link"),
        (TILL, {"payeePayerAcctNo": ELSEWHERE}, {}, "entered"),
        # The bank delivered both, and they are an instalment and a customer's payment.
        (account(2, SAVINGS), {"payeePayerAcctNo": ELSEWHERE}, {"payeePayerAcctNo": "DE5"}, "entered"),
        (account(2, SAVINGS), {"payeePayerAcctNo": ELSEWHERE}, {"payeePayerAcctNo": None}, "link"),
        # Of what somebody entered on both sides nothing is proven anyway.
        (by_hand(2, None), NOON, {}, "link"),
        (account(2, SAVINGS), {}, {"deletedAt": at(DAY)}, "entered"),
    ],
)
async def test_a_link_with_a_line_that_somebody_entered(other: Json, out: Json, into: Json, transfer: str) -> None:
    """Anybody can post a line and link it: without an own account's number it is probable, and no more."""
    lines = [
        unnamed(1, "-500", DAY, targetTransaction=ref("CheckAccountTransaction", 2), **out),
        unnamed(2, "500", DAY, 2, **into),
    ]
    ledger, _ = await read([account(1), other], lines)
    found = of_lines(ledger, "transfer")
    assert set(found.values()) == {transfer}
    assert found[1] == transfer


async def test_a_line_that_is_linked_twice_has_the_stronger_evidence() -> None:
    """Whichever of the links comes first."""
    for first, second in ((2, 3), (3, 2)):
        ends = {"targetTransaction": first, "sourceTransaction": second}
        out = unnamed(1, "-500", DAY, **{end: ref("CheckAccountTransaction", number) for end, number in ends.items()})
        lines = [out, unnamed(2, "500", DAY, 2), unnamed(3, "500", DAY, 3)]
        ledger, _ = await read([account(1), account(2, SAVINGS), by_hand(3, None)], lines)
        assert of_lines(ledger, "transfer") == {1: "link", 2: "link", 3: "entered"}


async def test_an_entered_link_does_not_teach_the_firms_name() -> None:
    """Or the name of any payer could be made the firm's own, by a posted line with the same name."""
    lines = [
        unnamed(1, "500", DAY, payeePayerName="Kunde GmbH", targetTransaction=ref("CheckAccountTransaction", 2)),
        unnamed(2, "-500", DAY, 2, payeePayerName="Kunde GmbH"),
        line(3, "700", later(9)),
    ]
    ledger, _ = await read([account(1), by_hand(2, None)], lines)
    assert of_lines(ledger, "transfer") == {1: "entered", 2: "entered", 3: "none"}


@pytest.mark.parametrize(
    ("changes", "transfer", "notes"),
    [
        ({}, "own_name", (OWN_ACCOUNT_MISSING,)),
        ({"payeePayerName": "muster  eigen GMBH"}, "own_name", (OWN_ACCOUNT_MISSING,)),
        ({"payeePayerName": "MUSTER EIGEN"}, "own_name", (OWN_ACCOUNT_MISSING,)),
        ({"payeePayerName": "Muster-Eigen G.m.b.H."}, "own_name", (OWN_ACCOUNT_MISSING,)),
        ({"payeePayerName": "Muster Eigen KG"}, "none", ()),
        ({"payeePayerName": "Muster"}, "none", ()),
        ({"payeePayerName": "Muster Eigenheim GmbH"}, "none", ()),
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


@pytest.mark.parametrize(
    ("learned", "name"),
    [
        ("Müller & Söhne GmbH & Co. KG", "MUELLER SOEHNE GMBH CO KG"),
        ("MUELLER U. SOEHNE GMBH+CO.KG", "Müller u. Söhne"),
        ("Groß Bäckerei", "Gross Baeckerei e.K."),
    ],
)
async def test_the_firms_name_has_many_spellings(learned: str, name: str) -> None:
    """Umlauts, signs, and the legal form, which a bank may leave out."""
    lines = [
        line(1, "500", DAY, 2, payeePayerAcctNo=GIRO, payeePayerName=learned),
        line(2, "-900", later(9), payeePayerAcctNo=ELSEWHERE, payeePayerName=name),
    ]
    ledger, coverage = await read(BOTH, lines)
    assert of_lines(ledger, "transfer") == {1: "account", 2: "own_name"}
    assert coverage.notes == (OWN_ACCOUNT_MISSING,)


COMPANY = Called(names=frozenset({FIRM}), is_company=True)


@pytest.mark.parametrize(
    ("called", "changes", "transfer", "notes"),
    [
        (COMPANY, {}, "own_name", (OWN_ACCOUNT_MISSING,)),
        (COMPANY, {"payeePayerName": "MUSTER-EIGEN G.M.B.H."}, "own_name", (OWN_ACCOUNT_MISSING,)),
        (
            COMPANY,
            {"payeePayerName": "Muster Eigen Gesellschaft mit beschränkter Haftung"},
            "own_name",
            (OWN_ACCOUNT_MISSING,),
        ),
        (COMPANY, {"paymtPurpose": "Umbuchung"}, "own_name", (OWN_ACCOUNT_MISSING,)),
        (COMPANY, {"paymtPurpose": "Umbuchung auf Tagesgeld", "amount": "-900"}, "own_name", (OWN_ACCOUNT_MISSING,)),
        # A company has no private side, whatever it writes or marks.
        (COMPANY, {"paymtPurpose": "Einlage"}, "own_name", (OWN_ACCOUNT_MISSING,)),
        (COMPANY, {"status": "300"}, "own_name", (OWN_ACCOUNT_MISSING,)),
        (COMPANY, {"payeePayerAcctNo": None}, "own_name", ()),
        # Banks name the account itself for fees, and its customer for the customer's loan.
        (COMPANY, {"payeePayerAcctNo": GIRO}, "none", ()),
        (COMPANY, {"paymtPurpose": "Darlehensauszahlung Konto 77"}, "none", ()),
        (COMPANY, {"paymtPurpose": "Tilgung Darlehen Konto 77", "amount": "-900"}, "none", ()),
        (COMPANY, {"paymtPurpose": "Pfaendung", "amount": "-900"}, "none", ()),
        # A text that would help does not help.
        (COMPANY, {"paymtPurpose": "Bareinzahlung"}, "own_name", (OWN_ACCOUNT_MISSING,)),
        (COMPANY, {"paymtPurpose": "Lastschrift Widerspruch"}, "own_name", (OWN_ACCOUNT_MISSING,)),
        # Its owner may have its name, and a sister company another form.
        (COMPANY, {"payeePayerName": "Muster Eigen"}, "none", ()),
        (COMPANY, {"payeePayerName": "Muster Eigen KG"}, "none", ()),
        (COMPANY, {"payeePayerName": "Muster Eigen Verwaltungs GmbH"}, "none", ()),
        (COMPANY, {"payeePayerName": "Kunde GmbH"}, "none", ()),
        # Books that leave out the form: any form is its own.
        (Called(names=frozenset({"Muster Eigen"}), is_company=True), {}, "own_name", (OWN_ACCOUNT_MISSING,)),
        (Called(names=frozenset({"Kolibri AG", FIRM}), is_company=True), {}, "own_name", (OWN_ACCOUNT_MISSING,)),
        (Called(names=frozenset({"", "-"}), is_company=True), {"payeePayerName": "-"}, "none", ()),
        (Called(), {}, "none", ()),
    ],
)
async def test_an_own_account_outside_the_books_is_known_by_what_the_company_is_called(
    called: Called, changes: Json, transfer: str, notes: tuple[str, ...]
) -> None:
    """With one account in the books no line of them teaches the name: application and account say it."""
    own = {"payeePayerName": FIRM, "payeePayerAcctNo": ELSEWHERE, "paymtPurpose": "RE 4711"}
    lines = [line(1, "700", DAY), line(2, "10000", later(2)) | own | changes]
    ledger, coverage = await read([account(1)], lines, called=called)
    assert of_lines(ledger, "transfer") == {1: "none", 2: transfer}
    assert coverage.notes == notes


@pytest.mark.parametrize(
    ("name", "changes", "transfer"),
    [
        ("Erika Muster", {}, "own_name"),
        ("MUSTER, ERIKA", {}, "own_name"),
        ("Erika Muster", {"amount": "-900"}, "none"),
        ("Erika Muster", {"paymtPurpose": "Privateinlage"}, "none"),
        ("Erika Muster", {"paymtPurpose": "Darlehensauszahlung Konto 77"}, "none"),
        ("Max Muster", {}, "none"),
        ("Erika Muster GmbH", {}, "none"),
    ],
)
async def test_what_comes_from_a_persons_private_account_is_no_sale(name: str, changes: Json, transfer: str) -> None:
    """Everybody has one, so it is not missing in the books. What goes there has left the firm, and stays spent."""
    given = {"payeePayerName": name, "payeePayerAcctNo": ELSEWHERE, "paymtPurpose": "RE 4711"} | changes
    called = Called(names=frozenset({"Erika Muster"}))
    ledger, coverage = await read([account(1)], [line(1, "10000", DAY) | given], called=called)
    assert of_lines(ledger, "transfer") == {1: transfer}
    assert coverage.notes == ()


def test_what_the_firm_is_called_is_not_shown() -> None:
    """A person's name gets into no log with a traceback."""
    assert (
        repr(Called(names=frozenset({"Erika Muster"}))) == str(Called(names=frozenset({"Erika Muster"}))) == "Called()"
    )


async def test_money_to_and_fro_on_one_day_is_four_sides_of_two_transfers() -> None:
    """Each line is one side once, whichever of them names the other account."""
    amounts = [("-500", 1), ("500", 2), ("500", 1), ("-500", 2)]
    lines = [unnamed(number, euro, DAY, home) for number, (euro, home) in enumerate(amounts, start=1)]
    ledger, _ = await read(BOTH, lines)
    assert of_lines(ledger, "transfer") == dict.fromkeys(range(1, 5), "amount")
    ledger, _ = await read(BOTH, [lines[0] | {"payeePayerAcctNo": SAVINGS}, *lines[1:]])
    assert of_lines(ledger, "transfer") == {1: "account", 2: "account", 3: "amount", 4: "amount"}
    ledger, _ = await read(BOTH, [*lines, unnamed(5, "500", DAY, 2)])
    assert list(of_lines(ledger, "transfer").values()).count("amount") == 4


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
    ("accounts", "amount", "credited", "transfer"),
    [
        ([account(1), CARD], "-831.20", "831.20", "card"),
        ([account(1), CARD], "-831.20", "900", "card"),
        # A firm may call a supplier's payment so: then no money came into the card.
        ([account(1), CARD], "-831.20", "831.19", "entered"),
        ([account(1), CARD], "-831.20", None, "entered"),
        ([account(1), CARD], "831.20", "831.20", "none"),
        ([account(1)], "-831.20", None, "none"),
        ([account(1), {**CARD, "lastSync": None, "bankServer": None}], "-831.20", "831.20", "none"),
    ],
)
async def test_the_text_of_a_card_settlement(
    accounts: list[Json], amount: str, credited: str | None, transfer: str
) -> None:
    """It tells where the card's own line is of another day or sum; not where the card's purchases are unknown."""
    settlement = line(1, amount, DAY, paymtPurpose="Kreditkartenabrechnung 10/2026", payeePayerName="Kartenservice")
    into = [unnamed(2, credited, later(5), 2)] if credited is not None else []
    ledger, _ = await read(accounts, [settlement, *into])
    found = of_lines(ledger, "transfer")
    assert found[1] == transfer
    # The card's line is the other side where it is the same sum.
    assert found.get(2, "none") == ("card" if (transfer, credited) == ("card", "831.20") else "none")


@pytest.mark.parametrize(
    ("bookings", "text", "credited", "transfers"),
    [
        # What comes into a card out of the firm's account is no customer's payment, whatever it is booked on.
        ((2,), "RE 1", "831.20", {1: "card", 2: "card"}),
        # A payment of a bill may be as much as something that came into the card.
        ((1,), "RE 1", "831.20", {1: "none", 2: "none"}),
        ((1, 2), "Kreditkartenabrechnung 10/2026", "831.20", {1: "card", 2: "card"}),
        # Called a settlement, and nothing came into the card.
        ((1,), "Kreditkartenabrechnung 10/2026", "1", {1: "entered", 2: "none"}),
    ],
)
async def test_a_card_and_bookings(
    bookings: tuple[int, ...], text: str, credited: str, transfers: dict[int, str]
) -> None:
    """A booking proves neither that a supplier was paid, nor that a card was settled."""
    out = line(1, "-831.20", DAY, paymtPurpose=text, payeePayerName="Kartenservice")
    lines = [out, unnamed(2, credited, DAY, 2)]
    ledger, _ = await read([account(1), CARD], lines, CheckAccountTransactionLog=booked(*bookings))
    assert of_lines(ledger, "transfer") == transfers


@pytest.mark.parametrize(("amount", "transfer"), [("831.20", "card"), ("831.21", "entered")])
async def test_a_settlement_that_came_back_never_reached_the_card(amount: str, transfer: str) -> None:
    """It was returned for missing cover: the card has no line of it."""
    settlement = line(1, "-831.20", DAY, paymtPurpose="Kreditkartenabrechnung 10/2026", payeePayerName="Kartenservice")
    back = line(2, amount, later(1), paymtPurpose="Rücklastschrift AM04 Kartenservice", payeePayerName="Kartenservice")
    ledger, _ = await read([account(1), CARD], [settlement, back])
    assert of_lines(ledger, "category")[2] == "returned_debit"
    assert of_lines(ledger, "transfer") == {1: transfer, 2: "none"}


@pytest.mark.parametrize(("days", "transfer"), [(14, "card"), (-14, "card"), (15, "none")])
async def test_the_other_side_of_what_is_called_a_settlement(days: int, transfer: str) -> None:
    """It may lie two weeks apart: else a credit on the card would be money from a customer."""
    settlement = line(1, "-831.20", DAY, paymtPurpose="Kreditkartenabrechnung 10/2026", payeePayerName="Kartenservice")
    ledger, _ = await read([account(1), CARD], [settlement, unnamed(2, "831.20", later(days), 2)])
    assert of_lines(ledger, "transfer") == {1: "card", 2: transfer}


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
