"""Customers: concentration of revenue on one of them, and customers lost. Net amounts."""

import polars as pl

from features.feature import Actionable, Feature, Group, Missing, Need, Risk, Selection, Text, Unit
from features.ledger import Resource
from features.measure import Measure, Term, count, total
from features.needs import BANK_LINES, LOG, OPEN_ITEMS, SALES, at_least, by_name, sales_history
from features.series import quotient
from features.views import View, in_year

MEASURES = (
    # A customer with negative sales counts as 0 in both measures, so that a share stays between 0 and 1.
    Measure(
        name="top_customer_12m_cents", view=View.CUSTOMERS, aggregate=pl.col("net_cents").clip(0).max().fill_null(0)
    ),
    Measure(name="customers_12m_cents", view=View.CUSTOMERS, aggregate=pl.col("net_cents").clip(0).sum()),
    total("unnamed_12m_cents", View.SALES, "net_cents", in_year() & pl.col("customer").is_null()),
    count("former_customer_count", View.CUSTOMERS, pl.col("was_active")),
    count("lost_customer_count", View.CUSTOMERS, pl.col("was_active") & ~pl.col("is_active")),
)

TERMS: tuple[Term, ...] = ()

_IN_WINDOW = pl.when(in_year()).then("net_cents").otherwise(0)
_IS_NAMED = pl.col("customer").is_not_null()
_LARGEST = (
    pl.col("customer")
    .filter(_IS_NAMED)
    # Of two customers with equal revenue the one with the higher key, so that the evidence is the same each time.
    .sort_by(_IN_WINDOW.sum().over("customer").filter(_IS_NAMED), pl.col("customer").filter(_IS_NAMED))
    .last()
)
"""The known customer with the highest net revenue: in evidence only, where there is one point."""

FEATURES = (
    Feature(
        name="customers_top1_share_12m",
        group=Group.CUSTOMERS,
        unit=Unit.SHARE,
        label=Text(de="Umsatzanteil des größten Kunden", en="Revenue share of the largest customer"),
        meaning=Text(
            de="Der Anteil des Kunden mit dem höchsten Nettoumsatz am Nettoumsatz der letzten zwölf vollen Monate.",
            en="The largest customer's share of net revenue in the last twelve full months.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=SALES,
        history_months=14,
        precision=4,
        measures=("sales_history_months", "top_customer_12m_cents", "customers_12m_cents", "unnamed_12m_cents"),
        expression=pl.col("top_customer_12m_cents"),
        denominator=pl.col("customers_12m_cents") + pl.col("unnamed_12m_cents").clip(0),
        needs=(sales_history(6),),
        source="CU-01; customer concentration",
        evidence=(
            Selection(
                view=View.SALES,
                where=in_year() & (pl.col("customer") == _LARGEST),
                weight=pl.col("net_cents"),
            ),
        ),
    ),
    Feature(
        name="customers_churn_share_12m",
        group=Group.CUSTOMERS,
        unit=Unit.SHARE,
        label=Text(de="Anteil verlorener Kunden", en="Share of lost customers"),
        meaning=Text(
            de="Der Anteil der Kunden mit Rechnung vor sieben bis zwölf vollen Monaten, die seither keine mehr "
            "erhielten.",
            en="The share of customers invoiced seven to twelve full months ago that have not been invoiced since.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=SALES,
        history_months=14,
        precision=4,
        measures=("sales_history_months", "lost_customer_count", "former_customer_count"),
        expression=pl.col("lost_customer_count"),
        denominator=pl.col("former_customer_count"),
        needs=(sales_history(12),),
        source="CU-07; own",
    ),
)


# Catalogue 2: of the views in ``features.recognised``.

_OPEN_ITEMS = OPEN_ITEMS | {Resource.RECOGNITION}
_SALES = SALES | {Resource.RECOGNITION}
_IS_NEW = pl.col("is_recent") & ~pl.col("was_there")
_IS_REGULAR = pl.col("months_6m") >= 4
_IS_UNNAMED = in_year() & pl.col("customer").is_null()
_POSITIVE, _NOTHING = pl.col("net_cents").clip(0).cast(pl.Int128), pl.lit(0, dtype=pl.Int128)
_SLOWER = (pl.col("twice_delay_3m_days") - pl.col("twice_delay_before_days")).filter(
    (pl.col("net_cents") > 0) & (pl.col("net_cents") == pl.col("net_cents").max()) & (pl.col("compared_count") >= 3)
)
"""Of the largest customer; of several, who are equally large, of the one who slowed most."""

MEASURES_2 = (
    total("sales_net_year_cents", View.SALES, "net_cents", in_year()),
    *(
        Measure(
            name=f"top{number}_customers_12m_cents",
            view=View.CUSTOMERS,
            aggregate=pl.col("net_cents").clip(0).top_k(number).sum(),
        )
        for number in (3, 5)
    ),
    # Squares of cents do not fit into 64 bits.
    Measure(name="customers_12m_squares", view=View.CUSTOMERS, aggregate=(_POSITIVE * _POSITIVE).sum()),
    # Who is not named is a customer of their own each time.
    Measure(
        name="unnamed_12m_squares",
        view=View.SALES,
        aggregate=pl.when(_IS_UNNAMED).then(_POSITIVE * _POSITIVE).otherwise(_NOTHING).sum(),
    ),
    total("unnamed_sold_12m_cents", View.SALES, pl.col("net_cents").clip(0), _IS_UNNAMED),
    Measure(name="largest_debtor_cents", view=View.DEBTORS, aggregate=pl.col("open_cents").max().fill_null(0)),
    count("active_customer_count", View.CUSTOMER_PERIODS, pl.col("is_recent")),
    total("new_customers_3m_cents", View.CUSTOMER_PERIODS, pl.col("net_3m_cents").clip(0), _IS_NEW),
    total("regular_customers_6m_cents", View.CUSTOMER_PERIODS, pl.col("net_6m_cents").clip(0), _IS_REGULAR),
    total(
        "recurring_12m_cents",
        View.MARKS,
        "net_cents",
        in_year() & pl.col("is_recurring") & ~pl.col("is_void"),
    ),
    total("regular_items_6m_cents", View.SOLD_ITEMS, pl.col("net_cents"), _IS_REGULAR),
    total("sales_net_6m_cents", View.SALES, "net_cents", pl.col("age").is_between(0, 5)),
    Measure(
        name="twice_debtor_delay_cent_days",
        view=View.PAYMENT_HABITS,
        aggregate=(pl.col("open_cents").cast(pl.Int128) * pl.col("twice_delay_days")).sum(),
    ),
    total("open_of_known_payers_cents", View.PAYMENT_HABITS, "open_cents", pl.col("twice_delay_days").is_not_null()),
    Measure(name="twice_slower_days", view=View.PAYMENT_HABITS, aggregate=_SLOWER.max(), has_empty=False),
)

TERMS_2 = (
    Term(
        name="customers_square",
        reads=("customers_12m_cents", "unnamed_sold_12m_cents"),
        expression=(pl.col("customers_12m_cents") + pl.col("unnamed_sold_12m_cents")).cast(pl.Float64) ** 2,
    ),
    Term(
        name="received_12m_cents",
        reads=("trade_inflow_12m_cents", "till_proven_12m_cents"),
        expression=pl.col("trade_inflow_12m_cents") + pl.col("till_proven_12m_cents"),
    ),
    # Of what names nobody as much may be the largest customer's as one account paid.
    Term(
        name="top_customer_or_payer_12m_cents",
        reads=(
            *("top_customer_12m_cents", "unnamed_sold_12m_cents", "sales_net_year_cents"),
            *("top_payer_12m_cents", "received_12m_cents"),
        ),
        expression=pl.max_horizontal(
            "top_customer_12m_cents",
            pl.min_horizontal(
                pl.col("top_customer_12m_cents") + pl.col("unnamed_sold_12m_cents"),
                quotient(pl.col("top_payer_12m_cents"), pl.col("received_12m_cents")).fill_null(0.0)
                * pl.col("sales_net_year_cents"),
            ),
        ),
    ),
    Term(
        name="customers_squares",
        reads=("customers_12m_squares", "unnamed_12m_squares"),
        expression=pl.col("customers_12m_squares") + pl.col("unnamed_12m_squares"),
    ),
)

_BY_NAME = by_name(FEATURES)

FEATURES_2 = (
    _BY_NAME["customers_top1_share_12m"].again(
        2,
        meaning=Text(
            de="Der Anteil des Kunden mit dem höchsten Nettoumsatz am gesamten Nettoumsatz der letzten zwölf vollen "
            "Monate, von dem Kunden mit negativem Umsatz abgezogen sind.",
            en="The largest customer's share of all net revenue in the last twelve full months, from which customers "
            "with negative revenue are deducted.",
        ),
        measures=("sales_history_months", "top_customer_12m_cents", "sales_net_year_cents"),
        # More is taken back from others than the largest customer is short of: it is all there is.
        expression=pl.min_horizontal("top_customer_12m_cents", "sales_net_year_cents"),
        denominator=pl.col("sales_net_year_cents"),
    ),
    _BY_NAME["customers_churn_share_12m"].again(2),
    *(
        Feature(
            name=f"customers_top{number}_share_12m_v2",
            catalogue=2,
            group=Group.CUSTOMERS,
            unit=Unit.SHARE,
            label=Text(
                de=f"Umsatzanteil der {word} größten Kunden", en=f"Revenue share of the {english} largest customers"
            ),
            meaning=Text(
                de=f"Der Anteil der {word} Kunden mit dem höchsten Nettoumsatz am gesamten Nettoumsatz der letzten "
                "zwölf vollen Monate. Kunden mit negativem Umsatz sind davon abgezogen.",
                en=f"The {english} largest customers' share of all net revenue in the last twelve full months. "
                "Customers with negative revenue are deducted from it.",
            ),
            risk=Risk.RAISES,
            actionable=Actionable.WITH_TIME,
            resources=_SALES,
            history_months=14,
            precision=4,
            measures=("sales_history_months", f"top{number}_customers_12m_cents", "sales_net_year_cents"),
            expression=pl.min_horizontal(f"top{number}_customers_12m_cents", "sales_net_year_cents"),
            denominator=pl.col("sales_net_year_cents"),
            needs=(sales_history(6),),
            source="CU-02; customer concentration, at most 1",
        )
        for number, word, english in ((3, "drei", "three"), (5, "fünf", "five"))
    ),
    Feature(
        name="customers_hhi_12m_v2",
        catalogue=2,
        group=Group.CUSTOMERS,
        unit=Unit.RATIO,
        label=Text(de="Kundenkonzentration (Herfindahl-Index)", en="Customer concentration (Herfindahl index)"),
        meaning=Text(
            de="Die Summe der quadrierten Anteile aller Kunden am Nettoumsatz der letzten zwölf vollen Monate. Bei 1 "
            "gibt es nur einen Kunden.",
            en="The sum of the squared shares of all customers in net revenue of the last twelve full months. 1 means "
            "that there is one customer only.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=_SALES,
        history_months=14,
        precision=4,
        measures=("sales_history_months", "customers_squares", "customers_square"),
        expression=pl.col("customers_squares"),
        denominator=pl.col("customers_square"),
        needs=(sales_history(6),),
        source="CU-03; Herfindahl-Hirschman index of customers above 0. Each document without a customer is one of its "
        "own",
    ),
    Feature(
        name="customers_effective_12m_v2",
        catalogue=2,
        group=Group.CUSTOMERS,
        unit=Unit.RATIO,
        label=Text(de="Wirksame Kundenzahl", en="Effective number of customers"),
        meaning=Text(
            de="Wie viele gleich große Kunden dieselbe Konzentration ergäben, nach Nettoumsatz der letzten zwölf "
            "vollen Monate.",
            en="How many customers of equal size would give the same concentration, by net revenue of the last twelve "
            "full months.",
        ),
        risk=Risk.LOWERS,
        actionable=Actionable.WITH_TIME,
        resources=_SALES,
        history_months=14,
        precision=4,
        measures=("sales_history_months", "customers_squares", "customers_square"),
        expression=pl.col("customers_square"),
        denominator=pl.col("customers_squares"),
        needs=(sales_history(6),),
        source="CU-04; 1 over CU-03",
    ),
    Feature(
        name="customers_top1_open_share_v2",
        catalogue=2,
        group=Group.CUSTOMERS,
        unit=Unit.SHARE,
        label=Text(de="Anteil des größten Schuldners", en="Share of the largest debtor"),
        meaning=Text(
            de="Der Anteil der offenen Forderungen, den der Kunde mit dem höchsten offenen Betrag schuldet.",
            en="The share of open receivables that the customer with the highest open amount owes.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=_OPEN_ITEMS,
        fallback=LOG,
        history_months=36,
        precision=4,
        measures=("largest_debtor_cents", "open_cents", "open_count"),
        expression=pl.col("largest_debtor_cents"),
        denominator=pl.col("open_cents"),
        needs=(at_least(5, "open_count", "open documents"),),
        source="CU-05; a document without a customer is a customer of its own",
    ),
    Feature(
        name="customers_active_count_3m_v2",
        catalogue=2,
        group=Group.CUSTOMERS,
        unit=Unit.COUNT,
        label=Text(de="Aktive Kunden", en="Active customers"),
        meaning=Text(
            de="Wie viele Kunden in den letzten drei vollen Monaten eine Rechnung erhielten.",
            en="How many customers were invoiced in the last three full months.",
        ),
        risk=Risk.LOWERS,
        actionable=Actionable.WITH_TIME,
        resources=_SALES,
        history_months=5,
        precision=0,
        measures=("sales_history_months", "active_customer_count"),
        expression=pl.col("active_customer_count"),
        needs=(sales_history(3),),
        source="CU-06; known customers with a document above 0, own",
    ),
    Feature(
        name="customers_new_share_3m_v2",
        catalogue=2,
        group=Group.CUSTOMERS,
        unit=Unit.SHARE,
        label=Text(de="Umsatzanteil neuer Kunden", en="Revenue share of new customers"),
        meaning=Text(
            de="Der Anteil am Nettoumsatz der letzten drei vollen Monate von Kunden, die in den neun Monaten davor "
            "keine Rechnung erhielten.",
            en="The share in net revenue of the last three full months of customers that were not invoiced in the nine "
            "months before.",
        ),
        risk=Risk.OPEN,
        actionable=Actionable.NEVER,
        resources=_SALES,
        history_months=14,
        precision=4,
        measures=("sales_history_months", "new_customers_3m_cents", "sales_net_3m_cents"),
        expression=pl.min_horizontal("new_customers_3m_cents", "sales_net_3m_cents"),
        denominator=pl.col("sales_net_3m_cents"),
        needs=(sales_history(12),),
        source="CU-08; new within twelve full months, whatever older books were read, own",
    ),
    Feature(
        name="customers_regular_share_6m_v2",
        catalogue=2,
        group=Group.CUSTOMERS,
        unit=Unit.SHARE,
        label=Text(de="Umsatzanteil regelmäßiger Kunden", en="Revenue share of regular customers"),
        meaning=Text(
            de="Der Anteil am Nettoumsatz der letzten sechs vollen Monate von Kunden, die in mindestens vier dieser "
            "Monate eine Rechnung erhielten.",
            en="The share in net revenue of the last six full months of customers that were invoiced in at least four "
            "of these months.",
        ),
        risk=Risk.LOWERS,
        actionable=Actionable.WITH_TIME,
        resources=_SALES,
        history_months=8,
        precision=4,
        measures=("sales_history_months", "regular_customers_6m_cents", "sales_net_6m_cents"),
        expression=pl.min_horizontal("regular_customers_6m_cents", "sales_net_6m_cents"),
        denominator=pl.col("sales_net_6m_cents"),
        needs=(sales_history(6),),
        source="CU-09 by months, without marks of recurring invoices; months with a document above 0, at most 1, own",
    ),
    Feature(
        name="customers_regular_item_share_6m_v2",
        catalogue=2,
        group=Group.CUSTOMERS,
        unit=Unit.SHARE,
        label=Text(de="Umsatzanteil wiederkehrender Leistungen", en="Revenue share of recurring items"),
        meaning=Text(
            de="Der Anteil am Nettoumsatz der letzten sechs vollen Monate von Leistungen, die demselben Kunden in "
            "mindestens vier dieser Monate berechnet wurden.",
            en="The share in net revenue of the last six full months of items invoiced to the same customer in at "
            "least four of them.",
        ),
        risk=Risk.LOWERS,
        actionable=Actionable.WITH_TIME,
        resources=_SALES | {Resource.POSITIONS},
        history_months=8,
        precision=4,
        measures=("sales_history_months", "regular_items_6m_cents", "sales_net_6m_cents"),
        expression=pl.min_horizontal(pl.col("regular_items_6m_cents").clip(0), "sales_net_6m_cents"),
        denominator=pl.col("sales_net_6m_cents"),
        needs=(sales_history(6),),
        source="CU-09 by positions; an item is an article, else its name; at most 1, own",
    ),
    Feature(
        name="customers_debtor_delay_days_12m_v2",
        catalogue=2,
        group=Group.CUSTOMERS,
        unit=Unit.DAYS,
        label=Text(de="Zahlungsverzug der heutigen Schuldner", en="Payment delay of today's debtors"),
        meaning=Text(
            de="Wie viele Tage nach Fälligkeit die Kunden gewöhnlich zahlen, die heute etwas schulden, nach offenem "
            "Betrag gewichtet. Es zählt, was in den letzten zwölf vollen Monaten fällig wurde.",
            en="How many days after the due date those customers usually pay who owe something today, weighted by open "
            "amount. Covers what fell due in the last twelve full months.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=_OPEN_ITEMS,
        fallback=LOG,
        history_months=36,
        precision=1,
        measures=(
            *("sales_history_months", "open_count"),
            *("twice_debtor_delay_cent_days", "open_of_known_payers_cents"),
        ),
        expression=pl.col("twice_debtor_delay_cent_days") / 2,
        denominator=pl.col("open_of_known_payers_cents"),
        needs=(sales_history(6), at_least(5, "open_count", "open documents")),
        source="CU-10; each customer's median delay weighted by what they owe. Customers of whom nothing fell due are "
        "left out, own",
    ),
    Feature(
        name="customers_top1_slower_days_12m_v2",
        catalogue=2,
        group=Group.CUSTOMERS,
        unit=Unit.DAYS,
        label=Text(de="Größter Kunde zahlt langsamer", en="Largest customer pays more slowly"),
        meaning=Text(
            de="Um wie viele Tage der typische Zahlungsverzug des größten Kunden in den letzten drei vollen Monaten "
            "über dem der neun Monate davor liegt.",
            en="The typical payment delay of the largest customer in the last three full months, "
            "minus that of the nine months before.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.NEVER,
        resources=_OPEN_ITEMS,
        fallback=LOG,
        history_months=18,
        precision=1,
        measures=("sales_history_months", "twice_slower_days"),
        expression=pl.col("twice_slower_days") / 2,
        needs=(
            sales_history(12),
            Need(
                holds=pl.col("twice_slower_days").is_not_null(),
                cause=Missing.TOO_FEW_DOCUMENTS,
                text="3 documents of the largest customer due in either period",
            ),
        ),
        source="CU-11; medians by what fell due, largest by net revenue of twelve full months, own",
    ),
    Feature(
        name="customers_recurring_share_12m_v2",
        catalogue=2,
        group=Group.CUSTOMERS,
        unit=Unit.SHARE,
        label=Text(de="Umsatzanteil wiederkehrender Rechnungen", en="Revenue share of recurring invoices"),
        meaning=Text(
            de="Der Anteil am Nettoumsatz der letzten zwölf vollen Monate aus Rechnungen, die in festem Rhythmus "
            "wiederkehren.",
            en="The share of net revenue of the last twelve full months from invoices that recur at a fixed rhythm.",
        ),
        risk=Risk.OPEN,
        actionable=Actionable.WITH_TIME,
        resources=_SALES | {Resource.MARKS},
        history_months=14,
        precision=4,
        measures=("sales_history_months", "recurring_12m_cents", "sales_net_year_cents"),
        expression=pl.min_horizontal(pl.col("recurring_12m_cents").clip(0), "sales_net_year_cents"),
        denominator=pl.col("sales_net_year_cents"),
        needs=(sales_history(6),),
        source="CU-09; by the mark of the template",
    ),
    Feature(
        name="customers_top1_or_payer_share_12m_v2",
        catalogue=2,
        group=Group.CUSTOMERS,
        unit=Unit.SHARE,
        label=Text(
            de="Umsatzanteil des größten Kunden oder Zahlers", en="Revenue share of the largest customer or payer"
        ),
        meaning=Text(
            de="Der Umsatzanteil des größten Kunden in den letzten zwölf vollen Monaten. Umsatz ohne Kundenangabe "
            "zählt dazu, soweit ein einziges Konto einen so hohen Anteil der Zahlungseingänge bezahlte.",
            en="The largest customer's share of net revenue in the last twelve full months. Revenue that names no "
            "customer is added as far as one account paid so large a share of the money received.",
        ),
        risk=Risk.RAISES,
        actionable=Actionable.WITH_TIME,
        resources=_SALES | BANK_LINES | LOG,
        fallback=BANK_LINES | LOG,
        history_months=14,
        precision=4,
        measures=("sales_history_months", "top_customer_or_payer_12m_cents", "sales_net_year_cents"),
        expression=pl.min_horizontal("top_customer_or_payer_12m_cents", "sales_net_year_cents"),
        denominator=pl.col("sales_net_year_cents"),
        needs=(sales_history(6),),
        source="CU-01 with CF-10; payers are accounts, without tills, payment providers and factoring, own",
    ),
)
