"""How much memory this process holds, and held at its peak."""

from pathlib import Path


def resident() -> int:
    """Current memory in bytes."""
    return _size("VmRSS:")


def peak() -> int:
    """The most bytes since the process began, or since the peak was forgotten."""
    return _size("VmHWM:")


def forget_peak() -> int:
    """Count the peak from here on; bytes at present."""
    Path("/proc/self/clear_refs").write_text("5")
    return resident()


def _size(name: str) -> int:
    lines = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
    return next(1024 * int(line[1]) for line in lines if line and line[0] == name)
