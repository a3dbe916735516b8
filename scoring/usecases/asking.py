"""Asking the applicant with a link, what it answers or contests, and documents of cases.

Each act is one transaction: steps, documents, the end of the link, the audit trail and the statements, or nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy.engine import Connection

from scoring.base.deadlines import months_after
from scoring.base.identifiers import day_in_berlin, instant
from scoring.base.secrets import Secret
from scoring.decisions.cases import Answered, Asked, Case, CaseState, Contest, Facts, Reopened, schedule_of
from scoring.decisions.inquiries import (
    Answer,
    Item,
    ItemKind,
    demand_answers,
    plain_answers,
    plain_items,
)
from scoring.decisions.reviews import APPLICANT, Context, StepRefusedError, refusal_of
from scoring.store import applicant_links, case_documents, cases, connect_sessions
from scoring.store.applicant_links import ApplicantLink, LinkKind, LinkOrder, LinkStatus
from scoring.store.audit import Action, Who
from scoring.store.borrowers import demand_open, find_borrower
from scoring.store.cases import StoredCase, UnknownCaseError
from scoring.store.connect_sessions import SessionOrder
from scoring.store.connections import newest_working
from scoring.store.principals import Principal, names_of
from scoring.usecases.cases import Cases, ShownCase, actor_of
from scoring.usecases.connect import Connector
from scoring.usecases.inspection import Inspection
from scoring.usecases.reading import RestrictedError
from scoring.usecases.taking import Taking, Upload, demand, locked, sealed

_ANSWER_MONTHS: Final = 1
_CONNECTING: Final = timedelta(hours=1)
_MOST_CONNECTING: Final = 20
"""Links to connect an account that one inquiry leads to: each has its tries at sevdesk, and stays in the database."""


class LinkEndedError(Exception):
    """The link was used, cancelled or overtaken meanwhile, or has expired; nothing was stored."""


class UnknownDocumentError(Exception):
    """The case has no such document, or it was erased."""


class AskedLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link, and whether it can be used now."""

    link: ApplicantLink
    items: tuple[Item, ...]
    case: Case
    is_usable: bool
    """Open, and the case waits for it, or can be contested."""
    has_connection: bool
    """Whether there is an account whose books can be read again."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document as somebody downloads it."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Asks applicants and takes what they send. Built once, from the parts that this takes."""

    reviews: Cases
    connector: Connector
    inspection: Inspection

    async def ask(
        self,
        who: Who,
        reader: Principal,
        case_id: str,
        order: LinkOrder,
        items: Sequence[Item],
        *,
        decides_again: bool,
    ) -> tuple[str, Secret]:
        """Ask the applicant with a link, for which the case then waits; returns its identifier and its secret.

        Raises:
            UnknownCaseError: the lender has none of this identifier.
            StepRefusedError: the reader may not ask.
            BorrowerRestrictedError: the borrower's data are only kept.
            CaseChangedError: the case is not what was signed.
        """
        parts, now = self.reviews, self.reviews.clock()
        names = await names_of(parts.database, reader.lender_id)
        mark = parts.trail.mark(who, Action.CASE_ASKED)

        def work(connection: Connection) -> tuple[str, Secret]:
            found, borrower = locked(parts, connection, reader.lender_id, case_id)
            identifier, secret = applicant_links.add_link(
                connection,
                lender_id=reader.lender_id,
                case_id=case_id,
                borrower=borrower,
                kind=LinkKind.INQUIRY,
                order=order,
                items=items,
                decides_again=decides_again,
                asked_by=reader.id,
                now=now,
                randomness=parts.randomness,
            )
            facts = Asked(link=identifier, items=tuple(item.kind for item in items))
            demand(parts, found, facts, actor_of(reader), now, names)
            taking = Taking(connection, parts, found, borrower, now)
            taking.take(facts, by=reader.id, text=plain_items(items))
            mark.put(connection, object_id=case_id, borrower_id=borrower.id)
            taking.sign()
            return identifier, secret

        made = await parts.database.write_at_once(work)
        parts.telemetry.moved(case_id, "asked")
        return made

    async def invite(self, who: Who, reader: Principal, case_id: str, order: LinkOrder) -> tuple[str, Secret]:
        """A link with which the applicant contests what was decided; returns its identifier and its secret.

        Raises:
            UnknownCaseError: the lender has none of this identifier.
            StepRefusedError: there is nothing to contest, or a person looks at the case already.
            BorrowerRestrictedError: the borrower's data are only kept.
            CaseChangedError: the case is not what was signed.
        """
        parts, now = self.reviews, self.reviews.clock()
        mark = parts.trail.mark(who, Action.APPLICANT_LINK_MADE)

        def work(connection: Connection) -> tuple[str, Secret]:
            found, borrower = locked(parts, connection, reader.lender_id, case_id)
            demand(parts, found, self._contest_facts(reader.lender_id, now, None, wants_talk=False), APPLICANT, now, {})
            made = applicant_links.add_link(
                connection,
                lender_id=reader.lender_id,
                case_id=case_id,
                borrower=borrower,
                kind=LinkKind.CONTEST,
                order=order,
                asked_by=reader.id,
                now=now,
                randomness=parts.randomness,
            )
            mark.put(connection, object_id=made[0], borrower_id=borrower.id)
            return made

        return await parts.database.write_at_once(work)

    async def find(self, secret: str) -> AskedLink | None:
        """The link with this secret in its address, in any state.

        Raises:
            CaseChangedError: the case is not what was signed.
        """
        parts, now = self.reviews, self.reviews.clock()

        def work(connection: Connection) -> AskedLink | None:
            link = applicant_links.find_by_secret(connection, secret, now=now)
            if link is None:
                return None
            found = cases.load(connection, parts.signer, lender_id=link.lender_id, case_id=link.case_id)
            if found is None:
                return None
            borrower = find_borrower(connection, link.borrower_id, lender_id=link.lender_id, cipher=parts.cipher)
            items = () if borrower is None else applicant_links.items_of(link, borrower)
            is_usable = link.status is LinkStatus.OPEN and not found.is_restricted and self._waits(found, link, now)
            working = newest_working(connection, lender_id=link.lender_id, borrower_id=link.borrower_id)
            return AskedLink(
                link=link,
                items=items,
                case=found.case,
                is_usable=is_usable,
                has_connection=(link.connection_id or working) is not None,
            )

        return await parts.database.read_at_once(work)

    async def connect(self, asked: AskedLink, who: Who, *, back: str) -> Secret:
        """A link with which the applicant connects its account for this inquiry; returns its secret.

        Raises:
            LinkEndedError: the inquiry asks for no connection, is over, or has led to as many links as it may.
            BorrowerRestrictedError: the borrower's data are only kept.
        """
        link, parts = asked.link, self.reviews
        if not asked.is_usable or not any(item.kind is ItemKind.NEW_CONNECTION for item in asked.items):
            raise LinkEndedError

        def ref(connection: Connection) -> str:
            demand_open(connection, link.borrower_id)
            found = cases.load(connection, parts.signer, lender_id=link.lender_id, case_id=link.case_id)
            made = connect_sessions.count_since(connection, link.borrower_id, link.created_at)
            if found is None or found.borrower_ref is None or made >= _MOST_CONNECTING:
                raise LinkEndedError
            return found.borrower_ref

        order = SessionOrder(
            lender_id=link.lender_id,
            borrower_ref=await parts.database.write_at_once(ref),
            return_url=back,
            lender_name=link.lender_name,
            privacy_url=link.privacy_url,
            privacy_email=link.privacy_email,
            language=link.language,
            purposes=("decision",),
            expires_at=parts.clock() + _CONNECTING,
        )
        identifier, secret = await self.connector.add_link(order, who)
        await parts.database.write_at_once(
            lambda connection: applicant_links.note_connecting(connection, link, identifier)
        )
        return secret

    async def answer(
        self, asked: AskedLink, who: Who, texts: Sequence[str], uploads: Sequence[Sequence[Upload]], *, sent_sha256: str
    ) -> None:
        """Take what the applicant answers to each item, and let the case go on.

        Raises:
            NothingAnsweredError: an item has no answer.
            LinkEndedError: the link is over; nothing was stored.
            BorrowerRestrictedError: the borrower's data are only kept.
            TooManyDocumentsError: the case has no room for them.
        """
        link = asked.link
        answers = _answers(asked, texts, [[upload.name for upload in files] for files in uploads])
        demand_answers(asked.items, answers)
        await self._send(
            link,
            who,
            [upload for files in uploads for upload in files],
            Answered(link=link.id),
            plain_answers(answers),
            Action.CASE_ANSWERED,
            sent_sha256=sent_sha256,
        )

    def demand(self, asked: AskedLink, texts: Sequence[str], file_counts: Sequence[int]) -> None:
        """Refuse an answer that leaves an item out, before its documents are looked at.

        Raises:
            NothingAnsweredError: an item has no answer.
        """
        demand_answers(asked.items, _answers(asked, texts, [["?"] * count for count in file_counts]))

    async def contest_by_link(
        self, asked: AskedLink, who: Who, text: str, uploads: Sequence[Upload], *, wants_talk: bool, sent_sha256: str
    ) -> None:
        """Take what the applicant says against a decision, and let persons look at the case.

        Raises:
            LinkEndedError: the link is over; nothing was stored.
            BorrowerRestrictedError: the borrower's data are only kept.
            TooManyDocumentsError: the case has no room for them.
        """
        link, now = asked.link, self.reviews.clock()
        found = self._contest_facts(link.lender_id, now, link.id, wants_talk=wants_talk)
        await self._send(link, who, uploads, found, text, Action.CASE_CONTESTED, sent_sha256=sent_sha256)

    async def contest(self, who: Who, reader: Principal, case_id: str, text: str, *, wants_talk: bool) -> ShownCase:
        """The same where the lender's system passes on what the applicant said.

        Raises:
            UnknownCaseError: the lender has none of this identifier.
            StepRefusedError: there is nothing to contest, or a person looks at the case already.
            BorrowerRestrictedError: the borrower's data are only kept.
            CaseChangedError: the case is not what was signed.
        """
        parts, now = self.reviews, self.reviews.clock()
        mark = parts.trail.mark(who, Action.CASE_CONTESTED)
        facts = self._contest_facts(reader.lender_id, now, None, wants_talk=wants_talk)

        def work(connection: Connection) -> None:
            found, borrower = locked(parts, connection, reader.lender_id, case_id)
            demand(parts, found, facts, APPLICANT, now, {})
            taking = Taking(connection, parts, found, borrower, now)
            taking.take(facts, by=reader.id, text=text)
            mark.put(connection, object_id=case_id, borrower_id=borrower.id)
            taking.sign()

        await parts.database.write_at_once(work)
        parts.telemetry.moved(case_id, cases.kind_of(facts))
        return await parts.look(reader, case_id)

    async def expect(self, lender_id: str, case_id: str) -> None:
        """Refuse before its document is read what could not be stored.

        Raises:
            UnknownCaseError: the lender has none of this identifier.
            BorrowerRestrictedError: the borrower's data are only kept.
        """
        await sealed(self.reviews, lender_id, case_id, [])

    async def file(self, who: Who, reader: Principal, case_id: str, upload: Upload) -> str:
        """Put a document that was looked at into a case; returns its identifier.

        Raises:
            UnknownCaseError: the lender has none of this identifier.
            StepRefusedError: the case was withdrawn.
            TooManyDocumentsError: the case has no room for it.
            BorrowerRestrictedError: the borrower's data are only kept.
            CaseChangedError: the case is not what was signed.
        """
        parts, now = self.reviews, self.reviews.clock()
        mark = parts.trail.mark(who, Action.CASE_FILED)
        (document,) = await sealed(parts, reader.lender_id, case_id, [upload])

        def work(connection: Connection) -> None:
            found, borrower = locked(parts, connection, reader.lender_id, case_id)
            facts = document.facts(None)
            demand(parts, found, facts, actor_of(reader), now, {})
            taking = Taking(connection, parts, found, borrower, now)
            taking.file(document, facts, by=reader.id)
            mark.put(connection, object_id=document.id, borrower_id=borrower.id)
            taking.sign()

        await parts.database.write_at_once(work)
        parts.telemetry.moved(case_id, "filed")
        return document.id

    async def open(self, who: Who, reader: Principal, case_id: str, document_id: str) -> Document:
        """A document of a case, as somebody downloads it.

        Raises:
            UnknownCaseError: the lender has no such case.
            UnknownDocumentError: the case has no such document, or it was erased.
            RestrictedError: the borrower's data are only kept.
            CaseChangedError: the case or the document is not what was signed.
        """
        parts = self.reviews
        mark = parts.trail.mark(who, Action.DOCUMENT_READ)

        def work(connection: Connection) -> Document:
            found = cases.load(connection, parts.signer, lender_id=reader.lender_id, case_id=case_id)
            if found is None:
                raise UnknownCaseError("there is no case with this identifier")
            if found.is_restricted and not reader.sees_restricted:
                raise RestrictedError
            listed = {one.id: one for one in case_documents.documents_of(connection, parts.cipher, found)}
            content = None
            if document_id in listed:
                content = case_documents.content_of(connection, parts.cipher, found, document_id)
            if content is None:
                raise UnknownDocumentError("the case has no document with this identifier, or it was erased")
            mark.put(connection, object_id=document_id, borrower_id=found.borrower_id)
            one = listed[document_id]
            return Document(name=one.name or document_id, media_type=one.filed.media_type, content=content)

        return await parts.database.write_at_once(work)

    async def _send(
        self,
        link: ApplicantLink,
        who: Who,
        uploads: Sequence[Upload],
        facts: Facts,
        text: str,
        action: Action,
        *,
        sent_sha256: str,
    ) -> None:
        """Use a link up with what its page sent."""
        parts, now = self.reviews, self.reviews.clock()
        mark = parts.trail.mark(who, action)
        documents = await sealed(parts, link.lender_id, link.case_id, uploads)

        def work(connection: Connection) -> None:
            found, borrower = locked(parts, connection, link.lender_id, link.case_id)
            if not applicant_links.use_link(connection, link, sent_sha256=sent_sha256, now=now):
                raise LinkEndedError
            try:
                demand(parts, found, facts, APPLICANT, now, {})
            except StepRefusedError:
                raise LinkEndedError from None
            taking = Taking(connection, parts, found, borrower, now)
            for document in documents:
                taking.file(document, document.facts(link.id), by=None)
            taking.take(facts, by=None, text=text)
            mark.put(connection, object_id=link.case_id, borrower_id=borrower.id)
            taking.sign()

        await parts.database.write_at_once(work)
        for kind in (*("filed" for _ in documents), cases.kind_of(facts)):
            parts.telemetry.moved(link.case_id, kind)

    def _contest_facts(self, lender_id: str, now: datetime, link_id: str | None, *, wants_talk: bool) -> Reopened:
        schedule = schedule_of(self.reviews.powers(lender_id).rules, instant(now))
        return Reopened(
            due_at=schedule.due_at,
            undecided_days=schedule.undecided_days,
            contest=Contest(
                link=link_id, wants_talk=wants_talk, answer_by=months_after(day_in_berlin(now), _ANSWER_MONTHS)
            ),
        )

    def _waits(self, found: StoredCase, link: ApplicantLink, now: datetime) -> bool:
        if link.kind is LinkKind.INQUIRY:
            state = found.case.state_on(day_in_berlin(now))
            return state is CaseState.WAITING and found.case.waiting_link == link.id
        facts = self._contest_facts(link.lender_id, now, link.id, wants_talk=False)
        around = Context(day=day_in_berlin(now), names={})
        return refusal_of(found.case, facts, APPLICANT, self.reviews.powers(link.lender_id), around) is None


def _answers(asked: AskedLink, texts: Sequence[str], names: Sequence[Sequence[str]]) -> list[Answer]:
    is_connected = asked.link.connection_id is not None
    return [
        Answer(text=text, files=tuple(files), is_connected=is_connected and item.kind is ItemKind.NEW_CONNECTION)
        for item, text, files in zip(asked.items, texts, names, strict=True)
    ]
