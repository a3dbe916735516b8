"""Wire types of reports on people's decisions."""

from scoring.decisions.review_report import PersonsReport, ReviewReport


class ReviewReportResponse(ReviewReport, frozen=True, kw_only=True):
    """Figures on people's decisions, of votes of which no figure tells of one person."""


class PersonsReportResponse(PersonsReport, frozen=True, kw_only=True):
    """Figures of single persons, under a works agreement."""
