"""What a lender's CSV of repayments says, however it is written, and what is left out of it and why."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from features.spine import SPINE
from models.outcomes import DECISIONS
from models.repayments_file import (
    DecimalSign,
    Joined,
    LeftOut,
    RepaymentsFileError,
    join_repayments,
    read_repayments,
)

AS_OF = date(2024, 1, 31)
UNTIL = date(2025, 6, 30)
POINTS = pl.DataFrame([(0, AS_OF, False), (1, AS_OF, False)], schema=SPINE, orient="row")
MADE = pl.DataFrame([(0, AS_OF, "dec_a"), (1, AS_OF, "dec_b")], schema=DECISIONS, orient="row")
HEAD = "decision_id;due_on;due;paid_on\n"


def read(folder: Path, content: str | bytes, *columns: str, decimal: DecimalSign | None = None) -> pl.DataFrame:
    """The rows of a file, all observed until the same day."""
    path = folder / "repayments.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    headings = dict(column.split("=") for column in columns)
    return read_repayments(path, headings, decimal=decimal, observed_until=UNTIL)


def joined(folder: Path, content: str) -> Joined:
    """What of it belongs to two points."""
    return join_repayments(read(folder, content), POINTS, MADE)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2024-03-01", date(2024, 3, 1)),
        ("01.03.2024", date(2024, 3, 1)),
        ("1.3.2024", date(2024, 3, 1)),
        ("01.03.24", date(2024, 3, 1)),
        ("2024/03/01", date(2024, 3, 1)),
        ("20240301", date(2024, 3, 1)),
        ("2024-03-01 00:00:00", date(2024, 3, 1)),
        ("2024-03-01T00:00:00Z", date(2024, 3, 1)),
        (" 01.03.2024 ", date(2024, 3, 1)),
        ("29.02.2024", date(2024, 2, 29)),
    ],
)
def test_days_are_read_as_people_write_them(tmp_path: Path, written: str, day: date) -> None:
    """A day before the month, as in German; never the other way round."""
    assert read(tmp_path, f"{HEAD}dec_a;{written};500,00;\n")["due_on"].to_list() == [day]


@pytest.mark.parametrize(
    ("written", "cents"),
    [
        ("500", 500_00),
        ("500,5", 500_50),
        ("500,05", 500_05),
        ("500.05", 500_05),
        ("1.234,56", 1_234_56),
        ("1,234.56", 1_234_56),
        ("1'234.56", 1_234_56),
        ("1\u2019234.56", 1_234_56),
        ("1 234,56 \u20ac", 1_234_56),
        ("EUR 1.234.567,89", 1_234_567_89),
        ("1234567.89", 1_234_567_89),
        ("0,01", 1),
    ],
)
def test_amounts_are_read_as_people_write_them(tmp_path: Path, written: str, cents: int) -> None:
    """German, English and Swiss, with and without a currency."""
    assert read(tmp_path, f"{HEAD}dec_a;2024-03-01;{written};\n")["due_cents"].to_list() == [cents]


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_any_separator_and_encoding_is_read(tmp_path: Path, separator: str, encoding: str) -> None:
    """As spreadsheets write them, with headings of their own."""
    head = separator.join(("Entscheidung", "F\u00e4lligkeit", "Rate", "bezahlt"))
    row = separator.join(("dec_a", "2024-03-01", "500.00", "2024-03-02"))
    names = ("decision_id=Entscheidung", "due_on=F\u00e4lligkeit", "due=Rate", "paid_on=bezahlt")
    found = read(tmp_path, f"{head}\r\n{row}\r\n".encode(encoding), *names)
    assert found.select("decision_id", "due_on", "due_cents", "paid_on").rows() == [
        ("dec_a", date(2024, 3, 1), 500_00, date(2024, 3, 2))
    ]


def test_a_separator_above_the_headings_is_followed(tmp_path: Path) -> None:
    """As Excel writes it; lines are still those of the file."""
    found = read(tmp_path, "sep=|\r\ndecision_id|due_on|due|paid_on\r\ndec_a|2024-03-01|1,234.50|\r\n")
    assert found.select("line", "due_cents").rows() == [(3, 1_234_50)]
    with pytest.raises(RepaymentsFileError, match="line 3, due: 'five' is no amount"):
        read(tmp_path, f"sep=;\n{HEAD}dec_a;2024-03-01;five;\n")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("dec_a;31.02.2024;500;", r"line 2, due_on: '31\.02\.2024' is no day"),
        ("dec_a;01.03.202;500;", r"line 2, due_on: '01\.03\.202' is no day"),
        ("dec_a;03/31/2024;500;", "line 2, due_on: '03/31/2024' is no day"),
        ("dec_a;2024-03-01;five;", "line 2, due: 'five' is no amount"),
        ("dec_a;2024-03-01;1.234;", r"'1\.234' may be thousands or cents; say which with --decimal"),
        ("dec_a;2024-03-01;1,50;\ndec_a;2024-04-01;1.50;", "both comma and point separate cents"),
        ("dec_a;2024-03-01;500;soon\ndec_a;2024-04-01;500;later", "line 2, paid_on: 'soon'.*line 3, paid_on: 'later'"),
        (";2024-03-01;500;", "line 2: decision_id is empty"),
        ("dec_a;;500;", "line 2: due_on is empty"),
        ("dec_a;2024-03-01;;", "line 2: due is empty"),
        ("dec_a;2024-03-01;0;", "line 2: the instalment is not above zero"),
        ("dec_a;2024-03-01;-5;", "line 2: the instalment is not above zero"),
        ("dec_a;2024-03-01;500;2025-07-01", "line 2: paid_on is after observed_until"),
        ("dec_a;2024-03-01;500;;;", "line 2: 6 cells under 4 headings"),
        ("dec_a;2024-03-01;500;\ndec_a;2024-04-01;500", "line 3: 3 cells under 4 headings; is the file whole"),
        ('dec_a;2024-03-01;500;"', "is no CSV file: line 2: unexpected end of data"),
        (f"dec_a;2024-03-01;{'9' * 140_000};", "is no CSV file: line 2: field larger than"),
        (f"dec_a;2024-03-01;{'9' * 13};", "line 2, due: '9999999999999' is no amount"),
        (f"dec_a;2024-03-01;{'9' * 18};", "line 2, due: '999999999999999999' is no amount"),
        (f"dec_a;2024-03-01;{'x' * 41};", rf"line 2, due: '{'x' * 40}\.\.\.' is no amount"),
        ('"dec\na";2024-03-01;500;\n\n;;;\ndec_a;2024-03-01;no;', "line 6, due: 'no' is no amount"),
    ],
)
def test_what_cannot_be_read_names_its_line(tmp_path: Path, rows: str, message: str) -> None:
    """Nothing is guessed, and nothing is left out without a word."""
    with pytest.raises(RepaymentsFileError, match=message):
        read(tmp_path, f"{HEAD}{rows}\n")


def test_an_error_names_five_cells_and_counts_the_others(tmp_path: Path) -> None:
    """A column of another kind does not fill the screen."""
    with pytest.raises(RepaymentsFileError, match=r"line 6, due_on: 'no' is no day; and 4 more$"):
        read(tmp_path, HEAD + "dec_a;no;500;\n" * 9)


@pytest.mark.parametrize(
    ("head", "columns", "message"),
    [
        ("decision_id;due_on;due", (), "none is paid_on, day on which it was paid; empty: not yet: name it"),
        ("due_on;due;paid_on", (), "none is decision_id, the decision"),
        ("decision_id;due_on;due;paid_on", ("due=Rate",), "none is called 'Rate'"),
        ("decision_id;due_on;due;paid_on", ("rate=due",), "no such column; there are decision_id, borrower"),
        ("", (), "is empty; its first line must be headings"),
        ("decision_id;due_on;due;due ;paid_on", (), "has 2 columns called 'due'; rename all but one"),
        ("decision_id;due_on;due;paid_on", ("due_on=paid_on",), "none is paid_on, day on which it was paid"),
    ],
)
def test_a_column_that_is_missing_is_named(tmp_path: Path, head: str, columns: tuple[str, ...], message: str) -> None:
    """With what it would hold, and how to name it."""
    with pytest.raises(RepaymentsFileError, match=message):
        read(tmp_path, f"{head}\n", *columns)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_rows_without_a_cell_and_columns_without_a_name_are_passed_over(tmp_path: Path, encoding: str) -> None:
    """As spreadsheets leave them behind a table; a column called ``line`` is like any other that is not read."""
    content = "line;decision_id;due_on;due;paid_on;;\r\n7;dec_a;2024-03-01;500;;;\r\n;;;;;;\r\n\r\n"
    found = read(tmp_path, content.encode(encoding))
    assert found.select("line", "decision_id", "due_cents").rows() == [(2, "dec_a", 500_00)]


def test_a_heading_that_is_said_to_be_one_column_is_no_other(tmp_path: Path) -> None:
    """``paid`` holds the day in this file, and no amount."""
    content = "decision_id;due_on;due;paid\ndec_a;2024-03-01;500;2024-03-05\n"
    found = read(tmp_path, content, "paid_on=paid")
    assert found["paid_on"].to_list() == [date(2024, 3, 5)]
    assert "paid_cents" not in found.columns


def test_two_days_of_observation_contradict_each_other(tmp_path: Path) -> None:
    """Neither that of the file nor that of the command is passed over in silence."""
    with pytest.raises(RepaymentsFileError, match="has a column for observed_until"):
        read(tmp_path, "decision_id;due_on;due;paid_on;observed_until\ndec_a;2024-03-01;500;;2024-05-01\n")


def test_a_default_is_not_found_after_the_observation(tmp_path: Path) -> None:
    """It would not be counted."""
    with pytest.raises(RepaymentsFileError, match="line 2: unlikely_on is after observed_until"):
        read(tmp_path, "decision_id;due_on;due;paid_on;unlikely_on\ndec_a;2024-03-01;500;;2025-07-01\n")


def test_the_day_of_observation_must_be_told(tmp_path: Path) -> None:
    """Unpaid until when, is what outcomes hang on."""
    path = tmp_path / "repayments.csv"
    path.write_text(f"{HEAD}dec_a;2024-03-01;500;\n")
    with pytest.raises(RepaymentsFileError, match="give --observed-until DAY"):
        read_repayments(path, {})


def test_rows_become_the_instalments_of_their_points(tmp_path: Path) -> None:
    """Numbered by their due day, whatever the order of the file."""
    found = joined(
        tmp_path,
        f"{HEAD}dec_b;2024-04-01;500;\ndec_a;2024-03-01;500;2024-03-05\ndec_b;2024-03-01;400;2024-03-01\n",
    )
    assert found.repayments.rows() == [
        (0, AS_OF, 1, date(2024, 3, 1), 500_00, date(2024, 3, 5), UNTIL),
        (1, AS_OF, 1, date(2024, 3, 1), 400_00, date(2024, 3, 1), UNTIL),
        (1, AS_OF, 2, date(2024, 4, 1), 500_00, None, UNTIL),
    ]
    assert (found.rows, found.left_out) == (3, ())


@pytest.mark.parametrize(
    ("paid", "parts"),
    [
        ("200", [(200_00, date(2024, 3, 5)), (300_00, None)]),
        ("500", [(500_00, date(2024, 3, 5))]),
        ("700", [(500_00, date(2024, 3, 5))]),
        ("", [(500_00, date(2024, 3, 5))]),
        ("0", [(500_00, None)]),
    ],
)
def test_an_instalment_that_was_paid_in_part_is_two_rows(
    tmp_path: Path, paid: str, parts: list[tuple[int, date | None]]
) -> None:
    """What is left stays overdue; more than the instalment is of no other one, which is told."""
    content = f"decision_id;due_on;due;paid_on;paid\ndec_a;2024-03-01;500;2024-03-05;{paid}\n"
    found = joined(tmp_path, content)
    assert found.repayments.select("due_cents", "paid_on").rows() == parts
    assert [one.reason for one in found.left_out] == ["of a payment, what is beyond its instalment"] * (paid == "700")


@pytest.mark.parametrize(
    ("rows", "is_twice"),
    [
        (("500;2024-03-05;300", "500;2024-04-05;200"), True),
        (("500;2024-03-05;300", "500;;"), True),
        (("300;2024-03-05;300", "200;2024-04-05;200"), False),
        (("500;2024-03-05;300", "200;;"), False),
        (("500;2024-03-05;500", "500;;"), False),  # two instalments of one day
        (("500;2024-03-05;300", "500;2024-03-05;300"), False),  # the same row again is left out, and told
    ],
)
def test_the_whole_instalment_is_not_due_with_each_of_its_parts(
    tmp_path: Path, *, rows: tuple[str, ...], is_twice: bool
) -> None:
    """An instalment that was paid in two parts would never be paid, and the loan bad."""
    content = "decision_id;due_on;due;paid_on;paid\n" + "".join(f"dec_a;2024-03-01;{row}\n" for row in rows)
    if is_twice:
        with pytest.raises(RepaymentsFileError, match="lines 2 and 3: one instalment in two rows"):
            read(tmp_path, content)
    else:
        assert read(tmp_path, content).height == 2


@pytest.mark.parametrize("row", ["80;;", "80;2024-03-05;30"])
def test_two_equal_rows_that_are_still_owed_are_refused(tmp_path: Path, row: str) -> None:
    """A copy, or two parts that are overdue together and material only together: nobody can tell."""
    content = f"decision_id;due_on;due;paid_on;paid\ndec_a;2024-03-01;{row}\ndec_a;2024-03-01;{row}\n"
    with pytest.raises(RepaymentsFileError, match="lines 2 and 3 are the same, and not paid in full"):
        joined(tmp_path, content)


def test_what_is_left_out_is_told_with_its_first_line(tmp_path: Path) -> None:
    """A decision that the dataset does not have, and a row that is there twice."""
    row = "dec_a;2024-03-01;500;2024-03-05\n"
    found = joined(tmp_path, f"{HEAD}{row}dec_x;2024-03-01;500;\n{row}dec_x;2024-04-01;500;\n")
    assert found.repayments.height == 1
    assert found.left_out == (
        LeftOut(reason="the same row again", rows=1, example="line 4, dec_a"),
        LeftOut(reason="no such decision in the dataset", rows=2, example="line 3, dec_x"),
    )
    assert found.rows == 4


def test_points_may_be_named_by_borrower_and_day(tmp_path: Path) -> None:
    """Where the dataset names no decisions; a day that is no point is left out."""
    content = "borrower,as_of,due_on,due,paid_on\n1,2024-01-31,2024-03-01,500.00,\n1,2024-02-01,2024-03-01,500.00,\n"
    found = join_repayments(read(tmp_path, content), POINTS, None)
    assert found.repayments.select("borrower", "as_of").rows() == [(1, AS_OF)]
    assert [one.reason for one in found.left_out] == ["no such point in the dataset"]


def test_decisions_that_the_dataset_does_not_name_are_refused(tmp_path: Path) -> None:
    """Nobody could tell whose loan a row is."""
    with pytest.raises(RepaymentsFileError, match="does not name decisions"):
        join_repayments(read(tmp_path, f"{HEAD}dec_a;2024-03-01;500;\n"), POINTS, None)


def test_an_instalment_before_the_decision_is_of_another_loan(tmp_path: Path) -> None:
    """It would be counted for a firm whose books it does not follow from."""
    with pytest.raises(RepaymentsFileError, match=r"line 3: an instalment was due on 2024-01-31, not after"):
        joined(tmp_path, f"{HEAD}dec_a;2024-02-01;500;\ndec_a;2024-01-31;500;\n")


def test_the_first_day_on_which_a_firm_was_unlikely_to_pay_counts(tmp_path: Path) -> None:
    """It stands in any row of the loan."""
    head = "decision_id;due_on;due;paid_on;unlikely_on\n"
    rows = "dec_a;2024-03-01;500;;2024-06-01\ndec_a;2024-04-01;500;;2024-05-01\ndec_b;2024-03-01;500;2024-03-01;\n"
    assert joined(tmp_path, head + rows).unlikely_to_pay.rows() == [(0, AS_OF, date(2024, 5, 1))]


def test_a_long_file_without_amounts_paid_is_read(tmp_path: Path) -> None:
    """More rows than a frame is filtered in at once."""
    rows = "".join(f"dec_{number};2025-01-31;100;2025-01-31\n" for number in range(20_000))
    found = read(tmp_path, HEAD + rows)
    assert found.height == 20_000
