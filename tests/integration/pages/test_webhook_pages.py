"""The pages of webhooks: what is sent where, what came of it, and the buttons."""

import re
from pathlib import Path

import pytest
from integration.api.test_webhooks import add as add_webhook
from integration.api.test_webhooks import failing, until
from integration.pages.test_pages import ATTACK, Outline, signed_in
from people import add, visiting
from receivers import receiving, status
from service import running

from scoring.store.principals import Role


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("de", ("Zustellungen", "schlägt seit", "Status 410", "abgeschaltet am", "angehalten", "Einschalten")),
        ("en", ("Deliveries", "failing since", "status 410", "disabled on", "stopped", "Enable")),
    ],
)
async def test_an_endpoint_is_tested_seen_to_fail_and_enabled(
    tmp_path: Path, language: str, told: tuple[str, ...]
) -> None:
    """In both languages, with every try; what others typed is text."""
    async with (
        receiving(status(500)) as receiver,
        running(tmp_path, is_plain_http=True, is_webhook_inside_allowed=True) as service,
    ):
        await add(service, Role.WEBHOOKS, name="olga")
        made = await add_webhook(service, receiver, description=ATTACK)
        path = f"/webhooks/{made['webhook_id']}"
        async with visiting(service, language=language) as visitor:
            await visitor.sign_in("olga")
            listed = await visitor.get("/webhooks")
            tested = await visitor.post(f"{path}/test")
            await until(lambda: failing(service, f"/v1{path}"))
            seen = [await visitor.get("/webhooks"), await visitor.get(path)]
            receiver.answer = status(410)
            await visitor.post(f"{path}/test")
            await until(lambda: disabled(service, f"/v1{path}"))
            seen += [await visitor.get(path), await visitor.get(path, status="stopped")]
            refused = await visitor.post(f"{path}/test")
            enabled = await visitor.post(f"{path}/enable")
            after = await visitor.get(path, done="enable")
            unknown = await visitor.post(f"{path}/explode")
    everything = " ".join(Outline(page.text).text for page in seen)
    for words in told:
        assert words in everything, words
    assert receiver.url in listed.text
    assert ATTACK not in listed.text + "".join(page.text for page in seen)
    assert (tested.status_code, tested.headers["location"]) == (303, f"{path}?done=test")
    assert refused.status_code == 409
    assert enabled.status_code == 303
    assert re.findall(rf'action="{path}/(\w+)"', after.text) == ["disable", "test"]
    assert unknown.status_code == 404
    assert made["secret"] not in everything
    assert Outline(after.text).headings[:1] == [1]


async def disabled(service: object, path: str) -> bool:
    """Whether a webhook is disabled."""
    return not (await service.get(path)).json()["enabled"]  # type: ignore[attr-defined]  # a service


async def test_an_auditor_reads_and_others_see_nothing(tmp_path: Path) -> None:
    """No button for the one, no page and no link for the others; another lender's is not found."""
    async with (
        receiving() as receiver,
        signed_in(tmp_path, Role.AUDIT, is_webhook_inside_allowed=True) as (
            service,
            visitor,
        ),
    ):
        made = await add_webhook(service, receiver)
        path = f"/webhooks/{made['webhook_id']}"
        page = await visitor.get(path)
        refused = await visitor.post(f"{path}/test")
        await add(service, Role.UNDERWRITE, name="ulf")
        await add(service, Role.ADMIN, name="otto", lender="other")
        await visitor.sign_in("ulf")
        shut_out = await visitor.get("/webhooks")
        decisions = await visitor.get("/decisions")
        await visitor.sign_in("otto", lender="other")
        foreign = await visitor.get(path)
    assert (page.status_code, "formaction" in page.text) == (200, False)
    assert 'href="/webhooks"' in page.text
    assert (refused.status_code, shut_out.status_code, foreign.status_code) == (403, 403, 404)
    assert 'href="/webhooks"' not in decisions.text
    assert receiver.got == []
