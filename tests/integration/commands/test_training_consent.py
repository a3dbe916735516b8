"""`scoring export --purpose training`: books of firms that agreed to it, as long as they do."""

import asyncio
from pathlib import Path

import polars as pl
import pytest
from command_line import Done, Scoring, in_process
from links import a_link, hidden_fields, send
from service import Service, application, environ_of, running
from sqlalchemy import text
from unit.sandbox_server.building import TODAY

from models.dataset import DatasetError, read_dataset
from models.distress_dataset import distress_of
from models.distress_definition import DistressDefinition
from scoring.store.database import Database


@pytest.fixture
def scoring(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Scoring:
    """Runs commands in this process, on the day of the sandbox."""
    environ = {
        "SCORING_DATA_DIR": str(tmp_path),
        "SCORING_SEVDESK_URL": "http://127.0.0.1:1/api/v1",
        "SCORING_SEVDESK_SANDBOX": "true",
        "SCORING_SANDBOX_TODAY": TODAY.isoformat(),
    }
    return in_process(environ, monkeypatch, capsys)


async def decided(service: Service, ref: str, **ticks: str) -> tuple[str, str]:
    """A firm that connected by a link for training, and a decision on it: the path of the link, and the decision."""
    session, path = await a_link(service, borrower_ref=ref, purposes=["decision", "training"])
    assert (await send(service, path, **ticks)).status_code == 303
    connection = (await service.get(f"/v1/connect-sessions/{session}")).json()["connection_id"]
    body = application(sevdesk_token=None, connection_id=connection, borrower_ref=ref)
    answer = await service.post("/v1/decisions", body)
    assert answer.status_code == 201, answer.text
    return path, answer.json()["decision_id"]


async def exported(scoring: Scoring, service: Service, out: Path, *more: str) -> Done:
    """The command on the database of a service."""
    words = ("export", "--lender", "bank", "--out", str(out), *more)
    return await asyncio.to_thread(scoring, *words, **environ_of(service.settings))


async def withdraw(service: Service, path: str, purpose: str) -> None:
    """Press a button of the page."""
    fields = hidden_fields((await service.http.get(path)).text) | {"purpose": purpose}
    assert (await service.http.post(f"{path}/withdraw?lang=de", data=fields)).status_code == 303


def decisions_in(folder: Path) -> list[str]:
    """What a dataset is of."""
    return pl.read_parquet(folder / "decisions.parquet")["decision_id"].to_list()


async def test_only_firms_that_agree_to_training_are_exported_for_it(tmp_path: Path, scoring: Scoring) -> None:
    """A tick that was left out is none, a withdrawal ends it at once, and the loan's consent stays as it is."""
    async with running(tmp_path, is_plain_http=True) as service:
        path, agreeing = await decided(service, "firm-1", training="yes")
        _, other = await decided(service, "firm-2")
        everything = await exported(scoring, service, tmp_path / "all")
        before = await exported(scoring, service, tmp_path / "before", "--purpose", "training")
        await withdraw(service, path, "training")
        page = (await service.http.get(path)).text
        left = (await service.get("/v1/connections", borrower_ref="firm-1")).json()["items"][0]["purposes"]
        after = await exported(scoring, service, tmp_path / "after", "--purpose", "training")
    # The folder is read as any; its only account was connected a month ago, so no day in the past can be looked at.
    with pytest.raises(DatasetError, match="no firm's bank lines reach 12 months before"):
        distress_of(read_dataset(tmp_path / "before", outcomes_known=False), DistressDefinition.usual())
    assert everything.returncode == 0
    assert set(decisions_in(tmp_path / "all")) == {agreeing, other}
    assert (before.returncode, decisions_in(tmp_path / "before")) == (0, [agreeing])
    assert "Rechenmodelle aus Ihren Zahlen lernen lassen: gilt nicht mehr" in page
    assert left == ["decision"], "the consent for the loan stays"
    assert after.returncode == 2
    assert "no snapshot is of a firm whose consent has the purpose training" in after.stderr
    assert not (tmp_path / "after").exists()


async def test_a_purpose_that_nobody_signed_exports_nothing(tmp_path: Path, scoring: Scoring) -> None:
    """Who writes it into the database behind the service's back is named."""
    async with running(tmp_path, is_plain_http=True) as service:
        await decided(service, "firm-2")
        database = Database(service.settings.database_url)
        async with database.write() as connection:
            await connection.execute(text("UPDATE connections SET purposes = 'decision,training'"))
        await database.close()
        out = await exported(scoring, service, tmp_path / "out", "--purpose", "training")
    assert out.returncode == 2
    assert "are not those that were signed" in out.stderr


async def test_who_withdraws_on_one_of_two_connections_does_not_agree(tmp_path: Path, scoring: Scoring) -> None:
    """The firm has not asked for its books to be read for training through the other one."""
    async with running(tmp_path, is_plain_http=True) as service:
        await decided(service, "firm-1", training="yes")
        path, _ = await decided(service, "firm-1", training="yes")
        _, other = await decided(service, "firm-2", training="yes")
        await withdraw(service, path, "training")
        done = await exported(scoring, service, tmp_path / "out", "--purpose", "training")
    assert (done.returncode, decisions_in(tmp_path / "out")) == (0, [other])
