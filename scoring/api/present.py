"""Converts stored records to responses of API version 1."""

import msgspec

from features.feature import Missing
from forecast.facilities import Borrowings, Facility
from forecast.largest_instalment import LargestInstalment
from scoring.api.schemas.amounts import Money
from scoring.api.schemas.connect_sessions import ConnectSessionResponse, ConsentResponse, WithdrawalResponse
from scoring.api.schemas.connections import ConnectionResponse, LineCorrectionResponse
from scoring.api.schemas.decisions import (
    Applicant,
    Automation,
    BorrowingsResponse,
    CashFlowResponse,
    CauseResponse,
    ComparedResponse,
    DataResponse,
    DebtServiceResponse,
    DecisionResponse,
    DocumentResponse,
    EvidenceResponse,
    FacilityResponse,
    HolderResponse,
    LargestInstalmentResponse,
    OfferResponse,
    OwnLoansResponse,
    PdResponse,
    ReadingResponse,
    ReasonResponse,
    Request,
    RuleResponse,
    ScoreResponse,
    SecondFactorResponse,
    SetAsideResponse,
    SnoozedResponse,
    TimingResponse,
    VersionsResponse,
)
from scoring.api.schemas.reports import FunderResponse, StackingReportResponse
from scoring.decisions.decision import (
    Assessment,
    CashFlow,
    Circumstances,
    Compared,
    Decision,
    Document,
    DocumentKind,
    Evidence,
    Offer,
    OwnLoans,
    Reading,
    Terms,
)
from scoring.decisions.holders import Party
from scoring.decisions.rules import lendable, smallest_cents
from scoring.decisions.stacking_report import FunderFigure, StackingReport
from scoring.decisions.words import Words
from scoring.sources.registry import Sources
from scoring.store.connect_sessions import ConnectSession, Consent
from scoring.store.connections import StoredConnection
from scoring.store.decisions import StoredDecision
from scoring.store.line_corrections import LineCorrection
from scoring.texts.rendering import words_of

_EUR = "EUR"


def money(cents: int, currency: str) -> Money:
    """Cents as decimal text."""
    sign = "-" if cents < 0 else ""
    euro, rest = divmod(abs(cents), 100)
    return Money(value=f"{sign}{euro}.{rest:02d}", currency=currency)


def percent(basis_points: int) -> str:
    """Hundredths of a percent as decimal text."""
    return f"{basis_points // 100}.{basis_points % 100:02d}"


def present_decision(stored: StoredDecision, sources: Sources) -> DecisionResponse:
    """The response for a decision, in the catalogue of texts that its record names.

    Args:
        stored: The decision.
        sources: Bookkeeping systems, for links to documents.
    """
    decision = stored.decision
    words = stored.words or words_of(decision)
    terms, assessment, coverage = decision.terms, decision.assessment, decision.circumstances.coverage
    stated = stored.particulars.applicant or Party()
    offer, smallest = lendable(assessment), smallest_cents(assessment)
    return DecisionResponse(
        decision_id=decision.decision_id,
        created_at=decision.created_at,
        valid_until=decision.valid_until,
        as_of=decision.as_of,
        applicant=Applicant(
            ref=stored.borrower_ref,
            legal_form=terms.legal_form,
            natural_person=assessment.natural_person,
            name=stated.name,
            tax_number=stated.tax_number,
            vat_id=stated.vat_id,
        ),
        request=Request(
            product=terms.product,
            amount=money(terms.amount_cents, terms.currency),
            term_months=terms.term_months,
            purpose=stored.purpose,
            language=terms.language,
            starts_business=terms.starts_business,
        ),
        verdict=assessment.verdict,
        recommendation=assessment.recommendation,
        automation=Automation(mode=assessment.automation, legal_basis=assessment.legal_basis),
        score=score_of(decision),
        pd=pd_of(decision),
        grade=assessment.grade,
        offer=None if offer is None else offer_of(offer, terms.currency),
        causes=causes_of(stored, words, sources),
        readings=tuple(_reading(reading, smallest, terms.currency) for reading in assessment.readings),
        reasons=reasons_of(stored, words, sources),
        contributions=assessment.contributions,
        rules=rules_of(assessment, words),
        snoozed=tuple(SnoozedResponse(**msgspec.structs.asdict(one)) for one in decision.circumstances.snoozed),
        features=decision.row,
        cash_flow=None if assessment.cash_flow is None else cash_flow_of(assessment.cash_flow, terms.currency),
        largest_instalment=None
        if decision.largest_instalment is None
        else largest_instalment_of(decision.largest_instalment, terms),
        own_loans=_own_loans(decision.circumstances.own_loans, terms.currency),
        borrowings=None if decision.borrowings is None else borrowings_of(decision.borrowings, terms.currency),
        data=DataResponse(
            first_on=coverage.first_on,
            last_on=coverage.last_on,
            invoice_count=coverage.invoice_count,
            bill_count=coverage.bill_count,
            payment_count=coverage.payment_count,
            transaction_count=coverage.transaction_count,
            account_count=coverage.account_count,
            payment_source=coverage.payment_source,
            payout=coverage.payout,
            fetched=coverage.fetched,
            notes=coverage.notes,
            is_reconstructed=decision.circumstances.is_reconstructed,
            is_sandbox=decision.circumstances.is_sandbox,
            missing=decision.missing,
            bank_data_until=coverage.bank_data_until,
            payout_fed_days=coverage.payout_fed_days,
            set_aside=tuple(SetAsideResponse(**msgspec.structs.asdict(one)) for one in coverage.set_aside),
            set_aside_count=coverage.set_aside_count,
            set_aside_amount=money(coverage.set_aside_cents, terms.currency)
            if coverage.set_aside_count and coverage.set_aside_cents is not None
            else None,
            bank_rules=coverage.bank_rules,
            holder=holder_of(stored),
            legal_form=_legal_form(stored),
        ),
        versions=versions_of(decision),
        timing_ms=TimingResponse(
            fetch=decision.timing.fetch,
            parse=decision.timing.parse,
            derive=decision.timing.derive,
            score=decision.timing.score,
            decide=decision.timing.decide,
            own=decision.timing.own,
            total=decision.timing.total,
        ),
        asked_by=decision.asked_by,
        links=links_of(decision.decision_id, stored.case_id),
    )


def holder_of(stored: StoredDecision) -> HolderResponse | None:
    """Whether the account is the applicant's, with what the account says; None where nothing was compared."""
    check, held = stored.decision.circumstances.holder, stored.particulars.holder or Party()
    if check is None:
        return None
    return HolderResponse(
        result=check.result.value,
        **{name: _compared(getattr(check, name), getattr(held, name)) for name in Party.__struct_fields__},
    )


def _legal_form(stored: StoredDecision) -> ComparedResponse | None:
    found, held = stored.decision.circumstances.legal_form, stored.particulars.holder or Party()
    return None if found is None else _compared(found, held.name)


def _compared(found: Compared, in_account: str | None) -> ComparedResponse:
    return ComparedResponse(result=found.result.value, why=found.why, in_account=in_account)


def links_of(decision_id: str, case_id: str | None = None) -> dict[str, str]:
    """Paths of a decision, and of its case where one began with it."""
    found = {
        "self": f"/v1/decisions/{decision_id}",
        "page": f"/decisions/{decision_id}",
        "receipt": f"/v1/decisions/{decision_id}/receipt",
        "changes": f"/v1/decisions/{decision_id}/changes",
        "offers": f"/v1/decisions/{decision_id}/offers",
        "missing_data": f"/v1/decisions/{decision_id}/missing-data",
        "management_accounts": f"/v1/decisions/{decision_id}/management-accounts",
        "cashflow": f"/v1/decisions/{decision_id}/cashflow",
        "data_quality": f"/v1/decisions/{decision_id}/data-quality",
        "since_last": f"/v1/decisions/{decision_id}/since-last",
    }
    return found if case_id is None else found | {"case": f"/v1/cases/{case_id}"}


def present_connection(connection: StoredConnection, holder: str | None) -> ConnectionResponse:
    """The response for a connection, with the name of its account where the reader may know it."""
    return ConnectionResponse(
        connection_id=connection.id,
        source=connection.source,
        borrower_ref=connection.borrower_ref,
        status="working" if connection.status == "working" else "rejected",
        created_at=connection.created_at,
        checked_at=connection.checked_at,
        purposes=connection.purposes,
        holder=holder,
    )


def present_connect_session(session: ConnectSession, consent: Consent | None) -> ConnectSessionResponse:
    """The response for a link, without its secret address."""
    return ConnectSessionResponse(
        connect_session_id=session.id,
        borrower_ref=session.borrower_ref,
        status=session.status.value,
        created_at=session.created_at,
        expires_at=session.expires_at,
        connection_id=session.connection_id,
        consent=None if consent is None else _consent(consent),
    )


def _consent(consent: Consent) -> ConsentResponse:
    withdrawn = tuple(WithdrawalResponse(**msgspec.structs.asdict(one)) for one in consent.withdrawn)
    return ConsentResponse(**{**msgspec.structs.asdict(consent), "withdrawn": withdrawn})


def causes_of(stored: StoredDecision, words: Words, sources: Sources) -> tuple[CauseResponse, ...]:
    """Why a verdict is not better, with words and documents."""
    return tuple(
        CauseResponse(
            code=cause.code,
            text=said.text,
            remedy=said.remedy,
            evidence=_evidence(cause.evidence, stored, sources) if cause.evidence.total else None,
        )
        for cause, said in zip(stored.decision.assessment.causes, words.causes, strict=True)
    )


def _reading(reading: Reading, smallest: float, currency: str) -> ReadingResponse:
    is_lendable = reading.limit_cents is not None and reading.limit_cents >= max(1, smallest)
    return ReadingResponse(
        name=reading.name,
        recommendation=reading.recommendation,
        score=reading.score,
        max_amount=money(reading.limit_cents, currency) if is_lendable and reading.limit_cents else None,
    )


def reasons_of(stored: StoredDecision, words: Words, sources: Sources) -> tuple[ReasonResponse, ...]:
    """The main factors of a score, with words and documents."""
    return tuple(
        ReasonResponse(
            code=reason.code,
            feature=reason.feature,
            direction=reason.direction,
            points=reason.points,
            value=reason.value,
            typical=reason.typical,
            unit=reason.unit,
            text=text,
            evidence=_evidence(reason.evidence, stored, sources),
            second=None
            if reason.second is msgspec.UNSET
            else SecondFactorResponse(**msgspec.structs.asdict(reason.second)),
        )
        for reason, text in zip(stored.decision.assessment.reasons, words.reasons, strict=True)
    )


def _evidence(evidence: Evidence, stored: StoredDecision, sources: Sources) -> EvidenceResponse:
    by_kind = {kind: tuple(each.id for each in evidence.documents if each.kind is kind) for kind in DocumentKind}
    return EvidenceResponse(
        invoices=by_kind[DocumentKind.INVOICE],
        vouchers=by_kind[DocumentKind.VOUCHER],
        credit_notes=by_kind[DocumentKind.CREDIT_NOTE],
        transactions=by_kind[DocumentKind.TRANSACTION],
        total=evidence.total,
        documents=tuple(document_of(document, stored, sources) for document in evidence.documents),
    )


def document_of(document: Document, stored: StoredDecision, sources: Sources) -> DocumentResponse:
    """A document with its number and link."""
    cents = document.amount_cents
    return DocumentResponse(
        kind=document.kind,
        id=document.id,
        number=stored.particulars.number_of(document),
        date=document.day,
        amount=None if cents is None else money(cents, stored.decision.terms.currency),
        url=link_of(document, stored.decision.circumstances, sources),
    )


def link_of(document: Document, circumstances: Circumstances, sources: Sources) -> str | None:
    """Link to a document; None for simulated books."""
    if circumstances.is_sandbox:
        return None
    return sources.link_to(circumstances.source, (document.kind, document.id))


def rules_of(assessment: Assessment, words: Words) -> tuple[RuleResponse, ...]:
    """Every rule with its words."""
    return tuple(
        RuleResponse(
            id=rule.id, kind=rule.kind, result=rule.result, value=rule.value, threshold=rule.threshold, text=text
        )
        for rule, text in zip(assessment.rules, words.rules, strict=True)
    )


def score_of(decision: Decision) -> ScoreResponse | None:
    """The score; None where the data are insufficient."""
    found = decision.assessment
    if found.score is None or found.base is None:
        return None
    return ScoreResponse(value=found.score, base=found.base, low=found.score_low, high=found.score_high)


def pd_of(decision: Decision) -> PdResponse | None:
    """The probability of default; None where the data are insufficient."""
    if decision.assessment.pd is None:
        return None
    return PdResponse(
        value=decision.assessment.pd,
        horizon_months=decision.model.horizon_months,
        definition=decision.model.definition,
        low=decision.assessment.pd_low,
        high=decision.assessment.pd_high,
    )


def offer_of(offer: Offer, currency: str) -> OfferResponse:
    """What the firm can afford."""
    return OfferResponse(
        max_amount=money(offer.limit_cents, currency),
        requested=money(offer.requested_cents, currency),
        max_term_months=offer.max_term_months,
        max_tenor_months=offer.max_term_months,
        annual_rate_percent=percent(offer.annual_rate_bps),
        pricing_tier=offer.pricing_tier,
        monthly_instalment=money(offer.monthly_instalment_cents, currency),
        binding_constraint=offer.binding_constraint,
        constraints={name: money(cents, currency) for name, cents in offer.constraints.items()},
    )


def _optional_money(cents: int | None, currency: str) -> Money | None:
    return None if cents is None else money(cents, currency)


def cash_flow_of(found: CashFlow, currency: str) -> CashFlowResponse:
    """What the limit's bound from cash flow follows from."""
    return CashFlowResponse(
        surplus=money(found.surplus_cents, currency),
        surplus_lenient=_optional_money(found.surplus_lenient_cents, currency),
        drawings=_optional_money(found.drawings_cents, currency),
        drawings_floor=_optional_money(found.drawings_floor_cents, currency),
        vat_shortfall=_optional_money(found.vat_shortfall_cents, currency),
        debt_service_observed=money(found.debt_service_observed_cents, currency),
        debt_service_projected=_optional_money(found.debt_service_projected_cents, currency),
        debt_service_pending=money(found.debt_service_pending_cents, currency),
        debt_service_extra=money(found.debt_service_extra_cents, currency),
        debt_service_refinanced=money(found.debt_service_refinanced_cents, currency),
    )


def largest_instalment_of(found: LargestInstalment, terms: Terms) -> LargestInstalmentResponse:
    """What the limit's bound from cash ahead follows from."""
    is_told = found.cause is None
    return LargestInstalmentResponse(
        instalment=_optional_money(found.of_term(terms.term_months), terms.currency),
        cause=None if found.cause is None else Missing(found.cause),
        gap_probability=found.gap_probability,
        gap_probability_at_most=found.gap_probability_at_most,
        days=found.days,
        level=money(found.level_cents, terms.currency) if is_told else None,
        unspent=money(found.unspent_cents, terms.currency) if is_told else None,
    )


def _own_loans(found: OwnLoans | None, currency: str) -> OwnLoansResponse | None:
    if found is None:
        return None
    return OwnLoansResponse(
        open_count=found.open_count,
        exposure=money(found.exposure_cents, currency),
        pending_count=len(found.pending),
    )


def borrowings_of(found: Borrowings, currency: str) -> BorrowingsResponse:
    """What the firm owes elsewhere."""
    return BorrowingsResponse(
        facilities=tuple(_facility(one, currency) for one in found.facilities),
        new_count=found.new_count,
        funder_count=found.funder_count,
        debt_service=DebtServiceResponse(
            currency=currency,
            **{
                name: tuple(money(cents, currency).value for cents in getattr(found, name))
                for name in ("expected", "low", "high")
            },
        ),
    )


def _facility(one: Facility, currency: str) -> FacilityResponse:
    return FacilityResponse(
        kind=one.kind,
        funder=one.funder,
        party=one.party,
        state=one.state,
        course=one.course,
        rhythm=one.rhythm,
        instalment=_optional_money(one.instalment_cents, currency),
        payments=one.payments,
        first_on=one.first_on,
        last_on=one.last_on,
        paid_out=_optional_money(one.paid_out_cents, currency),
        ends_earliest=one.ends_earliest,
        ends_expected=one.ends_expected,
        ends_latest=one.ends_latest,
        remaining_low=_optional_money(one.remaining_low_cents, currency),
        remaining=_optional_money(one.remaining_cents, currency),
        remaining_high=_optional_money(one.remaining_high_cents, currency),
        used_at_most=_optional_money(one.used_at_most_cents, currency),
        cause=one.cause,
        lines=one.lines,
    )


def versions_of(decision: Decision) -> VersionsResponse:
    """What a replay must have the same."""
    versions = decision.versions
    return VersionsResponse(
        model=versions.model,
        model_sha256=versions.model_sha256,
        model_is_simulated=decision.model.is_simulated,
        model_is_measured=decision.model.is_measured,
        model_outcome=decision.model.outcome.value,
        features=versions.features,
        policy=versions.policy,
        policy_sha256=versions.policy_sha256,
        service=versions.service,
        texts=versions.texts,
        snapshot_sha256=decision.snapshot_sha256,
    )


def present_correction(correction: LineCorrection) -> LineCorrectionResponse:
    """The response for a correction of a bank line."""
    return LineCorrectionResponse(
        line_id=correction.line_id,
        category=correction.category,
        corrected_by=correction.principal_id,
        created_at=correction.created_at,
    )


def present_stacking(found: StackingReport) -> StackingReportResponse:
    """The response for a report on stacking."""
    return StackingReportResponse(
        at=found.at,
        since=found.since,
        until=found.until,
        borrowers=found.borrowers,
        not_known=found.not_known,
        funders=tuple(map(_funder, found.funders)),
        counts=found.counts,
        new=found.new,
        damaged=found.damaged,
    )


def _funder(one: FunderFigure) -> FunderResponse:
    return FunderResponse(
        funder=one.funder,
        borrowers=one.borrowers,
        with_own_loan=one.with_own_loan,
        facilities=one.facilities,
        new=one.new,
        new_not_known=one.new_not_known,
        remaining_low=_optional_money(one.remaining_low_cents, _EUR),
        remaining=_optional_money(one.remaining_cents, _EUR),
        remaining_high=_optional_money(one.remaining_high_cents, _EUR),
        without_remaining=one.without_remaining,
        monthly=_optional_money(one.monthly_cents, _EUR),
        without_instalment=one.without_instalment,
    )
