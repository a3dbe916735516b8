"""What if: a stored decision with other terms, prices, payments, values, model or policy. Nothing of it is stored.

Where no books change, it follows from the recorded row, with what it lacks; else the books are derived again.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import anyio.to_thread
import msgspec
from anyio import CapacityLimiter

from features.changed import OpenDocument, open_documents, settled
from features.derive import CATALOGUE, UnknownFeatureError, derive
from features.spine import spine_of
from models.registry import RegistryError
from scoring.base.identifiers import Clock
from scoring.decisions.decide import check_terms
from scoring.decisions.decision import Assessment, Circumstances, Decision, LegalForm, Terms
from scoring.decisions.policy import NamedModel, Policy, PolicyError
from scoring.decisions.rules import lendable
from scoring.runtime.serving import POLICIES, Serving, card_of, combine, registry_of, with_model_of_persons
from scoring.store import simulations
from scoring.store.audit import Action, Trail, Who
from scoring.store.decisions import StoredDecision
from scoring.store.policies import find_version
from scoring.store.snapshots import KeptBooks
from scoring.telemetry.telemetry import StageTimer
from scoring.usecases.application import WhatIfError
from scoring.usecases.changes import with_payments
from scoring.usecases.evaluate import Derived, borrowings_of, conclude, derive_all, look_of, with_values
from scoring.usecases.inputs import DecisionInputs

_MODEL: Final = re.compile(r"([a-z0-9][a-z0-9_-]{0,63})/([0-9]{1,9})", re.ASCII)


class WhatIf(msgspec.Struct, frozen=True, kw_only=True):
    """What is different from the decision; None and empty is the same."""

    amount_cents: int | None = None
    term_months: int | None = None
    annual_rate_bps: int | None = None
    """In place of every rate of the policy, the highest one included."""
    collected_invoices: tuple[str, ...] = ()
    """Identifiers in the source of invoices that are paid in full on the day of observation."""
    features: Mapping[str, float | None] = {}
    model: str | None = None
    """Name and version, such as ``sme/3``."""
    policy: str | None = None
    """Its version."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A field of the assessment with another value than in the decision."""

    field: str
    decided: float | str | None
    simulated: float | str | None


class Simulated(msgspec.Struct, frozen=True, kw_only=True):
    """What would be decided."""

    decision: Decision
    """The decision with other terms, values and assessment; it was never made."""
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulator:
    """Simulates decisions. Built once, from the parts that this takes."""

    inputs: DecisionInputs
    clock: Clock
    trail: Trail
    workers: CapacityLimiter

    async def simulate(self, stored: StoredDecision, what_if: WhatIf, *, who: Who) -> Simulated:
        """Work out what would be decided.

        Args:
            stored: the decision.
            what_if: what is different.
            who: asks.

        Raises:
            WhatIfError: a feature, invoice, model or policy is not known, or the terms are none of the policy.
            TooManySimulationsError: there were too many for this borrower.
            BorrowerRestrictedError: the borrower's data are only kept.
            SnapshotGoneError: the books are gone.
            InputsGoneError: the model or policy of the decision is gone.
        """
        recorded = await self.inputs.serving_of(stored.decision)
        wanted = await self._wanted(recorded, what_if, stored.lender_id, stored.decision.terms.legal_form)
        _check(stored.decision, what_if, wanted)
        # Read before it is counted: a decision without books has no simulations.
        books = await self.inputs.books_of(stored)
        await simulations.begin(
            self.inputs.database,
            decision_id=stored.decision.decision_id,
            borrower_id=stored.borrower_id or "",
            at_most=self.inputs.settings.simulations_per_hour,
            now=self.clock(),
            mark=self.trail.mark(who, Action.DECISION_SIMULATED),
        )
        work = partial(simulated, stored.decision, books, what_if, recorded=recorded, wanted=wanted)
        return await anyio.to_thread.run_sync(work, limiter=self.workers)

    async def _wanted(self, recorded: Serving, what_if: WhatIf, lender_id: str, legal_form: LegalForm) -> Serving:
        """Model and policy of the simulation."""
        found = recorded
        if what_if.model is not None or what_if.policy is not None:
            content = recorded.policy_text.encode()
            if what_if.policy is not None and what_if.policy != recorded.policy.version:
                content = await self._policy(what_if.policy, lender_id)
            found = await anyio.to_thread.run_sync(
                self._combined, recorded, what_if.model, content, limiter=self.workers
            )
            found = found.for_form(legal_form)
        if what_if.annual_rate_bps is not None:
            found = msgspec.structs.replace(found, policy=_priced(found.policy, what_if.annual_rate_bps))
        return found

    async def _policy(self, version: str, lender_id: str) -> bytes:
        """The text of a policy that was in force for the lender or for all, or that ships with the service."""
        content = await find_version(self.inputs.database, version, lender_id)
        path = POLICIES / f"v{version}.toml"
        if content is None and version.isdecimal() and path.is_file():
            content = path.read_bytes()
        if content is None:
            raise WhatIfError("policy", "no policy of this version was in force here or ships with the service")
        return content

    def _combined(self, recorded: Serving, model: str | None, policy: bytes) -> Serving:
        registry = registry_of(self.inputs.settings)
        try:
            if model is None or model == recorded.versions.model:
                named_one = recorded.policy.natural_persons.model
                is_of_persons = named_one is not None and model is None and _is(recorded, named_one)
                # Each policy names its own model for natural persons, or none.
                scores = self.inputs.in_force.serving if is_of_persons else recorded
                found = combine(scores.card, scores.table, policy)
                return with_model_of_persons(found, registry) if model is None else found
            named = _MODEL.fullmatch(model)
            if named is None:
                raise WhatIfError("model", "must be name and version, such as sme/3")
            registered = registry.load(named[1], named[2])
            if not registered.manifest.bank_data:
                raise WhatIfError("model", "was trained without bank data: name it in a policy for natural persons")
            return combine(card_of(registered), registered.table, policy)
        except RegistryError:
            raise WhatIfError("model", "there is no usable model of this name and version") from None
        except PolicyError:
            raise WhatIfError("policy", "this version of the service cannot read this policy") from None
        except UnknownFeatureError:
            raise WhatIfError("model", "model or policy read features that this version does not have") from None


def _is(serving: Serving, named: NamedModel) -> bool:
    return (serving.card.name, serving.card.version) == (named.name, named.version)


def simulated(
    decision: Decision, books: KeptBooks, what_if: WhatIf, *, recorded: Serving, wanted: Serving
) -> Simulated:
    """The decision with what is different, for a worker thread.

    Args:
        decision: as the record has it.
        books: of it.
        what_if: what is different.
        recorded: the model and the policy that the decision names.
        wanted: those of the simulation.

    Raises:
        WhatIfError: an invoice is not open in the books.
        SnapshotError: the snapshot cannot be read.
    """
    terms = _terms(decision, what_if)
    if what_if.collected_invoices or _has_doubtful_facts(decision, recorded, wanted):
        circumstances, found = _from_books(decision, books, what_if, wanted)
    else:
        circumstances, found = decision.circumstances, _from_row(decision, books, wanted)
    found = with_values(found, what_if.features, circumstances, wanted)
    assessment = conclude(found, terms, circumstances, wanted)
    versions = msgspec.structs.replace(
        wanted.versions,
        service=decision.versions.service,
        texts=decision.versions.texts,
    )
    return Simulated(
        decision=msgspec.structs.replace(
            decision,
            terms=terms,
            circumstances=circumstances,
            row=found.row,
            missing=found.missing,
            assessment=assessment,
            model=wanted.card,
            versions=versions,
        ),
        differences=tuple(_differences(decision, found, assessment)),
    )


def _terms(decision: Decision, what_if: WhatIf) -> Terms:
    terms = decision.terms
    return msgspec.structs.replace(
        terms,
        amount_cents=what_if.amount_cents or terms.amount_cents,
        term_months=what_if.term_months or terms.term_months,
    )


def _check(decision: Decision, what_if: WhatIf, wanted: Serving) -> None:
    """What can be told to be wrong without the books.

    Raises:
        WhatIfError: a feature is not read by model or policy.
        TermsError: the policy does not lend the product.
    """
    check_terms(_terms(decision, what_if), wanted.policy)
    for name in what_if.features:
        if name not in wanted.features:
            why = "is not read by model and policy" if name in CATALOGUE else "is no feature of the catalogue"
            raise WhatIfError(f"features.{name[:64]}", why)


def _priced(policy: Policy, annual_rate_bps: int) -> Policy:
    """The policy with one rate for all: affordability is computed with it, too."""
    grades = tuple(msgspec.structs.replace(one, annual_rate_bps=annual_rate_bps) for one in policy.pricing.grades)
    pricing = msgspec.structs.replace(policy.pricing, grades=grades, highest_annual_rate_bps=annual_rate_bps)
    return msgspec.structs.replace(policy, pricing=pricing)


def _has_doubtful_facts(decision: Decision, recorded: Serving, wanted: Serving) -> bool:
    """Whether the books must be read otherwise, too. That nothing is doubtful is recorded where the policy asked."""
    is_known = bool(recorded.policy.caps.readings_must_agree) and not decision.assessment.readings
    return bool(wanted.policy.caps.readings_must_agree) and not is_known


def _from_row(decision: Decision, books: KeptBooks, wanted: Serving) -> Derived:
    """The recorded values, and those that model and policy read beside: a released feature never changes."""
    row, missing, borrowings = decision.row, decision.missing, decision.borrowings
    further = [name for name in wanted.features if name not in row]
    if further or (borrowings is None and wanted.policy.reads_borrowings):
        ledger = books.snapshot.ledger
        circumstances = decision.circumstances
        spine = spine_of(circumstances.as_of, is_reconstructed=circumstances.is_reconstructed)
        rows = derive(ledger, spine, further)
        row, missing = row | rows.row(), missing | rows.missing()
        borrowings = borrowings_of(ledger, spine, wanted.policy)
    return Derived(
        row={name: row[name] for name in wanted.features},
        missing={name: why for name, why in missing.items() if name in wanted.features},
        score=None,
        borrowings=borrowings if wanted.policy.reads_borrowings else None,
        look=look_of(
            lambda: books.snapshot.ledger,
            decision.as_of,
            wanted.policy,
            decision.largest_instalment,
        ),
    )


def _from_books(
    decision: Decision, books: KeptBooks, what_if: WhatIf, wanted: Serving
) -> tuple[Circumstances, Derived]:
    snapshot = books.snapshot
    ledger = snapshot.ledger
    circumstances = msgspec.structs.replace(decision.circumstances, coverage=snapshot.coverage)
    if what_if.collected_invoices:
        found = _named(open_documents(ledger, decision.as_of), what_if.collected_invoices, snapshot.source_ids)
        paid = settled(ledger, found, decision.as_of)
        if paid is None:
            raise WhatIfError(
                "collected_invoices", "the bank delivers no account of these books, so that no payment can be seen"
            )
        ledger, circumstances = paid, with_payments(circumstances, len(found))
    _, derived = derive_all(ledger, circumstances, wanted, StageTimer())
    return circumstances, derived


def _named(
    documents: Sequence[OpenDocument], wanted: Sequence[str], source_ids: Sequence[str]
) -> tuple[OpenDocument, ...]:
    """The open invoices with these identifiers.

    Raises:
        WhatIfError: one of them is none.
    """
    known = {
        source_ids[one.document_id] if source_ids else str(one.document_id): one
        for one in documents
        if one.is_sale and one.document == "invoice"
    }
    for place, name in enumerate(wanted):
        if name not in known:
            raise WhatIfError(f"collected_invoices.{place}", "is no open invoice in the books of this decision")
    return tuple(known[name] for name in dict.fromkeys(wanted))


def _differences(decision: Decision, found: Derived, after: Assessment) -> list[Difference]:
    """Field by field, in the order of the answer; what only one of both has is null in the other.

    Values that another model or policy does not read at all are no difference.
    """
    both = [name for name in decision.row if name in found.row]
    before, now = (
        _facts(made) | {f"features.{name}": row[name] for name in both} | _parts(made)
        for made, row in ((decision.assessment, decision.row), (after, found.row))
    )
    return [
        Difference(field=name, decided=before.get(name), simulated=now.get(name))
        for name in dict.fromkeys((*before, *now))
        if before.get(name) != now.get(name)
    ]


def _parts(made: Assessment) -> dict[str, float | str | None]:
    points: dict[str, float | str | None] = {f"contributions.{one.name}": one.points for one in made.contributions}
    return points | {f"rules.{rule.id}": rule.result for rule in made.rules}


def _facts(made: Assessment) -> dict[str, float | str | None]:
    offer = lendable(made)
    return {
        "verdict": made.verdict.value,
        "recommendation": made.recommendation.value,
        "score": made.score,
        "pd": made.pd,
        "grade": made.grade,
        "offer.limit_cents": None if offer is None else offer.limit_cents,
        "offer.annual_rate_bps": None if offer is None else offer.annual_rate_bps,
        "offer.monthly_instalment_cents": None if offer is None else offer.monthly_instalment_cents,
    }
