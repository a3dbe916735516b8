"""Catalogue, fetch plan, evidence and the shape of rows."""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from builders import (
    make_bill,
    make_credit_note,
    make_invoice,
    make_ledger,
    make_payment,
    make_settlement,
    make_spine,
    make_transaction,
)

import features.derive as derive_module
from features.__main__ import main
from features.derive import (
    CATALOGUE,
    EVIDENCE_LIMIT,
    KEY,
    EvidenceIds,
    UnknownFeatureError,
    derive,
    evidence,
    fetch_plan,
)
from features.feature import Feature, Unit
from features.ledger import BANK_DATA, Ledger, Resource
from features.spine import spine_of

AS_OF = date(2024, 12, 31)
EVERY_FEATURE = pytest.mark.parametrize("feature", CATALOGUE.values(), ids=CATALOGUE.keys())


def _evidence(ledger: Ledger, names: Sequence[str]) -> dict[str, EvidenceIds]:
    return evidence(derive(ledger, spine_of(AS_OF), []), names)


@EVERY_FEATURE
def test_a_declaration_is_complete(feature: Feature) -> None:
    """Name, texts, resources, history and precision say what they must."""
    assert re.fullmatch(rf"{feature.group.value}_[a-z0-9_]+", feature.name)
    for text in (feature.label, feature.meaning):
        assert text.de.strip()
        assert text.en.strip()
        assert text.de != text.en
    assert feature.meaning.de.endswith(".")
    assert feature.meaning.en.endswith(".")
    assert feature.resources >= feature.fallback
    assert feature.resources - feature.fallback
    assert 1 <= feature.history_months <= 60
    assert 0 <= feature.precision <= 4
    assert feature.source
    assert all(need.text for need in feature.needs)


@EVERY_FEATURE
def test_units_agree_with_names_and_precision(feature: Feature) -> None:
    """Cents and counts are whole, shares and ratios are kept to four decimals."""
    name = feature.name.removesuffix(f"_v{feature.catalogue}")
    assert (feature.unit is Unit.CENTS) == name.endswith("_cents")
    assert (feature.unit is Unit.COUNT) == (re.search(r"_count(_|$)", feature.name) is not None)
    assert (feature.unit is Unit.SHARE) == ("_share" in feature.name)
    if feature.unit in (Unit.CENTS, Unit.COUNT):
        assert feature.precision == 0
    if feature.unit in (Unit.SHARE, Unit.RATIO):
        assert feature.precision == 4


@EVERY_FEATURE
def test_a_feature_without_its_resources_is_not_fetched(feature: Feature) -> None:
    """Each resource that a feature cannot do without makes it ``not_fetched``; the others do not."""
    for resource in Resource:
        ledger = make_ledger(fetched=set(Resource) - {resource})
        missing = derive(ledger, make_spine((0, AS_OF)), [feature.name]).missing()
        needed = resource in feature.resources - feature.fallback
        assert (missing.get(feature.name) == "not_fetched") == needed


def test_what_reads_payments_of_receivables_is_bank_data() -> None:
    """Payment dates come from the log of bank lines: they are bank data, too."""
    assert CATALOGUE["receivables_overdue_share"].is_bank_data
    assert not CATALOGUE["revenue_trend_12m"].is_bank_data
    assert not CATALOGUE["receivables_dunned_share_12m"].is_bank_data


@pytest.mark.parametrize(
    "names",
    [[], ["revenue_drop_3m"], ["revenue_drop_3m", "liquidity_overdraft_days_90d"], list(CATALOGUE)],
)
def test_the_fetch_plan_is_the_union_of_what_features_need(names: list[str]) -> None:
    """All resources of all features and the longest history, and nothing else."""
    plan = fetch_plan(names)
    assert plan.resources == {resource for name in names for resource in CATALOGUE[name].resources}
    assert plan.history_months == max([CATALOGUE[name].history_months for name in names], default=0)


def test_a_plan_without_bank_features_fetches_no_bank_data() -> None:
    """Data minimisation follows from the declarations."""
    assert not fetch_plan(["revenue_log_12m", "customers_top1_share_12m"]).resources & BANK_DATA


@pytest.mark.parametrize("call", [fetch_plan, lambda names: derive(make_ledger(), make_spine((0, AS_OF)), names)])
def test_unknown_features_are_named(call: object) -> None:
    """A misspelt name is not silently left out."""
    assert callable(call)
    with pytest.raises(UnknownFeatureError, match="revenue_lgo_12m"):
        call(["revenue_log_12m", "revenue_lgo_12m"])


def test_rows_have_the_key_then_features_in_catalogue_order() -> None:
    """Whatever the order in which features were asked for, and twice is once."""
    rows = derive(make_ledger(), make_spine((7, AS_OF)), ["trust_history_months", "revenue_log_12m", "revenue_log_12m"])
    assert rows.values.columns == [*KEY, "revenue_log_12m", "trust_history_months"]
    assert rows.causes.columns == rows.values.columns
    assert rows.values.schema["trust_history_months"] == pl.Float64
    assert rows.row() == {"revenue_log_12m": None, "trust_history_months": 0.0}
    assert rows.missing() == {"revenue_log_12m": "too_little_history"}


def test_no_points_and_no_features_give_empty_rows() -> None:
    """The shapes stay, whatever there is to derive."""
    assert derive(make_ledger(), make_spine(), ["revenue_log_12m"]).values.shape == (0, 4)
    assert derive(make_ledger(), make_spine((0, AS_OF)), []).row() == {}


def test_ledgers_cut_into_chunks_give_the_same_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Borrowers without facts, and facts of borrowers that are not asked for, are no matter."""
    invoices = [make_invoice(borrower=borrower, issued_on=date(2024, borrower, 1)) for borrower in (1, 2, 3, 5, 6)]
    spine = make_spine(*((borrower, AS_OF) for borrower in (3, 4, 1, 2, 6)))
    monkeypatch.setattr(derive_module, "CHUNK_ROWS", 1)
    rows = derive(make_ledger(invoices=invoices), spine, ["trust_history_months"])
    assert rows.values["borrower"].to_list() == [3, 4, 1, 2, 6]
    assert rows.values["trust_history_months"].to_list() == [10, 0, 12, 11, 7]


def test_evidence_is_the_heaviest_documents_first_and_the_number_of_all() -> None:
    """22 invoices are overdue: the 20 with the highest open amounts are named, or as many as are asked for."""
    invoices = [
        make_invoice(document_id=number, issued_on=date(2024, 1, 1), gross_cents=number * 100)
        for number in range(1, EVIDENCE_LIMIT + 3)
    ]
    ledger = make_ledger(invoices=invoices)
    found = _evidence(ledger, ["receivables_overdue_share"])
    assert found == {"receivables_overdue_share": EvidenceIds(invoices=tuple(range(22, 2, -1)), total=22)}
    rows = derive(ledger, spine_of(AS_OF), ["receivables_overdue_share"])
    assert evidence(rows, rows.names, 10)["receivables_overdue_share"].invoices == tuple(range(22, 12, -1))


def test_evidence_tells_kinds_of_documents_apart() -> None:
    """Invoices, vouchers, credit notes and bank lines have numbers of their own."""
    invoice = make_invoice(document_id=1, issued_on=date(2024, 6, 1), gross_cents=300)
    till = make_invoice(document="voucher", document_id=1, issued_on=date(2024, 6, 1), gross_cents=200)
    ledger = make_ledger(
        invoices=[invoice, till],
        bills=[make_bill(document_id=2, issued_on=date(2024, 6, 1))],
        credit_notes=[make_credit_note(document_id=3, issued_on=date(2024, 7, 1))],
        settlements=[make_settlement(invoice, amount_cents=1, happened_on=date(2024, 7, 1))],
        transactions=[make_transaction(transaction_id=4, nature="garnishment", happened_on=date(2024, 6, 1))],
    )
    names = [
        "receivables_overdue_share",
        "receivables_dilution_share_12m",
        "payables_overdue_share",
        "liquidity_garnishment_count_12m",
        "trust_history_months",
    ]
    assert _evidence(ledger, names) == {
        "receivables_overdue_share": EvidenceIds(invoices=(1,), vouchers=(1,), total=2),
        "receivables_dilution_share_12m": EvidenceIds(credit_notes=(3,), invoices=(1,), total=2),
        "payables_overdue_share": EvidenceIds(vouchers=(2,), total=1),
        "liquidity_garnishment_count_12m": EvidenceIds(transactions=(4,), total=1),
        "trust_history_months": EvidenceIds(),
    }


def test_evidence_of_the_largest_customer_is_its_own_documents() -> None:
    """Not those of others, nor of buyers without a name, nor of other years."""
    sales = [(1, 60, 2024), (1, 50, 2024), (2, 100, 2024), (None, 900, 2024), (1, 999, 2023)]
    invoices = [
        make_invoice(document_id=number, customer=customer, net_cents=euro * 100, issued_on=date(year, 6, 1))
        for number, (customer, euro, year) in enumerate(sales)
    ]
    found = _evidence(make_ledger(invoices=invoices), ["customers_top1_share_12m"])
    assert found["customers_top1_share_12m"] == EvidenceIds(invoices=(0, 1), total=2)


def test_evidence_adds_up_several_payments_of_one_document() -> None:
    """Two payments of 60 weigh more than one of 100, and count as one document."""
    moved = [(1, 60), (1, 60), (2, 100)]
    payments = [
        make_payment(document_id=number, amount_cents=euro * 100, source="document", happened_on=date(2024, 6, 1))
        for number, euro in moved
    ]
    found = _evidence(make_ledger(payments=payments), ["trust_paid_without_inflow_share_12m"])
    assert found["trust_paid_without_inflow_share_12m"] == EvidenceIds(invoices=(1, 2), total=2)


def test_evidence_names_nothing_later_and_nothing_unfetched() -> None:
    """A document of tomorrow, or of a resource that was not asked for, is not behind a value."""
    later = make_invoice(issued_on=date(2025, 1, 1), due_on=date(2024, 12, 1))
    name = "receivables_overdue_share"
    assert _evidence(make_ledger(invoices=[later]), [name]) == {name: EvidenceIds()}
    overdue = make_invoice(issued_on=date(2024, 6, 1))
    unfetched = make_ledger(invoices=[overdue], fetched={Resource.VOUCHERS})
    assert _evidence(unfetched, [name]) == {name: EvidenceIds()}


@pytest.mark.parametrize("points", [[], [(0, AS_OF), (1, AS_OF)]])
def test_evidence_is_of_one_observation_point(points: list[tuple[int, date]]) -> None:
    """Of training rows nobody asks for documents."""
    with pytest.raises(ValueError, match=f"not for {len(points)}"):
        evidence(derive(make_ledger(), make_spine(*points), []), ["receivables_overdue_share"])


@EVERY_FEATURE
def test_evidence_can_be_asked_of_every_feature(feature: Feature) -> None:
    """On books with one fact of each kind, selections run, and name no more than the limit."""
    invoice, bill = make_invoice(issued_on=date(2024, 6, 1)), make_bill(issued_on=date(2024, 6, 1))
    ledger = make_ledger(
        invoices=[invoice],
        bills=[bill],
        payments=[make_payment(invoice), make_payment(bill)],
        transactions=[make_transaction(happened_on=date(2024, 6, 1))],
    )
    found = _evidence(ledger, [feature.name])[feature.name]
    named = [*found.invoices, *found.vouchers, *found.credit_notes, *found.transactions]
    assert len(named) == min(found.total, EVIDENCE_LIMIT)


def test_the_reference_is_written_checked_and_found_out_of_date(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``--check`` fails for a missing or changed file, and says what to do."""
    path = tmp_path / "features.md"
    assert main(["docs", "--path", str(path), "--check"]) == 1
    assert main(["docs", "--path", str(path)]) == 0
    assert main(["docs", "--path", str(path), "--check"]) == 0
    assert main(["docs", "--print"]) == 0
    assert capsys.readouterr().out == path.read_text(encoding="utf-8")
    path.write_text("old", encoding="utf-8")
    assert main(["docs", "--path", str(path), "--check"]) == 1
    assert "python -m features docs" in capsys.readouterr().err


def test_the_reference_in_the_repository_is_current() -> None:
    """Every feature is described, as it is declared."""
    path = Path(__file__).parents[3] / "docs" / "features.md"
    assert main(["docs", "--path", str(path), "--check"]) == 0
    assert all(f"`{name}`" in path.read_text(encoding="utf-8") for name in CATALOGUE)
