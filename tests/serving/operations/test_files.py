"""Files that grow within bounds, and the thread that writes them."""

import threading
from pathlib import Path

import pytest

from tidefall.serving.operations.files import BackgroundWriter, RotatingFile


class Memory:
    """Keeps what is written; fails while told to."""

    def __init__(self):
        self.written, self.error, self.closed = [], None, False

    def write(self, data):
        if self.error:
            raise self.error
        self.written.append(data)

    def close(self):
        self.closed = True


def names(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_full_file_is_moved_aside_and_the_oldest_goes(tmp_path):
    file = RotatingFile(tmp_path / "f", most_bytes=4, files=3)
    for letter in b"abcdefghij":
        file.write(bytes([letter, letter]))
    file.close()
    assert names(tmp_path) == {"f": b"iijj", "f.1": b"gghh", "f.2": b"eeff"}


def test_what_was_there_before_is_moved_aside(tmp_path):
    (tmp_path / "f").write_bytes(b"cut sho")
    file = RotatingFile(tmp_path / "f", most_bytes=100)
    file.write(b"new")
    file.close()
    assert names(tmp_path) == {"f": b"new", "f.1": b"cut sho"}


def test_a_single_file_begins_anew(tmp_path):
    file = RotatingFile(tmp_path / "f", most_bytes=2, files=1)
    for data in (b"ab", b"cd"):
        file.write(data)
    file.close()
    assert names(tmp_path) == {"f": b"cd"}


def test_a_record_that_does_not_fit_on_the_disk_leaves_nothing_behind(tmp_path, files_end_at):
    (tmp_path / "f").write_bytes(b"old")
    file = RotatingFile(tmp_path / "f", files=2)
    file.write(b"abc\n")
    files_end_at(6)
    for _ in range(3):
        with pytest.raises(OSError, match="File too large"):
            file.write(b"defg\n")
    files_end_at(None)
    file.write(b"hij\n")
    file.close()
    assert names(tmp_path) == {"f": b"abc\nhij\n", "f.1": b"old"}


def test_a_failure_begins_another_file():
    file = RotatingFile(Path("/dev/full"))
    file._move_aside = lambda: None
    for _ in range(2):
        with pytest.raises(OSError, match="No space left"):
            file.write(b"x")
    file.close()


def test_items_are_written_in_order_and_the_rest_on_stop():
    sink = Memory()
    writer = BackgroundWriter("numbers", lambda item: str(item).encode(), sink)
    for number in range(100):
        writer.offer(number)
    writer.stop()
    assert sink.written == [str(number).encode() for number in range(100)]
    assert (writer.written, writer.dropped, sink.closed) == (100, 0, True)


@pytest.mark.parametrize(("most_items", "most_bytes"), [(2, 10**9), (10**3, 25)])
def test_what_comes_too_fast_is_dropped_and_counted(most_items, most_bytes):
    taken, go = threading.Event(), threading.Event()

    def encode(item):
        taken.set()
        go.wait(10)
        return item

    sink = Memory()
    writer = BackgroundWriter("slow", encode, sink, most_items, most_bytes)
    writer.offer(b"0", 10)
    assert taken.wait(10)
    for item in (b"1", b"2", b"3"):
        writer.offer(item, 7)
    go.set()
    writer.stop()
    assert sink.written == [b"0", b"1", b"2"]
    assert writer.dropped == 1


def test_failures_are_told_once_and_do_not_end_the_writing(caplog):
    sink = Memory()
    sink.error = OSError("disk full")
    writer = BackgroundWriter("numbers", lambda item: item, sink)
    for item in (b"1", b"2", b"3"):
        writer.offer(item)
    while writer.dropped < 3:
        threading.Event().wait(0.001)
    sink.error = None
    writer.offer(b"4")
    writer.stop()
    assert (sink.written, writer.dropped) == ([b"4"], 3)
    assert caplog.text.count("numbers: cannot be written: disk full") == 1
