"""The pages of early warnings: the list, one with its evidence, and what a person does about it."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from integration.api.test_monitoring import monitored
from integration.api.test_warnings import TWO_SIGNS, a_triggers_file, look, raised
from integration.pages.test_covenant_pages import pause
from integration.pages.test_pages import ATTACK, Outline
from lending import lent
from people import add, visiting
from service import running

from scoring.store.principals import Role


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "de",
            (
                "Abhängigkeit von einem Kunden",
                "Gewarnt wird ab",
                "Rechnung",
                "niemand",
                "zurückgestellt bis",
                "Geklärt",
                "Abgeschlossen wird sie mit einer Antwort",
                "Bestehen sie nach 90 Tagen noch",
                "höchstens 90 Tage voraus",
                "leer heißt niemand",
            ),
        ),
        (
            "en",
            (
                "Dependence on one customer",
                "A warning is raised",
                "Invoice",
                "nobody",
                "snoozed until",
                "Explained",
                "An answer closes it",
                "still hold after 90 days",
                "at most 90 days ahead",
                "empty is nobody",
            ),
        ),
    ],
)
async def test_a_person_snoozes_and_answers_a_warning(tmp_path: Path, language: str, told: tuple[str, ...]) -> None:
    """In both languages; what others typed is text, and a slip is told with what to do."""
    changes = {"is_plain_http": True, "account_pause_seconds": 0.0, "triggers_file": a_triggers_file(tmp_path)}
    async with running(tmp_path, **changes) as service:
        await add(service, Role.UNDERWRITE, name="anna")
        await add(service, Role.ANALYSE, name="otto")
        await raised(service)
        items = (await service.get("/v1/warnings", trigger="concentration")).json()["items"]
        page = items[0]["links"]["page"]
        until = str(date.fromisoformat(items[0]["due_on"]) + timedelta(days=20))
        async with visiting(service, language=language) as visitor:
            await visitor.sign_in("anna")
            seen = [await visitor.get("/warnings"), await visitor.get(page)]
            assigned = await visitor.post(f"{page}/assign", to="anna")
            slips = [
                await visitor.post(f"{page}/assign", to="nobody"),
                await visitor.post(f"{page}/snooze", until="2099-01-01", text="why"),
                await visitor.post(f"{page}/snooze", until="soon", text="why"),
                await visitor.post(f"{page}/answer", answer="explained", text=" "),
                await visitor.post(f"{page}/answer", answer="ended", text="why"),
            ]
            watched = await visitor.get(page)
            await pause(service)
            paused = await visitor.get(page)
            await service.delete(items[0]["links"]["monitoring"])
            await visitor.post(f"{page}/snooze", until=until, text=ATTACK)
            seen += [await visitor.get(page), await visitor.get("/warnings", state="snoozed")]
            answered = await visitor.post(f"{page}/answer", answer="explained", text="seen")
            late = await visitor.post(f"{page}/snooze", until=until, text="why")
            seen.append(await visitor.get(page, done="answer"))
            unknown = await visitor.post(f"{page}/explode")
        async with visiting(service, language=language) as visitor:
            await visitor.sign_in("otto")
            reading = await visitor.get(page)
            refused = await visitor.post(f"{page}/answer", answer="explained", text="why")
    everything = " ".join(Outline(one.text).text for one in seen)
    for words in told:
        assert words in everything, words
    assert all(ATTACK not in one.text for one in seen)
    assert [one.status_code for one in (assigned, answered)] == [303, 303]
    assert [one.status_code for one in slips] == [400] * 5
    assert all('role="alert"' in one.text for one in slips)
    assert slips[1].text.count(">why</textarea>") == 1, "in the form of the slip alone"
    assert "notice-warn" not in watched.text
    stops = "kann keine Beobachtung diese Warnung" if language == "de" else "no observation can clear this warning."
    assert stops in Outline(paused.text).text
    assert (late.status_code, unknown.status_code) == (409, 404)
    assert reading.status_code == 200
    assert '<form method="post" action="' + page not in reading.text
    assert refused.status_code == 403


async def test_a_further_sign_is_in_the_history(tmp_path: Path) -> None:
    """With what was seen then; a name that cannot be printed is nobody's."""
    path = tmp_path / "triggers.toml"
    path.write_text(TWO_SIGNS)
    changes = {"is_plain_http": True, "account_pause_seconds": 0.0, "triggers_file": path}
    async with running(tmp_path, **changes) as service:
        await add(service, Role.UNDERWRITE, name="anna")
        found = await monitored(service)
        await lent(service, found["decision_id"])
        for number in (1, 2):
            service.clock.advance(days=60)
            (one,) = await look(service, found, number)
        async with visiting(service, language="de") as visitor:
            await visitor.sign_in("anna")
            page = await visitor.get(one["links"]["page"])
            slip = await visitor.post(f"{one['links']['page']}/assign", to="an\x00na")
    assert "Erneut ausgelöst durch ein weiteres Anzeichen" in page.text
    assert "Gewarnt wird ab 110 Tagen." in page.text.replace("\xa0", " ")
    assert slip.status_code == 400
    assert "niemanden mit diesem Namen" in slip.text
