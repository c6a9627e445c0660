"""tf.profiler.experimental: traces in TensorBoard's layout, and misuse."""

import pytest

import tidefall as tf

profiler = tf.profiler.experimental


def _traces(folder):
    return sorted(p.name.partition(".")[2] for p in (folder / "plugins/profile").glob("*/*"))


def test_a_block_is_measured(tmp_path):
    pytest.importorskip("jax")
    with profiler.Profile(str(tmp_path)), profiler.Trace("train", step_num=1):
        tf.function(lambda x: x + 1, jit_compile=True)(tf.constant(1))
    assert "xplane.pb" in _traces(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["plugins"]


def test_a_measurement_may_be_dropped(tmp_path):
    pytest.importorskip("jax")
    profiler.start(str(tmp_path))
    with pytest.raises(tf.errors.AlreadyExistsError, match="Another profiler is running"):
        profiler.start(str(tmp_path))
    profiler.stop(save=False)
    assert list(tmp_path.iterdir()) == []


def test_misuse(tmp_path):
    with pytest.raises(tf.errors.UnavailableError, match="No profiler is running"):
        profiler.stop()
    with pytest.raises(tf.errors.UnimplementedError, match="delay_ms"):
        profiler.start(str(tmp_path), profiler.ProfilerOptions(delay_ms=5))
    with profiler.Trace("nothing is measured", step_num=1) as trace:
        trace.set_metadata(a=1)
