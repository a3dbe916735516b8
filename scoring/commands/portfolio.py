"""``portfolio``: thousands of decisions as one batch: begin, watch, pause, end, and read what became of it."""

import asyncio
import hashlib
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from anyio import CapacityLimiter
from cyclopts import App, Parameter
from cyclopts.validators import Number
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress
from rich.table import Table

from scoring.api.portfolio_rows import connected_rows, restricted_problem, rows_of
from scoring.api.schemas.problems import Problem
from scoring.base.identifiers import day_in_berlin
from scoring.base.secrets import Cipher, DecryptionError
from scoring.commands.session import (
    announced,
    answer,
    cipher_of,
    counted,
    give_up,
    read_settings,
    settings_for,
    signer_of,
    with_database,
)
from scoring.decisions.comparison import ORDER
from scoring.decisions.portfolios import PortfolioSummary
from scoring.runtime.in_force import read_in_force
from scoring.runtime.operator import operator
from scoring.runtime.serving import ServingError
from scoring.runtime.settings import Settings, clock_of
from scoring.sources.http import HttpClient
from scoring.sources.registry import open_sources
from scoring.store import portfolios as stored
from scoring.store.audit import Trail
from scoring.store.database import Database
from scoring.store.decisions import KeyReusedError
from scoring.store.jobs import PortfolioState
from scoring.store.portfolios import REFUSED, Portfolio, StoredRow
from scoring.texts.portfolios import name_of_move, summary_text
from scoring.usecases.portfolio_files import (
    FileKind,
    PortfolioFileError,
    frame_of,
    read_lines,
    write_csv,
    write_parquet,
)
from scoring.usecases.portfolios import (
    PRIORITIES,
    USUAL_PRIORITY,
    Order,
    Portfolios,
    PortfolioStateError,
    Refused,
    Row,
)
from scoring.usecases.reapplications import TooManyConnectedError

app = App(
    name="portfolio",
    help="Decide on thousands of applications as one batch. Every `serve` on the same database works on it.",
)
PortfolioId = Annotated[str, Parameter(help="As `portfolio list` prints it.")]
Priority = Annotated[int, Parameter(validator=Number(gte=PRIORITIES[0], lte=PRIORITIES[-1]))]
T = TypeVar("T")
_LOOK_SECONDS: Final = 1.0
_GIVEN_UP: Final = (PortfolioState.CANCELLED, PortfolioState.EXPIRED)
_MOST_SHOWN: Final = 50
_UNBEGUN_SECONDS: Final = 15
"""After which it is said that nothing seems to work on it."""


@app.command(name="decide")
def decide(
    *,
    lender: str,
    file: Path | None = None,
    connected: Annotated[bool, Parameter(negative=())] = False,
    name: str | None = None,
    priority: Priority = USUAL_PRIORITY,
    key: str | None = None,
    detach: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Store a portfolio, and show how far it has come until it has ended. Ctrl-C ends the showing, not the portfolio.

    A line that is no application is told with its number, field and what is wrong; the others go on. The same file on
    the same day is the same portfolio, unless --key says otherwise: nothing is decided on twice.
    Exit status: 0 every row was decided on, or it goes on; 1 some were not; 2 nothing was stored.

    Args:
        lender: whose borrowers.
        file: CSV with a header, or one JSON object in each line (.ndjson, .jsonl); docs/portfolios.md says which
            columns.
        connected: instead of a file, every borrower with a connection that works, as it last applied.
        name: of the portfolio, for people.
        priority: 1 to 9, the higher the sooner among the lender's own.
        key: the idempotency key of the portfolio.
        detach: do not wait for its end.
    """
    if (file is None) is not connected:
        give_up("give either --file or --connected")
    settings = settings_for(lender)
    content = b"" if file is None else _content(file)
    today = day_in_berlin(clock_of(settings)())
    sha256 = None if file is None else hashlib.sha256(content).hexdigest()
    order = Order(name=name, priority=priority, idempotency_key=key, key_prefix=None, file_sha256=sha256)
    order = msgspec.structs.replace(order, idempotency_key=key or f"{order.body_sha256[:32]}-{today}")

    async def work(database: Database) -> tuple[Portfolio, list[StoredRow]]:
        async with announced(settings, database) as agreed, HttpClient() as http:
            portfolios = _portfolios(settings, database, agreed.cipher)
            sources = open_sources(
                http, sevdesk_url=settings.sevdesk_url, is_sevdesk_sandbox=settings.is_sevdesk_sandbox
            )
            serving = (await read_in_force(settings, database, signer_of(settings))).of(lender)
            rows: Iterator[Row | Refused]
            if file is None:
                again = await portfolios.applications_again(lender)
                total = len(again)
                rows = connected_rows(again, today=today, serving=serving, sources=sources, request_id=None)
            else:
                kind = FileKind.NDJSON if file.suffix in {".ndjson", ".jsonl"} else FileKind.CSV
                lines = read_lines(content, kind)
                total = len(lines)
                rows = rows_of(lines, today=today, serving=serving, sources=sources, request_id=None)
            with Progress(
                *Progress.get_default_columns(), MofNCompleteColumn(), console=Console(stderr=True)
            ) as progress:
                task = progress.add_task("storing", total=total)
                found = await portfolios.accept(
                    operator(lender), order, rows, done=lambda count: progress.update(task, completed=count)
                )
                answer(found.id)
                if not detach:
                    progress.reset(task, total=found.rows, description="deciding")
                    found = await _watched(portfolios, found, lambda count: progress.update(task, completed=count))
        read = operator(lender)
        return found, list(await portfolios.all_rows(read, found.id, with_restricted=True))

    try:
        found, rows = with_database(settings, work)
    except PortfolioFileError as error:
        give_up(f"{file}: {error}")
    except (KeyReusedError, TooManyConnectedError, PortfolioStateError, DecryptionError, ServingError) as error:
        give_up(str(error))
    except KeyboardInterrupt:
        answer("it goes on; see `scoring portfolio list`")
        return
    _tell_end(found, rows)
    if found.state in _GIVEN_UP or (found.counts.keys() - {"done"} and (not detach or REFUSED in found.counts)):
        sys.exit(1)


@app.command(name="list")
def show_all(*, lender: str | None = None) -> None:
    """List portfolios, newest first: identifier, lender, state, priority, rows, decided, created, name.

    Args:
        lender: only those of this lender.
    """
    settings = settings_for(lender)

    async def work(database: Database) -> list[Portfolio]:
        return await database.read_at_once(
            lambda connection: stored.list_portfolios(connection, lender_id=lender, limit=1000)
        )

    for one in with_database(settings, work):
        done = one.counts.get("done", 0)
        cells = (one.id, one.lender_id, one.state, one.priority, one.rows, done, one.created_at, one.name or "")
        answer("\t".join(map(str, cells)))


@app.command(name="show")
def show(portfolio_id: PortfolioId, /) -> None:
    """Print how a portfolio stands: its state, and its rows by state."""
    settings = read_settings()
    _show(_find(settings, portfolio_id))


@app.command(name="pause")
def pause(portfolio_id: PortfolioId, /) -> None:
    """Begin no further row; what has begun is finished."""
    _change(portfolio_id, lambda portfolios, lender: portfolios.pause(operator(lender), portfolio_id))


@app.command(name="resume")
def resume(portfolio_id: PortfolioId, /) -> None:
    """Go on with a portfolio that is paused."""
    _change(portfolio_id, lambda portfolios, lender: portfolios.resume(operator(lender), portfolio_id))


@app.command(name="cancel")
def cancel(portfolio_id: PortfolioId, /) -> None:
    """End what has not ended, and delete its applications; decisions that were made stay."""
    _change(portfolio_id, lambda portfolios, lender: portfolios.cancel(operator(lender), portfolio_id))


@app.command(name="results")
def results(
    portfolio_id: PortfolioId,
    /,
    *,
    form: Annotated[Literal["csv", "parquet"], Parameter(name="--format", help="csv, or parquet.")] = "csv",
    out: Annotated[Path | None, Parameter(help="A new file; without it, CSV is printed.")] = None,
) -> None:
    """Write a row for each line: state, decision, verdict, score, grade, limit, the decision before, and problems.

    Those of restricted borrowers are left out.
    """
    if out is None and form == "parquet":
        give_up("name a new file with --out: Parquet is not printed")
    settings = read_settings()
    found = _find(settings, portfolio_id)

    async def work(database: Database) -> list[StoredRow]:
        who = operator(found.lender_id)
        return list(await _portfolios(settings, database).all_rows(who, portfolio_id, with_restricted=False))

    frame = frame_of(with_database(settings, work))
    content = write_parquet(frame) if form == "parquet" else write_csv(frame)
    if out is None:
        sys.stdout.write(content.decode())
        return
    try:
        with out.open("xb") as file:
            file.write(content)
    except FileExistsError:
        give_up(f"{out} is there already; name a new file")
    except OSError as error:
        give_up(f"{out} cannot be written ({error.strerror})")
    answer(f"{counted(frame.height, 'row')} written to {out}")


@app.command(name="summary")
def summary(
    portfolio_id: PortfolioId,
    /,
    *,
    form: Annotated[Literal["table", "json"], Parameter(name="--format", help="table, or json.")] = "table",
) -> None:
    """Print verdicts, grades and scores, and who moved since each borrower's decision before."""
    settings = read_settings()
    found = _find(settings, portfolio_id)

    async def work(database: Database) -> PortfolioSummary:
        who = operator(found.lender_id)
        return await _portfolios(settings, database).summary(who, portfolio_id, with_restricted=False)

    made = with_database(settings, work)
    if form == "json":
        answer(msgspec.json.format(msgspec.json.encode(made), indent=2).decode())
        return
    _show_summary(made)


def _portfolios(settings: Settings, database: Database, cipher: Cipher | None = None) -> Portfolios:
    clock = clock_of(settings)
    return Portfolios(
        database=database,
        cipher=cipher or cipher_of(settings),
        clock=clock,
        randomness=os.urandom,
        trail=Trail(database=database, clock=clock, randomness=os.urandom),
        workers=CapacityLimiter(1),
        kept=timedelta(hours=settings.portfolio_hours),
        restricted=restricted_problem,
        wake=lambda: None,  # a worker of another process looks every few seconds
    )


def _content(file: Path) -> bytes:
    try:
        content = file.read_bytes()
    except OSError as error:
        give_up(f"{file} cannot be read ({error.strerror})")
    return content


def _find(settings: Settings, portfolio_id: str) -> Portfolio:
    async def work(database: Database) -> Portfolio | None:
        return await database.read_at_once(
            lambda connection: stored.find_portfolio(connection, portfolio_id, lender_id=None)
        )

    found = with_database(settings, work)
    if found is None:
        give_up(f"there is no portfolio {portfolio_id!r}; `portfolio list` lists them")
    return found


def _change(portfolio_id: str, change: Callable[[Portfolios, str], Awaitable[Portfolio]]) -> None:
    settings = read_settings()
    found = _find(settings, portfolio_id)

    async def work(database: Database) -> Portfolio:
        return await change(_portfolios(settings, database), found.lender_id)

    try:
        _show(with_database(settings, work))
    except (PortfolioStateError, DecryptionError) as error:
        give_up(str(error))


async def _watched(portfolios: Portfolios, found: Portfolio, done: Callable[[int], None]) -> Portfolio:
    """The portfolio once it has ended; how far it has come is told meanwhile."""
    looks = 0
    while found.is_live:
        ended = sum(count for state, count in found.counts.items() if state not in {"waiting", "running"})
        done(ended)
        waits = found.state is PortfolioState.OPEN and found.counts.get("waiting", 0)
        if looks == _UNBEGUN_SECONDS and waits and not found.counts.keys() & {"running", "done", "failed"}:
            sys.stderr.write("scoring: nothing has begun yet; does a `scoring serve` run on this database?\n")
        await asyncio.sleep(_LOOK_SECONDS)
        found, looks = await portfolios.find(found.lender_id, found.id), looks + 1
    done(found.rows)
    return found


def _show(found: Portfolio) -> None:
    for name in ("id", "lender_id", "name", "state", "priority", "rows", "created_at", "ended_at", "expires_at"):
        value = getattr(found, name)
        answer(f"{name}\t{'' if value is None else value}")
    answer(f"rests_until\t{found.rests_until or ''}")
    for state, count in found.counts.items():
        answer(f"{state}\t{count}")


def _tell_end(found: Portfolio, rows: list[StoredRow]) -> None:
    """Lines that were refused, and rows that failed, each with what to do; then rows by state."""
    if found.state in _GIVEN_UP:
        sys.stderr.write(f"scoring: {found.id} is {found.state}; --key begins another one\n")
    faults = [row for row in rows if row.problem is not None]
    for row in faults[:_MOST_SHOWN]:
        problem = msgspec.json.decode(row.problem or "", type=Problem)
        todo = "correct the line and send it again in a file of its own" if row.state == REFUSED else problem.title
        sys.stderr.write(f"scoring: line {row.line}: {problem.detail} ({todo})\n")
    if len(faults) > _MOST_SHOWN:
        sys.stderr.write(f"scoring: and {len(faults) - _MOST_SHOWN} more; see `portfolio results`\n")
    for state, count in found.counts.items():
        answer(f"{state}\t{count}")


def _show_summary(found: PortfolioSummary) -> None:
    console = Console(highlight=False)
    console.print(summary_text(found).en)
    verdicts = Table("", *(one.value for one in ORDER))
    verdicts.add_row("verdict", *(str(found.verdicts[one]) for one in ORDER))
    verdicts.add_row("recommendation", *(str(found.recommendations[one]) for one in ORDER))
    console.print(verdicts)
    scores = found.scores
    if scores is not None:
        table = Table("score", "rows")
        for start, count in scores.bands.items():
            table.add_row(f"from {start}", str(count))
        console.print(table)
        console.print(
            f"Scores from {scores.lowest:.1f} to {scores.highest:.1f}, quartiles {scores.lower_quartile:.1f}, "
            f"{scores.median:.1f} and {scores.upper_quartile:.1f}, mean {scores.mean:.1f}."
        )
    if found.grades:
        grades = Table(*(f"grade {name}" for name in found.grades))
        grades.add_row(*map(str, found.grades.values()))
        console.print(grades)
    if found.swaps.compared:
        swaps = Table("against the decision before", "verdict", "recommendation")
        for move, count in found.swaps.verdicts.items():
            said = found.swaps.recommendations[move]
            if count or said:
                swaps.add_row(name_of_move(move).en, str(count), str(said))
        console.print(swaps)
