"""Contacts, accounts, bank lines, the transaction log, the client and the countries as sevdesk objects."""

import hashlib
from typing import Any

from sandbox.bookkeeping import names
from sandbox.bookkeeping.history import Account, Booking, CreditNote, Invoice, Line, Party
from sandbox.objects import blank
from sandbox.rendering.shapes import RenderContext, midnight, moment, money, number, ref

_CUSTOMER, _SUPPLIER = 3, 2
"""Identifiers of the categories of contacts."""
_BIC = "GENODEM1GLS"
_COUNTRIES = (
    ("1", "de", "Deutschland", "Germany"),
    ("2", "ch", "Schweiz", "Switzerland"),
    ("3", "at", "Österreich", "Austria"),
    ("4", "fr", "Frankreich", "France"),
    ("5", "nl", "Niederlande", "Netherlands"),
)


def contact_object(context: RenderContext, party: Party, *, is_supplier: bool) -> dict[str, Any]:
    """One object of the resource Contact; an organisation has a ``name``, a person ``surename`` and ``familyname``."""
    identifier = party.contact_id or 0
    given, _, family = party.name.partition(" ")
    return {
        **blank.CONTACT,
        **context.head("Contact", identifier, party.since, party.since),
        "name": None if party.is_person else party.name,
        "customerNumber": None if is_supplier else str(1000 + identifier % 10_000),
        "surename": given if party.is_person else None,
        "familyname": family if party.is_person else None,
        "category": ref("Category", _SUPPLIER if is_supplier else _CUSTOMER),
        "sevClient": context.client,
        "bankAccount": party.iban if is_supplier else None,
    }


def account_object(context: RenderContext, account: Account, index: int) -> dict[str, Any]:
    """One object of the resource CheckAccount."""
    is_synced, end_on = account.is_synced, context.history.end_on
    synced_on = end_on if account.synced_on is None else account.synced_on
    return {
        **blank.CHECK_ACCOUNT,
        **context.head("CheckAccount", account.id, account.recorded, synced_on if is_synced else account.recorded),
        "sevClient": context.client,
        "name": account.name,
        "type": account.kind,
        "importType": account.import_type,
        "checkAccId": str(7_000_000 + account.id) if is_synced else None,
        "defaultAccount": "1" if account.is_default else "0",
        "bankServer": "FINAPI" if is_synced else None,
        "balance": None if account.balance is None else money(account.balance),
        "accountingNumber": str(1200 + index),
        "iban": account.iban,
        "bic": _BIC if account.iban else None,
        "status": "0" if account.is_archived else "100",
        "baseAccount": "1" if account.is_base else "0",
        "autoSyncTransactions": "1" if is_synced else "0",
        "lastSync": f"{midnight(synced_on)[:10]}T04:00:00{midnight(synced_on + 1)[19:]}" if is_synced else None,
    }


def line_object(context: RenderContext, line: Line, source: Line | None, *, is_target: bool) -> dict[str, Any]:
    """One object of the resource CheckAccountTransaction.

    Args:
        context: what the account's objects share.
        line: the line.
        source: the other side of a transfer, where the link stands on this side.
        is_target: whether the other side of a transfer names it.
    """
    party = None if line.party is None else context.party(line.party)
    target = None if line.is_named_as_source else line.target
    status = "350" if line.is_auto_booked else "100"
    if line.target is not None or is_target or line.is_booked:
        status = "400"
    elif line.is_private:
        status = "300"
    item = {
        **blank.LINE,
        **context.head("CheckAccountTransaction", line.id, line.recorded, line.recorded),
        "sevClient": context.client,
        "valueDate": midnight(line.day),
        "entryDate": midnight(line.day),
        "amount": money(line.amount),
        "entryText": line.entry_text,
        "paymtPurpose": line.purpose,
        "payeePayerAcctNo": party.iban if party else None,
        "payeePayerName": party.name if party else None,
        "checkAccount": ref("CheckAccount", context.history.accounts[line.account].id),
        "status": status,
        "sourceTransaction": None if source is None else ref("CheckAccountTransaction", source.id),
        "targetTransaction": None if target is None else ref("CheckAccountTransaction", target.id),
        "deletedAt": moment(line.recorded, line.id + 60) if line.is_deleted else None,
        **({} if line.came is None else _marks(line, party)),
    }
    return blank.without_unset(item)


_CODES = {("LASTSCHRIFT", False): "105", ("RUECKLASTSCHRIFT", True): "108", ("RUECKLASTSCHRIFT", False): "109"}
"""SEPA business transaction codes (GVC) by entry text and whether money comes in."""


def _marks(line: Line, party: Party | None) -> dict[str, Any]:
    """What tells how a line came: inferred, as no recorded answer has a line of a feed.

    A feed brings lines in the two synchronisations of a morning, many at the same second, with the bank's codes and a
    hash that keeps it from bringing a line twice. A file brings all its lines in one second, and nothing else. A line
    that was posted has noon as its value date, as in the recorded answers, and an instant of its own.
    """
    if line.came == "posted":
        noon = f"{midnight(line.day)[:10]}T12:00:00{midnight(line.day + 1)[19:]}"
        created = moment(line.recorded, line.id)
        return {"valueDate": noon, "entryDate": noon, "entryText": None, "create": created, "update": created}
    if line.came == "file":
        created = moment(line.recorded, line.account)
        return {"entryText": None, "create": created, "update": created}
    parts = f"{line.account}|{line.day}|{line.amount}|{line.purpose}|{party.name if party else ''}"
    digest = hashlib.sha256(parts.encode()).hexdigest()
    # What waited for a feed to go on comes all at once.
    is_later = line.recorded - line.day <= 1 and int(digest[:2], 16) % 4 > 0
    clock = f"03:59:{50 + line.account % 10}" if is_later else f"00:00:{line.account:02d}"
    created = f"{midnight(line.recorded)[:10]}T{clock}{midnight(line.recorded + is_later)[19:]}"
    text = line.entry_text or ("GUTSCHRIFT" if line.amount >= 0 else "UEBERWEISUNG")
    return {
        "create": created,
        "update": created,
        "entryText": text,
        "gvCode": _CODES.get((text, line.amount >= 0), "166" if line.amount >= 0 else "116"),
        "payeePayerBankCode": _BIC if party and party.iban else None,
        "compareHash": digest[:32],
    }


def booking_object(context: RenderContext, booking: Booking) -> dict[str, Any]:
    """One object of the resource CheckAccountTransactionLog; it has no ``update``."""
    document = booking.document
    kind = "Invoice" if isinstance(document, Invoice) else "Voucher"
    if isinstance(document, CreditNote):
        kind = "CreditNote"
    return {
        "id": str(booking.id),
        "objectName": "CheckAccountTransactionLog",
        "additionalInformation": None,
        "create": moment(booking.recorded, booking.id),
        "checkAccountTransaction": ref("CheckAccountTransaction", booking.line.id),
        "fromStatus": "100",
        "toStatus": "400",
        "amountPaid": number(booking.amount),
        "bookingDate": midnight(booking.day),
        "sevClient": context.client,
        "object": ref(kind, document.id),
    }


def client_object(context: RenderContext, name: str) -> dict[str, Any]:
    """The one object of the resource SevClient; its keys are inferred, as no recorded answer has one."""
    opened = context.history.opened_on
    street, code, city = context.address(0)
    return {
        **context.head("SevClient", int(context.client["id"]), opened, opened),
        "name": name,
        "addressStreet": street,
        "addressZip": code,
        "addressCity": city,
        "bankIban": context.history.accounts[0].iban if context.history.accounts else None,
        "bankBic": _BIC,
        "contactEmail": "buchhaltung@example.com",
        "contactPhone": None,
        "taxNumber": names.tax_number(context.history.key),
        "vatNumber": None if context.history.is_small_business else names.vat_id(context.history.key),
        "smallSettlement": "1" if context.history.is_small_business else "0",
    }


def country_objects() -> list[dict[str, Any]]:
    """A few objects of the resource StaticCountry."""
    return [
        {
            "id": identifier,
            "objectName": "StaticCountry",
            "code": code,
            "name": name,
            "nameEn": english,
            "translationCode": f"COUNTRY_{code.upper()}",
            "locale": "en_US",
            "priority": "100" if code == "de" else "0",
        }
        for identifier, code, name, english in _COUNTRIES
    ]
