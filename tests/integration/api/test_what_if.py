"""Changes, offers and simulations of a stored decision: who may ask, what is answered, and what is refused."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from integration.api.test_subjects import a_request, complete
from postgres import ON_SQLITE
from service import Service, a_firm, a_serving, application, purge_snapshots, running
from sqlalchemy import func, select, update
from unit.sandbox_server.building import books_of, invoice

from sandbox.objects.books import Books
from scoring.store.database import Database
from scoring.store.principals import Role
from scoring.store.tables import metadata, snapshots

NOBODY = "/v1/decisions/dec_00000000000000000000000000"
OVERDUE = "receivables_overdue_share"
READ = ("changes", "offers", "missing-data", "management-accounts", "cashflow", "data-quality")


def owed_firm() -> Books:
    """Two years of business, five invoices of 3,570 euro that are long overdue, and four larger ones not due yet."""
    books = a_firm()
    days = [("2026-07-01T00:00:00+02:00", 3_570)] * 5 + [("2026-09-25T00:00:00+02:00", 11_900)] * 4
    owed = books_of(
        *(
            invoice(9000 + number, invoiceDate=day, create=day, sumNet=str(gross * 100 // 119), sumGross=str(gross))
            for number, (day, gross) in enumerate(days)
        )
    )
    objects = {name: [*books.objects.get(name, ()), *found] for name, found in owed.objects.items()}
    return replace(books, objects={**books.objects, **objects})


async def decided(service: Service, **changes: Any) -> dict[str, Any]:  # noqa: ANN401  fields of an application
    """A new decision."""
    answer = await service.post("/v1/decisions", application(**changes))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def path_of(made: dict[str, Any], what: str = "simulations") -> str:
    """Where something about a decision is asked."""
    return f"/v1/decisions/{made['decision_id']}/{what}"


async def counts(service: Service) -> dict[str, int]:
    """How many rows each table has."""
    database = Database(service.settings.database_url)
    async with database.read() as connection:
        found = {
            table.name: (await connection.execute(select(func.count()).select_from(table))).scalar_one()
            for table in metadata.tables.values()
        }
    await database.close()
    return found


async def actions(service: Service, borrower: str | None = None) -> list[str]:
    """What was done, oldest first."""
    rows = (await service.get("/v1/audit", limit="200")).json()["items"]
    return [row["action"] for row in reversed(rows) if borrower is None or row["borrower_id"] == borrower]


async def test_a_decision_leads_to_its_changes_and_offers(tmp_path: Path) -> None:
    """By links in its answer; both are read as a decision is, and the trail says so."""
    async with running(tmp_path, books=[owed_firm()]) as service:
        made = await decided(service)
        before = await counts(service)
        changes = await service.get(made["links"]["changes"])
        offers = await service.get(made["links"]["offers"])
        after = await counts(service)
        trail = await actions(service)
    assert (changes.status_code, offers.status_code) == (200, 200)
    assert changes.json()["decision_id"] == offers.json()["decision_id"] == made["decision_id"]
    assert changes.json()["recommendation"] == made["recommendation"]
    assert trail.count("decision.read") == 2
    assert {name: rows - before[name] for name, rows in after.items() if rows != before[name]} == {"audit": 2}


@ON_SQLITE
async def test_where_nothing_helps_it_is_said(tmp_path: Path) -> None:
    """In both languages: here no payout account was named, which is a doubt, and no matter of a change."""
    async with running(tmp_path) as service:
        made = await decided(service)
        changes = (await service.get(path_of(made, "changes"))).json()
        offers = (await service.get(path_of(made, "offers"))).json()
    assert "PAYOUT_NOT_MATCHED" in {cause["code"] for cause in made["causes"]}
    assert changes["changes"] == []
    assert changes["text"]["en"].startswith("There is nothing that the firm itself could change")
    assert changes["text"]["de"].startswith("Es gibt keine Änderung")
    assert (offers["largest_amount"], offers["offers"]) == (None, [])


@pytest.mark.parametrize(
    ("what_if", "fields"),
    [
        ({}, set()),
        ({"amount": {"value": "25000.00", "currency": "EUR"}}, set()),
        ({"amount": {"value": "99000", "currency": "EUR"}}, {"rules.LIMIT_BELOW_REQUEST"}),
        ({"term_months": 99}, {"rules.TERM_TOO_LONG"}),
        ({"features": {OVERDUE: 0.0}}, {f"features.{OVERDUE}", f"contributions.{OVERDUE}", "score", "pd"}),
        ({"features": {OVERDUE: None}}, {f"features.{OVERDUE}", f"contributions.{OVERDUE}", "score", "pd"}),
        ({"features": {OVERDUE: 0.272699}}, set()),
        ({"annual_rate_percent": "0.00"}, {"offer.annual_rate_bps", "offer.monthly_instalment_cents"}),
        ({"collected_invoices": [9000, "9001"]}, {f"features.{OVERDUE}", f"contributions.{OVERDUE}", "score", "pd"}),
        ({"policy": "4"}, set()),
        ({"policy": "1"}, {"rules.OVERDRAFT_LONG", "rules.GARNISHMENT_SUSPECTED"}),
    ],
)
@ON_SQLITE
async def test_a_simulation_says_what_is_different(tmp_path: Path, what_if: dict[str, Any], fields: set[str]) -> None:
    """Field by field against the decision; it is marked, and nothing of it is stored but that it was made."""
    async with running(tmp_path, books=[owed_firm()]) as service:
        # Receivables do not bound it: nobody is seen to have paid this firm through the bank.
        made = await decided(service, product="investment")
        before = await counts(service)
        answer = await service.post(path_of(made), what_if)
        after = await counts(service)
        again = (await service.get(f"/v1/decisions/{made['decision_id']}")).json()
        trail = await actions(service)
    said = answer.json()
    assert (answer.status_code, said["simulation"]) == (200, True)
    found = {one["field"] for one in said["differences"]}
    assert found >= fields
    assert bool(found) is bool(fields)
    assert said["verdict"] in {"approve", "refer", "decline"}
    assert said["score"]["base"] + sum(one["points"] for one in said["contributions"]) == said["score"]["value"]
    assert "location" not in answer.headers
    assert again == made
    assert {name: rows - before[name] for name, rows in after.items() if rows != before[name]} == {"audit": 1}
    assert trail.count("decision.simulated") == 1


@ON_SQLITE
async def test_a_simulation_of_payments_agrees_with_the_books(tmp_path: Path) -> None:
    """Both ways lead to the same: values of the recorded row, and the books derived again."""
    async with running(tmp_path, books=[owed_firm()]) as service:
        made = await decided(service)
        collected = (await service.post(path_of(made), {"collected_invoices": ["9000", "9001", "9000"]})).json()
        value = collected["features"][OVERDUE]
        stated = (await service.post(path_of(made), {"features": {OVERDUE: value}})).json()
    assert made["features"][OVERDUE] is not None
    assert value != made["features"][OVERDUE]
    assert stated["score"] == collected["score"]


@ON_SQLITE
@pytest.mark.parametrize(
    ("what_if", "field"),
    [
        ({"features": {"revenue": 1.0}}, "features.revenue"),
        ({"features": {"customers_top1_share_12m": 1.0}}, "features.customers_top1_share_12m"),
        ({"features": {OVERDUE: "high"}}, "features"),
        ({"features": {"liquidity_debt_service_12m_cents_v2": 1e300}}, "features"),  # no text has room for it
        ({"collected_invoices": ["4711"]}, "collected_invoices.0"),
        ({"collected_invoices": [9000, 1000]}, "collected_invoices.1"),
        ({"collected_invoices": "9000"}, "collected_invoices"),
        ({"amount": {"value": "-1", "currency": "EUR"}}, "amount.value"),
        ({"amount": {"value": "1", "currency": "USD"}}, "amount.currency"),
        ({"term_months": 0}, "term_months"),
        ({"annual_rate_percent": "8,5"}, "annual_rate_percent"),
        ({"annual_rate_percent": "100"}, "annual_rate_percent"),
        ({"model": "sme/99"}, "model"),
        ({"model": "../../etc"}, "model"),
        ({"policy": "99"}, "policy"),
        ({"policy": "../v1"}, "policy"),
        ({"verdict": "approve"}, "verdict"),
    ],
)
async def test_a_simulation_of_what_is_not_known_is_refused(
    tmp_path: Path, what_if: dict[str, Any], field: str
) -> None:
    """422 that names the field; no path of the machine is told."""
    async with running(tmp_path, books=[owed_firm()]) as service:
        answer = await service.post(path_of(await decided(service)), what_if)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert str(tmp_path) not in answer.text


@ON_SQLITE
async def test_where_the_bank_delivers_nothing_no_payment_can_be_seen(tmp_path: Path) -> None:
    """Collected means money that the bank shows."""
    books = owed_firm()
    for account in books.objects["CheckAccount"]:
        account["importType"] = "CSV"
    async with running(tmp_path, books=[books]) as service:
        answer = await service.post(path_of(await decided(service)), {"collected_invoices": [9000]})
    assert answer.status_code == 422
    assert "no payment can be seen" in answer.json()["errors"][0]["message"]


@ON_SQLITE
async def test_who_may_ask(tmp_path: Path) -> None:
    """What is worked out who may read the decision, simulations underwriters; of another lender there is nothing."""
    body = {"term_months": 18}
    async with running(tmp_path) as service:
        made = await decided(service)
        keys = {role: await service.key(role) for role in Role}
        foreign = await service.key(*Role, lender="other")
        read = {
            role: {(await service.get(path_of(made, what), key=key)).status_code for what in READ}
            for role, key in keys.items()
        }
        simulated = {role: (await service.post(path_of(made), body, key=key)).status_code for role, key in keys.items()}
        abroad = [
            (await service.get(path_of(made, "changes"), key=foreign)).status_code,
            (await service.get(path_of(made, "offers"), key=foreign)).status_code,
            (await service.get(path_of(made, "missing-data"), key=foreign)).status_code,
            (await service.get(path_of(made, "cashflow"), key=foreign)).status_code,
            (await service.post(path_of(made), body, key=foreign)).status_code,
            (await service.post(f"{NOBODY}/simulations", body)).status_code,
            (await service.get(f"{NOBODY}/changes")).status_code,
        ]
    assert read == {role: {403 if role in {Role.WEBHOOKS, Role.PROMOTE, Role.PROMOTE_ALL} else 200} for role in Role}
    assert simulated == {role: 200 if role in {Role.UNDERWRITE, Role.ADMIN} else 403 for role in Role}
    assert abroad == [404] * 7


async def test_simulations_of_a_borrower_are_bounded(tmp_path: Path) -> None:
    """Over all its decisions and all keys of the lender, for an hour; others are not touched, nor are readers."""
    body = {"term_months": 18}
    async with running(tmp_path, simulations_per_hour=3) as service:
        first, second = await decided(service), await decided(service)
        other = await decided(service, borrower_ref="firm-2")
        key = await service.key(Role.UNDERWRITE)
        made = []
        for minute, (of, by) in enumerate(((first, None), (second, key), (first, key))):
            made.append((await service.post(path_of(of), body, key=by)).status_code)
            service.clock.advance(minutes=10 if minute < 2 else 0)
        refused = await service.post(path_of(second), body)
        others = (await service.post(path_of(other), body)).status_code
        read = (await service.get(path_of(first, "offers"))).status_code
        service.clock.advance(minutes=39, seconds=59)
        still = await service.post(path_of(first), body)
        service.clock.advance(seconds=1)
        again = (await service.post(path_of(first), body)).status_code
        full = await service.post(path_of(first), body)
        trail = await actions(service)
    assert made == [200] * 3
    assert (refused.status_code, refused.json()["type"]) == (429, "/problems/simulations-used-up")
    assert refused.headers["retry-after"] == "2400"
    assert (others, read) == (200, 200)
    assert (still.status_code, still.headers["retry-after"]) == (429, "1")
    assert (again, full.status_code, full.headers["retry-after"]) == (200, 429, "600")
    assert trail.count("decision.simulated") == 5


async def test_simulations_at_the_same_moment_are_counted_one_after_the_other(tmp_path: Path) -> None:
    """None slips through beside another."""
    async with running(tmp_path, simulations_per_hour=3) as service:
        made = await decided(service)
        answers = await asyncio.gather(*(service.post(path_of(made), {"term_months": 18}) for _ in range(8)))
        trail = await actions(service)
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [429] * 5
    assert trail.count("decision.simulated") == 3


async def test_with_the_books_everything_that_follows_from_them_is_gone(tmp_path: Path) -> None:
    """After their retention 410 that says so, and nothing is counted; the decision itself stays."""
    async with running(tmp_path) as service:
        made = await decided(service)
        service.clock.advance(days=4000)
        database = Database(service.settings.database_url)
        await purge_snapshots(database, service.clock())
        await database.close()
        found = [
            await service.get(path_of(made, "changes")),
            await service.get(path_of(made, "offers")),
            await service.post(path_of(made), {"term_months": 18}),
        ]
        itself = await service.get(f"/v1/decisions/{made['decision_id']}")
        trail = await actions(service)
    assert [(one.status_code, one.json()["type"]) for one in found] == [(410, "/problems/inputs-gone")] * 3
    assert itself.status_code == 200
    assert "decision.simulated" not in trail


async def test_of_an_erased_borrower_nothing_is_worked_out(tmp_path: Path) -> None:
    """Neither from books nor from the row that stays."""
    async with running(tmp_path) as service:
        made = await decided(service)
        done = await complete(service, await a_request(service, "erasure"))
        assert done.json()["status"] == "done"
        found = [
            await service.get(path_of(made, "changes")),
            await service.get(path_of(made, "offers")),
            await service.post(path_of(made), {"features": {OVERDUE: 0.0}}),
        ]
    assert [one.status_code for one in found] == [410] * 3


async def test_of_a_restricted_borrower_nothing_new_is_made(tmp_path: Path) -> None:
    """Auditors and administrators go on reading; nobody simulates."""
    async with running(tmp_path) as service:
        made = await decided(service)
        await complete(service, await a_request(service, "restriction"))
        key = await service.key(Role.UNDERWRITE)
        read = [(await service.get(path_of(made, "offers"), key=by)).status_code for by in (None, key)]
        simulated = [await service.post(path_of(made), {"term_months": 18}, key=by) for by in (None, key)]
    assert read == [200, 403]
    assert [(one.status_code, one.json()["code"]) for one in simulated] == [
        (409, "borrower-restricted"),
        (403, "restricted"),
    ]


@ON_SQLITE
async def test_books_that_were_tampered_with_are_not_used(tmp_path: Path) -> None:
    """500, as for the decision itself."""
    async with running(tmp_path) as service:
        made = await decided(service)
        database = Database(service.settings.database_url)
        async with database.write() as connection:
            await connection.execute(update(snapshots).values(sealed=b"x" * 64))
        await database.close()
        found = [
            await service.get(path_of(made, "changes")),
            await service.post(path_of(made), {"term_months": 18}),
        ]
    assert [one.json()["type"] for one in found] == ["/problems/stored-data-damaged"] * 2


@ON_SQLITE
async def test_a_decision_of_a_model_that_is_gone_cannot_be_worked_out(tmp_path: Path) -> None:
    """410 that names it; the page and the decision are shown all the same."""
    async with running(tmp_path) as service:
        made = await decided(service)
    other = a_serving()
    card = type(other.card)(
        **{name: getattr(other.card, name) for name in other.card.__struct_fields__} | {"sha256": "b" * 64}
    )
    versions = type(other.versions)(
        **{name: getattr(other.versions, name) for name in other.versions.__struct_fields__}
        | {"model_sha256": "b" * 64}
    )
    changed = type(other)(
        **{name: getattr(other, name) for name in other.__struct_fields__} | {"card": card, "versions": versions}
    )
    async with running(tmp_path, serving=changed) as service:
        service.keys["bank"] = await service.key(*Role, name="later")
        answer = await service.get(path_of(made, "changes"))
        itself = await service.get(f"/v1/decisions/{made['decision_id']}")
    assert (answer.status_code, answer.json()["type"]) == (410, "/problems/inputs-gone")
    assert answer.json()["detail"] == "model sme/1 or policy 4 of the decision is not here any more, or has changed"
    assert itself.status_code == 200
