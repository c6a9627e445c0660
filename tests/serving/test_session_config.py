"""What a session's configuration says, and to whom it is told."""

import os

import pytest

from tidefall.base import errors
from tidefall.serving.session_config import SessionConfig, read_session_config


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", SessionConfig()),
        ("intra_op_parallelism_threads: 3", SessionConfig(intra_op_threads=3)),
        ("inter_op_parallelism_threads: 2", SessionConfig(inter_op_threads=2)),
        (
            "gpu_options { allow_growth: true per_process_gpu_memory_fraction: 0.25 }",
            SessionConfig(gpu_memory_fraction=0.25, gpu_memory_grows=True),
        ),
    ],
)
def test_what_is_understood(tmp_path, text, expected):
    (tmp_path / "session").write_text(text)
    assert read_session_config(tmp_path / "session") == expected


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("allow_soft_placement: true", errors.UnimplementedError, "implemented: allow_soft_pl"),
        (
            'gpu_options { visible_device_list: "1" }',
            errors.UnimplementedError,
            "not implemented: gpu_options.visible_device_list",
        ),
        ("nonsense: 1", errors.InvalidArgumentError, "is no ConfigProto in"),
        (
            "gpu_options { per_process_gpu_memory_fraction: 2 }",
            errors.InvalidArgumentError,
            "must be 0 to 1, received 2",
        ),
    ],
)
def test_what_is_not(tmp_path, text, kind, message):
    (tmp_path / "session").write_text(text)
    with pytest.raises(kind, match=message):
        read_session_config(tmp_path / "session")


def test_the_memory_of_the_gpu_is_told_to_xla(monkeypatch):
    variables = "XLA_PYTHON_CLIENT_MEM_FRACTION", "XLA_PYTHON_CLIENT_PREALLOCATE"
    for name in variables:
        monkeypatch.setenv(name, "as it was")
    SessionConfig().apply_to_gpu()
    assert [os.environ[name] for name in variables] == ["as it was"] * 2
    SessionConfig(gpu_memory_fraction=0.5, gpu_memory_grows=True).apply_to_gpu()
    assert [os.environ[name] for name in variables] == ["0.5", "false"]
