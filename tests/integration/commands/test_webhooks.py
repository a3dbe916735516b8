"""``webhooks``: what an operator sees of lenders' webhooks, and may do."""

import asyncio
from pathlib import Path

from command_line import Scoring
from service import KEY_MATERIAL, application, running


async def a_webhook(folder: Path) -> tuple[str, str]:
    """One that gets decisions, after one that it has missed; its identifier and its secret."""
    async with running(folder) as service:
        assert (await service.post("/v1/decisions", application())).status_code == 201
        body = {"url": "https://hooks.bank.invalid/in?token=hidden", "types": ["decision.made"]}
        made = (await service.post("/v1/webhooks", body)).json()
    return made["webhook_id"], made["secret"]


def test_an_operator_sees_and_switches_a_webhook_and_nothing_secret_of_it(tmp_path: Path, scoring: Scoring) -> None:
    """What cannot be done is said in one line."""
    webhook, secret = asyncio.run(a_webhook(tmp_path))
    given = {
        "SCORING_DATABASE_URL": f"sqlite:///{tmp_path / 'test.sqlite'}",
        "SCORING_ENCRYPTION_KEYS": f"k1:{KEY_MATERIAL}",
    }
    listed = scoring("webhooks", "list", "--lender", "bank", **given)
    disabled = scoring("webhooks", "disable", webhook)
    again = scoring("webhooks", "disable", webhook)
    refused = scoring("webhooks", "replay", webhook, "--since", "2026-01-01T00:00:00Z")
    shown = scoring("webhooks", "show", webhook)
    enabled = scoring("webhooks", "enable", webhook)
    replayed = scoring("webhooks", "replay", webhook, "--since", "2026-01-01T00:00:00Z")
    wrong = scoring("webhooks", "replay", webhook, "--since", "yesterday")
    unknown = scoring("webhooks", "show", "whe_none")
    assert listed.stdout.rstrip("\n").split("\t") == [webhook, "bank", "enabled", "", "", "hooks.bank.invalid"]
    assert (disabled.stdout, enabled.stdout) == (f"{webhook} disabled\n", f"{webhook} enabled\n")
    assert "disabled_for\tby_operator" in shown.stdout
    assert replayed.stdout == f"1 event to be sent to {webhook}\n"
    assert "is disabled already" in again.told
    assert "enable it first" in refused.told
    assert "not an instant" in wrong.told
    assert "there is no webhook 'whe_none'" in unknown.told
    assert [one.returncode for one in (again, refused, wrong, unknown)] == [2] * 4
    for told in (listed.stdout, shown.stdout):
        assert "hidden" not in told
        assert secret not in told
