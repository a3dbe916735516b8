import html.parser
import json
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest
from rich.console import Console

from models.__main__ import build_app
from models.compare import _differences, judge
from models.points import PointsTable
from models.records import (
    CARD,
    COMPARISON,
    REPORT,
    SCORECARD,
    TRAINING,
    VALIDATION,
    Comparison,
    Estimate,
    TrainingRecord,
    Validation,
    to_json,
)
from models.registry import CandidateError, Registry, digest_of, read_record
from models.validate import figures_of

AT = datetime(2025, 3, 1, tzinfo=UTC)
Making = Callable[[str, Callable[[Path], str]], tuple[Path, str]]


def run(*arguments: str | Path) -> str:
    """What a command prints."""
    output = StringIO()
    app = build_app(Console(file=output, width=200), lambda: AT)
    app([str(argument) for argument in arguments], exit_on_error=False, print_error=False, result_action="return_value")
    return output.getvalue()


@pytest.fixture(scope="module")
def boosting(small_dataset: Path, made_once: Making) -> Path:
    """A boosting candidate of the small dataset. Read only."""
    return made_once(
        "boosting", lambda folder: run("train", small_dataset, "--out", folder, "--estimator", "boosting")
    )[0]


@pytest.fixture(scope="module")
def compared(small_dataset: Path, validated: Path, boosting: Path, made_once: Making) -> Path:
    """A copy of the validated candidate, compared with the boosting candidate. Read only."""
    folder, printed = made_once(
        "compared", lambda folder: run("compare", shutil.copytree(validated, folder), boosting, small_dataset)
    )
    assert "scorecard less boosting: AUC" in printed
    return folder


def estimate(low: float, high: float) -> Estimate:
    """A difference with this interval."""
    return Estimate(value=(low + high) / 2, low=low, high=high)


CLEAR_GAIN, CLEAR_LOSS, NOISE = estimate(0.01, 0.02), estimate(-0.02, -0.01), estimate(-0.01, 0.02)


@pytest.mark.parametrize(
    ("auc", "brier", "bins", "better", "is_within_noise"),
    [
        (CLEAR_GAIN, NOISE, (90, 10), "first", False),
        (CLEAR_LOSS, NOISE, (10, 90), "second", False),
        (NOISE, CLEAR_LOSS, (90, 10), "first", False),  # a lower Brier score is better
        (NOISE, CLEAR_GAIN, (10, 90), "second", False),
        (CLEAR_GAIN, CLEAR_LOSS, (90, 10), "first", False),
        (NOISE, NOISE, (90, 10), "second", True),
        (NOISE, NOISE, (10, 90), "first", True),
        (NOISE, NOISE, (10, 10), "first", True),
        (CLEAR_GAIN, CLEAR_GAIN, (90, 10), "second", True),  # ranks better, is further off: neither is better
        (estimate(0.0, 0.02), NOISE, (90, 10), "second", True),
    ],
)
def test_the_better_model_is_clearly_better_or_simpler(
    auc: Estimate,
    brier: Estimate,
    bins: tuple[int, int],
    better: str,
    is_within_noise: bool,  # noqa: FBT001  parameters of a table
) -> None:
    """An advantage counts where its interval leaves out zero; else fewer bins win."""
    assert judge(auc, brier, bins=bins) == (better, is_within_noise)


def test_a_difference_is_that_of_the_weighted_figures() -> None:
    """As the table above it tells; a row with weight 0 says nothing."""
    random = np.random.default_rng(2)
    rows = pl.DataFrame({"borrower": np.arange(300), "outcome": np.where(random.random(300) < 0.3, "bad", "good")})
    rows = rows.with_columns(row_weight=pl.Series(random.choice([0.0, 1.0, 5.0], 300)))
    sides = [rows.with_columns(pd=pl.Series(risk := random.random(300)), log_odds=pl.Series(risk)) for _ in range(2)]
    sides = [side.with_columns(score=pl.col("pd")) for side in sides]
    auc, brier = _differences(*sides)
    first, second = (figures_of(side) for side in sides)
    assert first is not None
    assert second is not None
    assert auc.value == pytest.approx(first.auc.value - second.auc.value)
    assert brier.value == pytest.approx(first.brier.value - second.brier.value)


def test_two_estimators_are_trained_compared_validated_and_registered(
    small_dataset: Path, compared: Path, boosting: Path, tmp_path: Path
) -> None:
    """The comparison reaches card, report and registry, and a version keeps all of it."""
    comparison = read_record(compared / COMPARISON, Comparison)
    assert comparison == read_record(boosting / COMPARISON, Comparison)
    assert (comparison.first.estimator, comparison.second.estimator) == ("scorecard", "boosting")
    assert comparison.first.scorecard_sha256 == digest_of(compared / SCORECARD)
    assert comparison.auc_difference.low <= comparison.auc_difference.value <= comparison.auc_difference.high
    assert comparison.auc_difference.value == pytest.approx(comparison.first.auc.value - comparison.second.auc.value)
    # Paired: the difference is known better than either figure.
    assert comparison.auc_difference.high - comparison.auc_difference.low < (
        comparison.first.auc.high - comparison.first.auc.low
    )
    run("validate", boosting, small_dataset, "--refits", "2")
    card = (boosting / CARD).read_text()
    assert "bagged additive boosting" in card
    assert "Compared with the other estimator" in card
    assert "Interval of a score" in card
    coverage = read_record(boosting / VALIDATION, Validation).interval_coverage
    assert coverage is not None
    assert coverage.refits == 2
    assert "Checked: of 2 models that were fitted to further such samples, with bins, features and" in card
    assert f"{coverage.share:.0%} of the scores out of time lay in it" in (boosting / REPORT).read_text()
    registry = tmp_path / "artifacts"
    run("register", boosting, "--name", "sme", "--version", "2", "--registry", registry)
    model = Registry(root=registry).load("sme", "2")
    assert {REPORT, COMPARISON} <= model.manifest.files.keys()
    assert model.table.schema == 4
    score = model.table.score(dict.fromkeys(model.table.names))
    assert score.low <= score.score <= score.high
    again = tmp_path / "report.html"
    run("report", "sme", "2", "--dataset", small_dataset, "--out", again, "--registry", registry)
    assert again.read_text().replace("sme 2", "a boosting candidate") == (boosting / REPORT).read_text()
    check_page((boosting / REPORT).read_text(), model.table)


class Page(html.parser.HTMLParser):
    """What a test asks of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember it."""
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of all such tags."""
        return [attributes for name, attributes in self.tags if name == tag]


def check_page(text: str, table: PointsTable) -> None:
    """One file that needs nothing else, whose figures are named and stand above a table, with every bin in it."""
    page = Page(text)
    addresses = set(re.findall(r"https?://[^\"' <)]*", text))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in page.tags}
    assert "url(" not in re.sub(r"url\(#", "", text)
    assert "The firms are simulated." in text[: text.index("<h2")]
    identifiers = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    figures = page.all("svg")
    assert len(figures) == 6 + len(table.features)
    for figure in figures:
        assert figure["role"] == "img"
        assert set(figure["aria-labelledby"].split()) <= set(identifiers)
    assert len(page.all("table")) >= len(figures) + 2
    for feature in table.features:
        assert feature.name in text
        for name in feature.bin_names:
            assert f'<th scope="row">{name}</th>' in text


def test_a_comparison_of_an_earlier_candidate_is_not_told(
    small_dataset: Path, candidate: Path, compared: Path, tmp_path: Path
) -> None:
    """What a folder holds of other files says nothing about this candidate."""
    comparison = read_record(compared / COMPARISON, Comparison)
    other = msgspec.structs.replace(comparison.first, scorecard_sha256="0" * 64)
    (candidate / COMPARISON).write_bytes(to_json(msgspec.structs.replace(comparison, first=other)))
    run("validate", candidate, small_dataset)
    assert "Compared with" not in (candidate / CARD).read_text()
    out = tmp_path / "report.html"
    run("report", candidate, "--dataset", small_dataset, "--out", out)
    assert "Compared with" not in out.read_text()


def test_a_candidate_is_not_compared_with_itself(candidate: Path, tmp_path: Path) -> None:
    """Neither the same folder twice nor a copy; an earlier comparison stays, and no dataset is read for it."""
    (candidate / COMPARISON).write_text("of before")
    copy = shutil.copytree(candidate, tmp_path / "copy")
    for second in (candidate, copy):
        with pytest.raises(CandidateError, match="the same model"):
            run("compare", candidate, second, tmp_path / "nowhere")
    assert (candidate / COMPARISON).read_text() == "of before"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"trained_until": "2022-01-01"}, "different days"),
        ({"dataset": {"sha256": "0" * 64}}, "different datasets"),
        ({"features_version": "0"}, "feature catalogue 0"),
    ],
)
def test_candidates_that_cannot_be_compared_are_refused(
    small_dataset: Path, candidate: Path, boosting: Path, change: dict[str, object], message: str
) -> None:
    """Only what was trained on the same rows is held against each other."""
    content = json.loads((candidate / TRAINING).read_bytes())
    for name, value in change.items():
        content[name] = content[name] | value if isinstance(value, dict) else value
    record = msgspec.convert(content, TrainingRecord)
    (candidate / TRAINING).write_bytes(to_json(record))
    with pytest.raises(CandidateError, match=message):
        run("compare", candidate, boosting, small_dataset)
    assert not (candidate / COMPARISON).exists()
