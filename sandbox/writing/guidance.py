"""``ReceiptGuidance``: which booking accounts there are, and what may be booked on each with which tax rule.

``AccountingType`` has those of system 1.0.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.account.errors import ApiError, bad_request, unknown_action
from sandbox.account.query import Query
from sandbox.objects.values import Object

_ALL_RATES, _NO_RATE = ("ZERO", "SEVEN", "NINETEEN"), ("ZERO",)
_RULES: Mapping[int, tuple[str, str, Sequence[str]]] = {
    1: ("USTPFL_UMS_EINN", "Umsatzsteuerpflichtige Umsätze", _ALL_RATES),
    9: ("VORST_ABZUGSF_AUFW", "Vorsteuerabziehbare Aufwendungen", _ALL_RATES),
    10: ("NICHT_VORST_ABZUGSF_AUFW", "Nicht vorsteuerabziehbare Aufwendungen", _NO_RATE),
    14: ("REV_CHARGE_EU", "Reverse Charge gem. §13b Abs. 1 EU Umsätze 0% (19%)", _NO_RATE),
}
_EXPENSE, _REVENUE = "EXPENSE", "REVENUE"
_ACCOUNTS: Sequence[tuple[int, str, str, str, Sequence[int]]] = (
    (4000, "4400", "Erlöse 19 % USt", _REVENUE, (1,)),
    (4285, "6855", "Nebenkosten des Geldverkehrs", _EXPENSE, (9, 10, 14)),
    (4286, "6815", "Bürobedarf", _EXPENSE, (9, 10, 14)),
    (4287, "6825", "Rechts- und Beratungskosten", _EXPENSE, (9, 10, 14)),
    (4288, "6436", "Steuerlich abzugsfähige Verspätungszuschläge und Zwangsgelder", _EXPENSE, (10,)),
    (4289, "7310", "Zinsaufwendungen für kurzfristige Verbindlichkeiten", _EXPENSE, (9, 10)),
    (4290, "5400", "Wareneingang 19 % Vorsteuer", _EXPENSE, (9, 10, 14)),
    (4291, "5900", "Fremdleistungen", _EXPENSE, (9, 10, 14)),
    (4292, "6600", "Werbekosten", _EXPENSE, (9, 10, 14)),
    (4293, "6805", "Telefon", _EXPENSE, (9, 10, 14)),
)
"""Identifier, number in SKR04, name, what is booked there, tax rules. A few of hundreds."""


_TYPES: Sequence[tuple[int, str, str]] = (
    (3, "8400", "Erlöse 19 % USt"),
    (26, "4970", "Nebenkosten des Geldverkehrs"),
    (27, "3400", "Wareneingang 19 % Vorsteuer"),
    (28, "3100", "Fremdleistungen"),
    (29, "4600", "Werbekosten"),
    (30, "4920", "Telefon"),
)
"""Identifier, number in SKR03, name, of system 1.0. A few of hundreds."""


def accounting_types(query: Query) -> list[Object]:
    """The booking accounts of system 1.0, with their numbers where these are asked to be embedded."""
    is_numbered = ["accountingSystemNumber"] in query.embedded
    return [
        {
            "id": str(identifier),
            "objectName": "AccountingType",
            "name": name,
            "accountingSystemNumber": {
                "id": str(1000 + identifier),
                "objectName": "AccountingSystemNumber",
                **({"number": number} if is_numbered else {}),
            },
        }
        for identifier, number, name in _TYPES
    ]


def guidance(action: str, query: Query, *, is_single_bare: bool) -> Any:  # noqa: ANN401  any JSON
    """The content of ``objects``.

    Args:
        action: what is asked for, such as ``forAccountNumber``.
        query: the query string.
        is_single_bare: the guide of one account comes by itself instead of in a list.

    Raises:
        ApiError: the action is unknown, its parameter is missing, or there is no such account.
    """
    match action:
        case "forAllAccounts":
            return _guides(lambda _: True)
        case "forExpense" | "forRevenue":
            wanted = _EXPENSE if action == "forExpense" else _REVENUE
            return _guides(lambda guide: wanted in guide["allowedReceiptTypes"])
        case "forAccountNumber":
            number = _parameter(query, "accountNumber")
            found = _guides(lambda guide: guide["accountNumber"] == number)
            if not found:
                raise ApiError(422, "The account you requested could not be found.")
            return found[0] if is_single_bare else found
        case "forTaxRule":
            rule = _parameter(query, "taxRule")
            found = _guides(lambda guide: any(allowed["name"] == rule for allowed in guide["allowedTaxRules"]))
            if not found:
                raise ApiError(422, "No account guides were found for the requested tax rule.")
            return found
        case _:
            raise unknown_action()


def rules_of(account_id: str) -> frozenset[str] | None:
    """The tax rules that a booking account allows; none where it is not one of the few that are known."""
    found = [frozenset(map(str, rules)) for identifier, *_, rules in _ACCOUNTS if str(identifier) == account_id]
    return found[0] if found else None


def _parameter(query: Query, name: str) -> str:
    value = query.value(name)
    if not value:
        raise bad_request(f"{name} is required")
    return value


def _guides(is_wanted: Callable[[Object], bool]) -> list[Object]:
    guides = [
        {
            "accountDatevId": identifier,
            "accountNumber": number,
            "accountName": name,
            "description": name,
            "allowedTaxRules": [_rule(rule) for rule in rules],
            "allowedReceiptTypes": [kind],
        }
        for identifier, number, name, kind, rules in _ACCOUNTS
    ]
    return [guide for guide in guides if is_wanted(guide)]


def _rule(identifier: int) -> Object:
    name, description, rates = _RULES[identifier]
    return {"name": name, "description": description, "id": identifier, "taxRates": list(rates)}
