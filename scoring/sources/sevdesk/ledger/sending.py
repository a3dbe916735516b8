"""On which day a document ceased to be a draft."""

import polars as pl

from features.ledger import collect
from scoring.sources.sevdesk.ledger.documents import Documents
from scoring.sources.sevdesk.ledger.settlements import Booked

_SENT_ON = pl.min_horizontal("sent_on", "locked_on").alias("sent_on")


def sent_days(documents: Documents, booked: Booked) -> pl.Series:
    """By invoice the day from which on it was no draft, null where nothing tells.

    A document can be sent again, and then it names the last time alone. No draft was paid, reminded of, credited or
    cancelled: what was recorded of that first bounds the day.
    """
    sent = documents.invoices.select("id", "created_on", _SENT_ON)
    if not (sent["sent_on"] > sent["created_on"]).any():
        return sent["sent_on"]
    invoice, recorded = pl.col("origin").alias("id"), pl.col("created_on").alias("recorded_on")
    on_invoice = pl.col("document") == "invoice"
    proofs = pl.concat(
        [
            documents.cancellations.lazy().select(invoice, recorded),
            documents.reminders.lazy().select(invoice, recorded),
            documents.credit_notes.lazy().select(pl.col("invoice_id").alias("id"), recorded),
            booked.balanced.lazy()
            .filter(on_invoice & pl.col("first_recorded_on").is_not_null())
            .select(pl.col("document_id").alias("id"), pl.col("first_recorded_on").alias("recorded_on")),
        ]
    )
    first = proofs.group_by("id").agg(pl.col("recorded_on").min().alias("proven_on"))
    bounded = pl.when(pl.col("sent_on").is_not_null()).then(pl.min_horizontal("sent_on", "proven_on"))
    joined = sent.lazy().join(first, on="id", how="left", maintain_order="left")
    return collect(joined.select(bounded.alias("sent_on")))["sent_on"]
