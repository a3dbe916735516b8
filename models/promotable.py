"""What must hold for a registered model before it is promoted, and again whenever it is served.

Digests alone prove nothing: who can write files can make them fit. A model is served because it ships with this version
(its manifest's digest stands here), or because a signed promotion names its manifest, and only while this holds.
"""

from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from features.derive import CATALOGUE
from features.feature import Risk
from models.expert import GATES as EXPERT_GATES
from models.expert import ExpertError, check_card, read_card
from models.points import PointsTable
from models.records import Gate, Manifest, Promotion
from models.registry import EQUALITY_GATE, Registry, RegistryError, ServedModel, digest_of

SHIPPED: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("sme", "1"): "92f8337838d82780a08a8cc84c3fc70182fae93775fa1947d00e8eab4078ea14",
        ("sme", "2"): "198897e1d89915e2c0be1754860b97d2b81d0918ab83bc5cf38a5c312ab11f14",
        ("sme", "3"): "d041483a2cb6509be584cb29bc26b0561858d7bb99fd67216aa893aa29ccc9dc",
        ("sme", "4"): "43850fcd4b8b6573467ada4ef0ae86a4b98cefb4f59ff7d89393332f949a3f90",
    }
)
"""SHA-256 of the manifest of every version that ships with this one."""
_GATES: Final = frozenset({EQUALITY_GATE, "wrong_steps", "out_of_time_bads", "out_of_time_auc_low"})
"""Without these no validation is one. Scorecards of experts have others, and ``Registry.load`` derives them again."""


def wrong_steps(table: PointsTable, directions: Mapping[str, Risk]) -> int:
    """Steps of a table that go against the declared direction of risk, and missing values that earn points."""
    wrong = 0
    for feature in table.features:
        risk = directions[feature.name]
        wrong += sum(int(risk) * (right - left) > 0.0 for left, right in pairwise(feature.points))
        wrong += feature.missing_points > 0.0
    return wrong


def check_promotable(manifest: Manifest, table: PointsTable) -> None:
    """Prove that a model may score: every gate is passed, by its own figures, and every step goes the declared way.

    Raises:
        RegistryError: it may not; the message names the gates and features.
    """
    name = f"{manifest.name} {manifest.version}"
    gates = manifest.gates
    failed = {gate.name for gate in gates if not (gate.passed and _holds(gate))}
    failed |= (_GATES if manifest.expert is None else EXPERT_GATES) - {gate.name for gate in gates}
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
    model = registry.load(promotion.name, promotion.version)
    manifest = registry.manifest_of(promotion.name, promotion.version)
    if digest_of(manifest) != promotion.manifest_sha256:
        raise RegistryError(f"{manifest} has changed since {promotion.name} {promotion.version} was promoted")
    check_promotable(model.manifest, model.table)
    return model


def ships(promotion: Promotion) -> bool:
    """Whether a promotion is of a version that ships with this one, unchanged."""
    return SHIPPED.get((promotion.name, promotion.version)) == promotion.manifest_sha256


def _holds(gate: Gate) -> bool:
    # written so that NaN fails
    if gate.at_least is None and gate.at_most is None:
        return False
    is_high_enough = gate.at_least is None or gate.value >= gate.at_least
    return is_high_enough and (gate.at_most is None or gate.value <= gate.at_most)
