"""The technical file of a registered version, in the order of Annex IV of the AI Act (Regulation (EU) 2024/1689).

The template has the words; here are the facts. Every point is filled from what was recorded of the version, or says
plainly what the provider or the lender adds. At the end is what a lender's own impact assessments take from it.
"""

from collections.abc import Mapping

from features.feature import Feature
from models.card import ALONE, PAIRED
from models.cut_offs import CutOffs
from models.distress_words import against_text, known_text
from models.findings import Findings
from models.pages import Grid, environment
from models.records import Manifest, TrainingRecord, Validation
from models.registry import Registry, ServedModel
from models.registry_report import findings_of
from models.version_changes import changes
from models.wording import DIRECTION, ESTIMATORS, estimate_text, gate_text, interval_text


def technical_file(
    models: Registry, name: str, version: str, cut_offs: CutOffs | None, catalogue: Mapping[str, Feature]
) -> str:
    """The file as Markdown.

    Args:
        models: A registry.
        name: Of the model.
        version: A registered one.
        cut_offs: Of the policy that the lender decides with; null where none was named.
        catalogue: Declarations of all features.

    Raises:
        RegistryError: not registered, or changed since.
    """
    model = models.load(name, version)
    models.check_files(name, version)
    manifest = model.manifest
    training, validation, findings = manifest.training, manifest.validation, findings_of(models, manifest)
    versions = [one for of_name, one in models.versions() if of_name == name]
    place = versions.index(version)
    previous = models.load(name, versions[place - 1]) if place else None
    return (
        environment()
        .get_template("technical_file.md")
        .render(
            manifest=manifest,
            sha256=model.sha256,
            training=training,
            validation=validation,
            cut_offs=findings.cut_offs if findings else None,
            previous=previous.manifest.version if previous else None,
            changes=changes(previous, model) if previous else (),
            versions=", ".join(f"{one} {number}" for one, number in sorted(training.versions.items()))
            if training
            else "",
            method=_method(training) if training else "",
            distress=training is not None and training.distress is not None,
            known=known_text(training.distress) if training and training.distress else "",
            against=against_text(validation.against_loans) if validation else "",
            influence=PAIRED if model.table.pairs else ALONE,
            pairs=[
                " and ".join(f"{catalogue[one].label.en} (`{one}`)" for one in (pair.first, pair.second))
                for pair in model.table.pairs
            ],
            features=Grid(
                head=["feature", "what", "declared direction"],
                rows=[
                    [f"`{one}`", catalogue[one].label.en, DIRECTION[catalogue[one].risk]]
                    for one in model.table.names
                    if one in catalogue
                ],
            ),
            parts=_parts(training) if training else None,
            gates=Grid(
                head=["gate", "what", "asked", "found", "result"],
                rows=[[gate.name, gate.meaning, *gate_text(gate)] for gate in manifest.gates],
            ),
            leaks=_leaks(manifest, findings),
            accuracy=_accuracy(validation) if validation else None,
            interval=_interval(model),
            groups=_groups(findings) if findings else None,
            has_approvals=findings is not None and findings.cut_offs.approve_at_or_below is not None,
            promotions=[one for one in models.stages().promotions if (one.name, one.version) == (name, version)],
            decides=_decides(cut_offs),
            standing_out=_standing_out(findings),
        )
    )


def _method(training: TrainingRecord) -> str:
    told = ESTIMATORS[training.estimator].format(slope=training.calibration_slope)
    return f"{told[0].upper()}{told[1:]}"


def _parts(training: TrainingRecord) -> Grid:
    return Grid(
        head=["part", "days", "rows", "bads", "borrowers"],
        rows=[
            [name, f"{part.first_on} to {part.last_on}", str(part.rows), str(part.bads), str(part.borrowers)]
            for name, part in (("training", training.train), ("out of time", training.out_of_time))
        ],
    )


def _interval(model: ServedModel) -> str:
    """What the interval of a score means; empty without one."""
    training, validation = model.manifest.training, model.manifest.validation
    if training is None or validation is None or validation.interval_width is None:
        return ""
    bags = len(model.table.bag_bases)
    return interval_text(bags, validation.interval_width, training.widening, validation.interval_coverage)


def _leaks(manifest: Manifest, findings: Findings | None) -> str:
    if manifest.validation is None:
        return ""
    if findings is None:
        return "Signs of a leak of outcomes into features were not looked for: versions before 0.8 did not."
    raised = [f"{alarm.name} ({alarm.subject})" for alarm in findings.alarms if alarm.is_raised]
    found = f"raised: {', '.join(raised)}" if raised else "none was raised"
    measured = sum(alarm.found is not None for alarm in findings.alarms)
    looked = len(findings.alarms)
    return f"Signs of a leak of outcomes into features: {looked} were looked for, {measured} measured, {found}."


def _accuracy(validation: Validation) -> Grid:
    samples = (
        ("all", validation.out_of_time),
        ("borrowers that training never saw", validation.unseen_borrowers),
    )
    return Grid(
        head=["sample", "rows", "bads", "AUC", "Brier", "slope", "observed / expected"],
        rows=[
            [
                name,
                str(one.rows),
                str(one.bads),
                estimate_text(one.auc),
                estimate_text(one.brier, 4),
                estimate_text(one.calibration_slope, 2),
                estimate_text(one.observed_to_expected, 2),
            ]
            for name, one in samples
            if one is not None
        ],
    )


def _groups(findings: Findings) -> Grid:
    return Grid(
        head=["by", "group", "rows", "bads", "AUC", "observed / expected", "approved"],
        rows=[
            [
                one.dimension,
                one.name,
                str(one.rows),
                str(one.bads),
                estimate_text(one.auc) or "too few bads",
                estimate_text(one.observed_to_expected, 2) or "too few bads",
                "" if one.approved is None else f"{one.approved.value:.1%}",
            ]
            for one in findings.segments
        ],
    )


def _decides(cut_offs: CutOffs | None) -> str:
    bound = None if cut_offs is None else cut_offs.approve_at_or_below
    if cut_offs is None or bound is None:
        return "No policy was named (`--policy`): say up to which PD no person decides."
    return (
        f"By {cut_offs.source}, firms up to a PD of {bound:.2%} can be approved without a person, unless one of its "
        "rules says otherwise."
    )


def _standing_out(findings: Findings | None) -> str:
    """Groups that a committee looks at."""
    if findings is None or not findings.fairness:
        return "Approvals by group were not measured: validate with `--policy` and what is known of firms."
    lower, off = (
        ", ".join(f"{one.name} ({one.dimension})" for one in findings.fairness if getattr(one, flag)) or "none"
        for flag in ("is_approved_less", "is_calibrated_otherwise")
    )
    return f"Approved clearly less often than all others: {lower}. Calibrated otherwise: {off}."
