"""How figures and rules are told to an applicant: shorter than on the page of the decision, and addressed to it.

Definitions stay on that page. What is not here is said in the words of the catalogue.
"""

from collections.abc import Mapping
from typing import Final

from features.feature import Text

MEANINGS: Final[Mapping[str, Text]] = {
    "receivables_weighted_delay_days_12m": Text(
        de="Wie viele Tage nach Fälligkeit Ihre Kunden im Schnitt zahlen.",
        en="How many days after the due date your customers pay on average.",
    ),
    "receivables_overdue_share": Text(
        de="Der Anteil Ihrer offenen Rechnungen, deren Zahlungsfrist abgelaufen ist.",
        en="The share of your unpaid invoices that are past their due date.",
    ),
    "receivables_over_60d_share": Text(
        de="Der Anteil Ihrer offenen Rechnungen, die seit mehr als 60 Tagen überfällig sind.",
        en="The share of your unpaid invoices that are more than 60 days overdue.",
    ),
    "receivables_dilution_share_12m": Text(
        de="Gutschriften, Skonti und Ausfälle der letzten zwölf Monate im Verhältnis zu Ihren Rechnungen.",
        en="Credit notes, discounts and losses of the last twelve months, relative to your invoices.",
    ),
    "customers_churn_share_12m": Text(
        de="Der Anteil der Kunden, die vor sieben bis zwölf Monaten eine Rechnung erhielten und seither keine mehr.",
        en="The share of customers that you invoiced seven to twelve months ago and have not invoiced since.",
    ),
    "revenue_log_12m": Text(de="Ihr Nettoumsatz der letzten zwölf Monate.", en="Your net revenue, last twelve months."),
    "payables_own_delay_days_12m": Text(
        de="Wie viele Tage nach Fälligkeit Sie Ihre Lieferanten im Schnitt bezahlen.",
        en="How many days after the due date you pay your suppliers on average.",
    ),
    "payables_overdue_share": Text(
        de="Der Anteil Ihrer unbezahlten Lieferantenrechnungen, deren Zahlungsfrist abgelaufen ist.",
        en="The share of your unpaid supplier bills that are past their due date.",
    ),
    "payables_reminder_fee_count_12m": Text(
        de="Wie oft Sie in den letzten zwölf Monaten Mahn- oder Inkassogebühren bezahlt haben.",
        en="How often you paid reminder or collection fees in the last twelve months.",
    ),
    "liquidity_inflow_outflow_ratio_90d": Text(
        de="Was in den letzten 90 Tagen einging, geteilt durch das, was ausging. Unter 1 ging mehr hinaus als herein.",
        en="Money that came in during the last 90 days, divided by money that went out. Below 1, more went out.",
    ),
    "liquidity_minimum_balance_months_90d": Text(
        de="Ihr niedrigster Kontostand der letzten 90 Tage, geteilt durch Ihre Ausgaben in einem Monat.",
        en="Your lowest balance of the last 90 days, divided by what you spend in a month.",
    ),
    "liquidity_returned_debit_count_90d": Text(
        de="Wie viele Lastschriften von Ihren Konten in den letzten 90 Tagen mangels Deckung zurückgingen.",
        en="How many direct debits from your accounts were returned for lack of funds in the last 90 days.",
    ),
}
"""What a figure means, by its name without a version."""

BELOW_ZERO: Final[Mapping[str, tuple[Text, Text]]] = {
    "receivables_weighted_delay_days_12m": (
        Text(de="Zahlungen Ihrer Kunden", en="Payments by your customers"),
        Text(
            de="Ihre Kunden zahlen im Schnitt {value} vor Fälligkeit (Minus heißt: vor Fälligkeit).",
            en="Your customers pay {value} before the due date on average (minus means before the due date).",
        ),
    ),
    "receivables_delay_trend_days_12m": (
        Text(de="Zahlungen Ihrer Kunden, Entwicklung", en="Payments by your customers, trend"),
        Text(
            de="Ihre Kunden zahlen von Monat zu Monat {value} früher (Minus heißt: früher).",
            en="Your customers pay {value} earlier each month (minus means earlier).",
        ),
    ),
    "payables_own_delay_days_12m": (
        Text(de="Zahlungen an Ihre Lieferanten", en="Payments to your suppliers"),
        Text(
            de="Sie bezahlen Ihre Lieferanten im Schnitt {value} vor Fälligkeit (Minus heißt: vor Fälligkeit).",
            en="You pay your suppliers {value} before the due date on average (minus means before the due date).",
        ),
    ),
}
"""Label and meaning of a delay that is none, by the same names."""

DECLINED_FOR: Final[Mapping[str, Text]] = {
    "PD_TOO_HIGH": Text(
        de="Die geschätzte Ausfallwahrscheinlichkeit beträgt {value}; bei mehr als {threshold} lehnen wir ab.",
        en="The estimated probability of default is {value}; above {threshold} we decline.",
    ),
}
"""What led to a decline by the machine, by rule: the letter is the decision."""

CAUSES: Final[Mapping[str, Text]] = {
    "PD_TOO_HIGH": Text(
        de="Die geschätzte Ausfallwahrscheinlichkeit beträgt {value}; bei mehr als {threshold} empfiehlt unser System"
        " eine Ablehnung.",
        en="The estimated probability of default is {value}; above {threshold} our system recommends to decline.",
    ),
    "PD_NEEDS_REVIEW": Text(
        de="Die geschätzte Ausfallwahrscheinlichkeit beträgt {value}; eine Zusage ohne Prüfung durch einen Menschen"
        " gibt es nur bis {threshold}.",
        en="The estimated probability of default is {value}; without a review by a person we approve only up to"
        " {threshold}.",
    ),
    "LIMIT_BELOW_PRODUCT": Text(
        de="Wie viel Kredit möglich ist, folgt vor allem aus Ihrem Umsatz und daraus, was nach den laufenden Zahlungen"
        " für Raten bleibt. Nach Ihren Büchern sind das höchstens {value}; der kleinste Kredit dieses Produkts beträgt"
        " {threshold}.",
        en="How much you can borrow follows mainly from your revenue and from what your current payments leave for"
        " instalments. By your books that is at most {value}; the smallest loan of this product is {threshold}.",
    ),
    "LIMIT_BELOW_REQUEST": Text(
        de="Wie viel Kredit möglich ist, folgt vor allem aus Ihrem Umsatz und daraus, was nach den laufenden Zahlungen"
        " für Raten bleibt. Nach Ihren Büchern sind das höchstens {value}; beantragt haben Sie {threshold}.",
        en="How much you can borrow follows mainly from your revenue and from what your current payments leave for"
        " instalments. By your books that is at most {value}; you asked for {threshold}.",
    ),
    "CASH_AHEAD_SHORT": Text(
        de="Nach unserer Vorschau ist zu unsicher, ob Ihre Konten in den nächsten Monaten für die Raten des kleinsten"
        " Kredits dieses Produkts ({threshold}) ausreichen.",
        en="By our look ahead it is too uncertain whether your accounts suffice in the next months for the instalments"
        " of the smallest loan of this product ({threshold}).",
    ),
    "OVERDRAFT_PERMANENT": Text(
        de="In den letzten 90 Tagen lag Ihr Kontostand {value} lang unter null; zulässig sind höchstens {threshold}"
        " Tage.",
        en="Your balance was below zero for {value} of the last 90; at most {threshold} days are permitted.",
    ),
    "OVERDRAFT_LONG": Text(
        de="In den letzten 90 Tagen lag Ihr Kontostand {value} lang unter null; zulässig ohne Prüfung durch einen"
        " Menschen: höchstens {threshold} Tage.",
        en="Your balance was below zero for {value} of the last 90; permitted without a review by a person: at most"
        " {threshold} days.",
    ),
    "GARNISHMENT_SUSPECTED": Text(
        de="Kontoumsätze der letzten 12 Monate lassen {value} erkennen; zulässig ohne Prüfung durch einen Menschen:"
        " höchstens {threshold}.",
        en="Bank transactions of the last 12 months hint at {value}; permitted without a review by a person: at most"
        " {threshold}.",
    ),
    "NATURAL_PERSON": Text(
        de="Über Anträge von Einzelunternehmern und anderen natürlichen Personen entscheidet bei uns immer ein Mensch."
        " Das sagt nichts über Ihre Bonität.",
        en="With us, a person always decides on applications by sole traders and other natural persons. This says"
        " nothing about your creditworthiness.",
    ),
}
"""What else is said of a rule that failed, in place of the catalogue's words."""

NOTHING_LEFT: Final = Text(
    de="Nach Ihren Büchern bleibt nach den laufenden Zahlungen und den Raten bestehender Kredite kein Betrag für eine"
    " weitere Rate. Der kleinste Kredit dieses Produkts beträgt {threshold}.",
    en="By your books, your current payments and the instalments of existing loans leave nothing for a further"
    " instalment. The smallest loan of this product is {threshold}.",
)
"""Of ``LIMIT_BELOW_PRODUCT``, where the surplus does not even reach what is paid for loans today."""
LITTLE_LEFT: Final = Text(
    de="Wie viel Kredit möglich ist, folgt vor allem aus Ihrem Umsatz und daraus, was nach den laufenden Zahlungen für"
    " Raten bleibt. Nach Ihren Büchern ist das zu wenig; der kleinste Kredit dieses Produkts beträgt {threshold}.",
    en="How much you can borrow follows mainly from your revenue and from what your current payments leave for"
    " instalments. By your books that is too little; the smallest loan of this product is {threshold}.",
)
"""Of the same rule, where nothing can be lent for another reason."""
