"""Command line of the local sevdesk: list its firms, serve them, export them, simulate a portfolio for training.

Examples:
    python -m sandbox firms
    python -m sandbox serve --port 8081
    python -m sandbox export healthy-agency books/
    python -m sandbox serve --books books/
    python -m sandbox serve --quirk payment_log=404 --fault "row deleted between pages"
    python -m sandbox simulate --firms 4000 --seed 1 --out build/dataset
"""

import errno
import json
import os
import signal
import socket
import sys
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from threading import Thread
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from sandbox.objects.values import BERLIN

_EXAMPLES = __doc__.partition("Examples:\n")[2]
app = App(
    name="python -m sandbox",
    help=f"A local sevdesk with simulated firms.\n\nExamples:\n\n```\n{_EXAMPLES}```",
    version_flags=(),
)


def today_in_berlin() -> date:
    """Today's date in Berlin, the time zone of sevdesk."""
    return datetime.now(tz=BERLIN).date()


def _fail(message: object) -> "SystemExit":
    print(f"sandbox: {message}", file=sys.stderr)  # noqa: T201  a command line speaks
    return SystemExit(2)


def _likely_day(_type: object, day: date | None) -> None:
    if day is not None and not FIRST_END <= day <= LAST_END:
        raise ValueError(f"the books can end from {FIRST_END} to {LAST_END}")


FIRST_END, LAST_END = date(2000, 1, 1), date(2100, 1, 1)
"""Plausible range for the last day of the books."""

EndOn = Annotated[
    date | None,
    Parameter(
        help="Last day of the books, YYYY-MM-DD; today by default. With the seed, it determines every byte.",
        validator=_likely_day,
    ),
]


@app.command
def firms(*, as_json: Annotated[bool, Parameter(name="--json", negative=())] = False) -> None:
    """List the firms that are served by default, with their tokens.

    Args:
        as_json: print a JSON list instead of a table.
    """
    from sandbox.firms.personas import PERSONAS  # noqa: PLC0415  heavy imports wait until they are needed
    from sandbox.firms.wholesaler import WHOLESALER  # noqa: PLC0415

    rows = [
        {
            "firm": persona.firm,
            "name": persona.name,
            "legal_form": persona.traits.legal_form,
            "token": persona.token,
            "iban": persona.iban,
            "tax_number": persona.tax_number,
            "vat_id": persona.vat_id,
            "is_revoked": persona.is_revoked,
            "description": persona.description,
        }
        for persona in (*PERSONAS, WHOLESALER)
    ]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))  # noqa: T201  the answer
        return
    from sandbox.terminal import print_table  # noqa: PLC0415  see above

    keys = ("firm", "legal_form", "token", "iban", "description")
    print_table(
        ("firm", "legal form", "token", "IBAN", "what is special"),
        [[str(row[key]) for key in keys] for row in rows],
        whole=4,
        title="Firms of the local sevdesk",
    )


@app.command
def serve(  # noqa: PLR0913  each is an option of the command line
    *,
    port: Annotated[int, Parameter(validator=Number(gte=0, lte=65_535))] = 8081,
    host: str = "127.0.0.1",
    books: Path | None = None,
    end_on: EndOn = None,
    quirk: tuple[str, ...] = (),
    fault: tuple[str, ...] = (),
    faults: Path | None = None,
    scenario: Path | None = None,
    clock: Path | None = None,
) -> None:
    """Serve the firms over HTTP like sevdesk, until Ctrl-C.

    Args:
        port: TCP port; 0 for any that is free.
        host: address to listen on.
        books: a folder of books (FIRM/Resource.json) to serve instead of the firms that `firms` lists.
        end_on: last day of the books.
        quirk: a behaviour to change, NAME=VALUE; `quirks` lists them. Can be repeated.
        fault: a fault to inject from the start: a name listed by `faults`, or a JSON object. Can be repeated.
        faults: a JSON file with a list of fault objects.
        scenario: a TOML file that says what befalls firms, and when.
        clock: a file to keep the day in, for a service that follows the clock (SCORING_SANDBOX_CLOCK).
    """
    import uvicorn  # noqa: PLC0415  heavy

    from sandbox.account.quirks import QuirkError, Quirks, with_switches  # noqa: PLC0415
    from sandbox.clock.clock import Clock, ClockError  # noqa: PLC0415
    from sandbox.clock.happenings import HappeningError, read_scenario  # noqa: PLC0415
    from sandbox.firms.persona import make_all  # noqa: PLC0415
    from sandbox.firms.personas import personas  # noqa: PLC0415
    from sandbox.firms.wholesaler import WHOLESALER  # noqa: PLC0415
    from sandbox.objects.folder import BooksFolderError, read_folder  # noqa: PLC0415
    from sandbox.server.app import API_PATH, BooksError, create_app  # noqa: PLC0415
    from sandbox.server.faults import FaultError, Faults, read_faults  # noqa: PLC0415

    day = end_on or today_in_berlin()
    try:
        switches = with_switches(Quirks(), dict(_pair(text) for text in quirk))
        wrong = Faults(read_faults(fault, faults))
        usual = personas(day) if books is None else []
        # The largest firm is built on first request: most callers do not need it.
        served = [*usual, WHOLESALER.later_books(day)] if books is None else read_folder(books)
        today = today_in_berlin if end_on is None else lambda: day
        happenings = [] if scenario is None else read_scenario(scenario)
        days = Clock(today, happenings, file=clock)
        application = create_app(served, today=today, quirks=switches, faults=wrong, day=days)
    except (BooksFolderError, BooksError, QuirkError, FaultError, HappeningError, ClockError) as error:
        raise _fail(error) from None
    listening = _listening(host, port)
    Thread(target=make_all, args=(usual,), daemon=True).start()
    address = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}{API_PATH}"
    # Requests can be sent from here on: they wait in the socket until the server has started.
    number = "1 firm" if len(served) == 1 else f"{len(served)} firms"
    print(f"serving {number} at {address}, until Ctrl-C", flush=True)  # noqa: T201  a command line speaks
    with suppress(KeyboardInterrupt):
        uvicorn.Server(uvicorn.Config(application, log_level="warning")).run(sockets=[listening])


def _listening(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise _fail(f"port {port} is in use; choose another with --port, or 0 for a free one") from None
        raise _fail(f"cannot listen on {host}, port {port}: {error.strerror}") from None


def _pair(text: str) -> tuple[str, str]:
    name, separator, position = text.partition("=")
    if not separator:
        raise _fail(f"--quirk must be NAME=VALUE, such as order=none, not {text!r}")
    return name.strip().replace("-", "_"), position.strip()


@app.command
def quirks() -> None:
    """List the settings of `serve --quirk`: default behaviour, how it is known, and possible values."""
    from sandbox.account.quirks import QUIRKS, positions  # noqa: PLC0415
    from sandbox.terminal import print_table  # noqa: PLC0415  heavy

    rows = [(name, ", ".join(positions(name)), quirk.known, quirk.what) for name, quirk in QUIRKS.items()]
    print_table(("quirk", "values, default first", "source", "default behaviour"), rows, whole=1)


@app.command
def faults() -> None:
    """List the faults that can be injected, with an example of each for `serve --fault` and the control endpoint."""
    import msgspec  # noqa: PLC0415

    from sandbox.server.faults import CATALOGUE  # noqa: PLC0415
    from sandbox.terminal import print_table  # noqa: PLC0415  heavy

    rows = [(name, msgspec.json.encode(fault).decode()) for name, fault in CATALOGUE.items()]
    print_table(("fault", "as JSON"), rows, whole=1)


@app.command
def export(firm: str, directory: Path, *, end_on: EndOn = None) -> None:
    """Export the books of one firm as JSON files in sevdesk's format: DIRECTORY/FIRM/Resource.json.

    Args:
        firm: a name listed by `firms`.
        directory: folder in which the firm's folder is created.
        end_on: last day of the books.
    """
    from sandbox.firms.personas import PERSONAS  # noqa: PLC0415
    from sandbox.firms.wholesaler import WHOLESALER  # noqa: PLC0415
    from sandbox.objects.folder import write_folder  # noqa: PLC0415

    firms = {persona.firm: persona for persona in (*PERSONAS, WHOLESALER)}
    chosen = firms.get(firm)
    if chosen is None:
        known = ", ".join(firms)
        raise _fail(f"there is no firm {firm!r}; choose one of {known}")
    try:
        write_folder([chosen.books(end_on or today_in_berlin())], directory)
    except OSError as error:
        raise _fail(f"cannot write to {directory}: {error.strerror}") from None
    print(directory / firm)  # noqa: T201  the answer


@app.command
def simulate(
    *,
    out: Path,
    firms: Annotated[int, Parameter(validator=Number(gte=1))] = 1_000,
    seed: Annotated[int, Parameter(validator=Number(gte=0))] = 1,
    end_on: EndOn = None,
    jobs: Annotated[int, Parameter(validator=Number(gte=1))] = 2,
) -> None:
    """Simulate a portfolio of firms with loans and write it as a dataset folder for training.

    Args:
        out: folder to write; it must not exist.
        firms: number of firms.
        seed: the same seed and last day give the same bytes.
        end_on: last day of the books.
        jobs: number of processes.
    """
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskID,
        TextColumn,
        TimeRemainingColumn,
    )

    from sandbox.portfolio.folder import PortfolioError, write_portfolio  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # SIGTERM is handled like Ctrl-C: no partial output.
    before = signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(128 + signal.SIGTERM))
    try:
        with Progress(*columns) as bars:
            tasks: dict[str, TaskID] = {}

            def progress(what: str, done: int, total: int) -> None:
                if what not in tasks:
                    tasks[what] = bars.add_task(what)
                bars.update(tasks[what], completed=done, total=total)

            progress("simulating firms", 0, firms)
            write_portfolio(
                out, firms=firms, seed=seed, end_on=end_on or today_in_berlin(), jobs=jobs, progress=progress
            )
    except PortfolioError as error:
        raise _fail(error) from None
    except OSError as error:
        raise _fail(f"cannot write {out}: {error}") from None
    except KeyboardInterrupt:
        print(f"sandbox: stopped; {out} was not written", file=sys.stderr)  # noqa: T201  a command line speaks
        raise SystemExit(128 + signal.SIGINT) from None
    finally:
        signal.signal(signal.SIGTERM, before)
    print(out)  # noqa: T201  the answer


if __name__ == "__main__":
    try:
        app()
        sys.stdout.flush()
    except BrokenPipeError:  # the reader closed the pipe, as in "firms --json | head"
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
