"""Debug information of SavedModels: which line of the program made a node."""

import pytest

import tidefall as tf
from tidefall.base.errors import DataLossError
from tidefall.saving.saved_model.debug_info import debug_info_path


class Model(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None])])
    def served(self, x):
        return shifted(x) * 2.0


def shifted(x):
    return tf.exp(x) + 1.0


def save(folder, **options):
    tf.saved_model.save(Model(), folder, options=tf.saved_model.SaveOptions(**options))
    return tf.saved_model.load(folder).graph_debug_info


def test_nodes_name_the_lines_that_made_them(tmp_path):
    told = save(tmp_path / "model", save_debug_info=True)
    found = {}
    for name, trace in told.name_to_trace_id.items():
        node, _, function = name.partition("@")
        if function.startswith("__inference_served"):
            (frame,) = (told.frames_by_id[i] for i in told.traces_by_id[trace].frame_id)
            found[node] = told.files[frame.file_index], frame.line, frame.func
    served = Model.served.python_function.__code__.co_firstlineno
    assert found["Exp"] == (__file__, shifted.__code__.co_firstlineno + 1, "shifted")
    assert found["add"] == found["Exp"]
    assert found["mul"] == (__file__, served + 2, "served")


def test_there_is_none_by_default(tmp_path):
    told = save(tmp_path / "model")
    assert not told.files
    assert not told.name_to_trace_id
    assert not (tmp_path / "model" / "debug").exists()


def test_damage_names_the_file(tmp_path):
    folder = str(tmp_path / "model")
    save(folder, save_debug_info=True)
    with open(debug_info_path(folder), "r+b") as file:
        file.truncate(11)
    with pytest.raises(DataLossError, match="saved_model_debug_info"):
        tf.saved_model.load(folder)
