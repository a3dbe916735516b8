"""Requests to put a policy or a model in force: made by one person with evidence, decided on by another.

A request is checked before it exists, and again before it is approved. What was approved decides from the next start of
each service on, as a promotion always did.
"""

import asyncio
import hashlib
from collections.abc import Callable
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
    Request,
    Subject,
    check_end,
    check_requester,
)
from scoring.runtime.authority import load_authority_file
from scoring.runtime.in_force import candidate
from scoring.runtime.loan_conditions import load_conditions
from scoring.runtime.serving import POLICIES, Serving, ServingError, card_of, combine, registry_of, seeds_of
from scoring.runtime.settings import Settings
from scoring.store import promotion_requests as store
from scoring.store.audit import Action, Trail, Who, page_id
from scoring.store.principals import Principal, Role
from scoring.store.promotion_requests import StoredRequest
from scoring.store.promotions import add_promotion, list_promotions, seed_promotions
from scoring.usecases.backtest import Backtest, Compared

LGD: Final = 0.5
"""Loss given default of the evidence, as a share of the loan."""
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


class Simulated(msgspec.Struct, frozen=True, kw_only=True):
    """Stored applications decided again."""

    since: date
    loss_given_default: float
    summary: Summary
    left_out: int
    """That could not be decided again."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotions:
    """Makes requests and ends them. Built once, from the parts that this takes."""

    backtest: Backtest
    serving: Serving
    clock: Clock
    randomness: Randomness
    trail: Trail
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
        found = await self._on_worker(lambda: self._candidate(content, lender))
        await self.backtest.database.read_at_once(lambda connection: _demand_version(connection, found, content))
        before = self.serving if lender is None else self.serving.of(lender)
        changes = _changes(before.policy, found.policy)
        if not changes:
            raise UnfitError(f"the policy says the same as {before.policy.version}, which is in force")
        history = found.plan.history_months
        warnings = [one.text for one in check_policy(found.policy, CATALOGUE, history_months=history)]
        compared = await self._compare(
            lambda name: self.serving.lenders.get(name, found) if lender is None else found,
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
        if self.serving.versions.model == f"{name}/{version}":
            raise UnfitError(f"{name}/{version} scores already")
        candidates = await self._on_worker(lambda: self._with_model(model))
        compared = await self._compare(candidates.of, since=since, lender=None, at_most=at_most)
        subject = Subject(kind=PromotionKind.MODEL, name=f"{name}/{version}", sha256=sha256, lender=None)
        evidence = Evidence(
            replaces=self.serving.versions.model,
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
            await self._on_worker(lambda: self._candidate(stored.content or b"", subject.lender))

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

        return await database.write_at_once(work)

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

    def _candidate(self, content: bytes, lender: str | None) -> Serving:
        base = None if lender is None else self.serving
        try:
            found = candidate(self.serving, content, base=base)
            products = self.serving.products | found.products
            load_conditions(self._settings, products)
            lenders = self.serving.lenders if lender is None else {**self.serving.lenders, lender: found}
            whole = msgspec.structs.replace(found if lender is None else self.serving, lenders=lenders)
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

    def _with_model(self, model: ServedModel) -> Serving:
        """What is in force, with another model."""
        try:
            with_model = {
                name: combine(card_of(model), model.table, one.policy_text.encode())
                for name, one in (("", self.serving), *self.serving.lenders.items())
            }
        except UnknownFeatureError as error:
            raise UnfitError(str(error)) from None
        base = with_model.pop("")
        return msgspec.structs.replace(base, lenders=with_model)

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
        raise NotAllowedError(f"{what} needs one of the roles {', '.join(sorted(wanted))}")


def _person(principal: Principal) -> Person:
    return Person(id=principal.id, name=principal.name, is_person=principal.kind == "person")


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
        movers=movers,
        movers_left_out=len(moving) - len(movers),
    )
