"""What is in force: the model that was promoted last, and the policies that two persons have approved.

A policy of the settings, or the newest one that ships, decides until one is approved. Where an approved one cannot be
served, the one before goes on.
"""

from collections.abc import Sequence

import msgspec

from features.derive import UnknownFeatureError
from models.records import Promotion
from scoring.decisions.policy import PolicyError
from scoring.decisions.policy_check import looser_than
from scoring.runtime.serving import Serving, combine, demand_sense, load_serving
from scoring.runtime.settings import Settings
from scoring.store.database import Database
from scoring.store.promotion_requests import ApprovedPolicy, approved_policies
from scoring.store.promotions import UnprovedPromotion, list_promotions
from scoring.store.statements import Signer


def load_in_force(
    settings: Settings, promotions: Sequence[Promotion | UnprovedPromotion], approved: Sequence[ApprovedPolicy]
) -> Serving:
    """The model that scores and the policies that decide.

    Args:
        settings: name the registry, the model and the policy to begin with.
        promotions: of models, newest first, see ``list_promotions``.
        approved: policies, newest first, see ``approved_policies``.

    Raises:
        ServingError: nothing can be served.
    """
    begun = load_serving(settings, promotions)
    problems = [f"the approval of policy {one.version} is not followed: {one.why}" for one in approved if one.why]
    usable = [one for one in approved if one.content is not None]
    base = _newest(begun, [one for one in usable if one.lender is None], problems) or begun
    lenders = {}
    for lender in sorted({one.lender for one in usable if one.lender is not None}):
        own = _newest(begun, [one for one in usable if one.lender == lender], problems, base=base)
        if own is not None:
            lenders[lender] = own
    return msgspec.structs.replace(
        base, passed_over=begun.passed_over, policy_passed_over="; ".join(problems) or None, lenders=lenders
    )


async def read_in_force(settings: Settings, database: Database, signer: Signer) -> Serving:
    """The same, as a database has it.

    Raises:
        ServingError: nothing can be served.
    """
    promotions = await list_promotions(database, signer, settings.model_name)
    return load_in_force(settings, promotions, await approved_policies(database, signer))


def candidate(model: Serving, content: bytes, *, base: Serving | None = None) -> Serving:
    """A policy with the model that scores.

    Args:
        model: has it.
        content: of the policy.
        base: what is in force for all, where the policy is for one lender alone.

    Raises:
        PolicyError: it does not hold, cannot mean what it says, or is milder than the base may be.
        UnknownFeatureError: it reads a feature that there is not.
    """
    found = combine(model.card, model.table, content)
    demand_sense(found)
    if base is not None and (looser := looser_than(found.policy, base.policy)):
        raise PolicyError(" ".join(looser))
    return found


def _newest(
    model: Serving, approved: Sequence[ApprovedPolicy], problems: list[str], *, base: Serving | None = None
) -> Serving | None:
    """The first that can be served; what is wrong with those before it is added to the problems."""
    for one in approved:
        try:
            return candidate(model, one.content or b"", base=base)
        except (PolicyError, UnknownFeatureError) as error:
            whose = "" if one.lender is None else f" of {one.lender}"
            problems.append(f"policy {one.version}{whose} was approved and cannot be served: {error}")
    return None
