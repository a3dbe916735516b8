import json
from pathlib import Path

from benchmarks.results import page, quantile

MEASURED = {
    "measured_on": "2026-11-23",
    "seconds": 12,
    "machine": "2 processors",
    "versions": "polars 2",
    "figures": {},
}


def test_the_page_is_put_together_from_what_was_measured(tmp_path: Path) -> None:
    """Sections stand in their fixed order, and one that was measured elsewhere says so."""
    for name, changes in (("fetch", {}), ("service", {"measured_on": "2026-11-20", "machine": "8 processors"})):
        found = MEASURED | {"title": f"About {name}", "text": "| a |"} | changes
        (tmp_path / f"{name}.json").write_text(json.dumps(found))
    written = page(tmp_path)
    assert written.index("## About service") < written.index("## About fetch")
    assert "`python benchmarks/service.py`, 2026-11-20, 12 s. Measured with 8 processors, polars 2." in written
    assert "`python benchmarks/fetch.py`, 2026-11-23, 12 s.\n" in written


def test_a_quantile_is_a_measured_value() -> None:
    """The 95th percentile of 100 values is exceeded by at most five of them; of one value it is that value."""
    values = [float(number) for number in range(100)]
    assert sum(value > quantile(values, 0.95) for value in values) <= 5
    assert quantile([7.0], 0.99) == 7.0
