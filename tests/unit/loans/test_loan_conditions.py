"""Conditions before pay-out from a file: what holds, and what is refused at start."""

from pathlib import Path

import pytest
from service import settings_in

from scoring.decisions.loans import Condition
from scoring.runtime.loan_conditions import DEFAULT, LoanConditions, load_conditions
from scoring.runtime.serving import ServingError

PRODUCTS = ("investment", "working_capital")


def load(folder: Path, text: str) -> LoanConditions:
    """The conditions of a file with this text."""
    path = folder / "conditions.toml"
    path.write_text(text)
    return load_conditions(settings_in(folder, loan_conditions_file=path), PRODUCTS)


def test_without_a_file_every_product_asks_for_all(tmp_path: Path) -> None:
    """Identity and beneficial owner under the GwG among them."""
    asked = load_conditions(settings_in(tmp_path), PRODUCTS)
    assert asked.of("investment") == asked.of("anything") == DEFAULT
    assert [one.name for one in DEFAULT][:2] == ["identity", "beneficial_owner"]


def test_a_product_has_its_own_table_or_the_default_one(tmp_path: Path) -> None:
    """In the order of the file; an age is optional, and an empty table asks for nothing."""
    asked = load(tmp_path, "[default]\ncontract = {}\n[investment]\nvaluation = { days = 180 }\nidentity = {}\n")
    assert asked.of("investment") == (Condition(name="valuation", days=180), Condition(name="identity"))
    assert asked.of("working_capital") == (Condition(name="contract"),)
    assert load(tmp_path, "[investment]\n").of("investment") == ()
    assert load(tmp_path, "[investment]\n").of("working_capital") == DEFAULT


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[invest]\n", "'invest' is no product of the policy; known: investment, working_capital, default"),
        ("[default]\nIdentity = {}\n", "default.Identity: use at most 40 letters"),
        ("[default]\nidentity = { days = -1 }\n", "default.identity.days: must be 0 or more"),
        ('[default]\nidentity = { days = "1" }\n', "must be a whole number or nothing, not text in quotes"),
        ("[default]\nidentity = { day = 1 }\n", "unknown field `day`"),
        ("[default\n", "is no TOML"),
    ],
)
def test_what_does_not_hold_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """With the file, the place and what is wrong."""
    with pytest.raises(ServingError) as raised:
        load(tmp_path, text)
    assert str(raised.value).startswith(f"SCORING_LOAN_CONDITIONS: {tmp_path / 'conditions.toml'}: ")
    assert said in str(raised.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """At start, and not at the first loan."""
    with pytest.raises(ServingError, match="cannot be read"):
        load_conditions(settings_in(tmp_path, loan_conditions_file=tmp_path / "none.toml"), PRODUCTS)
