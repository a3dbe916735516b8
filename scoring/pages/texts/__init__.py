"""Everything that pages say, in German and English: one class of texts per kind of page.

A template reads ``t.<section>.<text>`` and gets the text in the reader's language; Python reads ``Frame.skip.de``.
A text may hold ``{names}`` that the template fills with ``format``.
"""

from collections.abc import Mapping
from types import MappingProxyType, SimpleNamespace
from typing import Any, Final, Literal, TypeAlias

from features.feature import Text
from scoring.pages.texts.account import Account
from scoring.pages.texts.asked import AskedPage
from scoring.pages.texts.audit import AuditPage
from scoring.pages.texts.cases import CasePage
from scoring.pages.texts.connect import Connect
from scoring.pages.texts.covenants import CovenantPage
from scoring.pages.texts.decision import DecisionPage
from scoring.pages.texts.errors import Errors
from scoring.pages.texts.frame import Frame
from scoring.pages.texts.given_consent import GivenConsentPage
from scoring.pages.texts.jobs import JobsPage
from scoring.pages.texts.listing import Listing
from scoring.pages.texts.loans import LoanPage
from scoring.pages.texts.monitoring import MonitoringPage
from scoring.pages.texts.papers import Papers
from scoring.pages.texts.portfolios import PortfolioPage
from scoring.pages.texts.promotions import PromotionPage
from scoring.pages.texts.reports import ReportPage
from scoring.pages.texts.sign_in import SignIn
from scoring.pages.texts.stacking import StackingPage
from scoring.pages.texts.verdicts import Verdicts
from scoring.pages.texts.warnings import WarningPage
from scoring.pages.texts.watching import WatchingPage
from scoring.pages.texts.webhooks import WebhookPage

Language: TypeAlias = Literal["de", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("de", "en")
"""The first is the default."""

SECTIONS: Final[Mapping[str, type]] = MappingProxyType(
    {
        "frame": Frame,
        "errors": Errors,
        "sign_in": SignIn,
        "account": Account,
        "verdicts": Verdicts,
        "listing": Listing,
        "decision": DecisionPage,
        "cases": CasePage,
        "loans": LoanPage,
        "papers": Papers,
        "connect": Connect,
        "asked": AskedPage,
        "given_consent": GivenConsentPage,
        "audit": AuditPage,
        "promotions": PromotionPage,
        "reports": ReportPage,
        "stacking": StackingPage,
        "covenants": CovenantPage,
        "warnings": WarningPage,
        "watching": WatchingPage,
        "jobs": JobsPage,
        "portfolios": PortfolioPage,
        "webhooks": WebhookPage,
        "monitoring": MonitoringPage,
    }
)
"""Section to its class of texts."""


def texts_in(language: Language) -> SimpleNamespace:
    """All texts in one language, by section."""
    return SimpleNamespace(
        **{
            name: SimpleNamespace(
                **{
                    key: _in_language(value, language)
                    for key, value in vars(section).items()
                    if not key.startswith("_")
                }
            )
            for name, section in SECTIONS.items()
        }
    )


def _in_language(value: Any, language: Language) -> Any:  # noqa: ANN401  a text, or a table of texts
    if isinstance(value, Text):
        return getattr(value, language)
    return {key: _in_language(text, language) for key, text in value.items()}
