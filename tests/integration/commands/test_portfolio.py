"""``portfolio``: begin, watch, pause, end and read portfolios from the command line."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from command_line import Scoring
from service import TOKEN, application, environ_of, running, settings_in

HEADER = "borrower_ref,legal_form,product,amount,term_months,sevdesk_token\n"


async def work_until_ended(folder: Path, portfolio_id: str) -> None:
    """Run a service on the same database until a portfolio has ended."""
    async with running(folder, account_pause_seconds=0.0) as service:
        service.clock.now = datetime.now(UTC)  # that of the command
        for _ in range(1500):
            if (await service.get(f"/v1/portfolios/{portfolio_id}")).json()["ended_at"] is not None:
                return
            await asyncio.sleep(0.02)
    raise AssertionError("it did not end")


async def with_lender(folder: Path) -> None:
    """A database that knows the lender ``bank``."""
    async with running(folder):
        pass


def test_a_portfolio_by_command_from_its_file_to_its_summary(tmp_path: Path, scoring: Scoring) -> None:
    """The same file on the same day is the same portfolio; refused lines are told with what to do."""
    asyncio.run(with_lender(tmp_path))
    file, out = tmp_path / "firms.csv", tmp_path / "results.parquet"
    asked = application()
    file.write_text(
        HEADER
        + f"firm-1,gmbh,{asked['product']},12000,12,{TOKEN}\n"
        + f"firm-2,gmbh,{asked['product']},nothing,12,{TOKEN}\n"
    )
    decide = ("portfolio", "decide", "--lender", "bank", "--file", str(file), "--detach")
    begun = scoring(*decide, **environ_of(settings_in(tmp_path)))
    assert begun.returncode == 1, begun.stderr
    again = scoring(*decide)
    portfolio_id = begun.stdout.splitlines()[0]
    paused = scoring("portfolio", "pause", portfolio_id)
    resumed = scoring("portfolio", "resume", portfolio_id)
    asyncio.run(work_until_ended(tmp_path, portfolio_id))
    shown = scoring("portfolio", "show", portfolio_id)
    listed = scoring("portfolio", "list", "--lender", "bank")
    written = scoring("portfolio", "results", portfolio_id, "--format", "parquet", "--out", str(out))
    printed = scoring("portfolio", "results", portfolio_id)
    summary = scoring("portfolio", "summary", portfolio_id)
    as_json = scoring("portfolio", "summary", portfolio_id, "--format", "json")
    late = scoring("portfolio", "pause", portfolio_id)
    cancelled = scoring("portfolio", "cancel", portfolio_id)
    unknown = scoring("portfolio", "show", "pfo_none")
    neither = scoring("portfolio", "decide", "--lender", "bank")
    assert again.returncode == 1
    assert "line 3: amount: must be a decimal number as text" in begun.told
    assert "correct the line and send it again" in begun.told
    assert TOKEN not in begun.told + begun.stdout
    assert again.stdout.splitlines()[0] == portfolio_id
    assert "state\tpaused" in paused.stdout
    assert "state\topen" in resumed.stdout
    assert "done\t1" in shown.stdout
    assert listed.stdout.split("\t")[:6] == [portfolio_id, "bank", "done", "5", "2", "1"]
    assert "2 rows written" in written.stdout
    assert pl.read_parquet(out)["state"].to_list() == ["done", "refused"]
    assert printed.stdout.splitlines()[0].startswith("line,state,borrower_ref")
    assert "Decided: 1 of 2 rows." in summary.stdout
    assert json.loads(as_json.stdout)["states"] == {"done": 1, "refused": 1}
    assert (late.returncode, cancelled.returncode) == (2, 0)
    assert "the portfolio is done" in late.told
    assert "there is no portfolio 'pfo_none'" in unknown.told
    assert "give either --file or --connected" in neither.told


def test_a_file_with_too_many_lines_is_told(tmp_path: Path, scoring: Scoring) -> None:
    """Lines are counted as they are read: carriage returns alone end them, too. Nothing is stored."""
    asyncio.run(with_lender(tmp_path))
    file = tmp_path / "firms.csv"
    file.write_bytes(HEADER.encode().replace(b"\n", b"\r") + b"a,b,c,d,e,f\r" * 50_001)
    decide = ("portfolio", "decide", "--lender", "bank", "--file", str(file), "--detach")
    refused = scoring(*decide, **environ_of(settings_in(tmp_path)))
    listed = scoring("portfolio", "list")
    assert refused.returncode == 2
    assert "the file has more than 50000 lines; split it" in refused.told
    assert listed.stdout == ""
