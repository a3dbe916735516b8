"""Routes for reference data: model, policy, features, problem types."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import PathParameter

from features.derive import CATALOGUE, CATALOGUE_VERSION
from features.feature import Feature, Risk
from scoring.api import problems as known
from scoring.api.errors import UnknownObjectError
from scoring.api.middleware import EVERYONE, needs
from scoring.api.openapi import operation
from scoring.api.schemas.problems import ProblemMeaning
from scoring.api.schemas.reference import FeatureList, FeatureResponse, ModelResponse, PolicyResponse, SigningKeyList
from scoring.runtime.in_force import InForce
from scoring.store.principals import Principal
from scoring.store.statements import Signer

_RISKS: dict[Risk, Literal["raises", "lowers", "open"]] = {
    Risk.RAISES: "raises",
    Risk.LOWERS: "lowers",
    Risk.OPEN: "open",
}


@get(
    "/v1/models",
    guards=[needs(*EVERYONE)],
    operation_id="listModels",
    operation_class=operation(),
    tags=["reference"],
    summary="The model in use",
)
async def get_models(request: Request[Principal, Any, Any], in_force: NamedDependency[InForce]) -> list[ModelResponse]:
    """Every model in use for your lender: the champion, then the one that its policy names for natural persons."""
    serving = in_force.serving.of(request.user.lender_id)
    return [
        ModelResponse(
            name=one.card.name,
            version=one.card.version,
            sha256=one.card.sha256,
            is_simulated=one.card.is_simulated,
            horizon_months=one.card.horizon_months,
            definition=one.card.definition,
            features=one.table.names,
        )
        for one in (serving, serving.of_persons)
        if one is not None
    ]


@get(
    "/v1/policies",
    guards=[needs(*EVERYONE)],
    operation_id="listPolicies",
    operation_class=operation(),
    tags=["reference"],
    summary="The policy in use",
)
async def get_policies(
    request: Request[Principal, Any, Any], in_force: NamedDependency[InForce]
) -> list[PolicyResponse]:
    """The policy that decides for your lender: its own, or that for all."""
    own = in_force.serving.of(request.user.lender_id)
    return [
        PolicyResponse(
            version=own.policy.version,
            sha256=own.versions.policy_sha256,
            products=tuple(own.policy.products),
            content=own.policy_text,
        )
    ]


@get(
    "/v1/features",
    guards=[needs(*EVERYONE)],
    operation_id="listFeatures",
    operation_class=operation(),
    tags=["reference"],
    summary="The catalogue of features",
)
async def get_features(request: Request[Principal, Any, Any], in_force: NamedDependency[InForce]) -> FeatureList:
    """The meaning of each feature, and whether a model in use for your lender uses it."""
    serving = in_force.serving.of(request.user.lender_id)
    in_model = {name for one in (serving, serving.of_persons) if one is not None for name in one.table.names}
    items = [_feature(feature, in_model=feature.name in in_model) for feature in CATALOGUE.values()]
    return FeatureList(version=CATALOGUE_VERSION, items=items)


@get(
    "/v1/signing-keys",
    guards=[needs(*EVERYONE)],
    operation_id="listSigningKeys",
    operation_class=operation(),
    tags=["reference"],
    summary="The public keys of receipts",
)
async def get_signing_keys(signer: NamedDependency[Signer]) -> SigningKeyList:
    """A JWK Set (RFC 7517), as `scoring keys public` prints it. Compare its keys with those that the operator names."""
    return msgspec.json.decode(signer.keys.public(), type=SigningKeyList)


@get(
    "/problems/{name:str}",
    operation_id="getProblem",
    operation_class=operation(known.NOT_FOUND, is_guarded=False),
    tags=["reference"],
    summary="Meaning of a problem",
)
async def get_problem(
    name: Annotated[str, PathParameter(description="Last part of a problem's `type`.")],
) -> ProblemMeaning:
    """The meaning of a problem's `type`, and its remedy."""
    if name not in known.MEANINGS:
        raise UnknownObjectError("there is no problem with this name")
    return known.MEANINGS[name]


def _feature(feature: Feature, *, in_model: bool) -> FeatureResponse:
    return FeatureResponse(
        name=feature.name,
        group=feature.group.value,
        unit=feature.unit.value,
        label=feature.label,
        meaning=feature.meaning,
        risk=_RISKS[feature.risk],
        actionable=feature.actionable.value,
        resources=tuple(sorted(resource.value for resource in feature.resources)),
        history_months=feature.history_months,
        is_bank_data=feature.is_bank_data,
        needs_bank_data=feature.needs_bank_data,
        source=feature.source,
        in_model=in_model,
    )
