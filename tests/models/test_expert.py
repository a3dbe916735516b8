import json
import re
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from features.derive import CATALOGUE
from features.feature import Risk
from models.__main__ import build_app, main
from models.dataset import feature_rows, read_dataset
from models.expert import ANCHOR_TOLERANCE, Built, ExpertError, build, check_card, portfolio_of, read_card
from models.points import PointsTable
from models.records import CARD, ESTIMATOR, EXPERT, MANIFEST, SCORECARD, DatasetReference
from models.registry import CandidateError, OutputError, Registry, RegistryError, check_promotable, digest_of
from sandbox.portfolio.folder import write_portfolio

EXAMPLE = Path(__file__).parents[2] / "models" / "examples" / "expert.toml"
DELAY, OVERDUE = "receivables_weighted_delay_days_12m_v2", "payables_overdue_share_v2"
HEAD = 'name = "n"\nset_by = "s"\nreason = "r"\nbad_rate = 0.04\n'
DATASET = DatasetReference(
    sha256="0" * 64, kind="observed", description="d", created_by="c", firms=3, end_on=date(2026, 1, 1), seed=None
)


def feature(name: str = DELAY, **changes: str) -> str:
    """One feature of a file, with lines changed as told; a line of no text is left out."""
    lines = {"edges": "[0.0, 10.0]", "points": "[10, 0, -20]", "missing": "-5", "typical": "5.0"} | changes
    return f"[features.{name}]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items() if value)


def run(*arguments: str | Path) -> str:
    """What a command prints."""
    output = StringIO()
    app = build_app(Console(file=output, width=200), lambda: datetime(2025, 3, 1, tzinfo=UTC))
    app([str(argument) for argument in arguments], exit_on_error=False, print_error=False, result_action="return_value")
    return output.getvalue()


def faults(text: str) -> str:
    """What is said of a file."""
    with pytest.raises(ExpertError) as caught:
        checked(text)
    return str(caught.value)


def checked(text: str) -> Built:
    """What comes of a file without a dataset."""
    card = read_card(text)
    check_card(card)
    return build(card, None)


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Firms of the sandbox, whose outcomes are not there."""
    folder = tmp_path_factory.mktemp("portfolio") / "dataset"
    write_portfolio(folder, firms=12, seed=3, end_on=date(2026, 11, 23))
    (folder / "repayments.parquet").unlink()
    return folder


@pytest.fixture(scope="module")
def made(portfolio: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, anchored on these firms. Read only."""
    folder = tmp_path_factory.mktemp("made") / "expert"
    said = run("expert", EXAMPLE, "--out", folder, "--dataset", portfolio)
    assert re.search(r"Anchored on \d+ rows of 12 simulated firms, without their outcomes: their mean PD is 4\.0", said)
    assert f"Next: python -m models register {folder}" in said
    return folder


@pytest.fixture
def registered(made: Path, tmp_path: Path) -> Registry:
    """A registry that has the example as cards 1."""
    registry = Registry(root=tmp_path / "registry")
    registry.register(made, name="cards", version="1", at=datetime(2025, 3, 1, tzinfo=UTC))
    return registry


def test_from_a_file_to_the_champion_that_scores_firms(made: Path, portfolio: Path, tmp_path: Path) -> None:
    """Registered, promoted, listed, shown and exported as any model; the mean PD of the firms is the bad rate."""
    registry = tmp_path / "registry"
    assert "Registered cards 1 with 7 features" in run(
        "register", made, "--name", "cards", "--version", "1", "--registry", registry
    )
    run("promote", "cards", "1", "--by", "A", "--reason", "r", "--registry", registry)
    listed = run("list", "--registry", registry)
    for part in ("experts", "never measured", "pass"):
        assert part in listed
    shown = run("show", "cards", "--registry", registry)
    for part in ("**Set by people, never measured.**", "by Credit committee", "Why so: Customers who pay late", "+10"):
        assert part in shown
    assert "Trained" not in shown
    out = tmp_path / "score.py"
    assert "proved equal to cards/1" in run("export", "cards", "--as", "python", "--out", out, "--registry", registry)
    assert "Set by people, never measured." in out.read_text()
    assert "proved equal to a scorecard of experts" in run("export", made, "--as", "sql", "--out", out)
    model = Registry(root=registry).champion("cards")
    check_promotable(model.manifest, model.table)
    assert model.manifest.definition.startswith("set by people, never measured; meant: CRR 178")
    rows = feature_rows(read_dataset(portfolio, outcomes_known=False), model.table.names)
    scores = model.table.score_frame(rows)
    assert scores["pd"].mean() == pytest.approx(0.04, abs=ANCHOR_TOLERANCE)
    assert scores["score"].n_unique() > 10
    for name in model.table.names:
        assert scores[name].mean() == pytest.approx(0.0, abs=1e-8)


def test_what_is_anchored_on_simulated_firms_says_so(registered: Registry) -> None:
    """So outside of the sandbox a person decides, as for a model that was trained on them."""
    manifest = registered.load("cards", "1").manifest
    assert (manifest.is_simulated, manifest.rests_on) == (True, "experts")


def test_the_same_file_gives_the_same_bytes(made: Path, portfolio: Path, tmp_path: Path) -> None:
    """Table, card and record."""
    run("expert", EXAMPLE, "--out", tmp_path / "again", "--dataset", portfolio)
    for name in (SCORECARD, CARD, EXPERT):
        assert (tmp_path / "again" / name).read_bytes() == (made / name).read_bytes()


def test_without_a_portfolio_the_typical_firm_has_the_bad_rate(tmp_path: Path) -> None:
    """And no points: they are relative to it."""
    said = run("expert", EXAMPLE, "--out", tmp_path / "out")
    assert "Anchored on one firm with all typical values, because nothing is known of the portfolio: its PD is" in said
    table = PointsTable.from_json((tmp_path / "out" / SCORECARD).read_bytes())
    card = read_card(EXAMPLE.read_text())
    score = table.score({name: one.typical for name, one in card.features.items()})
    assert score.pd == pytest.approx(0.04, abs=ANCHOR_TOLERANCE)
    assert score.score == table.base
    assert score.low is None
    manifest = Registry(root=tmp_path / "r").register(
        tmp_path / "out", name="cards", version="1", at=datetime(2025, 3, 1, tzinfo=UTC)
    )
    assert not manifest.is_simulated


SHARES = {"typical": "", "shares": "[0.5, 0.3, 0.1]", "missing_share": "0.1"}


def test_shares_of_the_file_are_taken_as_independent() -> None:
    """Two features with four bins each: sixteen kinds of firms, weighted by the product of the shares."""
    built = build(read_card(HEAD + feature(**SHARES) + feature(OVERDUE, **SHARES | {"edges": "[0.1, 0.2]"})), None)
    weights, mean = [0.5, 0.3, 0.1, 0.1], 0.0
    values: list[list[float | None]] = [[-1.0, 5.0, 20.0, None], [0.0, 0.1, 0.5, None]]
    for one, left in zip(values[0], weights, strict=True):
        for other, right in zip(values[1], weights, strict=True):
            mean += left * right * built.table.score({DELAY: one, OVERDUE: other}).pd
    assert built.anchor == "shares"
    assert mean == pytest.approx(0.04, abs=1e-9)
    steps = built.table.features[0]
    # 0.5 of 10, 0.1 of -20 and 0.1 of -5 are 2.5
    assert [*steps.points, steps.missing_points] == pytest.approx([7.5, -2.5, -22.5, -7.5], abs=1e-9)


@given(st.lists(st.tuples(st.sampled_from([None, -1.0, 0.0, 9.9, 10.0]), st.integers(1, 5)), min_size=1), st.data())
def test_the_mean_pd_is_the_bad_rate(rows: list[tuple[float | None, int]], data: st.DataObject) -> None:
    """Of any portfolio and any bad rate, however the firms are spread."""
    rate = data.draw(st.floats(0.001, 0.4))
    text = HEAD.replace("0.04", repr(rate)) + feature(missing="-1000", typical="", points="[90, 0, -200]")
    frame = pl.DataFrame({DELAY: [value for value, times in rows for _ in range(times)]}, schema={DELAY: pl.Float64})
    card = read_card(text)
    built = build(card, portfolio_of(card, frame, DATASET))
    assert built.table.score_frame(frame)["pd"].mean() == pytest.approx(rate, abs=ANCHOR_TOLERANCE)
    assert all(gate.passed for gate in built.gates)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name =", "Invalid value"),
        (feature(), "missing required field `name`"),
        (HEAD + "colour = 1\n", "unknown field `colour`"),
        (HEAD + feature(pionts="1"), "unknown field `pionts`"),
        (HEAD + feature(points='"a"'), "Expected `array`"),
        (HEAD + "[features]", "there is no feature: add a table [features.NAME]"),
        (HEAD.replace('"s"', '" "') + feature(), "`set_by` is empty"),
        (HEAD.replace("0.04", "4.0") + feature(), "`bad_rate` is 4.0: set the share"),
        (HEAD + feature("delay"), "delay: no such feature; take a name of docs/features.md"),
        (HEAD + feature("liquidity_garnishment_count_12m_v2"), "no model may read it (knock-out of the policy)"),
        (HEAD + feature("liquidity_smoothed_surplus_12m_cents_v2"), "no model may read it (amount for the limit"),
        (HEAD + feature() + feature("payables_overdue_share"), "payables_overdue_share is of 1, receivables_weighted"),
        (HEAD + feature(edges="[10.0, 0.0]"), f"{DELAY}: edges are not strictly increasing; sort them"),
        (HEAD + feature(edges="[0.0, 0.0]"), "edges are not strictly increasing"),
        (HEAD + feature(edges="[0.0, 1.25]"), "the edge 1.25 has more decimals than the value, which has 1; round it"),
        (HEAD + feature(points="[10, 0]"), "2 points for 3 bins; give one more than edges"),
        (HEAD + feature(missing=""), "missing required field `missing`"),
        (HEAD + feature(points="[10, 0, 5]"), "more of it is riskier: points must not rise from bin to bin, but 0.0"),
        (HEAD + feature("liquidity_runway_months_6m_v2"), "more of it is safer: points must not fall"),
        (HEAD + feature(missing="0.1"), f"{DELAY}: missing earns 0.10 points more than the typical firm; withholding"),
        (HEAD + feature(points='"10"'), f"{DELAY}: Expected `array`, got `str` - at `$.points`"),
        (HEAD + feature(points='[10, "0", -20]'), f"{DELAY}: Expected `float`, got `str` - at `$.points[1]`"),
        (HEAD + feature(points="[inf, 0, -20]"), "a number is not finite"),
        (HEAD + feature(points="[10.25, 0, -20]"), "10.25 points: at most one decimal"),
        (HEAD + feature(points="[1001, 0, -20]"), "1001.0 points: at most one decimal, and at most 1000"),
        (HEAD + feature(typical=""), "nothing says where firms lie; give `typical`"),
        (HEAD + feature(shares="[0.5, 0.3, 0.2]"), "`shares` and `missing_share` go together"),
        (HEAD + feature(**SHARES | {"shares": "[0.9]"}), "1 shares for 3 bins"),
        (HEAD + feature(**SHARES | {"shares": "[0.5, 0.3, 0.3]"}), "add up to 1.2; they must"),
        (HEAD + feature(**SHARES | {"shares": "[1.5, -0.3, -0.3]"}), "must be at least 0"),
        (HEAD + feature(**SHARES) + feature(OVERDUE, edges="[0.1, 0.2]"), f"{OVERDUE}: has no shares, other features"),
        (HEAD + feature(**SHARES | {"missing": "4"}), "missing earns 0.60 points more than the average firm; withh"),
    ],
)
def test_a_fault_is_said_with_what_to_do(text: str, said: str) -> None:
    """One line, with the feature."""
    found = faults(text)
    assert said in found
    assert "\n" not in found


@given(st.lists(st.integers(1, 20), min_size=4, max_size=4), st.integers(-50, 50))
def test_what_is_advised_for_a_missing_value_is_taken(weights: list[int], missing: int) -> None:
    """The mean of all firms moves with it: the advice counts on that."""
    *shares, rest = (repr(weight / sum(weights)) for weight in weights)
    given_shares = SHARES | {"shares": f"[{', '.join(shares)}]", "missing_share": rest}
    try:
        checked(HEAD + feature(**given_shares, missing=str(missing)))
    except ExpertError as error:
        advised = re.search(r"set `missing` to (\S+) or less", str(error))
        assert advised
        checked(HEAD + feature(**given_shares, missing=advised[1]))


def test_all_faults_are_said_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each on a line of its own, with the file; nothing is written."""
    path = tmp_path / "card.toml"
    path.write_text(HEAD.replace("0.04", "4.0") + feature(points="[1, 2, 3.33]") + feature(OVERDUE, edges="[0.12345]"))
    with pytest.raises(SystemExit):
        main(["expert", str(path), "--out", str(tmp_path / "out")])
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 5
    assert all(f"{path}: " in line for line in lines)
    assert not (tmp_path / "out").exists()


def test_features_whose_direction_is_open_may_rise_and_fall() -> None:
    """Nothing was declared of them."""
    name = next(name for name, one in CATALOGUE.items() if one.risk is Risk.OPEN and one.catalogue == 2)
    card = read_card(HEAD + feature(name, points="[0, 20, -5]", edges="[0.0, 1.0]", typical="0.5"))
    check_card(card)
    assert build(card, None).gates[0].passed


def test_a_dataset_and_shares_contradict_each_other() -> None:
    """One of them says how many firms are in a bin."""
    card = read_card(HEAD + feature(**SHARES))
    counted = portfolio_of(card, pl.DataFrame({DELAY: [1.0]}), DATASET)
    with pytest.raises(ExpertError, match="leave out its shares"):
        build(card, counted)


def rewritten(registry: Registry, change: Callable[[dict[str, Any], dict[str, Any]], None]) -> None:
    """Manifest and table changed by hand, with digests that fit."""
    folder = registry.root / "cards" / "1"
    manifest, table = (json.loads((folder / name).read_bytes()) for name in (MANIFEST, SCORECARD))
    change(manifest, table)
    (folder / SCORECARD).write_text(json.dumps(table))
    manifest["files"][SCORECARD] = digest_of(folder / SCORECARD)
    (folder / MANIFEST).write_text(json.dumps(manifest))


def other_points(_manifest: dict[str, Any], table: dict[str, Any]) -> None:
    """Half a point more for one bin."""
    table["features"][0]["points"][0] += 0.5


def other_base(_manifest: dict[str, Any], table: dict[str, Any]) -> None:
    """A hundredth of a point."""
    table["base"] += 2.0**-7


def other_bad_rate(manifest: dict[str, Any], _table: dict[str, Any]) -> None:
    """In the text alone."""
    manifest["expert"]["text"] = manifest["expert"]["text"].replace("0.04", "0.03")


def other_firms(manifest: dict[str, Any], _table: dict[str, Any]) -> None:
    """One kind of firm a thousand times."""
    manifest["expert"]["portfolio"]["patterns"][0][0] += 1000


def other_bins(manifest: dict[str, Any], _table: dict[str, Any]) -> None:
    """A bin that is not there."""
    manifest["expert"]["portfolio"]["patterns"][0][1] = 99


def no_gates(manifest: dict[str, Any], _table: dict[str, Any]) -> None:
    """None that could fail."""
    manifest["expert"]["gates"] = []


def an_estimator(manifest: dict[str, Any], _table: dict[str, Any]) -> None:
    """A file that a scorecard of experts does not have."""
    manifest["files"][ESTIMATOR] = "0" * 64


def not_simulated(manifest: dict[str, Any], _table: dict[str, Any]) -> None:
    """Although its firms are."""
    manifest["is_simulated"] = False


def nothing_to_rest_on(manifest: dict[str, Any], _table: dict[str, Any]) -> None:
    """Neither trained nor set by people."""
    del manifest["expert"]


CHANGES = [
    (other_points, "the points are others than experts wrote"),
    (other_base, "from what experts wrote follows"),
    (other_bad_rate, "from what experts wrote follows"),
    (other_firms, "missing earns .* more than the average firm"),
    (other_bins, "the portfolio does not fit the features"),
    (no_gates, "the gates are not those of a scorecard of experts"),
    (an_estimator, "has other files than a scorecard of experts has"),
    (not_simulated, "contradicts itself on whether the firms were simulated"),
    (nothing_to_rest_on, "has training and validation, or was set by experts"),
]


@pytest.mark.parametrize(("change", "message"), CHANGES)
def test_a_card_is_derived_again_whenever_it_is_read(
    registered: Registry, change: Callable[[dict[str, Any], dict[str, Any]], None], message: str
) -> None:
    """Digests alone prove nothing: who can write files can make them fit."""
    rewritten(registered, change)
    with pytest.raises(RegistryError, match=message):
        registered.load("cards", "1")


def test_a_trained_model_cannot_pass_for_a_card(registered: Registry) -> None:
    """Its points follow from no file: without its own record it has none, with one of experts it is another table."""
    trained = json.loads(Registry().manifest_of("sme", "4").read_bytes())
    folder = registered.root / "cards" / "1"
    shutil.copy(Registry().manifest_of("sme", "4").with_name(SCORECARD), folder / SCORECARD)
    manifest = json.loads((folder / MANIFEST).read_bytes())
    manifest["files"][SCORECARD] = digest_of(folder / SCORECARD)
    manifest["features"] = trained["features"]
    (folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(RegistryError, match="experts wrote"):
        registered.load("cards", "1")
    both = manifest | {"training": trained["training"], "validation": trained["validation"]}
    (folder / MANIFEST).write_text(json.dumps(both))
    with pytest.raises(RegistryError, match="has training and validation, or was set by experts"):
        registered.load("cards", "1")


def test_a_card_is_checked_before_it_is_served(registered: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """A feature that this version leaves to the policy: the card can be read, and does not score."""
    model = registered.load("cards", "1")
    check_promotable(model.manifest, model.table)
    monkeypatch.setattr("models.candidates.LEFT_TO_POLICY", {"customers_top1_share_12m": "of a later version"})
    model = registered.load("cards", "1")
    with pytest.raises(RegistryError, match=r"cannot be served: customers_top1_share_12m_v2: no model may read it"):
        check_promotable(model.manifest, model.table)


@pytest.mark.parametrize("file", [SCORECARD, CARD])
def test_a_candidate_that_changed_is_not_registered(made: Path, tmp_path: Path, file: str) -> None:
    """Table and card are those that the command wrote."""
    candidate = Path(shutil.copytree(made, tmp_path / "candidate"))
    (candidate / file).write_bytes((candidate / file).read_bytes() + b"\n")
    with pytest.raises(RegistryError, match="lists other files than are there"):
        Registry(root=tmp_path / "r").register(candidate, name="c", version="1", at=datetime(2025, 3, 1, tzinfo=UTC))


def test_a_folder_is_of_a_trained_model_or_of_a_card(made: Path, tmp_path: Path) -> None:
    """Neither command writes into a folder of the other, and what is both is not registered."""
    candidate = Path(shutil.copytree(made, tmp_path / "candidate"))
    with pytest.raises(OutputError, match=r"holds card\.md, expert\.json; name another folder"):
        run("train", tmp_path, "--out", candidate)
    (candidate / "training.json").touch()
    with pytest.raises(OutputError, match=r"holds training\.json of a trained model"):
        run("expert", EXAMPLE, "--out", candidate)
    with pytest.raises(RegistryError, match=r"has expert\.json, and training\.json of a trained model"):
        Registry(root=tmp_path / "r").register(candidate, name="c", version="1", at=datetime(2025, 3, 1, tzinfo=UTC))


def test_there_is_nothing_to_report_on(registered: Registry, tmp_path: Path) -> None:
    """No figure was ever measured."""
    arguments = ("--dataset", tmp_path, "--out", tmp_path / "r.html", "--registry", registered.root)
    with pytest.raises(CandidateError, match="was set by people and never measured"):
        run("report", "cards", "1", *arguments)


def test_outputs_and_inputs_that_cannot_be(portfolio: Path, tmp_path: Path) -> None:
    """A file that is not text, a folder that is a file, a folder within the dataset."""
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    for arguments, error, message in (
        ((tmp_path / "binary.toml", "--out", tmp_path / "o"), ExpertError, "not UTF-8"),
        ((EXAMPLE, "--out", tmp_path / "binary.toml"), OutputError, "it is a file"),
        ((EXAMPLE, "--out", portfolio / "o", "--dataset", portfolio), OutputError, "would lie in the dataset folder"),
    ):
        with pytest.raises(error, match=message):
            run("expert", *arguments)
