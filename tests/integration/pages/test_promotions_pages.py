"""The pages of promotions: two persons put a policy in force with what it would have decided before their eyes."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from integration.pages.test_pages import ATTACK, Outline
from people import Visitor, add, visiting
from promoting import STRICTER, a_key, a_policy, in_force
from service import Service, application, running, settings_in
from unit.sandbox_server.building import TODAY

from sandbox.firms.personas import PERSONAS
from scoring.runtime.serving import load_serving
from scoring.store.principals import Role

FIRMS = ("healthy-agency", "borderline-retailer")


@asynccontextmanager
async def two_persons(folder: Path, *roles: Role) -> AsyncIterator[tuple[Service, Visitor, Visitor]]:
    """A service that has decided on two firms, and Anna and Berta at its pages."""
    books = [persona.books(TODAY) for persona in PERSONAS if persona.firm in FIRMS]
    serving = load_serving(settings_in(folder))
    async with running(folder, books=books, serving=serving, is_plain_http=True) as service:
        for firm in books:
            iban = next(account["iban"] for account in firm.objects["CheckAccount"] if account.get("iban"))
            body = application(borrower_ref=firm.firm, sevdesk_token=firm.token, payout_iban=iban)
            amount = {"amount": {"value": "12000.00", "currency": "EUR"}}
            assert (await service.post("/v1/decisions", body | amount)).status_code == 201
        for name in ("anna", "berta"):
            await add(service, *(roles or (Role.PROMOTE_ALL,)), name=name)
        async with visiting(service, language="en") as anna, visiting(service, language="de") as berta:
            await anna.sign_in("anna")
            await berta.sign_in("berta")
            yield service, anna, berta


async def test_one_requests_and_the_other_approves(tmp_path: Path) -> None:
    """With the changes, the sums, and who would move; in both languages."""
    async with two_persons(tmp_path) as (service, anna, berta):
        assert "Nothing has been requested yet." in (await anna.get("/promotions")).text
        asked = await anna.post("/promotions", policy=STRICTER, reason=f"fewer losses {ATTACK}")
        place = asked.headers["location"]
        path = place.partition("?")[0]
        mine = await anna.get(path)
        assert ATTACK not in mine.text
        assert Outline(mine.text).headings[:2] == [1, 2]
        assert "cut_offs.approve_at_or_below" in mine.text
        assert "from Approve to" in mine.text
        assert re.search(r'href="/decisions/dec_', mine.text)
        assert "You have requested this" in mine.text
        assert f'action="{path}/withdrawal"' in mine.text
        refused = await anna.post(f"{path}/approval", reason="me again")
        assert (refused.status_code, "Who made the request does not decide on it." in refused.text) == (409, True)
        assert "me again" in refused.text
        theirs = await berta.get(path)
        assert "Was sich ändert" in theirs.text
        for nothing in (" ", "\u200b", "\u202e "):
            assert (await berta.post(f"{path}/approval", reason=nothing)).status_code == 409
        done = await berta.post(f"{path}/approval", reason="Zahlen gesehen")
        assert (done.status_code, done.headers["location"]) == (303, f"{path}?done=approved")
        after = await berta.get(path, done="approved")
        assert "Laufende Dienste übernehmen das innerhalb von Sekunden." in after.text
        assert re.findall(rf'action="{path}/(\w+)"', after.text) == ["rollback"]
        assert (await in_force(service)).policy.version == "3-strict"


async def test_one_person_rolls_the_newest_approval_back(tmp_path: Path) -> None:
    """By a button on its page alone, with a reason; afterwards there is none."""
    async with two_persons(tmp_path) as (service, anna, berta):
        await anna.get("/promotions")
        await berta.get("/promotions")
        asked = await anna.post("/promotions", policy=STRICTER, reason="fewer losses")
        path = asked.headers["location"].partition("?")[0]
        early = await anna.post(f"{path}/rollback", reason="too early")
        await berta.post(f"{path}/approval", reason="seen")
        page = await anna.get(path)
        silent = await anna.post(f"{path}/rollback", reason=" ")
        done = await anna.post(f"{path}/rollback", reason=f"all are declined {ATTACK}")
        after = await berta.get(path, done="rolled_back")
        again = await berta.post(f"{path}/rollback", reason="once more")
        assert (await in_force(service)).policy.version == "4"
    assert (early.status_code, "nothing was approved here" in early.text, "too early" in early.text) == (
        409,
        True,
        True,
    )
    assert f'action="{path}/rollback"' in page.text
    assert Outline(page.text).headings[:2] == [1, 2]
    assert (silent.status_code, "Please give a reason." in silent.text) == (409, True)
    assert (done.status_code, done.headers["location"]) == (303, f"{path}?done=rolled_back")
    for words in ("Zurückgenommen.", "Laufende Dienste übernehmen", "freigegeben und zurückgenommen"):
        assert words in after.text, words
    assert ATTACK not in after.text
    assert "/rollback" not in after.text
    assert (again.status_code, "was rolled back already" in again.text) == (409, True)


async def test_what_is_refused_is_told_with_what_was_entered(tmp_path: Path) -> None:
    """A faulty policy, nothing at all, both, a model that is not there, and what the role does not allow."""
    async with two_persons(tmp_path, Role.PROMOTE) as (_, anna, _):
        await anna.get("/promotions")
        own_only = await anna.post("/promotions", policy=STRICTER, reason="x")
        faulty = await anna.post("/promotions", policy=a_policy(decline_above="1.0"), reason="tried", own="yes")
        neither = await anna.post("/promotions", policy=" ", model="", reason="x")
        both = await anna.post("/promotions", policy="a", model="sme/2", reason="x")
        silent = await anna.post("/promotions", policy=STRICTER, reason="", own="yes")
        model = await anna.post("/promotions", model="sme/2", reason="x")
    assert "You do not have the role for this." in own_only.text
    assert "PD_TOO_HIGH never fires" in faulty.text
    assert "tried" in faulty.text
    assert all("either a policy or a model" in page.text for page in (neither, both))
    assert "Please give a reason." in silent.text
    assert "You do not have the role" in model.text


async def test_the_pages_are_for_those_with_the_role(tmp_path: Path) -> None:
    """Analysts and auditors read, underwriters see nothing of it, an unknown request is not found."""
    async with two_persons(tmp_path, Role.ANALYSE) as (service, anna, _):
        page = await anna.get("/promotions")
        assert (page.status_code, "New request" in page.text, "Promotions</a>" in page.text) == (200, False, True)
        assert (await anna.post("/promotions", policy=STRICTER, reason="x")).status_code == 403
        assert (await anna.get("/promotions/prm_1")).status_code == 404
        await add(service, Role.UNDERWRITE, name="ulf")
        async with visiting(service, language="en") as ulf:
            await ulf.sign_in("ulf")
            assert (await ulf.get("/promotions")).status_code == 403
            assert "Promotions</a>" not in (await ulf.get("/cases")).text


async def test_who_approves_sees_whom_the_policy_was_not_tried_on(tmp_path: Path) -> None:
    """Natural persons cannot be decided again under a policy that leaves out their bank data: in words, counted."""
    leaves_out = a_policy("4-less", bank_data='"leave_out"')
    async with two_persons(tmp_path) as (service, anna, berta):
        for number in range(2):
            body = application(borrower_ref=f"trader-{number}", legal_form="einzelunternehmen")
            body["sevdesk_token"] = next(one for one in PERSONAS if one.firm == FIRMS[0]).books(TODAY).token
            assert (await service.post("/v1/decisions", body)).status_code == 201
        await anna.get("/promotions")
        asked = await anna.post("/promotions", policy=leaves_out, reason="less of persons")
        path = asked.headers["location"].partition("?")[0]
        english, german = (await anna.get(path)).text, (await berta.get(path)).text
        assert "2 left out: the candidate leaves out bank data of natural persons, which were fetched" in english
        assert "No natural person was compared." in english
        assert "2 ausgelassen: Bankdaten natürlicher Personen bleiben künftig außer Betracht" in german
        assert "the candidate" not in german
        assert "Keine natürliche Person wurde verglichen." in german
        key = await a_key(service, "carla")
        found = (await service.get(f"/v1{path}", key=key)).json()["backtest"]
        because = [{"cause": "persons-bank-data", "about": [], "count": 2}]
        assert (found["count"], found["left_out"], found["left_out_because"]) == (2, 2, because)
        assert found["natural_persons"] == 0


async def test_persons_that_were_compared_are_counted(tmp_path: Path) -> None:
    """Where one was decided again, nothing says that none was."""
    async with two_persons(tmp_path) as (service, anna, _):
        body = application(borrower_ref="trader", legal_form="einzelunternehmen")
        body["sevdesk_token"] = next(one for one in PERSONAS if one.firm == FIRMS[0]).books(TODAY).token
        assert (await service.post("/v1/decisions", body)).status_code == 201
        await anna.get("/promotions")
        asked = await anna.post("/promotions", policy=STRICTER, reason="fewer losses")
        path = asked.headers["location"].partition("?")[0]
        assert "No natural person was compared." not in (await anna.get(path)).text
        found = (await service.get(f"/v1{path}", key=await a_key(service, "carla"))).json()["backtest"]
        assert (found["count"], found["left_out_because"], found["natural_persons"]) == (3, [], 1)
