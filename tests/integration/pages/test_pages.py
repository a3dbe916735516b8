"""The list and the page of a decision: what they show, to whom, and what they keep to themselves."""

import hashlib
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import date, timedelta
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from people import Visitor, add, visiting
from service import Service, a_serving, application, late_firm, purge_snapshots, running, settings_in
from unit.sandbox_server.building import TODAY
from what_flips import scored_by

from sandbox.firms.personas import PERSONAS
from scoring.decisions import records
from scoring.decisions.decision import SCHEMA
from scoring.pages.rendering import PAGE_HEADERS, STYLESHEET_NAME, Pages
from scoring.pages.routes import page_router
from scoring.runtime.serving import Serving, combine, load_serving
from scoring.store.database import Database
from scoring.store.decisions import columns_of
from scoring.store.principals import Role

GOLDEN = Path(__file__).parents[1] / "api" / "golden"
ATTACK = '<script>alert(1)</script>"><img src=x onerror=alert(2)>{{ 7 * 7 }}'


@asynccontextmanager
async def signed_in(folder: Path, *roles: Role, **options: Any) -> AsyncIterator[tuple[Service, Visitor]]:  # noqa: ANN401  of the service
    """A service, and anna of the lender ``bank`` at its pages."""
    async with running(folder, is_plain_http=True, **options) as service, visiting(service) as visitor:
        await add(service, *roles)
        await visitor.sign_in()
        yield service, visitor


async def decide(service: Service, **changes: Any) -> str:  # noqa: ANN401  fields of an application
    """The identifier of a new decision."""
    answer = await service.post("/v1/decisions", application(**changes))
    identifier: str = answer.json()["decision_id"]
    return identifier


def with_bags(serving: Serving) -> Serving:
    """The same model with forty bags, whose scores lie a point apart around its own."""
    table = serving.table
    features = tuple(
        msgspec.structs.replace(
            feature, bag_points=tuple((points,) * 40 for points in (*feature.points, feature.missing_points))
        )
        for feature in table.features
    )
    bases = tuple(table.base + number - 20.0 for number in range(40))
    table = msgspec.structs.replace(table, schema=2, features=features, bag_bases=bases)
    return combine(serving.card, table, serving.policy_text.encode())


class Outline(HTMLParser):
    """What a screen reader goes by."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag."""
        self.tags.append((tag, dict(attrs)))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_data(self, data: str) -> None:
        """Note the text."""
        self.text += data


def demand_readable(page: str, language: str) -> None:
    """One main heading, no level left out, landmarks, table heads with a scope, charts with a name, labels."""
    outline = Outline(page)
    tags = [tag for tag, _ in outline.tags]
    identifiers = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert outline.headings.count(1) == 1
    levels = [1, *outline.headings]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert (tags.count("main"), tags.count("header"), tags.count("footer")) == (1, 1, 1)
    assert len(identifiers) == len(set(identifiers))
    for tag, attributes in outline.tags:
        if tag == "html":
            assert attributes["lang"] == language
        if tag == "th":
            assert attributes["scope"] in {"row", "col"}
        if tag == "svg" and attributes.get("role") == "img":
            assert set((attributes["aria-labelledby"] or "").split()) <= set(identifiers)
        if tag in {"input", "select"} and attributes.get("type") != "hidden":
            assert f'<label for="{attributes["id"]}"' in page


@pytest.mark.parametrize("path", ["/sign-in", "/decisions", "/decisions/{id}", "/decisions/nobody", "/", "/nowhere"])
async def test_every_answer_carries_the_headers_of_pages(tmp_path: Path, path: str) -> None:
    """Pages, redirects and errors: no script, nothing from outside, not framed, not kept."""
    async with signed_in(tmp_path) as (service, visitor):
        page = await visitor.get(path.format(id=await decide(service)))
    assert {name: page.headers[name] for name in PAGE_HEADERS} == dict(PAGE_HEADERS)
    assert "script" not in page.text
    assert not re.search(r"\bstyle=|\bon[a-z]+=|(?:src|href)=\"(?:https?:)?//", page.text)


async def test_every_page_but_the_form_needs_a_person(tmp_path: Path) -> None:
    """Whatever route somebody adds."""
    links = {f"/connect/{{secret}}{step}" for step in ("", "/token", "/account", "/cancel", "/withdraw")}
    is_open = {"/", "/sign-in", "/sign-out", "/static/{name}", *links}
    is_open |= {"/answer", "/answer/{secret}", "/answer/{secret}/connect"}
    is_open |= {"/device/{link}", "/sign-in/provider", "/sign-in/provider/done"}
    async with running(tmp_path, is_plain_http=True) as service, visiting(service) as visitor:
        for route in page_router(Pages()).routes:
            page = await visitor.get(route.path_format.replace("{decision_id}", "dec_1"))
            if page.status_code == 405:
                page = await visitor.post(route.path_format)
            assert route.path_format in is_open or page.headers["location"].startswith("/sign-in"), route.path_format


async def test_the_stylesheet_is_kept_by_browsers(tmp_path: Path) -> None:
    """Its name is that of its content; an old name is not found."""
    async with running(tmp_path) as service, visiting(service) as visitor:
        sheet = await visitor.get(f"/static/{STYLESHEET_NAME}")
        page = await visitor.get("/sign-in")
        old = await visitor.get("/static/pages.000000000000.css")
    assert (sheet.status_code, sheet.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert sheet.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert f'href="/static/{STYLESHEET_NAME}"' in page.text
    assert old.status_code == 404


async def test_a_decision_has_its_page(tmp_path: Path) -> None:
    """The interface links to it; it says what the interface says."""
    async with signed_in(tmp_path, books=[late_firm()]) as (service, visitor):
        answer = (await service.post("/v1/decisions", application(purpose="New machine"))).json()
        page = await visitor.get(answer["links"]["page"])
    outline = Outline(page.text)
    assert page.status_code == 200
    assert answer["links"]["page"] == f"/decisions/{answer['decision_id']}"
    for said in (
        "Decision firm-1",
        "New machine",
        answer["versions"]["model_sha256"],
        answer["versions"]["snapshot_sha256"],
        *(reason["text"]["en"] for reason in answer["reasons"]),
        *(cause["text"]["en"] for cause in answer["causes"]),
        *(rule["text"]["en"] for rule in answer["rules"]),
    ):
        assert said in outline.text
    documents = [document for reason in answer["reasons"] for document in reason["evidence"]["documents"]]
    assert {document["number"] for document in documents} == {"RE Änne-0", "RE Änne-1"}
    assert "RE Änne-0 · 1 Jul 2026 · €595.00" in outline.text.replace("\N{NO-BREAK SPACE}", " ")


async def test_a_page_says_what_would_change_the_outcome(tmp_path: Path) -> None:
    """The same as the interface, in both languages, with documents and what would be approved."""
    books = next(persona for persona in PERSONAS if persona.firm == "borderline-retailer").books(TODAY)
    iban = next(one["iban"] for one in books.objects["CheckAccount"] if one["iban"])
    asked = application(sevdesk_token=books.token, payout_iban=iban, amount={"value": "20000.00", "currency": "EUR"})
    async with signed_in(tmp_path, books=[books], serving=scored_by("3")) as (service, visitor):
        made = (await service.post("/v1/decisions", asked)).json()
        changes = (await service.get(made["links"]["changes"])).json()
        pages = {language: await visitor.get(made["links"]["page"], lang=language) for language in ("de", "en")}
    assert len(changes["changes"]) == 2
    for language, page in pages.items():
        shown = Outline(page.text).text.replace("\N{NO-BREAK SPACE}", " ")
        for said in (changes["text"], *(change["text"] for change in changes["changes"])):
            assert said[language] in shown
        for change in changes["changes"]:
            for document in change["steps"][0]["documents"]:
                assert document["number"] in shown
    assert "For no amount and no term of this product is the recommendation to approve." in pages["en"].text


async def test_a_page_shows_what_would_be_approved(tmp_path: Path) -> None:
    """Amount, term, rate and instalment of each offer; where nothing stands in the way, no change is needed."""
    books = next(persona for persona in PERSONAS if persona.firm == "system-1").books(TODAY)
    iban = next(one["iban"] for one in books.objects["CheckAccount"] if one["iban"])
    asked = application(sevdesk_token=books.token, payout_iban=iban, amount={"value": "8000.00", "currency": "EUR"})
    serving = load_serving(settings_in(tmp_path))
    async with signed_in(tmp_path, books=[books], serving=serving) as (service, visitor):
        made = (await service.post("/v1/decisions", asked)).json()
        offers = (await service.get(made["links"]["offers"])).json()["offers"]
        page = (await visitor.get(made["links"]["page"], lang="en")).text
    table = Outline(page[page.index('id="offers-caption"') :].split("</table>")[0]).text
    assert len(offers) == 3
    for offer in offers:
        for amount in (offer["amount"], offer["monthly_instalment"]):
            assert f"€{float(amount['value']):,.2f}" in table
        assert f"{offer['term_months']}\N{NO-BREAK SPACE}months" in table
    assert "No change is needed: the recommendation is to approve." in page


async def test_the_points_add_up_on_the_page(tmp_path: Path) -> None:
    """The numbers as they are shown, rounding included: from base to score without a gap."""
    async with signed_in(tmp_path) as (service, visitor):
        page = await visitor.get(f"/decisions/{await decide(service)}")
    rows = re.findall(r"<tr.*?</tr>", page.text[page.text.index('class="waterfall"') :].split("</table>")[0], re.DOTALL)
    shown = [
        [float(cell.replace("\N{MINUS SIGN}", "-")) for cell in re.findall(r'class="number">([^<]+)<', row)]
        for row in rows[1:]
    ]
    total = shown[0][0]
    for points, after in shown[1:-1]:
        total = round(total + points, 1)
        assert total == after
    assert shown[-1] == [total]


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize(
    "path",
    [
        "/sign-in",
        "/decisions",
        "/decisions/{id}",
        "/decisions/nobody",
        "/portfolios",
        "/account",
        "/account/second-factor",
        "/device/link",
    ],
)
async def test_a_page_is_readable_without_eyes(tmp_path: Path, path: str, language: str) -> None:
    """Pages without anything to tell among them."""
    async with signed_in(tmp_path) as (service, visitor):
        page = await visitor.get(path.format(id=await decide(service)), lang=language)
    demand_readable(page.text, language)


async def test_a_foreign_decision_is_not_found(tmp_path: Path) -> None:
    """As one that never was, and the list does not have it."""
    async with signed_in(tmp_path) as (service, visitor):
        identifier = await decide(service)
        await add(service, lender="other", name="otto")
        own = await visitor.get(f"/decisions/{identifier}")
        await visitor.sign_in("otto", lender="other")
        foreign = await visitor.get(f"/decisions/{identifier}")
        never = await visitor.get("/decisions/dec_00000000000000000000000000")
        listed = await visitor.get("/decisions")
    assert [page.status_code for page in (own, foreign, never)] == [200, 404, 404]
    assert foreign.text == never.text.replace("dec_00000000000000000000000000", identifier)
    assert identifier not in listed.text
    assert "There are no decisions yet" in listed.text


@pytest.mark.parametrize("role", list(Role))
async def test_every_role_but_those_that_promote_reads_decisions(tmp_path: Path, role: Role) -> None:
    """As in the interface."""
    async with signed_in(tmp_path, role) as (service, visitor):
        pages = [await visitor.get(path) for path in ("/decisions", f"/decisions/{await decide(service)}")]
    expected = 403 if role in {Role.WEBHOOKS, Role.PROMOTE, Role.PROMOTE_ALL} else 200
    assert [page.status_code for page in pages] == [expected, expected]


async def test_what_people_typed_is_text_and_nothing_else(tmp_path: Path) -> None:
    """In the reference of a borrower, the purpose, a person's name and every field of the filter."""
    async with running(tmp_path, is_plain_http=True) as service, visiting(service) as visitor:
        await add(service, name=ATTACK)
        refused = await visitor.sign_in(ATTACK, password="wrong")
        await visitor.sign_in(ATTACK)
        identifier = await decide(service, borrower_ref=ATTACK, purpose=ATTACK)
        pages = [
            refused,
            await visitor.get("/decisions"),
            await visitor.get("/decisions", borrower=ATTACK, verdict=ATTACK, **{"from": ATTACK}),
            await visitor.get(f"/decisions/{identifier}"),
            await visitor.get("/decisions", lang=ATTACK),
            await visitor.get("/sign-in", next=ATTACK),
        ]
    for page in pages:
        assert "<script" not in page.text
        assert "<img" not in page.text
    assert "{{ 7 * 7 }}" in Outline(pages[3].text).text


async def test_the_list_shows_the_newest_first_and_pages_on(tmp_path: Path) -> None:
    """Twenty-five on a page, and a link to the older ones that keeps the filter."""
    async with signed_in(tmp_path) as (service, visitor):
        empty = await visitor.get("/decisions")
        for number in range(27):
            await decide(service, borrower_ref=f"firm-{number:02}")
            service.clock.advance(seconds=1)
        first = await visitor.get("/decisions", verdict="decline")
        older = re.search(r'href="(\?[^"]+)" rel="next"', first.text)
        assert older is not None
        second = await visitor.get(f"/decisions{older[1].replace('&amp;', '&')}")
    assert "POST /v1/decisions" in empty.text
    names = [re.findall(r">(firm-\d\d)<", page.text) for page in (first, second)]
    assert [len(some) for some in names] == [25, 2]
    assert names[0] + names[1] == [f"firm-{number:02}" for number in reversed(range(27))]
    assert 'href="?verdict=decline"' in second.text
    assert "verdict=decline" in older[1]


async def test_the_list_is_filtered(tmp_path: Path) -> None:
    """By verdict, recommendation, borrower and days in Berlin, both included."""
    async with signed_in(tmp_path) as (service, visitor):
        today = service.clock().date()
        await decide(service, borrower_ref="firm-a")
        service.clock.advance(days=1)
        await decide(service, borrower_ref="firm-b", legal_form="einzelunternehmen")
        await visitor.sign_in()
        tomorrow = today + timedelta(days=1)
        found = {
            name: re.findall(r">(firm-[ab])<", (await visitor.get("/decisions", **chosen)).text)
            for name, chosen in {
                "verdict": {"verdict": "refer", "recommendation": "decline"},
                "borrower": {"borrower": "firm-a"},
                "first": {"from": str(tomorrow)},
                "last": {"to": str(today)},
                "day": {"from": str(today), "to": str(today)},
                "none": {"borrower": "firm"},
            }.items()
        }
        nothing = await visitor.get("/decisions", borrower="firm")
    assert found["borrower"] == found["last"] == found["day"] == ["firm-a"]
    assert found["first"] == ["firm-b"]
    assert found["verdict"] == ["firm-b"]
    assert found["none"] == []
    assert "No decision matches this filter" in nothing.text


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("?verdict=maybe", "Verdict: please choose"),
        ("?recommendation=APPROVE", "Recommendation: please choose"),
        ("?from=31.01.2026", "Created from: please enter a date as YYYY-MM-DD"),
        ("?to=2026-02-30", "Created to: please enter a date"),
        ("?to=9999-12-31", "Created to: please enter a date"),
        ("?from=2026-02-01&to=2026-01-01", "“Created from” is after “Created to”"),
        (f"?borrower={'x' * 121}", "Borrower: please enter at most 120 printable"),
        ("?borrower=a%00b", "Borrower: please enter at most 120 printable"),
        ("?cursor=dec_1", "This page of the list does not exist"),
        ("?verdikt=refer", "unknown or repeated parameters"),
        ("?verdict=refer&verdict=approve", "unknown or repeated parameters"),
    ],
)
async def test_a_wrong_filter_is_told(tmp_path: Path, address: str, said: str) -> None:
    """What is wrong and what to do; nothing is listed that was not asked for."""
    async with signed_in(tmp_path) as (service, visitor):
        await decide(service)
        page = await visitor.get(f"/decisions{address}")
    assert page.status_code == 400
    assert said in page.text
    assert "firm-1" not in page.text


@pytest.mark.parametrize(("lang", "title"), [("de", "Entscheidungen"), ("en", "Decisions")])
async def test_the_language_of_the_address_is_remembered(tmp_path: Path, lang: str, title: str) -> None:
    """And switching keeps the page with its filter."""
    async with signed_in(tmp_path) as (_, visitor):
        asked = await visitor.get("/decisions", verdict="refer", lang=lang)
        later = await visitor.get("/decisions")
    assert f"<h1>{title}</h1>" in asked.text
    assert f"<h1>{title}</h1>" in later.text
    assert 'href="?verdict=refer&amp;lang=de"' in asked.text
    assert 'href="?verdict=refer&amp;lang=en"' in asked.text


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("en-GB,en;q=0.9,de;q=0.5", "en"),
        ("fr, en;q=0.2, de;q=0.8", "de"),
        ("fr", "de"),
        ("", "de"),
        ("en;q=x, ;;, *", "de"),
    ],
)
async def test_the_browser_says_which_language(tmp_path: Path, accepted: str, language: str) -> None:
    """German where it says neither, or nothing that can be read."""
    async with running(tmp_path) as service, visiting(service, language=accepted) as visitor:
        page = await visitor.get("/sign-in")
    assert f'<html lang="{language}">' in page.text


async def test_no_text_is_left_in_the_other_language(tmp_path: Path) -> None:
    """The German page has none of the English words around it, and the other way round."""
    async with signed_in(tmp_path) as (service, visitor):
        path = f"/decisions/{await decide(service)}"
        german, english = [Outline((await visitor.get(path, lang=lang)).text).text for lang in ("de", "en")]
    for de, en in (("Votum", "Verdict"), ("Hauptgründe", "Main reasons"), ("Umsatz je Monat", "Revenue per month")):
        assert (de in german, en in german, en in english, de in english) == (True, False, True, False)
    assert "25.000,00\N{NO-BREAK SPACE}€" in german
    assert "€25,000.00" in english


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("de", "Intervall des Scores: 557,0 bis 592,0 Punkte, Ausfallwahrscheinlichkeit 3,7 % bis 6,6 %."),
        ("en", "Interval of the score: 557.0 to 592.0 points, probability of default 3.7% to 6.6%."),
    ],
)
async def test_the_interval_of_a_score_is_said_and_drawn(tmp_path: Path, lang: str, said: str) -> None:
    """In words, for the drawing too, and as a band; a model without bags has none."""
    async with signed_in(tmp_path / "a", serving=with_bags(a_serving())) as (service, visitor):
        page = await visitor.get(f"/decisions/{await decide(service)}", lang=lang)
    async with signed_in(tmp_path / "b") as (service, visitor):
        without = await visitor.get(f"/decisions/{await decide(service)}", lang=lang)
    assert Outline(page.text).text.replace("\N{NO-BREAK SPACE}", " ").count(said) == 2
    assert page.text.count('class="interval"') == 1
    assert said.split(":", maxsplit=1)[0] not in without.text
    assert 'class="interval"' not in without.text


async def test_a_simulated_model_is_told_on_top(tmp_path: Path) -> None:
    """Before anything else about the decision; a real one is not called simulated."""
    async with signed_in(tmp_path / "a", serving=a_serving(is_simulated=True)) as (service, visitor):
        simulated = await visitor.get(f"/decisions/{await decide(service)}")
    async with signed_in(tmp_path / "b") as (service, visitor):
        real = await visitor.get(f"/decisions/{await decide(service)}")
    said = "The model was trained on simulated firms"
    assert simulated.text.index(said) < simulated.text.index("Recommendation")
    assert said not in real.text


async def test_after_its_retention_the_books_are_gone_and_the_rest_is_there(tmp_path: Path) -> None:
    """The page says why nothing is shown over time."""
    async with signed_in(tmp_path, snapshot_days=1) as (service, visitor):
        path = f"/decisions/{await decide(service)}"
        before = await visitor.get(path)
        service.clock.advance(days=2)
        database = Database(service.settings.database_url)
        assert await purge_snapshots(database, service.clock()) == 1
        await database.close()
        await visitor.sign_in()
        after = await visitor.get(path)
    assert "Revenue per month, net" in before.text
    assert after.status_code == 200
    assert "Revenue per month, net" not in after.text
    assert "The retention period of the books has ended" in after.text
    assert "This can no longer be worked out" in after.text
    assert "This can no longer be worked out" not in before.text
    assert "Main reasons" in after.text


async def test_damaged_books_are_told_and_the_rest_is_there(tmp_path: Path) -> None:
    """Somebody else's bytes in their place do not open; the operators find it in the log."""
    async with signed_in(tmp_path) as (service, visitor):
        path = f"/decisions/{await decide(service)}"
        with closing(sqlite3.connect(tmp_path / "test.sqlite")) as connection, connection:
            connection.execute("UPDATE snapshots SET sealed = x'00112233445566778899aabbccddeeff'")
        page = await visitor.get(path)
    assert page.status_code == 200
    assert "The stored books cannot be read" in page.text
    assert "Main reasons" in page.text


@pytest.mark.parametrize("column", ["sha256", "verdict"])
async def test_a_changed_decision_is_not_shown(tmp_path: Path, column: str) -> None:
    """Its page says what the list says, with the identifier of the request; trying again would not help."""
    async with signed_in(tmp_path) as (service, visitor):
        path = f"/decisions/{await decide(service)}"
        with closing(sqlite3.connect(tmp_path / "test.sqlite")) as connection, connection:
            connection.execute(f"UPDATE decisions SET {column} = 'x'")  # noqa: S608  of this test
        page, german = await visitor.get(path), await visitor.get(path, lang="de")
    assert page.status_code == 500
    assert "This decision was altered in the database and cannot be shown" in page.text
    assert "Diese Entscheidung wurde in der Datenbank verändert" in german.text
    assert "try again" not in page.text
    assert f"Request identifier: {page.headers['x-request-id']}" in page.text


async def test_an_old_decision_has_a_page_in_the_words_that_it_stored(tmp_path: Path) -> None:
    """Causes, remedies, reasons and rules, to the letter."""
    content = (GOLDEN / "decision_0_3_decline.json").read_bytes()
    columns = columns_of(records.decode(content).decision)
    async with signed_in(tmp_path) as (service, visitor):
        await decide(service)
        with closing(sqlite3.connect(tmp_path / "test.sqlite")) as connection, connection:
            changed = {**columns, "as_of": str(columns["as_of"])}
            changed |= {"record": content, "sha256": hashlib.sha256(content).hexdigest(), "salt": None}
            names = ", ".join(f"{name} = ?" for name in changed)
            connection.execute(f"UPDATE decisions SET {names}", list(changed.values()))  # noqa: S608  our own columns
            connection.execute("UPDATE borrowers SET key_id = NULL, sealed_key = NULL")  # it was another firm's
            connection.execute("DELETE FROM statements WHERE kind = 'decision'")
        page = await visitor.get(f"/decisions/{columns['id']}")
    text = Outline(page.text).text.replace("\N{NO-BREAK SPACE}", " ")
    kept = msgspec.json.decode(content)["assessment"]
    assert page.status_code == 200
    for said in (*kept["causes"], *kept["reasons"], *kept["rules"]):
        assert said["text"]["en"] in text
    assert all(cause["remedy"]["en"] in text for cause in kept["causes"] if cause["remedy"])
    assert "A person therefore decides." in text


async def test_a_record_of_a_newer_version_is_named_in_the_list(tmp_path: Path) -> None:
    """Apart from changed ones, and it hides no other."""
    async with signed_in(tmp_path) as (service, visitor):
        first, second = await decide(service), await decide(service)
        with closing(sqlite3.connect(tmp_path / "test.sqlite")) as connection, connection:
            [(content,)] = connection.execute("SELECT record FROM decisions WHERE id = ?", [first]).fetchall()
            content = content.replace(f'"schema":{SCHEMA}'.encode(), f'"schema":{SCHEMA + 1}'.encode())
            digest = hashlib.sha256(content).hexdigest()
            connection.execute("UPDATE decisions SET record = ?, sha256 = ? WHERE id = ?", [content, digest, first])
        listed, page = await visitor.get("/decisions"), await visitor.get(f"/decisions/{first}")
    assert "A newer version of the service recorded these decisions" in listed.text
    assert f"<code>{first}</code>" in listed.text
    assert f'href="/decisions/{second}"' in listed.text
    assert "were altered in the database" not in listed.text
    assert page.status_code == 503
    assert "A newer version of the service recorded this decision" in page.text
    assert "try again" not in page.text


async def test_too_little_data_has_a_page_too(tmp_path: Path) -> None:
    """Without score, reasons and offer, but with what is missing and what helps."""
    async with signed_in(tmp_path) as (service, visitor):
        identifier = await decide(service, as_of=str(service.clock().date() - timedelta(days=700)))
        page = await visitor.get(f"/decisions/{identifier}")
    assert page.status_code == 200
    for said in ("no score", "no offer", "What helps:", "Without a score there are no reasons", "Cannot be determined"):
        assert said in page.text
    assert "From the base to the score" not in page.text


async def test_an_expired_decision_is_called_so(tmp_path: Path) -> None:
    """From the day after its last."""
    async with signed_in(tmp_path) as (service, visitor):
        answer = (await service.post("/v1/decisions", application())).json()
        days = (date.fromisoformat(answer["valid_until"]) - service.clock().date()).days
        service.clock.advance(days=days)
        await visitor.sign_in()
        last_day = await visitor.get(answer["links"]["page"])
        service.clock.advance(days=1)
        await visitor.sign_in()
        after = await visitor.get(answer["links"]["page"])
    assert ("(expired)" in last_day.text, "(expired)" in after.text) == (False, True)


async def test_an_unknown_path_is_a_page_for_browsers_only(tmp_path: Path) -> None:
    """A program gets the problem document; so does a browser on the interface itself."""
    async with running(tmp_path) as service, visiting(service) as visitor:
        page = await visitor.get("/decisionz")
        method = await visitor.http.put("/sign-in")
        interface = await visitor.get("/v1/decisions")
        program = await service.http.get("/decisionz")
    assert [page.status_code, method.status_code, interface.status_code, program.status_code] == [404, 405, 401, 404]
    kinds = [answer.headers["content-type"].split(";")[0] for answer in (page, method, interface, program)]
    assert kinds == ["text/html", "text/html", "application/problem+json", "application/problem+json"]


async def test_the_report_of_the_interface_leads_to_the_page(tmp_path: Path) -> None:
    """For decisions of the lender alone."""
    async with running(tmp_path) as service:
        identifier = await decide(service)
        report = await service.get(f"/v1/decisions/{identifier}/report")
        other = await service.get(f"/v1/decisions/{identifier}/report", key=await service.key(*Role, lender="other"))
    assert (report.status_code, report.headers["location"]) == (303, f"/decisions/{identifier}")
    assert other.status_code == 404
