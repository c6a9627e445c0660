"""Statistics, schemas and anomalies in files: binary or text, whole or not at all."""

from __future__ import annotations

import os
from typing import Any

from tidefall.io.file_systems.whole_files import whole_file
from tidefall.lifecycle.data_validation.failures import damaged, missing

Path = str | os.PathLike[str]


def _message(name: str) -> Any:
    from tidefall.proto import metadata

    return getattr(metadata, name)


def _read(path: Path) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        raise missing(f"{os.fspath(path)} is not there") from None


def _write(content: bytes, path: Path) -> None:
    with whole_file(os.fspath(path)) as file:
        file.write(content)


def check_type(message: Any, name: str, argument: str) -> None:
    """Refuse what is no message of a kind.

    Raises:
        TypeError: naming both.
    """
    descriptor = getattr(message, "DESCRIPTOR", None)
    if getattr(descriptor, "full_name", "") != f"tensorflow.metadata.v0.{name}":
        raise TypeError(
            f"{argument} is of type {type(message).__name__}, should be a {name} proto."
        )


def own(message: Any) -> Any:
    """The message in the class that is used here; another package's is converted."""
    kind = _message(message.DESCRIPTOR.name)
    if isinstance(message, kind):
        return message
    return kind.FromString(message.SerializeToString())


def write_binary(message: Any, path: Path) -> None:
    """Write a message as it is on the wire."""
    _write(message.SerializeToString(), path)


def write_text(message: Any, path: Path) -> None:
    """Write a message as text."""
    from google.protobuf import text_format

    _write(text_format.MessageToString(message).encode(), path)


def read_binary(name: str, path: Path) -> Any:
    """Read a message.

    Raises:
        NotFoundError: there is no such file.
        DataLossError: it holds something else.
    """
    from google.protobuf.message import DecodeError

    try:
        return _message(name).FromString(_read(path))
    except DecodeError as error:
        raise damaged(f"{os.fspath(path)} is no {name}: {error}") from None


def read_text(name: str, path: Path) -> Any:
    """Read a message from text.

    Raises:
        NotFoundError: there is no such file.
        DataLossError: it holds something else; the message names line and column.
    """
    from google.protobuf import text_format

    from tidefall.proto.registry import pool

    content = _read(path)
    try:
        return text_format.Parse(content.decode(), _message(name)(), descriptor_pool=pool())
    except UnicodeDecodeError as error:
        raise damaged(f"{os.fspath(path)} is no text: {error}") from None
    except text_format.ParseError as error:
        raise damaged(f"{os.fspath(path)}, line and column {error}: no {name}") from None


# --- schemas --------------------------------------------------------------------------------------


def write_schema_text(schema: Any, output_path: Path) -> None:
    """Write a schema as text.

    Raises:
        TypeError: it is no Schema.
    """
    check_type(schema, "Schema", "schema")
    write_text(schema, output_path)


def load_schema_text(input_path: Path) -> Any:
    """Read a schema from text.

    Raises:
        NotFoundError: there is no such file.
        DataLossError: it is no schema; the message names line and column.
    """
    return read_text("Schema", input_path)


# --- statistics -----------------------------------------------------------------------------------


def write_stats_text(stats: Any, output_path: Path) -> None:
    """Write statistics as text.

    Raises:
        TypeError: they are no DatasetFeatureStatisticsList.
    """
    check_type(stats, "DatasetFeatureStatisticsList", "stats")
    write_text(stats, output_path)


def load_stats_text(input_path: Path) -> Any:
    """Read statistics from text."""
    return read_text("DatasetFeatureStatisticsList", input_path)


def load_stats_binary(input_path: Path) -> Any:
    """Read statistics as `FeatureStats.pb` files hold them."""
    return read_binary("DatasetFeatureStatisticsList", input_path)


def load_stats_tfrecord(input_path: Path) -> Any:
    """Read statistics that are the first record of a TFRecord file."""
    from google.protobuf.message import DecodeError

    from tidefall.io.records.tfrecord import read_records

    for record in read_records(os.fspath(input_path)):
        try:
            return _message("DatasetFeatureStatisticsList").FromString(record)
        except DecodeError as error:
            raise damaged(f"{os.fspath(input_path)}, record 0: no statistics: {error}") from None
    raise damaged(f"{os.fspath(input_path)} has no record")


def load_statistics(input_path: Path) -> Any:
    """Read statistics from a binary file, text, or a TFRecord file.

    Args:
        input_path: the file, or a folder with the file `FeatureStats.pb`.

    Raises:
        NotFoundError: there is no such file.
        DataLossError: it holds no statistics.
    """
    from tidefall.base.errors import OpError

    if os.path.isdir(input_path):
        input_path = os.path.join(input_path, "FeatureStats.pb")
    if not os.path.exists(input_path):
        raise missing(f"no statistics at {os.fspath(input_path)}")
    for load in (load_stats_binary, load_stats_text, load_stats_tfrecord):
        try:
            return load(input_path)
        except OpError:
            continue
    raise damaged(
        f"{os.fspath(input_path)}: neither a binary DatasetFeatureStatisticsList, nor its text, "
        "nor a TFRecord file of one"
    )


def load_sharded_statistics(
    input_path_prefix: str | None = None,
    input_paths: list[str] | None = None,
    io_provider: object = None,
) -> Any:
    """Read statistics whose features stand in several files, and put them together.

    Args:
        input_path_prefix: what the files' names begin with.
        input_paths: the files, instead.
        io_provider: accepted for TFDV's sake.

    Returns:
        A `DatasetListView`.
    """
    import glob

    from tidefall.lifecycle.data_validation.views import DatasetListView, merge_features

    if (input_path_prefix is None) == (input_paths is None):
        raise ValueError("Must provide one of input_paths_prefix, input_paths.")
    paths = input_paths or sorted(glob.glob(glob.escape(str(input_path_prefix)) + "*"))
    if not paths:
        raise missing(f"no statistics at {input_path_prefix}*")
    return DatasetListView(merge_features([load_statistics(path) for path in paths]))


# --- anomalies ------------------------------------------------------------------------------------


def write_anomalies_text(anomalies: Any, output_path: Path) -> None:
    """Write anomalies as text.

    Raises:
        TypeError: they are no Anomalies.
    """
    check_type(anomalies, "Anomalies", "anomalies")
    write_text(anomalies, output_path)


def load_anomalies_text(input_path: Path) -> Any:
    """Read anomalies from text."""
    return read_text("Anomalies", input_path)


def load_anomalies_binary(input_path: Path) -> Any:
    """Read anomalies as `SchemaDiff.pb` files hold them."""
    return read_binary("Anomalies", input_path)
