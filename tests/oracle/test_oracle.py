"""Every feature a second time: from sevdesk's JSON in plain Python, as docs/features.md says, against the product."""

import os
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import pytest
from oracle import (
    catalogue_1,
    catalogue_2,
    catalogue_2_marks,
    catalogue_2_more_cash,
    catalogue_2_more_documents,
    catalogue_2_substance,
    catalogue_2_tax_and_items,
    product,
)
from oracle.books import Firm
from oracle.facts import Facts, facts_of
from oracle.random_books import days_to_compare, random_books
from oracle.values import Value, is_rounded

from sandbox.firms.persona import Persona
from sandbox.firms.personas import PERSONAS
from sandbox.objects.books import Books

END = date(2026, 11, 20)
DAYS_BEFORE = (0, 45, 200)
READABLE = [persona for persona in PERSONAS if not persona.is_revoked]
IN_A_TEST = 10
SHOWN = 20
BOOKS = 3000 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else 200
DECIMALS = product.decimals()


def _features(facts: Facts, at: date, *, is_reconstructed: bool) -> Mapping[str, Value]:
    return {
        **catalogue_1.features_at(facts, at, is_reconstructed=is_reconstructed),
        **catalogue_2.features_at(facts, at, is_reconstructed=is_reconstructed),
        **catalogue_2_more_documents.features_at(facts, at, is_reconstructed=is_reconstructed),
        **catalogue_2_more_cash.features_at(facts, at, is_reconstructed=is_reconstructed),
        **catalogue_2_substance.features_at(facts, at, is_reconstructed=is_reconstructed),
        **catalogue_2_marks.features_at(facts, at, is_reconstructed=is_reconstructed),
        **catalogue_2_tax_and_items.features_at(facts, at, is_reconstructed=is_reconstructed),
    }


def _differences(books: Books, days: Sequence[date]) -> list[str]:
    """What oracle and product say differently of books that are read on the first of these days."""
    ledger = product.read(books, days[0])
    facts = facts_of(Firm(books.objects), product.recognised(ledger), days[0])
    found = []
    for day, row in zip(days, product.rows(ledger, days), strict=True):
        for name, exact in _features(facts, day, is_reconstructed=day != days[0]).items():
            if not is_rounded(exact, row[name], DECIMALS[name]):
                expected = exact if isinstance(exact, str) else float(exact)
                found.append(f"{day} {name}: oracle {expected}, product {row[name]}")
    return found


@pytest.mark.parametrize("persona", READABLE, ids=lambda persona: persona.firm)
def test_the_features_of_a_persona_are_those_of_the_oracle(persona: Persona) -> None:
    """At the end of its books and on two earlier days that are reconstructed from them."""
    days = [END - timedelta(days=days) for days in DAYS_BEFORE]
    found = _differences(persona.books(END), days)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("first", range(0, BOOKS, IN_A_TEST))
def test_the_features_of_random_books_are_those_of_the_oracle(first: int) -> None:
    """A failure names the seed: ``random_books(seed)`` are the books."""
    found = []
    for seed in range(first, first + IN_A_TEST):
        books, today = random_books(seed)
        found += [f"seed {seed}: {text}" for text in _differences(books, days_to_compare(seed, today))]
    assert not found, "\n".join(found)


def test_the_oracle_knows_every_feature() -> None:
    """No feature of any catalogue is left out, and each has its decimals in the document."""
    facts = Facts(sales=[], bills=[], credit_notes=[], lines=[], levels=[], balances=[])
    assert _features(facts, END, is_reconstructed=False).keys() == set(product.NAMES) == DECIMALS.keys()


def test_random_books_show_what_they_are_for() -> None:
    """Documents are closed by nearly all means, copied, credited, retained and cancelled; lines are of all kinds."""
    means, seen = set(), set()
    for seed in range(SHOWN):
        books, today = random_books(seed)
        facts = facts_of(Firm(books.objects), product.recognised(product.read(books, today)), today)
        for one in (*facts.sales, *facts.bills, *facts.credit_notes):
            means |= {closing.means for closing in one.closed}
            seen |= {"copy"} if one.is_duplicate else set()
            seen |= {"cancelled"} if one.cancelled else set()
            seen |= {"negative"} if one.gross < 0 else set()
            seen |= {"retained"} if one.retention else set()
            seen |= {"sold"} if one.sold is not None else set()
            seen |= {"late"} if (one.recorded - one.issued).days > 100 else set()
            seen |= {"unknown day"} if any(not closing.is_day_known for closing in one.closed) else set()
        for line in facts.lines:
            seen |= {"transfer"} if line.is_transfer else set()
            seen |= {"fed"} if line.is_fed else {"entered"}
        seen |= {level.state for level in facts.levels}
    assert means >= {"bank", "manual", "register", "stated", "discount", "fee", "clearing", "provider", "short"}
    assert seen >= {"copy", "cancelled", "negative", "late", "unknown day", "transfer", "fed", "entered"}
    assert seen >= {"retained", "sold", "verified", "stale", "unverified"}
