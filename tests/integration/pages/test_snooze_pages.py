"""Setting a rule aside on the page of a case, and what the page of a decision says of it."""

import re
from datetime import timedelta
from pathlib import Path

from integration.api.test_snoozes import BOOKS, IBAN, by_name
from integration.pages.test_pages import ATTACK
from people import add, visiting
from service import application, running
from unit.sandbox_server.building import TODAY

from scoring.store.principals import Role

UNTIL = (TODAY + timedelta(days=30)).isoformat()


async def test_two_persons_set_a_rule_aside_on_the_page(tmp_path: Path) -> None:
    """One asks, the other confirms; the next decision says so, and each may end it."""
    async with running(tmp_path, books=[BOOKS], serving=by_name(), is_plain_http=True) as service:
        body = application(sevdesk_token=BOOKS.token, payout_iban=IBAN)
        body["amount"] = {"value": "6000.00", "currency": "EUR"}
        decided = (await service.post("/v1/decisions", body)).json()
        path = decided["links"]["case"].removeprefix("/v1")
        for name in ("anna", "berta"):
            await add(service, Role.UNDERWRITE, name=name)
        async with visiting(service, language="en") as anna, visiting(service, language="de") as berta:
            await anna.sign_in("anna")
            await berta.sign_in("berta")
            page = (await anna.get(path)).text
            assert re.findall(r'<option value="([A-Z_]+)">', page) == ["SALES_BURST"]
            faults = [
                await anna.post(f"{path}/snooze", rule="SALES_BURST", until=until, text=text)
                for until, text in (("", "x"), ("2099-01-01", "x"), (UNTIL, " "))
            ]
            assert [one.status_code for one in faults] == [409] * 3
            assert "Please enter a day." in faults[0].text
            assert "within 90 days" in faults[1].text
            other = await anna.post(f"{path}/snooze", rule="PAYOUT_NOT_MATCHED", until=UNTIL, text="x")
            assert "cannot be set aside" in other.text
            asked = await anna.post(f"{path}/snooze", rule="SALES_BURST", until=UNTIL, text=f"fireworks {ATTACK}")
            assert asked.headers["location"] == f"{path}?done=snooze"
            mine = (await anna.get(path)).text
            assert ATTACK not in mine
            assert f'action="{path}/snooze-confirm"' not in mine
            step = re.search(r'name="step" value="(\d+)">\s*<div class="field"><label for="snooze', mine)
            assert step is not None
            alone = await anna.post(f"{path}/snooze-confirm", step=step[1], text="me")
            assert (alone.status_code, "another person has to confirm it" in alone.text) == (409, True)
            theirs = (await berta.get(path)).text
            assert f'action="{path}/snooze-confirm"' in theirs
            done = await berta.post(f"{path}/snooze-confirm", step=step[1], text="gesehen")
            assert done.headers["location"] == f"{path}?done=snooze-confirm"
            assert "ausgesetzt; beantragt von anna" in (await berta.get(path)).text
            again = (await service.post("/v1/decisions", body)).json()
            assert again["recommendation"] == "approve"
            shown = (await anna.get(f"/decisions/{again['decision_id']}")).text
            assert "would have referred; set aside by two persons until" in shown
            ended = await anna.post(f"{path}/snooze-end", step=step[1], text="season is over")
            assert ended.headers["location"] == f"{path}?done=snooze-end"
            assert (await service.post("/v1/decisions", body)).json()["recommendation"] == "refer"
