"""Files of examples: spans and versions in their names, rows of CSV, Parquet, TFRecord and SQL."""

from __future__ import annotations

import csv
import datetime
import decimal
import glob
import gzip
import hashlib
import os
import re
import urllib.parse
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from tidefall.lifecycle.pipelines.failures import damaged, invalid, missing

_SPAN = re.compile(r"\{SPAN(?::(?P<width>\d+))?\}")
_VERSION = re.compile(r"\{VERSION(?::(?P<width>\d+))?\}")
_DATE = {"{YYYY}": r"(?P<year>\d{4})", "{MM}": r"(?P<month>\d{2})", "{DD}": r"(?P<day>\d{2})"}
_EPOCH = datetime.date(1970, 1, 1)
Rows = Iterator[dict[str, Any]]


def find_span(base: str, pattern: str, span_range: Any = None) -> tuple[int, int | None, str]:
    """Return span and version that a pattern's newest files have, and the pattern without them.

    Args:
        base: the folder of the files.
        pattern: a pattern with `{SPAN}` or `{YYYY}`, `{MM}`, `{DD}`, and `{VERSION}`, or with none.
        span_range: a `RangeConfig` of one span; None for the newest.

    Raises:
        InvalidArgumentError: a pattern with parts of a date, or with a version and no span.
        NotFoundError: no file is like that.
    """
    dates = [part for part in _DATE if part in pattern]
    spans, versions = len(_SPAN.findall(pattern)), len(_VERSION.findall(pattern))
    if spans > 1 or versions > 1 or (spans and dates) or (dates and len(dates) != len(_DATE)):
        raise invalid(f"{pattern!r} needs one {{SPAN}}, or all of {{YYYY}}, {{MM}} and {{DD}}")
    if versions and not (spans or dates):
        raise invalid(f"{pattern!r} has a {{VERSION}} and no {{SPAN}}")
    if not spans and not dates:
        return 0, None, pattern
    wanted = _wanted_span(span_range)
    best: tuple[int, int] | None = None
    names: re.Match[str] | None = None
    regex = re.compile(_regex(pattern))
    for path in glob.iglob(os.path.join(glob.escape(base), _glob(pattern))):
        match = regex.fullmatch(os.path.relpath(path, base))
        if match is None:
            continue
        found = match.groupdict()
        span = int(found["span"]) if spans else _days(found)
        version = int(found.get("version") or 0)
        if (wanted is None or span == wanted) and (best is None or (span, version) > best):
            best, names = (span, version), match
    if best is None or names is None:
        which = "" if wanted is None else f" of span {wanted}"
        raise missing(f"no file in {base} is like {pattern!r}{which}")
    found = names.groupdict()
    plain = _SPAN.sub(lambda _: found["span"], pattern)
    plain = _VERSION.sub(lambda _: found["version"], plain)
    for part, key in zip(_DATE, ("year", "month", "day"), strict=True):
        plain = plain.replace(part, found.get(key) or part)
    return best[0], best[1] if versions else None, plain


def _wanted_span(span_range: Any) -> int | None:
    if span_range is None or span_range.WhichOneof("range") is None:
        return None
    kind = span_range.WhichOneof("range")
    if kind != "static_range":
        raise invalid("ExampleGen takes a static_range of one span")
    low, high = span_range.static_range.start_span_number, span_range.static_range.end_span_number
    if low != high:
        raise invalid(f"ExampleGen takes one span at a time, got {low} to {high}")
    return low


def _days(found: dict[str, Any]) -> int:
    date = datetime.date(int(found["year"]), int(found["month"]), int(found["day"]))
    return (date - _EPOCH).days


def _glob(pattern: str) -> str:
    for part in _DATE:
        pattern = pattern.replace(part, "*")
    return _VERSION.sub("*", _SPAN.sub("*", pattern))


def _regex(pattern: str) -> str:
    def digits(name: str, match: re.Match[str]) -> str:
        width = match.group("width")
        return rf"(?P<{name}>\d{{{width}}})" if width else rf"(?P<{name}>\d+)"

    marks: list[str] = []

    def mark(text: str) -> str:
        marks.append(text)
        return f"\0{len(marks) - 1}\0"

    pattern = _SPAN.sub(lambda m: mark(digits("span", m)), pattern)
    pattern = _VERSION.sub(lambda m: mark(digits("version", m)), pattern)
    for part, regex in _DATE.items():
        pattern = pattern.replace(part, mark(regex))
    pattern = re.escape(pattern).replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
    return re.sub(r"(?:\\?\x00)(\d+)(?:\\?\x00)", lambda m: marks[int(m.group(1))], pattern)


def matching(base: str, pattern: str) -> list[str]:
    """Return the files of a pattern.

    Raises:
        NotFoundError: there is none.
    """
    found = glob.glob(os.path.join(glob.escape(base), pattern), recursive=True)
    files = sorted(path for path in found if os.path.isfile(path))
    if not files:
        raise missing(f"ExampleGen: no file is like {os.path.join(base, pattern)}")
    return files


def fingerprint(files: list[str]) -> str:
    """Return what changes when the content of files does."""
    whole = hashlib.sha256()
    for path in files:
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        whole.update(f"{os.path.basename(path)}:{digest};".encode())
    return f"split:files={len(files)},sha256={whole.hexdigest()}"


# --- rows -----------------------------------------------------------------------------------------


def _csv_rows(path: str) -> Iterator[tuple[list[str], list[str]]]:
    with _text(path) as file:
        reader = csv.reader(file)
        header = next(reader, None)
        if header is None:
            raise invalid(f"{path} is empty; a CSV file begins with the names of its columns")
        for row in reader:
            if not row:
                continue
            if len(row) != len(header):
                raise invalid(
                    f"{path}, line {reader.line_num}: {len(row)} values, "
                    f"and {len(header)} columns in the header"
                )
            yield header, row


def _text(path: str) -> Any:
    if path.endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return open(path, encoding="utf-8", newline="")


def _kind(text: str) -> int:
    """0: an integer, 1: a float, 2: text."""
    for kind, read in enumerate((int, float)):
        try:
            read(text)
        except ValueError:
            continue
        if "_" not in text and (kind or -(2**63) <= int(text) < 2**63):
            return kind
    return 2


def csv_rows(files: list[str]) -> Rows:
    """Yield the rows of CSV files; a column is of integers, else of floats, else of texts."""
    kinds: dict[str, int] = {}
    header: list[str] = []
    for path in files:
        for names, row in _csv_rows(path):
            if header and names != header:
                raise invalid(f"{path} has other columns than {files[0]}: {names}, not {header}")
            header = names
            for name, text in zip(names, row, strict=True):
                if text and kinds.get(name, 0) < 2:
                    kinds[name] = max(kinds.get(name, 0), _kind(text))
    readers: list[Callable[[str], Any]] = [int, float, str]
    for path in files:
        for names, row in _csv_rows(path):
            yield {
                name: readers[kinds[name]](text) if text else None
                for name, text in zip(names, row, strict=True)
            }


def parquet_rows(files: list[str]) -> Rows:
    """Yield the rows of Parquet files.

    Raises:
        DataLossError: a file is no Parquet file, or damaged.
        InvalidArgumentError: a file has other columns than the first.
    """
    import pyarrow
    import pyarrow.parquet as parquet

    columns: list[str] = []
    for path in files:
        try:
            with parquet.ParquetFile(path) as file:
                names = file.schema_arrow.names
                if columns and names != columns:
                    raise invalid(
                        f"{path} has other columns than {files[0]}: {names}, not {columns}"
                    )
                columns = names
                for batch in file.iter_batches():
                    yield from batch.to_pylist()
        except (pyarrow.ArrowInvalid, OSError) as error:
            raise damaged(f"{path} cannot be read as a Parquet file: {error}") from None


def _connect(database: str) -> tuple[Any, type[Exception]]:
    """A connection that only reads, and the class of its errors."""
    if database and not os.path.isfile(database):
        raise missing(f"SqlExampleGen: there is no database {database}")
    if database:
        with open(database, "rb") as file:
            is_sqlite = file.read(16) == b"SQLite format 3\0"
        if is_sqlite:  # DuckDB would fetch an extension from the network.
            import sqlite3

            place = urllib.parse.quote(os.path.abspath(database))
            return sqlite3.connect(f"file:{place}?mode=ro", uri=True), sqlite3.Error
    import duckdb

    try:
        made = duckdb.connect(database, read_only=True) if database else duckdb.connect()
    except duckdb.Error as error:
        raise damaged(f"{database} is no database of DuckDB or SQLite: {error}") from None
    return made, duckdb.Error


def sql_rows(database: str, query: str) -> Rows:
    """Yield the rows that a query gives.

    Args:
        database: a file of DuckDB or of SQLite, whose SQL the query then is; "" for none.
        query: in DuckDB's SQL it can read files.

    Raises:
        NotFoundError: there is no such database.
        DataLossError: it is none.
        InvalidArgumentError: what the database says of the query.
    """
    connection, failure = _connect(database)
    try:
        reader = connection.execute(query)
        names = [one[0] for one in reader.description or ()]
        if len(set(names)) != len(names):
            raise invalid(f"query {query[:200]!r} gives several columns of one name: {names}")
        while rows := reader.fetchmany(10_000):
            for row in rows:
                yield dict(zip(names, row, strict=True))
    except failure as error:
        raise invalid(f"query {query[:200]!r}: {error}") from None
    finally:
        connection.close()


def rows_fingerprint(rows: Rows) -> str:
    """Return what changes when rows do, in whatever order they come."""
    total, count = 0, 0
    for row in rows:
        digest = hashlib.sha256(repr(row).encode()).digest()
        total, count = (total + int.from_bytes(digest)) % 2**256, count + 1
    return f"split:rows={count},sha256={total:064x}"


def _add_values(feature: Any, name: str, values: list[Any]) -> None:
    kinds = {type(one) for one in values}
    if kinds <= {int, bool}:
        feature.int64_list.value.extend(map(int, values))
    elif kinds <= {int, float, decimal.Decimal}:
        feature.float_list.value.extend(map(float, values))
    elif kinds <= _TEXTS:
        feature.bytes_list.value.extend(map(_text_bytes, values))
    else:
        kind = ", ".join(sorted(one.__name__ for one in kinds))
        raise invalid(
            f"ExampleGen: column {name!r} holds {kind}; an Example holds integers, floats, texts "
            "and bytes, or lists of one of them without missing values"
        )


def _text_bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    return (value.isoformat() if hasattr(value, "isoformat") else str(value)).encode()


_TEXTS = {str, bytes, datetime.date, datetime.datetime, datetime.time, uuid.UUID}


def serialized(row: dict[str, Any]) -> bytes:
    """Return a row as a serialized Example; a value that is None is a feature without values.

    Decimal numbers are floats; dates and times are texts in ISO 8601.

    Raises:
        InvalidArgumentError: a value is none that an Example holds.
    """
    import tidefall as tf

    example = tf.train.Example()
    for name, value in row.items():
        feature = example.features.feature[name]
        values = value if isinstance(value, list) else [] if value is None else [value]
        if not values:
            feature.SetInParent()
            continue
        try:
            _add_values(feature, name, values)
        except ValueError:
            raise invalid(
                f"ExampleGen: column {name!r} has an integer that 64 bits do not hold: {value}"
            ) from None
    return example.SerializeToString(deterministic=True)


def bucket_of(partition: bytes, buckets: int) -> int:
    """Return the bucket of a record: SHA-256 of it, modulo how many there are.

    >>> bucket_of(b"a", 3)
    1
    """
    return int(hashlib.sha256(partition).hexdigest(), 16) % buckets
