"""The pages of covenants: the list, one with its values against the bound, and what a person does about it."""

from datetime import timedelta
from pathlib import Path

import pytest
from integration.api.test_covenants import SHARE, borrowed, change
from integration.pages.test_pages import ATTACK, Outline
from people import add, visiting
from service import Service
from sqlalchemy import update

from scoring.store.principals import Role
from scoring.store.tables import monitoring_subscriptions


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "de",
            (
                *("Kreditauflagen", "höchstens 0,0", "verletzt", "überfällig", "keine Verletzung", "Grenze"),
                *("noch keine", "ersten Beobachtung ab dem fälligen Tag", "eine nicht bestandene Prüfung", "1 Tag"),
                *("alle 30 Tage", "Die Aussetzung ist eingetragen", "Eine Prüfung mit Wert auf dieser Seite, zuletzt"),
            ),
        ),
        (
            "en",
            (
                *("loan agreements", "at most 0.0", "breached", "late", "no breach", "Bound", "none yet"),
                *("first observation from its day", "1 day", "every 30 days", "The waiver is entered"),
                "One test with a value on this page, most recently",
            ),
        ),
    ],
)
async def test_a_person_waives_and_ends_a_covenant(tmp_path: Path, language: str, told: tuple[str, ...]) -> None:
    """In both languages; what others typed is text, and a slip is told with what to do."""
    async with borrowed(tmp_path, is_plain_http=True) as firm:
        service = firm.service
        await add(service, Role.UNDERWRITE, name="anna")
        await add(service, Role.ANALYSE, name="otto")
        made = await firm.agree()
        await firm.look()
        untested = await firm.agree(threshold=0.5, cure_days=1)
        service.clock.advance(days=2)
        page, other = (one.json()["links"]["page"] for one in (made, untested))
        until = str(service.clock().date() + timedelta(days=20))
        async with visiting(service, language=language) as visitor:
            await visitor.sign_in("anna")
            seen = [await visitor.get("/covenants"), await visitor.get(page), await visitor.get(other)]
            late = await visitor.get("/covenants", state="late")
            slips = [
                await visitor.post(f"{page}/waive", until="2099-01-01", text="why"),
                await visitor.post(f"{page}/waive", until="soon", text="why"),
                await visitor.post(f"{page}/waive", until=until, text="\u200b"),
                await visitor.post(f"{page}/end", text=""),
            ]
            waived = await visitor.post(f"{page}/waive", until=until, text=ATTACK)
            older = await visitor.get(page, before="2")
            seen += [await visitor.get(page, done="waive"), older]
            ended = await visitor.post(f"{page}/end", text="Entered for the wrong loan.")
            again = await visitor.post(f"{page}/end", text="why")
            over = await visitor.get(page, done="end")
            unknown = await visitor.post(f"{page}/explode")
        async with visiting(service, language=language) as visitor:
            await visitor.sign_in("otto")
            reading = await visitor.get(other)
            refused = await visitor.post(f"{other}/end", text="why")
    everything = " ".join(Outline(one.text).text for one in seen).replace("\xa0", " ")
    for words in told:
        assert words in everything, words
    assert '<svg class="chart"' in seen[1].text
    assert 'class="line beside"' in seen[1].text, "the bound"
    assert "1 Tage" not in everything
    assert "1 days" not in everything
    assert ("auf dieser Seite. Die Linie" if language == "de" else "on this page. The line") in older.text
    assert page not in late.text
    assert other in late.text
    assert all(ATTACK not in one.text for one in seen)
    assert [one.status_code for one in (waived, ended)] == [303, 303]
    assert [one.status_code for one in slips] == [400] * 4
    assert all('role="alert"' in one.text for one in slips)
    assert (again.status_code, unknown.status_code) == (409, 404)
    assert '<form method="post" action="' + page not in over.text
    assert reading.status_code == 200
    assert '<form method="post" action="' + other not in reading.text
    assert refused.status_code == 403


async def test_who_is_not_monitored_any_more_is_told_to_be_untested(tmp_path: Path) -> None:
    """The page says that nothing tests the covenant; another lender's person finds none."""
    async with borrowed(tmp_path, is_plain_http=True) as firm:
        service = firm.service
        await add(service, Role.UNDERWRITE, name="anna")
        made = await firm.agree(**SHARE)
        page = made.json()["links"]["page"]
        await service.delete(firm.monitored["links"]["self"])
        async with visiting(service, language="de") as visitor:
            await visitor.sign_in("anna")
            shown = await visitor.get(page)
            none = await visitor.get("/covenants/cov_00000000000000000000000000")
    assert "Ohne Überwachung prüft nichts diesen Covenant" in shown.text
    assert none.status_code == 404


async def pause(service: Service) -> None:
    """What follows where the account rejects the credential."""
    paused = update(monitoring_subscriptions).values(state="paused", cause="credential-rejected")
    await service.app.state.database.write_at_once(lambda connection: connection.execute(paused))


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("de", "Bis sie weitergeht, prüft nichts diesen Covenant"),
        ("en", "until it goes on, nothing tests this covenant"),
    ],
)
async def test_who_is_monitored_by_what_is_paused_is_told_to_be_untested(
    tmp_path: Path, language: str, told: str
) -> None:
    """With the way to the monitoring; while it runs, or once the covenant has ended, nothing of it is said."""
    async with borrowed(tmp_path, is_plain_http=True) as firm:
        service = firm.service
        await add(service, Role.UNDERWRITE, name="anna")
        made = await firm.agree()
        page = made.json()["links"]["page"]
        async with visiting(service, language=language) as visitor:
            await visitor.sign_in("anna")
            running = await visitor.get(page)
            await pause(service)
            paused = await visitor.get(page)
            await visitor.post(f"{page}/end", text="Entered for the wrong loan.")
            ended = await visitor.get(page)
    assert told in Outline(paused.text).text
    assert f'<a href="/monitoring/{firm.monitored["monitoring_id"]}">' in paused.text
    assert all(told not in Outline(one.text).text for one in (running, ended))


async def test_a_feature_that_only_a_newer_version_knows_is_shown_by_its_name(tmp_path: Path) -> None:
    """With bare numbers: the list and its page have all else, also while versions differ."""
    async with borrowed(tmp_path, is_plain_http=True) as firm:
        service = firm.service
        await add(service, Role.UNDERWRITE, name="anna")
        made = await firm.agree()
        await firm.look()
        await change(service, feature="customers_of_tomorrow_12m", threshold=2.5)
        async with visiting(service, language="de") as visitor:
            await visitor.sign_in("anna")
            shown = [await visitor.get("/covenants"), await visitor.get(made.json()["links"]["page"])]
    assert [one.status_code for one in shown] == [200, 200]
    for one in shown:
        assert "customers_of_tomorrow_12m" in one.text.lower()
        assert "höchstens 2,50" in one.text.replace("\xa0", " ")
