"""Laws of comparing names and numbers, whatever people write."""

from hypothesis import given
from hypothesis import strategies as st

from scoring.decisions.decision import Comparison, LegalForm
from scoring.decisions.holders import Party, compare_holder, compare_names

NAMES = st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=40)
"""As a form takes them: letters of any script, digits, signs and spaces."""
PARTIES = st.builds(Party, name=st.none() | NAMES, tax_number=st.none() | NAMES, vat_id=st.none() | NAMES)


@given(name=NAMES, is_person=st.booleans())
def test_a_name_is_the_same_as_itself(name: str, is_person: bool) -> None:  # noqa: FBT001  drawn
    """Unless there is not one letter or digit in it; then it cannot be compared."""
    found = compare_names(name, name, is_person=is_person)
    assert found.result is not Comparison.DIFFERS
    assert (found.result is Comparison.SAME) == any(one.isalnum() for one in name)


@given(applicant=PARTIES, holder=PARTIES, form=st.sampled_from(LegalForm))
def test_neither_side_is_trusted_more(applicant: Party, holder: Party, form: LegalForm) -> None:
    """Whoever states what."""
    there = compare_holder(applicant, holder, legal_form=form)
    back = compare_holder(holder, applicant, legal_form=form)
    assert there.result is back.result


@given(applicant=PARTIES, holder=PARTIES, form=st.sampled_from(LegalForm))
def test_a_number_that_differs_is_never_outweighed(applicant: Party, holder: Party, form: LegalForm) -> None:
    """And nothing is the same where nothing was."""
    found = compare_holder(applicant, holder, legal_form=form)
    results = {found.name.result, found.tax_number.result, found.vat_id.result}
    if Comparison.DIFFERS in {found.tax_number.result, found.vat_id.result}:
        assert found.result is Comparison.DIFFERS
    if found.result is Comparison.SAME:
        assert Comparison.SAME in results
    assert (found.result is Comparison.UNKNOWN) == (results == {Comparison.UNKNOWN})
