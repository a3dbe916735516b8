"""A large simulation: how long it takes, how much memory all its processes need together, and how large the folder is.

    python benchmarks/simulate.py DATASET                  20,000 firms, kept in DATASET
    python benchmarks/simulate.py DATASET --firms 1000

TokenStates is the sum of what each process has for itself and its share of what they have in common (PSS), sampled five
times a second. Time of processors tells what the machine had to do, however busy it was with other things.
"""

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.results import ROOT, machine

PAUSE = 0.2


def memory(process: int) -> int:
    """Bytes of a process and of all that it started; 0 for one that has just ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    own = next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
    return own + sum(memory(int(child)) for child in children)


def main() -> int:
    """Simulate, watch, and print one line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path, help="folder to write; it must not exist")
    parser.add_argument("--firms", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--end-on", default="2026-11-23")
    asked = parser.parse_args()
    command = [sys.executable, "-m", "sandbox", "simulate", "--firms", str(asked.firms), "--seed", str(asked.seed)]
    command += ["--jobs", str(asked.jobs), "--end-on", asked.end_on, "--out", str(asked.dataset.resolve())]
    started = time.perf_counter()
    peak = 0
    with subprocess.Popen(command, cwd=ROOT) as simulation:
        while simulation.poll() is None:
            peak = max(peak, memory(simulation.pid))
            time.sleep(PAUSE)
    if simulation.returncode:
        return simulation.returncode
    seconds = time.perf_counter() - started
    size = sum(file.stat().st_size for file in asked.dataset.rglob("*"))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"{asked.firms:,} firms with {asked.jobs} jobs: {seconds:.0f} s, {used.ru_utime + used.ru_stime:.0f} s of "
        f"processors, {peak / 2**20:,.0f} MiB at the peak, "
        f"{size / 1e6:,.0f} MB written. {machine()}."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
