"""A program that is killed in the middle of an epoch goes on where its last checkpoint was."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

COUNT, BATCH, EVERY = 400, 4, 5

PROGRAM = """
import sys, time
import tidefall as tf

folder, count, batch, every, pause = sys.argv[1], *map(float, sys.argv[2:])
Dataset = tf.data.Dataset

def build():
    parts = Dataset.range(int(count) // 10).shuffle(20, seed={seed})
    numbers = parts.interleave(
        lambda i: Dataset.range(i * 10, i * 10 + 10), 3, 2, num_parallel_calls=2
    )
    # Not done for many elements at once, so that threads do it; and random, so that it has state.
    slow = numbers.map(
        lambda x: (x, tf.strings.as_string(x), tf.random.uniform([])), num_parallel_calls=3
    )
    return slow.shuffle(50, seed={seed}).batch(int(batch)).prefetch(3)

iterator, total = iter(build()), tf.Variable(0, dtype=tf.int64)
checkpoint = tf.train.Checkpoint(iterator=iterator, total=total)
manager = tf.train.CheckpointManager(checkpoint, folder, max_to_keep=2)
checkpoint.restore(manager.latest_checkpoint)
log = open(folder + "/log", "a", buffering=1)
log.write("start %d\\n" % int(total))
for numbers, texts, noise in iterator:
    total.assign_add(1)
    log.write(" ".join("%d=%s:%.6f" % (n, t.decode(), r) for n, t, r in zip(
        numbers.numpy().tolist(), texts.numpy().tolist(), noise.numpy().tolist())) + "\\n")
    if int(total) % int(every) == 0:
        manager.save()
    time.sleep(pause)
log.write("end %d\\n" % int(total))
"""


def start(folder: Path, seed: int | None, pause: float) -> subprocess.Popen:
    program = folder / "program.py"
    program.write_text(PROGRAM.replace("{seed}", str(seed)))
    numbers = [str(n) for n in (COUNT, BATCH, EVERY, pause)]
    return subprocess.Popen([sys.executable, str(program), str(folder), *numbers], env=os.environ)


def kill_after(process: subprocess.Popen, log: Path, lines: int) -> None:
    for _ in range(3000):
        if log.exists() and len(log.read_text().splitlines()) >= lines:
            break
        assert process.poll() is None, "the program ended by itself"
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL


def kept_batches(log: str) -> list[str]:
    """The batches of all runs, without those that came after the checkpoint a run went back to."""
    batches: list[str] = []
    for line in log.splitlines():
        word, _, number = line.partition(" ")
        if word == "start":
            del batches[int(number) :]
        elif word == "end":
            assert int(number) == len(batches)
        elif line.count("=") == BATCH:
            batches.append(line)
    return batches


@pytest.mark.process
@pytest.mark.parametrize("seed", [7, None])
def test_killed_program_goes_on_from_its_checkpoint(tmp_path, seed):
    killed, log = tmp_path / "killed", tmp_path / "killed" / "log"
    killed.mkdir()
    kill_after(start(killed, seed, 0.01), log, 28)
    kill_after(start(killed, seed, 0.01), log, 28 + 31)
    assert start(killed, seed, 0).wait(120) == 0
    text = log.read_text()
    starts = [int(line.split()[1]) for line in text.splitlines() if line.startswith("start")]
    assert starts[0] == 0 < starts[1] < starts[2]
    batches = kept_batches(text)
    elements = [int(item.partition("=")[0]) for batch in batches for item in batch.split()]
    assert sorted(elements) == list(range(COUNT))
    # What was made again after a checkpoint was the same as what was made before the end.
    lines = [line for line in text.splitlines() if "=" in line and line.count("=") == BATCH]
    assert len(set(lines)) == COUNT // BATCH < len(lines)
    if seed is not None:
        whole = tmp_path / "whole"
        whole.mkdir()
        assert start(whole, seed, 0).wait(120) == 0
        order = [batch.split() for batch in kept_batches((whole / "log").read_text())]
        numbers = [[item.partition(":")[0] for item in batch] for batch in order]
        assert numbers == [[i.partition(":")[0] for i in batch.split()] for batch in batches]
