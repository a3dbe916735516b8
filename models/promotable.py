"""What must hold for a registered model before it is promoted, and again whenever it is served.

Digests alone prove nothing: who can write files can make them fit. A model is served because it ships with this version
(its manifest's digest stands here), or because a signed promotion names its manifest, and only while this holds.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from features.derive import CATALOGUE
from models.expert import GATES as EXPERT_GATES
from models.expert import ExpertError, check_card, read_card
from models.gates import contradicted, holds, wrong_steps
from models.points import PointsTable
from models.records import Manifest, Promotion
from models.registry import Registry, RegistryError, ServedModel, digest_of

SHIPPED: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("sme", "1"): "92f8337838d82780a08a8cc84c3fc70182fae93775fa1947d00e8eab4078ea14",
        ("sme", "2"): "198897e1d89915e2c0be1754860b97d2b81d0918ab83bc5cf38a5c312ab11f14",
        ("sme", "3"): "d041483a2cb6509be584cb29bc26b0561858d7bb99fd67216aa893aa29ccc9dc",
        ("sme", "4"): "43850fcd4b8b6573467ada4ef0ae86a4b98cefb4f59ff7d89393332f949a3f90",
        ("books", "1"): "45694ef27487e25669aa9304f9a4ba84c7b9c143c9a491fb042682c0522ff2e0",
    }
)
"""SHA-256 of the manifest of every version that ships with this one."""


def check_promotable(manifest: Manifest, table: PointsTable, *, ships: bool = False) -> None:
    """Prove that a model may score: every gate is passed, by its own figures, and every step goes the declared way.

    What a gate asks is not read from the manifest, and what was found follows from the figures: who can write files
    could make both fit.

    Args:
        manifest: Of the version.
        table: Its points.
        ships: Its manifest is known by its digest: it keeps the gates that it was measured by.

    Raises:
        RegistryError: it may not; the message names the gates and features.
    """
    name = f"{manifest.name} {manifest.version}"
    if manifest.rests_on == "table":
        raise RegistryError(f"{name} cannot be served: it was trained on a table, not on books")
    failed = {gate.name for gate in manifest.gates if not (gate.passed and holds(gate))}
    if manifest.expert is not None:
        failed |= EXPERT_GATES - {gate.name for gate in manifest.gates}
    elif not ships and manifest.validation is not None:
        failed |= set(contradicted(manifest.validation))
    if failed:
        raise RegistryError(f"{name} cannot be served: it fails {', '.join(sorted(failed))}")
    unknown = sorted(set(table.names) - CATALOGUE.keys())
    if unknown:
        raise RegistryError(f"{name} cannot be served: this version has no feature {', '.join(unknown)}")
    if wrong_steps(table, {feature: CATALOGUE[feature].risk for feature in table.names}):
        raise RegistryError(f"{name} cannot be served: its points go against the declared direction of risk")
    if manifest.expert is not None:
        try:
            check_card(read_card(manifest.expert.text))
        except ExpertError as error:
            raise RegistryError(f"{name} cannot be served: {error}") from error


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


def check_reads_bank_data(manifest: Manifest) -> None:
    """Check that a model may score whoever applies: one that was trained without bank data may not.

    Raises:
        RegistryError: it was trained without.
    """
    if not manifest.bank_data:
        raise RegistryError(
            f"{manifest.name} {manifest.version} was trained without bank data: it scores natural persons whose bank "
            "data a policy leaves out. Name it in `natural_persons.model` of such a policy; do not promote it"
        )


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
