"""Webhooks: which events there are, when a delivery is tried again, and what an answer means.

What the service does follows Standard Webhooks 1.0.
"""

from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec


class EventType(StrEnum):
    """What happened. The codes are stored and sent: they may be added to, and never change their meaning."""

    DECISION_MADE = "decision.made"
    DECISION_FAILED = "decision.failed"
    """A later answer ended without a decision."""
    CASE_OPENED = "case.opened"
    """Persons have to decide, for the first time or again."""
    CASE_WAITING = "case.waiting"
    """For the applicant."""
    CASE_DECIDED = "case.decided"
    """By persons, or by the machine alone."""
    CONNECTION_MADE = "connection.made"
    CONNECTION_REJECTED = "connection.rejected"
    """The bookkeeping system does not accept its credential any more."""
    CONNECTION_WITHDRAWN = "connection.withdrawn"
    """It and its credential were deleted, whoever wanted it."""
    MONITORING_OBSERVED = "monitoring.observed"
    """The books of a monitored borrower were read and scored again."""
    MONITORING_PAUSED = "monitoring.paused"
    """They cannot be read."""
    MONITORING_ENDED = "monitoring.ended"
    WARNING_RAISED = "warning.raised"
    """A borrower's books show a sign of trouble since the decision, or one that was answered long ago still stands."""
    WARNING_CLEARED = "warning.cleared"
    """Its signs are over."""
    COVENANT_BREACHED = "covenant.breached"
    """A covenant of a loan was tested and is not met, and there is no time to cure it any more."""
    MODEL_PROMOTED = "model.promoted"
    MODEL_ROLLED_BACK = "model.rolled_back"
    POLICY_PROMOTED = "policy.promoted"
    POLICY_ROLLED_BACK = "policy.rolled_back"
    SUBJECT_ERASED = "subject.erased"
    WEBHOOK_DISABLED = "webhook.disabled"
    """Another endpoint of the lender gets nothing any more."""
    WEBHOOK_TEST = "webhook.test"
    """The lender asked for it; only the endpoint that is tested gets it."""


CHOOSABLE: Final = tuple(kind.value for kind in EventType if kind is not EventType.WEBHOOK_TEST)
"""Types that an endpoint may be limited to."""


_NOBODY: Final = "00000000000000000000000000"
SAMPLES: Final = MappingProxyType(
    {
        EventType.DECISION_MADE: {"decision_id": f"dec_{_NOBODY}", "case_id": f"cas_{_NOBODY}"},
        EventType.DECISION_FAILED: {"job_id": f"job_{_NOBODY}", "state": "failed", "problem": "credential-rejected"},
        EventType.CASE_OPENED: {"case_id": f"cas_{_NOBODY}", "decision_id": f"dec_{_NOBODY}"},
        EventType.CASE_WAITING: {"case_id": f"cas_{_NOBODY}", "decision_id": f"dec_{_NOBODY}"},
        EventType.CASE_DECIDED: {"case_id": f"cas_{_NOBODY}", "decision_id": f"dec_{_NOBODY}"},
        EventType.CONNECTION_MADE: {"connection_id": f"con_{_NOBODY}"},
        EventType.CONNECTION_REJECTED: {"connection_id": f"con_{_NOBODY}"},
        EventType.CONNECTION_WITHDRAWN: {"connection_id": f"con_{_NOBODY}"},
        EventType.MONITORING_OBSERVED: {
            "monitoring_id": f"mon_{_NOBODY}",
            "observation_id": f"obs_{_NOBODY}",
            "decision_id": f"dec_{_NOBODY}",
        },
        EventType.MONITORING_PAUSED: {"monitoring_id": f"mon_{_NOBODY}", "cause": "credential-rejected"},
        EventType.MONITORING_ENDED: {"monitoring_id": f"mon_{_NOBODY}", "cause": "withdrawn"},
        EventType.WARNING_RAISED: {
            "warning_id": f"wrn_{_NOBODY}",
            "trigger": "overdue",
            "decision_id": f"dec_{_NOBODY}",
        },
        EventType.WARNING_CLEARED: {
            "warning_id": f"wrn_{_NOBODY}",
            "trigger": "overdue",
            "decision_id": f"dec_{_NOBODY}",
        },
        EventType.COVENANT_BREACHED: {
            "covenant_id": f"cov_{_NOBODY}",
            "loan_id": f"lon_{_NOBODY}",
            "observation_id": f"obs_{_NOBODY}",
        },
        EventType.MODEL_PROMOTED: {"promotion_id": f"prm_{_NOBODY}", "name": "sme"},
        EventType.MODEL_ROLLED_BACK: {"promotion_id": f"prm_{_NOBODY}", "name": "sme"},
        EventType.POLICY_PROMOTED: {"promotion_id": f"prm_{_NOBODY}", "name": "policy"},
        EventType.POLICY_ROLLED_BACK: {"promotion_id": f"prm_{_NOBODY}", "name": "policy"},
        EventType.SUBJECT_ERASED: {"subject_request_id": f"dsr_{_NOBODY}"},
        EventType.WEBHOOK_DISABLED: {"webhook_id": f"whe_{_NOBODY}", "reason": "failing"},
    }
)
"""What an event of each type says that is sent on demand, about nothing."""


class DeliveryState(StrEnum):
    """State of a delivery."""

    WAITING = "waiting"
    """For its next try."""
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    """All its tries failed."""
    STOPPED = "stopped"
    """The endpoint was disabled or deleted before it was delivered."""


class WebhookState(StrEnum):
    """Whether an endpoint is sent to."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    DELETED = "deleted"


class WhyDisabled(StrEnum):
    """Why an endpoint is disabled."""

    BY_LENDER = "by_lender"
    BY_OPERATOR = "by_operator"
    GONE = "gone"
    """It answered 410."""
    FAILING = "failing"
    """Every try failed for as long as ``LONGEST_FAILURE``."""


class TryError(StrEnum):
    """Why no answer came."""

    INSIDE = "inside"
    """Its name leads to an address that is not of the public internet; nothing was sent."""
    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"
    """TLS failed."""
    TIMEOUT = "timeout"
    BROKEN = "broken"
    """What came is no answer of HTTP."""
    INTERRUPTED = "interrupted"
    """The process that sent it died; whether it arrived is not known."""
    UNSIGNED = "unsigned"
    """The signing secret cannot be decrypted; nothing was sent."""


RETRIES: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""After a try that failed, until the next one: the schedule of the specification, three days and four hours."""
MOST_TRIES: Final = len(RETRIES) + 1
JITTER: Final = 0.2
"""By which a wait may be longer, as a share of it: what failed at once must not come back at once."""
LONGEST_WAIT: Final = timedelta(hours=24)
"""For which an endpoint may ask with ``Retry-After``."""
LONGEST_FAILURE: Final = timedelta(days=3)
"""For which an endpoint may fail without one success before it is disabled."""
_GONE: Final = 410


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one try."""

    status: int | None = None
    """Of the answer; null where none came."""
    error: TryError | None = None
    milliseconds: int | None = None
    retry_after: timedelta | None = None
    """What the endpoint asked for."""

    @property
    def is_delivered(self) -> bool:
        """Whether the endpoint took it."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """Whether the endpoint wants nothing any more."""
        return self.status == _GONE


def next_wait(tries: int, *, chance: float, asked: timedelta | None) -> timedelta | None:
    """How long to wait for the next try; None where there is none any more.

    Args:
        tries: that failed; at least one.
        chance: from 0 to 1, of this delivery alone.
        asked: the wait that the endpoint asked for.
    """
    if tries >= MOST_TRIES:
        return None
    wait = RETRIES[tries - 1] * (1 + JITTER * chance)
    return wait if asked is None else max(wait, min(asked, LONGEST_WAIT))
