"""Tables in HTML or XML: what many pages save as `.xls`, and the XML spreadsheets of 2003.

Only the text of cells is read. A table within a cell belongs to that cell.
"""

from html.parser import HTMLParser

from stallwatch.imports.errors import ImportTooLargeError, ImportUnreadableError
from stallwatch.imports.records import MOST_ROWS
from stallwatch.imports.tables import Rows

_ROWS = frozenset({"tr", "row", "ss:row"})
_CELLS = frozenset({"td", "th", "cell", "ss:cell"})
_TABLES = frozenset({"table", "ss:table"})
_BREAKS = frozenset({"br", "p", "div", "li"})
_UNSEEN = frozenset({"script", "style"})

_MOST_COLUMNS = 120
_MOST_REREAD = 20_000_000
"""Characters that may be read again for tags that nothing closes: a fraction of a second."""
_SPARE_ROWS = 50
"""Rows above the limit of an import that may be empty, or hold titles and the header."""


def read_tables(text: str) -> list[Rows]:
    """The rows of each table, empty ones as empty lists.

    Raises:
        ImportUnreadableError: there is no table.
        ImportTooLargeError: it has more rows than one request takes.
    """
    reader = _Reader()
    try:
        reader.feed(text)
        _check_rest(reader.rawdata)
        reader.close()
    except (ImportTooLargeError, ImportUnreadableError):
        raise
    except Exception as error:  # whatever damaged markup makes of it
        raise ImportUnreadableError("the HTML is damaged", ["HTML"]) from error
    if not any(reader.tables):
        raise ImportUnreadableError(
            "a web page or XML without a table: export CSV, XLSX or JSON instead", ["HTML"]
        )
    return reader.tables


def _check_rest(unread: str) -> None:
    """Refuse a rest that takes long to be read to its end.

    The reader has stopped at a tag or a comment that nothing closes. It would now take that for
    text and go on to the next one, and each time look for a close in all that follows.
    """
    if len(unread) * unread.count("<") > _MOST_REREAD:
        raise ImportUnreadableError("the HTML is damaged", ["HTML"])


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[Rows] = []
        self._depth = 0
        self._cell: list[str] | None = None
        self._unseen = 0
        self._filled = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _TABLES:
            self._depth += 1
            if self._depth == 1:
                self.tables.append([])
        elif tag in _UNSEEN:
            self._unseen += 1
        elif self._depth == 1 and tag in _ROWS:
            self._end_cell()
            self._end_row()
            self.tables[-1].append([])
        elif self._depth == 1 and tag in _CELLS and self.tables[-1]:
            self._end_cell()
            self._skip_to(dict(attrs).get("ss:index"))
            self._cell = []
        elif tag in _BREAKS and self._cell is not None:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _TABLES and self._depth:
            if self._depth == 1:
                self._end_cell()
                self._end_row()
            self._depth -= 1
        elif tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif self._depth == 1 and tag in _CELLS:
            self._end_cell()

    def handle_data(self, data: str) -> None:
        if self._cell is not None and not self._unseen:
            self._cell.append(data)

    def _skip_to(self, place: str | None) -> None:
        """Fill up to a cell that says which column it is in, from 1."""
        row = self.tables[-1][-1]
        wanted = int(place) if place and place.isascii() and place.isdigit() else 0
        row += [""] * (min(wanted, _MOST_COLUMNS) - 1 - len(row))

    def _end_cell(self) -> None:
        if self._cell is None:
            return
        lines = (" ".join(line.split()) for line in "".join(self._cell).split("\n"))
        self._cell = None
        row = self.tables[-1][-1]
        if len(row) < _MOST_COLUMNS:
            row.append("\n".join(line for line in lines if line))

    def _end_row(self) -> None:
        rows = self.tables[-1]
        if not rows:
            return
        while rows[-1] and not rows[-1][-1]:
            rows[-1].pop()
        self._filled += bool(rows[-1])
        if self._filled > MOST_ROWS + _SPARE_ROWS:
            raise ImportTooLargeError(f"at most {MOST_ROWS} rows in one request: split the file")
