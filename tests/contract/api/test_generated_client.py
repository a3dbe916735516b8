"""A client that a published generator makes of the description: it reads today's answers, and tomorrow's."""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from service import application, link_order, running

ROOT = Path(__file__).parents[3]
MAPS = frozenset({"features", "missing", "constraints", "links", "counts"})
CONFIG = """\
post_hooks: []
content_type_overrides:
  application/zip: application/octet-stream
  application/pdf: application/octet-stream
  image/jpeg: application/octet-stream
  image/png: application/octet-stream
  image/webp: application/octet-stream
  text/csv: application/octet-stream
  application/x-ndjson: application/octet-stream
  application/vnd.apache.parquet: application/octet-stream
  application/vnd.openxmlformats-officedocument.spreadsheetml.sheet: application/octet-stream
"""
"""The generator has to be told that these files are bytes."""
ADDED = {"added_by_a_later_version": {"of": ["any", 1, None]}}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The models of the generated client."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "config.yml").write_text(CONFIG)
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--overwrite"]
    made = subprocess.run(
        [*command, "--path", ROOT / "docs/openapi.json", "--output-path", "generated_client", "--config", "config.yml"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    assert "Warning" not in made.stdout + made.stderr
    sys.path.insert(0, str(folder))
    yield importlib.import_module("generated_client.models")
    sys.path.remove(str(folder))


def with_additions(answer: Any, name: str = "") -> Any:  # noqa: ANN401  any JSON
    """The answer with a field more in every object, at every depth; the names of a map are data, not fields."""
    if isinstance(answer, list):
        return [with_additions(item) for item in answer]
    if not isinstance(answer, dict):
        return answer
    added = {} if name in MAPS else ADDED
    return {field: with_additions(value, field) for field, value in answer.items()} | added


async def test_it_reads_answers_of_today_and_those_with_added_fields(tmp_path: Path, models: Any) -> None:  # noqa: ANN401  generated
    """Every field comes back as it was sent; an added one, at any depth, breaks nothing."""
    async with running(tmp_path) as service:
        decision = (await service.post("/v1/decisions", application())).json()
        listed = (await service.get("/v1/decisions")).json()
        link = (await service.post("/v1/connect-sessions", link_order())).json()
        refused = (await service.post("/v1/decisions", application(term_months=0))).json()
    answers = {"DecisionResponse": decision, "DecisionList": listed, "ConnectSessionLink": link, "Problem": refused}
    for name, today in answers.items():
        for answer in (today, with_additions(today)):
            assert getattr(models, name).from_dict(answer).to_dict() == answer, name
