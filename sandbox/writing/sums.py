"""Sums of positions and documents: exact decimals, each position rounded to cents, half up."""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from sandbox.objects.values import Object, decimal_text, number_of

_CENT = Decimal("0.01")
_HUNDRED = Decimal(100)
_ABROAD = ("sumNetForeignCurrency", "sumTaxForeignCurrency", "sumGrossForeignCurrency", "sumDiscountsForeignCurrency")


class Sums(NamedTuple):
    """What a position or a document comes to."""

    net: Decimal
    tax: Decimal
    gross: Decimal
    discount: Decimal = Decimal(0)


def cents(amount: Decimal) -> Decimal:
    """An amount rounded to cents."""
    return amount.quantize(_CENT, ROUND_HALF_UP)


def taxed(amount: Decimal, rate: Decimal, *, is_net: bool, discount: Decimal = Decimal(0)) -> Sums:
    """Net, tax and gross of an amount that is one or the other."""
    if is_net:
        net, tax = cents(amount), cents(cents(amount) * rate / _HUNDRED)
        return Sums(net, tax, net + tax, discount)
    gross, net = cents(amount), cents(cents(amount) * _HUNDRED / (_HUNDRED + rate))
    return Sums(net, gross - net, gross, discount)


def total(sums: Iterable[Sums]) -> Sums:
    """All together."""
    found = Sums(Decimal(0), Decimal(0), Decimal(0))
    for one in sums:
        found = Sums(*(left + right for left, right in zip(found, one, strict=True)))
    return found


def sum_of(document: Mapping[str, Any], field: str = "sumGross") -> Decimal:
    """A sum of a document, 0 where it has none."""
    return number_of(document.get(field)) or Decimal(0)


def document_sums(sums: Sums) -> Object:
    """The fields of an invoice or a credit note; what is written is in euro."""
    return {
        **_main(sums),
        "sumDiscounts": decimal_text(sums.discount),
        **dict.fromkeys(_ABROAD, "0"),
        **accounting(sums),
    }


def voucher_sums(sums: Sums) -> Object:
    """The fields of a voucher."""
    return {**_main(sums), **accounting(sums)}


def position_sums(sums: Sums, unit: Sums) -> Object:
    """The fields of a position of an invoice or a credit note.

    Args:
        sums: of the position.
        unit: of one piece, before a discount.
    """
    main = _main(sums)
    return {
        "sumNet": main["sumNet"],
        "sumGross": main["sumGross"],
        "sumDiscount": decimal_text(sums.discount),
        "sumTax": main["sumTax"],
        **accounting(sums),
        "priceNet": decimal_text(unit.net),
        "priceGross": decimal_text(unit.gross),
        "priceTax": decimal_text(unit.tax),
    }


def accounting(sums: Sums) -> Object:
    """What is entered in the accounts: the same, unless it was paid otherwise."""
    return {
        "sumNetAccounting": decimal_text(sums.net),
        "sumTaxAccounting": decimal_text(sums.tax),
        "sumGrossAccounting": decimal_text(sums.gross),
    }


def json_number(amount: Decimal) -> int | float:
    """A JSON number: whole ones as integers."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _main(sums: Sums) -> Object:
    return {
        "sumNet": decimal_text(sums.net),
        "sumTax": decimal_text(sums.tax),
        "sumGross": decimal_text(sums.gross),
    }
