"""A client of Hauptbuch, which decides on loans to small firms from their own books."""

from hauptbuch_client.client import AsyncClient, Client
from hauptbuch_client.problems import (
    ArgumentError,
    ClosedError,
    HauptbuchError,
    JobEndedError,
    JobNotDoneError,
    NoAnswerError,
    ProblemError,
    UnexpectedAnswerError,
)
from hauptbuch_client.retries import AsyncClock, Clock, Retries
from hauptbuch_client.version import VERSION
from hauptbuch_client.webhooks import WebhookEvent, WebhookVerificationError

__all__ = [
    "VERSION",
    "ArgumentError",
    "AsyncClient",
    "AsyncClock",
    "Client",
    "Clock",
    "ClosedError",
    "HauptbuchError",
    "JobEndedError",
    "JobNotDoneError",
    "NoAnswerError",
    "ProblemError",
    "Retries",
    "UnexpectedAnswerError",
    "WebhookEvent",
    "WebhookVerificationError",
]
