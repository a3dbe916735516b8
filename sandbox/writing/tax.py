"""How documents are taxed: tax types of system 1.0, tax rules of 2.0, and what each rule allows."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from sandbox.objects.values import Object, decimal_text, number_of, reference_of
from sandbox.writing import fields
from sandbox.writing.unit_of_work import UnitOfWork

_EVERY, _NONE = frozenset({Decimal(0), Decimal(7), Decimal(19)}), frozenset({Decimal(0)})
_RATES: Mapping[str, frozenset[Decimal]] = {
    **dict.fromkeys(("1", "3", "8", "9"), _EVERY),
    **dict.fromkeys(("2", "4", "5", "10", "11", "12", "13", "14", "17", "21"), _NONE),
}
"""By tax rule. Rates of the One Stop Shop (18 to 20) depend on the country; rules beyond the described were seen."""
_SALES = frozenset({"1", "2", "3", "4", "5", "11", "17", "18", "19", "20", "21"})
_EXPENSES = frozenset({"8", "9", "10", "12", "13", "14"})
_NOT_IN_VOUCHERS = frozenset({"18", "19", "20", "21"})
_NOT_ELECTRONIC = frozenset({"18", "19", "20"})
_OF_PARTS = frozenset({"1", "11"})
_NOT_FINAL = frozenset({"17", "18", "19", "20", "21"})
_BY_TYPE: Mapping[str, str] = {"default": "1", "eu": "3", "ss": "11", "noteu": "17"}
_BY_TYPE_OF_EXPENSE: Mapping[str, str] = {"default": "9", "ss": "10"}


def taxed_by_rule(work: UnitOfWork, document: Object) -> Object:
    """The document with what its system taxes it by: a tax rule in 2.0, a tax type in 1.0.

    System 2.0 takes the old tax types for a time and enters the rule instead.

    Raises:
        ApiError: it is missing, is no longer there, or does not fit the kind of document.
    """
    kind = document.get("taxType")
    if work.is_first_system:
        if not kind:
            raise fields.invalid("Could not find taxType")
        return document
    if kind == "custom" or document.get("taxSet") is not None:
        raise fields.invalid("taxType custom and taxSet are not supported in sevdesk-Update 2.0")
    rule = document.get("taxRule")
    if rule is None:
        if not kind:
            raise fields.invalid("taxRule cannot be null")
        found = (_BY_TYPE_OF_EXPENSE if document.get("creditDebit") == "C" else _BY_TYPE).get(kind)
        if found is None:
            raise fields.invalid("Could not find taxType")
        rule = {"id": found, "objectName": "TaxRule"}
    _check_kind(document, rule["id"])
    return {**document, "taxRule": rule, "taxType": None}


def check_rates(work: UnitOfWork, document: Object, positions: Iterable[Object]) -> None:
    """Hold the rates of positions to the tax rule, and those of a small business to none.

    Raises:
        ApiError: a rate is not allowed.
    """
    rule = reference_of(document.get("taxRule"))
    allowed = None if rule is None or work.is_first_system else _RATES.get(rule[1])
    for position in positions:
        rate = number_of(position.get("taxRate")) or Decimal(0)
        if rate != 0 and document.get("smallSettlement") == "1":
            raise fields.invalid("A document of a small business must not contain any vat")
        if allowed is not None and rate not in allowed and rule is not None:
            rates = ", ".join(map(decimal_text, sorted(allowed)))
            raise fields.invalid(
                f"taxRate {decimal_text(rate)} is not allowed with taxRule {rule[1]}, allowed are: {rates}"
            )


def check_electronic(work: UnitOfWork, document: Object) -> None:
    """Refuse e-invoices of the One Stop Shop.

    Raises:
        ApiError: the tax rule is one of those.
    """
    rule = reference_of(document.get("taxRule"))
    if not work.is_first_system and rule is not None and rule[1] in _NOT_ELECTRONIC:
        raise fields.invalid(f"taxRule {rule[1]} cannot be used for an e-invoice")


def _check_kind(document: Object, rule: str) -> None:
    """What each rule cannot be used for."""
    match document["objectName"]:
        case "Invoice":
            kind = document["invoiceType"]
            is_wrong = rule in _EXPENSES or (kind in {"AR", "TR"} and rule not in _OF_PARTS)
            is_wrong = is_wrong or (kind == "ER" and rule in _NOT_FINAL)
            used_for = f"an invoice of type {kind}"
        case "Voucher":
            is_expense = document["creditDebit"] == "C"
            is_wrong = rule in _NOT_IN_VOUCHERS or rule in (_SALES if is_expense else _EXPENSES)
            used_for = f"a voucher with creditDebit {document['creditDebit']}"
        case _:
            return
    if is_wrong:
        raise fields.invalid(f"taxRule {rule} cannot be used for {used_for}")
