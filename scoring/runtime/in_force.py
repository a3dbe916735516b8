"""What is in force: the model that was promoted last, and the policies that two persons have approved.

A policy of the settings, or the newest one that ships, decides until one is approved. Where an approved one cannot be
served, the one before goes on. A running service takes up what is promoted, see ``scoring.usecases.take_up``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import anyio.to_thread
import msgspec

from features.derive import UnknownFeatureError
from models.registry import Registry
from scoring.decisions.policy import PolicyError
from scoring.decisions.policy_check import looser_than
from scoring.runtime.serving import (
    Serving,
    combine,
    demand_sense,
    load_serving,
    registry_of,
    with_model_of_persons,
)
from scoring.runtime.settings import Settings
from scoring.store.database import Database
from scoring.store.promoted import Promoted, prove, read_signed
from scoring.store.promotion_requests import ApprovedPolicy
from scoring.store.statements import Signer


@dataclass(slots=True)
class InForce:
    """Holds what is in force. It is replaced as a whole, so whoever takes it once has a pair that belongs together."""

    serving: Serving
    """Model and policies; a request takes it once, and ends with it."""


def load_in_force(settings: Settings, promoted: Promoted, *, before: Serving | None = None) -> Serving:
    """The model that scores and the policies that decide.

    Args:
        settings: name the registry, the model and the policy to begin with.
        promoted: what was signed.
        before: what the process served until now; None at its start.

    Raises:
        ServingError: nothing can be served.
    """
    approved = promoted.policies
    begun = load_serving(settings, promoted.models, before=before)
    problems = [f"the approval of policy {one.version} is not followed: {one.why}" for one in approved if one.why]
    usable = [one for one in approved if one.content is not None]
    load = partial(candidate, begun, registry=registry_of(settings), before=before)
    base = _newest(load, [one for one in usable if one.lender is None], problems) or begun
    lenders = {}
    for lender in sorted({one.lender for one in usable if one.lender is not None}):
        own = _newest(partial(load, base=base), [one for one in usable if one.lender == lender], problems)
        if own is not None:
            lenders[lender] = own
    return msgspec.structs.replace(
        base,
        passed_over=begun.passed_over,
        policy_passed_over="; ".join(problems) or None,
        lenders=lenders,
        followed=promoted.numbers,
        manifest_sha256=begun.manifest_sha256,
        begun_with=begun.begun_with,
    )


async def read_in_force(settings: Settings, database: Database, signer: Signer) -> Serving:
    """The same, as a database has it.

    Raises:
        ServingError: nothing can be served.
    """
    signed = await database.read_at_once(read_signed)
    return await anyio.to_thread.run_sync(lambda: load_in_force(settings, prove(signed, signer, settings.model_name)))


def candidate(
    model: Serving,
    content: bytes,
    *,
    registry: Registry,
    base: Serving | None = None,
    before: Serving | None = None,
) -> Serving:
    """A policy with the model that scores, and with the one that it names for natural persons.

    Args:
        model: has it.
        content: of the policy.
        registry: where models are registered.
        base: what is in force for all, where the policy is for one lender alone.
        before: what the process served until now, see ``with_model_of_persons``.

    Raises:
        PolicyError: it does not hold, cannot mean what it says, or is milder than the base may be.
        UnknownFeatureError: it reads a feature that there is not.
    """
    found = combine(model.card, model.table, content)
    demand_sense(found)
    found = with_model_of_persons(found, registry, before=before)
    if base is not None and (looser := looser_than(found.policy, base.policy)):
        raise PolicyError(" ".join(looser))
    return found


def _newest(
    load: Callable[[bytes], Serving], approved: Sequence[ApprovedPolicy], problems: list[str]
) -> Serving | None:
    """The first that can be served; what is wrong with those before it is added to the problems."""
    for one in approved:
        try:
            return load(one.content or b"")
        except (PolicyError, UnknownFeatureError) as error:
            whose = "" if one.lender is None else f" of {one.lender}"
            problems.append(f"policy {one.version}{whose} was approved and cannot be served: {error}")
    return None
