"""A load generator in a separate process: keeps a number of concurrent POSTs running for a given time.

Reads its task from standard input as JSON, writes what it saw to standard output. It speaks HTTP by hand, so that it
costs less than the server it asks. A request that is refused because too many are made (429, 503) is repeated after a
second; the time of its decision begins with its first attempt.
"""

import asyncio
import os
import sys
import time

import msgspec


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What to send, and how hard."""

    host: str
    port: int
    path: str
    headers: dict[str, str]
    body: str
    clients: int
    seconds: float
    warm_seconds: float
    """Before the first counted answer."""
    cores: tuple[int, ...]
    """Processors to run on; empty for any."""
    run: str
    """Makes idempotency keys differ from those of another run."""


class Seen(msgspec.Struct, kw_only=True):
    """What was answered in the time."""

    milliseconds: list[float]
    """Of every decision."""
    refused: int = 0
    """Attempts."""


_REFUSED = ("http/1.1 429", "http/1.1 503")


async def drive(task: Task) -> Seen:
    """Run all clients until the time is over.

    Raises:
        RuntimeError: An answer was neither 2xx nor a refusal; the message has its beginning.
    """
    started = time.perf_counter() + task.warm_seconds
    seen = Seen(milliseconds=[])
    async with asyncio.TaskGroup() as group:
        for number in range(task.clients):
            group.create_task(_client(task, number, started, seen))
    return seen


async def _client(task: Task, number: int, started: float, seen: Seen) -> None:
    reader, writer = await asyncio.open_connection(task.host, task.port)
    body = task.body.encode()
    lines = [f"POST {task.path} HTTP/1.1", f"Host: {task.host}:{task.port}", "Content-Type: application/json"]
    lines += [f"Content-Length: {len(body)}", *(f"{name}: {value}" for name, value in task.headers.items())]
    head = "\r\n".join(lines)
    count = 0
    sent = time.perf_counter()
    while time.perf_counter() < started + task.seconds:
        writer.write(f"{head}\r\nIdempotency-Key: {task.run}-{number}-{count}\r\n\r\n".encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        content = await reader.readexactly(int(answer.split("content-length:", 1)[1].split("\r\n", 1)[0]))
        answered = time.perf_counter()
        is_counted = started <= answered < started + task.seconds
        if answer.startswith(_REFUSED):
            seen.refused += is_counted
            await asyncio.sleep(1)
            continue
        if not answer.startswith("http/1.1 2"):
            raise RuntimeError(f"{answer.splitlines()[0]}: {content[:300]!r}")
        if is_counted:
            seen.milliseconds.append(1e3 * (answered - sent))
        count, sent = count + 1, time.perf_counter()
    writer.close()
    await writer.wait_closed()


def main() -> int:
    """Read the task, drive, write what was seen."""
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    if task.cores:
        os.sched_setaffinity(0, task.cores)
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(drive(task))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
