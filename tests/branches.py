"""The wholesaler's branches in tests: all of them as one ordinary history, document by document."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from typing import TypeVar

from sandbox.bookkeeping.history import History
from sandbox.bookkeeping.identifiers import first_and_step
from sandbox.firms.wholesaler import WHOLESALER

T = TypeVar("T")

SMALL_WHOLESALER = replace(
    WHOLESALER, branches=4, traits=replace(WHOLESALER.traits, invoices_per_month=9, sales=3_200, customers=9)
)


def all_branches(one: History, branches: int) -> History:
    """The books of so many branches, if each is as ``one``: copied, then numbered in the order of recording."""
    copies = [deepcopy(one) for _ in range(branches)]
    for branch, copied in enumerate(copies):
        _renamed(copied, branch)
    whole = replace(
        one,
        parties=[party for copied in copies for party in copied.parties],
        accounts=[replace(a, balance=None if a.balance is None else a.balance * branches) for a in one.accounts],
        invoices=_in_turn([copied.invoices for copied in copies]),
        vouchers=_in_turn([copied.vouchers for copied in copies]),
        credit_notes=_in_turn([copied.credit_notes for copied in copies]),
        lines=_in_turn([copied.lines for copied in copies]),
        bookings=_in_turn([copied.bookings for copied in copies]),
    )
    _identify(whole, copies)
    _number(whole, copies)
    return whole


def _renamed(copied: History, branch: int) -> None:
    """Business partners are a branch's own; the tax office and its like are everybody's."""
    parties, count = copied.parties, len(copied.parties)

    def at_branch(index: int) -> int:
        return index + count * branch if "Filiale" in parties[index].name else index

    for invoice in copied.invoices:
        invoice.customer = None if invoice.customer is None else at_branch(invoice.customer)
    for voucher in copied.vouchers:
        voucher.supplier = at_branch(voucher.supplier)
    for note in copied.credit_notes:
        note.customer = at_branch(note.customer)
    for line in copied.lines:
        line.party = None if line.party is None else at_branch(line.party)
    for party in parties:
        party.name = party.name.replace(", Filiale 1", f", Filiale {branch + 1}")


def _identify(whole: History, copies: Sequence[History]) -> None:
    for resource, items in (
        ("Invoice", whole.invoices),
        ("Voucher", whole.vouchers),
        ("CreditNote", whole.credit_notes),
        ("CheckAccountTransaction", whole.lines),
        ("CheckAccountTransactionLog", whole.bookings),
    ):
        first, step = first_and_step(resource, whole.key)
        for index, item in enumerate(items):
            item.id = first + step * index
    known = _in_turn([[party for party in copied.parties if party.contact_id is not None] for copied in copies])
    first, step = first_and_step("Contact", whole.key)
    for index, party in enumerate(known):
        party.contact_id = first + step * index


def _number(whole: History, copies: Sequence[History]) -> None:
    """In documents, and in the purposes of bank lines."""
    numbered = [invoice for invoice in whole.invoices if invoice.number is not None and not invoice.is_draft]
    told = {id(invoice): str(invoice.number) for invoice in numbered}
    for kinds in (("RE", "SR"), ("MA",)):
        for index, invoice in enumerate(invoice for invoice in numbered if invoice.kind in kinds):
            invoice.number = f"{kinds[0]}-{1000 + index}"
    for index, note in enumerate(whole.credit_notes):
        note.number = f"GU-{1000 + index}"
    for copied in copies:
        renamed = {told[id(one)]: str(one.number) for one in copied.invoices if id(one) in told}
        for line in copied.lines:
            head, _, number = line.purpose.rpartition(" ")
            if number in renamed:
                line.purpose = f"{head} {renamed[number]}"


def _in_turn(lists: Sequence[Sequence[T]]) -> list[T]:
    return [item for items in zip(*lists, strict=True) for item in items]
