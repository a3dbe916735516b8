"""``compose.yaml`` as an engine would read it: what it sets is known, nothing secret is in it, all is watched."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from scoring.runtime.settings import Settings, SettingsError

ROOT = Path(__file__).parents[3]
SECRETS = {"POSTGRES_PASSWORD": "0a1b2c", "SCORING_ENCRYPTION_KEYS": "k1:" + "A" * 43 + "="}


def composed(variables: dict[str, str]) -> dict[str, Any]:
    """The file with its variables put in.

    Raises:
        KeyError: one that must be set is not.
    """

    def put(match: re.Match[str]) -> str:
        name, otherwise, text = match["name"], match["otherwise"], match["text"]
        if variables.get(name):
            return variables[name]
        if otherwise == ":-":
            return text
        raise KeyError(f"{name}: {text}")

    # comments are not read by an engine, so nothing is put into them
    text = "\n".join(line for line in (ROOT / "compose.yaml").read_text().splitlines() if not line.startswith("#"))
    read: dict[str, Any] = yaml.safe_load(re.sub(r"\$\{(?P<name>\w+)(?P<otherwise>:[-?])(?P<text>[^}]*)\}", put, text))
    return read


def test_the_service_accepts_what_it_is_given(tmp_path: Path) -> None:
    """Every variable is a setting, with a value that is one."""
    environment = composed(SECRETS)["services"]["service"]["environment"]
    settings = Settings.from_environ(environment | {"SCORING_DATA_DIR": str(tmp_path)})
    assert settings.database_url.reveal() == "postgresql+asyncpg://scoring:0a1b2c@postgres/scoring"
    assert [key.id for key in settings.encryption_keys] == ["k1"]
    with pytest.raises(SettingsError, match="SCORING_NO_SUCH is not a known setting"):
        Settings.from_environ(environment | {"SCORING_NO_SUCH": "1", "SCORING_DATA_DIR": str(tmp_path)})


@pytest.mark.parametrize("missing", sorted(SECRETS))
def test_nothing_starts_without_its_secrets(missing: str) -> None:
    """There is no default password, and no default key."""
    with pytest.raises(KeyError, match=f"{missing}: set it"):
        composed({name: value for name, value in SECRETS.items() if name != missing})


def test_both_are_watched_and_cannot_change_themselves() -> None:
    """Read-only but for a named volume; the service waits for a healthy database; the password is one."""
    file = composed(SECRETS)
    service, database = file["services"]["service"], file["services"]["postgres"]
    assert service["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert database["healthcheck"]["test"][:2] == ["CMD", "pg_isready"]
    assert "HEALTHCHECK" in (ROOT / "Dockerfile").read_text()  # the service's own
    for part in (service, database):
        assert part["read_only"] is True
        volumes = [mounted.partition(":")[0] for mounted in part["volumes"]]
        assert set(volumes) <= set(file["volumes"])
    assert service["ports"] == ["127.0.0.1:8000:8000"]
    assert f":{database['environment']['POSTGRES_PASSWORD']}@" in service["environment"]["SCORING_DATABASE_URL"]
    assert int(re.fullmatch(r"postgres:(\d+)-\w+", database["image"])[1]) >= 15  # type: ignore[index]
