"""What changed from one registered version of a model to another, in sentences."""

from models.records import Estimate, Manifest
from models.registry import ServedModel
from models.table_text import rows_word

_MOST_NAMED = 8


def changes(old: ServedModel, new: ServedModel) -> tuple[str, ...]:
    """Sentences on data, label, features, points and figures; one at least.

    Args:
        old: The earlier version.
        new: The later one.
    """
    before, after = old.manifest, new.manifest
    told = [
        *_how(before, after),
        *_features(before, after),
        *_points(old, new),
        *_figures(before, after),
    ]
    return tuple(told) or ("Nothing but the version changed.",)


def _how(before: Manifest, after: Manifest) -> list[str]:
    told = []
    if before.definition != after.definition or before.horizon_months != after.horizon_months:
        told.append(
            f"Label: {before.definition}, {before.horizon_months} months, became {after.definition}, "
            f"{after.horizon_months} months. PDs of the two must not be compared."
        )
    if before.rests_on != after.rests_on:
        told.append(f"Data: {before.rests_on} became {after.rests_on}.")
    if before.features_version != after.features_version:
        told.append(f"Feature catalogue: {before.features_version} became {after.features_version}.")
    first, second = before.training, after.training
    if first is None or second is None:
        return told
    if first.estimator != second.estimator:
        told.append(f"Estimator: {first.estimator} became {second.estimator}.")
    if first.dataset.sha256 != second.dataset.sha256:
        told.append(
            f"Training data: another dataset; {first.train.rows} {rows_word(first)} with {first.train.bads} bads until "
            f"{first.trained_until} became {second.train.rows} with {second.train.bads} until {second.trained_until}."
        )
    if first.parameters != second.parameters:
        named = sorted(
            name
            for name in {*first.parameters, *second.parameters}
            if first.parameters.get(name) != second.parameters.get(name)
        )
        told.append(f"Parameters of the training: {', '.join(named)}.")
    return told


def _features(before: Manifest, after: Manifest) -> list[str]:
    new = [name for name in after.features if name not in before.features]
    gone = [name for name in before.features if name not in after.features]
    told = [f"Features that are new: {', '.join(new)}."] if new else []
    return [*told, f"Features that left: {', '.join(gone)}."] if gone else told


def _points(old: ServedModel, new: ServedModel) -> list[str]:
    then = {steps.name: steps for steps in old.table.features}
    other = [steps.name for steps in new.table.features if steps.name in then and steps != then[steps.name]]
    told = [f"Features with other bins or points: {_named(other)}."] if other else []
    before, after = ({pair.name: pair for pair in model.table.pairs} for model in (old, new))
    for what, names in (
        ("Pairs that are new", [name for name in after if name not in before]),
        ("Pairs that left", [name for name in before if name not in after]),
        ("Pairs with other bins or points", [name for name in after if before.get(name, after[name]) != after[name]]),
    ):
        if names:
            told.append(f"{what}: {_named(names)}.")
    return told


def _named(names: list[str]) -> str:
    return ", ".join(names[:_MOST_NAMED]) + (" and others" if len(names) > _MOST_NAMED else "")


def _figures(before: Manifest, after: Manifest) -> list[str]:
    if before.validation is None or after.validation is None:
        return []
    first, second = before.validation.out_of_time, after.validation.out_of_time
    told = [f"AUC out of time: {_told(first.auc)} became {_told(second.auc)}{_same_rows(before, after)}."]
    failed = [gate.name for gate in after.gates if not gate.passed]
    return [*told, f"Gates that fail now: {', '.join(failed)}."] if failed else told


def _same_rows(before: Manifest, after: Manifest) -> str:
    one, other = (_measured_on(manifest) for manifest in (before, after))
    return "" if one == other else ", on other rows: the difference is not one of the models alone"


def _measured_on(manifest: Manifest) -> tuple[object, ...]:
    """What the rows of the figures follow from."""
    training, validation = manifest.training, manifest.validation
    if training is None or validation is None:
        return ()
    rows = validation.out_of_time.rows, validation.out_of_time.bads
    return validation.dataset_sha256, training.outcome, training.label, training.cut_off, rows


def _told(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"
