"""Workers that are lost and come back while the others go on training."""

import threading
import time

import numpy as np
import pytest

from tests.distribute.collectives.groups import addresses
from tidefall.distribute.collectives.process_group import ProcessGroup
from tidefall.distribute.collectives.training_group import TrainingGroup


class _Trainer:
    """A worker whose model is one number, and whose gradient is 1 in each step.

    Args:
        where: the addresses of all.
        rank: its own.
        steps: how many steps it has elements for.
        leave: the step after whose boundary it is lost; None for never.
        warm_up: boundaries that it comes to before its first step, as while a model is built.
        resume: for what it waits at its tenth step; None for nothing.
    """

    def __init__(self, where, rank, steps, leave=None, warm_up=0, resume=None):
        self.where, self.rank, self.steps, self.leave = where, rank, steps, leave
        self.warm_up, self.resume = warm_up, resume
        self.model = np.zeros(1)
        self.totals = []
        self.error = None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        try:
            self._train(ProcessGroup(self.where, self.rank, timeout=30))
        except Exception as error:  # noqa: BLE001 - looked at by the test
            self.error = error

    def _train(self, processes):
        group = TrainingGroup(processes)
        group.state = lambda: [self.model]
        group.take = lambda arrays: setattr(self, "model", np.array(arrays[0]))
        for _ in range(self.warm_up):
            group.boundary(True)
        step = 0
        while group.boundary(step < self.steps)[0]:
            if step == self.leave:
                group.close()
                return
            if step == 10 and self.resume is not None:
                self.resume.wait()
            gradient = np.array([1.0 if step < self.steps else 0.0])
            total = group.all_reduce(gradient, np.add)
            self.totals.append(float(total[0]))
            self.model = self.model + total
            step += 1
            time.sleep(0.002)
        group.close()

    def join(self):
        self.thread.join(60)
        assert not self.thread.is_alive()
        assert self.error is None, self.error


def test_all_take_as_many_steps_as_the_one_with_most():
    where = addresses(2)
    short, long = _Trainer(where, 0, 3), _Trainer(where, 1, 5)
    for each in (short, long):
        each.join()
    assert short.totals == long.totals == [2.0, 2.0, 2.0, 1.0, 1.0]


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_those_that_are_left_go_on(lost):
    where = addresses(3)
    all_of_them = [_Trainer(where, i, 20, 7 if i == lost else None) for i in range(3)]
    for each in all_of_them:
        each.join()
    rest = [each for each in all_of_them if each.rank != lost]
    assert rest[0].totals == rest[1].totals
    assert rest[0].totals[:7] == [3.0] * 7
    assert set(rest[0].totals[8:]) == {2.0}
    assert len(rest[0].totals) == 20
    assert (rest[0].model == rest[1].model).all()


@pytest.mark.parametrize("warm_up", [0, 1])
def test_a_worker_that_comes_back_takes_over_the_model(warm_up):
    where = addresses(2)
    stays, leaves = _Trainer(where, 0, 600), _Trainer(where, 1, 600, 10)
    leaves.join()
    back = _Trainer(where, 1, 600, warm_up=warm_up)
    stays.join()
    back.join()
    assert 2.0 in stays.totals[20:]
    assert back.totals[-1] in (1.0, 2.0)
    assert (back.model == stays.model).all() or len(back.totals) > len(stays.totals)


@pytest.mark.parametrize("warm_up", [0, 1])
@pytest.mark.parametrize("rest", [1, 2])
def test_a_worker_may_be_back_before_the_others_noticed_its_loss(rest, warm_up):
    where = addresses(rest + 1)
    resume = threading.Event()
    stay = [_Trainer(where, rank, 100, resume=resume) for rank in range(rest)]
    _Trainer(where, rest, 100, leave=10).join()
    back = _Trainer(where, rest, 100, warm_up=warm_up)
    time.sleep(0.5)  # it connects, and asks to join
    resume.set()
    for each in (*stay, back):
        each.join()
    assert stay[0].totals[:10] == [rest + 1] * 10
    assert stay[0].totals[80] == rest + 1
    assert all((each.model == back.model).all() for each in stay)


def test_one_is_left_of_two():
    where = addresses(2)
    stays, leaves = _Trainer(where, 0, 12), _Trainer(where, 1, 12, 4)
    for each in (stays, leaves):
        each.join()
    assert stays.totals[:4] == [2.0] * 4
    assert set(stays.totals[5:]) == {1.0}
