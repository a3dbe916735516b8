"""What a committee reads: the first page, the report with its options, the registry, the technical file."""

import dataclasses
import re
import shutil
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import msgspec
import polars as pl
import pytest
from rich.console import Console
from small_dataset import write_small_dataset

from features.derive import CATALOGUE
from models.__main__ import build_app
from models.card import Reported
from models.committee_charts import grades
from models.cut_offs import IFD
from models.dataset import DatasetError, read_dataset
from models.distress_definition import DistressDefinition
from models.findings import FINDINGS, Alarm, Effect, Findings, SwapSet
from models.pages import Grid
from models.plates import plate
from models.points import PointsTable
from models.records import SCORECARD, TRAINING, VALIDATION, DistressRecord, Estimate, TrainingRecord, Validation
from models.registry import ARTIFACTS, OutputError, Registry, RegistryError, read_record
from models.registry_report import registry_report
from models.segments import read_segments
from models.summary import POINTS, summary
from models.technical_file import technical_file

POLICY = Path(__file__).parents[2] / "scoring" / "decisions" / "policies" / "v4.toml"
AT = datetime(2025, 3, 1, tzinfo=UTC)
SHIPPED = Registry(root=ARTIFACTS)


def run(*arguments: str | Path) -> str:
    """What a command prints."""
    output = StringIO()
    app = build_app(Console(file=output, width=200), lambda: AT)
    app([str(argument) for argument in arguments], exit_on_error=False, print_error=False, result_action="return_value")
    return output.getvalue()


@pytest.fixture(scope="module")
def reported(validated: Path) -> Reported:
    """The validated candidate, as if its firms were real."""
    record = read_record(validated / TRAINING, TrainingRecord)
    observed = msgspec.structs.replace(record, dataset=msgspec.structs.replace(record.dataset, kind="observed"))
    return Reported(
        title="a candidate",
        table=PointsTable.from_json((validated / SCORECARD).read_bytes()),
        record=observed,
        validation=read_record(validated / VALIDATION, Validation),
        comparisons=(),
    )


@pytest.fixture(scope="module")
def findings(validated: Path) -> Findings:
    """Of the validated candidate."""
    return read_record(validated / FINDINGS, Findings)


def words(reported: Reported, findings: Findings) -> dict[str, str]:
    """The verdict on each thing."""
    return {light.name: light.word for light in summary(reported, findings, CATALOGUE).lights}


def about(value: float, width: float = 0.5) -> Estimate:
    """An estimate with an interval."""
    return Estimate(value=value, low=value - width, high=value + width)


def test_a_sound_model_still_has_three_weakest_points(reported: Reported, findings: Findings) -> None:
    """What could not be measured is said so; what the figures rest on is weakest."""
    page = summary(reported, findings, CATALOGUE)
    found = words(reported, findings)
    assert (found["Gates"], found["Leaks"], found["Ranking"]) == ("good", "good", "good")
    assert (found["Segments"], found["Against the champion"]) == ("not measured", "not measured")
    assert len(page.weakest) == POINTS
    assert not any(name in " ".join(page.weakest) for name in CATALOGUE)
    assert any(decision.startswith("Cut-off: set it") for decision in page.decisions)


def test_what_stops_comes_first(reported: Reported, findings: Findings) -> None:
    """A gate, then a leak, then a better champion; each is a decision to take or a weak point."""
    gates = tuple(msgspec.structs.replace(gate, passed=False) for gate in reported.validation.gates[:1])
    failing = Reported(
        title="a candidate",
        table=reported.table,
        record=reported.record,
        validation=msgspec.structs.replace(reported.validation, gates=gates),
        comparisons=(),
    )
    leak = Alarm(name="last_days", meaning="", subject="x", found=0.4, limit=0.1, is_raised=True)
    worse = SwapSet(
        champion="sme 4",
        may_have_seen=False,
        rows=100,
        both=80,
        swapped_in=5,
        swapped_in_bads=4,
        swapped_out=5,
        swapped_out_bads=0,
        saved=about(-40.0, 10.0),
    )
    effects = (Effect(model="a candidate", cut_off=0.04, approved=about(0.85), bad_rate=None),)
    bad = msgspec.structs.replace(findings, alarms=(leak,), swap=worse, effects=effects)
    page = summary(failing, bad, CATALOGUE)
    assert [point.partition(":")[0] for point in page.weakest] == ["Gates", "Leaks", "Against the champion"]
    assert "cannot be promoted" in page.decisions[0]
    assert any("who looks at x" in decision for decision in page.decisions)


def test_a_model_that_is_surely_worse_than_one_feature_is_told_so(reported: Reported, findings: Findings) -> None:
    """Chance explains no such lead."""
    assert findings.best_feature is not None
    best = msgspec.structs.replace(findings.best_feature, added=about(-0.1, 0.05))
    page = summary(reported, msgspec.structs.replace(findings, best_feature=best), CATALOGUE)
    (light,) = (one for one in page.lights if one.name == "Against one feature")
    assert light.word == "watch"
    assert "surely ranks worse" in light.why


def test_the_first_page_of_a_model_of_distress_tells_of_no_loans(reported: Reported, findings: Findings) -> None:
    """Nor its decisions."""
    record = DistressRecord(
        schema=1,
        definition=DistressDefinition.usual(),
        good=1,
        bad=1,
        left_out={},
        events={},
        known_after_window=0,
        marked={},
    )
    distress = dataclasses.replace(
        reported, record=msgspec.structs.replace(reported.record, definition=None, distress=record)
    )
    effects = (Effect(model="a candidate", cut_off=0.04, approved=about(0.85), bad_rate=None),)
    page = summary(distress, msgspec.structs.replace(findings, effects=effects), CATALOGUE)
    told = {light.name: light.why for light in page.lights}
    assert told["Data"] == "Events in the firms' own books, not on loans: the ranking is of distress."
    assert any("of these points in time" in decision for decision in page.decisions)


def test_a_figure_is_the_same_however_many_were_drawn_before() -> None:
    """Reports of the same model are the same bytes, and what a figure names is its own."""
    rows = [{"grade": name, "predicted": 0.1, "observed": 0.12, "low": 0.05, "high": 0.2} for name in "AB"]
    first, again = (
        plate(grades(rows), name="grades", title="t", description="d", table=Grid(head=[], rows=[])).svg
        for _ in range(2)
    )
    assert first == again
    named = set(re.findall(r"url\(#([^)]+)\)", first))
    assert named
    assert named <= set(re.findall(r'id="([^"]+)"', first))


def test_alarms_that_were_not_measured_do_not_count(reported: Reported, findings: Findings) -> None:
    """None of none is no comfort."""
    silent = msgspec.structs.replace(findings.alarms[0], found=None, is_raised=False)
    page = summary(reported, msgspec.structs.replace(findings, alarms=(silent, *findings.alarms[1:3])), CATALOGUE)
    assert [light.figure for light in page.lights if light.name == "Leaks"] == ["0 of 2 alarms"]


def test_simulated_firms_stop_the_first_page(validated: Path, reported: Reported, findings: Findings) -> None:
    """Whatever the figures are."""
    simulated = Reported(
        title="a candidate",
        table=reported.table,
        record=read_record(validated / TRAINING, TrainingRecord),
        validation=reported.validation,
        comparisons=(),
    )
    assert words(simulated, findings)["Data"] == "stop"


def test_a_report_with_policy_segments_and_a_champion(candidate: Path, small_dataset: Path, tmp_path: Path) -> None:
    """Approvals, fairness and the swap set are there, and no address outside of the page."""
    firms = tmp_path / "firms.csv"
    lines = [
        f"{number},{'gmbh' if number % 3 else 'einzelunternehmen'},{2000 + number % 20}-05-01"
        for number in range(1, 901)
    ]
    firms.write_text("\n".join(["borrower,legal_form,founded_on", *lines]) + "\n")
    out = tmp_path / "report.html"
    options = ("--policy", POLICY, "--segments", firms, "--against", "sme/4")
    assert "Wrote" in run("report", candidate, "--dataset", small_dataset, "--out", out, *options)
    page = out.read_text(encoding="utf-8")
    for part in ("Summary for the committee", "by sme 4 alone", "einzelunternehmen", "policy 4, which approves up to"):
        assert part in page
    assert "not measured" not in page.partition("The three weakest points")[0]
    assert not re.search(r'(src|href)="(?!#)', page)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--policy", "nowhere.toml"), "nowhere.toml"),
        (("--segments", "nowhere.csv"), "nowhere.csv does not exist"),
        (("--against", "sme/99"), "sme 99 is not registered"),
        (("--against", "nobody"), "no version of nobody"),
    ],
)
def test_an_option_that_names_nothing_is_told_before_the_work(
    candidate: Path, small_dataset: Path, tmp_path: Path, arguments: tuple[str, str], said: str
) -> None:
    """In one line; nothing is written."""
    out = tmp_path / "report.html"
    with pytest.raises((OSError, DatasetError, RegistryError), match=said):
        run("report", candidate, "--dataset", small_dataset, "--out", out, *arguments)
    assert not out.exists()


def test_a_model_needs_its_dataset_and_a_registry_none(tmp_path: Path) -> None:
    """The one is told, the other is written."""
    with pytest.raises(DatasetError, match="--dataset FOLDER"):
        run("report", "sme", "4", "--out", tmp_path / "report.html")
    with pytest.raises(OutputError, match="is no folder"):
        run("report", "--out", tmp_path / "absent" / "registry.html")
    with pytest.raises(DatasetError, match="name the model, too"):
        run("report", "--dataset", tmp_path, "--out", tmp_path / "registry.html")
    run("report", "--out", tmp_path / "registry.html")
    assert "<h1>Report of the registry</h1>" in (tmp_path / "registry.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("borrower\n1\n", "has none of legal_form, founded_on, sector"),
        ("firm,sector\n1,retail\n", "no column borrower"),
        ("borrower,sector\n1,retail\n1,software\n", "names a borrower twice"),
        ("borrower,founded_on\n1,2019\n", "2019-03-31"),
        ("borrower,founded_on\n1,31.02.2019\n", "2019-03-31"),
        ("borrower,sector\nA1,retail\n", "a whole number"),
        ("borrower,sector\n777,retail\n", "knows no borrower"),
    ],
)
def test_a_table_of_firms_that_cannot_be_used_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """One line says what to change."""
    dataset = read_dataset(write_small_dataset(tmp_path / "dataset", borrowers=3))
    (tmp_path / "firms.csv").write_text(text)
    with pytest.raises(DatasetError, match=said) as refused:
        read_segments(dataset, tmp_path / "firms.csv")
    assert "\n" not in str(refused.value)


def test_what_is_known_of_decisions_is_known_of_firms(tmp_path: Path) -> None:
    """Of several applications of one firm, the newest that says something."""
    folder = write_small_dataset(tmp_path / "dataset", borrowers=3)
    names = {"borrower": [1, 2, 3], "as_of": [date(2021, 12, 31)] * 3, "decision_id": ["a", "b", "c"]}
    pl.DataFrame(names).write_parquet(folder / "decisions.parquet")
    pl.DataFrame({"borrower": [1, 2, 3], "firm": [7, 7, 8]}).write_parquet(folder / "firms.parquet")
    (tmp_path / "firms.csv").write_text(
        "decision_id;legal_form;sector;founded_on\na;ug;retail;2019-05-31\nb;gmbh;;01.06.2019\nc;;software;\n"
    )
    known = read_segments(read_dataset(folder), tmp_path / "firms.csv")
    assert known.rows() == [(7, "gmbh", date(2019, 6, 1), "retail"), (8, None, None, "software")]


def test_all_versions_stand_side_by_side() -> None:
    """With the champion, what changed, and which figures cannot be compared."""
    report = registry_report(SHIPPED, CATALOGUE)
    page = report.page
    assert report.damaged == ()
    assert "Damaged versions" not in page
    champion = SHIPPED.stages().champion("sme")
    assert champion is not None
    assert f"Version {champion.version} is the champion" in page
    for title in ("From 1 to 2", "From 2 to 3", "From 3 to 4", "From 4 to 5", "Feature catalogue: 1 became 2."):
        assert title in page
    assert "on other rows: the difference is not one of the models alone" in page


@pytest.mark.parametrize("damaged", ["sme/3/manifest.json", "sme/3/scorecard.json", "books/1/findings.json"])
def test_a_damaged_version_hides_no_other(tmp_path: Path, damaged: str) -> None:
    """The page names it and tells of the others; the command ends with what is wrong."""
    root, out = tmp_path / "registry", tmp_path / "registry.html"
    shutil.copytree(SHIPPED.root, root)
    changed = root / damaged
    changed.write_text(changed.read_text("utf-8") + "x", "utf-8")
    with pytest.raises(RegistryError, match=re.escape(str(changed))):
        run("report", "--registry", root, "--out", out)
    page = out.read_text("utf-8")
    assert "Damaged versions" in page
    assert "From 1 to 2" in page
    assert ("From 2 to 3" in page) == damaged.startswith("books")


def test_a_registry_of_damaged_versions_alone_is_told(tmp_path: Path) -> None:
    """There is nothing to set side by side, and the reason is told."""
    shutil.copytree(SHIPPED.root / "sme" / "1", tmp_path / "sme" / "1")
    (tmp_path / "sme" / "1" / "manifest.json").write_text("{", "utf-8")
    with pytest.raises(RegistryError, match=r"manifest\.json"):
        registry_report(Registry(root=tmp_path), CATALOGUE)


def test_an_empty_registry_is_told(tmp_path: Path) -> None:
    """There is nothing to set side by side."""
    with pytest.raises(RegistryError, match="nothing is registered"):
        registry_report(Registry(root=tmp_path), CATALOGUE)


@pytest.mark.parametrize(("name", "version"), SHIPPED.versions())
def test_every_point_of_annex_iv_is_filled_or_says_what_is_missing(name: str, version: str) -> None:
    """Nine points, two impact assessments, and no point without a text."""
    page = technical_file(SHIPPED, name, version, None, CATALOGUE)
    titles = re.findall(r"^## (.+)$", page, re.MULTILINE)
    assert [title[:2] for title in titles[:9]] == [f"{number}." for number in range(1, 10)]
    assert titles[9:] == [
        "For the data protection impact assessment (Article 35 GDPR)",
        "For the fundamental rights impact assessment (Article 27 AI Act)",
    ]
    assert all(len(part) > 80 for part in re.split(r"^## .+$", page, flags=re.MULTILINE))
    assert "**To be added:** a copy of the declaration" in page
    assert "The firms are simulated" in page
    assert ("The first version of its name." in page) == (version == "1")
    assert "None" not in page


def test_the_technical_file_says_who_no_person_decides(tmp_path: Path) -> None:
    """With the lender's policy."""
    run("technical-file", "sme", "4", "--out", tmp_path / "file.md", "--policy", POLICY)
    page = (tmp_path / "file.md").read_text(encoding="utf-8")
    assert "By policy 4, firms up to a PD of 4.00% can be approved without a person" in page
    with pytest.raises(OutputError, match="it is a folder"):
        run("technical-file", "sme", "4", "--out", tmp_path)


def test_findings_of_other_files_are_not_registered(candidate: Path, tmp_path: Path, findings: Findings) -> None:
    """What was found holds for the files that it names; a version keeps it, and its technical file reads it."""
    registry = Registry(root=tmp_path)
    registry.register(candidate, name="sme", version="1", at=AT)
    assert findings.cut_offs == IFD
    measured = sum(alarm.found is not None for alarm in findings.alarms)
    assert 0 < measured < len(findings.alarms) == 6
    told = f"6 were looked for, {measured} measured, none was raised."
    page = technical_file(registry, "sme", "1", None, CATALOGUE)
    assert told in page
    assert "Of the scores of 5 models that were fitted again whole in training, the interval held" in page
    other = msgspec.structs.replace(findings, files={SCORECARD: "0" * 64})
    (candidate / FINDINGS).write_bytes(msgspec.json.encode(other))
    with pytest.raises(RegistryError, match="is of other files"):
        registry.register(candidate, name="sme", version="2", at=AT)
