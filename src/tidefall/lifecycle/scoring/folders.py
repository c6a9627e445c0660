"""Scores as files of a folder: a file for each part of the input.

A part counts once its note is there, which is written after it: `_parts/NAME.json`. Files get their
names when they are whole. Folders and files that begin with an underscore are passed over by those
who read Parquet folders.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import Any, Protocol

from tidefall.base.errors import FailedPreconditionError
from tidefall.io.file_systems.whole_files import whole_file
from tidefall.lifecycle.data_validation.failures import damaged, invalid
from tidefall.lifecycle.scoring.model import examples_of

FORMATS = {"parquet": ".parquet", "tfrecord": ".tfrecord.gz", "csv": ".csv"}


class Output(Protocol):
    """Where scores go. Parts have names; what is there is whole."""

    def begin(self, about: dict[str, Any]) -> None:
        """Remember what the scores are of, or see that they are of the same."""
        ...

    def notes(self) -> dict[str, dict[str, Any]]:
        """What was noted with the parts that are written, by name."""
        ...

    def write(self, name: str, batches: Iterable[Any], note: dict[str, Any]) -> None:
        """Write a part, and then a note, which may still be filled while batches are asked for."""
        ...

    def refused(self, name: str) -> str:
        """The file for the rows of a part that break the schema."""
        ...

    def end(self, names: Sequence[str], about: dict[str, Any]) -> None:
        """Remove parts other than these, whose rows are not there any more, and say all is done."""
        ...


class Folder:
    """A folder of files.

    Args:
        path: of the folder.
        file_format: "parquet", "tfrecord" (of Examples) or "csv".

    Raises:
        InvalidArgumentError: another format.
    """

    def __init__(self, path: str, file_format: str = "parquet"):
        if file_format not in FORMATS:
            raise invalid(f"output format {file_format!r}: expected one of {sorted(FORMATS)}")
        self.path, self._format = path, file_format

    def begin(self, about: dict[str, Any]) -> None:
        """Remember what the scores are of, in `_scores.json`, or see that they are of the same."""
        known = self._json("_scores.json")
        if known is None:
            if os.path.isdir(self.path) and os.listdir(self.path):
                raise FailedPreconditionError(
                    None, None, f"{self.path} has files, and none of them are scores"
                )
            os.makedirs(os.path.join(self.path, "_parts"), exist_ok=True)
            self._write_json("_scores.json", about)
        elif known != about:
            changed = sorted(key for key in {*known, *about} if known.get(key) != about.get(key))
            raise FailedPreconditionError(
                None,
                None,
                f"{self.path} has scores of another kind: {', '.join(changed)} differ. Give "
                "another folder, or remove this one",
            )
        done = os.path.join(self.path, "_SUCCESS")
        if os.path.exists(done):
            os.remove(done)

    def _json(self, name: str) -> Any:
        path = os.path.join(self.path, name)
        try:
            with open(path, "rb") as file:
                return json.load(file)
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise damaged(f"{path} is damaged: {error}") from None

    def _write_json(self, name: str, value: Any) -> None:
        with whole_file(os.path.join(self.path, name)) as file:
            file.write(json.dumps(value, indent=1, sort_keys=True).encode())

    def notes(self) -> dict[str, dict[str, Any]]:
        """What was noted with the parts that are written, by name."""
        files = os.listdir(os.path.join(self.path, "_parts"))
        return {
            file.removesuffix(".json"): self._json(f"_parts/{file}")
            for file in files
            if file.endswith(".json")
        }

    def write(self, name: str, batches: Iterable[Any], note: dict[str, Any]) -> None:
        """Write a part, and then its note."""
        path = os.path.join(self.path, f"part-{name}{FORMATS[self._format]}")
        temporary = os.path.join(self.path, "_parts", f"{name}.tmp")
        try:
            _WRITERS[self._format](temporary, batches)
            if os.path.exists(temporary):  # no batch makes no file
                os.replace(temporary, path)
        finally:
            if os.path.exists(temporary):
                os.remove(temporary)
        self._write_json(f"_parts/{name}.json", note)

    def refused(self, name: str) -> str:
        """The file for the rows of a part that break the schema."""
        return os.path.join(self.path, "_refused", f"{name}.jsonl")

    def end(self, names: Sequence[str], about: dict[str, Any]) -> None:
        """Remove parts other than these, and say in `_SUCCESS` that all is done."""
        kept = {*names}
        for file in os.listdir(os.path.join(self.path, "_parts")):
            name = file.removesuffix(".json")
            if name not in kept:
                for path in (
                    os.path.join(self.path, f"part-{name}{FORMATS[self._format]}"),
                    self.refused(name),
                    os.path.join(self.path, "_parts", file),
                ):
                    if os.path.exists(path):
                        os.remove(path)
        self._write_json("_SUCCESS", about)


def _write_parquet(path: str, batches: Iterable[Any]) -> None:
    from pyarrow import parquet

    with ExitStack() as stack:
        writer: Any = None
        for batch in batches:
            if writer is None:
                writer = stack.enter_context(parquet.ParquetWriter(path, batch.schema))
            writer.write_batch(batch)


def _write_csv(path: str, batches: Iterable[Any]) -> None:
    import pyarrow as pa
    from pyarrow import csv

    with ExitStack() as stack:
        writer: Any = None
        for batch in batches:
            nested = [field.name for field in batch.schema if pa.types.is_nested(field.type)]
            if nested:
                raise invalid(f"CSV files have no lists, as column {nested[0]!r} has; use parquet")
            if writer is None:
                writer = stack.enter_context(csv.CSVWriter(path, batch.schema))
            writer.write_batch(batch)


def _write_records(path: str, batches: Iterable[Any]) -> None:
    import tidefall as tf

    with ExitStack() as stack:
        writer: Any = None
        for batch in batches:
            if writer is None:
                writer = stack.enter_context(tf.io.TFRecordWriter(path, "GZIP"))
            for example in examples_of(batch):
                writer.write(example)


_WRITERS = {"parquet": _write_parquet, "tfrecord": _write_records, "csv": _write_csv}
