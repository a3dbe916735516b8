"""A policy that leaves out bank data of natural persons: nothing of their accounts is asked for at the source."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import msgspec
import pytest
from service import TODAY, a_serving, application, firms, running

from features.derive import CATALOGUE, is_fetched
from features.ledger import BANK_DATA, Resource
from models.dataset import feature_rows, read_dataset
from models.registry import Registry
from sandbox.firms.personas import PERSONAS
from sandbox.objects.books import Books
from sandbox.server.app import create_app as create_sandbox
from scoring.decisions.decision import NATURAL_PERSONS, LegalForm
from scoring.decisions.policy import PolicyError
from scoring.runtime.serving import Serving, combine, newest_policy_file, with_model_of_persons
from scoring.usecases.export import Exported, write_dataset
from scoring.usecases.policy_simulation import NotComparableError, compare
from scoring.usecases.replay import load_recorded_input

BANK_PATHS = ("CheckAccount", "CheckAccountTransaction", "CheckAccountTransactionLog")


def serving() -> Serving:
    """The newest policy with the switch."""
    text = newest_policy_file().read_text().replace('bank_data = "read"', 'bank_data = "leave_out"')
    text = re.sub('version = ".*"', 'version = "without"', text, count=1)
    made = a_serving()
    return combine(made.card, made.table, text.encode())


@contextmanager
def watched(books: Sequence[Books] | None = None) -> Iterator[tuple[httpx.AsyncBaseTransport, list[str]]]:
    """A local sevdesk, and the paths that it is asked for."""
    asked: list[str] = []
    inner = httpx.ASGITransport(app=create_sandbox(books or firms(), today=lambda: TODAY))  # type: ignore[arg-type]

    class Watching(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            asked.append(request.url.path.removeprefix("/api/v1/"))
            return await inner.handle_async_request(request)

    yield Watching(), asked


def of_accounts(asked: list[str]) -> list[str]:
    """The calls about accounts, their lines, their levels and the payment log."""
    return [path for path in asked if path.split("/")[0] in BANK_PATHS or "CheckAccountTransaction" in path]


@pytest.mark.parametrize("legal_form", ["einzelunternehmen", "unknown"])
async def test_nothing_of_the_accounts_of_a_person_is_read(tmp_path: Path, legal_form: str) -> None:
    """The features say that they were not fetched; the others are there."""
    with watched() as (transport, asked):
        async with running(tmp_path, serving=serving(), transport=transport) as service:
            made = await service.post("/v1/decisions", application(legal_form=legal_form))
    assert made.status_code == 201, made.text
    assert of_accounts(asked) == []
    assert "Invoice" in asked
    decision = made.json()
    assert decision["verdict"] == "refer"
    assert decision["data"]["account_count"] == 0


async def test_a_company_is_read_whole(tmp_path: Path) -> None:
    """The switch is about natural persons alone."""
    with watched() as (transport, asked):
        async with running(tmp_path, serving=serving(), transport=transport) as service:
            made = await service.post("/v1/decisions", application(legal_form="gmbh"))
    assert made.status_code == 201, made.text
    assert of_accounts(asked)


async def test_a_decision_without_bank_data_replays(tmp_path: Path) -> None:
    """What was not read then is not missed now."""
    async with running(tmp_path, serving=serving()) as service:
        made = await service.post("/v1/decisions", application(legal_form="freiberufler"))
        assert made.status_code == 201, made.text
        missing = await service.get(f"/v1/decisions/{made.json()['decision_id']}/missing-data")
    assert missing.status_code == 200, missing.text


async def test_a_decision_without_bank_data_is_simulated_under_such_a_policy(tmp_path: Path) -> None:
    """A policy that leaves out bank data of persons misses none of it."""
    async with running(tmp_path, serving=serving()) as service:
        made = await service.post("/v1/decisions", application(legal_form="freiberufler"))
        state = service.app.state
        found = made.json()["decision_id"]
        decision, snapshot = await load_recorded_input(state.database, state.cipher, state.signer, found)
    pair = compare(decision, snapshot, serving(), serving(), loss_given_default=0.5)
    assert pair.before == pair.after


async def test_a_decision_with_bank_data_is_not_compared_with_a_policy_that_leaves_them_out(tmp_path: Path) -> None:
    """It would decide on what it does not read."""
    reading = a_serving()
    async with running(tmp_path, serving=reading) as service:
        made = await service.post("/v1/decisions", application(legal_form="freiberufler"))
        state, found = service.app.state, made.json()["decision_id"]
        decision, snapshot = await load_recorded_input(state.database, state.cipher, state.signer, found)
    with pytest.raises(NotComparableError, match="leaves out bank data of natural persons"):
        compare(decision, snapshot, reading, serving(), loss_given_default=0.5)


def named(name: str, version: str, sha256: str | None = None) -> str:
    """The line by which a policy names a model for natural persons."""
    digest = sha256 or hashlib.sha256(Registry().manifest_of(name, version).read_bytes()).hexdigest()
    return f'model = {{ name = "{name}", version = "{version}", manifest_sha256 = "{digest}" }}'


def with_model(line: str, bank_data: str = "read") -> Serving:
    """The newest policy with a model for natural persons."""
    made = serving()
    text = made.policy_text.replace('bank_data = "leave_out"', f'bank_data = "{bank_data}"\n{line}')
    return with_model_of_persons(combine(made.card, made.table, text.encode()), Registry())


async def test_the_policy_chooses_the_model_by_legal_form(tmp_path: Path) -> None:
    """One for natural persons, the promoted one for companies; questions about a decision take its own."""
    asked: list[httpx.Response] = []
    async with running(tmp_path, serving=with_model(named("sme", "3"))) as service:
        for form in ("einzelunternehmen", "gmbh"):
            made = await service.post("/v1/decisions", application(borrower_ref=form, legal_form=form))
            asked += [made, await service.get(f"/v1/decisions/{made.json()['decision_id']}/changes")]
        models = await service.get("/v1/models")
    person, company = asked[::2]
    assert [one.status_code for one in asked] == [201, 200, 201, 200]
    promoted = a_serving().versions.model
    assert [one.json()["versions"]["model"] for one in (person, company)] == ["sme/3", promoted]
    assert [f"{one['name']}/{one['version']}" for one in models.json()] == [promoted, "sme/3"]
    assert person.json()["versions"]["policy"] == company.json()["versions"]["policy"]


def test_who_is_no_natural_person_has_the_promoted_model() -> None:
    """Whatever the policy names for the others."""
    found = with_model(named("sme", "3"))
    forms = {form for form in LegalForm if found.for_form(form).versions.model == "sme/3"}
    assert forms == NATURAL_PERSONS


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (named("sme", "4"), "`natural_persons.model`: sme 4 reads bank data ("),
        (named("sme", "3", "0" * 64), "has changed since sme 3 was promoted"),
        (named("sme", "9", "0" * 64), "`natural_persons.model`: "),
    ],
    ids=["it reads bank data", "another digest", "it is not there"],
)
def test_a_model_that_cannot_score_natural_persons_is_refused(line: str, message: str) -> None:
    """With the policy that names it: it cannot be put in force, and no service starts with it."""
    with pytest.raises(PolicyError, match=re.escape(message)):
        with_model(line, "leave_out")


def test_a_model_that_was_proved_is_not_read_again(tmp_path: Path) -> None:
    """A folder that is gone for a moment does not bring back an older policy in a running service."""
    before, empty = with_model(named("sme", "3")), Registry(root=tmp_path)
    again = combine(before.card, before.table, before.policy_text.encode())
    assert with_model_of_persons(again, empty, before=before) == before
    with pytest.raises(PolicyError):
        with_model_of_persons(again, empty)


async def test_the_model_that_ships_without_bank_data_scores_persons(tmp_path: Path) -> None:
    """With points that add up exactly, and without a call about an account; it approves nobody by itself."""
    guide = Path(__file__).parents[3] / "docs" / "models.md"
    assert named("books", "2") in guide.read_text()
    (trader,) = (one for one in PERSONAS if one.firm == "sole-trader")
    books = trader.books(TODAY)
    with watched([books]) as (transport, asked):
        async with running(
            tmp_path, serving=with_model(named("books", "2"), "leave_out"), transport=transport
        ) as service:
            body = application(legal_form="einzelunternehmen", sevdesk_token=books.token)
            made = await service.post("/v1/decisions", body)
            models = await service.get("/v1/models")
    assert made.status_code == 201, made.text
    assert of_accounts(asked) == []
    decision = made.json()
    assert decision["versions"]["model"] == "books/2"
    score = decision["score"]
    assert score["value"] == score["base"] + sum(one["points"] for one in decision["contributions"])
    codes = {one["code"] for one in decision["causes"]}
    assert not {"TOO_MUCH_MISSING", "MODEL_READS_BANK_DATA"} & codes
    assert (decision["verdict"], "PAYOUT_NOT_MATCHED" in codes) == ("refer", True)
    assert [f"{one['name']}/{one['version']}" for one in models.json()] == [a_serving().versions.model, "books/2"]
    said = {one["code"]: one for one in decision["causes"]}
    assert decision["offer"] is None
    assert not [
        one
        for one in said.values()
        if one["remedy"] is not None and ("Online-Banking" in one["remedy"]["de"] or "bank" in one["remedy"]["en"])
    ]
    cannot_change = {
        "de": "Das lässt sich durch den Antragsteller nicht ändern: Ein Mensch entscheidet.",
        "en": "The applicant cannot change this: a person decides.",
    }
    for code in ("LIMIT_INPUTS_MISSING", "PAYOUT_NOT_MATCHED", "BALANCE_LEVEL_UNVERIFIED", "PAYMENT_LOG_UNAVAILABLE"):
        assert said[code]["remedy"] == cannot_change, code
        assert said[code]["text"]["de"].endswith("Bankdaten natürlicher Personen werden hier nicht gelesen."), code
        assert said[code]["text"]["en"].endswith("bank data of natural persons is not read here."), code
    assert "bank data of natural persons is not read here" in said["BANK_DATA_OLD_NOT_CHECKED"]["text"]["en"]
    assert "bank data of natural persons is not read here" in said["NEW_FACILITIES_NOT_CHECKED"]["text"]["en"]


async def test_a_lower_amount_is_not_suggested_where_no_offer_can_be_computed(tmp_path: Path) -> None:
    """A firm that asks for more than the data carry hears what is possible at most, and that there is no offer."""
    (trader,) = (one for one in PERSONAS if one.firm == "sole-trader")
    books = trader.books(TODAY)
    said = {}
    with watched([books]) as (transport, _):
        async with running(
            tmp_path, serving=with_model(named("books", "2"), "leave_out"), transport=transport
        ) as service:
            for form in ("einzelunternehmen", "gmbh"):
                body = application(
                    legal_form=form,
                    sevdesk_token=books.token,
                    borrower_ref=form,
                    amount={"value": "100000.00", "currency": "EUR"},
                )
                decision = (await service.post("/v1/decisions", body)).json()
                said[form] = {one["code"]: one for one in decision["causes"]}["LIMIT_BELOW_REQUEST"]
                assert form == "gmbh" or decision["offer"] is None
    person, company = said["einzelunternehmen"], said["gmbh"]
    assert person["remedy"] is None
    assert person["text"]["en"].endswith("Without bank data it cannot be calculated fully, so there is no offer.")
    assert company["remedy"]["en"] == "A lower amount can be requested."


async def test_an_export_has_payments_of_one_kind(tmp_path: Path) -> None:
    """A decision without bank data makes the others be told without; asked for, they stand alone."""
    async with running(tmp_path / "data", serving=with_model(named("books", "2"), "leave_out")) as service:
        state, seen = service.app.state, []
        for form in ("gmbh", "freiberufler"):
            made = await service.post("/v1/decisions", application(borrower_ref=form, legal_form=form))
            found = made.json()["decision_id"]
            seen.append(await load_recorded_input(state.database, state.cipher, state.signer, found))
    (company, _), (person, _) = seen
    mixed = write_dataset(tmp_path / "mixed", seen)
    assert mixed == Exported(written=2, with_loan=0, left_out={}, told_without=1)
    dataset = read_dataset(tmp_path / "mixed", outcomes_known=False)
    assert dataset.fetched & BANK_DATA == frozenset()
    names = [name for name in person.row if is_fetched(CATALOGUE[name], dataset.fetched)]
    rows = feature_rows(dataset, names)
    assert rows.select(names).row(1, named=True) == {name: person.row[name] for name in names}
    decision, snapshot = seen[0]
    less = replace(snapshot.ledger, fetched=snapshot.ledger.fetched - {Resource.PAYMENT_LOG})
    partly = msgspec.structs.replace(decision, decision_id="partly"), msgspec.structs.replace(snapshot, ledger=less)
    told = write_dataset(tmp_path / "partly", [*seen, partly]).left_out
    assert list(told) == ["partly"]
    assert told["partly"].startswith("bank data were read without the payment log")
    alone = write_dataset(tmp_path / "alone", seen, is_with_bank_data_only=True)
    assert (alone.written, alone.told_without) == (1, 0)
    whole = feature_rows(read_dataset(tmp_path / "alone", outcomes_known=False), list(company.row))
    assert whole.select(list(company.row)).row(0, named=True) == company.row
