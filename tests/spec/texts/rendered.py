"""Everything that a catalogue of texts can say of a decision, as a table that a person can read."""

from collections.abc import Iterator

from msgspec.structs import replace

from features.derive import CATALOGUE
from features.feature import Missing, Text, Unit
from scoring.decisions.decide import RECOMMENDATION_RULES
from scoring.decisions.decision import Cause, Reason, RuleResult, SecondFactor
from scoring.decisions.rules import GATES, MINIMUM_DATA, NOT_CHECKED, DecisionContext, Rule, RuleKind
from scoring.decisions.words import CauseWords
from scoring.texts.catalogue import Catalogue
from scoring.texts.rendering import render_cause, render_reason, render_rule

RULES: tuple[Rule[DecisionContext], ...] = (*MINIMUM_DATA, *RECOMMENDATION_RULES, *GATES)
SITUATIONS = (("refer", "human_required"), ("decline", "fully_automated"))
"""An approval has no causes; every referral is for a person, everything else is automatic."""
_NEVER_AUTOMATIC = {RuleKind.MINIMUM_DATA, RuleKind.GATE}
"""Rules whose failure makes every verdict a referral: see ``test_what_needs_a_person_is_never_automatic``."""
_VALUES: dict[str, tuple[tuple[float, float], ...]] = {
    "NO_INVOICES": ((0.0, 1.0),),
    "TOO_FEW_INVOICES": ((1.0, 12.0), (11.0, 12.0)),
    "TOO_LITTLE_HISTORY": ((1.0, 6.0), (5.0, 6.0)),
    "TOO_MUCH_MISSING": ((0.625, 0.5),),
    "MODEL_READS_BANK_DATA": ((7.0, 0.0),),
    "GARNISHMENT": ((1.0, 0.0), (2.0, 0.0), (2.0, 1.0)),
    "REVENUE_TOO_LOW": ((4_999_999.0, 5_000_000.0),),
    "OVERDRAFT_PERMANENT": ((1.0, 0.0), (81.0, 80.0)),
    "PD_TOO_HIGH": ((0.2, 0.12),),
    "PD_NEEDS_REVIEW": ((0.0400001, 0.04), (0.08, 0.04)),
    "LIMIT_BELOW_PRODUCT": ((0.0, 500_000.0),),
    "LIMIT_BELOW_REQUEST": ((850_000.0, 2_500_000.0), (0.0, 2_500_000.0)),
    "CASH_AHEAD_SHORT": ((420_000.0, 500_000.0), (0.0, 500_000.0)),
    "AMOUNT_BELOW_PRODUCT": ((100_000.0, 500_000.0),),
    "TERM_TOO_SHORT": ((1.0, 3.0),),
    "TERM_TOO_LONG": ((36.0, 24.0),),
    "BANK_FEED_SHARE_LOW": ((0.5, 0.8),),
    "PAID_WITHOUT_INFLOW_HIGH": ((0.4, 0.3),),
    "SALES_WITHOUT_INFLOW": ((1.8, 1.5),),
    "DUE_DATES_ASSUMED": ((0.75, 0.5),),
    "SALES_BURST": ((4.5, 3.0),),
    "BOOKS_IDLE": ((46.0, 45.0),),
    "OVERDRAFT_LONG": ((81.0, 80.0),),
    "GARNISHMENT_SUSPECTED": ((1.0, 0.0), (2.0, 1.0)),
    "INSOLVENCY_SIGN": ((1.0, 0.0), (2.0, 0.0)),
    "LOSSES_HIGH": ((0.2, 0.1),),
    "BILLS_STRETCHED": ((0.8, 0.1),),
    "SALES_RECORDED_LATE": ((0.5, 0.3),),
    "PAYERS_SHARED": ((0.5, 0.25),),
    "CUSTOMER_DOMINANT": ((0.8, 0.667),),
    "MONEY_GOES_ROUND": ((0.5, 0.2),),
    "VAT_NOT_PAID": ((0.5, 0.2),),
    "BANK_DATA_OLD": ((8.0, 7.0),),
    "NEW_FACILITIES": ((3.0, 2.0),),
    "GRACE_UNKNOWN": ((1.0, 0.0), (2.0, 0.0)),
    "CASH_NOT_EARNED": ((0.987, 0.25),),
    "PAYOUT_ACCOUNT_NEW": ((0.0, 90.0), (1.0, 90.0), (89.0, 90.0)),
    "SET_ASIDE_MANY": ((0.1, 0.02),),
    "SET_ASIDE_AMOUNT": ((0.1, 0.05),),
    "CONSUMER_CREDIT_REFUSED": ((6_000_000.0, 7_500_001.0),),
    "CONSUMER_CREDIT": ((7_500_000.0, 7_500_001.0),),
    "BUSINESS_YOUNG": ((7.0, 12.0),),
}
"""Values that fail, with their threshold, of every rule on a number."""
_WITHOUT_VALUE = {"BOOKS_IDLE", "NEW_FACILITIES", "BANK_DATA_OLD", "PAYOUT_ACCOUNT_NEW", "SET_ASIDE_AMOUNT"}
"""Rules on something else than a feature that may have no value."""


def causes(catalogue: Catalogue) -> Iterator[tuple[str, str, str, str, CauseWords]]:
    """Code, value and threshold, verdict, automation and words of every cause that there can be."""
    for rule in _known(catalogue):
        situations = SITUATIONS[:1] if rule.kind in _NEVER_AUTOMATIC else SITUATIONS
        for result in _failing(rule, catalogue):
            is_checked = result.value is not None
            code = rule.id if is_checked else f"{rule.id}{NOT_CHECKED}"
            seen = f"{_plain(result.value)}, needs {_plain(result.threshold)}" if is_checked else str(result.missing)
            for verdict, automation in situations:
                words = render_cause(
                    Cause(code=code, rule=rule.id), result, verdict=verdict, automation=automation, catalogue=catalogue
                )
                yield code, seen, verdict, automation, words
                others = {
                    "too little to lend": {"lends_nothing": True},
                    "bank data left out": {"is_bank_data_left_out": True},
                }
                for name, situation in others.items():
                    other = render_cause(
                        Cause(code=code, rule=rule.id),
                        result,
                        verdict=verdict,
                        automation=automation,
                        catalogue=catalogue,
                        **situation,
                    )
                    if other != words:
                        yield code, seen, verdict, f"{automation}, {name}", other


def lines(catalogue: Catalogue) -> Iterator[tuple[str, Text]]:
    """Every rule on one line: passed, failed, and without a value."""
    for rule in _known(catalogue):
        results = tuple(_failing(rule, catalogue))
        first, last = results[0], results[-1]
        value = first.threshold
        for result in (
            replace(first, result="pass", value=value),
            first,
            replace(last, result="not_applicable", value=None),
        ):
            yield f"{rule.id} {result.result}", render_rule(result, catalogue)


def reasons(catalogue: Catalogue) -> Iterator[tuple[str, Text]]:
    """Every feature as a reason; the first also as one that earns points, and as one without a value.

    With another one it is a reason, too, where the catalogue has words for two of them together.
    """
    value = {Unit.CENTS: 123_450.0, Unit.LOG_EURO: 13.1, Unit.SHARE: 0.25}
    features = [CATALOGUE[name] for name in catalogue.features if name in CATALOGUE]
    found = [
        Reason(
            code="",
            feature=feature.name,
            direction="negative",
            points=-12.34,
            value=value.get(feature.unit, 2.0),
            typical=0.125,
            unit=feature.unit.value,
            missing=None,
        )
        for feature in features
    ]
    first = found[0]
    found[1:1] = [replace(first, points=5.0, typical=None)]
    found[1:1] = [replace(first, value=None, missing=missing) for missing in (None, *Missing)]
    if catalogue.reason.together is not None:
        other = next(one for one in found if one.unit != first.unit)
        second = SecondFactor(feature=other.feature, value=other.value, typical=other.typical, unit=other.unit)
        found += [replace(first, second=second), replace(first, second=replace(second, typical=None), points=5.0)]
    yield from ((reason.name, render_reason(reason, catalogue)) for reason in found)


def table(catalogue: Catalogue) -> str:
    """All of it, one block per cause, rule and reason."""
    return "\n".join(_table(catalogue)) + "\n"


def _table(catalogue: Catalogue) -> Iterator[str]:
    yield f"What catalogue {catalogue.version} of the texts says; `>` is what helps. UPDATE_GOLDEN=1 writes this file."
    yield from ("", "CAUSES")
    blocks: dict[tuple[str, str], dict[CauseWords, list[str]]] = {}
    for code, seen, verdict, automation, words in causes(catalogue):
        blocks.setdefault((code, seen), {}).setdefault(words, []).append(f"{verdict} ({automation})")
    for (code, seen), block in blocks.items():
        yield from ("", f"{code}: {seen}")
        for words, situations in block.items():
            yield from (f"  {', '.join(situations)}", f"    {words.text.de}", f"    {words.text.en}")
            if words.remedy is not None:
                yield from (f"    > {words.remedy.de}", f"    > {words.remedy.en}")
    for heading, said in (("RULES", lines(catalogue)), ("REASONS", reasons(catalogue))):
        yield from ("", heading)
        for name, text in said:
            yield from ("", name, f"    {text.de}", f"    {text.en}")


def _known(catalogue: Catalogue) -> Iterator[Rule[DecisionContext]]:
    """The rules that there were when the catalogue was released."""
    return (rule for rule in RULES if rule.id in catalogue.rules)


def _failing(rule: Rule[DecisionContext], catalogue: Catalogue) -> Iterator[RuleResult]:
    """Results of a rule that lead to a cause: each failing value, then each cause of absence where there is any."""
    result = RuleResult(
        id=rule.id,
        kind=rule.kind.value,
        effect=rule.effect,
        result="fail",
        value=None,
        threshold=None,
        bound=rule.bound.value,
        unit=None if rule.unit is None else rule.unit.value,
        missing=None,
    )
    threshold: float | str
    if isinstance(rule.threshold, str):
        threshold = rule.threshold
        for state in catalogue.rules[rule.id].states:
            if state != threshold:
                yield replace(result, value=state, threshold=threshold)
    else:
        for value, threshold in _VALUES[rule.id]:
            yield replace(result, value=value, threshold=threshold)
    if rule.feature is not None:
        for missing in Missing:
            yield replace(result, result="not_applicable", threshold=threshold, missing=missing.value)
    if rule.feature is not None or rule.id in _WITHOUT_VALUE:  # of the others there is always a value
        yield replace(result, result="not_applicable", threshold=threshold)


def _plain(value: float | str | None) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
