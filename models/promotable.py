"""Models that a promotion or a policy names, proved before they score.

Digests alone prove nothing: who can write files can make them fit. A model is served because it ships with this version
(its manifest's digest stands in the registry's code), or because a signed promotion names its manifest, and only while
it holds what it had to hold when it was promoted.
"""

from models.records import Promotion
from models.registry import (
    SHIPPED,
    Registry,
    RegistryError,
    ServedModel,
    check_promotable,
    check_reads_bank_data,
    digest_of,
)


def load_promoted(registry: Registry, promotion: Promotion) -> ServedModel:
    """The model that a promotion names, proved.

    Args:
        registry: where it is registered.
        promotion: whose signature was verified, or of a version that ships.

    Raises:
        RegistryError: it is not there, was changed, or must not be served.
    """
    model = load_proved(registry, promotion.name, promotion.version, promotion.manifest_sha256)
    check_reads_bank_data(model.manifest)
    return model


def load_proved(registry: Registry, name: str, version: str, manifest_sha256: str) -> ServedModel:
    """A version that two persons have put in force by the digest of its manifest.

    Raises:
        RegistryError: it is not there, was changed, or must not be served.
    """
    model = registry.load(name, version)
    manifest = registry.manifest_of(name, version)
    if digest_of(manifest) != manifest_sha256:
        raise RegistryError(f"{manifest} has changed since {name} {version} was promoted")
    check_promotable(model.manifest, model.table, ships=SHIPPED.get((name, version)) == manifest_sha256)
    return model


def ships(promotion: Promotion) -> bool:
    """Whether a promotion is of a version that ships with this one, unchanged."""
    return SHIPPED.get((promotion.name, promotion.version)) == promotion.manifest_sha256
