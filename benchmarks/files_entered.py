"""How many files of the product one warm request enters: what a newcomer opens to follow it.

    python benchmarks/files_entered.py                 the files, in the order in which they are entered, and how many
    python benchmarks/files_entered.py --at-most 40    the same; exit status 1 where there are more

The service runs in this process, the local sevdesk beside it. Of three decisions on one firm, the last is followed. A
file of `scoring`, `features`, `forecast` or `models` counts where one of its functions or comprehensions is called.
"""

import argparse
import asyncio
import contextvars
import os
import sys
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from demo.__main__ import sandbox_firms  # noqa: E402  found through the line above
from demo.stack import running  # noqa: E402  the same

ROOMS = tuple(str(ROOT / room) + os.sep for room in ("scoring", "features", "forecast", "models"))
entered: dict[str, None] = {}
is_followed = contextvars.ContextVar("is_followed", default=False)
"""Set for the last request; what runs beside it, as a worker that looks for jobs, has another context."""


def note(frame: FrameType, event: str, _argument: Any) -> None:  # noqa: ANN401  as sys.setprofile has it
    """Remember the file of a call; class bodies and modules being imported are not followed."""
    if event == "call" and is_followed.get() and frame.f_code.co_name != "<module>":
        entered.setdefault(frame.f_code.co_filename)


async def decide_last(folder: Path, sandbox_url: str, token: str) -> list[str]:
    """Decide three times; the files that the last decision entered."""
    import httpx  # noqa: PLC0415  after the profiler is set, as what follows

    from scoring.app import create_app  # noqa: PLC0415
    from scoring.runtime.key_files import make_encryption_file, make_signing_file  # noqa: PLC0415
    from scoring.runtime.serving import load_serving  # noqa: PLC0415
    from scoring.runtime.settings import Settings  # noqa: PLC0415
    from scoring.store.database import Database  # noqa: PLC0415
    from scoring.store.principals import Principal, Role, add_key  # noqa: PLC0415
    from scoring.telemetry.logs import configure_logs  # noqa: PLC0415

    configure_logs("error")

    make_encryption_file(folder)
    make_signing_file(folder)
    settings = Settings.from_environ(
        {
            "SCORING_DATA_DIR": str(folder),
            "SCORING_SEVDESK_URL": f"{sandbox_url}/api/v1",
            "SCORING_SEVDESK_SANDBOX": "true",
        }
    )
    app = create_app(settings, load_serving(settings))
    service = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://service", timeout=60)  # type: ignore[arg-type]
    async with app.lifespan(), service:
        database = Database(settings.database_url)
        principal = Principal(id="", lender_id="bank", kind="system", name="reader", roles=frozenset(Role))
        key, _ = await add_key(database, principal, now=datetime.now(tz=UTC), randomness=os.urandom)
        await database.close()
        body = {
            "borrower_ref": "firm",
            "legal_form": "gmbh",
            "product": "working_capital",
            "amount": {"value": "12000.00", "currency": "EUR"},
            "term_months": 12,
            "sevdesk_token": token,
        }
        for number in range(3):
            is_followed.set(number == 2)
            headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": f"request-{number}"}
            answer = await service.post("/v1/decisions", json=body, headers=headers)
            answer.raise_for_status()
        return [path.removeprefix(str(ROOT) + os.sep) for path in tuple(entered) if path.startswith(ROOMS)]


def main() -> int:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--at-most", type=int, help="exit status 1 where more files are entered")
    at_most = parser.parse_args().at_most
    token = sandbox_firms()["healthy-agency"]["token"]
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "demo") as stack:
        sys.setprofile(note)
        threading.setprofile(note)
        files = asyncio.run(decide_last(Path(folder), stack.sandbox_url, token))
        sys.setprofile(None)
    print("\n".join(files))
    print(f"{len(files)} files entered")
    return 1 if at_most is not None and len(files) > at_most else 0


if __name__ == "__main__":
    sys.exit(main())
