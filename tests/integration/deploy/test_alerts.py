"""``deploy/prometheus``: rules that name what the service measures, and that fire where they should."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from container import ROOT
from integration.docs.test_links import anchors
from prometheus_client.parser import text_string_to_metric_families
from service import REVOKED, application, running

from scoring.api.problems import MEANINGS
from scoring.app import describe
from scoring.sources import errors
from scoring.sources.errors import SourceError

FOLDER = ROOT / "deploy/prometheus"
GIVEN = {"job", "instance"}
"""Labels that Prometheus puts on all it reads."""


def rules() -> list[dict[str, Any]]:
    """All alerts."""
    [group] = yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"]
    read: list[dict[str, Any]] = group["rules"]
    return read


def selectors() -> list[tuple[str, dict[str, str]]]:
    """Every metric that an expression names, with what it asks of labels."""
    found = []
    for rule in rules():
        for name, labels in re.findall(r"\b(up|scoring_\w+)\{([^}]*)\}", rule["expr"]):
            found.append((name, dict(re.findall(r'(\w+)[=!]~?"([^"]*)"', labels))))
        assert len(re.findall(r"\b(?:up|scoring_\w+)\b", rule["expr"])) == len(re.findall(r"\{", rule["expr"]))
    return found


async def test_every_metric_and_label_is_there(tmp_path: Path) -> None:
    """As a running service says them after a decision and a failure of each side."""
    async with running(tmp_path) as service:
        await service.post("/v1/decisions", application())
        await service.post("/v1/decisions", application(sevdesk_token=REVOKED))
        await service.http.get("/health/ready")
        text = (await service.http.get("/metrics")).text
    served: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            served.setdefault(sample.name, set()).update(sample.labels)
    for name, labels in selectors():
        if name != "up":
            assert labels.keys() - GIVEN <= served[name]
        assert labels["job"] == "hauptbuch"
    for rule in rules():
        grouped = {label for by in re.findall(r"by \(([^)]*)\)", rule["expr"]) for label in by.split(", ")}
        assert grouped - GIVEN <= set().union(*served.values())


def test_values_of_labels_are_those_that_occur() -> None:
    """Problems by type, errors by class, routes by pattern, stages by name."""
    classes = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, SourceError)}
    routes = {route.path_format for route in describe().routes}
    stages = re.search(r"`scoring_stage_seconds` \|.*", (ROOT / "docs/service.md").read_text())
    assert stages
    known = {
        "problem": set(MEANINGS),
        "outcome": classes,
        "error": classes,
        "stage": set(re.findall(r"`(\w+)`", stages[0])),
        "method": {"POST"},
        "status": {"503"},
        "job": {"hauptbuch"},
    }
    for _, labels in selectors():
        for label, asked in labels.items():
            for value in asked.split("|"):
                if label == "route":
                    assert [route for route in routes if re.fullmatch(value, route)], value
                else:
                    assert value in known[label]


def test_every_alert_leads_to_what_to_do() -> None:
    """A section of the guide for operators."""
    there = anchors(ROOT / "docs/operating.md")
    for rule in rules():
        page, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert page == "docs/operating.md"
        assert anchor in there
        assert rule["labels"]["severity"] in {"page", "ticket"}


def test_every_alert_is_tested_where_it_fires() -> None:
    """And most of them where they must not."""
    tests = yaml.safe_load((FOLDER / "alerts.test.yaml").read_text())["tests"]
    asked = [(case["alertname"], bool(case["exp_alerts"])) for test in tests for case in test["alert_rule_test"]]
    assert {name for name, fires in asked if fires} == {rule["alert"] for rule in rules()}
    assert {name for name, fires in asked if not fires} == {rule["alert"] for rule in rules()}


@pytest.mark.parametrize(
    "words",
    [
        ["check", "rules", "alerts.yaml"],
        ["check", "config", "scrape.yaml"],
        ["test", "rules", "alerts.test.yaml"],
    ],
    ids=" ".join,
)
def test_prometheus_reads_them(words: list[str]) -> None:
    """Its own tool checks the files, and runs the tests of the rules."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian: apt install prometheus)")
    done = subprocess.run([promtool, *words], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
