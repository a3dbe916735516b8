"""Which model scores: what ships, and what the operator has signed; nothing that was only written into a file."""

import asyncio
import io
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from command_line import Done, Scoring, in_process
from promoting import a_policy
from service import application, environ_of, running, settings_in
from signing import SIGNER
from sqlalchemy import update

from models.__main__ import main
from models.registry import ARTIFACTS, SHIPPED, Registry, ServedModel, digest_of
from scoring.runtime.serving import ServingError, card_of, combine, load_serving, newest_policy_file
from scoring.runtime.settings import Settings
from scoring.store.database import Database
from scoring.store.promotions import list_promotions
from scoring.store.tables import statements

EXAMPLE = ARTIFACTS.parent / "examples" / "expert.toml"


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    """A registry of the operator's own, which begins with the models that ship."""
    shutil.copytree(ARTIFACTS, tmp_path / "registry")
    return tmp_path / "registry"


@pytest.fixture
def settings(tmp_path: Path, registry: Path) -> Settings:
    """A service with that registry."""
    return settings_in(tmp_path, model_dir=registry)


@pytest.fixture
def scoring(
    settings: Settings, registry: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Scoring:
    """Runs commands on it."""
    environ = environ_of(settings) | {"SCORING_DATA_DIR": str(settings.data_dir), "SCORING_MODEL_DIR": str(registry)}
    return in_process(environ, monkeypatch, capsys)


Acting = Callable[..., Done]


@pytest.fixture
def acting(scoring: Scoring, monkeypatch: pytest.MonkeyPatch) -> Acting:
    """Runs a command with the key of a person, which is made when it is first needed."""
    keys: dict[str, str] = {}

    def run(name: str, *arguments: str) -> Done:
        if name not in keys:
            roles = ("--role", "promote_all")
            done = scoring("keys", "add", "--lender", "bank", "--kind", "person", *roles, "--name", name)
            keys[name] = next(word for word in done.stdout.split() if word.startswith("hbk_"))
        monkeypatch.setattr("sys.stdin", io.StringIO(keys[name] + "\n"))
        return scoring(*arguments)

    return run


def promote(acting: Acting, version: str, reason: str = "as good as the last") -> Done:
    """Anna requests, Berta approves."""
    asked = acting("anna", "models", "promote", "sme", version, "--reason", reason)
    if asked.returncode:
        return asked
    return acting("berta", "promotions", "approve", asked.stdout.split("\t")[0], "--reason", "seen")


def made(registry: Path, version: str, change: Callable[[dict[str, Any], dict[str, Any]], None]) -> None:
    """Another version with all digests made to fit: whoever can write files can do so."""
    folder = registry / "sme" / version
    shutil.copytree(registry / "sme" / "4", folder)
    manifest, table = (json.loads((folder / name).read_bytes()) for name in ("manifest.json", "scorecard.json"))
    manifest["version"] = version
    change(manifest, table)
    (folder / "scorecard.json").write_text(json.dumps(table))
    digest = digest_of(folder / "scorecard.json")
    for files in (manifest["files"], manifest["training"]["files"], manifest["validation"]["files"]):
        files["scorecard.json"] = digest
    (folder / "manifest.json").write_text(json.dumps(manifest))


def write_stages(registry: Path, version: str) -> None:
    """A promotion by hand."""
    stages = json.loads((registry / "stages.json").read_bytes())
    last = stages["promotions"][-1]
    digest = digest_of(registry / "sme" / version / "manifest.json")
    stages["promotions"].append(last | {"version": version, "manifest_sha256": digest})
    (registry / "stages.json").write_text(json.dumps(stages))


def fails_a_gate(manifest: dict[str, Any], _table: dict[str, Any]) -> None:
    """Says so."""
    manifest["validation"]["gates"][0]["passed"] = False


def says_passed(manifest: dict[str, Any], _table: dict[str, Any]) -> None:
    """A gate whose figure says otherwise."""
    manifest["validation"]["gates"][0] |= {"value": 3.0, "passed": True}


def without_gates(manifest: dict[str, Any], _table: dict[str, Any]) -> None:
    """No gate that could fail."""
    manifest["validation"]["gates"] = []


def says_it_twice(manifest: dict[str, Any], _table: dict[str, Any]) -> None:
    """A gate that is failed, and once more as passed behind it."""
    gates = manifest["validation"]["gates"]
    gates[:0] = [gates[0] | {"value": 3.0, "passed": False}]


def without_bounds(manifest: dict[str, Any], _table: dict[str, Any]) -> None:
    """A gate that asks for nothing."""
    manifest["validation"]["gates"][0] |= {"value": 3.0, "at_least": None, "at_most": None, "passed": True}


def asks_less(manifest: dict[str, Any], _table: dict[str, Any]) -> None:
    """Gates with bounds of the author's own, each passed by its own figure."""
    gates = manifest["validation"]["gates"]
    gates[0] |= {"at_least": 1.0, "value": 2.0}
    gates[1] |= {"at_least": 0.1, "value": 0.31}


def without_calibration(manifest: dict[str, Any], _table: dict[str, Any]) -> None:
    """Nobody asks whether its probabilities come true."""
    gates = manifest["validation"]["gates"]
    gates[:] = [gate for gate in gates if gate["name"] not in {"calibration_slope", "observed_to_expected"}]


def tells_other_figures(manifest: dict[str, Any], _table: dict[str, Any]) -> None:
    """Gates are passed, and the figures beside them say otherwise."""
    manifest["validation"]["out_of_time"]["auc"]["low"] = 0.4


def of_firms_it_has_not(manifest: dict[str, Any], _table: dict[str, Any]) -> None:
    """By the gates of this version, which count firms."""
    manifest["validation"]["out_of_time"]["bad_borrowers"] = 60


def against_direction(_manifest: dict[str, Any], table: dict[str, Any]) -> None:
    """A feature whose risk earns points."""
    feature = next(one for one in table["features"] if len(set(one["points"])) > 1)
    feature["points"] = feature["points"][::-1]


def unchanged(_manifest: dict[str, Any], _table: dict[str, Any]) -> None:
    """A version as good as the one it was made from."""


BAD = [
    fails_a_gate,
    says_passed,
    without_gates,
    says_it_twice,
    without_bounds,
    asks_less,
    without_calibration,
    tells_other_figures,
    of_firms_it_has_not,
    against_direction,
]


def start(settings: Settings) -> tuple[str, str | None, str]:
    """The model that scores, why another one does not, and what readiness says."""

    async def run() -> tuple[str, str | None, str]:
        async def promoted() -> list[Any]:
            database = Database(settings.database_url)
            await database.migrate()
            found = await list_promotions(database, SIGNER, "sme")
            await database.close()
            return found

        serving = load_serving(settings, await promoted())
        async with running(settings.data_dir, serving=serving, model_dir=settings.model_dir) as service:
            ready = (await service.http.get("/health/ready")).json()
        return serving.versions.model, serving.passed_over, ready["checks"]["model"]

    return asyncio.run(run())


def test_a_scorecard_of_experts_scores_once_two_persons_say_so(
    acting: Acting, settings: Settings, registry: Path, tmp_path: Path
) -> None:
    """Its gates are listed as those of any model; that it was never measured is what its PD is said to be of."""
    for arguments in (
        ["expert", str(EXAMPLE), "--out", str(tmp_path / "expert")],
        ["register", str(tmp_path / "expert"), "--name", "sme", "--version", "6", "--registry", str(registry)],
    ):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 0
    done = promote(acting, "6", "no outcomes yet")
    assert done.returncode == 0, done.stderr
    assert start(settings) == ("sme/6", None, "sme/6")
    (tmp_path / "decides").mkdir()
    asyncio.run(decides_as_told(tmp_path / "decides", Registry(root=registry).load("sme", "6")))


async def decides_as_told(folder: Path, model: ServedModel) -> None:
    """A decision with a model of experts: a score without an interval, and what its PD is of."""
    serving = combine(card_of(model), model.table, newest_policy_file().read_bytes())
    async with running(folder, serving=serving, model_dir=folder.parent / "registry") as service:
        decided = (await service.post("/v1/decisions", application())).json()
    assert decided["pd"]["definition"] == "set by people, never measured; meant: CRR 178, 90 days past due, 12 months"
    assert decided["versions"]["model_is_measured"] is False
    assert "MODEL_NOT_MEASURED" in {cause["code"] for cause in decided["causes"]}
    assert decided["score"]["value"] == decided["score"]["base"] + sum(
        one["points"] for one in decided["contributions"]
    )
    assert decided["score"]["low"] is None
    assert decided["versions"]["model_is_simulated"] is False


@pytest.mark.parametrize("step", ["requested", "approved"])
def test_a_promotion_whose_steps_are_missing_is_not_followed(
    acting: Acting, settings: Settings, registry: Path, step: str
) -> None:
    """Its own statement is signed and whole: the last model that two persons stand behind goes on."""
    made(registry, "6", unchanged)
    assert promote(acting, "6", "better").returncode == 0
    with closing(sqlite3.connect(settings.database_url.reveal().partition("///")[2])) as connection, connection:
        numbers = connection.execute(
            "SELECT number FROM statements WHERE kind = 'promotion' AND object_id LIKE 'prm_%' ORDER BY number"
        ).fetchall()
        connection.execute("DELETE FROM statements WHERE number = ?", numbers[0 if step == "requested" else 1])
    model, passed_over, _ = start(settings)
    assert model == "sme/4"
    assert "no second person stands behind it" in (passed_over or "")


def test_every_model_that_ships_is_known_by_its_digest_and_can_be_served() -> None:
    """And no other is."""
    shipped = {
        key: digest_of(Registry(root=ARTIFACTS).manifest_of(*key)) for key in Registry(root=ARTIFACTS).versions()
    }
    assert shipped == dict(SHIPPED)
    assert load_serving(settings_in(Path("nowhere"))).versions.model == "sme/4"


@pytest.mark.parametrize("change", [*BAD, unchanged])
def test_a_promotion_that_somebody_wrote_into_the_file_is_not_followed(
    settings: Settings, registry: Path, change: Callable[..., None]
) -> None:
    """Even a good model: the last one that ships goes on, and readiness says so."""
    made(registry, "6", change)
    write_stages(registry, "6")
    model, passed_over, ready = start(settings)
    assert model == "sme/4"
    assert "sme 6 is promoted in stages.json, but does not ship with this version" in (passed_over or "")
    assert ready == "sme/4 goes on: a later one was promoted and cannot be served; the log says why"


@pytest.mark.parametrize("change", BAD)
def test_what_fails_is_not_promoted_however_its_digests_fit(
    acting: Acting, settings: Settings, registry: Path, change: Callable[..., None]
) -> None:
    """The command says why, and stores nothing."""
    made(registry, "6", change)
    done = promote(acting, "6")
    assert (done.returncode, "sme 6 cannot be served: " in done.told) == (2, True), done
    assert start(settings)[0] == "sme/4"


def test_a_good_model_is_promoted_by_two_persons_and_scores(
    scoring: Scoring, acting: Acting, settings: Settings, registry: Path
) -> None:
    """It serves from then on; the list tells who promoted what and why."""
    made(registry, "6", unchanged)
    done = promote(acting, "6")
    listed = scoring("models", "list").stdout.splitlines()
    assert (done.returncode, start(settings)) == (0, ("sme/6", None, "sme/6"))
    assert listed[0].startswith("sme/6\t")
    assert listed[0].endswith("\tanna, berta\tcan be served, scores\tas good as the last; seen")
    assert [line.split("\t")[0] for line in listed] == ["sme/6", "sme/4", "sme/3", "sme/2", "sme/1"]


@pytest.mark.parametrize("change", [*BAD, unchanged])
def test_a_model_that_was_changed_after_its_promotion_is_passed_over(
    acting: Acting, settings: Settings, registry: Path, change: Callable[..., None]
) -> None:
    """With all digests of its files made to fit: the signed promotion names another manifest."""
    made(registry, "6", unchanged)
    promote(acting, "6")
    shutil.rmtree(registry / "sme" / "6")
    made(
        registry, "6", lambda manifest, table: (change(manifest, table), manifest.update(registered_at="2026-01-01"))[0]
    )
    model, passed_over, ready = start(settings)
    assert (model, "has changed since sme 6 was promoted" in (passed_over or "")) == ("sme/4", True)
    assert ready == "sme/4 goes on: a later one was promoted and cannot be served; the log says why"


@pytest.mark.parametrize(
    "change",
    [
        lambda signed: signed[:-6] + "AAAAAA",
        lambda _signed: "x",
        lambda signed: SIGNER.keys.sign(SIGNER.keys.verify(signed).replace(b'"sme/6"', b'"sme/1"')),
    ],
    ids=["signature", "text", "another object"],
)
def test_a_promotion_whose_statement_was_changed_is_passed_over(
    acting: Acting, settings: Settings, registry: Path, change: Callable[[str], str]
) -> None:
    """The one before goes on."""
    made(registry, "6", unchanged)
    promote(acting, "6")

    async def tamper() -> None:
        database = Database(settings.database_url)
        mine = statements.c.object_id == "sme/6"
        async with database.write() as connection:
            signed = (await connection.execute(statements.select().where(mine))).one().signed
            await connection.execute(update(statements).where(mine).values(signed=change(signed)))
        await database.close()

    asyncio.run(tamper())
    model, passed_over, _ = start(settings)
    assert (model, "the promotion of sme/6 is not proved" in (passed_over or "")) == ("sme/4", True)


def test_a_model_that_ships_and_was_changed_does_not_score(settings: Settings, registry: Path) -> None:
    """Points changed, with every digest up to stages.json made to fit."""
    shutil.rmtree(registry / "sme" / "4")
    shutil.copytree(registry / "sme" / "2", registry / "sme" / "4")
    write_stages(registry, "4")
    assert start(settings)[0] == "sme/3"


def test_without_any_good_model_nothing_starts(settings: Settings, registry: Path) -> None:
    """Every reason is told."""
    for version in ("1", "2", "3", "4"):
        (registry / "sme" / version / "scorecard.json").write_text("{}")
    with pytest.raises(ServingError, match=r"sme/4/scorecard\.json has changed.*sme/3/scorecard\.json has changed"):
        load_serving(settings)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("sme", "9", "--reason", "x"), "sme 9 is not registered in"),
        (("sme", "../x", "--reason", "x"), "is no version"),
        (("Sme", "4", "--reason", "x"), "is no model name"),
        (("sme", "2", "--reason", " "), "--reason: must have 1 to 2000 characters"),
        (("sme", "4", "--reason", "x"), "sme/4 scores already"),
    ],
)
def test_a_promotion_needs_another_model_and_a_reason(acting: Acting, arguments: tuple[str, ...], said: str) -> None:
    """Otherwise it is refused with what is missing."""
    done = acting("anna", "models", "promote", *arguments)
    assert (done.returncode, said in done.told, "Traceback" in done.stderr) == (2, True, False), done


def test_the_start_signs_what_it_begins_with(
    scoring: Scoring, acting: Acting, settings: Settings, registry: Path
) -> None:
    """So that a later change of the file does nothing; `verify` proves it with the rest."""
    done = promote(acting, "2", "back to the last one")
    (registry / "stages.json").unlink()
    assert (done.returncode, start(settings)[0]) == (0, "sme/2")
    proved = scoring("verify")
    assert (proved.returncode, "operator: 8 statements" in proved.stdout) == (0, True), proved
    assert msgspec.json.decode((registry / "sme" / "2" / "manifest.json").read_bytes())["version"] == "2"
    assert sha256((registry / "sme" / "2" / "manifest.json").read_bytes()).hexdigest() == SHIPPED["sme", "2"]


def test_one_person_alone_promotes_nothing(acting: Acting, settings: Settings, registry: Path) -> None:
    """Not with a second key, not as a system, not after the request was withdrawn, and not twice."""
    made(registry, "6", unchanged)
    asked = acting("anna", "models", "promote", "sme", "6", "--reason", "mine")
    number = asked.stdout.split("\t")[0]
    again = acting("anna", "promotions", "approve", number, "--reason", "mine, too")
    withdrawn = acting("berta", "promotions", "withdraw", number, "--reason", "not hers")
    assert [one.returncode for one in (asked, again, withdrawn)] == [0, 2, 2]
    assert "who made the request does not decide on it" in again.told
    assert "only who made the request withdraws it" in withdrawn.told
    assert start(settings)[0] == "sme/4"
    assert acting("anna", "promotions", "withdraw", number, "--reason", "no").returncode == 0
    late = acting("berta", "promotions", "approve", number, "--reason", "yes")
    assert (late.returncode, "the request was withdrawn" in late.told) == (2, True)
    assert start(settings)[0] == "sme/4"


def test_an_unknown_key_opens_nothing(scoring: Scoring, acting: Acting, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a key without the role may look at nothing more than it may elsewhere."""
    acting("anna", "promotions", "list")
    monkeypatch.setattr("sys.stdin", io.StringIO("hbk_aaaaaaaa_x\n"))
    done = scoring("models", "promote", "sme", "2", "--reason", "x")
    assert (done.returncode, "the key is unknown or revoked" in done.told) == (2, True)


def test_one_person_rolls_back_what_was_approved_last(
    scoring: Scoring, acting: Acting, settings: Settings, registry: Path
) -> None:
    """To what was in force before, once; what goes further needs two persons again, and `verify` proves it all."""
    made(registry, "6", unchanged)
    nothing = acting("carla", "promotions", "rollback", "sme", "--reason", "too many declined")
    assert (promote(acting, "2").returncode, promote(acting, "6").returncode) == (0, 0)
    assert start(settings)[0] == "sme/6"
    done = acting("carla", "promotions", "rollback", "sme", "--reason", "too many declined")
    again = acting("carla", "promotions", "rollback", "sme", "--reason", "and once more")
    assert done.stdout == ("sme/6 is rolled back, sme/2 is in force; running services take it up within seconds\n")
    assert start(settings) == ("sme/2", None, "sme/2")
    assert (nothing.returncode, "nothing was approved here" in nothing.told) == (2, True)
    assert (again.returncode, "sme/6 was rolled back already" in again.told) == (2, True)
    listed = acting("anna", "promotions", "list").stdout.splitlines()
    assert "\trolled_back\tberta: seen; carla: too many declined" in listed[0]
    assert (promote(acting, "6", "repaired").returncode, start(settings)[0]) == (0, "sme/6")
    proved = scoring("verify")
    assert proved.returncode == 0, proved


def test_a_rollback_to_what_cannot_be_served_is_refused(acting: Acting, settings: Settings, registry: Path) -> None:
    """What is in force stays: nothing would be won."""
    made(registry, "6", unchanged)
    promote(acting, "6")
    for version in ("1", "2", "3", "4"):
        (registry / "sme" / version / "scorecard.json").write_text("{}")
    done = acting("anna", "promotions", "rollback", "sme", "--reason", "back")
    assert (done.returncode, "scorecard.json has changed" in done.told) == (2, True)
    assert start(settings)[0] == "sme/6"


def test_the_second_person_reads_whom_a_policy_was_not_tried_on(
    acting: Acting, settings: Settings, tmp_path: Path
) -> None:
    """``promote`` and ``show`` say it in words; the JSON on standard output stays JSON."""

    async def decide() -> None:
        serving = load_serving(settings, [])
        async with running(settings.data_dir, serving=serving, model_dir=settings.model_dir) as service:
            for form in ("gmbh", "einzelunternehmen"):
                body = application(borrower_ref=form, legal_form=form)
                assert (await service.post("/v1/decisions", body)).status_code == 201

    asyncio.run(decide())
    policy = tmp_path / "policy.toml"
    policy.write_text(a_policy("4-less", bank_data='"leave_out"'))
    asked = acting("anna", "policy", "promote", str(policy), "--since", "2026-01-01", "--reason", "less of persons")
    words = (
        "1 application decided again, 1 left out",
        "  1 left out: the candidate leaves out bank data of natural persons, which were fetched",
        "no natural person was compared: what would change for natural persons is not known",
    )
    lines = asked.stdout.splitlines()
    assert tuple(lines[1:4]) == words, asked
    shown = acting("berta", "promotions", "show", lines[0].split("\t")[0])
    assert tuple(shown.stderr.splitlines()[-3:]) == words
    assert json.loads(shown.stdout)["evidence"]["simulated"]["person_count"] == 0
