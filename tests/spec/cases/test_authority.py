"""What a file of authority must say, and how one that contradicts itself is told."""

import pytest
from case_builders import FILE, authority

from scoring.decisions.authority import AuthorityError, load_authority

BROKEN = {
    "no file": ("", "`version`"),
    "no TOML": ("version = ", "is not valid TOML"),
    "no text": ("\udcff", "is not UTF-8 text"),
    "a misspelt key": (FILE.replace("override_days", "overide_days"), "overide_days"),
    "a rank that there is not": (FILE.replace('rank = "analyst"', 'rank = "boss"'), '"fritz" has the rank "boss"'),
    "an unknown superior": (
        FILE.replace('reports_to = "bruno"', 'reports_to = "nobody"'),
        '"berta" reports to "nobody", who is not among `persons`',
    ),
    "a circle of reporting lines": (
        FILE.replace('name = "hans"', 'name = "hans"\nreports_to = "fritz"'),
        "reports in a circle: frieda -> hans -> fritz -> frieda",
    ),
    "a person twice": (FILE.replace('name = "bodo"', 'name = "berta"'), '"berta" stands twice'),
    "nobody in the back office": (
        FILE.replace('office = "back"', 'office = "front"'),
        "nobody could give the second vote on working_capital from 3000000 cents",
    ),
    "a second vote above every limit": (
        FILE.replace("3_000_000", "10_000_001"),
        "nobody could give the second vote on working_capital from 10000001 cents",
    ),
    "an assignment to nobody": (FILE.replace('to = "fritz"', 'to = "nobody"'), '"nobody" is not among `persons`'),
    "an assignment of nothing": (
        FILE.replace("up_to_cents = 2_000_000", "from_cents = 2_000_001\nup_to_cents = 2_000_000"),
        "`up_to_cents` is below `from_cents`",
    ),
    "an assignment above the limit": (
        FILE.replace("up_to_cents = 2_000_000", "from_cents = 2_500_001"),
        '"fritz" may not decide on what the rule puts there (working_capital)',
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_does_not_hold_is_told(name: str) -> None:
    """The message names what is wrong; contradictions name the lender, too."""
    content, said = BROKEN[name]
    with pytest.raises(AuthorityError) as refused:
        load_authority(content.encode(errors="surrogateescape"))
    assert said in str(refused.value)


def test_a_file_is_known_by_its_digest() -> None:
    """The digest is of its bytes, so that a vote can name it."""
    file = load_authority(FILE.encode())
    assert (file.version, len(file.digest)) == ("2026-09", 64)
    assert file.digest != load_authority(f"{FILE}\n".encode()).digest
    assert file.of("another bank") is None


LIMITS = [
    ("fritz", "working_capital", 2_500_000),
    ("frieda", "working_capital", 6_000_000),
    ("frieda", "investment", 0),
    ("hans", "investment", 10_000_000),
    ("stranger", "working_capital", 0),
]


@pytest.mark.parametrize(("name", "product", "cents"), LIMITS)
def test_a_limit_is_that_of_the_rank(name: str, product: str, cents: int) -> None:
    """A product that the rank does not name, and a person whom the file does not name, have none."""
    assert authority().limit(name, product) == cents


SECONDS = [
    ("frieda", "berta", True),
    ("frieda", "bruno", True),
    ("hans", "berta", True),
    ("frieda", "bodo", False),  # reports to her
    ("hans", "bodo", False),  # reports to him, through Frieda
    ("fritz", "bodo", False),  # both report to Frieda
    ("frieda", "hans", False),  # front office, and above her
    ("frieda", "frieda", False),
    ("frieda", "stranger", False),
]


@pytest.mark.parametrize(("first", "second", "may"), SECONDS)
def test_a_second_vote_is_of_the_back_office_outside_of_the_line(first: str, second: str, may: bool) -> None:  # noqa: FBT001  of a table
    """Neither above nor below the first, nor beside the first under the same person."""
    assert authority().may_second(first, second) is may


def test_a_team_is_who_works_together() -> None:
    """Those of the same superior, and all below."""
    assert set(authority().team("frieda")) == {"frieda", "fritz", "bodo"}
    assert set(authority().team("fritz")) == {"fritz", "bodo"}
    assert set(authority().team("hans")) == {"hans", "frieda", "fritz", "bodo"}
    assert authority().team("stranger") == ["stranger"]


@pytest.mark.parametrize(
    ("product", "cents", "to"),
    [
        ("working_capital", 2_000_000, "fritz"),
        ("working_capital", 2_000_001, None),
        ("investment", 1_000_000, None),
    ],
)
def test_a_new_case_is_put_on_a_desk(product: str, cents: int, to: str | None) -> None:
    """By product and amount, the bound included; what no rule fits is for whoever has the authority."""
    assert authority().assignee(product, cents) == to
