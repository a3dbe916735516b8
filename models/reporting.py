"""What reports are asked for beside the model and its dataset, and from where it is read."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import polars as pl
from cyclopts import Parameter

from features.derive import CATALOGUE, is_fetched
from models.alarms import DAYS_EARLIER
from models.committee import Asked
from models.cut_offs import IFD, CutOffs, read_cut_offs
from models.dataset import Dataset, Progress, earlier_rows
from models.points import PointsTable
from models.records import TrainingRecord
from models.registry import ARTIFACTS, CandidateError, open_registry
from models.segments import read_segments, revenue_feature
from models.worth import Rival

BORROWERS_EARLIER = 1_000
"""Whose features are derived a second time, to find evidence of the last days: enough to see it."""

Derived = Callable[[str, Callable[[Progress], pl.DataFrame]], pl.DataFrame]
"""Does work that derives rows, under a title and with a progress bar."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOptions:
    """Options that validate and report share."""

    policy: Annotated[
        Path | None,
        Parameter(help="Credit policy, TOML: its cut-off for approvals and its grades. Without one: IFD levels."),
    ] = None
    segments: Annotated[
        Path | None,
        Parameter(
            help="CSV or Parquet: borrower or decision_id, and any of legal_form, founded_on, sector. "
            "segments.parquet of the dataset, where none is named."
        ),
    ] = None
    against: Annotated[
        str | None,
        Parameter(help="Registered model that this one would replace: NAME for its champion, or NAME/VERSION."),
    ] = None
    registry: Annotated[Path, Parameter(help="Folder of the registered models.")] = ARTIFACTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The options, read and checked before anything is derived."""

    cut_offs: CutOffs
    known: pl.DataFrame
    rival: Rival | None
    revenue: str | None
    names: tuple[str, ...]
    """Features that rows need."""

    def asked(self, dataset: Dataset, table: PointsTable, record: TrainingRecord, derived: Derived) -> Asked:
        """With the features as they were some days earlier, which are derived now; of loans alone."""
        earlier = None
        if record.distress is None:
            earlier = derived(
                f"Deriving features {DAYS_EARLIER} days earlier",
                lambda done: earlier_rows(
                    dataset,
                    table.names,
                    since=record.cut_off,
                    days=DAYS_EARLIER,
                    borrowers=BORROWERS_EARLIER,
                    progress=done,
                ),
            )
        return Asked(cut_offs=self.cut_offs, known=self.known, revenue=self.revenue, rival=self.rival, earlier=earlier)


def question(options: ReportOptions, dataset: Dataset, table: PointsTable, record: TrainingRecord) -> Question:
    """Read what the options name.

    Raises:
        CutOffsError: the policy cannot be read.
        DatasetError: the segments cannot be read.
        RegistryError: the other model is not registered.
        CandidateError: the other model has features that the dataset does not have, or predicts something else.
    """
    usable = {name for name, feature in CATALOGUE.items() if is_fetched(feature, dataset.fetched)}
    rival = None if options.against is None else _rival(options.against, options.registry, record)
    if rival is not None and (absent := [name for name in rival.table.names if name not in usable]):
        raise CandidateError(f"{rival.title} needs {', '.join(absent)}, which {dataset.folder} does not have")
    revenue = revenue_feature(record.features_version)
    names = [*record.candidates, *table.names, *(() if rival is None else rival.table.names), revenue]
    return Question(
        cut_offs=IFD if options.policy is None else read_cut_offs(options.policy),
        known=read_segments(dataset, options.segments),
        rival=rival,
        revenue=revenue if revenue in usable else None,
        names=tuple(name for name in dict.fromkeys(names) if name in usable),
    )


def _rival(asked: str, registry: Path, record: TrainingRecord) -> Rival:
    name, _, version = asked.partition("/")
    models = open_registry(registry)
    model = models.load(name, version) if version else models.champion(name)
    if model.manifest.outcome != record.outcome:
        raise CandidateError(
            f"--against {asked}: it predicts {model.manifest.outcome}, and this model {record.outcome}; name one that "
            "predicts the same"
        )
    training = model.manifest.training
    if training is not None and training.bank_data != record.bank_data:
        raise CandidateError(
            f"--against {asked}: one of both was trained without bank data, and replaces no model that reads them; "
            "python -m models compare tells what bank data are worth"
        )
    until = None if training is None else training.trained_until
    return Rival(title=f"{name} {model.manifest.version}", table=model.table, trained_until=until)
