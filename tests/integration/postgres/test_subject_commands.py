"""Commands about data subjects, retention and the trail, on both databases."""

import asyncio
import csv
import io
import json
import os
import pwd
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import Scoring, in_process
from links import a_link, send
from service import KEY_MATERIAL, SIGNING_KEYS, Clock, Service, application, running, settings_in
from signing import as_0_5_stored

from scoring.runtime.serving import load_serving
from scoring.store.database import Database
from scoring.store.principals import Role
from scoring.store.retention import _erase_decisions

OTHER = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
ME = pwd.getpwuid(os.getuid()).pw_name
NAME = "-".join(("bank", *Role))
WHO = ("--lender", "bank", "--identity-check", "in-person")


@pytest.fixture
def scoring(
    each_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Scoring:
    """Runs a command in this process, on a database of its own."""
    monkeypatch.setattr("service.database_in", lambda _folder: each_url)
    settings = {
        "SCORING_DATABASE_URL": each_url,
        "SCORING_DATA_DIR": str(tmp_path),
        "SCORING_ENCRYPTION_KEYS": f"k1:{KEY_MATERIAL}",
        "SCORING_SIGNING_KEYS": SIGNING_KEYS,
    }
    return in_process(settings, monkeypatch, capsys)


def live(folder: Path, work: Callable[[Service], Any], **changes: Any) -> Any:  # noqa: ANN401  what the work returns
    """Let a service live for some work, with the promoted model."""

    async def run() -> Any:  # noqa: ANN401  the same
        serving = load_serving(settings_in(folder))
        async with running(folder, serving=serving, is_plain_http=True, **changes) as service:
            return await work(service)

    return asyncio.run(run())


async def decide(service: Service, borrower: str = "firm-1") -> str:
    """One decision, with a key of its day."""
    body = application(borrower_ref=borrower, purpose="Hochzeit")
    key = f"{borrower}-{service.clock():%Y}"
    answer = await service.post("/v1/decisions", body, **{"Idempotency-Key": key})
    identifier: str = answer.json()["decision_id"]
    return identifier


async def decide_as_0_5(service: Service) -> str:
    """A decision with the record of 0.5, which holds the purpose and does not outlast an erasure."""
    identifier = await decide(service)
    database: Database = service.app.state.database
    await database.write_at_once(lambda connection: as_0_5_stored(connection, identifier, "Hochzeit"))
    return identifier


def rows_of(printed: str) -> dict[str, str]:
    """What `retain` prints, by kind."""
    return dict(line.split("\t") for line in printed.splitlines())


def test_show_export_and_erase(scoring: Scoring, tmp_path: Path) -> None:
    """From what there is, to a folder, to a tombstone that replay and export name."""
    decision, other = live(tmp_path, _two)
    shown = scoring("subject", "show", "firm-1", "--lender", "bank")
    out = tmp_path / "bundle"
    exported = scoring("subject", "export", "firm-1", *WHO, "--out", str(out))
    full = scoring("subject", "export", "firm-1", *WHO, "--out", str(out))
    data = json.loads((out / "data.json").read_text())
    erased = scoring("subject", "erase", "firm-1", *WHO)
    again = scoring("subject", "erase", "firm-1", *WHO)
    replayed = scoring("replay", decision)
    kept = scoring("replay", other)
    dataset = scoring("export", "--out", str(tmp_path / "dataset"))
    assert "decisions\t1" in shown.stdout
    assert exported.returncode == 0, exported.stderr
    assert (out / "index.html").stat().st_mode & 0o077 == 0
    assert data["decisions"][0]["decision_id"] == decision
    assert other not in (out / "index.html").read_text()
    assert full.returncode == 2
    assert "destroyed\trecords\t1" in erased.stdout
    assert "kept\trows\t1\tOf decisions whose record held the purpose" in erased.stdout
    assert (again.returncode, "has no borrower" in again.stderr) == (2, True)
    assert (replayed.returncode, replayed.told) == (2, f"scoring: decision {decision} was erased\n")
    assert kept.returncode == 0
    assert dataset.stdout.startswith("1 snapshot written")


async def _two(service: Service) -> tuple[str, str]:
    return await decide_as_0_5(service), await decide(service, "firm-2")


def test_a_hold_restricts_until_it_is_released_and_retain_completes(scoring: Scoring, tmp_path: Path) -> None:
    """With what is held and why; a restricted firm is in no dataset; the request is done by `retain`."""
    decision = live(tmp_path, decide_as_0_5)
    held = scoring("subject", "hold", "firm-1", "--lender", "bank", "--reason", "open-loan")
    identifier = held.stdout.strip()
    erased = scoring("subject", "erase", "firm-1", *WHO, "--received-on", "2026-09-01")
    shown = scoring("subject", "show", "firm-1", "--lender", "bank")
    dataset = scoring("export", "--out", str(tmp_path / "dataset"))
    early = rows_of(scoring("retain").stdout)
    replayed = scoring("replay", decision)
    foreign = scoring("subject", "release", identifier, "--lender", "other")
    released = scoring("subject", "release", identifier, "--lender", "bank")
    dry, done = rows_of(scoring("retain", "--dry-run").stdout), rows_of(scoring("retain").stdout)
    gone = scoring("replay", decision)
    assert identifier.startswith("hld_")
    assert "\terasure\trestricted" in erased.stdout
    assert "kept\topen_loan\t\tThe loan is not paid back yet" in erased.stdout
    assert f"hold\t{identifier}\topen_loan\tuntil it is released" in shown.stdout
    assert "restricted" in shown.stdout.splitlines()[0]
    assert dataset.returncode == 2
    assert early["erasures"] == "0"
    assert replayed.returncode == 0
    assert foreign.returncode == 2
    assert released.returncode == 0
    assert (dry["erasures"], done["erasures"]) == ("1", "1")
    assert "was erased" in gone.stderr


def test_a_restriction_is_lifted(scoring: Scoring, tmp_path: Path) -> None:
    """By the reference of the borrower, once the day is named on which the data subject was told."""
    live(tmp_path, decide)
    lifting = ("subject", "lift", "firm-1", "--lender", "bank", "--told-on")
    none = scoring(*lifting, "2026-09-01")
    scoring("subject", "restrict", "firm-1", *WHO, "--received-on", "2026-08-15")
    untold, lifted = scoring(*lifting, "2999-01-01"), scoring(*lifting, "2026-09-01")
    shown = scoring("subject", "show", "firm-1", "--lender", "bank")
    assert (none.returncode, "has no restriction in force" in none.stderr) == (2, True)
    assert (untold.returncode, "tell the data subject first" in untold.stderr) == (2, True)
    assert (lifted.returncode, lifted.stdout.endswith("\trestriction\tlifted\n")) == (0, True), lifted
    assert "\topen\n" in shown.stdout


def test_what_is_past_its_period_goes_and_what_is_held_stays(scoring: Scoring, tmp_path: Path) -> None:
    """Each kind by its own setting, in batches that can be run again; nothing else goes."""
    clock = Clock()
    clock.now = clock.now.replace(year=2010)
    live(tmp_path, _old, clock=clock)
    scoring("subject", "hold", "firm-2", "--lender", "bank", "--reason", "hgb")
    young = live(tmp_path, _young)
    dry = rows_of(scoring("retain", "--dry-run").stdout)
    purged = scoring("snapshots", "purge")
    again = rows_of(scoring("retain", "--dry-run").stdout)
    done = scoring("retain")
    nothing = rows_of(scoring("retain").stdout)
    kept = scoring("replay", young)
    expected = {
        "erasures": "0",
        "snapshots": "2",
        "decisions": "2",
        "connections": "1",
        "consents": "0",
        "links": "1",
        "idempotency": "3",
        "requests": "0",
        "holds": "0",
    }
    assert {name: dry[name] for name in expected} == expected
    assert purged.stdout == "2 snapshots deleted\n", "the old command respects holds, too"
    assert again == dry | {"snapshots": "0"}, "a dry run deletes nothing"
    gone = {name: rows_of(done.stdout)[name] for name in expected}
    # its connection went before the consent, and two keys went with their decisions
    assert gone == expected | {"consents": "1", "idempotency": "1", "snapshots": "0"}
    assert rows_of(done.stdout)["borrowers"] == "2"
    assert set(nothing.values()) == {"0"}
    assert kept.returncode == 0, kept.stderr
    rows = list(csv.DictReader(io.StringIO(scoring("audit", "--action", "retention").stdout)))
    assert {"snapshots:2", "decisions:2", "borrowers:2"} <= {row["object"] for row in rows}
    assert {row["actor"] for row in rows} == {ME}


async def _old(service: Service) -> None:
    _, path = await a_link(service, borrower_ref="firm-1")
    await send(service, path)
    await a_link(service, borrower_ref="firm-4")
    for number in (1, 2, 3):
        await decide(service, f"firm-{number}")


async def _young(service: Service) -> str:
    return await decide(service, "firm-3")


def test_a_run_that_is_killed_has_written_down_what_is_gone(
    scoring: Scoring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each batch with its row, in one transaction; the next run goes on."""
    clock = Clock()
    clock.now = clock.now.replace(year=2010)
    live(tmp_path, _two, clock=clock)
    monkeypatch.setattr("scoring.store.retention.BATCH", 1)
    with monkeypatch.context() as patch:
        erased: list[object] = []

        def die(*arguments: Any) -> None:  # noqa: ANN401  as it is called
            if erased:
                raise KeyboardInterrupt  # as good as a kill: nothing after it is done
            erased.append(arguments)
            _erase_decisions(*arguments)

        patch.setattr("scoring.store.retention._erase_decisions", die)
        assert scoring("retain").returncode != 0
    killed = _retained(scoring)
    done = rows_of(scoring("retain").stdout)
    assert killed == {"snapshots:1": 2, "decisions:1": 1}
    assert (done["snapshots"], done["decisions"]) == ("0", "1")


def _retained(scoring: Scoring) -> dict[str, int]:
    rows = csv.DictReader(io.StringIO(scoring("audit", "--action", "retention").stdout))
    return Counter(row["object"] for row in rows)


def test_the_trail_of_commands(scoring: Scoring, tmp_path: Path) -> None:
    """Who ran them is the user that the system knows; filters; a table, CSV, or JSON lines."""
    decision = live(tmp_path, decide)
    key = scoring("keys", "add", "--lender", "bank", "--role", "audit", "--name", "revision").stdout.strip()
    prefix = key.split("_")[1]
    scoring("keys", "quota", prefix, "5/day")
    scoring("keys", "revoke", prefix)
    scoring("keys", "rotate")
    scoring("replay", decision)
    scoring("export", "--out", str(tmp_path / "dataset"), "--lender", "bank")
    printed = scoring("audit", USER="mallory", LOGNAME="mallory").stdout
    rows = list(csv.DictReader(io.StringIO(printed)))
    by_system = {(row["action"], row["object"], row["lender_id"]) for row in rows if row["actor"] == ME}
    lines = scoring("audit", "--format", "json", "--object", decision, "--lender", "bank").stdout.splitlines()
    table = scoring("audit", "--format", "table", "--action", "replay", "--principal", ME).stdout
    window = scoring("audit", "--since", "2010-01-01", "--until", "2010-12-31").stdout
    wrong = [scoring("audit", "--action", "x"), scoring("audit", "--since", "yesterday")]
    assert {
        ("key.added", prefix, "bank"),
        ("key.changed", prefix, "bank"),
        ("key.revoked", prefix, "bank"),
        ("keys.rotated", "k1", ""),
        ("replay", decision, "bank"),
        ("export", "", "bank"),
        ("policy.begun", "4", ""),
    } <= by_system
    assert key not in printed
    assert {json.loads(line)["action"] for line in lines} == {"decision.made", "replay"}
    assert decision in table
    assert len(window.splitlines()) == 1
    assert {done.returncode for done in wrong} == {2}


def test_the_table_of_the_trail_fits_a_terminal_of_80_columns(scoring: Scoring, tmp_path: Path) -> None:
    """Instants, actions and identifiers are whole; principals are shown, and found, by name."""
    first, last = live(tmp_path, _decide_and_list)
    done = scoring("audit", "--format", "table", COLUMNS="80")
    lines = [line.split() for line in done.stdout.splitlines()]
    stored = list(csv.DictReader(io.StringIO(scoring("audit", "--format", "csv").stdout)))
    made = next(row for row in stored if row["action"] == "decision.made" and row["object"] == first)
    named = csv.DictReader(io.StringIO(scoring("audit", "--principal", NAME, "--lender", "bank").stdout))
    assert lines[:2] == [["at", "action", "object"], ["lender", "who", "address"]]
    at = lines.index([made["at"], "decision.made", first])
    folded = [[NAME[start : start + 20]] for start in range(20, len(NAME), 20)]
    assert lines[at + 1 : at + 2 + len(folded)] == [["bank", NAME[:20], made["address"]], *folded]
    [page] = [row for row in stored if row["action"] == "decisions.listed"]
    begin, end = page["object"].split("..")
    assert {begin, end} == {first, last}
    at = lines.index([page["at"], "decisions.listed", f"{begin}.."])
    assert lines[at + 1 : at + 3] == [["bank", NAME[:20], end], [NAME[20:40], page["address"]]]
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert {row["principal_id"] for row in named} == {made["principal_id"]}


async def _decide_and_list(service: Service) -> tuple[str, str]:
    first, last = await decide(service, "firm-1"), await decide(service, "firm-2")
    await service.get("/v1/decisions")
    return first, last


def test_persons_are_in_the_trail(scoring: Scoring, monkeypatch: pytest.MonkeyPatch) -> None:
    """Added, changed, disabled and enabled, and links for browsers, by identifier and never by name."""
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery\ncorrect horse battery\n"))
    named = ("--lender", "bank", "--name", "erika")
    assert scoring("principals", "add", *named, "--role", "audit").returncode == 0
    for command in ("password", "disable", "enable", "device-link"):
        assert scoring("principals", command, *named).returncode == 0
    printed = scoring("audit", "--lender", "bank").stdout
    rows = list(csv.DictReader(io.StringIO(printed)))
    assert {row["action"] for row in rows} == {
        "person.added",
        "person.changed",
        "person.disabled",
        "person.enabled",
        "device_link.made",
    }
    assert {row["object"][:4] for row in rows} == {"pri_"}
    assert "erika" not in printed


def test_a_marked_suspicion_report_is_nowhere_but_in_its_own_store(
    scoring: Scoring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in a bundle, a dataset, the trail, the database or the log; erasure neither deletes nor tells of it."""
    mark, file = "GELDWAESCHEVERDACHT-4711", tmp_path / "suspicion.sqlite"
    live(tmp_path, decide)
    before = scoring("suspicion", "list", "--lender", "bank")
    assert not file.exists(), "the file is made with the first report"
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{mark} wegen Barzahlungen\n"))
    added = scoring("suspicion", "add", "--lender", "bank", "--borrower-ref", "firm-1")
    report = added.stdout.strip()
    shown = scoring("subject", "show", "firm-1", "--lender", "bank")
    scoring("subject", "export", "firm-1", *WHO, "--out", str(tmp_path / "bundle"))
    scoring("export", "--out", str(tmp_path / "dataset"))
    trail = scoring("audit", "--format", "json")
    erased = scoring("subject", "erase", "firm-1", *WHO)
    retained = scoring("retain")
    listed = scoring("suspicion", "list", "--lender", "bank")
    told = scoring("suspicion", "show", report, "--lender", "bank")
    foreign = scoring("suspicion", "show", report, "--lender", "other")
    mistyped = scoring("suspicion", "list", "--lender", "other")
    monkeypatch.setattr("sys.stdin", io.StringIO("wegen Barzahlungen\n"))
    nowhere = scoring("suspicion", "add", "--lender", "other", "--borrower-ref", "firm-1")
    page = live(tmp_path, _pages)
    assert (before.returncode, before.stdout) == (0, "")
    assert report.startswith("sar_"), added.stderr
    assert file.stat().st_mode & 0o077 == 0
    assert mark not in added.stderr
    for done in (shown, trail, erased, retained):
        assert done.returncode == 0, done.stderr
        for word in (mark, "sar_", "suspicion", "verdacht"):
            assert word not in done.stdout + done.stderr
    for path in tmp_path.rglob("*"):
        if path.is_file() and path != file:
            content = path.read_bytes()
            assert mark.encode() not in content, path
            assert report.encode() not in content, path
    assert mark.encode() not in file.read_bytes(), "it is encrypted"
    assert b"firm-1" not in file.read_bytes()
    assert listed.stdout.split("\t")[0] == report
    assert (mistyped.returncode, mistyped.told) == (
        2,
        "scoring: there is no report of 'other'; there are reports of bank\n",
    )
    assert (nowhere.returncode, nowhere.told) == (2, "scoring: there is no lender 'other'; known: bank\n")
    assert "firm-1" in listed.stdout, "whom it concerns is still known there"
    assert f"{mark} wegen Barzahlungen" in told.stdout
    assert foreign.returncode == 2
    assert mark not in page


def test_a_report_is_of_a_lender_that_is_there(scoring: Scoring, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lender that was mistyped would have reports that nobody looks for."""
    scoring("keys", "add", "--lender", "bank", "--role", "apply", "--name", "los")
    monkeypatch.setattr("sys.stdin", io.StringIO("Barzahlungen"))
    unknown = scoring("suspicion", "add", "--lender", "nobank", "--borrower-ref", "firm-1")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "there is no lender 'nobank'; known: bank" in unknown.stderr
    assert scoring("suspicion", "add", "--lender", "bank", "--borrower-ref", "firm-1").returncode == 0


def test_a_report_that_cannot_be_read_hides_no_other(scoring: Scoring, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named with its key; and a key alone that none of the reports has does not add another one."""
    options = ("--lender", "bank", "--borrower-ref")
    other, both = f"k2:{OTHER}", f"k1:{KEY_MATERIAL},k2:{OTHER}"

    def add(firm: str, keys: str) -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"Barzahlungen von {firm}"))
        done = scoring("suspicion", "add", *options, firm, SCORING_ENCRYPTION_KEYS=keys)
        return done.stdout.strip() or done.stderr

    first, second = add("firm-1", other), add("firm-2", both)
    alone = f"k1:{KEY_MATERIAL}"
    listed = scoring("suspicion", "list", "--lender", "bank", SCORING_ENCRYPTION_KEYS=alone)
    shown = scoring("suspicion", "show", first, "--lender", "bank", SCORING_ENCRYPTION_KEYS=alone)
    read = scoring("suspicion", "show", second, "--lender", "bank", SCORING_ENCRYPTION_KEYS=alone)
    whole = scoring("suspicion", "list", "--lender", "bank", SCORING_ENCRYPTION_KEYS=both)
    refused = add("firm-3", f"k3:{OTHER}")
    assert (listed.returncode, listed.stdout.split("\t")[0], listed.stdout.count("\n")) == (1, second, 1)
    assert f"{first} of " in listed.stderr
    assert "'k2'" in listed.stderr
    assert (shown.returncode, "'k2'" in shown.stderr) == (2, True)
    assert "Barzahlungen von firm-2" in read.stdout
    assert (whole.returncode, whole.stdout.count("\n")) == (0, 2)
    assert "were encrypted with k1, k2, which is not configured" in refused


async def _pages(service: Service) -> str:
    paths = ("/v1/audit", "/v1/decisions", "/v1/subject-requests", "/metrics")
    return "".join([(await service.get(path)).text for path in paths])


def test_reports_are_encrypted_anew_and_go_after_their_period(
    scoring: Scoring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`keys rotate` says that they are apart; after `suspicion rotate` the old key can go."""
    monkeypatch.setattr("sys.stdin", io.StringIO("x"))
    options = ("--lender", "bank", "--borrower-ref", "firm-1", "--reported-on", "2020-01-01")
    report = scoring("suspicion", "add", *options).stdout.strip()
    both = f"k2:{OTHER},k1:{KEY_MATERIAL}"
    hint = scoring("keys", "rotate", SCORING_ENCRYPTION_KEYS=both)
    rotated = scoring("suspicion", "rotate")
    read = scoring("suspicion", "show", report, "--lender", "bank", SCORING_ENCRYPTION_KEYS=f"k2:{OTHER}")
    dry = scoring("suspicion", "retain", "--dry-run")
    done = scoring("suspicion", "retain")
    left = scoring("suspicion", "list", "--lender", "bank")
    empty = scoring("suspicion", "add", *options)
    assert "run `suspicion rotate`, too" in hint.stderr
    assert rotated.stdout == "1 report encrypted with k2\n"
    assert read.returncode == 0, read.stderr
    assert (dry.stdout, done.stdout, left.stdout) == ("1 report would go\n", "1 report deleted\n", "")
    assert empty.returncode == 2
