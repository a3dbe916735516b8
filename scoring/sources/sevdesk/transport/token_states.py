"""What the process keeps of each token between requests: its rate limit, and which cash accounts it has."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence

from scoring.base.secrets import Secret
from scoring.sources.sevdesk.transport.rate_limiter import MOST_REQUESTS_AT_ONCE, RateLimiter

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
