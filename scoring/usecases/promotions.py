"""Requests to put a policy or a model in force: made by one person with evidence, decided on by another.

A request is checked before it exists, and again before it is approved. What was approved is taken up by every service
that runs, see ``scoring.usecases.take_up``.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import anyio.to_thread
import msgspec
from sqlalchemy.engine import Connection

from features.derive import CATALOGUE, UnknownFeatureError
from models.promotable import load_promoted
from models.records import Promotion
from models.registry import RegistryError, ServedModel, digest_of, stamp
from scoring.base.identifiers import Clock, Randomness, instant, new_id
from scoring.decisions.comparison import Summary, summarise
from scoring.decisions.policy import Policy, PolicyError, load_policy
from scoring.decisions.policy_check import check_policy
from scoring.decisions.promotions import (
    LASTS,
    Person,
    PromotionKind,
    PromotionState,
    PromotionStateError,
    Request,
    Step,
    Subject,
    TwoPersonsError,
    check_end,
    check_requester,
    to_undo,
)
from scoring.runtime.authority import load_authority_file
from scoring.runtime.in_force import InForce, candidate, load_in_force
from scoring.runtime.loan_conditions import load_conditions
from scoring.runtime.serving import POLICIES, Serving, ServingError, card_of, combine, registry_of, seeds_of
from scoring.runtime.settings import Settings
from scoring.store import promotion_requests as store
from scoring.store.audit import Action, Trail, Who, page_id
from scoring.store.principals import Principal, Role
from scoring.store.promoted import SignedPromotions, prove, read_signed
from scoring.store.promotion_requests import OvertakenError, StoredRequest, Undoing
from scoring.store.promotions import add_promotion, list_promotions, seed_promotions
from scoring.usecases.backtest import Backtest, Compared

LGD: Final = 0.5
"""Loss given default of the evidence, as a share of the loan."""
POLICY: Final = "policy"
"""What is rolled back, where it is no model."""
MOST_COMPARED: Final = 100
"""Decisions, the newest, that a request over HTTP decides again."""
_MOST_MOVERS: Final = 200
_ACTIONS: Final = {
    PromotionState.APPROVED: Action.PROMOTION_APPROVED,
    PromotionState.REJECTED: Action.PROMOTION_REJECTED,
    PromotionState.WITHDRAWN: Action.PROMOTION_WITHDRAWN,
}
READERS: Final = (Role.PROMOTE, Role.PROMOTE_ALL, Role.ANALYSE, Role.AUDIT)
PROMOTERS: Final = (Role.PROMOTE, Role.PROMOTE_ALL)


class UnfitError(Exception):
    """What is to be put in force must not be; the message says why, in sentences."""


class UnknownPromotionError(Exception):
    """There is no such request, or it is another lender's."""


class NotAllowedError(Exception):
    """The person has not the role for this."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A key of the policy whose value differs from the one in force."""

    key: str
    before: Any
    after: Any


class Mover(msgspec.Struct, frozen=True, kw_only=True):
    """An application that would be recommended otherwise."""

    decision_id: str
    lender: str
    product: str
    amount_cents: int
    before: str
    after: str
    why: tuple[str, ...]


class LeftOutCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many applications could not be decided again for one cause."""

    cause: str
    """A code of ``LeftOut``."""
    about: tuple[str, ...]
    count: int


class Simulated(msgspec.Struct, frozen=True, kw_only=True):
    """Stored applications decided again."""

    since: date
    loss_given_default: float
    summary: Summary
    left_out: int
    """That could not be decided again."""
    causes: tuple[LeftOutCount, ...] = ()
    """Why, the most frequent first; empty in requests before 0.8."""
    person_count: int | None = None
    """Natural persons among what was decided again; null in requests before 0.8."""
    movers: tuple[Mover, ...]
    movers_left_out: int = 0


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What was found when a request was made."""

    replaces: str
    """What was in force then."""
    changes: tuple[Change, ...] = ()
    """Of a policy."""
    warnings: tuple[str, ...] = ()
    """Of the policy's check."""
    gates: tuple[str, ...] = ()
    """That the model passed."""
    simulated: Simulated


async def _nothing() -> None:
    """For who serves nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotions:
    """Makes requests and ends them. Built once, from the parts that this takes."""

    backtest: Backtest
    in_force: InForce
    clock: Clock
    randomness: Randomness
    trail: Trail
    take_up: Callable[[], Awaitable[None]] = _nothing
    """Brings this process up to date with what was promoted; a command, which serves nothing, has read it just now."""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One request at a time decides applications again."""

    @property
    def _settings(self) -> Settings:
        return self.backtest.settings

    async def request_policy(
        self,
        who: Who,
        principal: Principal,
        content: bytes,
        *,
        is_own: bool,
        reason: str,
        since: date,
        at_most: int | None = MOST_COMPARED,
    ) -> StoredRequest:
        """Ask that a policy come into force.

        Args:
            who: for the audit trail.
            principal: asks.
            content: of the file.
            is_own: for the own lender alone, in place of the policy for all.
            reason: why.
            since: first day of the applications that are decided again.
            at_most: of them, the newest.

        Raises:
            TwoPersonsError: a system asks.
            NotAllowedError: the role is missing.
            UnfitError: the policy must not be in force, or changes nothing.
            OvertakenError: somebody else asked at the same time.
        """
        lender = principal.lender_id if is_own else None
        person = _person(principal)
        check_requester(person)
        _demand_role(principal, lender)
        serving = await self._newest()
        found = await self._on_worker(lambda: self._candidate(serving, content, lender))
        await self.backtest.database.read_at_once(lambda connection: _demand_version(connection, found, content))
        before = serving if lender is None else serving.of(lender)
        changes = _changes(before.policy, found.policy)
        if not changes:
            raise UnfitError(f"the policy says the same as {before.policy.version}, which is in force")
        history = found.plan.history_months
        warnings = [one.text for one in check_policy(found.policy, CATALOGUE, history_months=history)]
        compared = await self._compare(
            lambda name: serving.lenders.get(name, found) if lender is None else found,
            since=since,
            lender=lender,
            at_most=at_most,
        )
        subject = Subject(
            kind=PromotionKind.POLICY,
            name=found.policy.version,
            sha256=hashlib.sha256(content).hexdigest(),
            lender=lender,
        )
        evidence = Evidence(
            replaces=before.policy.version,
            changes=changes,
            warnings=tuple(warnings),
            simulated=_simulated(compared, since),
        )
        return await self._add(who, person, subject, evidence, content=content, reason=reason)

    async def request_model(
        self,
        who: Who,
        principal: Principal,
        name: str,
        version: str,
        *,
        reason: str,
        since: date,
        at_most: int | None = MOST_COMPARED,
    ) -> StoredRequest:
        """Ask that a registered model score.

        Raises:
            TwoPersonsError: a system asks.
            NotAllowedError: the role is missing.
            UnfitError: it is not registered, was changed, fails a gate, or scores already.
            OvertakenError: somebody else asked at the same time.
        """
        person = _person(principal)
        check_requester(person)
        _demand_role(principal, None)
        model, sha256 = await self._on_worker(lambda: self._model(name, version))
        serving = await self._newest()
        if serving.versions.model == f"{name}/{version}":
            raise UnfitError(f"{name}/{version} scores already")
        candidates = await self._on_worker(lambda: with_model(serving, model))
        compared = await self._compare(candidates.of, since=since, lender=None, at_most=at_most)
        subject = Subject(kind=PromotionKind.MODEL, name=f"{name}/{version}", sha256=sha256, lender=None)
        evidence = Evidence(
            replaces=serving.versions.model,
            gates=tuple(f"{gate.name} {gate.value:.4g}" for gate in model.manifest.gates),
            simulated=_simulated(compared, since),
        )
        return await self._add(who, person, subject, evidence, content=None, reason=reason)

    async def end(
        self, who: Who, principal: Principal, request_id: str, to: PromotionState, *, reason: str
    ) -> StoredRequest:
        """Approve, reject or withdraw.

        Raises:
            UnknownPromotionError: there is no such request.
            TwoPersonsError: a system acts, or who made the request decides on it.
            NotAllowedError: the role is missing.
            PromotionStateError: it has ended.
            UnfitError: it must not be in force any more.
            PromotionChangedError: it is not what was signed.
        """
        database, signer = self.backtest.database, self.backtest.signer
        lender_id = principal.lender_id
        person, mark = _person(principal), self.trail.mark(who, _ACTIONS[to])

        def look(connection: Connection, *, for_update: bool = False) -> StoredRequest:
            stored = store.load(connection, signer, request_id, lender_id=lender_id, for_update=for_update)
            if stored is None:
                raise UnknownPromotionError("there is no request with this identifier")
            now = instant(self.clock())
            check_end(stored.request, stored.request.state(stored.state, now), to, person)
            return stored

        stored = await database.read_at_once(look)
        subject = stored.request.subject
        _demand_role(principal, subject.lender)
        promotion: Promotion | None = None
        if to is PromotionState.APPROVED and subject.kind is PromotionKind.MODEL:
            promotion = await self._promotion(stored, person, reason)
        elif to is PromotionState.APPROVED:
            serving = await self._newest()
            await self._on_worker(lambda: self._candidate(serving, stored.content or b"", subject.lender))

        def work(connection: Connection) -> StoredRequest:
            found = look(connection, for_update=True)
            mark.put(connection, object_id=request_id)
            now = self.clock()
            store.end(connection, signer, found, to, by=person, at=instant(now), reason=reason)
            # after signing, which locks the chain: else two approvals at once could not see each other
            if (
                to is PromotionState.APPROVED
                and subject.kind is PromotionKind.POLICY
                and store.version_used(connection, subject.name, subject.sha256)
            ):
                raise UnfitError(_USED.format(version=subject.name))
            if promotion is not None:
                add_promotion(connection, signer, promotion, now=now, request=request_id)
            ended = store.load(connection, signer, request_id, lender_id=lender_id)
            return ended or found

        ended = await database.write_at_once(work)
        if to is PromotionState.APPROVED:
            await self.take_up()
        return ended

    async def roll_back(
        self, who: Who, principal: Principal, name: str, *, is_own: bool = False, reason: str
    ) -> tuple[StoredRequest, Serving]:
        """Go back to what was in force before the newest approval; one person may, see ADR 53.

        Args:
            who: for the audit trail.
            principal: acts.
            name: of the model, or ``policy``.
            is_own: the policy of the own lender, in place of the one for all.
            reason: why.

        Returns:
            The request that is not in force any more, and what is.

        Raises:
            TwoPersonsError: a system acts.
            NotAllowedError: the role is missing.
            PromotionStateError: nothing can be rolled back by one person.
            UnfitError: what was in force before cannot be served.
            OvertakenError: something else was approved at the same time.
            PromotionChangedError: it is not what was signed.
        """
        lender = principal.lender_id if is_own else None
        place = f"policy {lender or ''}" if name == POLICY else f"model {name}"
        return await self._undo(who, principal, place, lender, reason=reason)

    async def roll_back_request(self, who: Who, principal: Principal, request_id: str, *, reason: str) -> StoredRequest:
        """The same, of one approval that is named: so nobody undoes one that came in between.

        Returns:
            The request that is not in force any more.

        Raises:
            UnknownPromotionError: there is none, or it is another lender's.
            PromotionStateError: it is not the newest approval of its place, or one person may not roll it back.
        """
        signer, lender_id = self.backtest.signer, principal.lender_id
        stored = await self.backtest.database.read_at_once(
            lambda connection: store.load(connection, signer, request_id, lender_id=lender_id)
        )
        if stored is None:
            raise UnknownPromotionError("there is no request with this identifier")
        subject = stored.request.subject
        undone, _ = await self._undo(
            who, principal, subject.place, subject.lender, reason=reason, request_id=request_id
        )
        return undone

    async def may_roll_back(self, principal: Principal, stored: StoredRequest) -> bool:
        """Whether this person may roll a request back now, alone."""
        subject = stored.request.subject
        try:
            check_requester(_person(principal))
            _demand_role(principal, subject.lender)
            step = await self._to_undo(subject.place, instant(self.clock()))
        except (TwoPersonsError, NotAllowedError, PromotionStateError):
            return False
        return step.request == stored.request.id

    async def _to_undo(self, place: str, now: str) -> Step:
        signer = self.backtest.signer
        steps = await self.backtest.database.read_at_once(lambda connection: store.read_steps(connection, signer))
        return to_undo(steps, place, now)

    async def _undo(
        self,
        who: Who,
        principal: Principal,
        place: str,
        lender: str | None,
        *,
        reason: str,
        request_id: str | None = None,
    ) -> tuple[StoredRequest, Serving]:
        database, signer = self.backtest.database, self.backtest.signer
        person = _person(principal)
        check_requester(person)
        _demand_role(principal, lender)
        now = instant(self.clock())
        step = await self._to_undo(place, now)
        if request_id not in {None, step.request}:
            raise PromotionStateError(
                f"only the newest approval is rolled back, and that is the one of {step.subject.name} ({step.request})"
            )
        signed = await database.read_at_once(read_signed)
        after = await self._on_worker(lambda: self._without(signed, step.request))
        mark = self.trail.mark(who, Action.PROMOTION_ROLLED_BACK)

        def work(connection: Connection) -> StoredRequest:
            found = store.load(connection, signer, step.request, lender_id=principal.lender_id, for_update=True)
            if found is None:
                raise UnknownPromotionError("there is no request with this identifier")
            if found.state is not PromotionState.APPROVED:
                raise OvertakenError("it was rolled back at the same time")
            mark.put(connection, object_id=step.request)
            store.undo(connection, signer, found, Undoing(at=now, by=person, reason=reason))
            return store.load(connection, signer, step.request, lender_id=principal.lender_id) or found

        undone = await database.write_at_once(work)
        await self.take_up()
        return undone, after

    def _without(self, signed: SignedPromotions, request: str) -> Serving:
        """What would be in force without an approval.

        Raises:
            UnfitError: it cannot be served.
        """
        settings = self._settings
        promoted = prove(signed, self.backtest.signer, settings.model_name, without=request)
        try:
            found = load_in_force(settings, promoted, before=self.in_force.serving)
            load_conditions(settings, found.products)
            load_authority_file(settings, found)
        except ServingError as error:
            raise UnfitError(str(error)) from None
        now = self.in_force.serving
        for then, already in (
            (found.passed_over, now.passed_over),
            (found.policy_passed_over, now.policy_passed_over),
        ):
            if then is not None and then != already:  # one step back is all that one person may go
                raise UnfitError(then)
        return found

    async def read(self, who: Who, principal: Principal, request_id: str) -> StoredRequest:
        """One request.

        Raises:
            UnknownPromotionError: there is none, or it is another lender's.
            PromotionChangedError: it is not what was signed.
        """
        signer, lender_id = self.backtest.signer, principal.lender_id
        stored = await self.backtest.database.read_at_once(
            lambda connection: store.load(connection, signer, request_id, lender_id=lender_id)
        )
        if stored is None:
            raise UnknownPromotionError("there is no request with this identifier")
        await self.trail.note(who, Action.PROMOTION_READ, object_id=request_id)
        return stored

    async def list(
        self, who: Who, principal: Principal, *, before: str | None, limit: int
    ) -> tuple[list[StoredRequest], str | None]:
        """Requests, newest first, and the identifier after which the next page begins."""
        lender_id = principal.lender_id
        found = await self.backtest.database.read_at_once(
            lambda connection: store.list_requests(connection, lender_id=lender_id, before=before, limit=limit + 1)
        )
        items = found[:limit]
        await self.trail.note(who, Action.PROMOTIONS_LISTED, object_id=page_id([one.request.id for one in items]))
        return items, items[-1].request.id if len(found) > limit else None

    def state(self, stored: StoredRequest) -> PromotionState:
        """Where a request stands now."""
        return stored.request.state(stored.state, instant(self.clock()))

    async def _on_worker(self, work: Callable[[], Any]) -> Any:  # noqa: ANN401  what the work returns
        return await anyio.to_thread.run_sync(work, limiter=self.backtest.workers)

    async def _newest(self) -> Serving:
        """What is in force now: another process may have approved something since this one looked."""
        await self.take_up()
        return self.in_force.serving

    def _candidate(self, serving: Serving, content: bytes, lender: str | None) -> Serving:
        base = None if lender is None else serving
        try:
            found = candidate(serving, content, registry=registry_of(self._settings), base=base, before=serving)
            products = serving.products | found.products
            load_conditions(self._settings, products)
            lenders = serving.lenders if lender is None else {**serving.lenders, lender: found}
            whole = msgspec.structs.replace(found if lender is None else serving, lenders=lenders)
            load_authority_file(self._settings, whole)
        except (PolicyError, UnknownFeatureError, ServingError) as error:
            raise UnfitError(str(error)) from None
        for path in POLICIES.glob("*.toml"):
            shipped = path.read_bytes()
            if shipped != content and load_policy(shipped).version == found.policy.version:
                raise UnfitError(_USED.format(version=found.policy.version))
        return found

    def _model(self, name: str, version: str) -> tuple[ServedModel, str]:
        registry = registry_of(self._settings)
        try:
            registry.check_files(name, version)
            sha256 = digest_of(registry.manifest_of(name, version))
            found = load_promoted(registry, _promotion_of(name, version, sha256))
        except RegistryError as error:
            raise UnfitError(str(error)) from None
        if name != self._settings.model_name:
            raise UnfitError(f"the service serves models of the name {self._settings.model_name}, not {name}")
        return found, sha256

    async def _compare(
        self, candidate_of: Callable[[str], Serving], *, since: date, lender: str | None, at_most: int | None
    ) -> Compared:
        async with self.turn:
            return await self.backtest.run(
                candidate_of, since=since, lender_id=lender, loss_given_default=LGD, at_most=at_most
            )

    async def _add(
        self,
        who: Who,
        person: Person,
        subject: Subject,
        evidence: Evidence,
        *,
        content: bytes | None,
        reason: str,
    ) -> StoredRequest:
        found, now = msgspec.json.encode(evidence), self.clock()
        new = StoredRequest(
            request=Request(
                id=new_id(store.PREFIX, now, self.randomness),
                subject=subject,
                by=person,
                at=instant(now),
                reason=reason,
                evidence_sha256=hashlib.sha256(found).hexdigest(),
                expires_at=instant(now + LASTS),
            ),
            state=PromotionState.REQUESTED,
            evidence=found,
            content=content,
        )
        mark = self.trail.mark(who, Action.PROMOTION_REQUESTED)
        signer = self.backtest.signer
        await self.backtest.database.write_at_once(lambda connection: store.add(connection, signer, new, mark=mark))
        return new

    async def _promotion(self, stored: StoredRequest, person: Person, reason: str) -> Promotion:
        """What scores once it is signed.

        Raises:
            UnfitError: the model is not there any more, or is not the one that was requested.
        """
        name, _, version = stored.request.subject.name.partition("/")
        _, sha256 = await self._on_worker(lambda: self._model(name, version))
        if sha256 != stored.request.subject.sha256:
            raise UnfitError(f"{name}/{version} has changed since its promotion was requested")
        database, signer = self.backtest.database, self.backtest.signer
        seeds = await self._on_worker(lambda: seeds_of(self._settings, name))
        await seed_promotions(database, signer, seeds, now=self.clock())
        known = await list_promotions(database, signer, name)
        standing = next((one for one in known if isinstance(one, Promotion)), None)
        return msgspec.structs.replace(
            _promotion_of(name, version, sha256),
            at=stamp(self.clock()),
            by=f"{stored.request.by.name}, {person.name}",
            reason=f"{stored.request.reason}; {reason}",
            replaced=standing.version if standing else None,
        )


def with_model(serving: Serving, model: ServedModel) -> Serving:
    """What is in force, with another model.

    Raises:
        UnfitError: a policy reads a feature that there is not.
    """
    try:
        found = {
            name: msgspec.structs.replace(
                combine(card_of(model), model.table, one.policy_text.encode()), of_persons=one.of_persons
            )
            for name, one in (("", serving), *serving.lenders.items())
        }
    except UnknownFeatureError as error:
        raise UnfitError(str(error)) from None
    base = found.pop("")
    return msgspec.structs.replace(base, lenders=found)


def evidence_of(stored: StoredRequest) -> Evidence:
    """What was found when a request was made."""
    return msgspec.json.decode(stored.evidence, type=Evidence)


_USED: Final = (
    'a policy of version "{version}" with another text ships, was in force here, or was approved: give the changed'
    " policy a new version"
)


def _demand_version(connection: Connection, found: Serving, content: bytes) -> None:
    version = found.policy.version
    if store.version_used(connection, version, hashlib.sha256(content).hexdigest()):
        raise UnfitError(_USED.format(version=version))


def _demand_role(principal: Principal, lender: str | None) -> None:
    wanted = {Role.PROMOTE_ALL} if lender is None else {Role.PROMOTE, Role.PROMOTE_ALL}
    if not principal.roles & wanted:
        what = "what is in force for all lenders" if lender is None else "the policy of a lender"
        roles = ", ".join(sorted(role.replace("_", "-") for role in wanted))
        raise NotAllowedError(f"{what} needs one of the roles {roles}")


def _person(principal: Principal) -> Person:
    return Person(id=principal.id, name=principal.name, is_person=principal.is_person)


def _promotion_of(name: str, version: str, sha256: str) -> Promotion:
    return Promotion(name=name, version=version, at="", by="", reason="", replaced=None, manifest_sha256=sha256)


def _changes(before: Policy, after: Policy) -> tuple[Change, ...]:
    """Every key whose value differs, but the version and its day, which say nothing of what is decided."""
    old, new = (dict(_flat(msgspec.to_builtins(policy), "")) for policy in (before, after))
    keys = [name for name in dict.fromkeys((*old, *new)) if name not in {"version", "effective_on"}]
    return tuple(
        Change(key=name, before=old.get(name), after=new.get(name)) for name in keys if old.get(name) != new.get(name)
    )


def _flat(value: Any, path: str) -> list[tuple[str, Any]]:  # noqa: ANN401  any JSON
    if isinstance(value, dict):
        return [pair for name, one in value.items() for pair in _flat(one, f"{path}.{name}".lstrip("."))]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [pair for one in value for pair in _flat(one, f"{path}.{one.get('name', '')}")]
    return [(path, value)]


def _simulated(compared: Compared, since: date) -> Simulated:
    moving = [pair for pair in compared.pairs if pair.moves]
    movers = tuple(
        Mover(
            decision_id=pair.decision_id,
            lender=compared.lenders[pair.decision_id],
            product=pair.product,
            amount_cents=pair.amount_cents,
            before=pair.before.recommendation.value,
            after=pair.after.recommendation.value,
            why=pair.why,
        )
        for pair in moving[-_MOST_MOVERS:]
    )
    return Simulated(
        since=since,
        loss_given_default=LGD,
        summary=summarise(compared.pairs),
        left_out=len(compared.left_out),
        causes=tuple(
            LeftOutCount(cause=cause.value, about=about, count=count)
            for (cause, about), count in compared.causes.items()
        ),
        person_count=compared.person_count,
        movers=movers,
        movers_left_out=len(moving) - len(movers),
    )
