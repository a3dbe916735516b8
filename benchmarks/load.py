"""A load generator in a separate process: keeps a number of concurrent POSTs running for a given time.

Reads its task from standard input as JSON, writes the milliseconds of all answers to standard output. It speaks HTTP by
hand, so that it costs less than the server it asks.
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


async def drive(task: Task) -> list[float]:
    """Run all clients until the time is over; milliseconds of every request that was answered in it.

    Raises:
        RuntimeError: An answer was not 2xx; the message has its beginning.
    """
    started = time.perf_counter() + task.warm_seconds
    seen: list[float] = []
    async with asyncio.TaskGroup() as group:
        for number in range(task.clients):
            group.create_task(_client(task, number, started, seen))
    return seen


async def _client(task: Task, number: int, started: float, seen: list[float]) -> None:
    reader, writer = await asyncio.open_connection(task.host, task.port)
    body = task.body.encode()
    lines = [f"POST {task.path} HTTP/1.1", f"Host: {task.host}:{task.port}", "Content-Type: application/json"]
    lines += [f"Content-Length: {len(body)}", *(f"{name}: {value}" for name, value in task.headers.items())]
    head = "\r\n".join(lines)
    count = 0
    while (sent := time.perf_counter()) < started + task.seconds:
        writer.write(f"{head}\r\nIdempotency-Key: {task.run}-{number}-{count}\r\n\r\n".encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        content = await reader.readexactly(int(answer.split("content-length:", 1)[1].split("\r\n", 1)[0]))
        if not answer.startswith("http/1.1 2"):
            raise RuntimeError(f"{answer.splitlines()[0]}: {content[:300]!r}")
        answered = time.perf_counter()
        if started <= answered < started + task.seconds:
            seen.append(1e3 * (answered - sent))
        count += 1
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
