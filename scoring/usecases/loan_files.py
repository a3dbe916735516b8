"""Loans as CSV: one line for each entry, read forgivingly, and written so that it can be read again.

Reading is pure. A line that cannot be read is a fault with its number; the loan that it belongs to is left out with it,
because the rest of it would tell another story.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any, Final

import msgspec

from scoring.decisions.loans import (
    Closed,
    ConditionMet,
    Correction,
    Entry,
    Granted,
    Instalment,
    Money,
    Paid,
    PaidOut,
    Planned,
    Recovered,
    Redeemed,
    Removed,
    Restructured,
    WrittenOff,
    euro,
    kind_of,
)
from scoring.store.loans import NewEntry, StoredLoan

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "loan_ref": ("loan", "kredit", "kreditnummer", "darlehen", "darlehensnummer"),
        "decision_id": ("decision", "entscheidung"),
        "entry_ref": ("entry", "eintrag", "buchungsnummer", "belegnummer"),
        "kind": ("type", "art", "vorgang"),
        "happened_on": ("day", "date", "tag", "datum", "buchungstag", "valuta", "wertstellung"),
        "amount": ("betrag", "summe"),
        "due_on": ("due", "fällig", "fälligam", "fälligkeit"),
        "term_months": ("term", "laufzeit", "laufzeitmonate"),
        "annual_rate_percent": ("rate", "interest", "zins", "zinssatz"),
        "condition": ("bedingung",),
        "is_forbearance": ("forbearance", "zahlungsschwierigkeiten"),
        "corrects": ("korrigiert", "berichtigt"),
        "why": ("reason", "grund"),
        "proof": ("nachweis",),
    }
)
"""Columns of a file with the other names that they may have; upper case, blanks and signs make no difference."""
NEEDED: Final = ("loan_ref", "kind", "happened_on")
KINDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "granted": ("gewährt", "bewilligt"),
        "condition_met": ("bedingung",),
        "paid_out": ("ausgezahlt", "auszahlung"),
        "planned": ("rate", "ratenplan"),
        "paid": ("gezahlt", "zahlung", "zahlungseingang"),
        "redeemed": ("abgelöst", "ablösung"),
        "restructured": ("umgeschuldet", "umschuldung"),
        "written_off": ("abgeschrieben", "abschreibung"),
        "recovered": ("eingebracht", "verwertung"),
        "closed": ("abgeschlossen", "abschluss"),
        "removed": ("zurückgenommen", "rücknahme", "storno"),
    }
)
"""Kinds of entries, with their German names."""
_WITH_AMOUNT: Final[Mapping[str, type[Money]]] = MappingProxyType(
    {"paid_out": PaidOut, "paid": Paid, "redeemed": Redeemed, "written_off": WrittenOff, "recovered": Recovered}
)
_YES, _NO = frozenset({"yes", "true", "1", "ja", "wahr"}), frozenset({"no", "false", "0", "nein", "falsch"})
_LINE_END = re.compile(r"[\r\n]")
_PLAIN = re.compile(r"[0-9]+([.,][0-9]{1,2})?", re.ASCII)
_GERMAN = re.compile(r"[0-9]{1,3}(\.[0-9]{3})+,[0-9]{1,2}", re.ASCII)
_ENGLISH = re.compile(r"[0-9]{1,3}(,[0-9]{3})+\.[0-9]{1,2}", re.ASCII)
_GERMAN_DAY = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})", re.ASCII)
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_LONGEST: Final = {"loan_ref": 120, "entry_ref": 120, "corrects": 120, "proof": 200, "condition": 40}
_FORMULA: Final = ("=", "+", "-", "@")
_MOST_CENTS: Final = 100_000_000_00


class LoanFileError(ValueError):
    """A file of which nothing can be read; the message says what to change."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Why lines were left out."""

    lines: tuple[int, ...]
    """Numbered from 1, the header among them."""
    loan_ref: str
    said: str

    @property
    def where(self) -> str:
        """The lines in words."""
        first, last = self.lines[0], self.lines[-1]
        return f"line {first}" if first == last else f"lines {first} to {last}"


class FileLoan(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says of one loan."""

    loan_ref: str
    decision_id: str | None
    entries: tuple[NewEntry, ...]
    lines: tuple[int, ...]


class LoanFile(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says."""

    loans: tuple[FileLoan, ...]
    faults: tuple[Fault, ...]
    unused: tuple[str, ...]
    """Columns that mean nothing here."""


def parse_cents(text: str) -> int:
    """An amount in euro as cents: ``1.234,56``, ``1,234.56``, ``1234,56``, ``1234.56`` or ``1234``.

    Raises:
        ValueError: it is none, or could be two: ``1.234`` is either 1,234 euro or a mistake.
    """
    plain = text.replace("\N{NO-BREAK SPACE}", " ").strip()
    for sign in ("EUR", "€"):
        plain = plain.removesuffix(sign).removeprefix(sign).strip()
    if _GERMAN.fullmatch(plain):
        plain = plain.replace(".", "")
    elif _ENGLISH.fullmatch(plain):
        plain = plain.replace(",", "")
    elif not _PLAIN.fullmatch(plain):
        raise ValueError(f"{text!r} is not an amount such as 1.234,56 or 1234.56, with at most two decimal places")
    whole, _, rest = plain.replace(",", ".").partition(".")
    cents = int(whole) * 100 + int(rest.ljust(2, "0") if rest else 0)
    if not 0 < cents <= _MOST_CENTS:
        raise ValueError(f"{text!r} must be above 0 and at most {euro(_MOST_CENTS)}")
    return cents


def parse_day(text: str) -> date:
    """A day: ``2026-11-28`` or ``28.11.2026``.

    Raises:
        ValueError: it is none.
    """
    german = _GERMAN_DAY.fullmatch(text)
    try:
        if german is not None:
            return date(int(german[3]), int(german[2]), int(german[1]))
        if _ISO_DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError(f"{text!r} is not a day such as 2026-11-28 or 28.11.2026")


def read_loans(content: bytes, columns: Mapping[str, str] | None = None) -> LoanFile:
    """Read a file of loans.

    Args:
        content: CSV with a header, separated by commas, semicolons or tabs; UTF-8, or Windows-1252 as Excel saves it.
        columns: The file's own name for a column, where it has another one than ``COLUMNS``.

    Raises:
        LoanFileError: it has no header, or a needed column is missing or there twice.
    """
    reader = read_csv(content)
    try:
        places, unused = _places(next(reader, []), columns or {})
        rows = list(_rows(reader, places))
    except csv.Error as error:
        raise LoanFileError(f"line {reader.line_num} is no CSV: {error}") from None
    return _gather(rows, unused)


def read_csv(content: bytes) -> Any:  # noqa: ANN401  csv has no name for its reader
    """Lines of a file, separated by commas, semicolons or tabs; UTF-8, or Windows-1252 as Excel saves it."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    first = _LINE_END.split(text, maxsplit=1)[0]
    separator = max(",;\t", key=first.count)
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator)


def write_loans(loans: Iterable[StoredLoan]) -> str:
    """Every entry of these loans, in the form that ``read_loans`` reads; a plan has a line for each instalment."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=list(COLUMNS), lineterminator="\n", restval="")
    writer.writeheader()
    for loan in loans:
        for stored in loan.entries:
            for line in _lines(loan, stored.entry, stored.proof):
                writer.writerow({name: as_text(cell) for name, cell in line.items()})
    return buffer.getvalue()


def as_text(cell: str) -> str:
    """A cell that no spreadsheet runs: what begins like a formula gets an apostrophe, which reading takes off."""
    return f"'{cell}" if cell.lstrip("'").startswith(_FORMULA) else cell


def _lines(loan: StoredLoan, entry: Entry, proof: str | None) -> Iterator[dict[str, str]]:
    line = {
        "loan_ref": loan.loan_ref,
        "entry_ref": entry.ref,
        "kind": kind_of(entry),
        "happened_on": entry.happened_on.isoformat(),
        "corrects": entry.corrects or "",
        "why": entry.why or "",
        "proof": proof or "",
    }
    if isinstance(entry, Planned | Restructured):
        if isinstance(entry, Restructured):
            line["is_forbearance"] = "yes" if entry.is_forbearance else "no"
        for one in entry.instalments:
            yield line | {"due_on": one.due_on.isoformat(), "amount": euro(one.due_cents)}
        return
    if isinstance(entry, Granted):
        line |= {"decision_id": loan.decision_id, "term_months": str(entry.term_months)}
        line["annual_rate_percent"] = euro(entry.annual_rate_bps)
    if isinstance(entry, ConditionMet):
        line["condition"] = entry.condition
    cents = getattr(entry, "amount_cents", None)
    yield line if cents is None else line | {"amount": euro(cents)}


class _Row(msgspec.Struct, frozen=True):
    line: int
    cells: Mapping[str, str]


def plain(name: str) -> str:
    """The name of a column without upper case, blanks and signs."""
    return re.sub(r"[\W_]", "", name.casefold())


def _places(header: Sequence[str], columns: Mapping[str, str]) -> tuple[dict[int, str], tuple[str, ...]]:
    """Column of each place, and what is not used."""
    if unknown := columns.keys() - COLUMNS.keys():
        raise LoanFileError(f"{min(unknown)!r} is no column; columns: {', '.join(COLUMNS)}")
    known = {plain(one): name for name, others in COLUMNS.items() for one in (name, *others)}
    known |= {plain(given): name for name, given in columns.items()}
    for name, given in columns.items():
        if plain(given) not in {plain(cell) for cell in header}:
            raise LoanFileError(f"the file has no column {given!r}, which was named for {name}")
    places: dict[int, str] = {}
    unused = []
    for place, cell in enumerate(header):
        meant = known.get(plain(cell))
        if meant is None:
            unused.append(cell)
        elif meant in places.values():
            raise LoanFileError(f"two columns mean {meant}: name the one to read with --column {meant}=NAME")
        else:
            places[place] = meant
    if missing := [name for name in NEEDED if name not in places.values()]:
        found = ", ".join(header) or "none"
        raise LoanFileError(
            f"the first line names no column for {', '.join(missing)}; it names: {found}. Name them with --column"
        )
    return places, tuple(unused)


def _rows(reader: Any, places: Mapping[int, str]) -> Iterator[_Row]:  # noqa: ANN401  csv has no name for its reader
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield _Row(
                reader.line_num,
                {name: typed(cells[place].strip()) if place < len(cells) else "" for place, name in places.items()},
            )


def typed(cell: str) -> str:
    """What was typed, where ``as_text`` wrote it."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA) else cell


def _gather(rows: Sequence[_Row], unused: tuple[str, ...]) -> LoanFile:
    """Lines of one loan together, and of one plan."""
    loans: dict[str, dict[tuple[str, str], list[_Row]]] = {}
    faults: list[Fault] = []
    kinds = {plain(one): kind for kind, others in KINDS.items() for one in (kind, *others)}
    for row in rows:
        ref, kind = row.cells["loan_ref"], kinds.get(plain(row.cells["kind"]), "")
        entry_ref = row.cells.get("entry_ref") or {"granted": "granted", "planned": "plan"}.get(kind, "")
        loans.setdefault(ref, {}).setdefault((kind, entry_ref), []).append(row)
    found = []
    for ref, groups in loans.items():
        read = _loan(ref, groups)
        if isinstance(read, FileLoan):
            found.append(read)
        else:
            faults += read
    return LoanFile(loans=tuple(found), faults=tuple(sorted(faults, key=lambda one: one.lines)), unused=unused)


def _loan(ref: str, groups: Mapping[tuple[str, str], list[_Row]]) -> FileLoan | list[Fault]:
    lines = tuple(sorted(row.line for rows in groups.values() for row in rows))
    faults, entries, decisions = [], [], set()
    if not ref or not ref.isprintable() or len(ref) > _LONGEST["loan_ref"]:
        return [Fault(lines=lines, loan_ref=ref, said="loan_ref: must be 1 to 120 printable characters")]
    for (kind, entry_ref), rows in groups.items():
        decisions |= {row.cells.get("decision_id", "") for row in rows} - {""}
        try:
            entries.append(_entry(kind, entry_ref, rows))
        except _CellError as error:
            faults.append(Fault(lines=(error.line,), loan_ref=ref, said=f"{error.column}: {error}"))
    if len(decisions) > 1:
        faults.append(Fault(lines=lines, loan_ref=ref, said=f"decision_id: names {len(decisions)} decisions"))
    if faults:
        told = {line for fault in faults for line in fault.lines}
        rest = tuple(line for line in lines if line not in told)
        said = "left out with the other lines of the loan"
        return [*faults, *([Fault(lines=rest, loan_ref=ref, said=said)] if rest else [])]
    corrects = {one.entry.ref: one.entry.corrects for one in entries}
    # a correction comes after what it corrects, wherever it stands
    entries.sort(key=lambda one: _depth(one.entry.ref, corrects))
    return FileLoan(loan_ref=ref, decision_id=next(iter(decisions), None), entries=tuple(entries), lines=lines)


def _depth(ref: str, corrects: Mapping[str, str | None]) -> int:
    """How many corrections an entry is away from what was entered first; they may go in a circle."""
    depth, before = 0, corrects.get(ref)
    while before is not None and depth < len(corrects):
        depth, before = depth + 1, corrects.get(before)
    return depth


class _CellError(ValueError):
    """A cell that cannot be read."""

    def __init__(self, row: _Row, column: str, said: str) -> None:
        super().__init__(said)
        self.line = row.line
        self.column = column


def _entry(kind: str, entry_ref: str, rows: Sequence[_Row]) -> NewEntry:
    first = rows[0]
    if not kind:
        raise _CellError(first, "kind", f"{first.cells['kind']!r} is none of {', '.join(KINDS)}")
    if not entry_ref:
        raise _CellError(first, "entry_ref", "is missing: it makes it safe to read a file again")
    is_plan = kind in {"planned", "restructured"}
    if len(rows) > 1 and not is_plan:
        raise _CellError(rows[1], "entry_ref", f"{entry_ref!r} is there twice, in line {first.line}, too")
    cells = _Cells(first)
    for row in rows[1:]:
        if _Cells(row).day("happened_on") != cells.day("happened_on"):
            raise _CellError(row, "happened_on", f"{entry_ref!r} is of another day in line {first.line}; see due_on")
    common: dict[str, Any] = {
        "ref": entry_ref,
        "happened_on": cells.day("happened_on"),
        "corrects": cells.text("corrects"),
        "why": cells.why(),
    }
    if (common["corrects"] is None) != (common["why"] is None):
        raise _CellError(first, "why", "give corrects and why together, or neither")
    proof = cells.needed("proof") if kind == "condition_met" else cells.text("proof")
    return NewEntry(entry=_say(kind, common, cells, rows), proof=proof)


def _say(kind: str, common: dict[str, Any], cells: "_Cells", rows: Sequence[_Row]) -> Entry:
    if kind in _WITH_AMOUNT:
        return _WITH_AMOUNT[kind](**common, amount_cents=cells.cents("amount"))
    if kind == "granted":
        return Granted(
            **common,
            amount_cents=cells.cents("amount"),
            term_months=cells.months(),
            annual_rate_bps=cells.bps(),
        )
    if kind == "condition_met":
        return ConditionMet(**common, condition=cells.needed("condition"))
    if kind in {"planned", "restructured"}:
        every = [_Cells(row) for row in rows]
        instalments = tuple(Instalment(due_on=one.day("due_on"), due_cents=one.cents("amount")) for one in every)
        if kind == "planned":
            return Planned(**common, instalments=instalments)
        return Restructured(**common, instalments=instalments, is_forbearance=cells.truth("is_forbearance"))
    return Closed(**common) if kind == "closed" else Removed(**common)


class _Cells:
    """The cells of one line, read."""

    def __init__(self, row: _Row) -> None:
        self._row = row

    def text(self, name: str) -> str | None:
        found = self._row.cells.get(name) or None
        if found is not None and (not found.isprintable() or len(found) > _LONGEST.get(name, 120)):
            raise _CellError(self._row, name, f"must be at most {_LONGEST.get(name, 120)} printable characters")
        return found

    def needed(self, name: str) -> str:
        found = self.text(name)
        if found is None:
            raise _CellError(self._row, name, "is missing")
        return found

    def day(self, name: str) -> date:
        try:
            return parse_day(self.needed(name))
        except _CellError:
            raise
        except ValueError as error:
            raise _CellError(self._row, name, str(error)) from None

    def cents(self, name: str) -> int:
        try:
            return parse_cents(self.needed(name))
        except _CellError:
            raise
        except ValueError as error:
            raise _CellError(self._row, name, str(error)) from None

    def months(self) -> int:
        text = self.needed("term_months")
        if not text.isascii() or not text.isdecimal() or not 0 < int(text) <= 360:
            raise _CellError(self._row, "term_months", f"{text!r} is not a number of months from 1 to 360")
        return int(text)

    def bps(self) -> int:
        """A rate in percent as basis points."""
        text = self.needed("annual_rate_percent").removesuffix("%").strip().replace(",", ".")
        whole, _, rest = text.partition(".")
        if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,2})?", text, re.ASCII):
            raise _CellError(self._row, "annual_rate_percent", f"{text!r} is not a rate such as 7,25")
        return int(whole) * 100 + int(rest.ljust(2, "0") if rest else 0)

    def truth(self, name: str) -> bool:
        text = self.needed(name).casefold()
        if text not in _YES | _NO:
            raise _CellError(self._row, name, f"{text!r} is neither yes nor no")
        return text in _YES

    def why(self) -> Correction | None:
        text = self.text("why")
        if text is None:
            return None
        try:
            return Correction(text)
        except ValueError:
            raise _CellError(self._row, "why", f"{text!r} is none of {', '.join(Correction)}") from None
