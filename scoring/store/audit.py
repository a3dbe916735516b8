"""The audit trail: who did what, when, with which object, and from where. Facts only; words are rendered.

A row is written in the transaction of its action where there is one, else before the action is answered. What cannot
be written down is not done.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec
from sqlalchemy import Select, func, insert, select
from sqlalchemy.engine import Connection

from scoring.base.identifiers import Clock, Randomness, instant, new_id
from scoring.store.database import Database
from scoring.store.tables import audit, principals

_ID = 30
"""Characters of an identifier."""
FIRM = "firm"
"""The actor where a firm itself acted, on the page of its link."""
SERVICE = "service"
"""The actor where nobody acted."""


class Action(StrEnum):
    """What was done. The codes are stored: they may be added to, and never change their meaning."""

    DECISION_MADE = "decision.made"
    DECISION_READ = "decision.read"
    DECISIONS_LISTED = "decisions.listed"
    DECISION_SIMULATED = "decision.simulated"
    JOB_ACCEPTED = "job.accepted"
    """An application that is decided on later; the decision has a row of its own."""
    JOB_CANCELLED = "job.cancelled"
    JOB_RETRIED = "job.retried"
    PORTFOLIO_ACCEPTED = "portfolio.accepted"
    """Thousands of applications as one; each decision has a row of its own."""
    PORTFOLIO_PAUSED = "portfolio.paused"
    PORTFOLIO_RESUMED = "portfolio.resumed"
    PORTFOLIO_CANCELLED = "portfolio.cancelled"
    PORTFOLIO_READ = "portfolio.read"
    """Its results or its summary."""
    MONITORING_BEGUN = "monitoring.begun"
    MONITORING_ASKED = "monitoring.asked"
    """That a borrower's books be read and scored now."""
    MONITORING_OBSERVED = "monitoring.observed"
    """They were read and scored again."""
    MONITORING_ENDED = "monitoring.ended"
    MONITORING_READ = "monitoring.read"
    """A subscription, or its observations."""
    MONITORING_LISTED = "monitoring.listed"
    OBSERVATION_READ = "observation.read"
    WARNING_READ = "warning.read"
    WARNINGS_LISTED = "warnings.listed"
    WARNING_ASSIGNED = "warning.assigned"
    WARNING_SNOOZED = "warning.snoozed"
    WARNING_ANSWERED = "warning.answered"
    COVENANT_AGREED = "covenant.agreed"
    COVENANT_READ = "covenant.read"
    COVENANTS_LISTED = "covenants.listed"
    COVENANT_WAIVED = "covenant.waived"
    COVENANT_ENDED = "covenant.ended"
    CONNECTION_MADE = "connection.made"
    CONNECTION_CHECKED = "connection.checked"
    CONNECTION_READ = "connection.read"
    CONNECTIONS_LISTED = "connections.listed"
    CONNECTION_DELETED = "connection.deleted"
    CONTACTS_READ = "contacts.read"
    FEE_BEGUN = "fee.begun"
    PURPOSE_WITHDRAWN = "purpose.withdrawn"
    CASES_LISTED = "cases.listed"
    CASE_READ = "case.read"
    CASE_OPENED = "case.opened"
    """Of a decision that had none; what a new decision opens is in the row of that decision."""
    CASE_CLAIMED = "case.claimed"
    CASE_RELEASED = "case.released"
    CASE_ASSIGNED = "case.assigned"
    CASE_COMMENTED = "case.commented"
    CASE_ASKED = "case.asked"
    CASE_ANSWERED = "case.answered"
    CASE_VOTED = "case.voted"
    CASE_REOPENED = "case.reopened"
    CASE_CONTESTED = "case.contested"
    CASE_FILED = "case.filed"
    """A document was put into it."""
    DOCUMENT_READ = "document.read"
    APPLICANT_LINK_MADE = "applicant_link.made"
    CASE_WITHDRAWN = "case.withdrawn"
    DOSSIER_MADE = "dossier.made"
    MEMO_MADE = "memo.made"
    NOTICE_ISSUED = "notice.issued"
    NOTICE_READ = "notice.read"
    NOTICES_LISTED = "notices.listed"
    SNOOZE_ASKED = "snooze.asked"
    """That a rule be set aside for a borrower."""
    SNOOZE_CONFIRMED = "snooze.confirmed"
    SNOOZE_ENDED = "snooze.ended"
    GUARANTOR_NAMED = "guarantor.named"
    GUARANTOR_READ = "guarantor.read"
    GUARANTOR_RELEASED = "guarantor.released"
    REPORT_READ = "report.read"
    PERSONS_REPORT_READ = "report.persons_read"
    """With figures of single persons."""
    STACKING_REPORT_READ = "report.stacking_read"
    MODEL_WATCHED = "model.watched"
    LINE_CORRECTED = "line.corrected"
    LINES_LISTED = "lines.listed"
    LOAN_GRANTED = "loan.granted"
    LOAN_PAID_OUT = "loan.paid_out"
    LOAN_CHANGED = "loan.changed"
    LOAN_CORRECTED = "loan.corrected"
    LOAN_READ = "loan.read"
    LOANS_LISTED = "loans.listed"
    LINK_MADE = "link.made"
    LINK_READ = "link.read"
    LINKS_LISTED = "links.listed"
    LINK_DECLINED = "link.declined"
    LINK_FAILED = "link.failed"
    CONSENT_GIVEN = "consent.given"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    KEY_ADDED = "key.added"
    KEY_CHANGED = "key.changed"
    KEY_REVOKED = "key.revoked"
    KEYS_ROTATED = "keys.rotated"
    PERSON_ADDED = "person.added"
    PERSON_CHANGED = "person.changed"
    PERSON_DISABLED = "person.disabled"
    PERSON_ENABLED = "person.enabled"
    FACTOR_ADDED = "factor.added"
    FACTOR_REMOVED = "factor.removed"
    RECOVERY_CODE_USED = "recovery_code.used"
    DEVICE_LINK_MADE = "device_link.made"
    DEVICE_KNOWN = "device.known"
    SIGNED_IN = "sign_in"
    SIGN_IN_FAILED = "sign_in.failed"
    SIGNED_OUT = "sign_out"
    POLICY_BEGUN = "policy.begun"
    POLICY_SIMULATED = "policy.simulated"
    BANK_RULES_BEGUN = "bank_rules.begun"
    AUTHORITY_BEGUN = "authority.begun"
    WORKS_AGREEMENT_BEGUN = "works_agreement.begun"
    MODEL_PROMOTED = "model.promoted"
    """By one person, with versions before 0.7."""
    PROMOTION_REQUESTED = "promotion.requested"
    PROMOTION_APPROVED = "promotion.approved"
    PROMOTION_REJECTED = "promotion.rejected"
    PROMOTION_WITHDRAWN = "promotion.withdrawn"
    PROMOTION_ROLLED_BACK = "promotion.rolled_back"
    PROMOTION_READ = "promotion.read"
    PROMOTIONS_LISTED = "promotions.listed"
    EXPORTED = "export"
    BACKED_UP = "backup"
    REPLAYED = "replay"
    AUDIT_READ = "audit.read"
    SUBJECT_REQUESTED = "subject.requested"
    SUBJECT_CHANGED = "subject.changed"
    SUBJECT_READ = "subject.read"
    SUBJECT_EXPORTED = "subject.exported"
    SUBJECT_ERASED = "subject.erased"
    SUBJECT_RESTRICTED = "subject.restricted"
    SUBJECT_LIFTED = "subject.lifted"
    SUBJECT_ANSWERED = "subject.answered"
    WEBHOOK_ADDED = "webhook.added"
    WEBHOOK_CHANGED = "webhook.changed"
    """Also that it was enabled or disabled."""
    WEBHOOK_FAILED = "webhook.failed"
    """The service itself disabled it."""
    WEBHOOK_ROTATED = "webhook.rotated"
    WEBHOOK_TESTED = "webhook.tested"
    WEBHOOK_DELETED = "webhook.deleted"
    EVENTS_REPLAYED = "events.replayed"
    HOLD_SET = "hold.set"
    HOLD_RELEASED = "hold.released"
    RETENTION = "retention"
    SCHEDULE_RUN = "schedule.run"
    """By an operator, whenever it is due."""


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts, and from where."""

    lender_id: str | None
    """Whose data are concerned; None for the whole installation."""
    principal_id: str | None = None
    actor: str | None = None
    """Where no principal acts: a user of the operating system, ``FIRM`` or ``SERVICE``."""
    address: str | None = None
    request_id: str | None = None

    @property
    def name(self) -> str:
        """The principal's identifier, else the actor."""
        return self.principal_id or self.actor or ""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A row in the making, for the transaction of its action."""

    id: str
    at: str
    who: Who
    action: Action

    def put(self, connection: Connection, *, object_id: str | None = None, borrower_id: str | None = None) -> None:
        """Write the row in the caller's transaction.

        Args:
            connection: of the transaction.
            object_id: what was acted on.
            borrower_id: whom it concerns, where that is one borrower.
        """
        who = self.who
        connection.execute(
            insert(audit).values(
                id=self.id,
                lender_id=who.lender_id,
                at=self.at,
                principal_id=who.principal_id,
                actor=who.actor,
                action=self.action,
                object=object_id,
                borrower_id=borrower_id,
                address=who.address,
                request_id=who.request_id,
            )
        )


class AuditRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the trail."""

    id: str
    lender_id: str | None
    at: str
    principal_id: str | None
    actor: str | None
    action: str
    object: str | None
    borrower_id: str | None
    address: str | None
    request_id: str | None


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows are wanted; None is all."""

    lender_id: str | None = None
    principal: str | None = None
    """A principal's identifier or name, or an actor."""
    action: str | None = None
    object: str | None = None
    """Of the object, or of the borrower. Pages of lists between whose ends it stands are found, too."""
    since: datetime | None = None
    until: datetime | None = None
    """Exclusive."""


def a_mark(who: Who, action: Action, *, now: datetime, randomness: Randomness) -> Mark:
    """A row to be written by the action itself."""
    return Mark(id=new_id("aud", now, randomness), at=instant(now), who=who, action=action)


async def write_mark(
    database: Database, mark: Mark, *, object_id: str | None = None, borrower_id: str | None = None
) -> None:
    """Write a row in a transaction of its own."""
    await database.write_at_once(lambda connection: mark.put(connection, object_id=object_id, borrower_id=borrower_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """Writes the audit trail. Built once, from the parts that this takes."""

    database: Database
    clock: Clock
    randomness: Randomness

    def mark(self, who: Who, action: Action) -> Mark:
        """A row for the transaction of the action."""
        return a_mark(who, action, now=self.clock(), randomness=self.randomness)

    async def note(
        self, who: Who, action: Action, *, object_id: str | None = None, borrower_id: str | None = None
    ) -> None:
        """Write a row now, before the action is answered.

        Raises:
            DatabaseUnavailableError: it cannot be written; the action must fail.
        """
        await write_mark(self.database, self.mark(who, action), object_id=object_id, borrower_id=borrower_id)


def page_id(identifiers: list[str]) -> str | None:
    """What stands in the trail for a page of a list: its first and last object."""
    if not identifiers:
        return None
    return identifiers[0] if len(identifiers) == 1 else f"{identifiers[0]}..{identifiers[-1]}"


async def list_rows(database: Database, wanted: AuditFilter, *, before: str | None, limit: int) -> list[AuditRow]:
    """Rows, newest first, that are older than the row ``before``."""
    statement = _matching(wanted)
    if before is not None:
        statement = statement.where(audit.c.id < before)
    statement = statement.order_by(audit.c.id.desc()).limit(limit)
    rows = await database.read_at_once(lambda connection: connection.execute(statement).all())
    return [AuditRow(**row._mapping) for row in rows]  # noqa: SLF001  public in SQLAlchemy


def _matching(wanted: AuditFilter) -> Select[tuple[str, ...]]:
    statement = select(*(audit.c[name] for name in AuditRow.__struct_fields__))
    if wanted.lender_id is not None:
        statement = statement.where(audit.c.lender_id == wanted.lender_id)
    if wanted.principal is not None:
        named = select(principals.c.id).where(principals.c.name == wanted.principal)
        statement = statement.where(
            (audit.c.principal_id == wanted.principal)
            | (audit.c.actor == wanted.principal)
            | audit.c.principal_id.in_(named)
        )
    if wanted.action is not None:
        statement = statement.where(audit.c.action == wanted.action)
    if wanted.object is not None:
        first, last = func.substr(audit.c.object, 1, _ID), func.substr(audit.c.object, _ID + 3)
        is_on_page = (func.length(audit.c.object) == 2 * _ID + 2) & (first >= wanted.object) & (last <= wanted.object)
        statement = statement.where(
            (audit.c.object == wanted.object) | (audit.c.borrower_id == wanted.object) | is_on_page
        )
    if wanted.since is not None:
        statement = statement.where(audit.c.at >= instant(wanted.since))
    if wanted.until is not None:
        statement = statement.where(audit.c.at < instant(wanted.until))
    return statement
