"""Deciding over HTTP, from the application to the stored record."""

from pathlib import Path

from service import application, running


async def test_an_application_is_decided_stored_and_read_back(tmp_path: Path) -> None:
    """The answer of POST is the answer of GET, and the list has it."""
    async with running(tmp_path) as service:
        made = await service.post("/v1/decisions", application())
        assert made.status_code == 201, made.text
        decision = made.json()
        read = await service.get(made.headers["Location"])
        listed = await service.get("/v1/decisions")
    assert decision["verdict"] in {"approve", "refer", "decline"}
    assert decision["score"]["value"] == decision["score"]["base"] + sum(
        contribution["points"] for contribution in decision["contributions"]
    )
    assert read.json() == decision
    assert listed.json() == {"items": [decision], "next_cursor": None}
