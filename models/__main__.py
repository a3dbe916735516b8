"""``python -m models``: train or set, compare, validate, report, register, promote, list, show and export models."""

import hashlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

import msgspec
from cyclopts import App, CycloptsError, Parameter
from rich.console import Console
from rich.table import Column, Table

from features.derive import CATALOGUE
from models.cut_offs import CutOffsError, read_cut_offs
from models.dataset import DatasetError, DefinitionError, feature_rows, read_dataset
from models.days import day_of
from models.expert import ExpertCard, ExpertError, build, check_card, describe, portfolio_of, read_card
from models.expert_card import expert_card
from models.export import Exported, ExportError, Format, export
from models.outcomes import Definition, RepaymentsError
from models.points import InvalidTableError, PointsTable
from models.records import (
    CARD,
    EXPERT,
    SCORECARD,
    TRAINING,
    VALIDATION,
    ExpertRecord,
    Portfolio,
    to_json,
)
from models.registry import (
    ARTIFACTS,
    CandidateError,
    OutputError,
    Registry,
    RegistryError,
    digest_of,
    open_registry,
    read_expert,
    read_training,
    stamp,
)
from models.repayments_file import RepaymentsFileError
from models.technical_file import technical_file
from models.variables import VariablesError, absent_numbers, codes_text, read_variables

ANALYSIS_PACKAGES = MappingProxyType(
    {"altair": "altair", "skops": "skops", "sklearn": "scikit-learn", "vl_convert": "vl-convert-python"}
)
"""Modules that are in requirements-analysis.lock alone, with the names that installers know."""
ANALYSIS_COMMANDS = ("outcomes", "train", "compare", "validate", "report", "pages")
"""Commands that need these packages."""


class AnalysisMissingError(Exception):
    """A command whose packages are not installed; the message says how to install them."""


USER_ERRORS = (
    AnalysisMissingError,
    CandidateError,
    CutOffsError,
    CycloptsError,
    DatasetError,
    DefinitionError,
    ExpertError,
    ExportError,
    InvalidTableError,
    OSError,
    OutputError,
    RegistryError,
    RepaymentsError,
    RepaymentsFileError,
    VariablesError,
)

CandidateFolder = Annotated[Path, Parameter(help="Candidate folder, as train or expert writes it.")]
RegistryFolder = Annotated[Path, Parameter(name="--registry", help="Folder of the registered models.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registering:
    """The commands on registered versions; each records what it did.

    Args:
        console: Where tables go.
        clock: Returns the time for records, with time zone.
    """

    console: Console
    clock: Callable[[], datetime]

    def register(
        self,
        candidate: CandidateFolder,
        *,
        name: Annotated[str, Parameter(help="Model name: lower-case letters, digits, underscores.")],
        version: Annotated[str, Parameter(help="Numbers with dots, such as 1 or 1.2.")],
        registry: RegistryFolder = ARTIFACTS,
    ) -> None:
        """Register a validated candidate under a name and version. A registered version never changes."""
        manifest = Registry(root=registry).register(candidate, name=name, version=version, at=self.clock())
        self._say(f"Registered {manifest.name} {manifest.version} with {len(manifest.features)} features.")
        if manifest.has_passed and not manifest.bank_data:
            digest = digest_of(Registry(root=registry).manifest_of(name, version))
            named = f'model = {{ name = "{name}", version = "{version}", manifest_sha256 = "{digest}" }}'
            self._say(f'Next, in [natural_persons] of a policy with `bank_data = "leave_out"`: {named}')
        elif manifest.has_passed:
            where = "" if registry == ARTIFACTS else f" --registry {registry}"
            self._say(f"Next: python -m models promote {name} {version} --by NAME --reason TEXT{where}")
        else:
            self._say("Not every gate is passed: this version is kept for the record and cannot be promoted.")

    def expert(
        self,
        file: Annotated[Path, Parameter(help="What people set, TOML; models/examples/expert.toml shows how.")],
        *,
        out: Annotated[Path, Parameter(help="Candidate folder to write; not one of a trained model.")],
        dataset: Annotated[
            Path | None, Parameter(help="Dataset folder of a portfolio; its outcomes are not looked at.")
        ] = None,
    ) -> None:
        """Make a scorecard whose points people set, for lenders without outcomes.

        Points are centred and anchored, so that the mean PD is the bad rate that the file names.
        """
        found = [name for name in (TRAINING, VALIDATION) if (out / name).exists()]
        if found:
            raise OutputError(f"{out} holds {', '.join(found)} of a trained model; name another folder")
        if out.is_file():
            raise OutputError(f"{out} cannot be written: it is a file")
        if dataset is not None and out.resolve().is_relative_to(dataset.resolve()):
            raise OutputError(f"{out} would lie in the dataset folder {dataset} and change it; name a place outside")
        text = _text_of(file)
        try:
            card = read_card(text)
            check_card(card)
            portfolio = None if dataset is None else self._portfolio(card, dataset)
            built = build(card, portfolio)
        except ExpertError as error:
            raise ExpertError("\n".join(f"{file}: {line}" for line in str(error).splitlines())) from error
        record = ExpertRecord(
            schema=1,
            estimator="expert",
            made_at=stamp(self.clock()),
            text=text,
            portfolio=portfolio,
            definition=Definition.crr_178(),
            features_version=str(CATALOGUE[built.table.names[0]].catalogue),
            mean_pd=built.mean_pd,
            gates=built.gates,
            files={},
        )
        anchored = describe(built, portfolio)
        contents = {
            SCORECARD: built.table.to_json(),
            CARD: expert_card(built.table, card, record, anchored, CATALOGUE).encode(),
        }
        digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
        contents[EXPERT] = to_json(msgspec.structs.replace(record, files=digests))
        out.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            (out / name).write_bytes(content)
        self._say(anchored)
        self._say(f"Wrote {out}: {len(built.table.features)} features, never measured.")
        self._say(f"Next: python -m models register {out} --name NAME --version N")

    def _portfolio(self, card: ExpertCard, folder: Path) -> Portfolio:
        with self.console.status("Checking the dataset"):
            dataset = read_dataset(folder, outcomes_known=False)
        with self.console.status("Deriving features"):
            rows = feature_rows(dataset, list(card.features))
        return portfolio_of(card, rows, dataset.reference)

    def promote(
        self,
        name: Annotated[str, Parameter(help="Model name.")],
        version: Annotated[str, Parameter(help="Registered version.")],
        *,
        by: Annotated[str, Parameter(help="Person responsible.")],
        reason: Annotated[str, Parameter(help="Reason, in a sentence.")],
        registry: RegistryFolder = ARTIFACTS,
    ) -> None:
        """Make a registered version the champion.

        It must have passed every gate. Person, time and reason are recorded.
        """
        models = open_registry(registry)
        promotion = models.promote(name, version, by=by, reason=reason, at=self.clock())
        replaced = f", replacing {promotion.replaced}" if promotion.replaced else ""
        self._say(f"{name} {version} is champion{replaced}. A service scores with it once it is signed there:")
        self._say(f"python -m scoring models promote {name} {version} --reason TEXT")

    def list(self, *, registry: RegistryFolder = ARTIFACTS) -> None:
        """List registered versions and promotions."""
        models = open_registry(registry)
        stages = models.stages()
        registered = Column("registered", no_wrap=True)
        table = Table("model", "version", "champion", registered, "data", "AUC out of time", "gates")
        versions = models.versions()
        damaged = []
        for name, version in versions:
            champion = stages.champion(name)
            try:
                manifest = models.load(name, version).manifest
            except RegistryError as error:
                is_champion = champion and champion.version == version
                table.add_row(name, version, "yes" if is_champion else "", "", "damaged", "", "")
                damaged.append(str(error))
                continue
            auc = manifest.validation.out_of_time.auc if manifest.validation else None
            table.add_row(
                name,
                version,
                "yes" if champion and champion.version == version else "",
                str(day_of(datetime.fromisoformat(manifest.registered_at))),
                manifest.rests_on if manifest.bank_data else f"{manifest.rests_on}, without bank data",
                f"{auc.value:.3f} ({auc.low:.3f} to {auc.high:.3f})" if auc else "never measured",
                "pass" if manifest.has_passed else "FAIL",
            )
        self.console.print(table)
        for name in dict.fromkeys(promotion.name for promotion in stages.promotions):
            champion = stages.champion(name)
            if champion is not None and (name, champion.version) not in versions:
                self._say(f"The champion {name} {champion.version} is not in the registry: bring its folder back.")
        for promotion in stages.promotions:
            self._say(
                f"{promotion.at}  {promotion.name} {promotion.version} promoted by {promotion.by}: {promotion.reason}"
            )
        if damaged:
            raise RegistryError("; ".join(damaged))

    def show(
        self,
        name: Annotated[str, Parameter(help="Model name.")],
        version: Annotated[str | None, Parameter(help="Registered version; the champion if none is given.")] = None,
        *,
        registry: RegistryFolder = ARTIFACTS,
    ) -> None:
        """Print the model card of a version; without a version, of the champion."""
        models = open_registry(registry)
        model = models.champion(name) if version is None else models.load(name, version)
        self._say(f"{name} {model.manifest.version}, sha256 {model.sha256}")
        self._say(models.card(name, model.manifest.version))

    def export(
        self,
        model: Annotated[str, Parameter(help="Candidate folder, or name of a registered model.")],
        version: Annotated[str | None, Parameter(help="Registered version; the champion if none is given.")] = None,
        *,
        kind: Annotated[Format, Parameter(name="--as", help="One SQL query, or one Python file.")],
        out: Annotated[Path, Parameter(help="File to write.")],
        registry: RegistryFolder = ARTIFACTS,
    ) -> None:
        """Write a model as one SQL query or one Python file without dependencies.

        It is proved equal to the model before it is written: the query with the SQLite of this Python, the file with
        this Python.
        """
        is_candidate = version is None and Path(model).is_dir()
        exported = _candidate(Path(model)) if is_candidate else _registered(open_registry(registry), model, version)
        if out.is_dir() or not out.parent.is_dir():
            raise OutputError(f"{out} cannot be written: " + ("it is a folder" if out.is_dir() else "no such folder"))
        text, rows = export(exported, kind)
        out.write_text(text, encoding="utf-8")
        self._say(f"Wrote {out}, proved equal to {exported.title} on {rows} rows.")

    def technical_file(
        self,
        name: Annotated[str, Parameter(help="Model name.")],
        version: Annotated[str, Parameter(help="Registered version.")],
        *,
        out: Annotated[Path, Parameter(help="Markdown file to write.")],
        policy: Annotated[Path | None, Parameter(help="Credit policy that the lender decides with, TOML.")] = None,
        registry: RegistryFolder = ARTIFACTS,
    ) -> None:
        """Write the technical file of a version, after Annex IV of the AI Act.

        It is filled from the records of the version, and says what the lender adds, what changed since the version
        before, and what impact assessments (GDPR Article 35, AI Act Article 27) take from it.
        """
        if out.is_dir() or not out.parent.is_dir():
            raise OutputError(f"{out} cannot be written: " + ("it is a folder" if out.is_dir() else "no such folder"))
        cut_offs = None if policy is None else read_cut_offs(policy)
        page = technical_file(open_registry(registry), name, version, cut_offs, CATALOGUE)
        out.write_text(page, encoding="utf-8")
        self._say(f"Wrote {out}.")

    def _say(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ExpertError(f"{file}: not UTF-8; save it as UTF-8") from error


def _candidate(folder: Path) -> Exported:
    """A candidate folder, as an export needs it."""
    if (folder / EXPERT).exists():
        _, table = read_expert(folder)
        title = "a scorecard of experts"
        return Exported(title=title, table=table, sha256=digest_of(folder / SCORECARD), note=_NOTES["experts"])
    record = read_training(folder)
    path = folder / SCORECARD
    sha256 = digest_of(path)
    if sha256 != record.files.get(SCORECARD):
        raise CandidateError(f"{path} has changed since it was trained; train again")
    table = PointsTable.from_json(path.read_bytes())
    title = f"a {record.estimator} candidate"
    note, absent = _NOTES[record.dataset.kind], {}
    if record.table is not None:
        variables = read_variables(record.table.directions, record.table.directions_file).variables
        note += codes_text(variables)
        absent = absent_numbers({name: variables[name] for name in table.names}, record.table.missing)
    return Exported(title=title, table=table, sha256=sha256, note=note, absent=absent)


def _registered(models: Registry, name: str, version: str | None) -> Exported:
    """A registered version, or the champion, as an export needs it."""
    model = models.champion(name) if version is None else models.load(name, version)
    title = f"{name}/{model.manifest.version}"
    return Exported(title=title, table=model.table, sha256=model.sha256, note=_NOTES[model.manifest.rests_on])


_NOTES = {
    "simulated": "Trained on simulated firms: it says nothing about real firms.",
    "observed": "Trained on observed repayments.",
    "table": "Trained on a table, for use outside of the service.",
    "experts": "Set by people, never measured.",
    "simulated distress": "Trained on distress of simulated firms: it says nothing about real firms, or defaults.",
    "observed distress": "Trained on distress in firms' own books: its PD is of distress, not of default on a loan.",
}
"""On what a model rests, for the first lines of an export."""


def build_app(console: Console, clock: Callable[[], datetime]) -> App:
    """The command line around the commands."""
    app = App(
        name="python -m models",
        help="Train, validate, register and promote models. Each step records what it did.",
        version_flags=[],
        console=console,
    )
    _add_analysis(app, console, clock)
    registering = Registering(console=console, clock=clock)
    for command in (
        registering.expert,
        registering.register,
        registering.promote,
        registering.list,
        registering.show,
        registering.export,
        registering.technical_file,
    ):
        app.command(command)
    return app


def _add_analysis(app: App, console: Console, clock: Callable[[], datetime]) -> None:
    """Add the commands that need packages for analysis, or what says that these are missing."""
    missing = [package for module, package in ANALYSIS_PACKAGES.items() if find_spec(module) is None]
    if missing:
        for name in ANALYSIS_COMMANDS:
            app.command(_refusing(name, missing), name=name, help="Not installed here: `make analysis`.")
        return
    from models.analysis import Analysis  # noqa: PLC0415  not every installation has its packages

    analysis = Analysis(console=console, clock=clock)
    for name in ANALYSIS_COMMANDS:
        app.command(getattr(analysis, name))


def _refusing(name: str, missing: Sequence[str]) -> Callable[..., None]:
    def refuse(*_words: Annotated[str, Parameter(allow_leading_hyphen=True)]) -> None:
        raise AnalysisMissingError(
            f"{name} needs packages that are not installed ({', '.join(missing)}): run `make analysis`, which installs "
            "requirements-analysis.lock"
        )

    return refuse


def main(arguments: Sequence[str]) -> None:
    """Run a command; errors that the user can correct end with status 2 and one line on standard error."""
    console = Console(width=None if sys.stdout.isatty() else 130)  # a file or a pipe has no width of its own
    app = build_app(console, lambda: datetime.now(UTC))
    try:
        app(list(arguments), exit_on_error=False, print_error=False)
    except USER_ERRORS as error:
        text = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.filename else str(error)
        Console(stderr=True).print(f"error: {text}", style="red", markup=False, soft_wrap=True)
        sys.exit(2)


if __name__ == "__main__":
    main(sys.argv[1:])
