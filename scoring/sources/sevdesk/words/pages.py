"""Turns the objects of a page into typed columns: ids and cents as Int64, days as Date.

A value that cannot be read is null, and the column ``unread`` names its field and the reason. What is null stays null:
a draft may lack nearly everything, and only a document that becomes a fact must be complete.
"""

import re
from collections.abc import Callable, Sequence
from copy import copy
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, TypeVar, cast

import msgspec
import numpy as np
import polars as pl
from typing_extensions import override

from features.ledger import collect
from scoring.base.identifiers import BERLIN
from scoring.sources.bank_lines.categorise import categorise
from scoring.sources.bank_lines.recognition import NOTHING_ADDED, LineKnowledge
from scoring.sources.errors import UnexpectedAnswerError
from scoring.sources.sevdesk.words import records
from scoring.sources.sevdesk.words.bank_lines import PRIVATE, natures_with_private
from scoring.sources.sevdesk.words.lenient import UNDECODABLE, Decoder, LenientDecoder
from scoring.sources.sevdesk.words.letters import with_terms
from scoring.sources.sevdesk.words.marks import with_invoice_marks

R = TypeVar("R")

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2199, 12, 31)
"""Days of facts, as the contract of ledgers has them (``features.contracts``, which is too slow to import here)."""
_EPOCH = date(1970, 1, 1).toordinal()
_DATE_LENGTH = len("YYYY-MM-DD")
_DEPENDS = -(2**31)
"""In place of a day number: the whole timestamp has to be read."""
_MOST_DAYS = 1 << 14
_TIMESTAMP_LENGTH = 32
"""Longer texts are not cached: their length is in the hands of whoever wrote them."""
_SAYS_NOTHING = (None, "", "0", 0)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_OFFSET = re.compile(r"[+-][0-9]{2}:[0-9]{2}", re.ASCII)
_FAR_DAY = re.compile(r"(-[0-9]{4,}|[0-9]{5,}|0000)-[0-9]{2}-[0-9]{2}(?![0-9])", re.ASCII)
"""Years that Python does not have."""
_ZEROS = "0000-00-00"
"""How databases write that there is no day."""
UNREAD = pl.List(pl.Struct({"field": pl.String, "reason": pl.String}))
"""Fields that are null because they could not be read, and why; null for none."""
_AT = re.compile(r"`\$\.objects\[(\d+)\]\.?([^`]*)`")
_MISSING = re.compile(r"missing required field `([^`]*)`")


class MalformedValueError(ValueError):
    """The value at ``index`` of a column cannot be read."""

    def __init__(self, index: int) -> None:
        super().__init__(f"row {index}")
        self.index = index


class OutOfRangeError(ValueError):
    """A day that no fact can have."""


def day_number(text: str) -> int:
    """Days from 1970-01-01 to a literal ``YYYY-MM-DD``.

    Raises:
        OutOfRangeError: A day before ``FIRST_DAY`` or after ``LAST_DAY``.
        ValueError: Anything else.
    """
    if _DAY.fullmatch(text) is None:
        raise ValueError("not a date")
    return _within_range(date.fromisoformat(text))


def day_in_berlin(text: str) -> int:
    """The same of a timestamp: its day in Berlin, whatever its offset.

    A timestamp without an offset is Berlin's local time; a date alone is the day.

    Raises:
        OutOfRangeError: As ``day_number``.
        ValueError: No timestamp.
    """
    literal = day_number(text[:_DATE_LENGTH])
    if len(text) == _DATE_LENGTH:
        return literal
    moment = datetime.fromisoformat(text)
    return literal if moment.tzinfo is None else _within_range(moment.astimezone(BERLIN).date())


def _within_range(day: date) -> int:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise OutOfRangeError("a day that no fact can have")
    return day.toordinal() - _EPOCH


class _Days(dict[str | None, int | None]):
    """Cache of day numbers by text: books have few days and many documents."""

    def __init__(self) -> None:
        super().__init__({None: None})

    def __missing__(self, text: str) -> int:
        # Bounded, because the texts come from outside.
        if len(self) > _MOST_DAYS:
            self.clear()
            self[None] = None
        number = self._read(text)
        if len(text) <= _TIMESTAMP_LENGTH:
            self[text] = number
        return number

    def _read(self, text: str) -> int:
        return day_in_berlin(text)


class _DaysAtOwnOffset(_Days):
    """The same by date and offset: the time of day matters only where the offset is not Berlin's all day long."""

    @override
    def _read(self, text: str) -> int:
        day, offset = text[:_DATE_LENGTH], text[_DATE_LENGTH:]
        if _DAY.fullmatch(day) is None or _OFFSET.fullmatch(offset) is None:
            return _DEPENDS
        number = day_number(day)
        midnight = datetime.fromisoformat(f"{day}T00:00:00").replace(tzinfo=BERLIN)
        is_own = all(one.isoformat().endswith(offset) for one in (midnight, midnight + timedelta(days=1)))
        return number if is_own else _DEPENDS


_days = _Days()
_days_at_own_offset = _DaysAtOwnOffset()


def exact_cents(euro: float) -> int:
    """Cents of an amount as it was written, more than two decimals rounded half to even."""
    return int((Decimal(repr(euro)) * 100).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def cents(values: Sequence[float | None]) -> pl.Series:
    """Amounts in euro as exact Int64 cents.

    Below ``records.MONEY_BOUND`` the product with 100 is off by less than 1e-3, so rounding it is exact except next to
    a half, where the decimal text decides.
    """
    euro = np.array(values, dtype=np.float64)  # None becomes NaN here, and null at the end
    scaled = euro * 100
    whole = np.rint(scaled)
    for index in np.flatnonzero(np.abs(scaled - whole) > 0.499):
        whole[index] = exact_cents(euro[index].item())
    return pl.Series(whole, nan_to_null=True).cast(pl.Int64)


def days(values: Sequence[str | None]) -> pl.Series:
    """The days of timestamps in Berlin as Date."""
    try:
        numbers = list(map(_days.__getitem__, values))
    except ValueError:
        raise _first_malformed(values) from None
    return pl.Series(numbers, dtype=pl.Int32).cast(pl.Date)


def moments(values: Sequence[str | None]) -> pl.Series:
    """The same for timestamps that are hardly ever equal: their date and offset are cached."""
    ends = -len("+01:00")
    try:
        numbers = list(
            map(_days_at_own_offset.__getitem__, [value and value[:_DATE_LENGTH] + value[ends:] for value in values])
        )
        index = -1
        for _ in range(numbers.count(_DEPENDS)):
            index = numbers.index(_DEPENDS, index + 1)
            numbers[index] = _days[values[index]]
    except ValueError:
        raise _first_malformed(values) from None
    return pl.Series(numbers, dtype=pl.Int32).cast(pl.Date)


def _first_malformed(values: Sequence[str | None]) -> MalformedValueError:
    """The first pass does not know where it failed: this one looks for it."""
    return MalformedValueError(next(i for i, value in enumerate(values) if not _is_day(value)))


def readable_days(values: Sequence[str | None]) -> tuple[list[str | None], dict[int, records.Reason]]:
    """The timestamps that can be read, null for the others, with the reason by their index."""
    found, reasons = list(values), dict[int, records.Reason]()
    for index, value in enumerate(values):
        if value is None:
            continue
        try:
            day_in_berlin(value)
        except ValueError as error:
            found[index], reasons[index] = None, _why_no_day(value, error)
    return found, reasons


def _why_no_day(text: str, error: ValueError) -> records.Reason:
    if _is_empty(text):
        return "missing"
    is_far = isinstance(error, OutOfRangeError) or _FAR_DAY.match(text) is not None
    return "out_of_range" if is_far else "unreadable"


def _is_empty(text: str) -> bool:
    return text.strip() in ("", "0") or text.startswith(_ZEROS)


def _is_day(value: str | None) -> bool:
    try:
        return value is None or day_in_berlin(value) is not None
    except ValueError:
        return False


def integers(values: Sequence[int | None]) -> pl.Series:
    """Ids, statuses and numbers of days as Int64."""
    return pl.Series(values, dtype=pl.Int64)


def numbers(values: Sequence[float | None]) -> pl.Series:
    """Percentages as Float64."""
    return pl.Series(values, dtype=pl.Float64)


def texts(values: Sequence[str | None]) -> pl.Series:
    """Texts as String."""
    return pl.Series(values, dtype=pl.String)


def codes(values: Sequence[str | None]) -> pl.Series:
    """Codes as String; an empty text is none."""
    return pl.Series([value or None for value in values], dtype=pl.String)


def ids(values: Sequence[records.Ref | None]) -> pl.Series:
    """Identifiers of references as Int64."""
    return pl.Series([None if value is None else value.id for value in values], dtype=pl.Int64)


def kinds(values: Sequence[records.Ref | None]) -> pl.Series:
    """What references point to, such as ``Invoice``."""
    return pl.Series([None if value is None else value.object_name for value in values], dtype=pl.String)


def presence(values: Sequence[str | None]) -> pl.Series:
    """Whether there is a value at all; an empty text and a day of zeros are none."""
    return pl.Series([value is not None and not _is_empty(value) for value in values], dtype=pl.Boolean)


def unread(values: Sequence[Sequence[tuple[str, records.Reason]]]) -> pl.Series:
    """What could not be read, as ``UNREAD``."""
    if not any(values):
        return pl.Series([None], dtype=UNREAD).new_from_index(0, len(values))
    rows = [[{"field": field, "reason": reason} for field, reason in value] or None for value in values]
    return pl.Series(rows, dtype=UNREAD)


def unread_file(values: Sequence[Sequence[tuple[str, records.Reason]]]) -> pl.Series:
    """Whether there is a reference to a file that cannot be read; an empty one is none."""
    odd = [any(field == "document" and reason != "missing" for field, reason in value) for value in values]
    return pl.Series(odd, dtype=pl.Boolean)


def filled(values: Sequence[object]) -> pl.Series:
    """Whether there is a value that says something."""
    return pl.Series([value not in _SAYS_NOTHING for value in values], dtype=pl.Boolean)


def seconds(values: Sequence[str | None]) -> pl.Series:
    """Wall clock in seconds since 1970, null where a text has none: only order and distance of instants matter."""
    clock = texts(values).str.slice(0, 19).str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="ms", strict=False)
    return clock.dt.epoch("s")


def clocks(values: Sequence[str | None]) -> pl.Series:
    """Whether timestamps carry a clock time, which in Berlin is another one than midnight."""
    return pl.Series(list(map(_clocks.__getitem__, values)), dtype=pl.Boolean)


class _Clocks(dict[str | None, bool]):
    """Cache by text: books have few days and many lines."""

    def __missing__(self, text: str | None) -> bool:
        if len(self) > _MOST_DAYS:
            self.clear()
        is_timed = text is not None and _is_timed(text)
        if text is None or len(text) <= _TIMESTAMP_LENGTH:
            self[text] = is_timed
        return is_timed


_clocks = _Clocks()


def _is_timed(text: str) -> bool:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            moment = moment.astimezone(BERLIN)
    except (ValueError, OverflowError):  # no timestamp, or one of a year that Berlin does not have
        return False
    return moment.time().replace(microsecond=0) != time()


_FINGERPRINT_SEED = 3
_TEXTS = [pl.col(name).fill_null("") for name in ("purpose", "name", "number")]
_FINGERPRINT = (
    pl.concat_str(_TEXTS, separator="|")
    .str.to_lowercase()
    .str.replace_all(r"[ \t\n]+", "")
    .hash(_FINGERPRINT_SEED)
    .alias("fingerprint")
)
_HAS_TWIN = pl.struct("value_on", "amount_cents").is_duplicated()


def fingerprints(lines: pl.DataFrame) -> pl.Series:
    """Equal for lines with the same purpose, name and number, whatever their case and spaces; for one run alone.

    Null for lines that no other equals in day and amount: nobody compares them.

    Args:
        lines: ``value_on``, ``amount_cents``, ``purpose``, ``name``, ``number``.
    """
    twins = collect(lines.lazy().with_row_index("line").filter(_HAS_TWIN).select("line", _FINGERPRINT))
    none = pl.Series("fingerprint", [None], dtype=pl.UInt64).new_from_index(0, lines.height)
    return none.scatter(twins["line"], twins["fingerprint"])


def page_decoder(record: type[R]) -> Decoder[records.Page[R]]:
    """A decoder of list answers, to be built once; lenient for lenient records."""
    page: Any = records.Page
    if issubclass(record, records.LenientRecord):
        lenient: Any = LenientDecoder(record)
        return cast("Decoder[records.Page[R]]", lenient)
    return msgspec.json.Decoder(page[record], strict=False)


class Table:
    """How one list resource is read: its path, its record, and the typed columns that are kept of it.

    Args:
        resource: sevdesk's name and the path of the list.
        record: The record type of one object.
        columns: Column name to the record's field and the function that types it.
        finish: What happens to the whole list before it is handed on.
    """

    def __init__(
        self,
        resource: str,
        record: type[records.LenientRecord],
        columns: dict[str, tuple[str, Callable[[Sequence[Any]], pl.Series]]],
        finish: Callable[[pl.DataFrame], pl.DataFrame] = lambda frame: frame,
    ) -> None:
        self.resource = resource
        self._columns = columns
        self.finish = finish
        self._values = {field: _values_of(field) for field, _ in columns.values()}
        self._outside = {field.name: field.encode_name for field in msgspec.structs.fields(record)}
        # Decoder and empty frame are made once: both take longer than a small page.
        self.decoder: Decoder[records.Page[Any]] = page_decoder(record)
        self._nothing = self._typed(())
        self.empty = self.finish(self._nothing)

    def finished_by(self, finish: Callable[[pl.DataFrame], pl.DataFrame]) -> "Table":
        """The same table with another end; decoder and columns are shared."""
        other = copy(self)
        other.finish = finish
        return other

    def frame(self, objects: Sequence[records.LenientRecord]) -> pl.DataFrame:
        """The columns of the objects of a page, typed, and ``unread``."""
        # Lists are often empty: old documents that are still open, for example.
        return self._typed(objects) if objects else self._nothing

    def _typed(self, objects: Sequence[records.LenientRecord]) -> pl.DataFrame:
        series, odd = [], [item.unread for item in objects]
        for column, (field, convert) in self._columns.items():
            values = self._values[field](objects)
            try:
                typed = convert(values)
            except MalformedValueError:
                readable, reasons = readable_days(values)
                typed = convert(readable)
                for index, reason in reasons.items():
                    odd[index] = (*odd[index], (self._outside[field], reason))
            series.append(typed.alias(column))
        return pl.DataFrame([*series, unread(odd).alias("unread")])


def _values_of(field: str) -> Callable[[Sequence[Any]], list[Any]]:
    """A list comprehension over one attribute, compiled once: twice as fast as ``attrgetter``."""
    # Column by column: rows as tuples would be tracked by the garbage collector.
    values: Callable[[Sequence[Any]], list[Any]] = eval(f"lambda rows: [row.{field} for row in rows]")  # noqa: S307  the names are in this module
    return values


def malformed(resource: str, field: str, object_id: int | None) -> UnexpectedAnswerError:
    """The error for one value of one object that is absent or cannot be read."""
    return UnexpectedAnswerError(
        f"{field} of {resource} {object_id} is missing or cannot be read; correct it in sevdesk or report it",
        resource=resource,
        field=field,
        object_id=str(object_id),
    )


def unreadable(resource: str, body: bytes, error: Exception) -> UnexpectedAnswerError:
    """The error for a body that a decoder refused; names the object and its field where they can be found.

    Args:
        resource: The path that was asked for.
        body: The answer.
        error: One of ``lenient.UNDECODABLE``.
    """
    if isinstance(error, UnicodeDecodeError):
        return UnexpectedAnswerError("sevdesk's answer is no UTF-8; report it", path=resource, resource=resource)
    if isinstance(error, RecursionError):
        return UnexpectedAnswerError(
            "sevdesk's answer is nested too deeply; report it", path=resource, resource=resource
        )
    # The decoder's text holds types and a place, never values.
    place, lacking = _AT.search(str(error)), _MISSING.search(str(error))
    field = (place.group(2) if place else "") or (lacking.group(1) if lacking else "")
    return UnexpectedAnswerError(
        f"sevdesk's answer cannot be read: {error}; report it",
        path=resource,
        resource=resource,
        field=field or None,
        object_id=_object_id(body, int(place.group(1))) if place else None,
    )


def _object_id(body: bytes, index: int) -> str | None:
    try:
        found = msgspec.json.decode(body)["objects"][index]["id"]
    except (*UNDECODABLE, LookupError, TypeError):
        return None
    return str(found)[:40]


_DOCUMENT: dict[str, tuple[str, Callable[[Sequence[Any]], pl.Series]]] = {
    "id": ("id", integers),
    "status": ("status", integers),
    "created_on": ("created", moments),
    "paid_on": ("pay_date", days),
    "currency": ("currency", codes),
    "net_cents": ("sum_net", cents),
    "gross_cents": ("sum_gross", cents),
}

_TAX: dict[str, tuple[str, Callable[[Sequence[Any]], pl.Series]]] = {
    "tax_rule": ("tax_rule", ids),
    "tax_type": ("tax_type", codes),
}
_INVOICE: dict[str, tuple[str, Callable[[Sequence[Any]], pl.Series]]] = {
    **_DOCUMENT,
    "number": ("invoice_number", texts),
    "type": ("invoice_type", codes),
    "contact": ("contact", ids),
    "origin": ("origin", ids),
    "issued_on": ("invoice_date", days),
    "term_days": ("time_to_pay", integers),
    "discount_days": ("discount_time", integers),
    "discount_percent": ("discount", numbers),
    "level": ("dunning_level", integers),
    "paid_cents": ("paid_amount", cents),
    "sent_on": ("send_date", moments),
    "locked_on": ("enshrined", moments),
    "head_text": ("head_text", texts),
    "foot_text": ("foot_text", texts),
}
INVOICE = Table("Invoice", records.Invoice, _INVOICE, with_terms)
TAXED_INVOICE = Table("Invoice", records.TaxedInvoice, {**_INVOICE, **_TAX}, with_terms)
"""The same list, with how value added tax applies."""
MARKED_INVOICE = Table(
    "Invoice",
    records.MarkedInvoice,
    {
        **_INVOICE,
        "updated_on": ("update", moments),
        "header": ("header", texts),
        "origin_kind": ("origin", kinds),
        "rhythm": ("account_intervall", codes),
        **_TAX,
    },
    lambda invoices: with_terms(with_invoice_marks(invoices)),
)
"""The same list, with what is noted beside the amounts."""
_CREDIT_NOTE: dict[str, tuple[str, Callable[[Sequence[Any]], pl.Series]]] = {
    **_DOCUMENT,
    "number": ("credit_note_number", texts),
    "contact": ("contact", ids),
    "invoice": ("ref_src_invoice", ids),
    "origin": ("origin", ids),
    "origin_kind": ("origin", kinds),
    "issued_on": ("credit_note_date", days),
    "discount_days": ("discount_time", integers),
    "discount_percent": ("discount", numbers),
}
CREDIT_NOTE = Table("CreditNote", records.CreditNote, _CREDIT_NOTE)
TAXED_CREDIT_NOTE = Table("CreditNote", records.TaxedCreditNote, {**_CREDIT_NOTE, **_TAX})
"""The same list, with how value added tax applies."""
_VOUCHER: dict[str, tuple[str, Callable[[Sequence[Any]], pl.Series]]] = {
    **_DOCUMENT,
    "number": ("description", texts),
    "side": ("credit_debit", codes),
    "type": ("voucher_type", codes),
    "supplier": ("supplier", ids),
    "supplier_name": ("supplier_name", texts),
    "issued_on": ("voucher_date", days),
    "due_on": ("payment_deadline", days),
    "paid_cents": ("paid_amount", cents),
}
VOUCHER = Table("Voucher", records.Voucher, _VOUCHER)
TAXED_VOUCHER = Table("Voucher", records.TaxedVoucher, {**_VOUCHER, **_TAX})
"""The same list, with how value added tax applies."""
MARKED_VOUCHER = Table(
    "Voucher",
    records.MarkedVoucher,
    {
        **_VOUCHER,
        "updated_on": ("update", moments),
        "file": ("document", ids),
        "is_file_odd": ("unread", unread_file),
        **_TAX,
    },
)
"""The same list, with what is noted beside the amounts."""
CHECK_ACCOUNT = Table(
    "CheckAccount",
    records.CheckAccount,
    {
        "id": ("id", integers),
        "kind": ("type", codes),
        "name": ("name", texts),
        "status": ("status", integers),
        "is_imported": ("import_type", presence),
        "is_connected": ("bank_server", presence),
        "is_synced": ("last_sync", presence),
        "synced_on": ("last_sync", days),
        "currency": ("currency", codes),
        "iban": ("iban", texts),
        "bic": ("bic", texts),
        "balance_cents": ("balance", cents),
        "created_on": ("created", moments),
    },
)
_BANK_LINE: dict[str, tuple[str, Callable[[Sequence[Any]], pl.Series]]] = {
    "id": ("id", integers),
    "account": ("check_account", ids),
    "amount_cents": ("amount", cents),
    "status": ("status", integers),
    "value_on": ("value_date", days),
    "created_on": ("created", moments),
    "is_deleted": ("deleted_at", presence),
    "source": ("source_transaction", ids),
    "target": ("target_transaction", ids),
    "purpose": ("paymt_purpose", texts),
    "name": ("payee_payer_name", texts),
    "number": ("payee_payer_acct_no", texts),
    "entry_text": ("entry_text", texts),
}
_TEXTS_OF_LINE = ("purpose", "entry_text")
# Texts are classified when a list is finished, for the whole list at once because the patterns are slow to warm up.
# Then they are dropped: they do not outlive the reading of their list.
CHECK_ACCOUNT_TRANSACTION = Table(
    "CheckAccountTransaction",
    records.CheckAccountTransaction,
    _BANK_LINE,
    lambda lines: lines.hstack([natures_with_private(lines).alias("nature")]).drop(_TEXTS_OF_LINE),
)


def _recognised(lines: pl.DataFrame, knowledge: LineKnowledge) -> pl.DataFrame:
    is_private = (pl.col("status") == PRIVATE).fill_null(value=False).alias("is_private")
    categories = categorise(
        lines.with_columns(is_private),
        knowledge.rules,
        knowledge.corrections,
        names_funders=knowledge.names_funders,
    )
    return lines.hstack(
        [natures_with_private(lines).alias("nature"), fingerprints(lines), *categories.get_columns()]
    ).drop(_TEXTS_OF_LINE)


RECOGNISED_TRANSACTION = Table(
    "CheckAccountTransaction",
    records.CheckAccountTransaction,
    {
        **_BANK_LINE,
        "is_timed": ("value_date", clocks),
        "created_at": ("created", seconds),
        "has_hash": ("compare_hash", filled),
        "has_code": ("gv_code", filled),
    },
    lambda lines: _recognised(lines, NOTHING_ADDED),
)
"""The same list, with what recognition needs beyond it."""


def recognised_transaction(knowledge: LineKnowledge) -> Table:
    """Lines with what is recognised in them, by what a lender adds as well."""
    if knowledge is NOTHING_ADDED:
        return RECOGNISED_TRANSACTION
    return RECOGNISED_TRANSACTION.finished_by(lambda lines: _recognised(lines, knowledge))


CHECK_ACCOUNT_TRANSACTION_LOG = Table(
    "CheckAccountTransactionLog",
    records.CheckAccountTransactionLog,
    {
        "id": ("id", integers),
        "transaction": ("check_account_transaction", ids),
        "document": ("object", ids),
        "document_kind": ("object", kinds),
        "amount_cents": ("amount_paid", cents),
        "booked_on": ("booking_date", days),
        "created_on": ("created", moments),
    },
)
