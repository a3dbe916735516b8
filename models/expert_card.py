"""The card of a scorecard whose points people set: who set them, why, and that nothing was measured."""

from collections.abc import Mapping

from features.feature import Feature
from models.card import gates_section, intended_use
from models.expert import ExpertCard, ExpertFeature, meant
from models.points import PointsTable
from models.records import ExpertRecord
from models.wording import DIRECTION, markdown_table

NEVER_MEASURED = (
    "**Set by people, never measured.** No outcome of any firm was looked at. Ranking, calibration and stability are "
    "unknown: the points are opinions, and the PD is right on average only if the bad rate is."
)
EXPERT_LIMITS = (
    "There is no interval of the score: it would say how far the points depend on a sample of firms.",
    "Enter what becomes of loans, and train as soon as outcomes are known.",
    "Policy 4 leaves every firm that it scores to a person.",
    "A policy without `caps.model_must_be_measured` approves by its PD: set `approve_at_or_below` to 0 there.",
)


def expert_card(
    table: PointsTable, card: ExpertCard, record: ExpertRecord, anchored: str, catalogue: Mapping[str, Feature]
) -> str:
    """The card of a scorecard of experts, as Markdown.

    Args:
        table: The served form.
        card: What people wrote.
        record: Of how the table came about.
        anchored: What it is anchored on, in a sentence.
        catalogue: Declarations of all features.
    """
    sections = (
        ["# Model card", NEVER_MEASURED],
        intended_use(record.definition.horizon_months, table),
        [
            "## Who set it, and why",
            f"{card.name}, by {card.set_by}. {card.reason}",
            f"PD: {meant(record)}. {record.definition.describe()}",
            f"{anchored} Estimator: expert, feature catalogue {record.features_version}, made at {record.made_at}.",
        ],
        gates_section(record.gates),
        [
            "## Limits",
            "\n".join(f"* {limit}" for limit in EXPERT_LIMITS),
        ],
        _expert_points(table, card, catalogue),
    )
    return "\n\n".join(part for section in sections for part in section) + "\n"


def _expert_points(table: PointsTable, card: ExpertCard, catalogue: Mapping[str, Feature]) -> list[str]:
    parts = ["## Points", f"Base {table.base:.2f}. Points are relative to the firms, or the firm, of the anchor."]
    for steps in table.features:
        written: ExpertFeature = card.features[steps.name]
        declared = catalogue[steps.name]
        comment = f" Why so: {written.comment}" if written.comment else ""
        columns = zip(
            steps.bin_names,
            [*steps.shares, steps.missing_share],
            [*written.points, written.missing],
            [*steps.points, steps.missing_points],
            strict=True,
        )
        parts += [
            f"### {declared.label.en} (`{steps.name}`)",
            f"{declared.meaning.en} Declared: {DIRECTION[declared.risk]}.{comment}",
            markdown_table(
                ["value", "share of firms", "as written", "points"],
                [[name, f"{share:.1%}", f"{given:+g}", f"{points:+.1f}"] for name, share, given, points in columns],
            ),
        ]
    return parts
