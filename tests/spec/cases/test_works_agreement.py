"""Who may see figures of single persons, and since when."""

from datetime import date

import pytest

from scoring.decisions.works_agreement import WorksAgreementError, load_works_agreements

FILE = """
version = "2026-12"

[lenders.bank]
agreed_on = 2026-06-15
ends_on = 2026-12-31
parties = ["Bank AG", "Betriebsrat der Bank AG"]
roles = ["audit"]
retention_days = 90
"""


@pytest.mark.parametrize(
    ("roles", "today", "is_open"),
    [
        ({"audit"}, date(2026, 6, 14), False),
        ({"audit"}, date(2026, 6, 15), True),
        ({"audit", "apply"}, date(2026, 12, 31), True),
        ({"audit"}, date(2027, 1, 1), False),
        ({"admin"}, date(2026, 7, 1), False),  # no role implies another one here
        ({"underwrite"}, date(2026, 7, 1), False),
        (set(), date(2026, 7, 1), False),
    ],
)
def test_an_agreement_opens_to_roles_on_days(roles: set[str], today: date, is_open: bool) -> None:  # noqa: FBT001  a case
    """From the day on which it was agreed to its last one."""
    agreement = load_works_agreements(FILE.encode()).lenders["bank"]
    assert agreement.opens_to(roles, today) is is_open


@pytest.mark.parametrize(
    ("today", "first"),
    [
        (date(2026, 6, 20), date(2026, 6, 15)),
        (date(2026, 9, 13), date(2026, 6, 15)),
        (date(2026, 9, 14), date(2026, 6, 16)),
    ],
)
def test_it_reaches_back_to_its_own_day_at_most(today: date, first: date) -> None:
    """And no further than its retention."""
    assert load_works_agreements(FILE.encode()).lenders["bank"].first_day(today) == first


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('parties = ["Bank AG", "Betriebsrat der Bank AG"]', 'parties = ["Bank AG"]', "parties"),
        ('roles = ["audit"]', "roles = []", "roles"),
        ('roles = ["audit"]', 'roles = ["boss"]', "roles"),
        ("retention_days = 90", "retention_days = 0", "retention_days"),
        ("retention_days = 90", "retention_days = 5000", "retention_days"),
        ("retention_days = 90", "", "retention_days"),
        ("retention_days", "retentiondays", "retention"),
        ("ends_on = 2026-12-31", "ends_on = 2026-06-14", "ends_on"),
        ("agreed_on = 2026-06-15", "agreed_on = ", "TOML"),
        ("[lenders.bank]", "[lender.bank]", "lender"),
    ],
)
def test_a_file_that_does_not_hold_is_refused(before: str, after: str, told: str) -> None:
    """The message names the key."""
    assert before in FILE
    with pytest.raises(WorksAgreementError, match=told):
        load_works_agreements(FILE.replace(before, after).encode())


def test_a_file_that_is_no_text_is_refused() -> None:
    """Bytes of another encoding."""
    with pytest.raises(WorksAgreementError, match="UTF-8"):
        load_works_agreements(b"version = '\xff'")
