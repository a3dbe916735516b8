"""Wire types of what is in force: models, policies, features, keys."""

from typing import Literal

import msgspec

from features.feature import Text


class ModelResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The model in use."""

    name: str
    version: str
    sha256: str
    is_simulated: bool
    """Trained on simulated firms: the policy refers every application of a real firm."""
    horizon_months: int
    definition: str
    features: tuple[str, ...]


class PolicyResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The policy in use."""

    version: str
    sha256: str
    products: tuple[str, ...]
    content: str
    """The policy file, TOML."""


class FeatureResponse(msgspec.Struct, frozen=True, kw_only=True):
    """One feature of the catalogue."""

    name: str
    group: str
    unit: str
    label: Text
    meaning: Text
    risk: Literal["raises", "lowers", "open"]
    actionable: str
    resources: tuple[str, ...]
    history_months: int
    is_bank_data: bool
    """Whether bank data make its value, where they are read."""
    needs_bank_data: bool
    """Whether there is no value without them."""
    source: str
    in_model: bool


class FeatureList(msgspec.Struct, frozen=True, kw_only=True):
    """The catalogue of features."""

    version: str
    items: list[FeatureResponse]


class SigningKey(msgspec.Struct, frozen=True, kw_only=True):
    """The public part of a key, as RFC 8037 has it."""

    kty: str
    crv: str
    kid: str
    x: str


class SigningKeyList(msgspec.Struct, frozen=True, kw_only=True):
    """A JWK Set; the first key signs."""

    keys: list[SigningKey]
