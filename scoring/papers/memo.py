"""A credit memo as PDF and as an Excel workbook."""

import io
import re
from datetime import datetime
from typing import Any, Final

from scoring.papers.printing import pdf
from scoring.texts.memo import Cell, Memo, Table

_FORMATS: Final = {"euro": '#,##0.00\\ "€"', "share": "0.00%", "count": "#,##0", "score": "#,##0.0"}
_NOT_IN_NAMES: Final = re.compile(r"[\[\]:*?/\\']")
_LONGEST_NAME: Final = 31
_WIDEST: Final = 60


def pdf_of(memo: Memo, at: datetime) -> bytes:
    """The memo on A4; work for a worker thread."""
    return pdf("memo.typ", "memo", memo, at)


def workbook_of(memo: Memo, at: datetime) -> bytes:
    """A sheet for each table, with numbers and days as such.

    Text is always written as text: what begins as a formula or a link does is none.
    """
    import xlsxwriter  # noqa: PLC0415  few processes write workbooks

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(buffer, options)
    moment = at.replace(tzinfo=None)
    book.set_properties({"title": memo.title, "created": moment})
    formats = {name: book.add_format({"num_format": text}) for name, text in _FORMATS.items()}
    formats |= {
        "day": book.add_format({"num_format": "yyyy-mm-dd", "align": "left"}),
        "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
        "text": book.add_format({"text_wrap": True, "valign": "top"}),
        "title": book.add_format({"bold": True, "font_size": 14}),
    }
    for number, table in enumerate(memo.tables):
        sheet = book.add_worksheet(_NOT_IN_NAMES.sub(" ", table.title)[:_LONGEST_NAME])
        row = 0
        if number == 0:
            for text, style in ((memo.title, "title"), (memo.sample, "text"), (memo.summary, None)):
                if text is not None:
                    sheet.write_string(row, 0, text, formats[style] if style else None)
                    row += 1
            sheet.write_string(row, 0, memo.receipt)
            row += 2
        _write(sheet, row, table, formats)
    book.close()
    return buffer.getvalue()


def _write(sheet: Any, row: int, table: Table, formats: dict[str, Any]) -> None:  # noqa: ANN401  of XlsxWriter
    for place, name in enumerate(table.head):
        cells = [name, *(line[place].text for line in table.rows)]
        sheet.set_column(place, place, min(max(map(len, cells)) + 2, _WIDEST))
        sheet.write_string(row, place, name, formats["head"])
    sheet.freeze_panes(row + 1, 0)
    if not table.rows:
        sheet.write_string(row + 1, 0, table.empty, formats["text"])
    for offset, line in enumerate(table.rows, start=1):
        for place, cell in enumerate(line):
            _put(sheet, row + offset, place, cell, formats)


def _put(sheet: Any, row: int, column: int, cell: Cell, formats: dict[str, Any]) -> None:  # noqa: ANN401  the same
    if cell.number is not None and cell.unit is not None:
        sheet.write_number(row, column, cell.number, formats[cell.unit])
    elif cell.day is not None:
        at = datetime(cell.day.year, cell.day.month, cell.day.day)  # noqa: DTZ001  Excel knows no time zones
        sheet.write_datetime(row, column, at, formats["day"])
    elif cell.link is not None:
        sheet.write_url(row, column, cell.link, string=cell.text)
    else:
        sheet.write_string(row, column, cell.text, formats["text"])
