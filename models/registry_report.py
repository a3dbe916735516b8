"""The report of a registry: all versions of its models side by side, what serves, who promoted it, and what changed.

It rests on the records of the versions alone, so that it can be made where no dataset is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from features.feature import Feature
from models.days import day_of
from models.findings import FINDINGS, Findings
from models.pages import Grid, environment
from models.records import Manifest
from models.registry import Registry, RegistryError, ServedModel, digest_of, read_record
from models.version_changes import changes
from models.wording import estimate_text


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPart:
    """The versions of one name."""

    name: str
    champion: str
    figures: Grid
    gates: Grid
    features: Grid
    changes: tuple[tuple[str, tuple[str, ...]], ...]
    """Of each version since the one before: the title and sentences."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryReport:
    """The page, and what it could not tell."""

    page: str
    damaged: tuple[str, ...]
    """Of each version that has changed since it was registered: what is wrong with it."""


def registry_report(models: Registry, catalogue: Mapping[str, Feature]) -> RegistryReport:
    """The page of all versions that are whole; it names those that are not.

    Args:
        models: A registry that exists.
        catalogue: Declarations of all features.

    Raises:
        RegistryError: nothing is registered, or no version is whole.
    """
    versions = models.versions()
    if not versions:
        raise RegistryError(f"nothing is registered in {models.root}")
    manifests, damaged = [], {}
    for name, version in versions:
        try:
            manifest = models.load(name, version).manifest
            findings_of(models, manifest)
        except RegistryError as error:
            damaged[name, version] = str(error)
        else:
            manifests.append(manifest)
    if not manifests:
        raise RegistryError("; ".join(damaged.values()))
    names = list(dict.fromkeys(manifest.name for manifest in manifests))
    page = (
        environment()
        .get_template("registry.html")
        .render(
            models=[_model(models, [one for one in manifests if one.name == name], catalogue) for name in names],
            damaged=Grid(
                head=["model", "version", "what is wrong"],
                rows=[[name, version, error] for (name, version), error in damaged.items()],
            ),
            promotions=Grid(
                head=["when", "model", "by", "reason", "replaced"],
                rows=[
                    [one.at, f"{one.name} {one.version}", one.by, one.reason, one.replaced or "nothing"]
                    for one in models.stages().promotions
                ],
            ),
        )
    )
    return RegistryReport(page=page, damaged=tuple(damaged.values()))


def findings_of(models: Registry, manifest: Manifest) -> Findings | None:
    """The findings of a registered version; null of versions from before 0.8, and of scorecards of experts.

    Raises:
        RegistryError: the file has changed since it was registered.
    """
    recorded = manifest.files.get(FINDINGS)
    if recorded is None:
        return None
    path = models.manifest_of(manifest.name, manifest.version).parent / FINDINGS
    if digest_of(path) != recorded:
        raise RegistryError(f"{path} has changed since it was registered")
    return read_record(path, Findings)


def _model(models: Registry, versions: list[Manifest], catalogue: Mapping[str, Feature]) -> ModelPart:
    name = versions[0].name
    standing = models.stages().champion(name)
    used = [feature for feature in catalogue if any(feature in one.features for one in versions)]
    gates = list(dict.fromkeys(gate.name for one in versions for gate in one.gates))
    return ModelPart(
        name=name,
        champion=(
            "No version is promoted in this registry."
            if standing is None
            else f"Version {standing.version} is the champion, promoted on {_day(standing.at)} by {standing.by}: "
            f"{standing.reason}"
        ),
        figures=Grid(
            head=[
                "version",
                "registered",
                "estimator",
                "data",
                "features",
                "bads out of time",
                "AUC",
                "slope",
                "observed / expected",
                "PSI of the score",
                "gates",
                "alarms",
            ],
            rows=[_figures(models, one, "" if standing is None else standing.version) for one in versions],
        ),
        gates=Grid(
            head=["gate", *(one.version for one in versions)],
            rows=[[gate, *(_gate(one, gate) for one in versions)] for gate in gates],
        ),
        features=Grid(
            head=["feature", *(one.version for one in versions)],
            rows=[[feature, *("yes" if feature in one.features else "" for one in versions)] for feature in used],
        ),
        changes=tuple(
            (f"From {old.version} to {new.version}", changes(_served(models, old), _served(models, new)))
            for old, new in pairwise(versions)
        ),
    )


def _day(stamp: str) -> date:
    return day_of(datetime.fromisoformat(stamp))


def _served(models: Registry, manifest: Manifest) -> ServedModel:
    return models.load(manifest.name, manifest.version)


def _figures(models: Registry, one: Manifest, champion: str) -> list[str]:
    version = f"{one.version} (champion)" if one.version == champion else one.version
    start = [version, str(_day(one.registered_at))]
    passed = "pass" if one.has_passed else "FAIL"
    if one.training is None or one.validation is None:
        return [*start, "expert", one.rests_on, str(len(one.features)), *["never measured"] * 5, passed, ""]
    figures, found = one.validation.out_of_time, findings_of(models, one)
    alarms = "not looked for" if found is None else str(sum(alarm.is_raised for alarm in found.alarms))
    return [
        *start,
        one.training.estimator,
        f"{one.rests_on}, until {one.training.trained_until}",
        str(len(one.features)),
        str(figures.bads),
        estimate_text(figures.auc),
        estimate_text(figures.calibration_slope, 2),
        estimate_text(figures.observed_to_expected, 2),
        f"{one.validation.stability.psi:.3f}",
        passed,
        alarms,
    ]


def _gate(manifest: Manifest, name: str) -> str:
    found = next((gate for gate in manifest.gates if gate.name == name), None)
    return "" if found is None else f"{found.value:.3g} {'pass' if found.passed else 'FAIL'}"
