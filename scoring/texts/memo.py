"""The credit memo for the lender's file: a decision, its figures with their documents, its review, its loan, as tables.

A cell has its value beside its text, so that a workbook holds numbers and days.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Final, TypeAlias

import msgspec

from features.feature import Text, Unit
from features.history import History
from scoring.base.identifiers import day_in_berlin
from scoring.decisions.cases import Step, Voted
from scoring.decisions.decision import Decision, Document
from scoring.decisions.loans import Loan, Planned, kind_of
from scoring.decisions.rules import is_too_little, lendable
from scoring.decisions.words import Words
from scoring.texts import memo_words as w
from scoring.texts.catalogue import newest, released
from scoring.texts.codes import LEGAL_FORMS, PRODUCTS, REVIEW_REASONS, STEP_KINDS, VERDICTS
from scoring.texts.rendering import format_value, say_day, words_of_reason


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in a table."""

    text: str
    number: float | None = None
    """In the unit of the workbook: euro, shares of 1, counts."""
    unit: str | None = None
    """``euro``, ``share``, ``count`` or ``score``; null beside no number."""
    day: date | None = None
    link: str | None = None


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """Rows below a heading."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str = ""
    """Said in place of rows."""


class Memo(msgspec.Struct, frozen=True, kw_only=True):
    """All of it in one language."""

    language: str
    title: str
    summary: str
    sample: str | None
    tables: tuple[Table, ...]
    receipt: str


class Evidenced(msgspec.Struct, frozen=True, kw_only=True):
    """A document behind a figure, with its number and its place in the books."""

    figure: Text
    document: Document
    number: str
    link: str | None


class Reviewed(msgspec.Struct, frozen=True, kw_only=True):
    """A step of the case, with who took it and what was written."""

    step: Step
    kind: str
    by: str
    text: str | None


class File(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a memo is made of."""

    borrower: str
    applicant: str | None
    """Its name, as the application states it."""
    decision: Decision
    words: Words
    purpose: str | None
    history: History | None
    """None where the books are gone."""
    evidence: tuple[Evidenced, ...]
    steps: tuple[Reviewed, ...]
    resolution: tuple[str, int | None, date] | None
    """Verdict, amount and last day of what stands in the case; None while nothing does."""
    loan: Loan | None
    statement: int | None
    as_of: date
    """The day on which the memo is made."""


Row: TypeAlias = tuple[Cell, ...]
_UNITS: Final[Mapping[Unit, str]] = {
    Unit.CENTS: "euro",
    Unit.SHARE: "share",
    Unit.SCORE: "score",
    Unit.RATIO: "score",
    Unit.COUNT: "count",
    Unit.DAYS: "score",
    Unit.MONTHS: "score",
}


def memo_of(file: File, language: str) -> Memo:
    """The memo in a language."""
    say = _Voice("en" if language == "en" else "de")
    decision = file.decision
    number = "" if file.statement is None else say(w.STATEMENT, number=str(file.statement))
    versions = decision.versions
    return Memo(
        language=say.language,
        title=say(w.TITLE, borrower=file.borrower),
        summary=_summary(file, say),
        sample=say(w.SAMPLE) if decision.circumstances.is_sandbox or decision.model.is_simulated else None,
        tables=(
            _application(file, say),
            _result(file, say),
            _reasons(decision, say),
            _rules(file, say),
            _evidence(file, say),
            _cash(file, say),
            _data(decision, say),
            _review(file, say),
            _loan(file, say),
        ),
        receipt=say(
            w.RECEIPT,
            decision=decision.decision_id,
            statement=number,
            model=versions.model,
            model_sha256=versions.model_sha256,
            policy=versions.policy,
            policy_sha256=versions.policy_sha256,
            snapshot=decision.snapshot_sha256,
        ),
    )


class _Voice:
    """Says texts and values in one language, as cells."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, text: Text, **filling: str) -> str:
        found: str = getattr(text, self.language)
        return found.format_map(filling) if filling else found

    def code(self, words: Mapping[str, Text], code: str) -> Cell:
        return Cell(text=self(words[code]) if code in words else code)

    def value(self, value: float | None, unit: Unit, decimals: int | None = None) -> Cell:
        if value is None:
            return Cell(text="\N{EN DASH}")
        number = value / 100 if unit is Unit.CENTS else value
        text = self(format_value(value, unit, decimals=decimals))
        return Cell(text=text, number=number, unit=_UNITS.get(unit)) if unit in _UNITS else Cell(text=text)

    def money(self, cents: int | None) -> Cell:
        return self.value(None if cents is None else float(cents), Unit.CENTS)

    def rate(self, basis_points: int | None) -> Cell:
        return self.value(None if basis_points is None else basis_points / 10_000, Unit.SHARE, 2)

    def day(self, day: date | None) -> Cell:
        return Cell(text="\N{EN DASH}") if day is None else Cell(text=self(say_day(day)), day=day)

    def moment(self, at: str) -> Cell:
        return self.day(day_in_berlin(datetime.fromisoformat(at)))

    def table(self, title: Text, head: Sequence[Text], rows: Sequence[Row], empty: Text = w.NOTHING) -> Table:
        return Table(title=self(title), head=tuple(self(one) for one in head), rows=tuple(rows), empty=self(empty))

    def facts(self, title: Text, rows: Sequence[tuple[Text, Cell]]) -> Table:
        return self.table(title, w.FACT_HEAD, [(Cell(text=self(name)), cell) for name, cell in rows])


def _summary(file: File, say: _Voice) -> str:
    decision = file.decision
    assessment, terms = decision.assessment, decision.terms
    said = [
        say(
            w.SUMMARY,
            amount=say.money(terms.amount_cents).text,
            months=say.value(float(terms.term_months), Unit.MONTHS).text,
            recommendation=say.code(VERDICTS, assessment.recommendation).text,
            verdict=say.code(VERDICTS, assessment.verdict).text,
            day=say.day(decision.as_of).text,
        )
    ]
    if assessment.pd is not None:
        said.append(
            say(w.SUMMARY_PD, pd=say.value(assessment.pd, Unit.SHARE).text, grade=assessment.grade or "\N{EN DASH}")
        )
    if file.resolution is not None:
        verdict, cents, day = file.resolution
        amount = "" if cents is None else f" {say.money(cents).text}"
        said.append(say(w.SUMMARY_CASE, verdict=say.code(VERDICTS, verdict).text + amount, day=say.day(day).text))
    return " ".join(said)


def _application(file: File, say: _Voice) -> Table:
    decision = file.decision
    terms = decision.terms
    rows = [
        (w.BORROWER, Cell(text=file.borrower)),
        (w.APPLICANT, Cell(text=file.applicant or "\N{EN DASH}")),
        (w.LEGAL_FORM, say.code(LEGAL_FORMS, terms.legal_form)),
        (w.PRODUCT, say.code(PRODUCTS, terms.product)),
        (w.AMOUNT, say.money(terms.amount_cents)),
        (w.TERM, say.value(float(terms.term_months), Unit.MONTHS)),
        (w.PURPOSE, Cell(text=file.purpose or "\N{EN DASH}")),
        (w.DECIDED, say.moment(decision.created_at)),
        (w.AS_OF, say.day(decision.as_of)),
        (w.VALID_UNTIL, say.day(decision.valid_until)),
    ]
    return say.facts(w.APPLICATION, rows)


def _result(file: File, say: _Voice) -> Table:
    assessment = file.decision.assessment
    offer = lendable(assessment)
    rows = [
        (w.RECOMMENDATION, say.code(VERDICTS, assessment.recommendation)),
        (w.VERDICT, say.code(VERDICTS, assessment.verdict)),
        (w.AUTOMATION, say.code(w.AUTOMATIONS, assessment.automation)),
        (w.SCORE, say.value(assessment.score, Unit.SCORE)),
        (w.PD, say.value(assessment.pd, Unit.SHARE)),
        (w.GRADE, Cell(text=assessment.grade or "\N{EN DASH}")),
    ]
    if is_too_little(assessment):
        rows.append((w.LIMIT, Cell(text=say(w.NO_OFFER))))
    if offer is not None:
        rows += [
            (w.LIMIT, say.money(offer.limit_cents)),
            (w.MAX_TERM, say.value(float(offer.max_term_months), Unit.MONTHS)),
            (w.RATE, say.rate(offer.annual_rate_bps)),
            (w.INSTALMENT, say.money(offer.monthly_instalment_cents)),
        ]
    return say.facts(w.RESULT, rows)


def _reasons(decision: Decision, say: _Voice) -> Table:
    catalogue = released().get(decision.versions.texts or "") or newest()
    rows = []
    for reason in decision.assessment.reasons:
        found, unit = words_of_reason(reason, catalogue), Unit(reason.unit)
        value, typical = say.value(reason.value, unit), say.value(reason.typical, unit)
        if found.value is not None:
            value = msgspec.structs.replace(value, text=say(found.value))
        if found.typical is not None:
            typical = msgspec.structs.replace(typical, text=say(found.typical))
        rows.append((Cell(text=say(found.label)), value, typical, say.value(reason.points, Unit.SCORE)))
    return say.table(w.REASONS, w.REASONS_HEAD, rows, w.NO_SCORE)


def _rules(file: File, say: _Voice) -> Table:
    rules = zip(file.decision.assessment.rules, file.words.rules, strict=True)
    rows = [(Cell(text=say(text)), say.code(w.RESULTS, rule.result)) for rule, text in rules]
    return say.table(w.RULES, w.RULES_HEAD, rows)


def _evidence(file: File, say: _Voice) -> Table:
    rows = [
        (
            Cell(text=say(one.figure)),
            say.code(w.DOCUMENTS, one.document.kind),
            Cell(text=one.number, link=one.link),
            say.day(one.document.day),
            say.money(one.document.amount_cents),
        )
        for one in file.evidence
    ]
    return say.table(w.EVIDENCE, w.EVIDENCE_HEAD, rows)


def _cash(file: File, say: _Voice) -> Table:
    history = file.history
    if history is None:
        return say.table(w.CASH, w.CASH_HEAD, [], w.BOOKS_GONE)
    revenue = {one.month: one.net_cents for one in history.revenue or ()}
    flows = {one.month: one for one in history.flows or ()}
    rows = []
    for month in sorted(revenue.keys() | flows.keys()):
        flow = flows.get(month)
        taken, given = (None, None) if flow is None else (flow.in_cents, flow.out_cents)
        left = None if taken is None or given is None else taken - given
        first = msgspec.structs.replace(say.day(month), text=f"{month:%m/%Y}")
        rows.append((first, say.money(revenue.get(month)), say.money(taken), say.money(given), say.money(left)))
    return say.table(w.CASH, w.CASH_HEAD, rows)


def _data(decision: Decision, say: _Voice) -> Table:
    coverage = decision.circumstances.coverage
    rows = [
        (w.FIRST_ON, say.day(coverage.first_on)),
        (w.LAST_ON, say.day(coverage.last_on)),
        (w.BANK_UNTIL, say.day(coverage.bank_data_until)),
        (w.INVOICES, say.value(float(coverage.invoice_count), Unit.COUNT)),
        (w.BILLS, say.value(float(coverage.bill_count), Unit.COUNT)),
        (w.LINES, say.value(float(coverage.transaction_count), Unit.COUNT)),
        (w.SET_ASIDE, say.value(float(coverage.set_aside_count), Unit.COUNT)),
        (w.MISSING, say.value(float(len(decision.missing)), Unit.COUNT)),
    ]
    return say.facts(w.DATA, rows)


def _review(file: File, say: _Voice) -> Table:
    return say.table(w.REVIEW, w.REVIEW_HEAD, [tuple(_step(one, say)) for one in file.steps])


def _step(one: Reviewed, say: _Voice) -> Iterator[Cell]:
    yield say.value(float(one.step.number), Unit.COUNT)
    yield say.moment(one.step.at)
    yield Cell(text=one.by)
    vote = one.step.facts if isinstance(one.step.facts, Voted) else None
    said = say.code(STEP_KINDS, one.kind).text
    if vote is not None:
        reason = say.code(REVIEW_REASONS, vote.reason).text
        said = f"{said}: {say.code(VERDICTS, vote.verdict).text}, {reason}"
    yield Cell(text=said)
    yield say.money(None if vote is None else vote.amount_cents)
    yield Cell(text=one.text or "")


def _loan(file: File, say: _Voice) -> Table:
    loan = file.loan
    if loan is None:
        return say.table(w.LOAN, w.LOAN_HEAD, [], w.NO_LOAN)
    rows = []
    for entry in loan.entries:
        kind = say.code(w.ENTRIES, kind_of(entry))
        cents = getattr(entry, "amount_cents", None)
        if isinstance(entry, Planned):
            cents = sum(one.due_cents for one in entry.instalments)
        rows.append((say.day(entry.happened_on), kind, say.money(cents)))
    overdue = say.money(loan.overdue_cents(file.as_of))
    rows.append((say.day(file.as_of), Cell(text=say(w.OVERDUE)), overdue))
    rows.append((say.day(file.as_of), Cell(text=say(w.UNPAID)), say.money(loan.unpaid_cents)))
    return say.table(w.LOAN, w.LOAN_HEAD, rows)
