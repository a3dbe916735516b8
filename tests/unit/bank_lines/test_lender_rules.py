"""A lender's own rules: what a file may say, what is refused with which words, and what a rule decides."""

import hashlib

import polars as pl
import pytest
from unit.bank_lines.lines import lines

from scoring.sources.bank_lines.categorise import categorise
from scoring.sources.bank_lines.lender_rules import MOST_RULES, LenderRulesError, load_rules

FILE = rb"""
version = "2026-12"

[[rules]]
id = "landlord"
category = "rent"
direction = "out"
account = "DE02 1203 0000 0000 2020 51"

[[lenders.acme.rules]]
id = "club"
category = "chamber_dues"
direction = "out"
text = 'club\s+mercur'
amount_at_least_cents = 1000
amount_at_most_cents = 9900

[[lenders.acme.rules]]
id = "no-lease"
category = "supplier"
text = 'leasingrate'
"""


def test_a_lender_has_its_own_rules_and_those_for_all() -> None:
    """Its own come first; version and digest are those of the file."""
    file = load_rules(FILE)
    digest = hashlib.sha256(FILE).hexdigest()
    assert [rule.id for rule in file.of("acme").rules] == ["club", "no-lease", "landlord"]
    assert [rule.id for rule in file.of("another").rules] == ["landlord"]
    assert {(rules.version, rules.digest) for rules in (file.of("acme"), file.of("another"))} == {("2026-12", digest)}


@pytest.mark.parametrize(
    ("amount", "purpose", "account", "rule"),
    [
        (-5000, "Dauerauftrag", "de02120300000000202051", "lender/landlord"),
        (5000, "Dauerauftrag", "DE02120300000000202051", None),
        (-5000, "Dauerauftrag", "DE02120300000000202052", None),
        (-5000, "Dauerauftrag", None, None),
        (-1000, "CLUB Mercur", None, "lender/club"),
        (-9900, "CLUB Mercur", None, "lender/club"),
        (-999, "CLUB Mercur", None, None),
        (-9901, "CLUB Mercur", None, None),
        (9900, "CLUB Mercur", None, None),
        (-9900, "Beitrag Juni 2026 club merc ur", None, "lender/club"),
        (-9900, "Leasingrate", None, "lender/no-lease"),
    ],
)
def test_what_a_rule_decides(amount: int, purpose: str, account: str | None, rule: str | None) -> None:
    """Sign, account number, text in any case and uncut, and amount with its bounds; all that a rule names must hold."""
    line = lines((amount, purpose, None, None)).with_columns(number=pl.lit(account, dtype=pl.String))
    found = categorise(line, load_rules(FILE).of("acme")).row(0, named=True)
    assert found["rule"] == rule
    assert rule is None or found["certainty"] == "certain"


def test_lines_that_no_rule_of_the_lender_fits_stay_as_they_are() -> None:
    """The lender's rules come first; the service's decide on the rest."""
    some = lines((-5000, "Gehalt Mai", None, None), (-5000, "club mercur", None, None), (-5000, "Miete", None, None))
    found = categorise(some, load_rules(FILE).of("acme"))
    assert found["category"].to_list() == ["wages", "chamber_dues", "rent"]
    assert found["rule"].to_list() == ["wages/paid", "lender/club", "rent/word"]


def test_a_rule_applies_where_the_money_goes_the_way_of_its_category() -> None:
    """What is paid is no receipt: a rule cannot turn a garnishment of the firm into money of a customer."""
    rules = load_rules(b'version = "1"\n[[rules]]\nid = "x"\ncategory = "customer_receipt"\ntext = "pfaendung"').of(
        "any"
    )
    some = lines((-100, "Pfaendung", None, "PFAENDUNG"), (100, "Pfaendung", None, None))
    found = categorise(some.with_columns(number=pl.lit(None, dtype=pl.String)), rules)
    assert found["rule"].to_list() == ["garnishment/booking", "lender/x"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("^miete$", "lender/x"),
        ("^immo wei", "lender/x"),
        ("miete$", "lender/x"),
        ("^nord$", "rent/word"),
        ("miete.*immo", "rent/word"),
        ("ß gmbh$", "lender/x"),
    ],
)
def test_each_text_is_a_line_of_its_own(pattern: str, found: str) -> None:
    """A pattern may say how purpose, counterparty or booking text begin and end; it does not reach over two of them."""
    rules = load_rules(f'version = "1"\n[[rules]]\nid = "x"\ncategory = "lease"\ntext = "{pattern}"'.encode()).of("any")
    line = lines((-100, "Miete", "Immo Weiß GmbH", "Dauerauftrag Nord Juni")).with_columns(
        number=pl.lit(None, dtype=pl.String)
    )
    assert categorise(line, rules)["rule"].item() == found


def test_a_mark_of_the_editor_before_the_text_does_not_matter() -> None:
    """The digest is of the bytes as they stand."""
    marked = load_rules(b"\xef\xbb\xbf" + FILE)
    assert marked.of("acme").rules == load_rules(FILE).of("acme").rules
    assert marked.digest == hashlib.sha256(b"\xef\xbb\xbf" + FILE).hexdigest()


RULE = '[[rules]]\nid = "x"\ncategory = "rent"\n'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff", "rules are not UTF-8 text"),
        (b"version", "rules are not valid TOML"),
        (b"version = 1", "rules do not hold: version: must be text in quotes, not a whole number"),
        (b"rules = []", "rules do not hold: Object missing required field `version`"),
        (b'version = "1"\nrule = []', "rules do not hold: Object contains unknown field `rule`"),
        (
            b'version = "1"\n[[rules]]\nid = "x"\ncategory = "rant"\ntext = "abc"',
            'rules[0]: rule "x": `category`: there is no "rant"',
        ),
        (b'version = "1"\n' + RULE.encode(), 'rules[0]: rule "x": `text` or `account` must say which lines are meant'),
        (b'version = "1"\n' + RULE.encode() + b'text = "(abc"', 'rule "x": `text`: this is not a regular expression'),
        (
            b'version = "1"\n' + RULE.encode() + b'text = "a(?=b)"',
            "look-ahead and look-behind cannot be matched in linear time",
        ),
        (
            b'version = "1"\n' + RULE.encode() + b"text = '(a)\\1'",
            "references to a group cannot be matched in linear time",
        ),
        (b'version = "1"\n' + RULE.encode() + b'text = "(\\\\w{900}){900}"', "the pattern is too large: repeat less"),
        (b'version = "1"\n' + RULE.encode() + b'text = "a*b*"', "the pattern matches every text"),
        (b'version = "1"\n' + RULE.encode() + b'text = "..."', "the pattern matches every text"),
        (b'version = "1"\n' + RULE.encode() + b"text = '\\S+'", "the pattern matches every text"),
        (b'version = "1"\n' + RULE.encode() + b"text = '[a-z]{2,}'", "the pattern matches every text"),
        (b'version = "1"\n' + RULE.encode() + b'account = "     "', "`account` must have at least 4 letters or digits"),
        (
            b'version = "1"\n' + RULE.encode() + b'text = "abc"\ndirection = "in"',
            'rules[0]: rule "x": `direction`: "rent" is money out',
        ),
        (b'version = "1"\nx = ' + b"[" * 100_000, "values are nested too deeply"),
        (b'version = "1"\n' + RULE.encode() + b'text = "' + b"a" * 201 + b'"', "rules[0].text"),
        (
            b'version = "1"\n' + RULE.encode() + b'text = "abc"\namount_at_least_cents = 2\namount_at_most_cents = 1',
            'rule "x": `amount_at_least_cents` is above `amount_at_most_cents`',
        ),
        (
            b'version = "1"\n' + (RULE + 'text = "abc"\n').encode() * 2,
            'rule "x" of all lenders: each `id` may stand once',
        ),
        (
            b'version = "1"\n' + "".join(RULE.replace("x", f"x{n}") + 'text = "abc"\n' for n in range(101)).encode(),
            "`rules` of all lenders: 101 rules apply, at most 100 may",
        ),
    ],
)
def test_what_is_refused_with_which_words(content: bytes, message: str) -> None:
    """The message names the rule and the key."""
    with pytest.raises(LenderRulesError) as refused:
        load_rules(content)
    assert message in str(refused.value)


def test_as_many_rules_as_may_be() -> None:
    """The bound itself is allowed."""
    rules = "".join(RULE.replace("x", f"x{number}") + 'text = "abc"\n' for number in range(MOST_RULES))
    assert len(load_rules(f'version = "1"\n{rules}'.encode()).of("any").rules) == MOST_RULES
