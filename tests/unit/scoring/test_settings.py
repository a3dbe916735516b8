"""Reading the environment."""

import base64
import stat
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from scoring.base.secrets import EncryptionKey, Secret
from scoring.runtime.key_files import make_encryption_file, parse_keys
from scoring.runtime.openid import OpenIdSettings
from scoring.runtime.settings import Settings, SettingsError, clock_of
from scoring.store.principals import Role

KEY = base64.b64encode(bytes(32)).decode()


def test_without_variables_the_defaults_hold(tmp_path: Path) -> None:
    """Real sevdesk, a SQLite file in the data directory, this machine only."""
    settings = Settings.from_environ({"SCORING_DATA_DIR": str(tmp_path), "HOME": "/root"})
    assert settings.sevdesk_url == "https://my.sevdesk.de/api/v1"
    assert settings.database_url.reveal() == f"sqlite:///{tmp_path}/scoring.sqlite"
    assert (settings.is_sevdesk_sandbox, settings.host, settings.port) == (False, "127.0.0.1", 8000)


def test_every_bad_variable_is_named_at_once(tmp_path: Path) -> None:
    """One start tells all that is wrong, misspelt names included."""
    environ = {
        "SCORING_DATA_DIR": str(tmp_path),
        "SCORING_PORT": "70000",
        "SCORING_DATABASE_URL": "mysql://x",
        "SCORING_SEVDESK_URL": "https://user:secret@my.sevdesk.de",
        "SCORING_SEVDESK_SANDBOX": "maybe",
        "SCORING_FETCH_DEADLINE_SECONDS": "nan",
        "SCORING_ENCRYPTION_KEYS": f"k1:{KEY[:8]}",
        "SCORING_LOG_LEVEL": "loud",
        "SCORING_TRACES": "zipkin",
        "SCORING_SNAPSHOT_DAYS": "0",
        "SCORING_PUBLIC_URL": "http://service.example",
        "SCORING_POTR": "8000",
    }
    with pytest.raises(SettingsError) as caught:
        Settings.from_environ(environ)
    named = {problem.split(":")[0].split(" ")[0] for problem in caught.value.problems}
    assert named == environ.keys() - {"SCORING_DATA_DIR"}
    assert "secret" not in str(caught.value)
    assert KEY[:8] not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("PORT", "abc", "'abc' is not a whole number from 1 to 65535"),
        ("PORT", "0", "'0' is not a whole number from 1 to 65535"),
        ("PORT", "8000.5", "'8000.5' is not a whole number from 1 to 65535"),
        ("SNAPSHOT_DAYS", "-1", "'-1' is not a whole number from 1 to 36500"),
        ("SESSION_HOURS", "169", "'169' is not a whole number from 1 to 168"),
        ("SESSION_IDLE_MINUTES", "ten", "'ten' is not a whole number from 1 to 1440"),
        ("SANDBOX_TODAY", "23.11.2026", "'23.11.2026' is not a date such as 2026-11-23"),
        ("FETCH_DEADLINE_SECONDS", "soon", "'soon' is not a number of seconds above 0 and up to 600"),
        ("FETCH_DEADLINE_SECONDS", "601", "'601' is not a number of seconds above 0 and up to 600"),
        ("LENDER_RATE", "600", "'600' is not a rate such as 600/minute (second, minute, hour, day)"),
        ("LENDER_RATES", "a=1/day,a=2/day", "'a' has two rates"),
        ("LENDER_RATES", "1/day", "'1/day' is not LENDER=RATE, such as bank-a=600/minute"),
        ("LENDER_RATES", "x", "'x' is not LENDER=RATE, such as bank-a=600/minute"),
        ("LENDER_RATES", "bank-a=", "'bank-a=' is not LENDER=RATE, such as bank-a=600/minute"),
        ("SIMULATIONS_PER_HOUR", "0", "'0' is not a whole number from 1 to 1000"),
        ("SIMULATIONS_PER_HOUR", "1001", "'1001' is not a whole number from 1 to 1000"),
        ("CHECKPOINT_FILE", "/tmp", "'/tmp' is a folder, or is in none: name a file in a folder that is there"),  # noqa: S108  nothing is written
        (
            "CHECKPOINT_FILE",
            "/nowhere/x.jws",
            "'/nowhere/x.jws' is a folder, or is in none: name a file in a folder that is there",
        ),
        ("DATA_DIR", __file__, f"{__file__!r} is a file, not a folder"),
    ],
)
def test_what_is_wrong_with_a_setting_is_told_in_words(tmp_path: Path, name: str, text: str, said: str) -> None:
    """With what was given and what may be."""
    with pytest.raises(SettingsError) as refused:
        Settings.from_environ({"SCORING_DATA_DIR": str(tmp_path), f"SCORING_{name}": text})
    assert refused.value.problems == [f"SCORING_{name}: {said}"]


@pytest.mark.parametrize("host", ["my.sevdesk.de", "sevdesk.de", "MY.SEVDESK.DE"])
def test_the_real_sevdesk_cannot_be_called_a_sandbox(tmp_path: Path, host: str) -> None:
    """Otherwise the policy would trust a model of simulated firms with real ones."""
    environ = {
        "SCORING_DATA_DIR": str(tmp_path),
        "SCORING_SEVDESK_SANDBOX": "true",
        "SCORING_SEVDESK_URL": f"https://{host}/api/v1",
    }
    with pytest.raises(SettingsError, match="unset one of them"):
        Settings.from_environ(environ)


def test_another_day_than_today_is_refused_for_real_books(tmp_path: Path) -> None:
    """By accident nobody decides on real firms as of a false day."""
    environ = {"SCORING_DATA_DIR": str(tmp_path), "SCORING_SANDBOX_TODAY": "2026-11-23"}
    with pytest.raises(SettingsError, match=r"SCORING_SEVDESK_SANDBOX is not true: .* unset it"):
        Settings.from_environ(environ)
    with pytest.raises(SettingsError, match="unset one of them"):
        Settings.from_environ(environ | {"SCORING_SEVDESK_SANDBOX": "true"})
    local = {"SCORING_SEVDESK_SANDBOX": "true", "SCORING_SEVDESK_URL": "http://127.0.0.1:8081/api/v1"}
    assert Settings.from_environ(environ | local).sandbox_today == date(2026, 11, 23)


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        (None, datetime(2026, 11, 28, 23, 30, tzinfo=UTC)),
        (date(2026, 11, 23), datetime(2026, 11, 22, 23, 30, tzinfo=UTC)),
        (date(2026, 7, 1), datetime(2026, 6, 30, 22, 30, tzinfo=UTC)),  # summer time
        (date(2026, 3, 29), datetime(2026, 3, 28, 23, 30, tzinfo=UTC)),  # on which it begins
    ],
)
def test_the_clock_shows_the_day_that_is_set(tmp_path: Path, day: date | None, shown: datetime) -> None:
    """Half past midnight in Berlin is so on that day, too, and the clock goes on from there."""
    present = [datetime(2026, 11, 28, 23, 30, tzinfo=UTC)]
    settings = Settings(
        database_url=Secret(f"sqlite:///{tmp_path}/x"),
        encryption_keys=(),
        is_sevdesk_sandbox=True,
        sandbox_today=day,
    )
    clock = clock_of(settings, lambda: present[0])
    assert clock() == shown
    present[0] += timedelta(hours=3)
    assert clock() == shown + timedelta(hours=3)


@pytest.mark.parametrize(
    ("environ", "address"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"SCORING_HOST": "::1", "SCORING_PORT": "9000"}, "http://[::1]:9000"),
        ({"SCORING_PUBLIC_URL": "https://loans.bank.example/"}, "https://loans.bank.example"),
        ({"SCORING_PUBLIC_URL": "http://localhost:8443"}, "http://localhost:8443"),
    ],
)
def test_links_start_where_browsers_reach_the_service(tmp_path: Path, environ: dict[str, str], address: str) -> None:
    """As set, else where it listens."""
    settings = Settings.from_environ({"SCORING_DATA_DIR": str(tmp_path), **environ})
    assert settings.public_address == address


@pytest.mark.parametrize(
    "address",
    [
        "http://bank.example",
        "https://bank.example/loans",
        "https://u@bank.example",
        "https//bank.example",
        "https://",
        "https://bank .example",
        "https://bank_.example",
        "https://.bank.example",
        "https://bank.example:80800",
        "https://bank.example:0",
        "https://0.0.0.0",
        "https://[::]",
    ],
)
def test_an_address_that_links_cannot_start_with_is_refused(tmp_path: Path, address: str) -> None:
    """People send tokens there, to pages at the root of a host."""
    with pytest.raises(SettingsError, match="SCORING_PUBLIC_URL"):
        Settings.from_environ({"SCORING_DATA_DIR": str(tmp_path), "SCORING_PUBLIC_URL": address})


def test_a_key_file_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    """The second start reads what the first one made."""
    data_dir = tmp_path / "data"
    made, again = make_encryption_file(data_dir), make_encryption_file(data_dir)
    files = list(data_dir.iterdir())
    assert made == again == Settings.from_environ({"SCORING_DATA_DIR": str(data_dir)}).encryption_keys
    assert [file.name for file in files] == ["encryption.keys"]
    assert stat.S_IMODE(files[0].stat().st_mode) == 0o600


def test_reading_the_settings_makes_no_key_file(tmp_path: Path) -> None:
    """Not even its folder: whether a key may be made, the database says."""
    settings = Settings.from_environ({"SCORING_DATA_DIR": str(tmp_path / "data")})
    assert settings.encryption_keys == ()
    assert list(tmp_path.iterdir()) == []


def test_two_key_files_name_their_keys_differently(tmp_path: Path) -> None:
    """What one encrypted is then never tried with the other."""
    assert make_encryption_file(tmp_path / "a")[0].id != make_encryption_file(tmp_path / "b")[0].id


def test_a_damaged_key_file_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    """It is never replaced: that would lose what it encrypted."""
    (tmp_path / "encryption.keys").write_text("k1:short")
    with pytest.raises(SettingsError, match=r"encryption\.keys"):
        Settings.from_environ({"SCORING_DATA_DIR": str(tmp_path)})


def test_a_key_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """Nor is it taken for one that is not there."""
    (tmp_path / "encryption.keys").mkdir()
    with pytest.raises(SettingsError, match=r"encryption\.keys cannot be read \(IsADirectoryError\)"):
        Settings.from_environ({"SCORING_DATA_DIR": str(tmp_path)})


@pytest.mark.parametrize(
    "text",
    ["", "k1", f"{'k' * 33}:{KEY}", f":{KEY}", f"k 1:{KEY}", "k1:???", f"k1:{KEY[:20]}", f"k1:{KEY},k1:{KEY}"],
)
def test_keys_that_are_not_keys_are_refused(text: str) -> None:
    """By form, by length, and when two have one name."""
    with pytest.raises(ValueError, match=r"key|keys"):
        parse_keys(text)


def test_the_first_of_several_keys_comes_first() -> None:
    """It encrypts; the others only decrypt."""
    assert [key.id for key in parse_keys(f"new:{KEY}, old:{KEY}")] == ["new", "old"]


@pytest.mark.parametrize("port", ["99999", "0", "x"])
def test_a_database_address_with_an_impossible_port_is_refused(tmp_path: Path, port: str) -> None:
    """Before a driver stumbles over it, and without the password in the message."""
    url = f"postgresql+asyncpg://u:secret@h:{port}/d"
    with pytest.raises(SettingsError, match="SCORING_DATABASE_URL: has ") as caught:
        Settings.from_environ({"SCORING_DATA_DIR": str(tmp_path), "SCORING_DATABASE_URL": url})
    assert "secret" not in str(caught.value)


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    """As secrets are handed to containers; blanks and the end of the line do not count."""
    (tmp_path / "url").write_text("postgresql+asyncpg://u:pass@h/d\n")
    (tmp_path / "keys").write_text(f" k1:{KEY}\n")
    settings = Settings.from_environ(
        {"SCORING_DATABASE_URL_FILE": str(tmp_path / "url"), "SCORING_ENCRYPTION_KEYS_FILE": str(tmp_path / "keys")}
    )
    assert settings.database_url.reveal() == "postgresql+asyncpg://u:pass@h/d"
    assert settings.encryption_keys == parse_keys(f"k1:{KEY}")


def test_a_file_that_holds_no_secret_is_refused(tmp_path: Path) -> None:
    """A default in its place would be another database, or another key."""
    (tmp_path / "empty").touch()
    with pytest.raises(SettingsError) as refused:
        Settings.from_environ(
            {
                "SCORING_DATABASE_URL": "postgresql+asyncpg://u:pass@h/d",
                "SCORING_DATABASE_URL_FILE": str(tmp_path / "missing"),
                "SCORING_ENCRYPTION_KEYS_FILE": str(tmp_path / "empty"),
                "SCORING_LOG_LEVEL_FILE": str(tmp_path / "empty"),
            }
        )
    said = "\n".join(refused.value.problems)
    for part in (
        "both set",
        "missing' cannot be read",
        "empty' is empty",
        "SCORING_LOG_LEVEL_FILE is not a known setting",
    ):
        assert part in said
    assert "pass" not in said


def test_an_address_that_is_none_is_not_taken_for_the_real_sevdesk(tmp_path: Path) -> None:
    """One fault is told once."""
    environ = {"SCORING_DATA_DIR": str(tmp_path), "SCORING_SEVDESK_URL": "ftp://x", "SCORING_SEVDESK_SANDBOX": "true"}
    with pytest.raises(SettingsError) as refused:
        Settings.from_environ(environ)
    assert refused.value.problems == ["SCORING_SEVDESK_URL: must be an http or https URL"]


def test_a_key_can_come_from_a_command(tmp_path: Path) -> None:
    """Such as the client of a key store."""
    environ = {"SCORING_DATA_DIR": str(tmp_path), "SCORING_ENCRYPTION_KEYS_COMMAND": f"printf 'k1:{KEY}'"}
    assert Settings.from_environ(environ).encryption_keys == parse_keys(f"k1:{KEY}")


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("no-such-program", "cannot be run (FileNotFoundError)"),
        ("'unclosed", "cannot be run (ValueError)"),
        ("true", "prints nothing"),
        ("sh -c 'echo hush; exit 3'", "ends with status 3"),
        ("printf k1:hush", "has 3 bytes instead of 32"),
    ],
)
def test_a_command_that_gives_no_key_is_told(tmp_path: Path, command: str, problem: str) -> None:
    """What it printed is not repeated."""
    environ = {"SCORING_DATA_DIR": str(tmp_path), "SCORING_ENCRYPTION_KEYS_COMMAND": command}
    with pytest.raises(SettingsError) as refused:
        Settings.from_environ(environ)
    (said,) = refused.value.problems
    assert said.startswith("SCORING_ENCRYPTION_KEYS")
    assert problem in said
    assert "hush" not in said


def test_secrets_do_not_show_themselves() -> None:
    """Neither alone nor inside of the settings."""
    key = EncryptionKey(id="k1", material=Secret(KEY))
    settings = Settings(database_url=Secret("postgresql+asyncpg://u:pass@h/d"), encryption_keys=(key,))
    for shown in (repr(settings), str(settings), repr(key), f"{Secret('pass')}", str([Secret("pass")])):
        assert "pass" not in shown
        assert KEY not in shown


OIDC = {"SCORING_OIDC_ISSUER": "https://login.bank.example/realms/a", "SCORING_OIDC_CLIENT_ID": "hauptbuch"}


def test_a_provider_is_read_with_its_secret(tmp_path: Path) -> None:
    """Which does not show itself, and can come from a command."""
    environ = {
        "SCORING_DATA_DIR": str(tmp_path),
        **OIDC,
        "SCORING_OIDC_CLIENT_SECRET_COMMAND": "printf hush",
        "SCORING_OIDC_LENDER_CLAIM": "org",
        "SCORING_OIDC_NAME_CLAIM": "email",
        "SCORING_OIDC_ACR": "mfa, phr",
        "SCORING_PASSWORD_SIGN_IN": "false",
        "SCORING_SECOND_FACTOR_ROLES": "admin, underwrite",
    }
    settings = Settings.from_environ(environ)
    assert settings.openid == OpenIdSettings(
        issuer="https://login.bank.example/realms/a",
        client_id="hauptbuch",
        client_secret=Secret("hush"),
        lender_claim="org",
        name_claim="email",
        contexts=("mfa", "phr"),
    )
    assert (settings.is_provider_only, settings.second_factor_roles) == (True, {Role.ADMIN, Role.UNDERWRITE})
    assert "hush" not in repr(settings)


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"SCORING_OIDC_CLIENT_ID": "x"}, "SCORING_OIDC_ISSUER is not"),
        ({**OIDC, "SCORING_OIDC_CLIENT_ID": "", "SCORING_OIDC_LENDER": "bank"}, "SCORING_OIDC_CLIENT_ID is missing"),
        (OIDC, "set one of SCORING_OIDC_LENDER and SCORING_OIDC_LENDER_CLAIM"),
        ({**OIDC, "SCORING_OIDC_LENDER": "a", "SCORING_OIDC_LENDER_CLAIM": "b"}, "set one of SCORING_OIDC_LENDER"),
        ({"SCORING_OIDC_ISSUER": "http://login.bank.example"}, "SCORING_OIDC_ISSUER: must be an https URL"),
        ({"SCORING_OIDC_ISSUER": "login"}, "SCORING_OIDC_ISSUER: must be an https URL"),
        ({"SCORING_PASSWORD_SIGN_IN": "false"}, "nobody could sign in"),
        ({"SCORING_SECOND_FACTOR_ROLES": "admin,king"}, "SCORING_SECOND_FACTOR_ROLES: 'king' is not one of the roles"),
    ],
)
def test_what_lets_nobody_in_is_told(tmp_path: Path, environ: dict[str, str], said: str) -> None:
    """Before the service starts."""
    with pytest.raises(SettingsError) as refused:
        Settings.from_environ({"SCORING_DATA_DIR": str(tmp_path), **environ})
    assert any(said in problem for problem in refused.value.problems)
