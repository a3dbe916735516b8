"""A client of Hauptbuch, which decides on loans to small firms from their own books."""

from hauptbuch_client.client import AsyncClient, Client
from hauptbuch_client.problems import (
    HauptbuchError,
    JobEndedError,
    JobNotDoneError,
    NoAnswerError,
    ProblemError,
    UnexpectedAnswerError,
)
from hauptbuch_client.retries import Retries
from hauptbuch_client.version import VERSION
from hauptbuch_client.webhooks import WebhookEvent, WebhookVerificationError

__all__ = [
    "VERSION",
    "AsyncClient",
    "Client",
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
