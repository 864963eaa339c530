"""Whatever arrives: a report or one of our errors, and nothing else."""

from datetime import date
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from stallwatch.imports.errors import ImportFailedError
from stallwatch.imports.merge import merge
from stallwatch.imports.pasted import numbers_in
from stallwatch.imports.reading import read_import
from tests.support.effort import examples
from tests.support.template import ROOT

SAMPLES = sorted((ROOT / "tests" / "data" / "imports").iterdir())
TEXTS = [path for path in SAMPLES if path.suffix not in {".xlsx", ".eml", ".json"}]
TODAY = date(2026, 11, 28)
ENCODINGS = [
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-be",
    "utf-32",
    "cp1252",
    "cp1250",
    "cp1251",
    "gb18030",
    "shift_jis",
    "euc_kr",
    "utf-7",
    "cp500",
]
SEPARATORS = ["\t", ";", "|", ",", ":", "^", " ", "\x1f", "\u3001", "::"]


def ends_well(body: bytes, content_type: str | None = None) -> None:
    try:
        document = read_import(body, content_type)
    except ImportFailedError:
        return
    result = merge(document, [], today=TODAY)
    report = result.report.as_dict()
    assert len(result.planned) == report["added"]
    assert len(result.report.rows) == sum(
        int(str(report[name])) for name in ("added", "filled", "unchanged", "rejected")
    )


@given(
    st.binary(max_size=400),
    st.sampled_from([None, "text/csv", "message/rfc822", "application/json"]),
)
def test_any_bytes(body: bytes, content_type: str | None) -> None:
    """Any bytes end in a report or one of our errors."""
    ends_well(body, content_type)


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text(text: str) -> None:
    """Any text ends in a report or one of our errors; so does looking for numbers in it."""
    ends_well(text.encode("utf-8", errors="surrogatepass"))
    numbers_in(text)


@settings(max_examples=examples(40), deadline=None)
@given(st.sampled_from(SAMPLES), st.floats(0, 1), st.binary(max_size=3), st.integers(0, 6000))
def test_sample_cut_and_damaged(path: Path, share: float, damage: bytes, at: int) -> None:
    """A sample that is cut anywhere or has other bytes somewhere ends well."""
    body = path.read_bytes()
    ends_well(body[: int(share * len(body))])
    ends_well(body[:at] + damage + body[at + len(damage) :])


@settings(max_examples=examples(40), deadline=None)
@given(
    st.sampled_from(TEXTS),
    st.sampled_from(ENCODINGS),
    st.sampled_from(SEPARATORS),
    st.floats(0, 1),
)
def test_table_in_any_encoding_and_separator(
    path: Path, encoding: str, separator: str, share: float
) -> None:
    """A table ends well with any separator, in any encoding, cut anywhere."""
    text = path.read_text(encoding="utf-8-sig")
    for known in "\t;,":
        text = text.replace(known, separator)
    body = text.encode(encoding, errors="replace")
    ends_well(body[: int(share * len(body))])


CELLS = st.sampled_from(
    [
        "order id",
        "order date",
        "tracking number",
        "total",
        "title",
        "quantity",
        "currency",
        "8100000000001234",
        "8.1E+15",
        "LP00812345678901",
        "5/9/2026",
        "0000-00-00",
        "9999-99-99",
        "99999999999999999999",
        "1e400",
        "-1",
        "١٢٣٤٥٦٧٨",
        "²³¹²³¹²³¹",
        "²/³/2026",
        "20٢6-09-05",
        "\x00",
        '"',
        "'",
        "=cmd()",
        "https://www.aliexpress.com/p?orderId=8100000000001234",
        "https://[",
        "9999999999999",
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00+23:59",
        "US $1|9|9",
        "a|b|c",
        "12 x 5",
    ]
) | st.text(max_size=8)


@settings(max_examples=examples(75), deadline=None)
@given(st.lists(st.lists(CELLS, min_size=1, max_size=6), min_size=1, max_size=5))
def test_odd_cells(rows: list[list[str]]) -> None:
    """Cells that look almost like something end well under any header."""
    header = "order id;order date;tracking number;total;quantity;link;destination"
    body = "\n".join([header, *(";".join(row) for row in rows)])
    ends_well(body.encode("utf-8", errors="surrogatepass"))
    ends_well("\n".join(";".join(row) for row in rows).encode("utf-8", errors="surrogatepass"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | CELLS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "orderId",
                    "order_id",
                    "ordered_on",
                    "actions",
                    "trackingNo",
                    "price",
                    "title",
                    "placedAt",
                    "trackingNos",
                    "orderIds",
                    "total",
                    "remote",
                ]
            )
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(JSON)
def test_any_json(value: object) -> None:
    """Any JSON ends well."""
    import json  # noqa: PLC0415

    ends_well(json.dumps(value).encode())
