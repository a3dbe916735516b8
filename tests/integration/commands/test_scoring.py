"""The command line: what commands print, and with which status they end."""

import asyncio
import io
import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from command_line import Scoring
from decision_cases import POLICY_FILE
from service import KEY_MATERIAL, application, environ_of, running, settings_in

from demo.stack import free_port
from scoring.base.secrets import Sealed, Secret
from scoring.runtime.serving import load_serving, newest_policy_file
from scoring.runtime.settings import Settings
from scoring.store.database import Database
from scoring.store.persons import find_person
from scoring.store.second_factors import add_factor

ROOT = Path(__file__).parents[3]


Typing = Callable[[str], None]


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> Typing:
    """Puts a line into standard input."""
    return lambda line: monkeypatch.setattr("sys.stdin", io.StringIO(line + "\n"))


def test_the_command_line_is_a_module(tmp_path: Path) -> None:
    """As a process of its own: the key is all that ``keys add`` prints."""
    done = subprocess.run(
        [sys.executable, "-m", "scoring", "keys", "add", "--lender", "bank", "--role", "apply", "--name", "x"],
        env=os.environ | {"SCORING_DATA_DIR": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("hbk_")
    assert len(done.stdout.splitlines()) == 1


def test_a_reader_that_has_seen_enough_ends_a_command_quietly() -> None:
    """As ``head`` does: no word about it."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "scoring", "keys", "signing"]
    done = subprocess.run(command, cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("serve",),
        ("keys",),
        ("keys", "add"),
        ("principals",),
        ("principals", "add"),
        ("replay",),
        ("export",),
        ("snapshots",),
        ("contacts",),
        ("docs",),
        ("writeback",),
    ],
)
def test_every_command_explains_itself(scoring: Scoring, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """And touches nothing while it does."""
    done = scoring(*arguments, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage: python -m scoring" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_help_of_replay_says_what_its_exit_statuses_mean(scoring: Scoring) -> None:
    """Scripts depend on them."""
    assert "Exit status: 0 identical, 1 different, 2 it cannot" in scoring("replay", "--help").stdout


def test_the_list_of_commands_says_what_keys_does(scoring: Scoring) -> None:
    """Each of its commands by its verb: whoever has to change the encryption key looks there."""
    text = " ".join(scoring("--help").stdout.replace("│", " ").split())
    assert "Add, list and revoke API keys of lenders; rotate the encryption key of stored data." in text


def test_a_key_has_a_quota_that_can_be_changed(scoring: Scoring) -> None:
    """The list shows it, with what was used; a text that is none is refused before anything is stored."""
    began = datetime.now(UTC)
    bad = scoring(*("keys", "add", "--lender", "bank", "--role", "apply", "--name", "Los 1", "--quota", "10/week"))
    scoring(*("keys", "add", "--lender", "bank", "--role", "apply", "--name", "Los 1", "--quota", "10000/day"))
    (listed,) = scoring("keys", "list").stdout.splitlines()
    prefix = listed.split("\t")[0]
    changed = [scoring("keys", "quota", prefix, "20/hour")]
    hourly = scoring("keys", "list").stdout
    changed += [scoring("keys", "quota", prefix, wanted) for wanted in ("none", "many")]
    assert (bad.returncode, changed[2].returncode) == (2, 2)
    assert "'10/week' is not a rate such as 600/minute" in bad.stderr
    moments = (began, datetime.now(UTC))  # an hour, or a day, may begin meanwhile
    assert listed.split("\tvalid\t")[1] in {f"10000/day, 0 used since {at:%Y-%m-%d}T00:00:00.000Z" for at in moments}
    assert any(f"\t20/hour, 0 used since {at:%Y-%m-%dT%H}:00:00.000Z\n" in hourly for at in moments)
    assert changed[0].stdout == f"{prefix} may ask for 20/hour decisions\n"
    assert changed[1].stdout == f"{prefix} has no quota\n"
    assert scoring("keys", "quota", "nobody", "1/day").returncode == 2


def test_keys_are_added_listed_and_revoked(scoring: Scoring, tmp_path: Path) -> None:
    """The key is the last line of what ``add`` prints, and nothing shows it again."""
    added = scoring(*("keys", "add", "--lender", "bank", "--role", "apply", "--role", "audit", "--name", "Los 1"))
    key = added.stdout.strip().splitlines()[-1]
    listed = scoring("keys", "list")
    prefix = listed.stdout.split("\t")[0]
    revoked = scoring("keys", "revoke", prefix)
    after = scoring("keys", "list")
    assert [done.returncode for done in (added, listed, revoked, after)] == [0, 0, 0, 0]
    assert listed.stdout.split("\t")[1:5] == ["bank", "system", "Los 1", "apply,audit"]
    assert key.startswith(f"hbk_{prefix}_")
    assert key not in listed.stdout
    assert "revoked 20" in after.stdout
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert key.split("_", 2)[2].encode() not in stored


@pytest.mark.parametrize(
    "arguments",
    [
        ("audit",),
        ("verify",),
        ("export", "--out", "dataset"),
        ("contacts", "con_1"),
        ("writeback", "dec_1", "--voucher", "contract.pdf", "--amount", "1.00", "--account", "6855"),
        *(("principals", command, "--name", "anna") for command in ("password", "device-link", "reset-second-factor")),
        *(("principals", command, "--name", "anna") for command in ("disable", "enable")),
        ("subject", "show", "firm-1"),
        ("subject", "export", "firm-1", "--out", "answer", "--identity-check", "in-person"),
        *(("subject", command, "firm-1", "--identity-check", "in-person") for command in ("erase", "restrict")),
        ("subject", "hold", "firm-1", "--reason", "gwg"),
        ("subject", "release", "hld_1"),
        ("suspicion", "add", "--borrower-ref", "firm-1"),
        ("keys", "add", "--role", "apply", "--name", "los"),
        ("principals", "add", "--role", "audit", "--name", "anna"),
    ],
)
def test_a_lender_that_is_not_there_is_told_with_those_that_are(
    scoring: Scoring, typing: Typing, arguments: tuple[str, ...]
) -> None:
    """A mistyped name is neither an empty answer nor a row in the trail; nothing is done."""
    scoring("keys", "add", "--lender", "bank", "--role", "apply", "--name", "Los 1")
    before = scoring("audit").stdout
    typing("correct horse battery staple")
    done = scoring(*arguments, "--lender", "bnak")
    assert (done.returncode, done.stdout) == (2, "")
    assert "lender 'bnak'; known: " in done.told
    assert len(scoring("audit").stdout.splitlines()) == len(before.splitlines()) + 1  # the reading itself


ANNA = ("--lender", "bank", "--name", "Anna B.")
PASSWORD = "correct horse battery"


def test_persons_are_added_listed_and_disabled(scoring: Scoring, tmp_path: Path, typing: Typing) -> None:
    """The password is read from standard input, shown nowhere, and stored as a hash alone."""
    typing(PASSWORD)
    added = scoring("principals", "add", *ANNA, "--role", "underwrite", "--role", "audit")
    listed = scoring("principals", "list")
    typing("another long password")
    changed = scoring("principals", "password", *ANNA)
    disabled = scoring("principals", "disable", *ANNA)
    after = scoring("principals", "list")
    enabled = scoring("principals", "enable", *ANNA)
    done = (added, listed, changed, disabled, after, enabled)
    assert [one.returncode for one in done] == [0] * 6
    assert listed.stdout.split("\t")[:3] == ["bank", "Anna B.", "audit,underwrite"]
    assert (listed.stdout.strip().endswith("active"), "disabled 20" in after.stdout) == (True, True)
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for secret in (PASSWORD, "another long password"):
        assert secret.encode() not in stored
        assert all(secret not in one.stdout + one.stderr for one in done)
    assert b"$argon2id$" in stored


@pytest.mark.parametrize(
    ("arguments", "typed", "said"),
    [
        (("add", *ANNA, "--role", "audit"), PASSWORD, "bank already has a user named 'Anna B.'"),
        (
            ("add", "--lender", "bank", "--name", "LOS", "--role", "audit"),
            PASSWORD,
            "bank already has a system named 'LOS'",
        ),
        (("add", "--lender", "bank", "--name", "Bo", "--role", "audit"), "short", "12 to 128 characters"),
        (("add", "--lender", "bank", "--name", "Bo", "--role", "audit"), "", "12 to 128 characters"),
        (("add", "--lender", "bank", "--name", "Bo", "--role", "audit"), "Passwort1234", "easy to guess"),
        (("password", *ANNA), "abcabcabcabc", "repeats itself"),
        (("password", *ANNA), "anna-bank-2026", "little more than the name or the lender"),
        (("device-link", "--lender", "bank", "--name", "Bo"), "", "bank has no user named 'Bo'"),
        (("reset-second-factor", "--lender", "bank", "--name", "LOS"), "", "bank has no user named 'LOS'"),
        (("reset-second-factor", *ANNA), "", "Anna B. of bank has no second factor"),
        (("add", "--lender", "a b", "--name", "Bo", "--role", "audit"), PASSWORD, "is not a valid lender"),
        (("add", "--lender", "bank", "--name", "Bo", "--role", "king"), PASSWORD, "king"),
        (("password", *ANNA), "short", "12 to 128 characters"),
        (("password", "--lender", "other", "--name", "Anna B."), PASSWORD, "there is no lender 'other'; known: bank"),
        (("disable", "--lender", "bank", "--name", "LOS"), "", "bank has no user named 'LOS'"),
        (("enable", "--lender", "bank", "--name", "Bo"), "", "`principals list` lists all"),
    ],
)
def test_what_cannot_be_done_to_a_person_is_told(
    scoring: Scoring, typing: Typing, arguments: tuple[str, ...], typed: str, said: str
) -> None:
    """With status 2, and nothing is changed."""
    typing(PASSWORD)
    scoring("principals", "add", *ANNA, "--role", "underwrite")
    scoring("keys", "add", "--lender", "bank", "--role", "apply", "--name", "LOS")
    before = scoring("principals", "list").stdout
    typing(typed)
    done = scoring("principals", *arguments)
    assert done.returncode == 2
    assert said in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    assert scoring("principals", "list").stdout == before


def test_a_link_makes_a_browser_known(scoring: Scoring, tmp_path: Path, typing: Typing) -> None:
    """It begins where browsers reach the service; the secret in it is stored nowhere."""
    typing(PASSWORD)
    scoring("principals", "add", *ANNA, "--role", "underwrite")
    done = scoring("principals", "device-link", *ANNA, SCORING_PUBLIC_URL="https://loans.bank.example")
    start, _, secret = done.stdout.strip().rpartition("/")
    assert (done.returncode, start, len(secret)) == (0, "https://loans.bank.example/device", 43)
    assert secret.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_a_second_factor_is_shown_and_reset(scoring: Scoring, tmp_path: Path, typing: Typing) -> None:
    """For a phone that is lost."""

    async def set_up() -> None:
        database = Database(Secret(f"sqlite:///{tmp_path}/scoring.sqlite"))
        anna = await find_person(database, lender_id="bank", name="Anna B.")
        assert anna is not None
        sealed = Sealed(key_id="k1", sealed=b"sealed")
        await add_factor(database, anna.principal, sealed, step=1, codes=["code"], now=datetime.now(UTC))
        await database.close()

    typing(PASSWORD)
    scoring("principals", "add", *ANNA, "--role", "underwrite")
    before = scoring("principals", "list").stdout
    asyncio.run(set_up())
    between = scoring("principals", "list").stdout
    done = scoring("principals", "reset-second-factor", *ANNA)
    assert "factor.removed" in scoring("audit").stdout
    after = scoring("principals", "list").stdout
    assert ("password only" in before, "second factor" in between, after == before) == (True, True, True)
    assert (done.returncode, done.stdout) == (0, "Anna B. of bank has no second factor any more\n")


def test_what_operators_do_is_in_the_trail(scoring: Scoring, tmp_path: Path, typing: Typing) -> None:
    """Quotas, links for browsers, resets and copies of the whole database; a copy says of itself that it was made."""
    prefix = scoring("keys", "add", "--lender", "bank", "--role", "apply", "--name", "los").stdout.split("_")[1]
    scoring("keys", "quota", prefix, "20/day")
    scoring("keys", "quota", "nobody", "20/day")
    typing(PASSWORD)
    scoring("principals", "add", *ANNA, "--role", "underwrite")
    scoring("principals", "device-link", *ANNA)
    scoring("principals", "reset-second-factor", *ANNA)
    copied = scoring("backup", "--out", str(tmp_path / "copy.sqlite"))
    there = scoring("backup", "--out", str(tmp_path / "copy.sqlite"))
    told = scoring("audit", "--format", "json").stdout
    with closing(sqlite3.connect(tmp_path / "copy.sqlite")) as connection:
        kept = connection.execute("SELECT count(*) FROM audit WHERE action = 'backup'").fetchall()
    rows = [json.loads(line) for line in told.splitlines()]
    acts = [(row["action"], row["lender_id"]) for row in rows if row["action"] not in {"key.added", "person.added"}]
    assert (copied.returncode, there.returncode, kept) == (0, 2, [(1,)])
    assert sorted(acts, key=str) == [("backup", None), ("device_link.made", "bank"), ("key.changed", "bank")]
    assert [row["object"] for row in rows if row["action"] == "key.changed"] == [prefix]
    assert all(row["actor"] for row in rows)


def test_the_holder_of_a_key_can_become_a_person_who_signs_in(scoring: Scoring, typing: Typing) -> None:
    """The same principal, with roles of their own on pages; disabling ends both."""
    scoring("keys", "add", *ANNA, "--role", "apply", "--kind", "person")
    typing(PASSWORD)
    assert scoring("principals", "add", *ANNA, "--role", "underwrite").returncode == 0
    scoring("principals", "disable", *ANNA)
    assert "revoked 20" in scoring("keys", "list").stdout


@pytest.mark.parametrize(
    ("arguments", "environ"),
    [((), {"SCORING_HOST": "0.0.0.0"}), (("--host", "0.0.0.0"), {})],  # noqa: S104  refused, which is the point
)
def test_pages_over_plain_http_stay_on_this_machine(
    scoring: Scoring, arguments: tuple[str, ...], environ: dict[str, str]
) -> None:
    """Cookies without Secure must not cross a network, whether a setting or the command line says so."""
    done = scoring("serve", *arguments, SCORING_PLAIN_HTTP="true", **environ)
    assert done.returncode == 2
    assert "SCORING_PLAIN_HTTP is true" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("keys", "add", "--lender", "a b", "--role", "apply", "--name", "x"), "is not a valid lender"),
        (("keys", "add", "--lender", "bank", "--role", "king", "--name", "x"), "apply"),
        (("keys", "add", "--lender", "bank", "--role", "apply", "--name", " "), "1 to 120"),
        (("fly",), "Unknown command"),
    ],
)
def test_what_cannot_be_done_ends_with_status_2_and_a_reason(
    scoring: Scoring, arguments: tuple[str, ...], said: str
) -> None:
    """On one line where the reason is short, and never as a trace."""
    done = scoring(*arguments)
    assert done.returncode == 2
    assert said in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["keys", "principals"])
def test_a_lender_is_not_made_by_a_typing_error(scoring: Scoring, typing: Typing, command: str) -> None:
    """The first one is free; others are said to be new."""
    first = scoring("keys", "add", "--lender", "bank", "--role", "apply", "--name", "los")
    assert first.returncode == 0
    wanted = (command, "add", "--lender", "bnak", "--role", "apply", "--name", "anna")
    typing(PASSWORD)
    typo = scoring(*wanted)
    assert (typo.returncode, typo.stdout) == (2, "")
    assert typo.told == "scoring: there is no lender 'bnak'; known: bank. To add it, say --new-lender\n"
    assert "bnak" not in scoring("keys", "list").stdout + scoring("principals", "list").stdout
    typing(PASSWORD)
    assert scoring(*wanted, "--new-lender").returncode == 0


_READING = [
    ("keys", "list"),
    ("keys", "revoke", "nobody"),
    ("replay", "dec_1"),
    ("export", "--out", "dataset"),
    ("snapshots", "purge"),
    ("contacts", "con_1"),
    ("principals", "list"),
    ("principals", "password", "--lender", "bank", "--name", "anna"),
    ("principals", "disable", "--lender", "bank", "--name", "anna"),
]


@pytest.mark.parametrize("arguments", _READING)
@pytest.mark.parametrize("folder", ["", "missing"])
def test_without_a_database_nothing_is_made(
    scoring: Scoring, tmp_path: Path, arguments: tuple[str, ...], folder: str
) -> None:
    """Neither database nor encryption key: a wrong folder must not look like an empty service."""
    done = scoring(*arguments, SCORING_DATA_DIR=str(tmp_path / folder))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("scoring: there is no database yet")
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_no_database(scoring: Scoring, tmp_path: Path) -> None:
    """It is told, and stays as it is."""
    (tmp_path / "scoring.sqlite").touch()
    done = scoring("keys", "list")
    assert (done.returncode, "the database is empty" in done.stderr) == (2, True)
    assert not (tmp_path / "encryption.keys").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("keys", "revoke", "nobody"), "there is no key 'nobody'"),
        (("replay", "dec_1"), "there is no decision dec_1"),
        (("export", "--out", "dataset"), "no snapshots to export"),
        (("contacts", "con_1"), "there is no connection 'con_1'"),
    ],
)
def test_what_is_not_in_the_database_is_told(scoring: Scoring, arguments: tuple[str, ...], said: str) -> None:
    """With status 2, and never as a trace."""
    scoring("keys", "add", "--lender", "bank", "--role", "apply", "--name", "x")
    done = scoring(*arguments)
    assert done.returncode == 2
    assert said in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_bad_settings_are_told_all_at_once(scoring: Scoring) -> None:
    """Before anything is opened."""
    done = scoring("serve", SCORING_PORT="x", SCORING_POTR="8000", SCORING_LOG_LEVEL="loud")
    assert done.returncode == 2
    for name in ("SCORING_PORT", "SCORING_POTR", "SCORING_LOG_LEVEL"):
        assert name in done.stderr
    assert "Traceback" not in done.stderr


def test_a_service_without_a_model_does_not_start(scoring: Scoring, tmp_path: Path) -> None:
    """It says which model is missing, and where it was looked for."""
    (tmp_path / "registry").mkdir()
    done = scoring("serve", SCORING_MODEL_DIR=str(tmp_path / "registry"))
    assert done.returncode == 2
    assert "no version of sme is promoted" in done.stderr


def test_a_policy_that_does_not_hold_is_told_with_its_file_and_variable(scoring: Scoring, tmp_path: Path) -> None:
    """Whoever set the one knows where to look."""
    path = tmp_path / "policy.toml"
    path.write_text("version = 1\n")
    done = scoring("serve", SCORING_POLICY_FILE=str(path))
    said = (
        f"SCORING_POLICY_FILE: {path}: policy file does not hold: version: must be text in quotes, not a whole number"
    )
    assert (done.returncode, done.told) == (2, f"scoring: {said}\n")


@pytest.mark.parametrize("content", [None, b"this is no database, but long enough to have a header"])
def test_a_database_that_cannot_be_opened_is_told(scoring: Scoring, tmp_path: Path, content: bytes | None) -> None:
    """A folder or another file in its place; without statements and addresses."""
    path = tmp_path / "scoring.sqlite"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    done = scoring("keys", "list")
    assert done.returncode == 2
    assert "the database cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


_MAKING = [
    ("keys", "add", "--lender", "bank", "--role", "apply", "--name", "y"),
    ("principals", "add", *ANNA, "--role", "audit"),
    ("serve",),
]


@pytest.mark.parametrize("arguments", _MAKING)
def test_no_key_is_made_beside_a_file_that_is_no_database(
    scoring: Scoring, tmp_path: Path, typing: Typing, arguments: tuple[str, ...]
) -> None:
    """The database is looked at first; what was there stays as it was, and nothing comes along."""
    (tmp_path / "scoring.sqlite").write_bytes(b"this is no database, but long enough to have a header")
    typing(PASSWORD)
    done = scoring(*arguments)
    assert done.returncode == 2
    assert "the database cannot be used" in done.told
    assert [path.name for path in tmp_path.iterdir()] == ["scoring.sqlite"]


def test_a_key_that_cannot_be_kept_is_told(scoring: Scoring, tmp_path: Path) -> None:
    """With what to do: the database may be elsewhere, and the data directory not to be written."""
    (tmp_path / "file").touch()
    done = scoring(
        *_MAKING[0],
        SCORING_DATA_DIR=str(tmp_path / "file" / "data"),
        SCORING_DATABASE_URL=f"sqlite:///{tmp_path / 'scoring.sqlite'}",
    )
    assert done.returncode == 2
    assert "encryption.keys cannot be created (Not a directory): set SCORING_ENCRYPTION_KEYS" in done.told


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])  # noqa: S104  a test on this machine
def test_a_port_that_is_taken_is_told_before_anything_is_made(scoring: Scoring, tmp_path: Path, host: str) -> None:
    """On one line, with what to do; neither database nor key."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = scoring("serve", "--host", host, SCORING_PORT=port, SCORING_PUBLIC_URL="https://bank.example")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"scoring: port {port} is in use; ")
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_an_address_that_is_not_of_this_machine_is_told(scoring: Scoring, tmp_path: Path) -> None:
    """The same."""
    done = scoring("serve", "--host", "192.0.2.1", SCORING_PUBLIC_URL="https://bank.example")
    assert done.returncode == 2
    assert "cannot listen on 192.0.2.1, port 8000" in done.told
    assert "SCORING_HOST or --host" in done.told
    assert list(tmp_path.iterdir()) == []


def test_documents_are_written_once_and_then_current(scoring: Scoring, tmp_path: Path) -> None:
    """``--check`` tells, and writes nothing."""
    folder = tmp_path / "docs"
    folder.mkdir()
    stale = scoring("docs", "--check", "--folder", str(folder))
    assert (stale.returncode, list(folder.iterdir())) == (1, [])
    assert scoring("docs", "--folder", str(folder)).returncode == 0
    assert scoring("docs", "--check", "--folder", str(folder)).returncode == 0
    assert {path.name for path in folder.iterdir()} == {"openapi.json", "policy.md", "problems.md"}


def test_snapshots_are_purged(scoring: Scoring) -> None:
    """None are due in a new database."""
    scoring("keys", "add", "--lender", "bank", "--role", "apply", "--name", "x")
    assert scoring("snapshots", "purge").stdout == "0 snapshots deleted\n"


def test_the_promoted_model_is_served(tmp_path: Path) -> None:
    """Together with the newest policy: every feature that they read is in the catalogue."""
    serving = load_serving(Settings.from_environ({"SCORING_DATA_DIR": str(tmp_path)}))
    assert set(serving.table.names) <= set(serving.features)
    assert serving.plan.resources


def test_a_decision_of_the_promoted_model_is_replayed_and_exported(
    scoring: Scoring, tmp_path: Path, typing: Typing
) -> None:
    """From the database alone, with the model and the policy that the decision names."""
    typing(PASSWORD)
    settings = settings_in(tmp_path)

    async def decide() -> str:
        async with running(tmp_path, serving=load_serving(settings)) as service:
            answer = await service.post("/v1/decisions", application())
            identifier: str = answer.json()["decision_id"]
            return identifier

    identifier = asyncio.run(decide())
    stored = environ_of(settings)
    replayed = scoring("replay", identifier, **stored)
    assert (replayed.returncode, json.loads(replayed.stdout)["differences"]) == (0, [])
    assert scoring("export", "--out", str(tmp_path / "out")).stdout.startswith("1 snapshot written")
    other_policy = tmp_path / "policy.toml"
    other_policy.write_bytes(newest_policy_file().read_bytes() + b"\n# another version\n")
    assert scoring("replay", identifier, SCORING_POLICY_FILE=str(other_policy)).returncode == 0
    foreign_key = scoring("replay", identifier, SCORING_ENCRYPTION_KEYS=f"k2:{KEY_MATERIAL}")
    assert (foreign_key.returncode, "'k1' is not configured" in foreign_key.stderr) == (2, True)
    no_key = scoring("replay", identifier, SCORING_ENCRYPTION_KEYS="")
    assert (no_key.returncode, "the encryption key is missing" in no_key.stderr) == (2, True)
    assert not (tmp_path / "encryption.keys").exists()
    for command in _MAKING:
        without = scoring(*command)
        assert (without.returncode, without.stdout) == (2, "")
        assert "was encrypted with the key k1, which is not configured" in without.told
        assert not (tmp_path / "encryption.keys").exists()
    lost = scoring("serve", SCORING_ENCRYPTION_KEYS=f"k2:{KEY_MATERIAL}")
    assert (lost.returncode, "was encrypted with the key k1, which is not configured" in lost.stderr) == (2, True)
    (tmp_path / "registry").mkdir()
    no_model = scoring("replay", identifier, **stored, SCORING_MODEL_DIR=str(tmp_path / "registry"))
    assert (no_model.returncode, "is not registered" in no_model.stderr) == (2, True)
    with closing(sqlite3.connect(tmp_path / "test.sqlite")) as connection, connection:
        connection.execute("DELETE FROM snapshots")
    from_row = scoring("replay", identifier, **stored, SCORING_MODEL_DIR="")
    assert (from_row.returncode, json.loads(from_row.stdout)["made_from"]) == (0, "row")
    with closing(sqlite3.connect(tmp_path / "test.sqlite")) as connection, connection:
        connection.execute("UPDATE decisions SET verdict = 'nonsense'")
    changed = scoring("replay", identifier, **stored, SCORING_MODEL_DIR="")
    told = f"scoring: decision {identifier} says something else in the column verdict than in its record\n"
    assert (changed.returncode, changed.stdout, changed.told) == (2, "", told)


def test_a_damaged_decision_does_not_keep_the_others_from_being_exported(scoring: Scoring, tmp_path: Path) -> None:
    """Each is named with what is wrong; status 1 says that not everything was read, 2 that nothing was."""
    settings = settings_in(tmp_path)

    async def decide() -> list[str]:
        async with running(tmp_path) as service:
            return [
                (await service.post("/v1/decisions", application(borrower_ref=f"firm-{number}"))).json()["decision_id"]
                for number in range(3)
            ]

    first, second, third = sorted(asyncio.run(decide()))
    stored = environ_of(settings)
    (tmp_path / "file").touch()
    no_folder = scoring("export", "--out", str(tmp_path / "file"), **stored)
    assert (no_folder.returncode, no_folder.told) == (2, f"scoring: {tmp_path / 'file'} is a file; name a new folder\n")
    with closing(sqlite3.connect(tmp_path / "test.sqlite")) as connection, connection:
        connection.execute("UPDATE decisions SET record = CAST(record || ' ' AS BLOB) WHERE id = ?", [first])
        connection.execute("UPDATE snapshots SET sealed = CAST(sealed || ' ' AS BLOB) WHERE decision_id = ?", [third])
    done = scoring("export", "--out", str(tmp_path / "out"))
    assert (done.returncode, done.stdout) == (1, f"1 snapshot written to {tmp_path / 'out'}, 0 with repayments\n")
    assert done.told.splitlines() == [
        f"scoring: skipped {first}: the stored record of decision {first} was altered: its digest does not match",
        f"scoring: skipped {third}: the stored snapshot cannot be decrypted: altered, or encrypted with another key",
    ]
    with closing(sqlite3.connect(tmp_path / "test.sqlite")) as connection, connection:
        connection.execute("UPDATE decisions SET record = CAST(record || ' ' AS BLOB) WHERE id = ?", [second])
    nothing = scoring("export", "--out", str(tmp_path / "none"))
    assert (nothing.returncode, nothing.stdout, (tmp_path / "none").exists()) == (2, "", False)
    assert nothing.told.startswith("scoring: no snapshot is usable: ")


def test_a_policy_that_was_edited_instead_of_versioned_is_refused(scoring: Scoring, tmp_path: Path) -> None:
    """By ``serve``, on one line with file and setting, before it listens."""
    path, changed = tmp_path / "policy.toml", tmp_path / "changed.toml"
    path.write_bytes(POLICY_FILE.read_bytes())
    changed.write_bytes(path.read_bytes() + b"# changed\n")
    settings = settings_in(tmp_path, policy_file=path)

    async def start() -> None:
        async with running(tmp_path, serving=load_serving(settings)):
            pass

    asyncio.run(start())
    stored = environ_of(settings)
    done = scoring("serve", **stored, SCORING_POLICY_FILE=str(changed), SCORING_PORT=str(free_port()))
    assert (done.returncode, done.stdout) == (2, "")
    told = f'scoring: SCORING_POLICY_FILE: {changed}: the policy says version "1", but another policy of that version '
    assert done.told.startswith(told)
    assert done.told.endswith("give the changed file a new version\n")
    assert len(done.told.splitlines()) == 1


def test_a_decision_is_replayed_when_the_file_of_its_policy_is_gone(scoring: Scoring, tmp_path: Path) -> None:
    """By the text that the database kept; a text that was changed there is not taken for it."""
    path = tmp_path / "policy.toml"
    path.write_bytes(POLICY_FILE.read_bytes().replace(b'version = "1"', b'version = "77"'))
    settings = settings_in(tmp_path, policy_file=path)

    async def decide() -> str:
        async with running(tmp_path, serving=load_serving(settings)) as service:
            identifier: str = (await service.post("/v1/decisions", application())).json()["decision_id"]
            return identifier

    identifier = asyncio.run(decide())
    path.unlink()
    stored = environ_of(settings)
    replayed = scoring("replay", identifier, **stored)
    assert (replayed.returncode, json.loads(replayed.stdout)["differences"]) == (0, [])
    assert scoring("replay", identifier, SCORING_POLICY_FILE=str(path)).returncode == 0  # the setting still names it
    deciding = scoring("serve", SCORING_PORT=str(free_port()))
    assert deciding.told == f"scoring: SCORING_POLICY_FILE: {path}: cannot be read (No such file or directory)\n"
    scoring("replay", identifier, SCORING_POLICY_FILE="")
    with closing(sqlite3.connect(tmp_path / "test.sqlite")) as connection, connection:
        connection.execute("UPDATE policies SET content = CAST(content || ' ' AS BLOB)")
    changed = scoring("replay", identifier)
    assert (changed.returncode, changed.stdout) == (2, "")
    assert changed.told.startswith("scoring: the policy of the decision (digest ")
    assert "is neither in the database nor in a file here: name its file in SCORING_POLICY_FILE" in changed.told
