"""Which features of the catalogue a model may read, and why it may not read the others."""

from collections.abc import Mapping
from types import MappingProxyType

from features.derive import CATALOGUE, CATALOGUE_VERSION, is_fetched
from features.feature import Feature, Unit
from features.ledger import Resource

LEFT_TO_POLICY: Mapping[str, str] = MappingProxyType(
    {
        "liquidity_garnishment_count_12m": "knock-out of the policy",
        "liquidity_garnishment_suspected_count_12m": "leads to manual review by the policy",
        "liquidity_insolvency_sign_count_12m": "leads to manual review by the policy",
        "trust_history_months": "used by the policy; it is the age of the books, not that of the firm",
        "trust_paid_without_inflow_share_12m": "sign of fraud: leads to manual review, not to fewer points",
        "trust_sales_inflow_ratio_12m": "sign of fraud: leads to manual review, not to fewer points",
        "trust_sales_burst_score_30d": "sign of fraud: leads to manual review, not to fewer points",
        "trust_burst_in_season_score_30d": "sign of fraud: leads to manual review, not to fewer points",
        "trust_shared_payer_share_12m": "sign of fraud: leads to manual review, not to fewer points",
        "trust_round_trip_share_12m": "sign of fraud: leads to manual review, not to fewer points",
        "trust_backdated_share_12m": "quality of the data: capped by the policy",
        "trust_bank_feed_share_12m": "quality of the data: capped by the policy",
        "trust_assumed_due_share_12m": "quality of the data: capped by the policy",
        "trust_bank_line_age_days": "quality of the data: a flag, not points",
        "trust_bank_match_share_12m": "quality of the data: a flag, not points",
        "trust_unexplained_inflow_share_12m": "quality of the data: a flag, not points",
        "trust_round_amount_share_12m": "sign of fraud: a flag, not points",
        "trust_benford_deviation_24m": "sign of fraud: a flag, not points",
        "trust_credit_after_peak_share_12m": "sign of fraud: a flag, not points",
        "trust_repeated_invoice_share_12m": "sign of fraud: a flag, not points",
        "trust_new_customer_share_30d": "sign of fraud: a flag, not points",
        "trust_unbooked_share_31_90d": "quality of the data: a flag, not points",
        "trust_unbooked_share_12m": "quality of the data: a flag, not points",
        "trust_locked_share_12m": "quality of the data: a flag, not points",
        "trust_edited_invoice_share_12m": "sign of fraud: a flag, not points",
        "trust_number_gap_share_12m": "sign of fraud: a flag, not points",
        "trust_wordless_invoice_share_12m": "quality of the data: a flag, not points",
        "trust_blank_bill_share_12m": "quality of the data: a flag, not points",
        "trust_missing_scan_share_12m": "quality of the data: a flag, not points",
        "trust_closed_books_age_months": "quality of the data: a flag, not points",
        "receivables_given_up_share_12m": "losses whatever they are called: leads to manual review by the policy",
        "customers_top1_or_payer_share_12m": "leads to manual review by the policy",
        "payables_stretched_months": "leads to manual review by the policy",
        "trust_vat_shortfall_12m_cents": "sign of fraud: a flag, not points",
        "trust_vat_shortfall_share_12m": "sign of fraud: a flag, not points",
    }
)
"""Features that no model may use, by their name without the number of the catalogue, with the reason."""


NOT_IN_DATASET = "not fetched for the decisions of this dataset"
"""Why a feature is excluded that rests on what the dataset does not have."""


def candidate_features(
    features: Mapping[str, Feature] = CATALOGUE,
    *,
    catalogue: int = int(CATALOGUE_VERSION),
    bank_data: bool = True,
    fetched: frozenset[Resource] = frozenset(Resource),
) -> tuple[tuple[str, ...], dict[str, str]]:
    """The candidate features of a model, and the excluded ones with the reason.

    Args:
        features: All features.
        catalogue: The one whose features are taken. A model reads one catalogue: the same facts under two definitions
            would stand in it twice.
        bank_data: False excludes what has no value without bank data, for persons who must not be scored by it. Of
            catalogue 1 also what rests on the payment log, else on the documents: its facts are not told again without.
        fetched: What the dataset has. Decisions fetch what their own model needs; what nobody asked for is not missing.
    """
    excluded = {}
    chosen = {name: feature for name, feature in features.items() if feature.catalogue == catalogue}
    for name, feature in chosen.items():
        if feature.unit is Unit.CENTS:
            excluded[name] = "amount for the limit of the policy"
        elif (reason := LEFT_TO_POLICY.get(name.removesuffix(f"_v{catalogue}"))) is not None:
            excluded[name] = reason
        elif not bank_data and (feature.needs_bank_data or (feature.is_bank_data and catalogue == 1)):
            excluded[name] = "bank data"
        elif not is_fetched(feature, fetched):
            excluded[name] = NOT_IN_DATASET
    return tuple(name for name in chosen if name not in excluded), excluded
