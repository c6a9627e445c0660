"""Scoring all parts of an input: what was done before is not done again."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from tidefall.base.errors import NotFoundError
from tidefall.lifecycle.data_validation.contract.files import admitted
from tidefall.lifecycle.data_validation.contract.rows import RowContract
from tidefall.lifecycle.data_validation.contract.saved_models import attached_schema, served_part
from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.metadata.hashing import content_hash
from tidefall.lifecycle.scoring.databases import DatabaseTable
from tidefall.lifecycle.scoring.folders import Folder, Output
from tidefall.lifecycle.scoring.inputs import Part, parts_of, split
from tidefall.lifecycle.scoring.model import ScoringModel

_SIGNATURE, _TABLE = "serving_default", "predictions"


class Scores(NamedTuple):
    """What was done.

    Attributes:
        rows: how many rows have scores.
        refused: how many break the schema of the model.
        parts: of the input.
        kept: how many of them had been done before.
        seconds: how long it took.
    """

    rows: int
    refused: int
    parts: int
    kept: int
    seconds: float


@dataclass(frozen=True)
class _Job:
    """What all parts have in common; it is sent to other processes."""

    model: str
    signature: str
    output: Output
    keep: tuple[str, ...] | None
    prefix: str
    schema: bytes | None
    batch_size: int


def score(
    model: str | os.PathLike[str],
    data: Any,
    output: str | os.PathLike[str],
    *,
    signature: str = _SIGNATURE,
    keep: Sequence[str] | None = None,
    prefix: str = "",
    data_format: str = "",
    delimiter: str = ",",
    output_format: str = "parquet",
    table: str = _TABLE,
    quarantine: str | None = None,
    check_schema: bool = True,
    batch_size: int = 1024,
    threads: int = 0,
    on: str = "threads",
    progress: Callable[[int, int], None] | None = None,
) -> Scores:
    """Write a model's predictions for all rows of a table.

    Each part of the input, a row group of a Parquet file or a block of another file, becomes one of
    the output, whole or not at all. A job that was killed goes on with the parts that lack; one
    that is run again with more files scores these, and takes back the parts of files that are gone
    or were changed.

    Args:
        model: the folder of a SavedModel. Its signature takes columns by their names, or serialized
            Examples, which are then made of the rows.
        data: files, patterns or folders of CSV, Parquet or TFRecord; or `sql:` and a query for
            DuckDB, whose rows come in an order that is always the same.
        output: a folder, or the URL of a database.
        signature: which of the model's.
        keep: columns of the input to write beside the scores; all by default.
        prefix: of the names of the model's outputs.
        data_format: "csv", "parquet" or "tfrecord"; by the names of the files by default.
        delimiter: of CSV files.
        output_format: "parquet", "tfrecord" (of Examples) or "csv", in folders.
        table: in databases.
        quarantine: in databases, a folder for rows that break the schema in the model; in folders
            these are in `_refused`.
        check_schema: whether rows must keep to the schema in the model, if it has one.
        batch_size: rows that the model is asked about at once.
        threads: by default one for each processor.
        on: "threads", or "ray" for the cluster this process belongs to; output and input are then
            files that all machines see.
        progress: called with the bytes done, and of all.

    Returns:
        How many rows, and how long it took.

    Raises:
        InvalidArgumentError: the data lack columns, or one does not fit the signature.
        NotFoundError: there is no such model or file.
        FailedPreconditionError: the output has scores of another model, signature or format.
        DataLossError: a file is damaged. What was scored before it stays.

    >>> import pathlib, tempfile
    >>> import pyarrow as pa, pyarrow.parquet as pq
    >>> import tidefall as tf
    >>> from tidefall.lifecycle.scoring import score
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> module = tf.Module()
    >>> spec = tf.TensorSpec([None], name="x")
    >>> call = tf.function(lambda x: {"y": 2 * x}, input_signature=[spec])
    >>> tf.saved_model.save(module, str(folder / "model"), call)
    >>> pq.write_table(pa.table({"x": [1.0, 2.5]}), folder / "rows.parquet")
    >>> score(folder / "model", folder / "rows.parquet", folder / "scores").rows
    2
    >>> pq.read_table(folder / "scores")["y"].to_pylist()
    [2.0, 5.0]
    """
    start = time.monotonic()
    model, target = os.fspath(model), os.fspath(output)
    if on not in ("threads", "ray"):
        raise invalid(f"on={on!r}: expected 'threads' or 'ray'")
    if batch_size < 1:
        raise invalid(f"batch_size={batch_size}: expected at least 1")
    if "://" in target:
        place: Output = DatabaseTable(target, table, quarantine)
    else:
        place = Folder(target, output_format)
    schema = _schema_of(model) if check_schema else None
    job = _Job(
        model, signature, place, None if keep is None else tuple(keep), prefix, schema, batch_size
    )
    _model_of(model, signature)  # before anything is written
    place.begin(
        {
            "model": content_hash(model), "signature": signature, "prefix": prefix,
            "keep": None if keep is None else list(keep), "format": output_format,
            "check_schema": check_schema,
        }
    )  # fmt: skip
    executor, slots = _executor(on, threads)
    with executor:
        parts = parts_of(data, data_format, delimiter)
        notes, kept = _run(job, parts, executor, 2 * slots, progress)
    if not notes:
        raise NotFoundError(None, None, f"there are no rows to score in {data}")
    rows = sum(note["rows"] for note in notes.values())
    refused = sum(note["refused"] for note in notes.values())
    place.end(list(notes), {"rows": rows, "refused": refused, "parts": len(notes)})
    return Scores(rows, refused, len(notes), kept, time.monotonic() - start)


def _executor(on: str, threads: int) -> tuple[Executor, int]:
    """What runs parts, and how many at once."""
    if on == "ray":
        from tidefall.lifecycle.data_validation.statistics.ray_tasks import RayTasks

        tasks = RayTasks()
        return tasks, tasks.slots
    count = threads or os.cpu_count() or 1
    return ThreadPoolExecutor(count, thread_name_prefix="tidefall-score"), count


def _run(
    job: _Job, parts: Iterator[Part], executor: Executor, most: int, progress: Any
) -> tuple[dict[str, dict[str, Any]], int]:
    """The notes of all parts, and how many were there before."""
    waiting: deque[tuple[Part, Future[dict[str, Any]]]] = deque()
    notes: dict[str, dict[str, Any]] = {}
    before = job.output.notes()
    kept = done = total = 0

    def finish() -> None:
        nonlocal done
        part, future = waiting.popleft()
        notes[part.name] = future.result()
        done += part.shard.size
        if progress is not None:
            progress(done, total)

    try:
        for part in parts:
            total += part.shard.size
            if part.name in before:
                notes[part.name] = before[part.name]
                kept, done = kept + 1, done + part.shard.size
                continue
            waiting.append((part, executor.submit(_score_part, job, part)))
            if len(waiting) > most:
                finish()
        while waiting:
            finish()
    finally:
        for _, future in waiting:
            future.cancel()
    return notes, kept


def _score_part(job: _Job, part: Part) -> dict[str, Any]:
    note: dict[str, Any] = {"place": part.shard.place, "rows": 0, "refused": 0}
    job.output.write(part.name, _scored(job, part, note), note)
    return note


def _scored(job: _Job, part: Part, note: dict[str, Any]) -> Iterator[Any]:
    from tidefall.io.records.quarantine import Quarantine
    from tidefall.proto import metadata

    model = _model_of(job.model, job.signature)
    contract = quarantine = None
    if job.schema is not None:
        contract = RowContract(metadata.Schema.FromString(job.schema))
        path = job.output.refused(part.name)
        if os.path.exists(path):
            os.remove(path)  # of an attempt that was killed
        quarantine = Quarantine(path)
    first = 0
    for batch in split(part.shard.batches(), job.batch_size):
        place = f"{part.shard.place}, rows from {first}"
        first += batch.num_rows
        if contract is not None:
            before = batch.num_rows
            batch, _ = admitted(contract, batch, quarantine)
            note["refused"] += before - batch.num_rows
        if not batch.num_rows:
            continue
        model.check_columns(batch.schema.names, place)
        note["rows"] += batch.num_rows
        yield _with_answers(job, model, batch, place)


def _with_answers(job: _Job, model: ScoringModel, batch: Any, place: str) -> Any:
    import pyarrow as pa

    names = batch.schema.names
    for name in job.keep or ():
        if name not in names:
            raise invalid(f"{place}: the column {name!r} is to be kept, and there are {names}")
    kept = names if job.keep is None else job.keep
    columns = {name: batch.column(names.index(name)) for name in kept}
    for key, array in model.answers(batch, place).items():
        name = f"{job.prefix}{key}"
        if name in columns:
            raise invalid(
                f"the model's output {name!r} is called like a column of the input; give outputs a "
                "prefix, or do not keep that column"
            )
        columns[name] = array
    return pa.record_batch(list(columns.values()), names=list(columns))


@lru_cache(2)
def _model_of(folder: str, signature: str) -> ScoringModel:
    return ScoringModel(folder, signature)


def _schema_of(model: str) -> bytes | None:
    try:
        return served_part(attached_schema(model)).SerializeToString()
    except NotFoundError:
        return None
