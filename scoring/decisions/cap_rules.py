"""Doubts about application and data: whatever the score, a person looks at the case."""

from typing import Final

from features.feature import Missing, Text, Unit
from scoring.decisions.decision import FOREIGN_ACCOUNT, PayoutCheck, Verdict
from scoring.decisions.rules import CONNECT_BANK, Bound, DecisionContext, Rule, RuleKind, measured
from scoring.decisions.wording import format_value

BANK_FEED_SHARE: Final = "trust_bank_feed_share_12m"
PAID_WITHOUT_INFLOW: Final = "trust_paid_without_inflow_share_12m"
ASSUMED_DUE: Final = "trust_assumed_due_share_12m"
SALES_INFLOW: Final = "trust_sales_inflow_ratio_12m"
SALES_BURST: Final = "trust_sales_burst_score_30d"


def _balance_level(case: DecisionContext) -> str:
    is_unverified = Missing.BALANCE_LEVEL_UNVERIFIED in case.missing.values()
    return "unverified" if is_unverified or case.coverage.account_count == 0 else "verified"


def _currency(case: DecisionContext) -> str:
    return "foreign" if FOREIGN_ACCOUNT in case.coverage.notes else "euro"


def _idle_days(case: DecisionContext) -> float | None:
    last_on = case.coverage.last_on
    return None if last_on is None else float(max(0, (case.circumstances.as_of - last_on).days))


CAPS: Final[tuple[Rule[DecisionContext], ...]] = (
    Rule[DecisionContext](
        id="AMOUNT_BELOW_PRODUCT",
        kind=RuleKind.CAP,
        effect=Verdict.REFER,
        subject=Text(de="Beantragter Betrag", en="Amount asked for"),
        problem=Text(
            de="Beantragt wurden {value}; der kleinste Kredit dieser Art beträgt {threshold}.",
            en="{value} was asked for; the smallest loan of this kind is {threshold}.",
        ),
        remedy=Text(de="Ein höherer Betrag kann beantragt werden.", en="A larger amount can be asked for."),
        observe=lambda case: float(case.terms.amount_cents),
        threshold=lambda case: float(case.product.minimum_cents),
        documented=lambda _: Text(de="Mindestbetrag der Kreditart", en="smallest amount of the product"),
        bound=Bound.AT_LEAST,
        unit=Unit.CENTS,
    ),
    Rule[DecisionContext](
        id="TERM_TOO_SHORT",
        kind=RuleKind.CAP,
        effect=Verdict.REFER,
        subject=Text(de="Laufzeit nach unten", en="Term, shortest"),
        problem=Text(
            de="Die Laufzeit beträgt {value}; diese Kreditart beginnt bei {threshold}.",
            en="The term is {value}; this kind of loan starts at {threshold}.",
        ),
        remedy=Text(de="Eine längere Laufzeit kann beantragt werden.", en="A longer term can be asked for."),
        observe=lambda case: float(case.terms.term_months),
        threshold=lambda case: float(case.product.minimum_term_months),
        documented=lambda _: Text(de="kürzeste Laufzeit der Kreditart", en="shortest term of the product"),
        bound=Bound.AT_LEAST,
        unit=Unit.MONTHS,
    ),
    Rule[DecisionContext](
        id="TERM_TOO_LONG",
        kind=RuleKind.CAP,
        effect=Verdict.REFER,
        subject=Text(de="Laufzeit nach oben", en="Term, longest"),
        problem=Text(
            de="Die Laufzeit beträgt {value}; diese Kreditart endet bei {threshold}.",
            en="The term is {value}; this kind of loan ends at {threshold}.",
        ),
        remedy=Text(de="Eine kürzere Laufzeit kann beantragt werden.", en="A shorter term can be asked for."),
        observe=lambda case: float(case.terms.term_months),
        threshold=lambda case: float(case.product.maximum_term_months),
        documented=lambda _: Text(de="längste Laufzeit der Kreditart", en="longest term of the product"),
        bound=Bound.AT_MOST,
        unit=Unit.MONTHS,
    ),
    Rule[DecisionContext](
        id="PAYOUT_NOT_MATCHED",
        kind=RuleKind.CAP,
        effect=Verdict.REFER,
        subject=Text(de="Auszahlungskonto", en="Payout account"),
        problem=Text(
            de="Das Auszahlungskonto {value}.",
            en="The payout account {value}.",
        ),
        remedy=Text(
            de="Bitte ein Konto angeben, das in der Buchhaltung mit dem Online-Banking verbunden ist.",
            en="Please name an account that is connected to online banking in the books.",
        ),
        observe=lambda case: case.coverage.payout.value,
        threshold=lambda _: PayoutCheck.MATCH.value,
        documented=lambda _: Text(de="ist ein Bankkonto der Buchhaltung", en="is a bank account of the books"),
        states={
            PayoutCheck.MATCH: Text(de="ist ein Bankkonto der Buchhaltung", en="is a bank account of the books"),
            PayoutCheck.MISMATCH: Text(
                de="gehört zu keinem Bankkonto der Buchhaltung", en="belongs to no bank account of the books"
            ),
            PayoutCheck.UNKNOWN: Text(
                de="ließ sich nicht mit den Bankkonten der Buchhaltung vergleichen",
                en="could not be compared with the bank accounts of the books",
            ),
        },
    ),
    measured(
        "BANK_FEED_SHARE_LOW",
        RuleKind.CAP,
        BANK_FEED_SHARE,
        Bound.AT_LEAST,
        lambda policy: policy.caps.bank_feed_share_at_least,
        unit=Unit.SHARE,
        subject=Text(
            de="Von der Bank gelieferter Anteil der Kontoumsätze", en="Share of bank volume delivered by the bank"
        ),
        problem=Text(
            de="Nur {value} der Kontoumsätze hat die Bank selbst geliefert; verlangt werden mindestens {threshold}.",
            en="Only {value} of the bank volume was delivered by the bank itself; at least {threshold} is required.",
        ),
        remedy=CONNECT_BANK,
    ),
    measured(
        "PAID_WITHOUT_INFLOW_HIGH",
        RuleKind.CAP,
        PAID_WITHOUT_INFLOW,
        Bound.AT_MOST,
        lambda policy: policy.caps.paid_without_inflow_share_at_most,
        unit=Unit.SHARE,
        subject=Text(de="Bezahlte Beträge ohne Zahlungseingang", en="Paid amounts without a bank line"),
        problem=Text(
            de="Zu {value} der bezahlten Beträge fehlt ein Zahlungseingang; höchstens {threshold} sind zulässig.",
            en="For {value} of the amounts booked as paid there is no bank line; at most {threshold} is allowed.",
        ),
        remedy=Text(
            de="Bitte Zahlungseingänge in der Buchhaltung den Rechnungen zuordnen.",
            en="Please match incoming payments to invoices in the books.",
        ),
    ),
    Rule[DecisionContext](
        id="BALANCE_LEVEL_UNVERIFIED",
        kind=RuleKind.CAP,
        effect=Verdict.REFER,
        subject=Text(de="Kontostand", en="Account balance"),
        problem=Text(
            de="Der Kontostand in der Buchhaltung ist nicht von der Bank bestätigt.",
            en="The account balance in the books is not confirmed by the bank.",
        ),
        remedy=CONNECT_BANK,
        observe=_balance_level,
        threshold=lambda _: "verified",
        documented=lambda _: Text(de="von der Bank bestätigt", en="confirmed by the bank"),
        states={
            "verified": Text(de="nicht zu beanstanden", en="nothing to object to"),
            "unverified": Text(de="nicht von der Bank bestätigt", en="not confirmed by the bank"),
        },
    ),
    Rule[DecisionContext](
        id="FOREIGN_CURRENCY_ACCOUNT",
        kind=RuleKind.CAP,
        effect=Verdict.REFER,
        subject=Text(de="Währung der Konten", en="Currency of the accounts"),
        problem=Text(
            de="Ein Konto wird nicht in Euro geführt; seine Umsätze und sein Stand sind nicht berücksichtigt.",
            en="An account is not kept in euro; its lines and its level are left out.",
        ),
        remedy=Text(
            de="Eine Person kann die Auszüge dieses Kontos prüfen.",
            en="A person can look at the statements of that account.",
        ),
        observe=_currency,
        threshold=lambda _: "euro",
        documented=lambda _: Text(de="alle in Euro", en="all in euro"),
        states={
            "euro": Text(de="alle in Euro", en="all in euro"),
            "foreign": Text(de="nicht alle in Euro", en="not all in euro"),
        },
    ),
    Rule[DecisionContext](
        id="PAYMENT_LOG_UNAVAILABLE",
        kind=RuleKind.CAP,
        effect=Verdict.REFER,
        subject=Text(de="Verknüpfung von Zahlungen und Belegen", en="Links between payments and documents"),
        problem=Text(
            de="Zahlungen und Belege sind nicht verknüpft; {value}.",
            en="Payments and documents are not linked; {value}.",
        ),
        remedy=Text(
            de="Bitte Zahlungen in der Buchhaltung den Rechnungen und Belegen zuordnen.",
            en="Please match payments to invoices and receipts in the books.",
        ),
        observe=lambda case: case.coverage.payment_source,
        threshold=lambda _: "log",
        documented=lambda _: Text(
            de="Kontoumsätze sind mit Belegen verknüpft", en="bank lines are linked to documents"
        ),
        states={
            "log": Text(de="Kontoumsätze sind mit Belegen verknüpft", en="bank lines are linked to documents"),
            "documents": Text(
                de="bekannt sind nur die Zahlungsangaben der Belege selbst",
                en="only what the documents themselves say about payments is known",
            ),
            "none": Text(de="es sind keine Zahlungen erfasst", en="no payments are recorded"),
        },
    ),
    measured(
        "SALES_WITHOUT_INFLOW",
        RuleKind.CAP,
        SALES_INFLOW,
        Bound.AT_MOST,
        lambda policy: policy.caps.sales_inflow_ratio_at_most,
        unit=Unit.RATIO,
        subject=Text(de="Gebuchter Umsatz zu Geldeingang", en="Booked sales to money received"),
        problem=Text(
            de="Der gebuchte Umsatz ist das {value}-Fache des eingegangenen Geldes; zulässig ist {threshold}.",
            en="Booked sales are {value} times the money received; {threshold} is allowed.",
        ),
        remedy=Text(
            de="Bitte alle Konten verbinden, auf die Kunden zahlen.",
            en="Please connect all accounts that customers pay to.",
        ),
    ),
    measured(
        "DUE_DATES_ASSUMED",
        RuleKind.CAP,
        ASSUMED_DUE,
        Bound.AT_MOST,
        lambda policy: policy.caps.assumed_due_share_at_most,
        unit=Unit.SHARE,
        subject=Text(de="Belege ohne Zahlungsziel", en="Documents without a due date"),
        problem=Text(
            de="{value} der Belege nennen kein Zahlungsziel; höchstens {threshold} sind zulässig.",
            en="{value} of the documents state no due date; at most {threshold} is allowed.",
        ),
        remedy=Text(
            de="Bitte Zahlungsziele auf Rechnungen und Belegen angeben.",
            en="Please state due dates on invoices and receipts.",
        ),
    ),
    measured(
        "SALES_BURST",
        RuleKind.CAP,
        SALES_BURST,
        Bound.AT_MOST,
        lambda policy: policy.caps.sales_burst_score_at_most,
        unit=Unit.SCORE,
        subject=Text(
            de="Auffälligkeit des Umsatzes der letzten 30 Tage", en="Unusualness of the revenue of the last 30 days"
        ),
        problem=Text(
            de="Der Umsatz der letzten 30 Tage liegt ungewöhnlich weit über dem bisherigen "
            "(Abweichung {value}, zulässig höchstens {threshold}).",
            en="Revenue of the last 30 days is unusually far above what it was before "
            "(deviation {value}, at most {threshold} allowed).",
        ),
        remedy=Text(
            de="Verträge oder Lieferscheine zu den neuen Rechnungen können den Anstieg belegen.",
            en="Contracts or delivery notes for the new invoices can explain the rise.",
        ),
    ),
    Rule[DecisionContext](
        id="BOOKS_IDLE",
        kind=RuleKind.CAP,
        effect=Verdict.REFER,
        subject=Text(de="Tage seit dem letzten Eintrag", en="Days since the newest entry"),
        problem=Text(
            de="Der letzte Eintrag der Buchhaltung ist {value} alt; zulässig sind höchstens {threshold}.",
            en="The newest entry in the books is {value} old; at most {threshold} is allowed.",
        ),
        remedy=Text(
            de="Bitte die Buchhaltung auf den neuesten Stand bringen.", en="Please bring the books up to date."
        ),
        observe=_idle_days,
        threshold=lambda case: float(case.policy.caps.idle_days_at_most),
        documented=lambda policy: format_value(float(policy.caps.idle_days_at_most), Unit.DAYS),
        bound=Bound.AT_MOST,
        unit=Unit.DAYS,
    ),
    Rule[DecisionContext](
        id="AS_OF_RECONSTRUCTED",
        kind=RuleKind.CAP,
        effect=Verdict.REFER,
        subject=Text(de="Stand der Daten", en="State of the data"),
        problem=Text(
            de="Der Stichtag liegt in der Vergangenheit; spätere Änderungen an Belegen können die Werte verfälschen.",
            en="The observation date is in the past; later changes to documents may have altered the values.",
        ),
        remedy=Text(
            de="Eine Anfrage ohne Stichtag bewertet den heutigen Stand.",
            en="An application without an observation date is decided on today's state.",
        ),
        observe=lambda case: "reconstructed" if case.circumstances.is_reconstructed else "current",
        threshold=lambda _: "current",
        documented=lambda _: Text(de="zum Stichtag abgerufen", en="fetched on the observation date"),
        states={
            "current": Text(de="zum Stichtag abgerufen", en="fetched on the observation date"),
            "reconstructed": Text(de="nachträglich wiederhergestellt", en="reconstructed afterwards"),
        },
    ),
)
