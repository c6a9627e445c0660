"""`tf.compat.v1`'s readers. Keys, values, counts and states are those of TensorFlow 2.21."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tidefall as tf

v1 = tf.compat.v1


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_bytes(b"h1\nh2\na\nbb\r\n\nccc")
    Path("b.txt").write_bytes(b"x\ny\nz\n")
    Path("b.gz").write_bytes(gzip.compress(b"x\ny\nz\n"))
    for name, compression in (("r", ""), ("gz", "GZIP")):
        with tf.io.TFRecordWriter(name, compression) as writer:
            for i in range(3):
                writer.write(b"r%d" % i)


def _queue(names: list[str]) -> tuple[Any, list[Any]]:
    """A queue, and what fills and closes it."""
    queue = v1.FIFOQueue(10, tf.string)
    fill = queue.enqueue_many([names])
    with tf.control_dependencies([fill]):
        return queue, [queue.close()]


def _run(make: Callable[[], Any], names: list[str], count: int) -> tuple[list[Any], list[int]]:
    """All records, of which there are `count`, and how many records and files were read."""
    with tf.Graph().as_default():
        reader = make()
        queue, fill = _queue(names)
        record = reader.read(queue)
        counts = [reader.num_records_produced(), reader.num_work_units_completed()]
        found = []
        with v1.Session() as session:
            session.run(fill)
            for _ in range(count):
                found.append(tuple(session.run(record)))
            with pytest.raises(tf.errors.OutOfRangeError, match="is closed and has insufficient"):
                session.run(record)
            return found, [int(n) for n in session.run(counts)]


@pytest.mark.parametrize(
    "make, names, records, counts",
    [
        (
            lambda: v1.WholeFileReader(),
            ["a.txt", "b.txt"],
            [(b"a.txt", b"h1\nh2\na\nbb\r\n\nccc"), (b"b.txt", b"x\ny\nz\n")],
            [2, 2],
        ),
        (lambda: v1.IdentityReader(), ["a", "b"], [(b"a", b"a"), (b"b", b"b")], [2, 2]),
        (
            lambda: v1.TextLineReader(skip_header_lines=2),
            ["a.txt", "b.txt"],
            [
                (b"a.txt:3", b"a"),
                (b"a.txt:4", b"bb"),
                (b"a.txt:5", b""),
                (b"a.txt:6", b"ccc"),
                (b"b.txt:3", b"z"),
            ],
            [5, 2],
        ),
        (
            lambda: v1.TFRecordReader(),
            ["r"],
            [(b"r:0", b"r0"), (b"r:18", b"r1"), (b"r:36", b"r2")],
            [3, 1],
        ),
        (
            lambda: v1.TFRecordReader(options=tf.io.TFRecordOptions("GZIP")),
            ["gz"],
            [(b"gz:0", b"r0"), (b"gz:18", b"r1"), (b"gz:36", b"r2")],
            [3, 1],
        ),
        (
            lambda: v1.FixedLengthRecordReader(2),
            ["b.txt"],
            [(b"b.txt:0", b"x\n"), (b"b.txt:1", b"y\n"), (b"b.txt:2", b"z\n")],
            [3, 1],
        ),
        (
            lambda: v1.FixedLengthRecordReader(2, header_bytes=1, footer_bytes=1, hop_bytes=1),
            ["b.txt"],
            [(b"b.txt:0", b"\ny"), (b"b.txt:1", b"y\n"), (b"b.txt:2", b"\nz")],
            [3, 1],
        ),
        (
            lambda: v1.FixedLengthRecordReader(3, encoding="GZIP"),
            ["b.gz"],
            [(b"b.gz:0", b"x\ny"), (b"b.gz:1", b"\nz\n")],
            [2, 1],
        ),
        (lambda: v1.FixedLengthRecordReader(4), ["b.txt"], [(b"b.txt:0", b"x\ny\n")], [1, 1]),
    ],
)
@pytest.mark.usefixtures("files")
def test_records_and_their_keys(make: Any, names: Any, records: Any, counts: Any) -> None:
    assert _run(make, names, len(records)) == (records, counts)


@pytest.mark.usefixtures("files")
def test_several_records_come_from_one_file() -> None:
    with tf.Graph().as_default():
        reader = v1.TextLineReader()
        queue, fill = _queue(["b.txt", "a.txt"])
        records = reader.read_up_to(queue, 2)
        assert records.keys.shape.as_list() == [None]
        with v1.Session() as session:
            session.run(fill)
            values = [session.run(records).values.tolist() for _ in range(3)]
    assert values == [[b"x", b"y"], [b"z"], [b"h1", b"h2"]]


def test_a_state_is_restored() -> None:
    with tf.Graph().as_default():
        reader = v1.IdentityReader()
        queue, fill = _queue(["a", "b", "c"])
        record, produced = reader.read(queue), reader.num_records_produced()
        given = v1.placeholder(tf.string, [])
        save, restore, reset = reader.serialize_state(), reader.restore_state(given), reader.reset()
        with v1.Session() as session:
            session.run(fill)
            session.run(record)
            state = session.run(save)
            assert state == b'\x08\x01\x10\x01\x18\x01"\x01a'
            session.run(record)
            session.run(restore, {given: state})
            assert session.run(produced) == 1
            assert session.run(record).value == b"c"
            with pytest.raises(tf.errors.InvalidArgumentError, match="Could not parse state"):
                session.run(restore, {given: b"junk"})
            session.run(reset)
            assert session.run(produced) == 0


@pytest.mark.parametrize(
    "make, names, error, match",
    [
        (lambda: v1.TextLineReader(), ["none.txt"], "NotFoundError", "none.txt"),
        (lambda: v1.TFRecordReader(), ["none"], "NotFoundError", "none"),
        (lambda: v1.FixedLengthRecordReader(0), ["b.txt"], "InvalidArgumentError", "record_bytes"),
    ],
)
@pytest.mark.usefixtures("files")
def test_files_that_cannot_be_read(make: Any, names: Any, error: str, match: str) -> None:
    with tf.Graph().as_default():
        reader = make()
        queue, fill = _queue(names)
        record = reader.read(queue)
        with v1.Session() as session:
            session.run(fill)
            with pytest.raises(getattr(tf.errors, error), match=match):
                session.run(record)


def test_states_of_lines_are_not_saved() -> None:
    with tf.Graph().as_default(), v1.Session() as session:
        state = v1.TextLineReader().serialize_state()
        with pytest.raises(tf.errors.UnimplementedError, match="TextLineReader"):
            session.run(state)


def test_queues_hold_names_of_files() -> None:
    with tf.Graph().as_default(), v1.Session() as session:
        record = v1.IdentityReader().read(v1.FIFOQueue(10, tf.int32))
        with pytest.raises(tf.errors.InvalidArgumentError, match="one string component"):
            session.run(record)


def test_readers_need_a_graph() -> None:
    with pytest.raises(RuntimeError, match=r"tf\.data"):
        v1.WholeFileReader()
