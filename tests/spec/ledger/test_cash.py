"""Accounts, their lines and their levels; the check of the payout account."""

from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from spec.ledger.books import ACCOUNTS, KEY, OFFLINE, ONLINE, REGISTER, TODAY, Json, invoice, line, moment, read
from unit.sevdesk.fakes import client, ref, sevdesk

from features.ledger import Ledger, Resource
from features.ledger_versions import VERSIONS
from scoring.decisions.decision import FOREIGN_ACCOUNT, PayoutCheck
from scoring.sources.sevdesk.ledger.ledger import build_ledger

FIRST = VERSIONS[1].frames


@pytest.mark.parametrize(
    ("changes", "provenance"),
    [
        ({}, "bank_feed"),
        ({"importType": "CSV"}, "file_import"),
        ({"importType": "MT940", "lastSync": None}, "file_import"),
        ({"lastSync": None}, "none"),
        ({"type": "register"}, "none"),
        ({"type": "offline"}, "none"),
    ],
)
async def test_where_an_account_has_its_lines_from(changes: Json, provenance: str) -> None:
    """An online account that is synchronised and not imported is fed by the bank."""
    ledger, _ = await read(CheckAccount=[{**ONLINE, **changes}])
    assert ledger.accounts.select(FIRST["accounts"].names()).rows() == [
        (0, 1, changes.get("type", "online"), provenance, date(2026, 1, 1))
    ]


async def test_an_account_in_another_currency_is_left_out() -> None:
    """Its lines and level are no euro: they are no facts of the ledger, and the coverage says so."""
    dollars = {**ONLINE, "id": "8", "currency": "USD"}
    ledger, coverage = await read(
        CheckAccount=[ONLINE, dollars], CheckAccountTransaction=[line(9, "1"), line(10, "5", account=8)]
    )
    assert ledger.transactions["transaction_id"].to_list() == [9]
    assert ledger.balances["account_id"].to_list() == [1]
    assert coverage.notes == (FOREIGN_ACCOUNT,)


async def test_an_account_without_a_currency_is_in_euro() -> None:
    """What old accounts leave out is the currency of the books."""
    ledger, coverage = await read(CheckAccount=[{**ONLINE, "currency": None}], CheckAccountTransaction=[line(9, "1")])
    assert (ledger.transactions.height, coverage.notes) == (1, ())


async def test_a_line() -> None:
    """A line keeps amount, day, nature and a hash; lines of clearing accounts and deleted ones are no cash."""
    lines = [
        line(9, "-850", payeePayerAcctNo="DE02 1203", paymtPurpose="Miete Februar"),
        line(10, "5", account=3, payeePayerName=None),
        line(11, "5", account=2),
        line(12, "5", deletedAt=moment("02-05")),
        line(13, "5", account=99),
    ]
    ledger, coverage = await read(CheckAccountTransaction=lines)
    assert ledger.transactions.select(FIRST["transactions"].names()).drop("counterparty").rows() == [
        (0, 9, 1, -85_000, "rent", False, date(2026, 2, 1), date(2026, 2, 2)),
        (0, 10, 3, 500, "other", False, date(2026, 2, 1), date(2026, 2, 2)),
    ]
    assert ledger.transactions["counterparty"].is_null().to_list() == [False, True]
    assert (coverage.transaction_count, coverage.first_on, coverage.last_on) == (2, date(2026, 2, 1), date(2026, 2, 1))


async def test_who_is_the_same_counterparty() -> None:
    """The account number tells counterparties apart; without one the name does, however it is spaced."""
    lines = [
        line(1, "1", payeePayerAcctNo="DE02 1203", payeePayerName="A"),
        line(2, "1", payeePayerAcctNo="de021203", payeePayerName="B"),
        line(3, "1", payeePayerAcctNo=None, payeePayerName="Kunde  GmbH"),
        line(4, "1", payeePayerAcctNo=" ", payeePayerName="KUNDE GMBH"),
    ]
    ledger, _ = await read(CheckAccountTransaction=lines)
    first, second, third, fourth = ledger.transactions["counterparty"]
    assert first == second != third == fourth


async def test_a_transfer_between_own_accounts() -> None:
    """The link stands on one line only: both lines are internal, whichever carries it."""
    lines = [
        line(1, "-100", targetTransaction=ref("CheckAccountTransaction", 2)),
        line(2, "100", account=3),
        line(3, "-50", account=3),
        line(4, "50", sourceTransaction=ref("CheckAccountTransaction", 3)),
        line(5, "7"),
    ]
    ledger, _ = await read(CheckAccountTransaction=lines)
    assert dict(ledger.transactions.select("transaction_id", "is_internal").rows()) == {
        1: True, 2: True, 3: True, 4: True, 5: False
    }  # fmt: skip


async def _with_balance(balance: str, accounts: list[Json], lines: list[Json]) -> Ledger:
    fake = sevdesk({"CheckAccount": accounts, "CheckAccountTransaction": lines})

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("getBalanceAtDate"):
            return httpx.Response(200, json={"objects": balance})
        return fake(request)

    fetched = await client(handle).fetch(frozenset(Resource), fetched_on=TODAY)
    return build_ledger(fetched, fetched_on=TODAY, hash_key=KEY, payout_iban=None)[0]


@pytest.mark.parametrize(
    ("changes", "is_verified"),
    [
        ({"balance": "130.5"}, True),
        ({"balance": "130.49"}, False),
        ({"balance": None}, False),
        ({"balance": "130.5", "importType": "CSV"}, False),
        ({"balance": "130.5", "lastSync": None}, False),
    ],
)
async def test_the_level_before_the_first_line(changes: Json, is_verified: bool) -> None:  # noqa: FBT001  a column
    """The level of the evening before the first line is today's minus all lines; only a bank feed confirms it."""
    lines = [line(1, "50.25", "03-31"), line(2, "-20", "02-01"), line(3, "1000", "04-15")]
    ledger = await _with_balance("130.5", [{**ONLINE, **changes}], lines)
    assert ledger.balances.rows() == [(0, 1, 10_025, is_verified, date(2026, 1, 31), date(2026, 1, 31))]


async def test_an_account_without_lines_has_its_level_today() -> None:
    """Without lines the level is that of the day of the fetch; clearing accounts have none."""
    ledger = await _with_balance("12.5", [REGISTER, OFFLINE], [])
    assert ledger.balances.rows() == [(0, 3, 1_250, False, TODAY, TODAY)]


@pytest.mark.parametrize(
    ("resources", "frames"),
    [
        ({Resource.INVOICES}, {"invoices"}),
        ({Resource.TRANSACTIONS}, {"transactions"}),
        ({Resource.BALANCES}, {"balances"}),
        ({Resource.ACCOUNTS}, {"accounts"}),
        ({Resource.INVOICES, Resource.PAYMENT_LOG}, {"invoices"}),
    ],
)
async def test_what_was_not_asked_for_stays_outside(resources: set[Resource], frames: set[str]) -> None:
    """What was read for the edge alone does not enter the ledger."""
    ledger, coverage = await read(frozenset(resources), Invoice=[invoice(1)], CheckAccountTransaction=[line(1, "5")])
    assert {name for name, frame in ledger.frames().items() if frame.height} == frames
    assert ledger.fetched == resources
    assert coverage.fetched == tuple(sorted(resource.value for resource in resources))


IBAN = "DE02120300000000202051"


@pytest.mark.parametrize(
    ("iban", "accounts", "check"),
    [
        (IBAN, ACCOUNTS, PayoutCheck.MATCH),
        ("de02 1203 0000 0000 2020 51", ACCOUNTS, PayoutCheck.MATCH),
        ("DE89370400440532013000", ACCOUNTS, PayoutCheck.MISMATCH),
        (None, ACCOUNTS, PayoutCheck.UNKNOWN),
        ("", ACCOUNTS, PayoutCheck.UNKNOWN),
        (IBAN, [{**ONLINE, "iban": None}], PayoutCheck.UNKNOWN),
        (IBAN, [{**ONLINE, "iban": " "}], PayoutCheck.UNKNOWN),
        (IBAN, [], PayoutCheck.UNKNOWN),
        (IBAN, [{**REGISTER, "iban": IBAN}], PayoutCheck.UNKNOWN),
        (IBAN, [{**ONLINE, "iban": "DE1"}, {**REGISTER, "iban": IBAN}], PayoutCheck.MISMATCH),
    ],
)
async def test_the_payout_account(iban: str | None, accounts: list[dict[str, Any]], check: PayoutCheck) -> None:
    """The payout account has to be an online account in the books; without any number to compare nothing is known."""
    _, coverage = await read(frozenset({Resource.ACCOUNTS}), iban, CheckAccount=accounts)
    assert coverage.payout is check


async def test_the_same_books_in_any_order_are_the_same_ledger() -> None:
    """sevdesk promises no order, so none of it shows."""
    lists: dict[str, list[Json]] = {
        "Invoice": [invoice(number, status="1000", paidAmount=3) for number in range(1, 6)],
        "CheckAccountTransaction": [line(number, "5") for number in range(1, 6)],
    }
    there, _ = await read(**lists)
    back, _ = await read(**{name: items[::-1] for name, items in lists.items()})
    assert all(frame.equals(back.frames()[name]) for name, frame in there.frames().items())


async def test_hashes_depend_on_the_key() -> None:
    """Another borrower's key gives the same party another hash, and a short key is refused."""
    fetched = await client(sevdesk({"Invoice": [invoice(1)]})).fetch(frozenset(Resource), fetched_on=TODAY)
    hashes = {
        build_ledger(fetched, fetched_on=TODAY, hash_key=key, payout_iban=None)[0].invoices["customer"][0]
        for key in (b"a" * 16, b"b" * 16, b"b" * 16)
    }
    assert len(hashes) == 2
    with pytest.raises(ValueError, match="16 to 64 bytes"):
        build_ledger(fetched, fetched_on=TODAY - timedelta(1), hash_key=b"short", payout_iban=None)
