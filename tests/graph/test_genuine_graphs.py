"""Graphs that TensorFlow wrote come back as they were: nodes, attributes, functions, order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import tidefall as tf
from tidefall.graph.codec.importer import nodes_of
from tidefall.saving.saved_model.reader import read_saved_model

GENUINE = Path(__file__).parents[3] / "shared" / "interop_genuine"
FOLDERS = sorted(str(path.parent.relative_to(GENUINE)) for path in GENUINE.rglob("saved_model.pb*"))


def _as_imported(node: Any, written: Any) -> Any:
    """A NodeDef as it should be written: with its defaults, and shapes as properties of tensors."""
    expected = type(node)()
    expected.CopyFrom(node)
    expected.attr.pop("_output_shapes", None)
    for name, value in written.attr.items():
        if name not in expected.attr:
            expected.attr[name].CopyFrom(value)
    return expected


@pytest.mark.skipif(not FOLDERS, reason="genuine TensorFlow files are not there")
@pytest.mark.parametrize("folder", FOLDERS)
def test_round_trip(folder: str) -> None:
    for meta in read_saved_model(GENUINE / folder).meta_graphs:
        with tf.Graph().as_default() as graph:
            tf.import_graph_def(meta.graph_def, name="")
        written = graph.as_graph_def()
        assert len(written.node) == len(meta.graph_def.node)
        sources = {node.name: node for node in nodes_of(meta.graph_def)}  # of today's version
        for node in written.node:
            assert node == _as_imported(sources[node.name], node)
        assert list(written.library.function) == list(meta.graph_def.library.function)
