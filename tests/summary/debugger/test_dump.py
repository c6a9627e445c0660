"""What `tf.debugging.experimental.enable_dump_debug_info` writes, beside TensorFlow's own files."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tidefall as tf
from tests.summary.debug_dumps import MODES, OPTIONS, RECORDED, facts, run_program
from tidefall.io.records.tfrecord import read_records
from tidefall.proto import DebugEvent
from tidefall.proto.tensors import tensor_proto_to_array

dump = tf.debugging.experimental
GENUINE = json.loads(RECORDED.read_text())


@pytest.fixture(autouse=True)
def _stopped() -> Iterator[None]:
    yield
    dump.disable_dump_debug_info()


def read(folder: Path) -> dict[str, list[Any]]:
    kinds = {}
    for path in sorted(folder.iterdir()):
        records = read_records(str(path))
        kinds.setdefault(path.name.rpartition(".")[2], []).extend(
            map(DebugEvent.FromString, records)
        )
    return kinds


def executed(folder: Path) -> list[str]:
    return [e.execution.op_type for e in read(folder)["execution"]]


@pytest.mark.parametrize("name", OPTIONS)
def test_files_say_what_those_of_tensorflow_say(name: str, tmp_path: Path) -> None:
    run_program(tf, str(tmp_path), OPTIONS[name])
    found = json.loads(json.dumps(facts(read(tmp_path), tensor_proto_to_array)))
    for part, expected in GENUINE[name].items():
        assert found[part] == expected, part


def test_compiled_functions_loops_branches_and_gradients_are_shown(tmp_path: Path) -> None:
    @tf.function(jit_compile=True)
    def loss(x: Any) -> Any:
        total = tf.zeros([])
        for i in tf.range(3):
            if i > 0:
                total += tf.reduce_sum(tf.exp(x))
        return total

    dump.enable_dump_debug_info(str(tmp_path), "FULL_TENSOR", 0, op_regex="Exp$")
    x = tf.constant([0.0, 1.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = loss(x)
    slope = tape.gradient(y, x)
    dump.disable_dump_debug_info()
    np.testing.assert_allclose(slope, 2 * np.exp([0.0, 1.0]), rtol=1e-6)
    events = read(tmp_path)
    graphs = {e.debugged_graph.graph_id: e.debugged_graph for e in events["graphs"]}
    traces = [e.graph_execution_trace for e in events["graph_execution_traces"]]
    exponents = [tensor_proto_to_array(t.tensor_proto) for t in traces]
    assert len(exponents) >= 2
    assert all(np.allclose(value, np.exp([0.0, 1.0])) for value in exponents)
    inner = graphs[traces[0].tfdbg_context_id]
    while inner.outer_context_id:
        inner = graphs[inner.outer_context_id]
    assert inner.graph_name == "loss"
    names = [name for name in executed(tmp_path) if "loss" in name]
    assert "backward" not in names[0]
    assert "backward" in names[-1]


def test_code_locations_are_lines_of_the_program(tmp_path: Path) -> None:
    dump.enable_dump_debug_info(str(tmp_path))
    _ = tf.constant([1.0]) + 2.0
    dump.disable_dump_debug_info()
    events = read(tmp_path)
    files = [e.source_file for e in events["source_files"]]
    frames = {
        f.id: f.file_line_col for f in (e.stack_frame_with_id for e in events["stack_frames"])
    }
    location = events["execution"][0].execution.code_location
    last = frames[location.stack_frame_ids[-1]]
    assert last.func == "test_code_locations_are_lines_of_the_program"
    assert files[last.file_index].file_path == __file__
    assert "tf.constant([1.0]) + 2.0" in files[last.file_index].lines[last.line - 1]
    assert not any("/src/tidefall/" in file.file_path for file in files)


def test_tensors_keep_their_numbers(tmp_path: Path) -> None:
    dump.enable_dump_debug_info(str(tmp_path))
    x = tf.constant([1.0])
    y = x * x
    z = y + x
    dump.disable_dump_debug_info()
    first, second = (e.execution for e in read(tmp_path)["execution"])
    assert list(second.input_tensor_ids) == [first.output_tensor_ids[0], first.input_tensor_ids[0]]
    assert z.numpy() == 2.0


def test_events_of_execution_are_written_when_flushed(tmp_path: Path) -> None:
    writer = dump.enable_dump_debug_info(str(tmp_path), circular_buffer_size=2)
    x = tf.constant(1.0)
    _ = tf.exp(x), tf.sin(x), tf.cos(x)
    writer.FlushNonExecutionFiles()
    assert executed(tmp_path) == []
    writer.FlushExecutionFiles()
    assert executed(tmp_path) == ["Sin", "Cos"]
    tf.sqrt(x)
    dump.disable_dump_debug_info()
    assert executed(tmp_path) == ["Sin", "Cos", "Sqrt"]
    writer.Close()


def test_what_runs_after_the_end_is_not_written(tmp_path: Path) -> None:
    @tf.function
    def double(x: Any) -> Any:
        return 2.0 * x

    dump.enable_dump_debug_info(str(tmp_path), "FULL_TENSOR", 0)
    double(tf.constant(1.0))
    traced = double.get_concrete_function(tf.constant(1.0))
    dump.disable_dump_debug_info()
    dump.disable_dump_debug_info()
    before = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert traced(tf.constant(3.0)) == 6.0
    assert tf.exp(tf.constant(0.0)) == 1.0
    assert before == {path.name: path.stat().st_size for path in tmp_path.iterdir()}


def test_other_threads_are_not_shown_but_functions_traced_here_are(tmp_path: Path) -> None:
    dump.enable_dump_debug_info(str(tmp_path), "FULL_TENSOR", 0)
    function = tf.function(tf.exp).get_concrete_function(tf.TensorSpec([]))

    def elsewhere() -> None:
        tf.sin(function(tf.constant(0.0)))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    dump.disable_dump_debug_info()
    events = read(tmp_path)
    assert executed(tmp_path) == []
    assert len(events["graph_execution_traces"]) == 1


def test_another_folder_takes_the_place_of_the_first(tmp_path: Path) -> None:
    writer = dump.enable_dump_debug_info(str(tmp_path / "a"))
    assert dump.enable_dump_debug_info(str(tmp_path / "a")) is writer
    tf.exp(tf.constant(0.0))
    other = dump.enable_dump_debug_info(str(tmp_path / "b" / "c"))
    tf.sin(tf.constant(0.0))
    assert (writer.dump_root, other.dump_root) == (str(tmp_path / "a"), str(tmp_path / "b" / "c"))
    dump.disable_dump_debug_info()
    assert executed(tmp_path / "a") == ["Exp"]
    assert executed(tmp_path / "b" / "c") == ["Sin"]


WRONG: list[tuple[type[Exception], dict[str, Any], str]] = [
    (ValueError, {"tensor_debug_mode": "ALL"}, "Valid options are"),
    (NotImplementedError, {"tensor_debug_mode": "FULL_NUMERICS"}, "not implemented"),
    (ValueError, {"tensor_dtypes": 3}, "expected to be a list"),
    (TypeError, {"tensor_dtypes": ["numbers"]}, "numbers"),
]


@pytest.mark.parametrize(("error", "options", "message"), WRONG)
def test_wrong_options_are_refused(
    error: type[Exception], options: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=message):
        dump.enable_dump_debug_info(str(tmp_path), **options)


@pytest.mark.parametrize("options", [{"circular_buffer_size": 6}, {"tensor_debug_mode": "SHAPE"}])
def test_settings_cannot_change_while_dumping(options: dict[str, Any], tmp_path: Path) -> None:
    dump.enable_dump_debug_info(str(tmp_path))
    with pytest.raises(ValueError, match="already a dumping callback"):
        dump.enable_dump_debug_info(str(tmp_path), **options)


@pytest.mark.process
def test_the_end_of_the_program_finishes_the_files(tmp_path: Path, run_python: Any) -> None:
    run_python(
        "import sys, tidefall as tf\n"
        "tf.debugging.experimental.enable_dump_debug_info(sys.argv[1])\n"
        "tf.exp(tf.constant(0.0))\n",
        str(tmp_path),
    )
    assert executed(tmp_path) == ["Exp"]


def test_all_modes_are_recorded() -> None:
    assert set(MODES) <= set(GENUINE) == set(OPTIONS)
    assert sys.getsizeof(RECORDED.read_bytes()) < 60_000
