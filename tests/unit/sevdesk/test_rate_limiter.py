import asyncio
from collections.abc import Callable
from contextlib import suppress

import httpx
import pytest
from unit.sevdesk.fakes import BASE, TOKEN, Crowd, StillTime, client, script, sevdesk

from scoring.base.secrets import Secret
from scoring.sources.errors import (
    CredentialRejectedError,
    InvalidRequestError,
    RateLimitedError,
    SourceUnavailableError,
)
from scoring.sources.http import HttpClient
from scoring.sources.sevdesk.reading.client import SevdeskClient
from scoring.sources.sevdesk.transport.connection import RequestLimits
from scoring.sources.sevdesk.transport.rate_limiter import MOST_REFUSALS, REST_AFTER_REFUSALS, RateLimiter, TokenStates
from scoring.sources.sevdesk.transport.retry import RetryPolicy
from scoring.sources.sevdesk.writing.records import Contact

VERSION = httpx.Response(200, json={"objects": {"version": "2.0"}})
LIMITED = httpx.Response(429)


def _well(limiter: RateLimiter, count: int, seconds: float = 0.1, *, began: float = 100.0, busy: float = 0.0) -> int:
    """That many good answers of one kind; the bound afterwards."""
    for _ in range(count):
        limiter.answered("Invoice", began=began, now=began + seconds, busy=busy)
    return limiter.requests_at_once


async def test_the_bound_halves_once_for_requests_that_were_under_way_together() -> None:
    """Sixteen requests that are all limited halve the bound once; a later one halves it again, down to one."""
    limiter = RateLimiter(16)
    for _ in range(16):
        limiter.limited(began=1.0, now=1.1, asked=None)
    assert limiter.requests_at_once == 8
    for moment, bound in ((1.05, 8), (1.2, 4), (1.5, 2), (2.0, 1), (3.0, 1)):
        limiter.limited(began=moment, now=moment + 0.2, asked=None)
        assert limiter.requests_at_once == bound


async def test_the_bound_grows_by_one_for_each_round_of_good_answers() -> None:
    """After a halving from 16 to 8, eight good answers make it nine, nine more ten, and never more than at first."""
    limiter = RateLimiter(16)
    limiter.limited(began=1.0, now=1.1, asked=None)
    assert [_well(limiter, count) for count in (7, 1, 8, 1, 10, 500)] == [8, 9, 9, 10, 11, 16]


async def test_the_bound_is_soon_back_where_few_are_limited() -> None:
    """One 429 after twelve good answers halves the bound, and each of the next eight good answers gives one back."""
    limiter = RateLimiter(16)
    _well(limiter, 12)
    limiter.limited(began=200.0, now=200.1, asked=None)
    assert [_well(limiter, count) for count in (0, 1, 3, 4, 100)] == [8, 9, 12, 16, 16]


@pytest.mark.parametrize(("together", "bound"), [(1, 8), (2, 8), (3, 5), (16, 5)])
async def test_the_bound_grows_slowly_where_many_are_limited(together: int, bound: int) -> None:
    """One 429 more than ``together``, twelve good answers: from a quarter on, four good ones give back only one."""
    limiter = RateLimiter(16)
    _well(limiter, 12)
    for _ in range(together):
        limiter.limited(began=200.0, now=200.1, asked=None)
    limiter.limited(began=300.0, now=300.1, asked=None)
    assert [_well(limiter, 0), _well(limiter, 4)] == [4, bound]


async def test_requests_under_way_count_as_good() -> None:
    """The first 429 overtakes the pages that were asked for with it: the bound is soon back, and the wait is short."""
    limiter = RateLimiter(16)
    _well(limiter, 1)
    for borrower in range(15):
        limiter.slots.acquire_on_behalf_of_nowait(borrower)
    limiter.limited(began=100.0, now=100.1, asked=None)
    assert limiter.longest_wait("Invoice") == pytest.approx(0.05)
    assert [_well(limiter, 0), _well(limiter, 8)] == [8, 16]


async def test_what_is_long_past_is_forgotten() -> None:
    """Only the last 32 answers count: a limit that is gone no longer slows the growth."""
    limiter = RateLimiter(16)
    for moment in range(5):
        limiter.limited(began=float(moment), now=moment + 0.5, asked=None)
    _well(limiter, 200)
    limiter.limited(began=300.0, now=300.1, asked=None)
    assert [_well(limiter, 0), _well(limiter, 8)] == [8, 16]


@pytest.mark.parametrize(
    ("answers", "sleeps"),
    [
        ((VERSION,) * 4 + (LIMITED, VERSION), [0.0]),
        ((VERSION,) * 4 + (LIMITED, LIMITED, VERSION), [0.0, 0.5]),
        ((VERSION,) * 2 + (LIMITED, VERSION), [0.25]),
        ((VERSION,) * 4 + (httpx.Response(429, headers={"Retry-After": "2"}), VERSION), [2.25]),
        ((VERSION,) * 4 + (httpx.Response(503), VERSION), [0.25]),
    ],
    ids=["few", "the same once more", "many", "with a time", "unavailable"],
)
async def test_where_few_are_limited_one_does_not_wait_long(
    answers: tuple[httpx.Response, ...], sleeps: list[float]
) -> None:
    """Answers take no time here: a first 429 among good answers is asked again at once, all else waits as usual."""
    time = StillTime()
    reading = client(script(*answers), time=time)
    for _ in range(sum(answer.status_code == 200 for answer in answers)):
        assert await reading.check_token() == "2.0"
    assert time.sleeps == sleeps


async def test_a_request_that_was_limited_waits_up_to_half_as_long_as_the_fastest_of_its_kind() -> None:
    """Of its kind only, and only while few are limited."""
    limiter = RateLimiter(16)
    _well(limiter, 6, 0.4)
    _well(limiter, 1, 0.2)
    assert limiter.longest_wait("Invoice") == pytest.approx(0.1)
    assert limiter.longest_wait("Voucher") == float("inf")
    for _ in range(3):
        limiter.limited(began=200.0, now=200.1, asked=None)
    assert limiter.longest_wait("Invoice") == float("inf")


@pytest.mark.parametrize(
    ("seconds", "busy", "bound"),
    [(0.1, 0.0, 16), (0.39, 0.0, 16), (0.41, 0.0, 8), (0.89, 0.5, 16), (0.91, 0.5, 8)],
    ids=["as before", "not yet slow", "slow", "we were busy", "slow and we were busy"],
)
async def test_ever_slower_answers_halve_the_bound(seconds: float, busy: float, bound: int) -> None:
    """Slow is more than three times the fastest of its kind plus 100 ms, without what we were busy with ourselves."""
    limiter = RateLimiter(16)
    _well(limiter, 1)
    assert _well(limiter, 15, seconds, began=200.0, busy=busy) == bound


async def test_a_sevdesk_that_stays_slow_halves_the_bound_once() -> None:
    """What is slow becomes what later answers are compared with, and the bound grows again."""
    limiter = RateLimiter(16)
    _well(limiter, 16)
    assert _well(limiter, 9, 1.0, began=200.0) == 8
    assert _well(limiter, 200, 1.0, began=300.0) == 16


async def test_a_small_bound_halves_for_slow_answers_too() -> None:
    """Four answers are enough to judge by, also where fewer requests are allowed at once."""
    limiter = RateLimiter(2)
    _well(limiter, 1)
    assert [_well(limiter, 1, 1.0, began=200.0) for _ in range(3)] == [2, 2, 1]


async def test_kinds_of_answers_are_not_compared_with_each_other() -> None:
    """A page of invoices may take longer than a balance."""
    limiter = RateLimiter(16)
    for _ in range(20):
        limiter.answered("CheckAccount/getBalanceAtDate", began=1.0, now=1.01, busy=0.0)
    assert _well(limiter, 20, 2.0) == 16


async def test_a_wish_to_be_left_alone_holds_for_all_requests_of_the_token() -> None:
    """After Retry-After nothing is asked by anybody until then; whoever cannot wait so long is told so at once."""
    time, asked = StillTime(), 0

    def handle(_: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        return httpx.Response(429, headers={"Retry-After": "40"}) if asked == 1 else VERSION

    states = TokenStates(lambda: time.seconds, 16)
    http = HttpClient(httpx.MockTransport(handle))
    one, other = (SevdeskClient(http, BASE, Secret(TOKEN), timing=time.timing(), token_states=states) for _ in range(2))
    stranger = SevdeskClient(http, BASE, Secret("f" * 32), timing=time.timing(), token_states=states)
    for impatient in (one, other):
        with pytest.raises(RateLimitedError) as caught:
            await impatient.check_token()
        assert caught.value.retry_after == 40.0
    assert asked == 1
    assert await stranger.check_token() == "2.0"
    time.seconds += 35
    assert await other.check_token() == "2.0"
    assert time.sleeps == [5.0]


async def test_all_wait_where_one_after_the_other_is_limited() -> None:
    """The third 429 in a row, without a time in it, lets all requests of the token rest for half a second."""
    time = StillTime()
    reading = client(script(LIMITED, LIMITED, LIMITED, VERSION), time=time)
    assert await reading.check_token() == "2.0"
    assert time.sleeps == [0.25, 0.5, 1.0]  # its own waits, the last longer than the rest
    limiter = RateLimiter(16)
    for turn in range(3):
        assert limiter.eases_at < 0
        limiter.limited(began=10.0 + turn, now=10.5 + turn, asked=None)
    assert (limiter.eases_at, limiter.resumes_at < 0) == (13.0, True)


@pytest.mark.parametrize(("deadline_seconds", "sleeps"), [(10.0, [0.5]), (0.4, [])])
async def test_a_rest_of_our_own_is_cut_short_by_the_deadline(deadline_seconds: float, sleeps: list[float]) -> None:
    """Another caller waits it out where there is time; else it asks, because sevdesk named no time."""
    time = StillTime()
    states = TokenStates(lambda: time.seconds, 16)
    http = HttpClient(httpx.MockTransport(lambda _: VERSION))
    for _ in range(3):
        states.of(Secret(TOKEN)).rate_limiter.limited(began=time.seconds, now=time.seconds, asked=None)
    limits = RequestLimits(deadline_seconds=deadline_seconds)
    reading = SevdeskClient(http, BASE, Secret(TOKEN), limits=limits, timing=time.timing(), token_states=states)
    assert await reading.check_token() == "2.0"
    assert time.sleeps == sleeps


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        (lambda: httpx.Response(401), CredentialRejectedError),
        (lambda: httpx.Response(400, json={"error": {"message": "no"}}), InvalidRequestError),
        (lambda: httpx.Response(200, json={"objects": None, "error": {"message": "no"}}), InvalidRequestError),
    ],
    ids=["401", "400", "inside 200"],
)
async def test_a_run_of_refusals_ends_the_asking_for_a_while(
    refusal: Callable[[], httpx.Response], kind: type[Exception]
) -> None:
    """After twenty refusals in a row none is sent for half a minute; the answer stays what it was, and says so."""
    time, asked = StillTime(), 0

    def handle(_: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        return refusal()

    reading = client(handle, time=time)
    for _ in range(MOST_REFUSALS + 5):
        with pytest.raises(kind) as caught:
            await reading.check_token()
        time.seconds += 0.1
    assert asked == MOST_REFUSALS
    assert "not tried again: the last 20 requests were refused" in str(caught.value)
    time.seconds += REST_AFTER_REFUSALS
    for _ in range(3):
        with pytest.raises(kind):
            await reading.check_token()
    assert asked == MOST_REFUSALS + 1  # one may try, and the rest begins anew


@pytest.mark.parametrize(("between", "asked"), [(VERSION, 2 * MOST_REFUSALS), (httpx.Response(503), MOST_REFUSALS + 1)])
async def test_only_success_ends_a_run_of_refusals(between: httpx.Response, asked: int) -> None:
    """A success begins the count anew; an unavailable sevdesk neither adds to it nor ends it."""
    refusals = [httpx.Response(400)] * (MOST_REFUSALS - 1)
    answers = [*refusals, between, *refusals, VERSION]
    left = iter(answers)
    reading = client(lambda _: next(left), limits=RequestLimits(retry=RetryPolicy(attempts=1)))
    for _ in answers:
        with suppress(InvalidRequestError, SourceUnavailableError):
            await reading.check_token()
    assert len(answers) - len(list(left)) == asked


async def test_clients_of_one_token_share_the_bound() -> None:
    """Two readings of one account by two clients together keep to the bound of the token; another token has its own."""
    crowd = Crowd(sevdesk({"Contact": [{"id": str(number)} for number in range(1, 9_001)]}))

    time = StillTime()
    states = TokenStates(lambda: time.seconds, 5)
    http = HttpClient(httpx.MockTransport(crowd))
    readers = [SevdeskClient(http, BASE, Secret(TOKEN), timing=time.timing(), token_states=states) for _ in range(2)]
    found = await asyncio.gather(*(reader.list_all("Contact", Contact) for reader in readers))
    assert [len(contacts) for contacts in found] == [9_000, 9_000]
    assert crowd.most == 5
