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


def test_what_was_not_measured_here_stays_as_it_is(tmp_path: Path) -> None:
    """With what it was measured, where that was something else; and what somebody wrote at the top."""
    for name in ("fetch", "service"):
        (tmp_path / f"{name}.json").write_text(json.dumps(MEASURED | {"title": f"About {name}", "text": "| a |"}))
    earlier = page(tmp_path).replace("polars 2.\n", "polars 2.\n\nA remark.\n", 1)
    (tmp_path / "fetch.json").unlink()
    assert page(tmp_path, earlier) == earlier
    newer = MEASURED | {"title": "About service", "text": "| b |", "versions": "polars 3"}
    (tmp_path / "service.json").write_text(json.dumps(newer))
    written = page(tmp_path, earlier)
    assert "polars 3.\n\nA remark." in written
    assert "`python benchmarks/fetch.py`, 2026-11-23, 12 s. Measured with 2 processors, polars 2.\n\n| a |" in written
    assert page(tmp_path, written) == written


def test_what_was_measured_by_hand_stays_below(tmp_path: Path) -> None:
    """With the arguments that it was measured with; a later run of another benchmark leaves it alone."""
    (tmp_path / "service.json").write_text(json.dumps(MEASURED | {"title": "About service", "text": "| a |"}))
    by_hand = (
        "## By hand\n\n`python benchmarks/distress.py DATASET`, 2026-11-20. Measured with 8 processors.\n\n| c |\n"
    )
    earlier = page(tmp_path) + "\n" + by_hand
    assert page(tmp_path, earlier) == earlier
    (tmp_path / "fetch.json").write_text(json.dumps(MEASURED | {"title": "About fetch", "text": "| b |"}))
    written = page(tmp_path, earlier)
    assert written.endswith(by_hand)
    assert written.index("## About fetch") < written.index("## By hand")


def test_a_quantile_is_a_measured_value() -> None:
    """The 95th percentile of 100 values is exceeded by at most five of them; of one value it is that value."""
    values = [float(number) for number in range(100)]
    assert sum(value > quantile(values, 0.95) for value in values) <= 5
    assert quantile([7.0], 0.99) == 7.0
