"""The file of what was refused: whole lines whatever happens, values as they were."""

import subprocess
import sys

import pytest

from tidefall.base import errors
from tidefall.io.records.quarantine import Quarantine, Reason, read_quarantine

WHY = [Reason("age", "INT_TYPE_BIG_INT", "expected at most 120, received 150")]


def test_values_come_back_as_they_were(tmp_path):
    path = tmp_path / "deep" / "refused.jsonl"
    features = {
        "text": "é\n",
        "words": [b"plain", b"\xff\xfe", b"\x0a\x04\x12"],
        "number": 1.5,
        "nothing": None,
        "inside": {"list": [1, [2]], "flag": True},
    }
    Quarantine(path).add(features, WHY, model="m", version=3)
    (row,) = read_quarantine(path)
    # Bytes that are text come back as text.
    assert row["features"] == features | {"words": ["plain", b"\xff\xfe", b"\x0a\x04\x12"]}
    assert row["reasons"] == [WHY[0]._asdict()]
    assert (row["model"], row["version"]) == ("m", 3)


def test_a_file_that_would_become_too_large_stays_as_it_is(tmp_path):
    quarantine = Quarantine(tmp_path / "q", max_bytes=400)
    quarantine.add({"x": "y" * 50}, WHY)
    with pytest.raises(OSError, match="400 bytes at most"):
        quarantine.add({"x": "y" * 350}, WHY)
    quarantine.add({"x": "z"}, WHY)
    assert [row["features"]["x"][0] for row in read_quarantine(tmp_path / "q")] == ["y", "z"]


@pytest.mark.parametrize("line", ["{", "[]", '{"reasons": []}', "\xff"])
def test_a_damaged_line_is_named(tmp_path, line):
    path = tmp_path / "q"
    Quarantine(path).add({}, WHY)
    with path.open("ab") as file:
        file.write(line.encode("latin-1") + b"\n")
    rows = read_quarantine(path)
    next(rows)
    with pytest.raises(errors.DataLossError, match="q, line 2"):
        next(rows)
    with pytest.raises(errors.NotFoundError):
        next(read_quarantine(tmp_path / "none"))


WRITER = """
import sys
from tidefall.io.records.quarantine import Quarantine, Reason
quarantine = Quarantine(sys.argv[1])
for number in range(10**9):
    quarantine.add({"x": "y" * 5000}, [Reason("x", "T", "r")], number=number)
    if number == 100:
        print("going", flush=True)
"""


@pytest.mark.process
def test_a_process_that_is_killed_leaves_whole_lines_and_the_next_goes_on(tmp_path):
    path = tmp_path / "q"
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None and writer.stdout.readline() == "going\n"
    writer.kill()
    writer.wait(30)
    writer.stdout.close()
    Quarantine(path).add({}, WHY, number=-1)
    numbers = [row["number"] for row in read_quarantine(path)]
    assert numbers == [*range(len(numbers) - 1), -1] and len(numbers) > 100
