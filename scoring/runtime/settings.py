"""Settings from environment variables, read once at start and never at import.

Policy parameters are not settings: they are versioned files.
"""

import math
import re
import shlex
import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import ClassVar, TypeVar
from urllib.parse import urlsplit

import msgspec
import structlog

from scoring.base.identifiers import BERLIN, Clock
from scoring.base.rates import Rate
from scoring.base.secrets import EncryptionKey, Secret
from scoring.runtime.key_files import (
    KeyFileError,
    parse_keys,
    parse_signing_keys,
    read_encryption_file,
    read_signing_file,
)
from scoring.runtime.openid import OpenIdSettings, read_openid
from scoring.runtime.sandbox_clock import SandboxClock, SandboxClockError
from scoring.runtime.service_operator import ServiceOperator, read_service_operator
from scoring.store.principals import Role

T = TypeVar("T")
_log = structlog.get_logger(__name__)

LOOPBACK = frozenset({"localhost", "127.0.0.1"})
"""Hosts for which plain http is safe."""
_PREFIX = "SCORING_"
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:]+")
"""A name or an address, in lower case."""
_VERSION = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6}){0,2}")
"""As the registry has them."""
_COMMAND_SECONDS = 20.0
_SECRETS = frozenset(
    {"DATABASE_URL", "ENCRYPTION_KEYS", "SIGNING_KEYS", "OIDC_CLIENT_SECRET", "SUSPICION_DATABASE_URL"}
)
"""Can be read from a file, whose path is in the variable with the suffix ``_FILE``, or be what the command in the
variable with the suffix ``_COMMAND`` prints: the client of a key store, for example."""


class SettingsError(Exception):
    """Invalid settings; ``problems`` has a sentence for each."""

    def __init__(self, problems: list[str]) -> None:
        """Join the sentences for the message."""
        super().__init__("; ".join(problems))
        self.problems = problems


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that may differ between two installations."""

    reservation_seconds: ClassVar[float] = 15.0
    """After which the idempotency key of a process that died can be taken over; one at work renews its hold."""

    data_dir: Path = Path("var")
    database_url: Secret
    database_timeout_seconds: float = 10.0
    """Limit for obtaining a connection, and for each statement."""
    sevdesk_url: str = "https://my.sevdesk.de/api/v1"
    is_sevdesk_sandbox: bool = False
    """Whether the bookkeeping system is the sandbox with simulated firms."""
    sandbox_today: date | None = None
    """The service's date with sandbox books; None is today. Not permitted for real books."""
    sandbox_clock: Path | None = None
    """The file in which the sandbox keeps its day, which the service then follows."""
    encryption_keys: tuple[EncryptionKey, ...]
    """The first encrypts; all decrypt. Empty if neither variable nor key file exists, see ``key_files``."""
    signing_keys: Secret | None = None
    """A JWK Set, whose first key signs; None if neither variable nor key file exists."""
    checkpoint_minutes: int = 60
    """How often the ends of the chains of statements are written out of the database."""
    checkpoint_file: Path | None = None
    """None is ``checkpoints.jws`` in the data directory."""
    fetch_deadline_seconds: float = 30.0
    """Limit for reading all books of one application."""
    check_deadline_seconds: float = 10.0
    """Limit for checking a token."""
    decisions_at_once: int = 32
    """Decisions in the making, of all lenders together; further ones wait for their turn."""
    queue_seconds: float = 10.0
    """How long a request may wait for its turn; one that would wait longer is refused at once."""
    lender_weights: dict[str, float] = {}
    """Shares of lenders in the decisions at once; 1 for those that are not named."""
    lender_rate: Rate = Rate(count=6_000, seconds=60)
    """Requests of each lender, in each process."""
    lender_rates: dict[str, Rate] = {}
    """Of lenders that have another one."""
    simulations_per_hour: int = 30
    """Of all decisions on one borrower: enough to weigh a case, too few to search for what would have to be faked."""
    jobs_at_once: int = 4
    """Jobs that this process works on at once, among the decisions at once."""
    job_minutes: int = 15
    """After which a job that was not decided on is given up, and its application deleted."""
    portfolio_hours: int = 24
    """After which a portfolio is given up, and the applications of its rows that were not decided on deleted."""
    portfolio_at_once: int = 8
    """Rows of portfolios of one lender that are decided on at once, in all processes together."""
    account_pause_seconds: float = 1.0
    """Between the beginnings of two rows of portfolios that read the same books."""
    stop_seconds: float = 30.0
    """In which a process that is told to stop has ended: decisions have two thirds of it, all else five sixths."""
    host: str = "127.0.0.1"
    port: int = 8000
    operations_port: int | None = None
    """Where health, metrics and the description of the interface are served, and nowhere else; None is ``port``."""
    public_url: str | None = None
    """Base URL for browsers; None derives it from ``host`` and ``port``."""
    policy_file: Path | None = None
    """None is the newest policy shipped with the service."""
    triggers_file: Path | None = None
    """Triggers of early warnings; None is the newest shipped with the service."""
    bank_rules_file: Path | None = None
    """Lenders' own rules for bank lines; None has none."""
    reads_positions: bool = False
    """Whether positions of documents are read for every decision, so that its management accounts have kinds of cost;
    else only where model or policy need them."""
    loan_conditions_file: Path | None = None
    """What must be confirmed before a loan is paid out, by product; None asks for ``loan_conditions.DEFAULT``."""
    lenders_file: Path | None = None
    """How lenders sign what they write to applicants; without it no notice is issued."""
    authority_file: Path | None = None
    """Who may decide on how much; None lets whoever has the role decide up to the product's maximum."""
    schedules_file: Path | None = None
    """What the service does by itself, and when; None does what the file shipped with the service says."""
    works_agreement_file: Path | None = None
    """Who may see figures of single persons; None lets nobody."""
    shadow_model: str | None = None
    """Version of ``model_name`` that scores in the shadow; None is none."""
    promotion_seconds: float = 5.0
    """How often a running service looks for what was promoted."""
    model_name: str = "sme"
    model_dir: Path | None = None
    """None is the registry shipped with the service."""
    snapshot_days: int = 730
    """Retention of snapshots: the performance window of twelve months, and twelve more."""
    decision_days: int = 3653
    """Retention of records of decisions: ten years, the longest of § 257 HGB and § 147 AO."""
    loan_days: int = 3653
    """Retention of loans from the day on which they were closed: as that of decisions."""
    connection_days: int = 400
    """Without a decision or a check, after which a connection is deleted: a firm that borrows once a year keeps it."""
    consent_days: int = 1461
    """Retention of the proof of a consent once its connection is gone: three years' limitation, to a year's end."""
    link_days: int = 90
    """Retention of links that led to no connection."""
    webhook_seconds: ClassVar[float] = 15.0
    """After which a webhook that is being sent is given up; far below the lease of its delivery."""
    is_webhook_inside_allowed: bool = False
    """Whether webhooks may go to addresses inside, and by http: where lender and service are in one network."""
    event_days: int = 30
    """Retention of events, and of what came of their webhooks; they can be replayed for as long."""
    audit_days: int = 1461
    """Retention of the audit trail, and of requests of data subjects that have ended; at least one year."""
    idempotency_days: int = 90
    """Retention of idempotency keys; a repetition after that makes a new decision."""
    suspicion_database_url: Secret = Secret("sqlite:///var/suspicion.sqlite")
    """Of suspicion reports, apart from everything else."""
    suspicion_days: int = 1826
    """Retention of suspicion reports: five years, § 8(4) GwG."""
    log_level: str = "info"
    session_idle_minutes: int = 30
    """Idle time after which a session ends."""
    session_hours: int = 12
    """Maximum length of a session."""
    is_provider_only: bool = False
    """Whether persons sign in by the OpenID provider alone, and not by password."""
    second_factor_roles: frozenset[Role] = frozenset()
    """Persons with one of these roles need a second factor beside the password."""
    openid: OpenIdSettings | None = None
    """The OpenID provider with which persons may sign in."""
    is_plain_http: bool = False
    """Serve pages over http, on a loopback address only: cookies are set without ``Secure``."""
    operator: ServiceOperator | None = None
    """Whom the pages for applicants name as who operates the service."""
    traces: str = "off"
    """``off``, or ``otlp``: spans are sent as the OTEL_* variables specify."""

    @property
    def public_address(self) -> str:
        """Base URL of links to this service, without a trailing slash."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    @property
    def checkpoints(self) -> Path:
        """Where checkpoints are written."""
        return self.checkpoint_file or self.data_dir / "checkpoints.jws"

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Settings":
        """Read ``SCORING_*`` variables, and the key file if they contain no encryption keys.

        Args:
            environ: the environment.

        Raises:
            SettingsError: with a sentence for every invalid variable.
        """
        reader = _Reader(environ)
        data_dir = reader.take("DATA_DIR", _folder, Path("var"))
        sandbox = reader.take("SEVDESK_SANDBOX", _boolean, default=False)
        url = reader.take("SEVDESK_URL", _web_address, "https://my.sevdesk.de/api/v1")
        host = urlsplit(url).hostname or ""
        is_url_given = not any(problem.startswith("SCORING_SEVDESK_URL:") for problem in reader.problems)
        if is_url_given and sandbox and (host == "sevdesk.de" or host.endswith(".sevdesk.de")):
            reader.problems.append(
                "SCORING_SEVDESK_SANDBOX is true, but SCORING_SEVDESK_URL is the real sevdesk: unset one of them"
            )
        sandbox_today = reader.take("SANDBOX_TODAY", _day, None)
        if sandbox_today is not None and not sandbox:
            reader.problems.append(
                "SCORING_SANDBOX_TODAY is set, but SCORING_SEVDESK_SANDBOX is not true: the date is only set for"
                " sandbox books; unset it"
            )
        sandbox_clock = reader.take("SANDBOX_CLOCK", _clock_file, None)
        if sandbox_clock is not None and (not sandbox or sandbox_today is not None):
            reader.problems.append(
                "SCORING_SANDBOX_CLOCK is set: it needs SCORING_SEVDESK_SANDBOX=true, and no SCORING_SANDBOX_TODAY"
            )
        default_database = f"sqlite:///{data_dir / 'scoring.sqlite'}"
        values = {
            "database_url": Secret(reader.take("DATABASE_URL", _database, default_database)),
            "database_timeout_seconds": reader.take("DATABASE_TIMEOUT_SECONDS", _seconds, 10.0),
            "fetch_deadline_seconds": reader.take("FETCH_DEADLINE_SECONDS", _seconds, 30.0),
            "check_deadline_seconds": reader.take("CHECK_DEADLINE_SECONDS", _seconds, 10.0),
            "decisions_at_once": reader.take("DECISIONS_AT_ONCE", _whole(1000), 32),
            "queue_seconds": reader.take("QUEUE_SECONDS", _seconds, 10.0),
            "lender_weights": reader.take("LENDER_WEIGHTS", _weights, dict[str, float]()),
            "lender_rate": reader.take("LENDER_RATE", Rate.parse, Rate(count=6_000, seconds=60)),
            "lender_rates": reader.take("LENDER_RATES", _rates, dict[str, Rate]()),
            "simulations_per_hour": reader.take("SIMULATIONS_PER_HOUR", _whole(1000), 30),
            "jobs_at_once": reader.take("JOBS_AT_ONCE", _whole(1000), 4),
            "job_minutes": reader.take("JOB_MINUTES", _whole(1440), 15),
            "portfolio_hours": reader.take("PORTFOLIO_HOURS", _whole(720), 24),
            "portfolio_at_once": reader.take("PORTFOLIO_AT_ONCE", _whole(1000), 8),
            "account_pause_seconds": reader.take("ACCOUNT_PAUSE_SECONDS", _seconds, 1.0),
            "stop_seconds": reader.take("STOP_SECONDS", _seconds, 30.0),
            "host": reader.take("HOST", str, "127.0.0.1"),
            "port": reader.take("PORT", _whole(65535), 8000),
            "operations_port": reader.take("OPERATIONS_PORT", _whole(65535), None),
            "public_url": reader.take("PUBLIC_URL", _public_address, None),
            "policy_file": reader.take("POLICY_FILE", Path, None),
            "triggers_file": reader.take("TRIGGERS_FILE", Path, None),
            "bank_rules_file": reader.take("BANK_RULES", Path, None),
            "reads_positions": reader.take("READ_POSITIONS", _boolean, default=False),
            "loan_conditions_file": reader.take("LOAN_CONDITIONS", Path, None),
            "authority_file": reader.take("AUTHORITY_FILE", Path, None),
            "lenders_file": reader.take("LENDERS_FILE", Path, None),
            "schedules_file": reader.take("SCHEDULES", Path, None),
            "works_agreement_file": reader.take("WORKS_AGREEMENT_FILE", Path, None),
            "shadow_model": reader.take("SHADOW_MODEL", _version, None),
            "promotion_seconds": reader.take("PROMOTION_SECONDS", _seconds, 5.0),
            "model_name": reader.take("MODEL_NAME", str, "sme"),
            "model_dir": reader.take("MODEL_DIR", _existing_dir, None),
            "snapshot_days": reader.take("SNAPSHOT_DAYS", _whole(36500), 730),
            "decision_days": reader.take("DECISION_DAYS", _whole(36500), 3653),
            "loan_days": reader.take("LOAN_DAYS", _whole(36500), 3653),
            "connection_days": reader.take("CONNECTION_DAYS", _whole(36500), 400),
            "consent_days": reader.take("CONSENT_DAYS", _whole(36500), 1461),
            "link_days": reader.take("LINK_DAYS", _whole(36500), 90),
            "is_webhook_inside_allowed": reader.take("WEBHOOKS_INSIDE", _boolean, default=False),
            "event_days": reader.take("EVENT_DAYS", _whole(36500, lowest=4), 30),
            "audit_days": reader.take("AUDIT_DAYS", _whole(36500, lowest=365), 1461),
            "idempotency_days": reader.take("IDEMPOTENCY_DAYS", _whole(36500), 90),
            "suspicion_database_url": Secret(
                reader.take("SUSPICION_DATABASE_URL", _database, f"sqlite:///{data_dir / 'suspicion.sqlite'}")
            ),
            "suspicion_days": reader.take("SUSPICION_DAYS", _whole(3653), 1826),
            "log_level": reader.take("LOG_LEVEL", _level, "info"),
            "session_idle_minutes": reader.take("SESSION_IDLE_MINUTES", _whole(1440), 30),
            "session_hours": reader.take("SESSION_HOURS", _whole(168), 12),
            "is_provider_only": not reader.take("PASSWORD_SIGN_IN", _boolean, default=True),
            "second_factor_roles": reader.take("SECOND_FACTOR_ROLES", _roles, frozenset[Role]()),
            "openid": read_openid(reader),
            "operator": read_service_operator(reader),
            "is_plain_http": reader.take("PLAIN_HTTP", _boolean, default=False),
            "traces": reader.take("TRACES", _traces, "off"),
            "checkpoint_minutes": reader.take("CHECKPOINT_MINUTES", _whole(1440), 60),
            "checkpoint_file": reader.take("CHECKPOINT_FILE", _file_to_write, None),
        }
        if values["is_plain_http"] and not is_loopback(str(values["host"])):
            reader.problems.append(
                "SCORING_PLAIN_HTTP is true, but SCORING_HOST is not a loopback address: serve the pages over https, or"
                " unset one of them"
            )
        if values["is_provider_only"] and values["openid"] is None:
            reader.problems.append(
                "SCORING_PASSWORD_SIGN_IN is false, but SCORING_OIDC_ISSUER is not set: nobody could sign in"
            )
        if values["operations_port"] == values["port"]:
            reader.problems.append("SCORING_OPERATIONS_PORT is SCORING_PORT: choose another, or unset it")
        no_keys: tuple[EncryptionKey, ...] = ()
        keys = reader.take("ENCRYPTION_KEYS", parse_keys, no_keys)
        signing = reader.take("SIGNING_KEYS", parse_signing_keys, None)
        reader.finish()
        try:
            keys = keys or read_encryption_file(data_dir)
            signing = signing or read_signing_file(data_dir)
        except KeyFileError as error:
            raise SettingsError([str(error)]) from None
        return cls(
            data_dir=data_dir,
            sevdesk_url=url.rstrip("/"),
            is_sevdesk_sandbox=sandbox,
            sandbox_today=sandbox_today,
            sandbox_clock=sandbox_clock,
            encryption_keys=keys,
            signing_keys=signing,
            **values,  # type: ignore[arg-type]  # each value was read by its own parser
        )


def utc_now() -> datetime:
    """The present."""
    return datetime.now(UTC)


def clock_of(settings: Settings, present: Clock = utc_now) -> Clock:
    """The present; in front of a local sevdesk the day that its clock shows, or, from now on, that the settings say."""
    if settings.sandbox_clock is not None:
        return SandboxClock(settings.sandbox_clock, present)
    if settings.sandbox_today is None:
        return present
    now = present()
    there = datetime.combine(settings.sandbox_today, now.astimezone(BERLIN).time(), BERLIN)
    # in UTC: between two times of one zone Python leaves out the hour of summer time
    ahead = there.astimezone(UTC) - now
    return lambda: present() + ahead


def is_unspecified(host: str) -> bool:
    """Whether a host stands for all addresses of a machine, which only a server can use."""
    return host in {"0.0.0.0", "::", "0"}  # noqa: S104  compared, not bound


def is_loopback(host: str) -> bool:
    """Whether a host is a loopback address."""
    return host in {"localhost", "::1"} or host.startswith("127.")


class _Reader:
    """Reads variables one by one and collects the problems. Running a command for a secret takes its time."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._left = {name: value.strip() for name, value in environ.items() if name.startswith(_PREFIX)}
        self.problems: list[str] = []
        self._known: list[str] = []

    def take(self, name: str, parse: Callable[[str], T], default: T) -> T:
        variable = _PREFIX + name
        self._known.append(variable)
        text = self._left.pop(variable, "")
        if name in _SECRETS:
            self._known += [f"{variable}_FILE", f"{variable}_COMMAND"]
            text = self._from_command(variable, self._from_file(variable, text))
        if not text:
            return default
        try:
            return parse(text)
        except ValueError as error:
            self.problems.append(f"{variable}: {error}")
            return default

    def _from_file(self, variable: str, text: str) -> str:
        """The value from the variable's file, if there is one."""
        path = self._left.pop(f"{variable}_FILE", "")
        if not path:
            return text
        if text:
            self.problems.append(f"{variable} and {variable}_FILE are both set: unset one of them")
        try:
            found = Path(path).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            self.problems.append(f"{variable}_FILE: {path!r} cannot be read ({type(error).__name__})")
            return ""
        if not found:
            self.problems.append(f"{variable}_FILE: {path!r} is empty")
        return found

    def _from_command(self, variable: str, text: str) -> str:
        """What the variable's command prints, if there is one; its output is never shown."""
        command = self._left.pop(f"{variable}_COMMAND", "")
        if not command:
            return text
        if text:
            self.problems.append(f"{variable}_COMMAND is set, and {variable} or {variable}_FILE: unset one of them")
            return ""
        try:
            done = subprocess.run(  # noqa: S603  the operator's own command, without a shell
                shlex.split(command), capture_output=True, text=True, timeout=_COMMAND_SECONDS, check=False
            )
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            self.problems.append(f"{variable}_COMMAND: cannot be run ({type(error).__name__})")
            return ""
        if done.returncode != 0 or not done.stdout.strip():
            what = "prints nothing" if done.returncode == 0 else f"ends with status {done.returncode}"
            self.problems.append(f"{variable}_COMMAND: {what}")
        return done.stdout.strip() if done.returncode == 0 else ""

    def finish(self) -> None:
        """Raise all problems at once, including unknown variables, which are probably misspelt."""
        self.problems += [
            f"{name} is not a known setting; known: {', '.join(self._known)}" for name in sorted(self._left)
        ]
        if self.problems:
            raise SettingsError(self.problems)


def _boolean(text: str) -> bool:
    choices = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if text.lower() not in choices:
        raise ValueError(f"{text!r} must be true or false")
    return choices[text.lower()]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a date such as 2026-11-23") from None


def _clock_file(text: str) -> Path:
    try:
        SandboxClock(Path(text), utc_now)
    except SandboxClockError as error:
        raise ValueError(str(error)) from None
    return Path(text)


def _web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an http or https URL")
    try:
        is_port = parts.port != 0
    except ValueError:
        is_port = False
    if not is_port:
        raise ValueError("has a port that is not a number from 1 to 65535")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("must not contain a user, query or fragment")
    return text


def _public_address(text: str) -> str:
    parts = urlsplit(_web_address(text))
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise ValueError("must be https, because firms enter tokens there (http only for localhost)")
    if parts.path.strip("/"):
        raise ValueError("must not contain a path: the pages are served at the root")
    if _HOST.fullmatch(parts.hostname or "") is None:
        raise ValueError(f"{parts.hostname!r} is not the name of a host")
    if is_unspecified(parts.hostname or ""):
        raise ValueError(f"{parts.hostname} is where a server listens, not an address that a browser can open")
    return text.rstrip("/")


def _database(text: str) -> str:
    if not text.startswith(("sqlite:///", "postgresql+asyncpg://")):
        raise ValueError("must start with sqlite:/// or postgresql+asyncpg://")
    try:
        port = urlsplit(text).port
    except ValueError:
        raise ValueError("has a port that is not a number up to 65535") from None
    if port == 0:
        raise ValueError("has port 0, which cannot be used")
    return text


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= 600:  # false for NaN, too
        raise ValueError(f"{text!r} is not a number of seconds above 0 and up to 600")
    return value


def _whole(highest: int, *, lowest: int = 1) -> Callable[[str], int]:
    """A parser for a whole number from ``lowest`` to ``highest``."""

    def parse(text: str) -> int:
        value = int(text) if text.isdecimal() else 0
        if not lowest <= value <= highest:
            raise ValueError(f"{text!r} is not a whole number from {lowest} to {highest}")
        return value

    return parse


def _version(text: str) -> str:
    if _VERSION.fullmatch(text) is None:
        raise ValueError(f"{text!r} is no version of SCORING_MODEL_NAME, such as 5 or 5.1")
    return text


def _weights(text: str) -> dict[str, float]:
    """Read ``bank-a=2,bank-b=0.5``."""
    found: dict[str, float] = {}
    for part in text.split(","):
        lender, _, weight = part.strip().partition("=")
        try:
            value = float(weight)
        except ValueError:
            value = math.nan
        if not lender or not 0.01 <= value <= 100:  # false for NaN, too
            raise ValueError(f"{part.strip()!r} is not a lender and its weight from 0.01 to 100, such as bank-a=2")
        if lender in found:
            raise ValueError(f"{lender!r} has two weights")
        found[lender] = value
    return found


def _roles(text: str) -> frozenset[Role]:
    """Read ``admin,underwrite``."""
    names = [part.strip() for part in text.split(",")]
    unknown = [name for name in names if name not in set(Role)]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is not one of the roles {', '.join(Role)}")
    return frozenset(Role(name) for name in names)


def _rates(text: str) -> dict[str, Rate]:
    """Read ``bank-a=600/minute,bank-b=20/second``."""
    found: dict[str, Rate] = {}
    for part in text.split(","):
        lender, _, rate = part.strip().partition("=")
        if not lender or not rate:
            raise ValueError(f"{part.strip()!r} is not LENDER=RATE, such as bank-a=600/minute")
        if lender in found:
            raise ValueError(f"{lender!r} has two rates")
        found[lender] = Rate.parse(rate)
    return found


def _level(text: str) -> str:
    if text.lower() not in {"debug", "info", "warning", "error"}:
        raise ValueError(f"{text!r} is not one of debug, info, warning, error")
    return text.lower()


def _traces(text: str) -> str:
    if text.lower() not in {"off", "otlp"}:
        raise ValueError(f"{text!r} is neither off nor otlp")
    return text.lower()


def _folder(text: str) -> Path:
    path = Path(text)
    if path.exists() and not path.is_dir():
        raise ValueError(f"{text!r} is a file, not a folder")
    return path


def _file_to_write(text: str) -> Path:
    path = Path(text)
    if path.is_dir() or not path.parent.is_dir():
        raise ValueError(f"{text!r} is a folder, or is in none: name a file in a folder that is there")
    return path


def _existing_dir(text: str) -> Path:
    path = Path(text)
    if not path.is_dir():
        raise ValueError(f"there is no folder {text!r}")
    return path
