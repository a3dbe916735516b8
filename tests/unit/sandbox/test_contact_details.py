"""How simulated contacts are reached: addresses follow from names, and reach nobody."""

from datetime import date

import pytest

from sandbox.bookkeeping.history import DailyMeans, History, Party
from sandbox.rendering.contact_details import accounting_contact_objects, communication_way_objects
from sandbox.rendering.shapes import RenderContext

DAY = date(2026, 9, 1).toordinal()


def rendered(*parties: Party) -> RenderContext:
    """What the objects of a firm with these business partners share."""
    history = History(
        key=7,
        end_on=DAY,
        opened_on=DAY,
        died_on=None,
        is_small_business=False,
        system_2_since=0,
        daily=DailyMeans(first=DAY, means=[], monthly_sales=[]),
    )
    history.parties += parties
    return RenderContext(history)


def party(name: str, contact: int | None = 138_700_001, *, is_person: bool = False) -> Party:
    """A business partner since the first day."""
    return Party(name=name, contact_id=contact, since=DAY, is_person=is_person)


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("Nordlicht Technik GmbH", "nordlicht-technik.example"),
        ("Jäger Bürobedarf UG (haftungsbeschränkt)", "jaeger-buerobedarf.example"),
        ("Weber Großhandel e.K.", "weber-grosshandel.example"),
        ("Auer Bau OHG 140", "auer-bau-140.example"),
        ("Tannen Handel AG, Filiale 17", "tannen-handel.example"),
    ],
)
def test_an_organisation_has_the_domain_of_its_name(name: str, domain: str) -> None:
    """Without its legal form and the branch that it deals with; customers have an address for invoices."""
    ways = communication_way_objects(rendered(party(name)), {0})
    assert [way["value"] for way in ways if way["type"] == "EMAIL"] == [f"rechnung@{domain}", f"info@{domain}"]
    assert [way["main"] for way in ways] == ["0", "0", "1"]
    ways = communication_way_objects(rendered(party(name)), set())
    assert [way["value"] for way in ways if way["type"] == "WEB"] == [f"https://www.{domain}"]


@pytest.mark.parametrize(
    ("name", "address"),
    [("Anna Schmidt", "anna.schmidt@example.com"), ("Clara Özdemir 133", "clara.oezdemir.133@example.com")],
)
def test_a_person_has_an_address_of_its_name(name: str, address: str) -> None:
    """And a mobile telephone."""
    mobile, mail = communication_way_objects(rendered(party(name, is_person=True)), {0})
    assert (mail["value"], mail["key"]["id"], mobile["type"]) == (address, "1", "MOBILE")


def test_who_has_no_contact_has_no_details() -> None:
    """Accounts count on for customers and suppliers apart, in the order of the contacts."""
    parties = (party("A GmbH", 3), party("B GmbH", None), party("C GmbH", 1), party("D GmbH", 2), party("E GmbH", 4))
    found = accounting_contact_objects(rendered(*parties), {0, 2})
    numbers = [(one["contact"]["id"], one["debitorNumber"], one["creditorNumber"]) for one in found[::-1]]
    assert numbers == [("1", "10000", None), ("2", None, "70000"), ("3", "10001", None), ("4", None, "70001")]
