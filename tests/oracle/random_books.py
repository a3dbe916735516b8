"""Random books of one firm in sevdesk's shape: same seed, same books.

Rare things are frequent here, and everything is made up.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from oracle.calendar_days import month_end, month_of

from sandbox.objects.books import Books

BERLIN = ZoneInfo("Europe/Berlin")
TOKEN = "0123456789abcdef0123456789abcdef"
OWN_NAME = "Beispiel GmbH"
RESOURCES = (
    "Invoice",
    "InvoicePos",
    "CreditNote",
    "CreditNotePos",
    "Voucher",
    "VoucherPos",
    "Contact",
    "CheckAccount",
    "CheckAccountTransaction",
    "CheckAccountTransactionLog",
)
OTHER_LINES = (
    ("Lohn Gehalt September Mustermann", "Erika Mustermann", -180_000, -90_000),
    ("Miete Gewerberaum", "Hausverwaltung Nord GmbH", -150_000, -60_000),
    ("Umsatzsteuer Voranmeldung", "Finanzamt Musterstadt", -90_000, -10_000),
    ("Darlehensrate Konto 4711", "Sparkasse Musterstadt", -80_000, -20_000),
    ("Leasingrate Vertrag 123", "Beispiel Leasing GmbH", -60_000, -20_000),
    ("Auszahlung Darlehen", "Sparkasse Musterstadt", 500_000, 2_000_000),
    ("Privateinlage", "Erika Muster", 50_000, 300_000),
    ("Privatentnahme", "Erika Muster", -300_000, -50_000),
    ("Bareinzahlung", None, 20_000, 200_000),
    ("Kontofuehrungsentgelt", None, -2_000, -500),
    ("Mahngebuehr", "Lieferant Spaet GmbH", -2_500, -500),
    ("Ruecklastschrift mangels Deckung", "Stadtwerke Musterstadt", 5_000, 50_000),
    ("Pfaendungs- und Einziehungsverfuegung", "Finanzamt Musterstadt", -200_000, -10_000),
    ("SEPA Lastschrifteinzug Sammler", None, 30_000, 90_000),
    ("Ruecklastschrift eingereichte Lastschrift", "Kunde Unpuenktlich", -30_000, -5_000),
    ("Erstattung Umsatzsteuer", "Finanzamt Musterstadt", 5_000, 90_000),
    ("STRIPE Payout", "Stripe Payments Europe", 30_000, 200_000),
    ("Rechnung 4711", "Lieferant Eins GmbH", -90_000, -5_000),
    ("Zahlung Projekt", "Geschaeftsfreund KG", 20_000, 300_000),
    ("Zahlung Projekt zurueck", "Geschaeftsfreund KG", -300_000, -20_000),
    ("Beitraege zur Sozialversicherung", "AOK Musterland", -90_000, -20_000),
    ("Ruecklastschrift mangels Deckung", "AOK Musterland", 20_000, 90_000),
    ("Saeumniszuschlag", "Finanzamt Musterstadt", -5_000, -500),
    ("Auszahlung Darlehen", "Kreditbank Schnell AG", 200_000, 900_000),
)


class Writer:
    """Writes one firm's books."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311
        self.drawn = Random(f"tax {seed}")  # noqa: S311
        """Apart, so that other books stay as they are."""
        self.objects: dict[str, list[dict[str, Any]]] = {resource: [] for resource in RESOURCES}
        self.number = 1000
        self.today = date(2025, 6, 1) + timedelta(days=self.random.randrange(600))
        if self.random.random() < 0.25:
            self.today = month_end(month_of(self.today))
        self.begin = self.today - timedelta(days=self.random.choice((40, 100, 200, 400, 450, 500, 600)))
        self.customers: list[str | None] = [str(self._next()) for _ in range(self.random.randint(1, 7))]
        self.suppliers: list[str | None] = [str(self._next()) for _ in range(self.random.randint(1, 4))]
        if self.random.random() < 0.3:
            self.customers.append(None)
            self.suppliers.extend([None, self.customers[0]])

    def books(self) -> Books:
        """The books."""
        self._accounts()
        span = (self.today - self.begin).days
        pace = self.random.choice((10, 20, 40))
        for _ in range(max(3, span // pace)):
            self._invoice()
        for _ in range(span // (2 * pace)):
            self._voucher("D")
        for _ in range(span // pace):
            self._voucher("C")
        for _ in range(span // 12):
            self._other_line()
        for _ in range(self.random.randint(0, 5)):
            self._transfer()
        for _ in range(self.random.randint(0, 3)):
            self._unlinked_credit_note()
        if self.random.random() < 0.15:
            self._copy_something()
        for account in self.objects["CheckAccount"]:
            self._state_level(account)
        self.random.shuffle(self.objects["Invoice"])
        self.random.shuffle(self.objects["CheckAccountTransaction"])
        self._tax_and_positions()
        return Books(firm="random", name=OWN_NAME, token=TOKEN, version="2.0", is_revoked=False, objects=self.objects)

    def _tax_and_positions(self) -> None:
        """Another tax rule of some documents, and the positions of invoices; by draws of their own."""
        rules = {"Invoice": ("1", "3", "11", "18"), "CreditNote": ("1", "18"), "Voucher": ("9", "10", "12", "8")}
        for resource, choices in rules.items():
            for one in self.objects[resource]:
                if self.drawn.random() < 0.3:
                    one["taxRule"] = {"id": self.drawn.choice(choices), "objectName": "TaxRule"}
        for one in self.objects["Invoice"]:
            for _ in range(self.drawn.choice((0, 1, 1, 2))):
                self._new(
                    "InvoicePos",
                    self._not_after_today(date.fromisoformat(one["create"][:10])),
                    invoice=_to(one),
                    name=self.drawn.choice(("Wartung", "wartung ", "Beratung", None)),
                    part={"id": "7", "objectName": "Part"} if self.drawn.random() < 0.2 else None,
                    sumNet=one["sumNet"],
                    sumGross=one["sumGross"],
                )

    # Small things

    def _next(self) -> int:
        self.number += 1
        return self.number

    def _day(self) -> date:
        return self.begin + timedelta(days=self.random.randrange((self.today - self.begin).days + 1))

    def _not_after_today(self, day: date) -> date:
        return min(day, self.today)

    def _stamp(self, day: date, hour: int = 0) -> str:
        moment = datetime.combine(day, time(hour, 0), tzinfo=BERLIN)
        if hour and self.random.random() < 0.1:
            return moment.astimezone(UTC).isoformat()
        return moment.isoformat()

    def _recorded(self, day: date) -> date:
        late = self.random.choices((0, 1, 3, 40, 130, 300), (40, 30, 20, 4, 3, 3))[0]
        return self._not_after_today(day + timedelta(days=late))

    def _new(self, resource: str, day: date, **values: object) -> dict[str, Any]:
        recorded = self._stamp(day, 9)
        one: dict[str, Any] = {
            "id": str(self._next()),
            "objectName": resource,
            "additionalInformation": None,
            "create": recorded,
            "update": recorded,
            "sevClient": {"id": "1", "objectName": "SevClient"},
            **{name: value for name, value in values.items() if value is not None or name not in _REFERENCES},
        }
        self.objects[resource].append(one)
        return one

    # Accounts and their lines

    def _accounts(self) -> None:
        synced = self.random.choice((0, 0, 0, 3, 30, None))
        kinds: list[tuple[str, str | None, int | None]] = [("online", None, synced)]
        kinds += [("online", self.random.choice((None, "CSV")), 0)] if self.random.random() < 0.5 else []
        kinds += [("register", None, None)] if self.random.random() < 0.5 else []
        kinds += [("offline", None, None)]
        if self.random.random() < 0.2:
            kinds.append(("online", "CSV", None))
        for number, (kind, imported, ago) in enumerate(kinds):
            self._new(
                "CheckAccount",
                self.begin,
                name=f"Konto {number}",
                type=kind,
                importType=imported,
                currency="EUR",
                defaultAccount="1" if number == 0 else "0",
                status="100",
                bankServer=None,
                balance="0",
                accountingNumber=f"{1200 + number}",
                iban=f"DE0243060967000100{number:04}" if kind == "online" else None,
                bic=None,
                baseAccount="0",
                priority="0",
                autoMapTransaction="1",
                autoSyncTransactions="1" if imported is None else "0",
                lastSync=None
                if ago is None or imported is not None or kind != "online"
                else self._stamp(self.today - timedelta(days=ago), 5),
            )

    def _account(self, *kinds: str) -> dict[str, Any] | None:
        fitting = [one for one in self.objects["CheckAccount"] if one["type"] in kinds]
        # the last account of some firms stays empty
        return self.random.choice(fitting[:2]) if fitting else None

    def _state_level(self, account: dict[str, Any]) -> None:
        total = sum(
            _cents(line["amount"])
            for line in self.objects["CheckAccountTransaction"]
            if line["checkAccount"]["id"] == account["id"]
            and datetime.fromisoformat(line["valueDate"]).date() <= self.today
        )
        if account["lastSync"] is not None:
            account["balance"] = _number(total if self.random.random() < 0.85 else total + 100)

    def _line(
        self,
        account: dict[str, Any],
        day: date,
        amount: int,
        *,
        text: str,
        name: str | None = None,
        number: str | None = None,
        status: str = "100",
    ) -> dict[str, Any]:
        is_entered = self.random.random() < 0.07
        created = self._recorded(day) if is_entered else self._not_after_today(day + timedelta(days=1))
        booked = self._stamp(day, 12 if is_entered and self.random.random() < 0.5 else 0)
        return self._new(
            "CheckAccountTransaction",
            max(created, day),
            valueDate=booked,
            entryDate=booked,
            amount=_number(amount),
            feeAmount=None,
            gvCode=None if is_entered else "166",
            entryText=None,
            primaNotaNo=None,
            paymtPurpose=text,
            payeePayerBankCode=None,
            payeePayerAcctNo=number,
            payeePayerName=name,
            checkAccount=_to(account),
            status=status,
            score=None,
            compareHash=None if is_entered or account["importType"] else f"{self.number:x}",
            enshrined=None,
            externalId=None,
            deletedAt=None,
            restoredAt=None,
        )

    def _other_line(self) -> None:
        account = self._account("online", "register")
        text, name, low, high = self.random.choice(OTHER_LINES)
        if account is not None:
            number = None if name is None else f"DE99{sum(map(ord, name)):018}"
            line = self._line(account, self._day(), self.random.randint(low, high), text=text, name=name, number=number)
            if self.random.random() < 0.03:
                line["deletedAt"] = self._stamp(self.today)
            if self.random.random() < 0.03:
                line["status"] = "300"

    def _transfer(self) -> None:
        accounts = [one for one in self.objects["CheckAccount"] if one["type"] in ("online", "register")][:3]
        if len(accounts) < 2:
            return
        source, target = self.random.sample(accounts, 2)
        day, amount = self._day(), self.random.randint(10_000, 300_000)
        way = self.random.choice(("linked", "number", "bare"))
        number = target["iban"] if way == "number" else None
        text = "Umbuchung" if self.random.random() < 0.5 else "Uebertrag Ruecklage"
        out = self._line(source, day, -amount, text=text, number=number)
        arrived = self._not_after_today(day + timedelta(days=self.random.randint(0, 2)))
        back = self._line(target, arrived, amount, text=text, number=source["iban"] if way == "number" else None)
        if way == "linked":
            out["targetTransaction"] = _to(back)

    def _book(
        self, document: dict[str, Any], account: dict[str, Any], day: date, amount: int, *, name: str | None
    ) -> date:
        """Book money in (or out, below 0) on a document; the day on which that was recorded."""
        number = None if name is None else f"DE77{int(name):018}"
        if name is not None and self.random.random() < 0.05:
            number = "DE770000000000000000001"
        if account["type"] == "offline":
            number = None
        line = self._line(
            account,
            day,
            amount,
            text=f"Rechnung {document['id']}",
            name=name and f"Partei {name}",
            number=number,
            status="400",
        )
        known = max(datetime.fromisoformat(one["create"]) for one in (line, document))
        created = self._recorded(known.astimezone(BERLIN).date())
        self._new(
            "CheckAccountTransactionLog",
            created,
            checkAccountTransaction=_to(line),
            fromStatus="100",
            toStatus="400",
            amountPaid=amount / 100,
            bookingDate=line["valueDate"],
            object=_to(document),
        )
        return created

    def _pay_out(self, clearing: dict[str, Any], bank: dict[str, Any], day: date, amount: int) -> None:
        """A provider pays out what was booked over a clearing account, less its fee."""
        day += timedelta(days=self.random.choice((0, 3, 30, 60)))
        paid = amount - amount * 2 // 100
        if day > self.today or paid <= 0:
            return
        out = self._line(clearing, day, -paid, text="Auszahlung", name="Stripe Payments Europe")
        back = self._line(bank, day, paid, text="STRIPE Payout", name="Stripe Payments Europe")
        out["targetTransaction"] = _to(back)

    # Documents

    def _sums(self) -> tuple[int, int]:
        net = self.random.choice((self.random.randint(1_000, 400_000), 100_000, 100_000, self.random.randint(1, 900)))
        if self.random.random() < 0.04:
            net = -net
        if self.random.random() < 0.01:
            net = 0
        return net, net + round(net * self.random.choice((0.19, 0.19, 0.07, 0)))

    def _invoice(self) -> None:
        issued = self._day()
        recorded = self._recorded(issued)
        net, gross = self._sums()
        kind = self.random.choices(("RE", "TR", "AR", "ER", "WKR"), (88, 4, 3, 3, 2))[0]
        draft = self.random.random() < 0.04
        sent = self._not_after_today(recorded + timedelta(days=self.random.choices((0, 2, 60), (85, 10, 5))[0]))
        has_discount = self.random.random() < 0.2
        contact = self.random.choice(self.customers)
        is_foreign = self.random.random() < 0.02
        is_retained, is_sold = self.random.random() < 0.03, self.random.random() < 0.02
        due = issued + timedelta(days=self.random.choice((100, 400)))
        one = self._new(
            "Invoice",
            recorded,
            invoiceNumber=None if draft else f"RE-{self.number}",
            contact=None if contact is None else {"id": contact, "objectName": "Contact"},
            invoiceDate=self._stamp(issued),
            header="Rechnung",
            headText=f"Sicherheitseinbehalt 5 % bis {due:%d.%m.%Y}" if is_retained else None,
            footText="Zahlung mit schuldbefreiender Wirkung nur an die Beispiel Factoring GmbH" if is_sold else None,
            timeToPay=self.random.choice((None, "0", "14", "14", "30")),
            discountTime=self.random.choice(("8", "10")) if has_discount else None,
            discount="2" if has_discount else "0",
            payDate=None,
            deliveryDate=self._stamp(issued),
            status="100" if draft else "200",
            smallSettlement="0",
            taxRate="0",
            taxText="",
            dunningLevel=None,
            taxType=None,
            sendDate=None if draft else self._stamp(sent, 10),
            invoiceType=kind,
            reminderTotal=None,
            reminderDebit=None,
            reminderDeadline=None,
            reminderCharge="0",
            currency="CHF" if is_foreign else "EUR",
            **_all_sums(net, gross, foreign=is_foreign),
            paidAmount=0,
            customerInternalNote=None,
            enshrined=None if draft else self._stamp(sent, 10),
            sendType=None if draft else "VPDF",
            deliveryDateUntil=None,
            origin=None,
            taxRule={"id": "1", "objectName": "TaxRule"},
        )
        if draft or kind == "WKR" or gross == 0:
            return
        due = issued + timedelta(days=int(one["timeToPay"] or 30))
        fate = self.random.choices(
            ("paid", "open", "parts", "cash", "written_off", "short", "stated", "nothing", "returned", "cancelled",
             "credited", "overpaid"),
            (44, 12, 8, 6, 4, 4, 5, 1, 3, 3, 7, 3),
        )[0]  # fmt: skip
        if is_retained and gross > 0:
            fate = "retained"
        if fate == "cancelled":
            self._cancel(one, net, gross)
        elif fate == "nothing":
            one["status"] = "1000"
        elif fate == "stated":
            self._state(one, gross, due)
        elif fate != "open":
            self._settle(one, gross, issued, due, fate, contact)
        if self.random.random() < 0.15 and due < self.today:
            self._remind(one, due)

    def _state(self, one: dict[str, Any], gross: int, due: date) -> None:
        day = self._not_after_today(due + timedelta(days=self.random.randint(-10, 30)))
        part = gross if self.random.random() < 0.7 else gross // 2
        one["paidAmount"] = part / 100
        one["status"] = "1000" if part == gross else "750"
        if part == gross and self.random.random() < 0.7:
            one["payDate"] = self._stamp(day)

    def _settle(self, one: dict[str, Any], gross: int, issued: date, due: date, fate: str, party: str | None) -> None:  # noqa: C901, PLR0912
        """Pay a sale or a bill in one of many ways; amounts below 0 go the other way."""
        sign = -1 if one.get("creditDebit") == "C" else 1
        bank, till, clearing = self._account("online"), self._account("register"), self._account("offline")
        assert bank is not None
        assert clearing is not None
        day = due + timedelta(days=self.random.choice((-12, -5, 0, 1, 5, 20, 70)))
        day = max(day, issued - timedelta(days=2))
        if day > self.today:
            return
        account = {"cash": till or bank, "written_off": clearing}.get(fate, bank)
        has_discount = bool(one.get("discountTime"))
        parts = [gross]
        if fate == "parts":
            first = gross * self.random.randint(1, 9) // 10
            parts = [first, gross - first] if self.random.random() < 0.5 else [first]
        elif fate == "short":
            parts = [gross * self.random.choice((59, 90, 100)) // 100 - self.random.choice((0, 1, 300))]
        elif fate == "retained":
            parts = [gross - gross * 5 // 100]
        elif fate == "overpaid":
            parts = [gross + self.random.choice((1, 500))]
        elif fate == "paid" and has_discount:
            parts = [gross - gross * 2 // 100]
        elif fate == "credited":
            self._credit(one, gross, day, party)
            return
        total = 0
        for part in parts:
            if day > self.today or part == 0:
                break
            self._book(one, account, day, sign * part, name=party)
            total += part
            day += timedelta(days=self.random.randint(1, 40))
        last = self._last_booking(one)
        if fate == "written_off" and total and self.random.random() < 0.5:
            self._pay_out(clearing, bank, day, sign * total)
        if fate == "returned" and day <= self.today:
            self._book(one, bank, day, -sign * gross, name=party)
            if self.random.random() < 0.4 and day + timedelta(days=9) <= self.today:
                self._book(one, bank, day + timedelta(days=9), sign * gross, name=party)
            else:
                total = 0
        is_closed = total >= gross if gross > 0 else total <= gross
        is_closed = is_closed or fate == "short" or (fate == "paid" and has_discount)
        one["status"] = "1000" if is_closed else ("750" if total and self.random.random() < 0.8 else one["status"])
        one["paidAmount"] = (gross if is_closed and self.random.random() < 0.9 else total) / 100
        one["payDate"] = last if is_closed else None

    def _last_booking(self, one: dict[str, Any]) -> str | None:
        days = [
            str(entry["bookingDate"])
            for entry in self.objects["CheckAccountTransactionLog"]
            if entry["object"]["id"] == one["id"]
        ]
        return max(days, key=datetime.fromisoformat, default=None)

    def _cancel(self, one: dict[str, Any], net: int, gross: int) -> None:
        issued = datetime.fromisoformat(one["invoiceDate"]).date()
        day = self._not_after_today(issued + timedelta(days=self.random.randint(0, 60)))
        one["status"] = "1000"
        other = {name: value for name, value in one.items() if name not in ("id", "create", "update", "objectName")}
        other |= {
            "invoiceType": "SR",
            "status": "1000",
            "invoiceDate": self._stamp(day, 11),
            "invoiceNumber": f"RE-{self._next()}",
            "origin": _to(one),
            **_all_sums(-net, -gross, foreign=False),
        }
        self._new("Invoice", day, **{name: value for name, value in other.items() if name not in _ALWAYS})

    def _remind(self, one: dict[str, Any], due: date) -> None:
        for level in range(1, self.random.randint(1, 3) + 1):
            day = due + timedelta(days=10 * level)
            if day > self.today:
                return
            other = {name: value for name, value in one.items() if name not in ("id", "create", "update", "objectName")}
            other |= {
                "invoiceType": "MA",
                "status": "200",
                "invoiceDate": self._stamp(day),
                "invoiceNumber": f"MA-{self._next()}",
                "dunningLevel": str(level),
                "origin": _to(one),
                "paidAmount": 0,
                "payDate": None,
            }
            self._new("Invoice", self._recorded(day), **{k: v for k, v in other.items() if k not in _ALWAYS})

    def _credit(self, one: dict[str, Any], gross: int, day: date, party: str | None) -> None:
        """Credit an invoice wholly or in part, before or after it was paid."""
        if one["objectName"] != "Invoice" or gross <= 0:
            return
        part = gross if self.random.random() < 0.4 else gross * self.random.choice((1, 2, 5)) // 10
        bank = self._account("online")
        assert bank is not None
        paid = 0
        if part < gross and self.random.random() < 0.5:
            paid = gross - part
        elif self.random.random() < 0.4:
            paid = gross - (gross * 2 // 100 if one.get("discountTime") else 0)
        if paid:
            self._book(one, bank, day, paid, name=party)
        if paid + part >= gross:
            one["status"], one["payDate"] = "1000", self._last_booking(one)
        elif paid:
            one["status"] = "750"
        one["paidAmount"] = paid / 100
        later = self._not_after_today(day + timedelta(days=self.random.choice((-5, 0, 3, 30, 60))))
        self._credit_note(part, later, party, invoice=one)

    def _credit_note(
        self, gross: int, day: date, party: str | None, *, invoice: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        net = round(gross / 1.19)
        note = self._new(
            "CreditNote",
            self._recorded(day),
            creditNoteNumber=f"GU-{self.number}",
            contact=None if party is None else {"id": party, "objectName": "Contact"},
            creditNoteDate=self._stamp(day, 8),
            header="Gutschrift",
            timeToPay=None,
            discountTime="0",
            discount="0",
            payDate=None,
            deliveryDate=self._stamp(day),
            status=self.random.choices(("200", "100"), (9, 1))[0],
            smallSettlement="0",
            taxRate="0",
            taxText=None,
            taxType=None,
            sendDate=self._stamp(day, 9),
            origin=None if invoice is None or self.random.random() < 0.5 else _to(invoice),
            creditNoteType="CN",
            currency="EUR",
            **_all_sums(net, gross, foreign=False),
            bookingCategory="UNDERACHIEVEMENT" if invoice is not None else "PROVISION",
            showNet="1",
            enshrined=None,
            sendType="VPDF",
            deliveryDateUntil=None,
            isTransferred="0",
            taxRule={"id": "1", "objectName": "TaxRule"},
        )
        if invoice is not None and "origin" not in note:
            note["refSrcInvoice"] = _to(invoice)
        if self.random.random() < 0.3 and note["status"] == "200":
            bank = self._account("online")
            assert bank is not None
            paid_on = self._not_after_today(day + timedelta(days=5))
            if self.random.random() < 0.7:
                self._book(note, bank, paid_on, -gross, name=party)
            note["status"], note["payDate"] = "1000", self._stamp(paid_on)
        return note

    def _unlinked_credit_note(self) -> None:
        self._credit_note(self.random.randint(1_000, 200_000), self._day(), self.random.choice(self.customers))

    def _voucher(self, side: str) -> None:
        issued = self._day()
        net, gross = self._sums()
        party = self.random.choice(self.suppliers if side == "C" else self.customers)
        deadline = issued + timedelta(days=self.random.choice((-3, 0, 14, 14, 30)))
        status = self.random.choices(("100", "150", "50"), (92, 4, 4))[0]
        one = self._new(
            "Voucher",
            self._recorded(issued),
            voucherDate=self._stamp(issued),
            supplierName=self.random.choice((None, "Lieferant Eins GmbH")) if party is None else f"Partei {party}",
            supplier=None if party is None else {"id": party, "objectName": "Contact"},
            description=f"R{self.number}",
            payDate=None,
            status=status,
            currency="EUR",
            **_voucher_sums(net, gross),
            showNet="1",
            paidAmount=0,
            taxType=None,
            creditDebit=side,
            hidden="0",
            voucherType=self.random.choices(("VOU", "RV"), (97, 3))[0],
            paymentDeadline=self._stamp(deadline) if self.random.random() < 0.8 else None,
            deliveryDate=self._stamp(issued),
            taxRule={"id": "9", "objectName": "TaxRule"},
        )
        if status == "50" or one["voucherType"] == "RV" or gross == 0:
            return
        fate = self.random.choices(
            ("paid", "open", "parts", "cash", "written_off", "short", "stated", "nothing", "returned", "overpaid"),
            (50, 15, 8, 8, 3, 3, 5, 1, 2, 2),
        )[0]
        if fate == "nothing":
            one["status"] = "1000"
        elif fate == "stated":
            self._state(one, gross, deadline)
        elif fate != "open":
            self._settle(one, gross, issued, deadline, fate, party)

    def _copy_something(self) -> None:
        resource = self.random.choice(("Invoice", "Voucher", "CheckAccountTransaction"))
        if not self.objects[resource]:
            return
        one = self.random.choice(self.objects[resource])
        copy = {name: value for name, value in one.items() if name not in ("id", "objectName", "create", "update")}
        recorded = datetime.fromisoformat(one["create"]).astimezone(BERLIN).date()
        self._new(
            resource,
            self._not_after_today(recorded + timedelta(days=self.random.choice((0, 20)))),
            **{name: value for name, value in copy.items() if name not in _ALWAYS},
        )


_REFERENCES = ("contact", "supplier", "origin", "refSrcInvoice", "sourceTransaction", "targetTransaction")
_ALWAYS = ("additionalInformation", "sevClient")


def _to(one: dict[str, Any]) -> dict[str, str]:
    return {"id": one["id"], "objectName": one["objectName"]}


def _number(amount: int) -> str:
    """Cents as sevdesk writes euro: without trailing zeros."""
    text = f"{abs(amount) // 100}.{abs(amount) % 100:02}".rstrip("0").rstrip(".")
    return f"-{text}" if amount < 0 else text


def _cents(text: str) -> int:
    return round(float(text) * 100)


def _all_sums(net: int, gross: int, *, foreign: bool) -> dict[str, str]:
    found = {"sumNet": _number(net), "sumTax": _number(gross - net), "sumGross": _number(gross), "sumDiscounts": "0"}
    for name, amount in (("sumNet", net), ("sumTax", gross - net), ("sumGross", gross)):
        found[f"{name}ForeignCurrency"] = _number(amount * 2) if foreign else "0"
        found[f"{name}Accounting"] = _number(amount)
    return found


def _voucher_sums(net: int, gross: int) -> dict[str, str]:
    return {name: value for name, value in _all_sums(net, gross, foreign=False).items() if name != "sumDiscounts"}


def _note(books: Books, seed: int, today: date) -> None:
    """Note on documents and lines what is beside their amounts."""
    random = Random(seed * 7 + 1)  # noqa: S311
    is_dated, is_recurring = random.random() < 0.3, random.random() < 0.4

    def edited(one: dict[str, Any]) -> str:
        created = datetime.fromisoformat(one["create"])
        later = created + timedelta(days=random.choice((0, 0, 1, 2, 9, 60)))
        return min(later, datetime.combine(today, time(10), tzinfo=BERLIN)).astimezone(BERLIN).isoformat()

    for one in books.objects["Invoice"]:
        number = one["invoiceNumber"]
        if is_dated and number is not None:
            year, running = one["invoiceDate"][:4], number.partition("-")[2]
            one["invoiceNumber"] = f"RE-{year}-{running}" if random.random() < 0.9 else f"{running}/{year}"
        one["update"] = edited(one)
        one["header"] = random.choice((None, "Rechnung", f"Rechnung Nr. {one['invoiceNumber']}", "Wartung Heizung"))
        one["accountIntervall"] = "P0Y1M0W" if is_recurring and random.random() < 0.5 else None
        if random.random() < 0.1:
            one["enshrined"] = None
    for one in books.objects["Voucher"]:
        one["update"] = edited(one)
        if random.random() < 0.6:
            one["document"] = {"id": one["id"], "objectName": "Document"}
        if random.random() < 0.05:
            one["description"] = None
    for line in books.objects["CheckAccountTransaction"]:
        if line["status"] == "100":
            line["status"] = random.choice(("100", "200", "350", "400"))


def random_books(seed: int) -> tuple[Books, date]:
    """The books of a seed, and the day on which they are read."""
    writer = Writer(seed)
    books = writer.books()
    _note(books, seed, writer.today)
    return books, writer.today


def days_to_compare(seed: int, today: date) -> Sequence[date]:
    """The day on which they are read, and two earlier ones, sometimes the end of a month."""
    random = Random(seed)  # noqa: S311
    earlier = [today - timedelta(days=random.randint(1, 60)), today - timedelta(days=random.randint(61, 300))]
    return [today, *(month_end(month_of(day) - 1) if random.random() < 0.3 else day for day in earlier)]
