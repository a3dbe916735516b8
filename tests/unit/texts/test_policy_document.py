"""The page of the policy."""

from decision_cases import POLICY, POLICY_FILE, assess, with_values

from scoring.decisions.policy import LegalBasis, load_policy
from scoring.runtime.serving import newest_policy_file
from scoring.texts.policy_document import render_policy_document

PAGE = POLICY_FILE.parents[3] / "docs" / "policy.md"


def test_the_page_is_current() -> None:
    """docs/policy.md is what the policy in force and its rules say."""
    assert PAGE.read_text() == render_policy_document(load_policy(newest_policy_file().read_bytes()))


def test_the_page_lists_every_rule_and_product() -> None:
    """Nothing that decides is missing on the page."""
    page = render_policy_document(POLICY)
    for result in assess().rules:
        assert f"`{result.id}`" in page
    for name in POLICY.products:
        assert f"`{name}`" in page


def test_the_page_names_the_legal_basis() -> None:
    """A configured legal basis is on the page."""
    page = render_policy_document(with_values("natural_persons", legal_basis=LegalBasis.EXPLICIT_CONSENT))
    assert "rest on: explicit consent" in page
