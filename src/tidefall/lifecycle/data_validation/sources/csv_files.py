"""CSV files as a source."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tidefall.lifecycle.data_validation.failures import damaged, invalid
from tidefall.lifecycle.data_validation.sources.csv_chunks import Chunk, chunks
from tidefall.lifecycle.data_validation.sources.files import identity, is_gzip, matching, opened
from tidefall.lifecycle.data_validation.sources.shards import Progressed, Shard, Source

WIDER = {"null": "int64", "int64": "double", "double": "string"}
"""What a column is read as when a cell does not fit."""
_MIB = 1 << 20
_BAD_CELL = re.compile(r"In CSV column #(\d+)(?:: Row #(\d+))?: (.*)", re.DOTALL)
_SHOWN = 80


class CsvSource:
    """Rows of CSV files that have the same columns.

    Types follow from the cells: whole numbers, else numbers, else text. An empty cell is missing.

    Args:
        location: names or patterns.
        column_names: of files without a line of names.
        delimiter: between cells, one character.
        compression: "AUTO", "GZIP" or "UNCOMPRESSED".
        encoding: of the text; another than UTF-8 must have ASCII's line breaks and quotes.
        types: "int64", "double" or "string" by column; a cell that does not fit is an error.
        chunk_size: bytes that a thread reads at once.
        on_bad_row: "fail" or "skip".

    Raises:
        NotFoundError: there is no such file.
        InvalidArgumentError: a file is empty, or has other columns than the first.
    """

    def __init__(
        self,
        location: Any,
        column_names: Sequence[str] | None = None,
        delimiter: str = ",",
        compression: str = "AUTO",
        encoding: str = "utf-8",
        types: Mapping[str, str] | None = None,
        chunk_size: int = 8 * _MIB,
        on_bad_row: str = "fail",
    ):
        if len(delimiter) != 1:
            raise invalid(f"delimiter: expected one character, received {delimiter!r}")
        self.files = matching(location)
        self.delimiter, self.compression, self.encoding = delimiter, compression, encoding
        self.chunk_size, self.on_bad_row = chunk_size, on_bad_row
        self.fixed = dict(types or {})
        self.texts: frozenset[str] = frozenset()
        self.only: frozenset[str] | None = None
        self.has_header = column_names is None
        self.names = list(column_names) if column_names is not None else self._header()
        self.size = sum(os.path.getsize(path) for path in self.files)
        self._types: dict[str, str] | None = None

    def _header(self) -> list[str]:
        first: list[str] = []
        for path in self.files:
            names = self._names_in(path)
            if len({*names}) < len(names):
                twice = sorted({name for name in names if names.count(name) > 1})
                raise invalid(f"{path}, line 1: column names stand twice: {twice}")
            if first and names != first:
                raise invalid(
                    f"{path}, line 1: expected the columns of {self.files[0]}, {first}, received "
                    f"{names}. Files have different headers."
                )
            first = names
        return first

    def _names_in(self, path: str) -> list[str]:
        """The cells of a file's first row."""
        with opened(path, self.compression) as file:
            data = next(chunks(file, path, 64 << 10), Chunk(b"", 0, 1, 0)).data
        if not data:
            raise invalid(f"{path} is empty: expected a line of column names")
        try:
            text = data.decode(self.encoding)
        except UnicodeDecodeError:
            text = self._first_line(path, data)
        try:
            names = next(csv.reader(io.StringIO(text), delimiter=self.delimiter), [])
        except csv.Error as error:
            raise damaged(f"{path}, line 1: no line of column names: {error}") from None
        if not any(names):
            raise invalid(f"{path}, line 1: expected column names, received an empty line")
        return [name.removeprefix("\ufeff") for name in names]

    def _first_line(self, path: str, data: bytes) -> str:
        """The first line of a file whose other lines are in another encoding."""
        try:
            return data.split(b"\n", 1)[0].decode(self.encoding)
        except UnicodeDecodeError as error:
            raise damaged(f"{path}, line 1: {self._encoding_hint(error)}") from None

    def _encoding_hint(self, error: UnicodeDecodeError) -> str:
        return (
            f"byte {error.object[error.start]:#04x} is not {self.encoding}; give the file's "
            "encoding, as in encoding='latin-1'"
        )

    def retyped(self, texts: Iterable[str], only: bool) -> Source:
        """The same files with some columns read as text."""
        other = CsvSource.__new__(CsvSource)
        other.__dict__.update(self.__dict__)
        other.texts = self.texts | frozenset(texts)
        other.only = frozenset(texts) if only else None
        other._types = None
        return other

    def shards(self, known: Progressed | None = None) -> Iterator[Shard]:
        """One for each few megabytes."""
        for path in self.files:
            yield from self._shards_of(path, known)

    def _shards_of(self, path: str, known: Progressed | None) -> Iterator[Shard]:
        seekable = not is_gzip(path)
        about = f"{identity(path)}:{self.chunk_size}:{sorted(self.texts)}:{sorted(self.only or ())}"
        total = os.path.getsize(path)
        with opened(path, self.compression) as file:
            start, line, row, header = 0, 1, -int(self.has_header), self.has_header
            while True:
                noted = known.get(f"{about}:{start}") if known is not None and seekable else None
                if noted is not None:
                    yield CsvShard(
                        self, path, None, f"{about}:{start}", noted["end"] - start, False
                    )
                    start, line, row = noted["end"], noted["line"], noted["row"]
                    header = False
                    file.seek(start)
                    if start >= total:
                        return
                    continue
                found = False
                for chunk in chunks(file, path, self.chunk_size, start, line, row):
                    found = True
                    key = f"{about}:{chunk.start}"
                    size = len(chunk.data) if seekable else total // 64
                    yield CsvShard(self, path, chunk, key, size, header)
                    start = chunk.start + len(chunk.data)
                    line, row = chunk.line + chunk.lines, chunk.row + chunk.lines
                    header = False
                    if known is not None and seekable and known.get(f"{about}:{start}") is not None:
                        file.seek(start)
                        break
                else:
                    if not found and start == 0 and not total:
                        raise invalid(f"{path} is empty")
                    return

    def types_for(self, chunk: Chunk, header: bool) -> dict[str, str]:
        """What columns are read as, to begin with: as in the first chunk that was looked at."""
        if self._types is None:
            found = infer_types(self, chunk, header)
            found.update(dict.fromkeys(self.texts, "string"))
            found.update(self.fixed)
            self._types = found
        return dict(self._types)


class CsvShard:
    """Some rows of a file."""

    counts_rows = True

    def __init__(
        self,
        source: CsvSource,
        path: str,
        chunk: Chunk | None,
        key: str,
        size: int,
        header: bool,
    ):
        self.key, self.size, self.skipped = key, size, 0
        self.place = path if chunk is None else f"{path}, from row {max(chunk.row + 1, 1)}"
        self._source, self._path, self._chunk, self._header = source, path, chunk, header
        if chunk is not None:
            self._types = source.types_for(chunk, header)

    def notes(self) -> dict[str, Any]:
        """What the source must know to go on behind it."""
        assert self._chunk is not None
        chunk = self._chunk
        return {
            "end": chunk.start + len(chunk.data),
            "line": chunk.line + chunk.lines,
            "row": chunk.row + chunk.lines,
        }

    def batches(self) -> Iterator[Any]:
        """The rows, each column of the narrowest type that fits."""
        import pyarrow as pa

        assert self._chunk is not None
        types = self._types
        while True:
            bad: list[Any] = []
            try:
                table = read_chunk(self._source, self._chunk, self._header, types, bad)
                break
            except (pa.ArrowInvalid, UnicodeDecodeError) as error:
                types = self._wider(types, error, bad)
        self.skipped = len(bad)
        self._check_rows(table.num_rows + len(bad))
        yield from table.to_batches()

    def _check_rows(self, rows: int) -> None:
        assert self._chunk is not None
        data = self._chunk.data
        if b'"' in data or b"\n\n" in data or b"\n\r\n" in data or data[:1] in (b"\n", b"\r"):
            return  # Lines are not rows: breaks in cells, or lines without any.
        expected = self._chunk.lines - self._header
        if rows != expected:
            raise damaged(f"{self.place}: {expected} lines gave {rows} rows")

    def _wider(self, types: dict[str, str], error: Exception, bad: list[Any]) -> dict[str, str]:
        assert self._chunk is not None
        if isinstance(error, UnicodeDecodeError):
            raise self._undecodable(error) from None
        if bad and self._source.on_bad_row == "fail":
            raise self._torn(bad[0]) from None
        match = _BAD_CELL.search(str(error))
        if match is None:
            raise damaged(f"{self.place}: {error}") from None
        names = self._source.names
        included = [n for n in names if self._source.only is None or n in self._source.only]
        name = included[int(match[1])] if len(included) == len(names) else self._named(match)
        where = f"{self._where(int(match[2] or 1))}, column {name!r}"
        if name in self._source.fixed or types[name] not in WIDER:
            raise invalid(f"{where}: {match[3]}; the schema says {types[name]}") from None
        return {**types, name: WIDER[types[name]]}

    def _undecodable(self, error: UnicodeDecodeError) -> Exception:
        data = error.object
        before = data[data.rfind(b"\n", 0, error.start) + 1 : error.start]
        prefix = [before.decode(errors="replace").replace("\r", " ")]
        cells = next(csv.reader(prefix, delimiter=self._source.delimiter), [])
        names = self._source.names
        name = names[min(max(len(cells) - 1, 0), len(names) - 1)]
        where = self._where(data.count(b"\n", 0, error.start) + 1)
        return damaged(f"{where}, column {name!r}: {self._source._encoding_hint(error)}")

    def _named(self, match: re.Match[str]) -> str:
        return self._source.names[int(match[1])]

    def _where(self, number: int) -> str:
        """A row by its number in the chunk, from 1; a line of names is one, too."""
        assert self._chunk is not None
        row, line = self._chunk.row + number, self._chunk.line + number - 1
        return f"{self._path}, row {row} (line {line})"

    def _torn(self, bad: Any) -> Exception:
        text = bad.text if len(bad.text) <= _SHOWN else bad.text[:_SHOWN] + "..."
        names = self._source.names
        column = names[min(bad.actual_columns, bad.expected_columns - 1)]
        lacking = f"nothing for column {column!r} and after it"
        what = lacking if bad.actual_columns < bad.expected_columns else "more than the columns"
        return damaged(
            f"{self._where(bad.number or 1)}: expected {bad.expected_columns} cells, received "
            f"{bad.actual_columns} ({what}): {text!r}. Repair the row, or leave such rows out with "
            "on_bad_row='skip'"
        )


def as_utf8(data: bytes, encoding: str) -> bytes:
    """Text of an encoding as UTF-8.

    Raises:
        UnicodeDecodeError: it is not of that encoding.
    """
    if data.isascii():
        return data
    text = data.decode(encoding)
    is_utf8 = encoding.lower().replace("_", "-") in ("utf-8", "utf8")
    return data if is_utf8 else text.encode()


def read_chunk(
    source: CsvSource, chunk: Chunk, header: bool, types: Mapping[str, str], bad: list[Any]
) -> Any:
    """The rows of a chunk as an Arrow table; rows that are torn are added to `bad`."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    data = as_utf8(chunk.data, source.encoding)

    def torn(row: Any) -> str:
        bad.append(row)
        return "skip" if source.on_bad_row == "skip" else "error"

    arrow_types = {"null": pa.null(), "int64": pa.int64(), "double": pa.float64()}
    included = [name for name in source.names if source.only is None or name in source.only]
    return arrow_csv.read_csv(
        pa.BufferReader(data),
        read_options=arrow_csv.ReadOptions(
            use_threads=False,
            block_size=max(len(data) + 1, 1 << 16),
            column_names=source.names,
            skip_rows_after_names=int(header),
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=source.delimiter,
            newlines_in_values=b'"' in data,
            invalid_row_handler=torn,
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types={name: arrow_types.get(types[name], pa.string()) for name in included},
            include_columns=included,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
            check_utf8=False,
        ),
    )


def infer_types(source: CsvSource, chunk: Chunk, header: bool) -> dict[str, str]:
    """What the columns of a chunk look like; "null" where no row has a value."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    try:
        data = as_utf8(chunk.data[: _row_limit(chunk.data)], source.encoding)
    except UnicodeDecodeError:
        return dict.fromkeys(source.names, "string")  # Reading the rows says what is wrong.
    with_names = arrow_csv.ReadOptions(
        use_threads=False, column_names=source.names, skip_rows_after_names=int(header)
    )
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(data),
            read_options=with_names,
            parse_options=arrow_csv.ParseOptions(
                delimiter=source.delimiter,
                newlines_in_values=True,
                invalid_row_handler=lambda row: "skip",
            ),
            convert_options=arrow_csv.ConvertOptions(
                null_values=[""],
                strings_can_be_null=True,
                timestamp_parsers=["%%never%%"],
                true_values=[],
                false_values=[],
            ),
        )
    except pa.ArrowInvalid:
        # Something is wrong with the rows; reading them says what.
        return dict.fromkeys(source.names, "string")
    kinds = {pa.null(): "null", pa.int64(): "int64", pa.float64(): "double"}
    return {
        name: kinds.get(kind, "string")
        for name, kind in zip(table.schema.names, table.schema.types, strict=True)
    }


def _row_limit(data: bytes) -> int:
    """Behind the row in which the first half megabyte ends."""
    if len(data) <= _MIB // 2 or b'"' in data:
        return len(data)
    return data.rfind(b"\n", 0, _MIB // 2) + 1 or len(data)
