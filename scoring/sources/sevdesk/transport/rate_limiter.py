"""Rate limit of one token: an adaptive bound on parallel requests, and the waits that sevdesk asks for.

Additive increase, multiplicative decrease, as in the congestion control of TCP: the bound grows by one for each round
of good answers, and halves where sevdesk limits the rate or answers ever more slowly. All requests of one token in the
process share one rate limiter.
"""

import hashlib
import math
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from statistics import median

import anyio

from scoring.base.secrets import Secret
from scoring.sources.errors import CredentialRejectedError, InvalidRequestError, SourceError

MOST_REQUESTS_AT_ONCE = 16
"""Per token."""
MOST_REFUSALS = 20
"""In a row. sevdesk may block a token after many faulty requests; how many is not documented."""
REST_AFTER_REFUSALS = 30.0
"""Seconds without requests after so many refusals; then one request is tried."""

_SLOWER, _SLOWER_SECONDS = 3.0, 0.1
"""Answers are slow where they take this much longer than the fastest of their kind, as a factor and in seconds."""
_FEWEST_ANSWERS = 4
"""From so many on there is a median to judge by."""
_LATELY, _MANY = 32, 0.25
"""A 429 passes, so that the bound is soon back, where less than this share of the last answers were 429s."""
_LIMITED_IN_A_ROW = 3
"""One request that is limited waits alone; from this many on all wait ``_REST_SECONDS``, if sevdesk named no time."""
_REST_SECONDS = 0.5
_LONGEST_REST = 3_600.0
"""Seconds, whatever sevdesk asks for."""


class RateLimiter:
    """Limits the requests of one token. All times are seconds of one clock that only grows.

    Args:
        most: Requests at once while all goes well, 1 or more.
    """

    def __init__(self, most: int = MOST_REQUESTS_AT_ONCE) -> None:
        self.slots = anyio.CapacityLimiter(most)
        """To be held during a request; first come, first served."""
        self.resumes_at = -math.inf
        """No request is sent earlier, because sevdesk said so."""
        self.eases_at = -math.inf
        """No request should be sent earlier, because one after the other was limited."""
        self._most = most
        self._good = 0
        self._limited = 0
        self._reduced_at = -math.inf
        self._goal = most
        """The bound that is soon reached again."""
        self._were_limited: deque[bool] = deque(maxlen=_LATELY)
        self._fastest: dict[str, float] = {}
        self._recent: dict[str, deque[float]] = {}
        self._refusals = 0
        self._refusal: SourceError | None = None
        self._refused_until = -math.inf

    @property
    def requests_at_once(self) -> int:
        """The bound at present."""
        return int(self.slots.total_tokens)

    def answered(self, resource: str, *, began: float, now: float, busy: float) -> None:
        """A request was answered well.

        Args:
            resource: What was read; answers are compared with those of the same resource.
            began: When it was sent.
            now: When it was answered.
            busy: Seconds between the two in which this process was busy and could not listen.
        """
        seconds = now - began - busy
        self._limited = 0
        self._were_limited.append(False)
        fastest = self._fastest[resource] = min(seconds, self._fastest.get(resource, math.inf))
        recent = self._recent.setdefault(resource, deque(maxlen=max(self._most, _FEWEST_ANSWERS)))
        recent.append(seconds)
        if (
            len(recent) >= max(self.requests_at_once, _FEWEST_ANSWERS)
            and median(recent) > _SLOWER * fastest + _SLOWER_SECONDS
        ):
            # What is slow now is what the next answers are compared with: a sevdesk that stays slow halves once.
            del self._fastest[resource], self._recent[resource]
            self._reduce(began, now, is_passing=False)
            return
        self._good += 1
        # Quickly back to the goal, then slowly beyond it: one more for each full round.
        needed = 1 if self.requests_at_once < self._goal else self.requests_at_once
        if self._good >= needed and self.requests_at_once < self._most:
            self._good = 0
            self.slots.total_tokens += 1

    def limited(self, *, began: float, now: float, asked: float | None) -> None:
        """A request was answered with 429.

        Args:
            began: When it was sent.
            now: When it was answered.
            asked: How many seconds sevdesk asked to wait, from Retry-After.
        """
        self._limited += 1
        self._were_limited.append(True)
        self._reduce(began, now, is_passing=self._is_passing)
        if asked is not None:
            self.resumes_at = max(self.resumes_at, now + min(asked, _LONGEST_REST))
        elif self._limited >= _LIMITED_IN_A_ROW:
            self.eases_at = now + _REST_SECONDS

    def longest_wait(self, resource: str) -> float:
        """How long a request waits at most that was limited once, without a Retry-After.

        Where few are limited, this is half the time that an answer takes; other requests go out meanwhile.
        """
        return self._fastest.get(resource, math.inf) / 2 if self._is_passing else math.inf

    def accepted(self) -> None:
        """A request succeeded, which ends a run of refusals."""
        self._refusals = 0

    def refused(self, error: SourceError, now: float) -> None:
        """A request was refused as faulty."""
        # The last refusal is kept, to be raised again without asking sevdesk.
        self._refusals += 1
        self._refusal = error
        if self._refusals >= MOST_REFUSALS:
            self._refused_until = now + REST_AFTER_REFUSALS

    def withheld(self, now: float) -> SourceError | None:
        """The error to raise instead of sending a request; none where requests may be sent.

        After the rest a single request is let through; if it is refused, too, the rest begins again.
        """
        if self._refusal is None or self._refusals < MOST_REFUSALS:
            return None
        if now >= self._refused_until:
            self._refused_until = now + REST_AFTER_REFUSALS
            return None
        seconds = math.ceil(self._refused_until - now)
        kind = type(self._refusal)
        return kind(
            f"{self._refusal.what} (not tried again: the last {self._refusals} requests were refused, and sevdesk may "
            f"block a token; the next attempt is possible in {seconds} seconds)",
            **self._refusal.fields(),
        )

    @property
    def _is_passing(self) -> bool:
        # With few answers so far, requests under way count as good: a 429 arrives before the pages sent with it.
        known = min(_LATELY, len(self._were_limited) + self.slots.borrowed_tokens)
        return sum(self._were_limited) < _MANY * known

    def _reduce(self, began: float, now: float, *, is_passing: bool) -> None:
        """Halve the bound, once for all requests that were under way together."""
        # Requests sent before the last reduction say nothing about the new bound.
        if began > self._reduced_at:
            halved = max(1, self.requests_at_once // 2)
            self._goal = max(self._goal, self.requests_at_once) if is_passing else halved
            self._reduced_at, self._good = now, 0
            self.slots.total_tokens = halved


def is_refusal(error: SourceError) -> bool:
    """Whether sevdesk found fault with the request, rather than with itself or the rate."""
    return isinstance(error, CredentialRejectedError | InvalidRequestError)


ACCOUNTS_SECONDS = 600.0
"""How long it is remembered which cash accounts there are; what is on them is read anew each time."""
_MOST_TOKENS = 4_096


class TokenState:
    """What is kept of one token.

    Args:
        clock: Seconds that only grow.
        requests_at_once: While all goes well.
    """

    def __init__(self, clock: Callable[[], float], requests_at_once: int) -> None:
        self.rate_limiter = RateLimiter(requests_at_once)
        """Shared by all clients with this token."""
        self._clock = clock
        self._cash_accounts: tuple[int, ...] = ()
        self._expires_at = float("-inf")

    @property
    def cash_accounts(self) -> tuple[int, ...]:
        """Accounts whose balances can be asked for before the accounts are listed; empty if that was long ago."""
        return self._cash_accounts if self._clock() < self._expires_at else ()

    def remember_cash_accounts(self, accounts: Sequence[int]) -> None:
        """Keep which accounts there are, for ten minutes."""
        self._cash_accounts, self._expires_at = tuple(accounts), self._clock() + ACCOUNTS_SECONDS


class TokenStates:
    """Per-token rate limits and account numbers, shared by all clients of a process; tokens themselves are not kept.

    Args:
        clock: Seconds that only grow.
        requests_at_once: Of one token.
    """

    def __init__(self, clock: Callable[[], float], requests_at_once: int = MOST_REQUESTS_AT_ONCE) -> None:
        self._clock = clock
        self._requests_at_once = requests_at_once
        self._states: OrderedDict[bytes, TokenState] = OrderedDict()
        self.busy_seconds = 0.0
        """How long the process was at work on answers, so that its own slowness is not taken for sevdesk's."""

    def of(self, token: Secret) -> TokenState:
        """The state of a token; that of the token used least recently is dropped where there are too many."""
        # A digest, so that no list of tokens stands in memory.
        key = hashlib.sha256(token.reveal().encode()).digest()
        if key not in self._states:
            self._states[key] = TokenState(self._clock, self._requests_at_once)
            if len(self._states) > _MOST_TOKENS:
                self._states.popitem(last=False)
        self._states.move_to_end(key)
        return self._states[key]
