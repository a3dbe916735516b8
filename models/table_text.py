"""What cards and reports say of a model of a table, where it differs from a model of books."""

from collections.abc import Sequence

from models.points import BASE_ODDS, BASE_SCORE, POINTS_TO_DOUBLE_ODDS
from models.records import TableRecord, TrainingRecord, VariableEvidence

TRAINED_ON_A_TABLE = (
    "**Trained on a table.** Its columns are no features of the catalogue: the service cannot score with it, and it "
    "can be neither registered nor promoted. Use it elsewhere: `python -m models export` writes it as SQL or Python."
)
VARIABLES_HEAD = [
    "column",
    "direction",
    "IV",
    "missing",
    "bins",
    "cluster",
    "most correlated with",
    "in the model",
]
VARIABLES_TEXT = (
    "Of the training part, each column by itself; information values are biased up. Columns of one cluster are "
    "correlated by 0.7 or more (Spearman, in magnitude), directly or through others: they say much the same."
)


def rows_word(record: TrainingRecord) -> str:
    """What the rows of a model are, in the plural."""
    if record.table is not None:
        return "rows"
    return "loans" if record.distress is None else "points in time"


def became(record: TrainingRecord) -> str:
    """What is said of the bad ones."""
    if record.table is not None:
        return "rows were bad"
    return "firms failed" if record.distress is None else "firms fell into distress"


def variable_rows(variables: Sequence[VariableEvidence], name: str = "{}") -> list[list[str]]:
    """Columns of a table, the most informative first, in the columns of ``VARIABLES_HEAD``."""
    return [
        [
            name.format(one.name),
            "categories" if one.is_category and one.direction == "free" else one.direction,
            f"{one.information_value:.3f}",
            f"{one.missing_share:.1%}",
            str(one.bins),
            str(one.cluster),
            "" if one.nearest is None else f"{name.format(one.nearest)} {one.correlation:+.2f}",
            "yes" if one.is_selected else "no",
        ]
        for one in sorted(variables, key=lambda one: (-one.information_value, one.name))
    ]


def weights_text(record: TrainingRecord) -> list[str]:
    """Which figures the weights of a table's rows are counted in; nothing where there are none."""
    if record.table is None or record.table.weight is None:
        return []
    told = (
        f"Rows weigh what {record.table.weight} says in training, in bad rate and mean PD of a part, and in AUC, Gini, "
        "KS, Brier score, observed to expected and slope. All other figures count rows: bins, gains, grades, periods, "
        "stability, what a feature adds, alarms."
    )
    return [told]


def label_text(record: TrainingRecord) -> str:
    """What is bad, and on which rows a model was trained and measured."""
    table = record.table
    if table is None:
        days = f"until {record.trained_until}, measured out of time on rows from {record.cut_off} on"
        return f"Label: {record.label.name}. {record.label.describe()} Trained on rows {days}."
    bad = "1, or true" if table.bad is None else repr(table.bad)
    weighted = "" if table.weight is None else f" Rows are weighted by {table.weight}."
    return f"Label: bad is where {table.target} is {bad}. {split_text(record, table)}{weighted}"


def split_text(record: TrainingRecord, table: TableRecord) -> str:
    """How the rows of a table were split."""
    grouped = "" if table.group is None else f" Rows with the same {table.group} are one borrower here."
    if table.time is None:
        return (
            f"The table has no column of time: {record.out_of_time.rows} of its rows were held out by chance, always "
            "the same. So nothing shows how the model does later: expect less there." + grouped
        )
    until = (
        f"{table.horizon_months} months before, when their outcomes were known (--horizon)"
        if table.horizon_months
        else "the day before"
    )
    return (
        f"Split by {table.time}: rows from {record.cut_off} on are out of time; training ends on "
        f"{record.trained_until}, {until}.{grouped}"
    )


def use_of_a_table() -> list[str]:
    """The section of a card, in place of that on loans to firms."""
    return [
        "## Intended use",
        (
            "Probability of the label of the table, for rows that come about as those of the table did. Who scores "
            "with it decides what it may be used for; nothing here has looked at that."
        ),
        (
            f"Score: {BASE_SCORE:.0f} points are odds of {BASE_ODDS:.0f} good to 1 bad, {POINTS_TO_DOUBLE_ODDS:.0f} "
            "points double the odds, higher is better. The model is a sum of one step function per column, so the "
            "points of a column are its whole influence."
        ),
    ]


def as_held_out(text: str, record: TrainingRecord) -> str:
    """The text of a card or a report; where rows were held out by chance, it does not call them out of time."""
    if record.table is None or record.table.time is not None:
        return text
    words = {"Out of time": "Held out", "out of time": "held out"}
    # What stands in place of days; see ``models.tables``.
    words |= {f"{day} to {day}": "by chance" for day in ("1970-01-01", "1970-01-02")}
    for word, instead in words.items():
        text = text.replace(word, instead)
    return text
