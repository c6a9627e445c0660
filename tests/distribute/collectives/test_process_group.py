"""Collectives between members that are threads, against NumPy."""

import functools
import logging
import socket
import threading
import time

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tidefall as tf
from tests.distribute.collectives.groups import addresses, run_members
from tidefall.base.config import config
from tidefall.distribute.collectives import reduction, wire
from tidefall.distribute.collectives.process_group import ProcessGroup

MERGE = {"sum": np.add, "min": np.minimum, "max": np.maximum, "prod": np.multiply}
DTYPES = [np.float32, np.float64, np.float16, ml_dtypes.bfloat16, np.int8, np.int32, np.int64]
SIZES = [(), (0,), (1,), (3, 5), (8193,), (600_001,)]


def values_of(rank, shape, dtype):
    return np.random.default_rng(rank).integers(1, 5, shape).astype(dtype)


def expected(size, shape, dtype, op):
    merge = MERGE["sum" if op == "mean" else op]
    with np.errstate(all="ignore"):
        total = functools.reduce(merge, [values_of(r, shape, dtype) for r in range(size)])
        if op == "mean":
            total = (
                total // size if np.dtype(dtype).kind == "i" else total / np.asarray(size, dtype)
            )
    return np.asarray(total).astype(dtype)


@pytest.mark.parametrize("shared", [True, False], ids=["memory", "sockets"])
@pytest.mark.parametrize("size", [2, 3, 4])
def test_all_reduce(size, shared, monkeypatch):
    if not shared:
        monkeypatch.setattr(reduction, "share_memory", lambda rank, links: None)

    def member(group):
        assert group.shares_memory is shared
        found = {}
        for dtype in DTYPES:
            for shape in SIZES:
                for op in ("sum", "mean", "min", "max", "prod"):
                    value = values_of(group.index, shape, dtype)
                    found[dtype, shape, op] = group.all_reduce(value, op)
        return found

    results = run_members(size, member)
    for result in results:
        assert len(result) == len(DTYPES) * len(SIZES) * 5
        for (dtype, shape, op), value in result.items():
            wanted = expected(size, shape, dtype, op)
            assert value.dtype == wanted.dtype and value.shape == shape
            assert value.tobytes() == wanted.tobytes(), (dtype, shape, op)


def test_the_result_does_not_depend_on_the_way(monkeypatch):
    def member(group):
        rng = np.random.default_rng(group.index)
        return [group.all_reduce(rng.normal(size=n)).tobytes() for n in (100, 10_000, 300_001)]

    ways = [run_members(3, member)]
    monkeypatch.setattr(reduction, "share_memory", lambda rank, links: None)
    ways.append(run_members(3, member))
    monkeypatch.setattr(reduction, "SMALL", 1 << 40)
    ways.append(run_members(3, member))
    first = ways[0][0]
    assert all(result == first for way in ways for result in way)


@settings(max_examples=8)
@given(
    st.lists(st.tuples(st.sampled_from(["float32", "int64"]), st.integers(0, 3000)), max_size=12),
    st.integers(1, 20_000),
)
def test_packed(kinds, bytes_per_pack):
    def member(group):
        values = [values_of(group.index + i, (n,), kind) for i, (kind, n) in enumerate(kinds)]
        return group.all_reduce_packed(values, "sum", bytes_per_pack)

    for result in run_members(2, member):
        for i, (kind, n) in enumerate(kinds):
            wanted = values_of(i, (n,), kind) + values_of(i + 1, (n,), kind)
            np.testing.assert_array_equal(result[i], wanted)
            assert result[i].dtype == wanted.dtype


def test_gather_broadcast_newest():
    def member(group):
        group.barrier()
        gathered = group.all_gather(np.full((group.index, 2), group.index))
        scalars = group.all_gather(np.float32(group.index))
        large = group.all_gather(np.full(200_000 + group.index, group.index))
        sent = group.broadcast_from(1, [np.arange(5), np.ones((2, 0), np.float16)])
        step, rank = group.newest([3, 7, 7][group.index])
        copied = group.broadcast(np.full(200_000, group.index), root=rank)
        return gathered, scalars, large, sent, (step, rank), copied

    for gathered, scalars, large, sent, newest, copied in run_members(3, member):
        assert [each.tolist() for each in gathered] == [[], [[1, 1]], [[2, 2], [2, 2]]]
        assert [float(each) for each in scalars] == [0, 1, 2]
        assert [(len(each), each[-1]) for each in large] == [(200_000 + i, i) for i in range(3)]
        assert sent[0].tolist() == [0, 1, 2, 3, 4]
        assert sent[1].shape == (2, 0) and sent[1].dtype == np.float16
        assert newest == (7, 1) and (copied == 1).all()


def test_members_that_disagree_are_named_and_can_go_on():
    def member(group):
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"replica 1: .*\[2\]"):
            group.all_reduce(np.ones(1 + group.index))
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"float64.*int64"):
            group.all_gather(np.ones(3, [np.float64, np.int64][group.index]))
        return group.all_reduce(1.0)

    assert run_members(2, member) == [2.0, 2.0]


def test_wrong_arguments():
    with ProcessGroup(["localhost:0"], 0) as group:
        for call in (
            lambda: group.all_reduce(1.0, "median"),
            lambda: group.broadcast_from(1, []),
            lambda: group.all_reduce(np.ones(2), out=np.ones(3)),
            lambda: ProcessGroup(["localhost:0"], 1),
        ):
            with pytest.raises(tf.errors.InvalidArgumentError):
                call()


def test_a_taken_port_is_named():
    where = addresses(1)
    port = where[0].split(":")[1]
    with ProcessGroup(where, 0), pytest.raises(tf.errors.AlreadyExistsError, match=port):
        ProcessGroup(where, 0)


def test_missing_members_are_named():
    where = addresses(3)
    with pytest.raises(tf.errors.DeadlineExceededError) as caught:
        ProcessGroup(where, 0, timeout=0.3)
    assert f"worker 1 ({where[1]}), worker 2 ({where[2]})" in caught.value.message
    assert "waited 0.3 s" in caught.value.message


def test_cancelled_from_another_thread():
    def member(group):
        if group.index == 0:
            threading.Timer(0.1, group.cancel, ["no more"]).start()
            with pytest.raises(tf.errors.CancelledError, match="no more"):
                group.all_reduce(1.0)
        else:
            if group.index == 2:
                time.sleep(0.3)  # it comes late
            with pytest.raises(tf.errors.AbortedError, match=r"worker 0 .*no more"):
                group.all_reduce(1.0)
        group.reform()
        return group.all_reduce(1.0), group.generation

    assert run_members(3, member) == [(3.0, 2)] * 3


def test_a_collective_that_takes_too_long():
    def member(group):
        if group.index == 0:
            with pytest.raises(tf.errors.DeadlineExceededError, match=r"rank \[1\] in 0.2 s"):
                group.all_reduce(1.0)
        else:
            time.sleep(0.5)
            with pytest.raises(tf.errors.AbortedError, match="A collective failed on worker 0"):
                group.all_reduce(1.0)
        group.reform()
        return group.size

    assert run_members(2, member, collective_timeout=0.2) == [2, 2]


def test_one_leaves_and_comes_back():
    where = addresses(3)
    groups = [None] * 3

    def each(ranks, action):
        threads = [threading.Thread(target=action, args=(rank,)) for rank in ranks]
        for thread in threads:
            thread.start()
        return threads

    def make(rank):
        groups[rank] = ProcessGroup(where, rank, timeout=20)

    def reform(rank):
        groups[rank].reform(20)

    for thread in each(range(3), make):
        thread.join()
    groups[0].close()
    for rank in (1, 2):
        with pytest.raises(tf.errors.UnavailableError, match=r"worker 0 .*it left the group"):
            groups[rank].barrier()
    for thread in each((1, 2), reform):
        thread.join()
    assert [(g.members, g.index, g.generation) for g in groups[1:]] == [
        ((1, 2), 0, 2),
        ((1, 2), 1, 2),
    ]
    coming = each([0], make)
    totals = []
    sums = each((1, 2), lambda rank: totals.append(float(groups[rank].all_reduce(1.0))))
    for thread in sums:
        thread.join()
    assert totals == [2.0, 2.0]
    time.sleep(1.2)  # until it is heard: a call is tried every half second
    for thread in [*each((1, 2), reform), *coming]:
        thread.join()
    assert [(g.members, g.index, g.generation) for g in groups] == [
        ((0, 1, 2), rank, 3) for rank in range(3)
    ]
    for group in groups:
        group.close()


def test_strangers_are_refused(caplog):
    where = addresses(2)
    threads = []
    made = []
    with caplog.at_level(logging.WARNING, "tensorflow"):
        for rank in range(2):
            thread = threading.Thread(
                target=lambda rank=rank: made.append(ProcessGroup(where, rank, key="secret"))
            )
            thread.start()
            threads.append(thread)
        for thread in threads:
            thread.join()
        host, port = where[0].split(":")
        rng = np.random.default_rng(0)
        for data in [b"GET / HTTP/1.1\r\n\r\n", b"TDFALL\x00\x01\xff\xff\xff\xff", b""] + [
            rng.bytes(200) for _ in range(5)
        ]:
            with socket.create_connection((host, int(port))) as stranger:
                stranger.sendall(data)
        with pytest.raises(tf.errors.AlreadyExistsError):
            ProcessGroup(where, 1, key="other")
        three = [*where, *addresses(1)]
        with pytest.raises(tf.errors.DeadlineExceededError):
            ProcessGroup(three, 2, key="secret", timeout=0.5)
        deadline = time.monotonic() + 5
        while "another key" not in caplog.text and time.monotonic() < deadline:
            time.sleep(0.05)
    assert "it does not begin as this protocol does" in caplog.text
    assert "it belongs to another cluster, or has another key" in caplog.text
    totals = []
    threads = [
        threading.Thread(target=lambda g=g: totals.append(float(g.all_reduce(1.0)))) for g in made
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert totals == [2.0, 2.0]
    for group in made:
        group.close()


def test_periods_are_switches():
    with config.override(heartbeat_ms=50, silence_ms=400):
        assert run_members(2, lambda group: float(group.all_reduce(1.0))) == [2.0, 2.0]


def test_who_leaves_has_no_say_about_the_others():
    ready = threading.Barrier(3)

    def member(group):
        ready.wait(30)
        if group.index == 2:
            # What it says while it leaves: of one whose connection the leaving itself has closed.
            membership = group._membership
            with membership._changed:
                peers = membership._peers.connected
                life = peers[0].life
                gone = {"type": "lost", "worker": 0, "life": life, "why": "", "silent": False}
                for peer in peers.values():
                    peer.connection.send(wire.encode({"type": "leave"}) + wire.encode(gone))
            return None
        with pytest.raises(tf.errors.UnavailableError, match=r"worker 2 .* left the group"):
            group.all_reduce(1)
        group.reform(30)
        return group.members, int(group.all_reduce(1))

    assert run_members(3, member)[:2] == [((0, 1), 2)] * 2
