"""``compose.yaml`` as an engine would read it: valid, nothing secret in it, all is watched and bounded."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from container import ROOT
from service import SIGNING_KEYS

from scoring.runtime.settings import Settings, SettingsError

VARIABLES = {"SCORING_PUBLIC_URL": "https://kredit.example"}
SECRETS = {
    "database_url": "postgresql+asyncpg://scoring:0a1b2c@postgres/scoring",
    "encryption_keys": "k1:" + "A" * 43 + "=",
    "signing_keys": SIGNING_KEYS,
}


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


def settings_of(service: dict[str, Any], folder: Path, **changes: str) -> Settings:
    """The settings of a service, with the files of its secrets in a folder."""
    for name in service["secrets"]:
        (folder / name).write_text(SECRETS[name] + "\n")
    given = {name: value.replace("/run/secrets", str(folder)) for name, value in service["environment"].items()}
    return Settings.from_environ(given | {"SCORING_DATA_DIR": str(folder)} | changes)


def seconds(text: str) -> int:
    """A duration of whole seconds."""
    return int(text.removesuffix("s"))


def test_it_follows_the_schema_of_compose_files() -> None:
    """The schema that the Compose project publishes, as check-jsonschema brings it."""
    words = ["check_jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml"]
    done = subprocess.run([sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_service_accepts_what_it_is_given(tmp_path: Path) -> None:
    """Every variable is a setting, with a value that is one; secrets come by file."""
    service = composed(VARIABLES)["services"]["service"]
    settings = settings_of(service, tmp_path)
    assert settings.database_url.reveal() == SECRETS["database_url"]
    assert [key.id for key in settings.encryption_keys] == ["k1"]
    assert (settings.public_url, settings.operations_port) == ("https://kredit.example", 9000)
    assert not settings.is_sevdesk_sandbox
    with pytest.raises(SettingsError, match="SCORING_NO_SUCH is not a known setting"):
        settings_of(service, tmp_path, SCORING_NO_SUCH="1")


def test_it_can_be_tried_with_the_local_sevdesk(tmp_path: Path) -> None:
    """The variables that the comment names, and a service of its own that is not started otherwise."""
    text = (ROOT / "compose.yaml").read_text()
    named = dict(re.findall(r"^#   (SCORING_\w+)=(\S+)$", text.partition("To try it")[2], re.MULTILINE))
    file = composed(named)
    settings = settings_of(file["services"]["service"], tmp_path)
    sandbox = file["services"]["sandbox"]
    assert settings.is_sevdesk_sandbox
    assert settings.sevdesk_url == "http://sandbox:8081/api/v1"
    assert sandbox["profiles"] == ["sandbox"]
    assert sandbox["build"]["target"] == "sandbox"
    assert "ports" not in sandbox


def test_nothing_starts_without_an_address() -> None:
    """Links for firms would not work."""
    with pytest.raises(KeyError, match="SCORING_PUBLIC_URL: set it"):
        composed({})


def test_no_secret_is_in_the_environment() -> None:
    """Each is a file, and given to those alone that read it."""
    file = composed(VARIABLES)
    readers: dict[str, set[str]] = {}
    for name, part in file["services"].items():
        for secret in part.get("secrets", []):
            readers.setdefault(secret, set()).add(name)
        for variable, value in part.get("environment", {}).items():
            if re.search("PASSWORD|KEY|DATABASE_URL", variable):
                assert variable.endswith("_FILE")
                assert value.removeprefix("/run/secrets/") in part["secrets"]
    assert readers == {
        "database_url": {"migrate", "service"},
        "encryption_keys": {"migrate", "service"},
        "signing_keys": {"migrate", "service"},
        "postgres_password": {"postgres"},
    }
    assert {name: secret["file"] for name, secret in file["secrets"].items()} == {
        name: f"./secrets/{name}" for name in readers
    }
    assert "secrets/" in (ROOT / ".gitignore").read_text().splitlines()


def test_all_are_bounded_and_cannot_change_themselves() -> None:
    """Memory without swap, processes, a root that cannot be written, no new privileges; volumes are named."""
    file = composed(VARIABLES)
    for part in file["services"].values():
        assert part["mem_limit"] == part["memswap_limit"]
        assert 0 < part["pids_limit"] <= 256
        assert part["read_only"] is True
        assert part["security_opt"] == ["no-new-privileges:true"]
        volumes = [mounted.partition(":")[0] for mounted in part.get("volumes", [])]
        assert set(volumes) <= set(file["volumes"])
    for name in ("service", "migrate", "sandbox"):
        assert file["services"][name]["cap_drop"] == ["ALL"]


def test_the_service_waits_for_its_database_and_ends_in_its_time(tmp_path: Path) -> None:
    """A healthy database, then a migration, then the service, which is given longer to stop than it takes."""
    services = composed(VARIABLES)["services"]
    service, migrate, database = services["service"], services["migrate"], services["postgres"]
    assert migrate["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert service["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert (migrate["image"], migrate["command"]) == (service["image"], ["migrate"])
    assert migrate["environment"] == service["environment"]
    assert database["healthcheck"]["test"][:2] == ["CMD", "pg_isready"]
    assert "HEALTHCHECK" in (ROOT / "Dockerfile").read_text()  # the service's own
    assert seconds(service["stop_grace_period"]) > settings_of(service, tmp_path).stop_seconds
    assert int(re.fullmatch(r"postgres:(\d+)-\w+", database["image"])[1]) >= 15  # type: ignore[index]


def test_only_this_machine_reaches_it() -> None:
    """What listens is on loopback, for a proxy to reach; the database is on a network without a way out."""
    file = composed(VARIABLES)
    assert file["services"]["service"]["ports"] == ["127.0.0.1:8000:8000", "127.0.0.1:9000:9000"]
    for name in ("postgres", "sandbox"):
        assert "ports" not in file["services"][name]
        assert file["services"][name]["networks"] == ["inside"]
    assert file["networks"]["inside"] == {"internal": True}
