"""What would change a decision, and which terms would be approved: each is applied and decided again in full.

All of it is work for the processor, for a worker thread: a change of the books takes about as long as a decision
without reading, and there may be some dozens to try.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property

import msgspec
import polars as pl

from features.changed import OpenDocument, cash_cents, fed_days, linked, open_documents, rolled, settled
from features.derive import CATALOGUE
from features.ledger import Ledger
from scoring.base.deadlines import months_after
from scoring.decisions.changes import (
    LONGEST_WAIT_MONTHS,
    MOST_DOCUMENTS,
    SEVERITY,
    Change,
    Effect,
    Offers,
    Step,
    StepKind,
    TermsOffer,
    chosen,
    is_proved,
    largest_amount,
    nearest_term,
    smallest,
    terms_that_pass,
    within,
    worth_trying,
)
from scoring.decisions.consumer_credit import product_of
from scoring.decisions.decision import (
    Assessment,
    Circumstances,
    Decision,
    Document,
    DocumentKind,
    PayoutCheck,
    Verdict,
)
from scoring.decisions.rules import lendable
from scoring.runtime.serving import Serving
from scoring.store.snapshots import KeptBooks, Snapshot
from scoring.telemetry.telemetry import StageTimer
from scoring.usecases.evaluate import Derived, conclude, derive_all, look_of, score_row


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """What is known of books, as they are or as they would be."""

    found: Derived
    circumstances: Circumstances


def find_changes(decision: Decision, books: KeptBooks, serving: Serving) -> tuple[Change, ...]:
    """The smallest changes that lead to a better recommendation, at most three; empty where there is none.

    Args:
        decision: as the record has it.
        books: of it.
        serving: the model and the policy that it names.

    Raises:
        SnapshotError: the snapshot cannot be read.
    """
    search = _Search(decision, books, serving)
    return chosen([*search.of_terms(), *search.of_books()])


def find_offers(decision: Decision, books: KeptBooks, serving: Serving) -> Offers:
    """What would be approved: the largest amount for the term that was asked for, and up to three amounts and terms.

    These are the amount that was asked for with the nearest term, the largest amount for the term that was asked for,
    and the largest of all with the shortest term that carries it. Where a longer term carries no more, the third is the
    amount that was asked for with the lowest instalment.

    Args:
        decision: as the record has it.
        books: of it.
        serving: the model and the policy that it names.

    Raises:
        SnapshotError: the snapshot cannot be read.
    """
    return _Search(decision, books, serving).offers()


def find_effects(decision: Decision, books: KeptBooks, serving: Serving) -> tuple[Effect, ...]:
    """What collecting or paying what is overdue would do to the score, whatever the recommendation is.

    Nothing of the policy is asked, so that it tells nothing of the recommendation: for a reader who is to judge first.
    Empty where the books have no score.

    Args:
        decision: as the record has it.
        books: of it.
        serving: the model that it names.

    Raises:
        SnapshotError: the snapshot cannot be read.
    """
    return tuple(_Search(decision, books, serving).effects())


class _Search:
    """One decision, and what it would be otherwise.

    Other terms follow from the recorded row; the books are decoded where they are changed, or in doubt.
    """

    def __init__(self, decision: Decision, books: KeptBooks, serving: Serving) -> None:
        self._serving = serving
        self._books = books
        self._terms = decision.terms
        self._as_of = decision.as_of
        self._product = product_of(decision.terms, serving.policy)
        self._step_cents = serving.policy.limits.step_cents
        self._circumstances = decision.circumstances
        look = look_of(lambda: self._snapshot.ledger, decision.as_of, serving.policy, decision.largest_instalment)
        if decision.assessment.readings:
            found = self._derived(self._snapshot.ledger, decision.circumstances).found
            self._found = msgspec.structs.replace(found, look=look)
        else:
            score = score_row(decision.row, decision.missing, decision.circumstances, serving)
            self._found = Derived(
                row=decision.row,
                missing=decision.missing,
                score=score,
                borrowings=decision.borrowings,
                look=look,
            )
        self._as_it_is = _State(found=self._found, circumstances=self._circumstances)
        self._before = conclude(self._found, self._terms, self._circumstances, serving)

    @property
    def _snapshot(self) -> Snapshot:
        return self._books.snapshot

    @cached_property
    def _issued(self) -> dict[tuple[str, int], date]:
        return _issued(self._snapshot.ledger)

    @cached_property
    def _open(self) -> tuple[OpenDocument, ...]:
        return open_documents(self._snapshot.ledger, self._as_of)

    def _derived(self, ledger: Ledger, circumstances: Circumstances) -> _State:
        _, found = derive_all(ledger, circumstances, self._serving, StageTimer())
        return _State(found=found, circumstances=circumstances)

    def _decide(self, books: _State, amount_cents: int, term_months: int) -> Assessment:
        terms = msgspec.structs.replace(self._terms, amount_cents=amount_cents, term_months=term_months)
        return conclude(books.found, terms, books.circumstances, self._serving)

    def of_terms(self) -> Iterator[Change]:
        """Other amounts and terms for the books as they are."""
        yield from self._with_terms(self._as_it_is, ())

    def _with_terms(self, books: _State, steps: tuple[Step, ...], *, is_linked: bool = False) -> Iterator[Change]:
        """With steps done before: as it was asked for if that is better now, else with other terms."""
        before = self._before
        if before.recommendation is Verdict.APPROVE or before.score is None:
            return
        for target in (Verdict.APPROVE, Verdict.REFER):
            if SEVERITY[target] >= SEVERITY[before.recommendation]:
                return

            def passes(amount_cents: int, term_months: int, target: Verdict = target) -> bool:
                after = self._decide(books, amount_cents, term_months)
                return SEVERITY[after.recommendation] <= SEVERITY[target]

            asked = (self._terms.amount_cents, self._terms.term_months)
            if steps and passes(*asked):
                ways: tuple[tuple[int, int], ...] = (asked,)
            else:
                ways = terms_that_pass(self._product, self._terms, self._step_cents, passes=passes)
            for amount_cents, term_months in ways:
                after = self._decide(books, amount_cents, term_months)
                if is_proved(before, after, is_linked=is_linked):
                    yield _change((*steps, *self._terms_steps(amount_cents, term_months)), after)
            if ways:
                return

    def _terms_steps(self, amount_cents: int, term_months: int) -> Iterator[Step]:
        if term_months != self._terms.term_months:
            yield Step(kind=StepKind.TERM, term_months=term_months)
        if amount_cents != self._terms.amount_cents:
            yield Step(kind=StepKind.AMOUNT, amount_cents=amount_cents)

    def of_books(self) -> Iterator[Change]:
        """Changes of the books, with other terms where these are needed, too."""
        kinds = worth_trying(
            self._before,
            self._found.row,
            self._terms,
            table=self._serving.table,
            policy=self._serving.policy,
            catalogue=CATALOGUE,
            borrowings=self._found.borrowings,
            own_loans=self._circumstances.own_loans if self._serving.policy.reads_borrowings else None,
            look=self._found.look,
        )
        for kind in kinds:
            match kind:
                case StepKind.COLLECT | StepKind.PAY:
                    yield from self._of_documents(kind)
                case StepKind.WAIT:
                    yield from self._of_waiting()
                case StepKind.LINK_BANK:
                    yield from self._of_link()
                case StepKind.TERM | StepKind.AMOUNT:
                    raise AssertionError(f"{kind} is no change of the books")

    def _of_documents(self, kind: StepKind) -> Iterator[Change]:
        """The fewest overdue documents whose payment does it."""
        some = self._overdue(kind)

        @cache
        def after(places: tuple[int, ...]) -> tuple[Change, ...]:
            return tuple(self._settled(kind, tuple(some[place] for place in places)))

        best = min(map(_reach, after(tuple(range(len(some))))), default=None)
        fewest = smallest(
            tuple(range(len(some))),
            passes=lambda places: best is not None and any(_reach(one) <= best for one in after(places)),
        )
        yield from after(fewest or ())

    def _overdue(self, kind: StepKind) -> tuple[OpenDocument, ...]:
        """Overdue documents that the firm can collect or pay, in the order in which they are tried."""
        is_sale = kind is StepKind.COLLECT
        overdue = [one for one in self._open if one.is_sale is is_sale and one.past_due_days > 0]
        overdue.sort(key=lambda one: (one.past_due_days <= 60, -one.owed_cents, one.document_id))
        if not is_sale:
            overdue = _affordable(overdue, cash_cents(self._snapshot.ledger, self._as_of))
        return tuple(overdue[:MOST_DOCUMENTS])

    def _step(self, kind: StepKind, documents: tuple[OpenDocument, ...]) -> Step:
        return Step(
            kind=kind,
            documents=tuple(self._document(one) for one in documents),
            amount_cents=sum(one.owed_cents for one in documents),
        )

    def _settled(self, kind: StepKind, documents: tuple[OpenDocument, ...]) -> Iterator[Change]:
        """What the payment of these documents leads to."""
        ledger = settled(self._snapshot.ledger, documents, self._as_of) if documents else None
        if ledger is None:
            return
        books = self._derived(ledger, with_payments(self._circumstances, len(documents)))
        yield from self._with_terms(books, (self._step(kind, documents),))

    def effects(self) -> Iterator[Effect]:
        """See ``find_effects``."""
        before = self._found.score
        for kind in (StepKind.COLLECT, StepKind.PAY):
            some = self._overdue(kind)
            ledger = settled(self._snapshot.ledger, some, self._as_of) if some else None
            if before is None or ledger is None:
                continue
            after = self._derived(ledger, with_payments(self._circumstances, len(some))).found.score
            if after is not None:
                yield Effect(step=self._step(kind, some), points=after.score - before.score)

    def _document(self, one: OpenDocument) -> Document:
        source_ids = self._snapshot.source_ids
        return Document(
            kind=DocumentKind(one.document),
            id=source_ids[one.document_id] if source_ids else one.document_id,
            day=self._issued.get((one.document, one.document_id)),
            amount_cents=one.owed_cents,
        )

    def _of_waiting(self) -> Iterator[Change]:
        """The fewest months after which the signs of today count no more."""

        @cache
        def after(months: int) -> tuple[Change, ...]:
            until = months_after(self._as_of, months)
            books = self._derived(rolled(self._snapshot.ledger, until), self._circumstances)
            return tuple(self._with_terms(books, (Step(kind=StepKind.WAIT, until=until),)))

        best = min(map(_reach, after(LONGEST_WAIT_MONTHS)), default=None)
        if best is None:
            return
        lowest, highest = 1, LONGEST_WAIT_MONTHS
        while lowest < highest:
            middle = (lowest + highest) // 2
            is_enough = any(_reach(one) <= best for one in after(middle))
            lowest, highest = (lowest, middle) if is_enough else (middle + 1, highest)
        yield from after(lowest)

    def _of_link(self) -> Iterator[Change]:
        ledger = linked(self._snapshot.ledger, self._as_of)
        if ledger is None:
            return
        books = self._derived(ledger, with_bank(self._circumstances, ledger))
        yield from self._with_terms(books, (Step(kind=StepKind.LINK_BANK),), is_linked=True)

    def offers(self) -> Offers:
        """See ``find_offers``."""
        asked = within(self._product, self._terms.term_months)

        def passes(amount_cents: int, term_months: int) -> bool:
            return self._decide(self._as_it_is, amount_cents, term_months).recommendation is Verdict.APPROVE

        def largest(term_months: int) -> int | None:
            return largest_amount(self._product, self._step_cents, term_months, passes=passes)

        for_term, of_all = largest(asked), largest(self._product.maximum_term_months)
        ways: list[tuple[int, int]] = []
        wanted = self._terms.amount_cents
        with_wanted = nearest_term(self._product, wanted, asked, passes=passes)
        if with_wanted is not None:
            ways.append((wanted, with_wanted))
        if for_term is not None:
            ways.append((for_term, asked))
        longest = self._product.maximum_term_months
        if of_all is not None and of_all > (for_term or 0):
            ways.append((of_all, nearest_term(self._product, of_all, asked, passes=passes) or longest))
        elif with_wanted is not None:
            ways.append((wanted, longest))
        return Offers(
            largest_cents=for_term,
            offers=tuple(self._offer(*way) for way in dict.fromkeys(ways)),
        )

    def _offer(self, amount_cents: int, term_months: int) -> TermsOffer:
        made = self._decide(self._as_it_is, amount_cents, term_months)
        assert made.offer is not None, "what is approved has an offer"  # noqa: S101  for mypy
        return TermsOffer(
            amount_cents=amount_cents,
            term_months=term_months,
            annual_rate_bps=made.offer.annual_rate_bps,
            pricing_tier=made.offer.pricing_tier,
            monthly_instalment_cents=made.offer.monthly_instalment_cents,
            verdict=made.verdict,
        )


def _change(steps: tuple[Step, ...], after: Assessment) -> Change:
    offer = lendable(after)
    return Change(
        steps=steps,
        recommendation=after.recommendation,
        verdict=after.verdict,
        score=after.score,
        limit_cents=None if offer is None else offer.limit_cents,
    )


def _reach(change: Change) -> tuple[int, int]:
    """How far it leads, and with how many steps: less is better."""
    return SEVERITY[change.recommendation], len(change.steps)


def _affordable(bills: Sequence[OpenDocument], cash: int | None) -> list[OpenDocument]:
    """As many, from the front, as what is on the accounts pays for."""
    kept, left = [], cash or 0
    for bill in bills:
        if bill.owed_cents <= left:
            kept.append(bill)
            left -= bill.owed_cents
    return kept


def with_bank(circumstances: Circumstances, ledger: Ledger) -> Circumstances:
    """The circumstances once the bank is linked: it delivers up to the day of observation.

    Args:
        circumstances: of the decision.
        ledger: from ``linked``.
    """
    coverage, as_of = circumstances.coverage, circumstances.as_of
    days = coverage.payout_fed_days
    if coverage.payout is PayoutCheck.MATCH:
        days = max(days or 0, fed_days(ledger, as_of))
    coverage = msgspec.structs.replace(coverage, bank_data_until=as_of, payout_fed_days=days)
    return msgspec.structs.replace(circumstances, coverage=coverage)


def with_payments(circumstances: Circumstances, count: int) -> Circumstances:
    """What is known of the books after so many payments on the day of observation."""
    coverage = circumstances.coverage
    coverage = msgspec.structs.replace(
        coverage,
        payment_count=coverage.payment_count + count,
        transaction_count=coverage.transaction_count + count,
        last_on=circumstances.as_of,
    )
    return msgspec.structs.replace(circumstances, coverage=coverage)


def _issued(ledger: Ledger) -> dict[tuple[str, int], date]:
    sales = ledger.invoices.select(pl.col("document").cast(pl.String), "document_id", "issued_on")
    bills = ledger.bills.select(pl.lit("voucher"), "document_id", "issued_on")
    return {(kind, number): day for frame in (sales, bills) for kind, number, day in frame.iter_rows()}
