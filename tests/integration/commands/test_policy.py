"""``policy check`` and ``policy simulate``, on decisions that the service made."""

import asyncio
import csv
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from command_line import Scoring, on_a_copy
from service import application, purge_snapshots, running, settings_in
from unit.sandbox_server.building import TODAY

from demo.stack import free_port
from sandbox.firms.personas import PERSONAS
from scoring.decisions.policy import PolicyError
from scoring.runtime.serving import POLICIES, ServingError, load_serving
from scoring.store.database import Database

SHIPPED = POLICIES / "v4.toml"
FIRMS = ("healthy-agency", "borderline-retailer", "failing-builder")


def policy(folder: Path, *changes: tuple[str, str]) -> Path:
    """A file with the newest policy under a version of its own, with some values changed."""
    text = SHIPPED.read_text().replace('version = "4"', 'version = "stricter"')
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    file = folder / "policy.toml"
    file.write_text(text)
    return file


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose database has one decision on each of three firms: approve, refer, decline."""
    folder = tmp_path_factory.mktemp("decided")

    async def decide() -> None:
        books = [persona.books(TODAY) for persona in PERSONAS if persona.firm in FIRMS]
        async with running(folder, books=books, serving=load_serving(settings_in(folder))) as service:
            for firm in books:
                iban = next(account["iban"] for account in firm.objects["CheckAccount"] if account.get("iban"))
                body = application(borrower_ref=firm.firm, sevdesk_token=firm.token, payout_iban=iban)
                # more than the limit of the one in the middle
                value = "30000.00" if firm.firm == "borderline-retailer" else "12000.00"
                answer = await service.post("/v1/decisions", body | {"amount": {"value": value, "currency": "EUR"}})
                assert answer.status_code == 201, answer.text

    asyncio.run(decide())
    return folder


@pytest.fixture
def scoring(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Scoring:
    """The commands on a copy of that database."""
    return on_a_copy(made, tmp_path, monkeypatch, capsys)


def test_a_policy_that_ships_can_be_in_force(scoring: Scoring) -> None:
    """Grades and rules are shown, with the first value that fails each rule."""
    done = scoring("policy", "check", str(SHIPPED))
    assert (done.returncode, done.stderr) == (0, "")
    assert "policy 4 can be in force" in done.stdout
    assert "OVERDRAFT_LONG" in done.stdout
    assert "81 days" in done.stdout


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("bank_feed_share_at_least = 0.8 ", "bank_feed_share_at_least = 0.0 ", "BANK_FEED_SHARE_LOW never fires"),
        ("validity_days = 14 ", "validity_day = 14 ", "validity_day"),
        ("validity_days = 14 ", "validity_days = [14 ", "not valid TOML"),
        ('["revenue_log_12m_v2"]', '["turnover"]', "turnover"),
    ],
)
def test_a_file_with_errors_is_explained(scoring: Scoring, tmp_path: Path, old: str, new: str, said: str) -> None:
    """On standard output, with status 1."""
    done = scoring("policy", "check", str(policy(tmp_path, (old, new))))
    assert (done.returncode, done.stdout.startswith("error: ")) == (1, True)
    assert said in done.stdout


def test_a_version_stands_for_one_text(scoring: Scoring, tmp_path: Path) -> None:
    """A policy that ships is not edited."""
    file = policy(tmp_path, ('version = "stricter"', 'version = "4"'), ("validity_days = 14 ", "validity_days = 15 "))
    done = scoring("policy", "check", str(file))
    assert (done.returncode, "that ships, with another text" in done.stdout) == (1, True)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("idle_days_at_most = 45 ", "idle_days_at_most = 46 ", "caps.idle_days_at_most = 46 is milder than 45"),
        ("idle_days_at_most = 45 ", "idle_days_at_most = 44 ", None),
        ("bank_feed_share_at_least = 0.8 ", "bank_feed_share_at_least = 0.79 ", "0.79 is milder than 0.8"),
        ("bank_feed_share_at_least = 0.8 ", "bank_feed_share_at_least = 0.81 ", None),
        ("readings_must_agree = true ", "", "the setting of READINGS_DIFFER is left out"),
        ("revenue_cents_at_least = 5_000_000 ", "revenue_cents_at_least = 4_999_999 ", "is milder than 5,000,000"),
        ("decline_above = 0.12 ", "decline_above = 0.2 ", None),
    ],
)
def test_a_lenders_policy_is_not_milder_than_that_for_all(
    scoring: Scoring, tmp_path: Path, old: str, new: str, said: str | None
) -> None:
    """At the value of the base and one step to each side; cut-offs are the lender's own."""
    text = SHIPPED.read_text().replace('version = "4"', 'version = "bank-1"')
    lines = [line for line in text.splitlines() if line.startswith(old)]
    assert len(lines) == 1, old
    file = tmp_path / "own.toml"
    file.write_text(text.replace(lines[0], new))
    done = scoring("policy", "check", str(file), "--base", str(SHIPPED))
    assert (done.returncode, said is None or said in done.stdout) == (int(said is not None), True), done.stdout


def test_what_cannot_be_read_is_no_policy(scoring: Scoring, tmp_path: Path) -> None:
    """A missing file, and a folder."""
    for path in (tmp_path / "nowhere.toml", tmp_path):
        done = scoring("policy", "check", str(path))
        assert (done.returncode, str(path) in done.told) == (2, True)


def test_a_policy_with_errors_is_not_served(tmp_path: Path) -> None:
    """The service says the same as the check."""
    file = policy(tmp_path, ("decline_above = 0.12 ", "decline_above = 1.0 "))
    with pytest.raises(ServingError, match="PD_TOO_HIGH never fires") as refused:
        load_serving(settings_in(tmp_path, policy_file=file))
    assert isinstance(refused.value.__cause__, PolicyError)


def test_the_policy_in_force_changes_nothing(scoring: Scoring, tmp_path: Path) -> None:
    """Three replay, and come out as they were."""
    done = scoring(
        "policy", "simulate", "--policy", str(SHIPPED), "--since", "2026-10-01", "--out", str(tmp_path / "x")
    )
    assert (done.returncode, done.told.strip()) == (0, "")
    sums = json.loads((tmp_path / "x" / "summary.json").read_bytes())["all"]
    assert (sums["count"], sums["before"], sum(sums["swaps"].values())) == (3, sums["after"], 0)
    assert sums["before"]["recommended"] == {"approve": 1, "refer": 1, "decline": 1}
    assert sums["before"]["exposure_cents"] == 12_000_00


def test_a_stricter_policy_says_who_moves_and_why(scoring: Scoring, tmp_path: Path) -> None:
    """The approval is referred, the referral is declined; exposure and expected loss go."""
    cuts = (
        ("approve_at_or_below = 0.04 ", "approve_at_or_below = 0.005 "),
        ("decline_above = 0.12 ", "decline_above = 0.02 "),
    )
    out = tmp_path / "out"
    done = scoring(
        "policy", "simulate", "--policy", str(policy(tmp_path, *cuts)), "--since", "2026-10-01", "--out", str(out)
    )
    assert done.returncode == 0
    summary = json.loads((out / "summary.json").read_bytes())
    sums = summary["all"]
    assert sums["swaps"]["approve>refer"] + sums["swaps"]["approve>decline"] == 1
    assert sums["swaps"]["refer>decline"] == 1
    assert (sums["after"]["exposure_cents"], sums["after"]["expected_loss_cents"]) == (0, 0)
    assert sums["before"]["expected_loss_cents"] > 0
    assert "+PD_TOO_HIGH" in sums["causes"]
    rows = list(csv.DictReader((out / "decisions.csv").read_text().splitlines()))
    assert [row["moves"] for row in rows].count("yes") == 2
    assert set(summary["product"]) == {"working_capital"}
    page = (out / "simulation.html").read_text()
    assert all(row["decision_id"] in page for row in rows if row["moves"] == "yes")


def test_expected_loss_is_probability_times_loss_times_amount(scoring: Scoring, tmp_path: Path) -> None:
    """At the share that is stated."""

    def loss(share: str) -> tuple[int, float]:
        out = tmp_path / share
        scoring(
            "policy", "simulate", "--policy", str(SHIPPED), "--since", "2026-10-01", "--lgd", share, "--out", str(out)
        )
        rows = list(csv.DictReader((out / "decisions.csv").read_text().splitlines()))
        (approved,) = [row for row in rows if row["recommendation_before"] == "approve"]
        return int(approved["expected_loss_cents_before"]), float(approved["pd_before"])

    cents, pd = loss("0.4")
    assert cents == round(0.4 * pd * 12_000_00)
    assert loss("1")[0] == round(pd * 12_000_00)


def test_another_model_is_tried_in_the_same_way(scoring: Scoring) -> None:
    """sme/2 reads catalogue 1, whose values come from the same snapshots."""
    done = scoring("policy", "simulate", "--model", "sme/2", "--since", "2026-10-01")
    assert (done.returncode, "model sme/2" in done.stdout) == (0, True)


def test_without_snapshots_the_recorded_values_do(scoring: Scoring, tmp_path: Path) -> None:
    """Where the candidate reads nothing else; a model that does is left out, by name."""
    settings = settings_in(tmp_path)

    async def purge() -> int:
        database = Database(settings.database_url)
        try:
            with closing(sqlite3.connect(tmp_path / "test.sqlite")) as connection, connection:
                connection.execute("UPDATE snapshots SET expires_at = '2020-01-01T00:00:00.000Z'")
            return await purge_snapshots(database, datetime(2026, 10, 1, tzinfo=UTC))
        finally:
            await database.close()

    assert asyncio.run(purge()) == 3
    done = scoring("policy", "simulate", "--policy", str(policy(tmp_path)), "--since", "2026-10-01")
    compared, left_out = 3 - done.told.count("left out"), done.told.count("doubtful facts were read otherwise")
    assert (done.returncode, f"{compared} compared ({compared} from recorded values)" in done.stdout) == (
        bool(left_out),
        True,
    )
    other = scoring("policy", "simulate", "--model", "sme/2", "--since", "2026-10-01")
    assert other.returncode == 2
    assert other.told.count("its snapshot is gone, and its record has no value of") == 3


def test_a_decision_that_does_not_replay_is_left_out(scoring: Scoring, tmp_path: Path) -> None:
    """It is named, and the others are compared."""
    with closing(sqlite3.connect(tmp_path / "test.sqlite")) as connection, connection:
        (identifier,) = connection.execute("SELECT id FROM decisions ORDER BY id LIMIT 1").fetchone()
        connection.execute("UPDATE decisions SET record = record || x'20' WHERE id = ?", (identifier,))
    done = scoring("policy", "simulate", "--policy", str(SHIPPED), "--since", "2026-10-01")
    assert (done.returncode, f"left out {identifier}" in done.told) == (1, True)
    assert "2 compared" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name what to try"),
        (("--policy", "nowhere.toml"), "nowhere.toml cannot be read"),
        (("--model", "sme"), "--model names NAME/VERSION"),
        (("--model", "sme/99"), "sme"),
        (("--policy", str(SHIPPED), "--lgd", "50"), "--lgd is a share between 0 and 1"),
        (("--policy", str(SHIPPED), "--lgd", "nan"), "--lgd is a share between 0 and 1"),
        (("--policy", str(SHIPPED), "--out", str(SHIPPED)), "is not a new or empty folder"),
        (("--policy", str(SHIPPED), "--lender", "nobody"), "can be compared"),
    ],
)
def test_wrong_use_is_told(scoring: Scoring, arguments: tuple[str, ...], said: str) -> None:
    """With status 2."""
    done = scoring("policy", "simulate", "--since", "2026-10-01", *arguments)
    assert (done.returncode, said in done.told) == (2, True), done.told


def test_nothing_since_a_day_ahead(scoring: Scoring) -> None:
    """The day is that of Berlin."""
    done = scoring("policy", "simulate", "--policy", str(SHIPPED), "--since", "2026-10-02")
    assert (done.returncode, "no decision since 2026-10-02 can be compared" in done.told) == (2, True)


def test_one_person_puts_no_other_policy_in_force_by_the_setting(scoring: Scoring, tmp_path: Path) -> None:
    """Where one was in force already, the start ends with the command that asks a second person."""
    file = policy(tmp_path, ("validity_days = 14 ", "validity_days = 15 "))
    done = scoring(
        "serve", SCORING_POLICY_FILE=str(file), SCORING_DATA_DIR=str(tmp_path), SCORING_PORT=str(free_port())
    )
    assert done.returncode == 2
    assert done.told.strip() == (
        f"scoring: SCORING_POLICY_FILE: {file}: another policy was in force here, and a new one takes two persons:"
        " request it with `scoring policy promote`"
    )


def test_a_model_is_tried_as_a_policy_is(scoring: Scoring, tmp_path: Path) -> None:
    """On the same stored applications, each replayed before."""
    done = scoring("models", "simulate", "--model", "2", "--since", "2026-10-01", "--out", str(tmp_path / "x"))
    sums = json.loads((tmp_path / "x" / "summary.json").read_bytes())["all"]
    assert (done.returncode, sums["count"], "model sme/2" in done.stdout) == (0, 3, True), done
