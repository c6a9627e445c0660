"""How many threads an op may use."""

import json

import pytest

from tidefall.serving.operations.threads import limit_op_threads, threads_for_ops


@pytest.mark.parametrize(
    ("intra", "session", "usable", "seen", "threads"),
    [
        (0, 0, 8.0, 8, 0),
        (0, 0, 0.5, 8, 1),
        (0, 0, 2.5, 8, 3),
        (0, 0, 7.5, 8, 0),
        (3, 0, 8.0, 8, 3),
        (0, 5, 8.0, 8, 5),
        (3, 5, 0.5, 8, 3),
    ],
)
def test_flags_come_before_the_limit_of_the_container(intra, session, usable, seen, threads):
    assert threads_for_ops(intra, session, usable, seen) == threads


@pytest.mark.process
def test_the_number_reaches_the_libraries(run_python):
    source = (
        "from tidefall.serving.operations.threads import limit_op_threads;"
        "limit_op_threads(1, 0, 0);"
        "import tidefall as tf;"
        "print(tf.config.threading.get_intra_op_parallelism_threads())"
    )
    assert json.loads(run_python(source)) == 1


def test_what_has_no_effect_says_so(caplog):
    limit_op_threads(0, 4, 0)
    assert "--tensorflow_inter_op_parallelism=4 has no effect" in caplog.text
