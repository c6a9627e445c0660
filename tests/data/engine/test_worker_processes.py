"""Maps in worker processes: the same elements, errors that tell, and no process left behind."""

import gc
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import tidefall as tf

Dataset = tf.data.Dataset
Workers = tf.data.experimental.WorkerProcesses

pytest.importorskip("cloudpickle")


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(condition):
    for _ in range(1000):
        if condition():
            return True
        time.sleep(0.02)
    return False


def shout(text, number):
    return text.numpy().upper() + b"!" * int(number), np.arange(int(number)), os.getpid()


def tokenized(element):
    types = [tf.string, tf.int64, tf.int64]
    text, numbers, pid = tf.py_function(shout, [element["text"], element["n"]], types)
    return {"text": text, "numbers": (tf.ensure_shape(numbers, [None]), element["n"]), "pid": pid}


def words(count=20):
    texts = [f"word {i}" for i in range(count)]
    return Dataset.from_tensor_slices({"text": texts, "n": np.arange(count) % 4})


def plain(element):
    numbers, n = element["numbers"]
    return element["text"].numpy(), numbers.numpy().tolist(), int(n)


def all_of(iterator):
    """The elements, and in their place the names of errors."""
    found = []
    while True:
        try:
            found.append(next(iterator))
        except StopIteration:
            return found
        except tf.errors.OpError as error:
            found.append(error)


@pytest.mark.process
def test_elements_are_the_same_and_in_order():
    expected = [plain(x) for x in words().map(tokenized)]
    dataset = words().map(tokenized, Workers(2))
    first, second = list(dataset), list(dataset)
    assert [plain(x) for x in first] == [plain(x) for x in second] == expected
    pids = {int(x["pid"]) for x in first}
    assert os.getpid() not in pids and len(pids) <= 2
    # The next iteration has the same processes, and they end with the dataset.
    assert pids & {int(x["pid"]) for x in second}
    assert all(is_running(pid) for pid in pids)
    del dataset, first, second

    def ended():
        # Again and again: a thread that is about to end may still know the dataset's stages.
        gc.collect()
        return not any(is_running(pid) for pid in pids)

    assert wait_until(ended)


@pytest.mark.process
def test_values_of_many_kinds_travel():
    def function(x):
        scaled = tf.py_function(lambda v: v * 2, [x["half"]], tf.bfloat16)
        return tf.RaggedTensor.from_row_lengths(x["flat"], x["lengths"]), scaled, x["sparse"]

    element = {
        "half": tf.cast([[1, 2], [3, 4]], tf.bfloat16),
        "flat": tf.constant([1, 2, 3]),
        "lengths": tf.constant([2, 0, 1]),
        "sparse": tf.sparse.from_dense([[0, 7]]),
    }
    dataset = Dataset.from_tensors(element)
    (one,) = dataset.map(function)
    (other,) = dataset.map(function, Workers(1))
    assert one[0].to_list() == other[0].to_list()
    assert one[1].numpy().tolist() == other[1].numpy().tolist()
    assert one[2].values.numpy().tolist() == other[2].values.numpy().tolist()
    assert dataset.map(function, Workers(1)).element_spec == dataset.map(function).element_spec


@pytest.mark.process
def test_errors_and_deaths_come_in_their_place():
    def function(x):
        def python(number):
            if int(number) == 2:
                raise KeyError("no two")
            if int(number) == 5:
                os.kill(os.getpid(), signal.SIGKILL)
            return number

        return tf.py_function(python, [x], tf.int64)

    found = all_of(iter(Dataset.range(8).map(function, Workers(2))))
    assert [int(x) for i, x in enumerate(found) if i not in (2, 5)] == [0, 1, 3, 4, 6, 7]
    assert "KeyError: 'no two'" in found[2].message
    assert f"Dataset.map({function.__qualname__} at {__file__}" in found[2].message
    remote = found[2].__cause__.__cause__
    assert "Traceback" in str(remote) and "no two" in str(remote)
    assert isinstance(found[5], tf.errors.AbortedError)
    assert "killed by signal 9 while it worked on element 5" in found[5].message


def test_function_that_fails_to_arrive_is_named():
    class Stubborn:
        def __reduce__(self):
            return exec, ("raise ImportError('not here')",)

    stubborn = Stubborn()

    def function(x):
        return tf.py_function(lambda v: (stubborn, v)[1], [x], tf.int64)

    (error,) = set(map(str, all_of(iter(Dataset.range(1).map(function, Workers(1))))))
    assert "ImportError: not here" in error


@pytest.mark.process
def test_position_is_saved():
    options = tf.data.Options()
    ignore = tf.data.experimental.ExternalStatePolicy.IGNORE
    options.experimental_external_state_policy = ignore

    def build(calls):
        dataset = words(12).shuffle(12, seed=1).map(tokenized, calls)
        return dataset.prefetch(2).with_options(options)

    iterator = iter(build(Workers(2)))
    before = [plain(next(iterator)) for _ in range(5)]
    state = iterator._resource.to_bytes()
    rest = [plain(x) for x in iterator]
    assert before + rest == [plain(x) for x in build(None)]
    resumed = iter(build(Workers(1)))
    resumed._resource.from_bytes(state)
    assert [plain(x) for x in resumed] == rest


variable = tf.Variable(1, dtype=tf.int64)
table = tf.lookup.experimental.MutableHashTable(tf.int64, tf.int64, 0)


@pytest.mark.parametrize(
    "function, op",
    [
        (lambda x: tf.random.uniform([]), "RandomUniform"),
        (lambda x: x + variable, "ReadVariableOp"),
        (lambda x: table.lookup(x), "a resource"),
    ],
)
def test_state_is_refused(function, op):
    with pytest.raises(ValueError, match=f"cannot run in worker processes: it uses {op}"):
        Dataset.range(3).map(function, Workers(1))


def test_what_cannot_be_sent_is_refused():
    lock = __import__("threading").Lock()
    dataset = Dataset.range(3).map(
        lambda x: tf.py_function(lambda v: (lock, v)[1], [x], tf.int64), Workers(1)
    )
    with pytest.raises(tf.errors.UnimplementedError, match="cannot be sent to a worker"):
        next(iter(dataset))


def test_without_cloudpickle(monkeypatch):
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    dataset = words(2).map(tokenized, Workers(1))
    with pytest.raises(tf.errors.UnimplementedError, match=r"pip install tidefall\[workers\]"):
        next(iter(dataset))


def test_what_works_on_many_elements_at_once_needs_no_processes():
    dataset = Dataset.range(5).map(lambda x: x + 1, Workers(2))
    assert [int(x) for x in dataset] == [1, 2, 3, 4, 5]
    assert dataset._node.pool._workers == []


@pytest.mark.parametrize("count", [0, -2])
def test_number_of_processes_is_checked(count):
    with pytest.raises(ValueError, match="at least one"):
        Workers(count)


PROGRAM = """
import os, signal, sys, time
import tidefall as tf

def slow(x):
    time.sleep(0.01 if int(x) < 4 else 1000)
    return os.getpid()

def function(x):
    return tf.py_function(slow, [x], tf.int64)

workers = tf.data.experimental.WorkerProcesses(2)
iterator = iter(tf.data.Dataset.range(100).map(function, workers))
print(*{int(next(iterator)) for _ in range(4)}, flush=True)
if sys.argv[1] == "end":
    sys.exit(0)
try:
    next(iterator)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.process
@pytest.mark.parametrize("how", ["end", "SIGKILL", "SIGINT"])
def test_processes_end_with_the_program(how):
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, how], stdout=subprocess.PIPE, text=True
    )
    pids = [int(pid) for pid in program.stdout.readline().split()]
    assert pids
    if how != "end":
        time.sleep(0.1)
        program.send_signal(getattr(signal, how))
    output, _ = program.communicate(timeout=60)
    assert program.returncode == (-signal.SIGKILL if how == "SIGKILL" else 0)
    assert ("interrupted" in output) is (how == "SIGINT")
    assert wait_until(lambda: not any(is_running(pid) for pid in pids))


def test_functions_with_modules_of_the_public_surface_are_pickled():
    import pickle

    import cloudpickle

    for module in (tf, tf.raw_ops, tf.linalg, tf.data.experimental, tf.nn):
        assert pickle.loads(cloudpickle.dumps(module)) is module
