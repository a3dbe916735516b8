"""Reads the invoices of an account in a separate process and prints the growth of its memory as JSON.

    python benchmarks/peak.py API TOKEN

A small reading comes first, so that what every reading needs is there already.
"""

import asyncio
import json
import logging
import sys
from pathlib import Path

import structlog

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks import books, memory
from features.ledger import Resource
from scoring.base.secrets import Secret
from scoring.sources.http import HttpClient
from scoring.sources.sevdesk.reading.client import SevdeskClient
from scoring.sources.sevdesk.transport.connection import RequestLimits


async def read(api: str, token: str) -> dict[str, int]:
    """Objects, bytes of their columns, and bytes by which the peak exceeds what was there before."""
    async with HttpClient() as http:
        client = SevdeskClient(http, api, Secret(token), limits=RequestLimits(deadline_seconds=300.0))
        await client.fetch(frozenset({Resource.CREDIT_NOTES}), fetched_on=books.today())
        before = memory.forget_peak()
        fetched = await client.fetch(frozenset({Resource.INVOICES}), fetched_on=books.today())
        grown = memory.peak() - before
    return {"objects": fetched.invoices.height, "columns": int(fetched.invoices.estimated_size()), "grown": grown}


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    print(json.dumps(asyncio.run(read(sys.argv[1], sys.argv[2]))))
