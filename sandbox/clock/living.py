"""How books go on: a firm does again what it did 52 weeks before, and its documents are paid as it and others use to.

The same books come out whether time passes in one step or in many.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from sandbox.account.account import Account
from sandbox.clock.habits import GIVEN_UP, PAID, Habits, date_of, documents, due_of, partner_of, side_of
from sandbox.clock.happenings import Happening, What
from sandbox.objects.values import (
    BERLIN,
    Object,
    day_of,
    decimal_text,
    field_of,
    moment_of,
    number_of,
    reference_of,
    text_of,
)
from sandbox.writing.sums import Sums, accounting, json_number, sum_of

YEAR: Final = timedelta(days=364)
"""52 weeks: the same day of the week, and of the season."""
_DAY: Final = timedelta(days=1)
_SALES_END = timedelta(days=14)
_RETURNS, _ATTACHED = (2, 9, 16), 21
_TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}.*")
_LAST_DIGITS = re.compile(r"(\d{1,12})(?=\D*$)")
_OPEN = {"Invoice": "200", "Voucher": "100"}


def live_on(account: Account, habits: Habits, happenings: Sequence[Happening], since: date, until: date) -> None:
    """Let the books go on.

    Args:
        account: whose books; they are changed.
        habits: as the books showed them before they went on.
        happenings: what befalls this firm, in the order of days.
        since: the last day that is in the books.
        until: the last day that shall be.
    """
    while since < until:
        # What is repeated must be in the books already.
        step = min(until, since + YEAR)
        _Step(account, habits, happenings, since, step).live()
        since = step


@dataclass(slots=True)
class _Step:
    account: Account
    habits: Habits
    happenings: Sequence[Happening]
    since: date
    until: date
    changed: dict[str, dict[str, Object]] = field(default_factory=lambda: defaultdict(dict))
    to_pay: dict[date, list[Object]] = field(default_factory=lambda: defaultdict(list))
    number: int = 0
    """The highest of the invoices' numbers."""

    def live(self) -> None:
        self.number = max(map(_number, self._all("Invoice")), default=0)
        before = list(documents(self.account))
        for document in before:
            if text_of(document.get("status")) != PAID:
                self._plan(document)
        documents_by_day = _by_day(before, date_of)
        lines_by_day = _by_day(self._repeated_lines(), lambda line: day_of(line.get("valueDate")))
        defaulted = next((one.on for one in self.happenings if one.what == What.DEFAULTS), None)
        day = self.since
        while (day := day + _DAY) <= self.until:
            if defaulted is None or day < defaulted + _SALES_END:
                for document in documents_by_day.get(day - YEAR, ()):
                    self._issue(document, day)
            if defaulted is None or day < defaulted:
                self._repeat_lines(lines_by_day.get(day - YEAR, ()), day)
            for document in sorted(self.to_pay.pop(day, ()), key=_by_id):
                self._pay(document, day)
            if defaulted is not None:
                self._default(day, (day - defaulted).days)
        self._state_balances()
        self.account.adopt({resource: list(items.values()) for resource, items in self.changed.items()})

    # Documents

    def _issue(self, document: Object, day: date) -> None:
        resource = document["objectName"]
        gross = sum_of(document)
        sums = Sums(sum_of(document, "sumNet"), sum_of(document, "sumTax"), gross)
        new = {
            **_moved(document),
            "id": self.account.new_id(resource),
            "status": _OPEN[resource],
            "payDate": None,
            "paidAmount": 0,
            **accounting(sums),
        }
        new.pop("origin", None)
        new["update"] = new["create"]
        for name in ("sendDate", "enshrined"):
            if new.get(name) is not None:
                new[name] = new["create"]
        if resource == "Invoice":
            number = self._next_number(text_of(document.get("invoiceNumber")))
            new["header"] = text_of(new.get("header")).replace(text_of(document.get("invoiceNumber")), number)
            new["invoiceNumber"] = number
        else:
            new["description"] = f"{text_of(document.get('description'))}-{day:%y}"
        self._put(new)
        self._issue_positions(document, new)
        self._plan(new)

    def _issue_positions(self, document: Object, new: Object) -> None:
        resource = f"{document['objectName']}Pos"
        listing = self.account.listing(resource)
        target = (document["objectName"], text_of(document["id"]))
        for place in listing.referring(field_of(document["objectName"]), target):
            recorded = {"create": new["create"], "update": new["create"]}
            position = {**_moved(listing.object(place)), **recorded, "id": self.account.new_id(resource)}
            reference = {"id": new["id"], "objectName": new["objectName"]}
            position[field_of(document["objectName"])] = reference
            self._put(position)

    def _next_number(self, model: str) -> str:
        """The number of an invoice that is sent now, in the form of an earlier one."""
        self.number += 1
        return _LAST_DIGITS.sub(str(self.number), model) if _LAST_DIGITS.search(model) else f"RE-{self.number}"

    def _plan(self, document: Object) -> None:
        day = pay_day(document, self.habits, self.happenings)
        if day is not None and self.since < day <= self.until:
            self.to_pay[day].append(document)

    def _pay(self, document: Object, day: date) -> None:
        side = side_of(document)
        model = self.habits.lines.get((side, partner_of(document))) or self.habits.lines.get((side, None))
        if model is None:  # nothing was ever paid through the bank
            return
        left = sum_of(document) - sum_of(document, "paidAmount")
        amount = -left if side == "VoucherC" else left
        named = text_of(document.get("invoiceNumber") or document.get("description"))
        line = self._line(model, day, amount, status="400", paymtPurpose=f"Rechnung {named}")
        self._put(
            {
                "id": self.account.new_id("CheckAccountTransactionLog"),
                "objectName": "CheckAccountTransactionLog",
                "additionalInformation": None,
                "create": line["create"],
                "checkAccountTransaction": {"id": line["id"], "objectName": "CheckAccountTransaction"},
                "fromStatus": "100",
                "toStatus": "400",
                "amountPaid": json_number(amount),
                "bookingDate": line["valueDate"],
                "sevClient": line["sevClient"],
                "object": {"id": document["id"], "objectName": document["objectName"]},
            }
        )
        paid = {"status": PAID, "payDate": line["valueDate"], "paidAmount": json_number(sum_of(document))}
        self._put({**document, **paid, "update": line["create"]})

    # Lines

    def _repeated_lines(self) -> Iterable[Object]:
        """Lines that settle no document: wages, taxes, rents, instalments, transfers."""
        entries = self._all("CheckAccountTransactionLog")
        booked = {reference_of(entry.get("checkAccountTransaction")) for entry in entries}
        accounts = {
            ("CheckAccount", text_of(one["id"])) for one in self._all("CheckAccount") if one.get("type") != "offline"
        }
        lines = [
            line
            for line in self._all("CheckAccountTransaction")
            if ("CheckAccountTransaction", text_of(line["id"])) not in booked
            and line.get("deletedAt") is None
            and reference_of(line.get("checkAccount")) in accounts
        ]
        amounts = {number_of(line.get("amount")) for line in lines}
        for line in lines:
            # A debit of a bill that came back: only what came back would be repeated.
            is_return = "ruecklastschrift" in text_of(line.get("paymtPurpose")).lower()
            if not is_return or -(number_of(line.get("amount")) or Decimal(0)) in amounts:
                yield line

    def _repeat_lines(self, lines: Iterable[Object], day: date) -> None:
        again: dict[str, Object] = {}
        for line in lines:
            amount = number_of(line.get("amount")) or Decimal(0)
            again[text_of(line["id"])] = self._line(line, day, amount)
        for line in again.values():
            for name in ("targetTransaction", "sourceTransaction"):
                other = reference_of(line.pop(name, None))
                if other is not None and other[1] in again:
                    line[name] = {"id": again[other[1]]["id"], "objectName": other[0]}

    def _line(self, model: Object, day: date, amount: Decimal, **fields: Any) -> Object:  # noqa: ANN401  any JSON
        """A line like another one, on this day."""
        at = moment_of(model.get("create"))
        stamp = _stamp(day, time(3, 59, 50) if at is None else at.astimezone(BERLIN).time())
        value_time = moment_of(model.get("valueDate"))
        value = _stamp(day, time() if value_time is None else value_time.astimezone(BERLIN).time())
        line = {
            **model,
            "id": self.account.new_id("CheckAccountTransaction"),
            "create": stamp,
            "update": stamp,
            "valueDate": value,
            "entryDate": value,
            "amount": decimal_text(amount),
            "enshrined": None,
            **fields,
        }
        if model.get("compareHash") is not None:
            line["compareHash"] = hashlib.md5(line["id"].encode(), usedforsecurity=False).hexdigest()
        return self._put(line)

    def _default(self, day: date, after: int) -> None:
        """What a bank's lines show of a firm that can no longer pay."""
        model = self.habits.lines.get(("VoucherC", None))
        if model is None:  # it never paid a bill through the bank
            return
        amount, purpose = abs(number_of(model.get("amount")) or Decimal(0)), text_of(model.get("paymtPurpose"))
        if after == 0 and (level := self._level(model, day)) > 0:
            self._transfer(model, day, -level, "Anderkonto Kanzlei Brandt", "Schadenersatz laut Urteil")
        elif after in _RETURNS:
            debit = {"status": "100", "paymtPurpose": purpose, "entryText": "LASTSCHRIFT"}
            self._line(model, day, -amount, **debit)
            returned = {"paymtPurpose": f"Ruecklastschrift mangels Deckung {purpose}", "entryText": "RUECKLASTSCHRIFT"}
            self._line(model, day, amount, **(debit | returned))
        elif after == _ATTACHED:
            order = "Pfaendungs- und Einziehungsverfuegung"
            self._transfer(model, day, Decimal(-1500), "Vollstreckungsstelle", order, text="PFAENDUNG")

    def _transfer(
        self, model: Object, day: date, amount: Decimal, payee: str, purpose: str, *, text: str = "UEBERWEISUNG"
    ) -> None:
        """A line to somebody who was never paid before."""
        nobody = {"payeePayerAcctNo": None, "payeePayerBankCode": None, "entryText": text, "status": "100"}
        self._line(model, day, amount, payeePayerName=payee, paymtPurpose=purpose, **nobody)

    def _level(self, model: Object, day: date) -> Decimal:
        """What is on the account of a line on that day."""
        on = reference_of(model.get("checkAccount"))
        return sum(
            (
                number_of(line.get("amount")) or Decimal(0)
                for line in (*self._all("CheckAccountTransaction"), *self.changed["CheckAccountTransaction"].values())
                if reference_of(line.get("checkAccount")) == on and line.get("deletedAt") is None
                if (day_of(line.get("valueDate")) or day) <= day
            ),
            Decimal(0),
        )

    def _state_balances(self) -> None:
        """What accounts with a feed claim of themselves."""
        added: dict[Any, Decimal] = defaultdict(Decimal)
        for line in self.changed["CheckAccountTransaction"].values():
            added[reference_of(line["checkAccount"])] += number_of(line["amount"]) or Decimal(0)
        for one in self._all("CheckAccount"):
            synced = moment_of(one.get("lastSync"))
            # A feed that had stopped before stays as it was.
            if synced is not None and synced.astimezone(BERLIN).date() >= self.since:
                level = (number_of(one.get("balance")) or Decimal(0)) + added["CheckAccount", text_of(one["id"])]
                stamp = _stamp(self.until, synced.astimezone(BERLIN).time())
                self._put({**one, "balance": decimal_text(level), "lastSync": stamp, "update": stamp})

    def _all(self, resource: str) -> Iterable[Object]:
        return self.account.objects(resource)

    def _put(self, item: Object) -> Object:
        self.changed[item["objectName"]][item["id"]] = item
        return item


def pay_day(document: Object, habits: Habits, happenings: Sequence[Happening]) -> date | None:
    """The day on which a document is paid; None where it never is.

    It follows from the document, the habits and what happens alone: so no matter in how many steps time passes.
    """
    side, due, issued = side_of(document), due_of(document), date_of(document)
    if due is None or issued is None:
        return None
    number = int(text_of(document["id"])[-6:] or "0")
    # Multiples of this number, taken modulo one, are spread as if they were drawn.
    if number * 0.618034 % 1 < habits.unpaid.get(side, 0.0):
        return None
    day = max(due + timedelta(days=habits.delays.get(side, 0) + number % 5), issued)
    if day <= habits.since:  # open for longer than is usual when the books began to go on
        if habits.since - due > GIVEN_UP:
            return None
        day = habits.since + timedelta(days=1 + number % 14)
    day = _working(day)
    is_bill = side == "VoucherC"
    for one in happenings:
        if one.on > day:
            continue
        if one.what == What.DEFAULTS and is_bill:
            return None
        if one.what == (What.PAYS_LATE if is_bill else What.CUSTOMERS_PAY_LATE):
            day = _working(day + timedelta(days=one.days or 30))
    return day


def _working(day: date) -> date:
    """The day, or the Monday after it."""
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() >= 5 else day


def _by_day(objects: Iterable[Object], day: Callable[[Object], date | None]) -> dict[date, list[Object]]:
    """Objects by day, the oldest first within one."""
    found: dict[date, list[Object]] = defaultdict(list)
    for one in sorted(objects, key=_by_id):
        if (on := day(one)) is not None:
            found[on].append(one)
    return found


def _moved(item: Object) -> Object:
    """A copy 52 weeks later: each timestamp at the same time of the day in Berlin."""
    moved = {
        name: _later(value) if isinstance(value, str) and _TIMESTAMP.fullmatch(value) else value
        for name, value in item.items()
    }
    # What is repeated is recorded on its day, however late it was then, such as in books that were moved.
    issued, recorded = date_of(moved) if moved["objectName"] in _OPEN else None, moment_of(moved.get("create"))
    if issued is not None and recorded is not None:
        moved["create"] = _stamp(issued, recorded.astimezone(BERLIN).time())
    return moved


def _by_id(item: Object) -> tuple[int, str]:
    """Older ids first: they have no more digits."""
    return len(text_of(item["id"])), text_of(item["id"])


def _number(invoice: Object) -> int:
    """The number of an invoice, 0 where it has none."""
    found = _LAST_DIGITS.search(text_of(invoice.get("invoiceNumber")))
    return int(found[1]) if found and invoice.get("invoiceType") == "RE" else 0


def _later(text: str) -> str:
    moment = moment_of(text)
    if moment is None:
        return text
    there = moment.astimezone(BERLIN)
    return _stamp(there.date() + YEAR, there.time())


def _stamp(day: date, at: time) -> str:
    return datetime.combine(day, at, BERLIN).isoformat(timespec="seconds")
