"""Reads the invoices of an account in a process of its own, and prints how far its memory grew, as JSON.

    python benchmarks/peak.py API TOKEN

A small reading comes first, so that what every reading needs is there already.
"""

import asyncio
import json
import logging
import sys
from pathlib import Path

import httpx
import structlog

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks import books
from features.ledger import Resource
from scoring.sevdesk.client import SevdeskClient
from scoring.sevdesk.connection import Limits
from scoring.sevdesk.token import Token


def resident() -> dict[str, int]:
    """Resident memory of this process in bytes, now and at its peak."""
    lines = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
    sizes = {line[0]: 1024 * int(line[1]) for line in lines if line and line[0] in ("VmRSS:", "VmHWM:")}
    return {"now": sizes["VmRSS:"], "peak": sizes["VmHWM:"]}


def forget_peak() -> int:
    """Count the peak from here on; resident memory in bytes."""
    Path("/proc/self/clear_refs").write_text("5")
    return resident()["now"]


async def read(api: str, token: str) -> dict[str, int]:
    """Objects, bytes of their columns, and bytes by which the peak exceeds what was there before."""
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=64)) as http:
        client = SevdeskClient(http, api, Token(token), limits=Limits(deadline_seconds=300.0))
        await client.fetch(frozenset({Resource.CREDIT_NOTES}), fetched_on=books.today())
        before = forget_peak()
        fetched = await client.fetch(frozenset({Resource.INVOICES}), fetched_on=books.today())
        grown = resident()["peak"] - before
    return {"objects": fetched.invoices.height, "columns": int(fetched.invoices.estimated_size()), "grown": grown}


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    print(json.dumps(asyncio.run(read(sys.argv[1], sys.argv[2]))))
