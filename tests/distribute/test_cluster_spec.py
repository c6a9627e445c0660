"""`tf.train.ClusterSpec`, against what TensorFlow 2.21 answers."""

import pytest

import tidefall as tf

SPEC = {"worker": ["a:1", "b:2"], "ps": {3: "c:3", 1: "d"}}


def spec():
    return tf.train.ClusterSpec(SPEC)


def test_jobs_and_tasks():
    cluster = spec()
    assert cluster.jobs == ["worker", "ps"]
    assert cluster.as_dict() == {"worker": ["a:1", "b:2"], "ps": {1: "d", 3: "c:3"}}
    assert (cluster.num_tasks("ps"), cluster.task_indices("ps")) == (2, [1, 3])
    assert cluster.task_address("ps", 3) == "c:3"
    assert cluster.job_tasks("ps") == [None, "d", None, "c:3"]
    assert cluster.job_tasks("worker") == ["a:1", "b:2"]


def test_text_and_truth():
    text = "ClusterSpec({'ps': {1: 'd', 3: 'c:3'}, 'worker': ['a:1', 'b:2']})"
    assert str(spec()) == repr(spec()) == text
    assert spec()
    assert not tf.train.ClusterSpec({})
    with pytest.raises(TypeError, match="unhashable"):
        hash(spec())


def test_equal_to_specs_and_dicts_of_the_same_meaning():
    assert spec() == tf.train.ClusterSpec(spec()) == spec().as_dict()
    assert spec() != spec().as_cluster_def()
    assert spec() != 3
    assert spec() != {"worker": ["a:1"]}


def test_made_of_a_message():
    assert tf.train.ClusterSpec(spec().as_cluster_def()) == spec()


def test_the_message_lists_jobs_by_name():
    message = spec().as_cluster_def()
    assert [(job.name, dict(job.tasks)) for job in message.job] == [
        ("ps", {1: "d", 3: "c:3"}),
        ("worker", {0: "a:1", 1: "b:2"}),
    ]


@pytest.mark.parametrize(
    "given, kept",
    [
        ({"a": ()}, {"a": {}}),
        ({"ps": {0: "a", 1: "b"}}, {"ps": ["a", "b"]}),
        ({b"ps": [b"a"]}, {b"ps": [b"a"]}),
    ],
)
def test_lists_where_tasks_count_from_zero(given, kept):
    assert tf.train.ClusterSpec(given).as_dict() == kept


ERRORS = [
    (lambda: tf.train.ClusterSpec(3), TypeError, "must be a dictionary"),
    (lambda: tf.train.ClusterSpec({"a": 3}), TypeError, "tasks for job 'a'"),
    (lambda: tf.train.ClusterSpec({"a": "abc"}), TypeError, "tasks for job 'a'"),
    (lambda: tf.train.ClusterSpec({"a": [3]}), TypeError, "Task address 3"),
    (lambda: tf.train.ClusterSpec({3: ["a"]}), TypeError, "Job name 3"),
    (lambda: tf.train.ClusterSpec({"a": {"x": "y"}}), ValueError, "invalid literal"),
    (lambda: spec().num_tasks("x"), ValueError, "No such job in cluster: 'x'"),
    (lambda: spec().task_indices("x"), ValueError, "No such job"),
    (lambda: spec().job_tasks("x"), ValueError, "No such job"),
    (lambda: spec().task_address("x", 0), ValueError, "No such job"),
    (lambda: spec().task_address("ps", 0), ValueError, "No task with index 0 in job 'ps'"),
]


@pytest.mark.parametrize("call, error, match", ERRORS)
def test_errors(call, error, match):
    with pytest.raises(error, match=match):
        call()
