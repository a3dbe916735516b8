"""Rules of policy version 3: whose books these are, and loans that start a business."""

from typing import Any

import msgspec
import pytest
from decision_cases import POLICY, TERMS, assess, codes, rule, said

from scoring.decisions import consumer_credit
from scoring.decisions.changes import doubts
from scoring.decisions.consumer_credit import MARKED, REFUSED, is_refused, least_of, product_of
from scoring.decisions.decide import ConsumerCreditError, check_terms
from scoring.decisions.decision import Compared, Comparison, HolderCheck, LegalForm, Terms, Verdict
from scoring.decisions.policy import ConsumerCredit, LegalBasis, Policy, StartUps

APPROVE, REFER, DECLINE = Verdict.APPROVE, Verdict.REFER, Verdict.DECLINE
WITH_HOLDER = msgspec.structs.replace(POLICY, caps=msgspec.structs.replace(POLICY.caps, holder_must_match=True))


def check(result: Comparison) -> HolderCheck:
    """A comparison with this result."""
    same = Compared(result=Comparison.SAME)
    return HolderCheck(result=result, name=same, tax_number=same, vat_id=same)


def with_start_ups(start_ups: StartUps, **changes: Any) -> Policy:  # noqa: ANN401  fields of the policy
    """The policy for loans that start a business, where natural persons may be decided on without a person."""
    persons = msgspec.structs.replace(POLICY.natural_persons, legal_basis=LegalBasis.CONTRACT)
    credit = ConsumerCredit(start_ups=start_ups, up_to_cents=7_500_000, books_months_at_least=12)
    return msgspec.structs.replace(POLICY, consumer_credit=credit, natural_persons=persons, **changes)


def asking(cents: int, *, starts: bool | None = True, form: LegalForm = LegalForm.FREIBERUFLER) -> dict[str, Any]:
    """Terms of an application."""
    return {"amount_cents": cents, "starts_business": starts, "legal_form": form}


ROOM = {"revenue_net_12m_cents": 100_000_000.0, "receivables_eligible_cents": 20_000_000.0,
        "liquidity_operating_surplus_12m_cents": 60_000_000.0}  # fmt: skip
"""A firm that carries a hundred thousand euro."""


@pytest.mark.parametrize(
    ("holder", "result", "value", "recommendation", "causes"),
    [
        (None, "not_applicable", None, APPROVE, []),
        (check(Comparison.SAME), "pass", "same", APPROVE, []),
        (check(Comparison.DIFFERS), "fail", "differs", REFER, ["HOLDER_DIFFERS"]),
        (check(Comparison.UNKNOWN), "fail", "cannot_be_compared", REFER, ["HOLDER_DIFFERS"]),
    ],
)
def test_books_of_somebody_else_go_to_a_person(
    holder: HolderCheck | None, result: str, value: str | None, recommendation: Verdict, causes: list[str]
) -> None:
    """A trade name is no fraud: no decline. Where no applicant was stated, nothing follows."""
    found = assess(circumstances={"holder": holder}, policy=WITH_HOLDER)
    assert (rule(found, "HOLDER_DIFFERS").result, rule(found, "HOLDER_DIFFERS").value) == (result, value)
    assert (found.recommendation, codes(found)) == (recommendation, causes)


def test_a_decline_stays_one_whoever_the_books_are_of() -> None:
    """A cap softens nothing."""
    found = assess(circumstances={"holder": check(Comparison.DIFFERS)}, policy=WITH_HOLDER, pd=0.5)
    assert (found.recommendation, codes(found)) == (DECLINE, ["PD_TOO_HIGH", "HOLDER_DIFFERS"])


@pytest.mark.parametrize(
    ("form", "result", "recommendation", "causes"),
    [
        (None, "not_applicable", APPROVE, []),
        (Comparison.SAME, "pass", APPROVE, []),
        (Comparison.DIFFERS, "fail", REFER, ["LEGAL_FORM_DIFFERS"]),
        (Comparison.UNKNOWN, "fail", REFER, ["LEGAL_FORM_DIFFERS"]),
    ],
)
def test_a_company_that_its_books_do_not_name_goes_to_a_person(
    form: Comparison | None, result: str, recommendation: Verdict, causes: list[str]
) -> None:
    """Who states a company would else escape what holds for natural persons. It is said once, with the holder."""
    caps = msgspec.structs.replace(POLICY.caps, holder_must_match=True, legal_form_must_match=True)
    policy = msgspec.structs.replace(POLICY, caps=caps)
    told = None if form is None else Compared(result=form)
    found = assess(circumstances={"legal_form": told}, policy=policy)
    assert rule(found, "LEGAL_FORM_DIFFERS").result == result
    assert (found.recommendation, codes(found)) == (recommendation, causes)
    other = check(Comparison.DIFFERS)
    assert codes(assess(circumstances={"holder": other, "legal_form": told}, policy=policy)) == ["HOLDER_DIFFERS"]


def test_whose_books_these_are_is_never_offered_as_a_change() -> None:
    """It would teach to rename the account."""
    found = assess(circumstances={"holder": check(Comparison.DIFFERS)}, policy=WITH_HOLDER)
    assert "HOLDER_DIFFERS" in doubts(found)
    assert "HOLDER_DIFFERS" not in doubts(assess(circumstances={"holder": None}, policy=WITH_HOLDER))


def test_what_was_not_compared_is_said() -> None:
    """As a rule that was not looked at, with the reason."""
    found = assess(policy=WITH_HOLDER)
    line = said(found).rules[[one.id for one in found.rules].index("HOLDER_DIFFERS")]
    assert line.en == "Holder of the books: cannot be determined because the application does not name the applicant."


REFUSALS: list[tuple[int, bool | None, LegalForm, bool]] = [
    (7_500_000, True, LegalForm.FREIBERUFLER, True),
    (7_500_001, True, LegalForm.FREIBERUFLER, False),
    (500_000, True, LegalForm.EINZELUNTERNEHMEN, True),
    (500_000, True, LegalForm.UNKNOWN, True),
    (500_000, True, LegalForm.GMBH, False),
    (500_000, False, LegalForm.FREIBERUFLER, False),
    (500_000, None, LegalForm.FREIBERUFLER, False),
]


@pytest.mark.parametrize(("cents", "starts", "form", "refused"), REFUSALS)
def test_consumer_credit_is_refused_before_anything_is_read(
    cents: int,
    starts: bool | None,  # noqa: FBT001  a column of the table
    form: LegalForm,
    refused: bool,  # noqa: FBT001  a column of the table
) -> None:
    """Up to the amount itself, for natural persons who start a business; where nobody asked, nothing follows."""
    terms = msgspec.structs.replace(TERMS, **asking(cents, starts=starts, form=form))
    assert is_refused(terms, with_start_ups(StartUps.REFUSE)) is refused
    assert is_refused(terms, with_start_ups(StartUps.MARK)) is False
    assert is_refused(terms, POLICY) is False
    if refused:
        with pytest.raises(ConsumerCreditError, match=r"consumer credit up to 75000\.00 EUR"):
            check_terms(terms, with_start_ups(StartUps.REFUSE))
    else:
        assert check_terms(terms, with_start_ups(StartUps.REFUSE)) is not None


def test_a_product_that_lends_no_more_than_consumer_credit_is_refused_whole() -> None:
    """Whatever is asked for: nothing above the bound could be lent."""
    small = msgspec.structs.replace(POLICY.products["working_capital"], maximum_cents=7_500_000)
    policy = with_start_ups(StartUps.REFUSE, products={"working_capital": small})
    terms = msgspec.structs.replace(TERMS, **asking(9_000_000))
    with pytest.raises(ConsumerCreditError, match=r"this product lends at most 75000\.00 EUR"):
        check_terms(terms, policy)


def test_what_the_firm_can_carry_is_never_lent_as_consumer_credit_that_is_refused() -> None:
    """Asked for more than the bound, able to carry less: declined, as nothing can be offered."""
    policy = with_start_ups(StartUps.REFUSE)
    poor = assess(terms=asking(8_000_000), policy=policy)
    assert (poor.recommendation, codes(poor)) == (DECLINE, ["LIMIT_BELOW_REQUEST", REFUSED])
    assert least_of(poor.rules, REFUSED) == 7_500_001
    rich = assess(terms=asking(8_000_000), row=ROOM, policy=policy)
    assert (rich.recommendation, rule(rich, REFUSED).result) == (APPROVE, "pass")
    assert product_of(msgspec.structs.replace(TERMS, **asking(8_000_000)), policy).minimum_cents == 7_500_001


@pytest.mark.parametrize(
    ("cents", "verdict", "causes"),
    [(7_500_000, REFER, [MARKED]), (7_500_001, APPROVE, []), (500_000, REFER, [MARKED])],
)
def test_consumer_credit_is_marked_and_goes_to_a_person(cents: int, verdict: Verdict, causes: list[str]) -> None:
    """The recommendation stays what the books say."""
    found = assess(terms=asking(cents), row=ROOM, policy=with_start_ups(StartUps.MARK))
    assert (found.recommendation, found.verdict, codes(found)) == (APPROVE, verdict, causes)
    assert (least_of(found.rules, MARKED), least_of(found.rules, REFUSED)) == (7_500_001, None)


def test_an_offer_that_falls_below_the_bound_is_marked() -> None:
    """What counts is what would be lent, not what was asked for."""
    found = assess(terms=asking(8_000_000), policy=with_start_ups(StartUps.MARK))
    assert found.offer is not None
    assert rule(found, MARKED).value == float(found.offer.limit_cents)
    assert codes(found) == ["LIMIT_BELOW_REQUEST", MARKED]


@pytest.mark.parametrize(
    ("months", "starts", "form", "cents", "verdict"),
    [
        (11.0, False, LegalForm.FREIBERUFLER, 2_500_000, REFER),
        (12.0, False, LegalForm.FREIBERUFLER, 2_500_000, APPROVE),
        (11.0, None, LegalForm.FREIBERUFLER, 2_500_000, APPROVE),
        (11.0, False, LegalForm.GMBH, 2_500_000, APPROVE),
        (11.0, False, LegalForm.FREIBERUFLER, 7_500_001, APPROVE),
    ],
)
def test_young_books_of_a_business_that_is_said_to_exist_are_looked_at(
    months: float,
    starts: bool | None,  # noqa: FBT001  a column of the table
    form: LegalForm,
    cents: int,
    verdict: Verdict,
) -> None:
    """They may have moved to another system: a person looks, and the recommendation does not suffer."""
    found = assess(
        terms=asking(cents, starts=starts, form=form),
        row={"trust_history_months": months, **ROOM},
        policy=with_start_ups(StartUps.MARK),
    )
    assert (found.recommendation, found.verdict) == (APPROVE, verdict)
    assert codes(found) == (["BUSINESS_YOUNG"] if verdict is REFER else [])


def test_a_policy_without_these_rules_has_none_of_them() -> None:
    """So earlier decisions replay."""
    ids = {one.id for one in assess(terms=asking(500_000)).rules}
    assert ids.isdisjoint({"HOLDER_DIFFERS", "BUSINESS_YOUNG", REFUSED, MARKED})
    assert consumer_credit.protection_of(Terms(**msgspec.structs.asdict(TERMS)), POLICY) is None
