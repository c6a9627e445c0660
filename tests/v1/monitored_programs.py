"""Programs that train in sessions with hooks."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.v1.program_table import program


def _first_line(error: Exception) -> list[str]:
    return [type(error).__name__, str(error).splitlines()[0][:60]]


def _model(tf: Any) -> Any:
    """A model of one weight that learns to be 3; the loss and the node that trains it."""
    v1 = tf.compat.v1
    step = v1.train.get_or_create_global_step()
    w = v1.get_variable("w", [], initializer=v1.zeros_initializer())
    loss = tf.square(w - 3.0)
    v1.summary.scalar("loss", loss)
    train = v1.train.GradientDescentOptimizer(0.1).minimize(loss, global_step=step)
    return step, w, loss, train


def _recorder(tf: Any, calls: list[Any], w: Any, step: Any) -> Any:
    class Recorder(tf.compat.v1.train.SessionRunHook):
        """Notes what is called."""

        def begin(self) -> None:
            calls.append("begin")

        def after_create_session(self, session: Any, coord: Any) -> None:
            calls.append(["created", coord.should_stop()])

        def before_run(self, run_context: Any) -> Any:
            calls.append(["before", run_context.original_args.fetches.name])
            return tf.compat.v1.train.SessionRunArgs({"w": w})

        def after_run(self, run_context: Any, run_values: Any) -> None:
            calls.append(["after", run_values.results, run_context.stop_requested])

        def end(self, session: Any) -> None:
            calls.append(["end", session.run(step)])

    return Recorder()


@program
def hooks_around_runs(tf: Any) -> Any:
    v1 = tf.compat.v1
    calls: list[Any] = []
    with tf.Graph().as_default():
        step, w, loss, train = _model(tf)
        stop = v1.train.StopAtStepHook(num_steps=2)
        with v1.train.MonitoredSession(hooks=[_recorder(tf, calls, w, step), stop]) as session:
            while not session.should_stop():
                session.run(loss)
                if not session.should_stop():
                    session.run(train)
    return calls


@program
def training_that_is_continued(tf: Any) -> Any:
    """Checkpoints, summaries and graphs that a training session writes and reads."""
    v1 = tf.compat.v1
    found: list[Any] = []
    with tempfile.TemporaryDirectory() as folder:
        for last in (4, 7):
            with tf.Graph().as_default():
                _, _, loss, train = _model(tf)
                with v1.train.MonitoredTrainingSession(
                    checkpoint_dir=folder,
                    save_checkpoint_steps=2,
                    save_checkpoint_secs=None,
                    save_summaries_steps=1,
                    hooks=[v1.train.StopAtStepHook(last_step=last)],
                ) as session:
                    while not session.should_stop():
                        found.append(session.run([loss, train])[0])
                found.append(v1.train.latest_checkpoint(folder).rpartition("/")[2])
        names = {name.partition(".")[0] for name in os.listdir(folder)}
        found.append(sorted(names))
        v1.summary.FileWriterCache.clear()
        found.append(_summaries(tf, folder))
    return found


def _summaries(tf: Any, folder: str) -> list[Any]:
    found = []
    for name in sorted(os.listdir(folder)):
        if "tfevents" in name:
            for event in tf.compat.v1.train.summary_iterator(os.path.join(folder, name)):
                if event.HasField("session_log"):
                    found.append([event.step, "log", event.session_log.status])
                for value in event.summary.value:
                    if value.tag == "loss":
                        found.append([event.step, value.tag, value.simple_value])
    return found


@program
def hooks_that_stop_and_compute(tf: Any) -> Any:
    v1 = tf.compat.v1
    found: list[Any] = []
    with tf.Graph().as_default():
        _, w, _, train = _model(tf)
        x = v1.placeholder(tf.float32, [])
        more, twice = x + 1.0, x * 2.0
        final = v1.train.FinalOpsHook({"w": w, "twice": twice}, {x: 4.0})
        fed = v1.train.FeedFnHook(lambda: {x: 1.0})
        with v1.train.SingularMonitoredSession(hooks=[final, fed]) as session:
            found.append(session.run([more, train])[0])
            found.append(session.raw_session().run(w))
            for feeds in ({x: 2.0}, {}):
                try:
                    found.append(session.run(x, feeds))
                except RuntimeError as error:
                    found.append(_first_line(error))
        found.append(final.final_ops_values)
        found.append([session.should_stop(), session.graph is None])
    for fail in (True, False):
        with tf.Graph().as_default():
            x = v1.placeholder(tf.float32, [])
            bad = tf.math.log(x)
            hook = v1.train.NanTensorHook(bad, fail_on_nan_loss=fail)
            try:
                with v1.train.MonitoredSession(hooks=[hook]) as session:
                    session.run(bad, {x: 1.0})
                    session.run(bad, {x: -1.0})
                    found.append(session.should_stop())
                    session.run(bad, {x: 1.0})
            except RuntimeError as error:
                found.append(_first_line(error))
    return found


@program
def step_functions(tf: Any) -> Any:
    v1 = tf.compat.v1
    found: list[Any] = []
    with tf.Graph().as_default():
        _, w, _, train = _model(tf)

        def step(step_context: Any) -> Any:
            before = step_context.session.run(w)
            step_context.run_with_hooks(train)
            if before > 1.0:
                step_context.request_stop()
            return before

        with v1.train.MonitoredSession() as session:
            try:
                session.run_step_fn(lambda x: x)
            except ValueError as error:
                found.append(_first_line(error))
            while not session.should_stop():
                found.append(session.run_step_fn(step))
        found.append(session.should_stop())
    return found


@program
def scaffolds(tf: Any) -> Any:
    v1 = tf.compat.v1
    found: list[Any] = []
    with tf.Graph().as_default() as graph:
        _, w, _, _ = _model(tf)
        local = v1.get_local_variable("local", initializer=5.0)

        def init(scaffold: Any, session: Any) -> None:
            found.append(session.run(w))
            session.run(scaffold.init_op)

        scaffold = v1.train.Scaffold(init_fn=init)
        before = [scaffold.init_op, scaffold.saver, scaffold.summary_op]
        with v1.train.MonitoredSession(v1.train.ChiefSessionCreator(scaffold)) as session:
            found.append(session.run([local, w]))
            found.append([graph.finalized, before == [None] * 3])
        keys = ("init_op", "ready_op", "local_init_op", "savers", "summary_op")
        found.append([len(graph.get_collection(key)) for key in keys])
    with tf.Graph().as_default():
        _model(tf)
        missing = v1.train.Scaffold(init_op=tf.no_op())
        try:
            v1.train.MonitoredSession(v1.train.ChiefSessionCreator(missing))
        except RuntimeError as error:
            found.append(_first_line(error))
    return found


@program
def session_managers(tf: Any) -> Any:
    v1 = tf.compat.v1
    found: list[Any] = []
    with tempfile.TemporaryDirectory() as folder, tf.Graph().as_default():
        v = v1.get_variable("v", initializer=1.0)
        saver = v1.train.Saver()
        manager = v1.train.SessionManager(ready_op=v1.report_uninitialized_variables())
        init = v1.global_variables_initializer()
        path = os.path.join(folder, "model")
        try:
            manager.prepare_session("", None, saver, folder)
        except RuntimeError as error:
            found.append(_first_line(error))
        session, ready = manager.recover_session("", saver, folder)
        found.append(ready)
        session = manager.prepare_session("", init, saver, folder)
        found.append(session.run(v))
        session.run(v.assign(7.0))
        saver.save(session, path, global_step=3)
        session = manager.prepare_session("", init, saver, folder)
        found.append(session.run(v))
        session, ready = manager.recover_session("", saver, folder)
        found.append([ready, session.run(v)])
    return found


@program
def inputs_of_monitored_sessions(tf: Any) -> Any:
    """Queue runners start by themselves, and the end of the input ends the loop."""
    v1 = tf.compat.v1
    found: list[Any] = []
    with tf.Graph().as_default():
        numbers = v1.train.slice_input_producer([[1, 2, 3, 4, 5]], num_epochs=1, shuffle=False)
        batch = v1.train.batch(numbers, 2, allow_smaller_final_batch=True)
        with v1.train.MonitoredSession() as session:
            while not session.should_stop():
                found.append(session.run(batch))
    return found


@program
def checkpoint_listeners(tf: Any) -> Any:
    v1 = tf.compat.v1
    calls: list[Any] = []

    class Listener(v1.train.CheckpointSaverListener):
        """Notes what is called, and stops at step 4."""

        def begin(self) -> None:
            calls.append("begin")

        def before_save(self, session: Any, global_step_value: int) -> None:
            calls.append(["before", global_step_value])

        def after_save(self, session: Any, global_step_value: int) -> bool:
            calls.append(["after", global_step_value])
            return global_step_value >= 4

        def end(self, session: Any, global_step_value: int) -> None:
            calls.append(["end", global_step_value])

    with tempfile.TemporaryDirectory() as folder, tf.Graph().as_default():
        _, _, _, train = _model(tf)
        hook = v1.train.CheckpointSaverHook(
            folder, save_steps=2, saver=v1.train.Saver(max_to_keep=2), listeners=[Listener()]
        )
        with v1.train.MonitoredSession(hooks=[hook]) as session:
            while not session.should_stop():
                session.run(train)
        v1.summary.FileWriterCache.clear()
        calls.append(sorted(n for n in os.listdir(folder) if n.endswith(".index")))
    return calls


@program
def bad_hooks(tf: Any) -> Any:
    train = tf.compat.v1.train
    found: list[Any] = []

    def attempt(call: Callable[[], Any]) -> None:
        try:
            call()
            found.append("nothing")
        except (ValueError, TypeError, RuntimeError) as error:
            found.append(_first_line(error))

    with tf.Graph().as_default():
        x = tf.constant(np.float32(1))
        attempt(lambda: train.StopAtStepHook())
        attempt(lambda: train.StopAtStepHook(1, 2))
        attempt(lambda: train.StopAtStepHook(1).begin())
        attempt(lambda: train.LoggingTensorHook([x]))
        attempt(lambda: train.LoggingTensorHook([x], every_n_iter=0))
        attempt(lambda: train.SecondOrStepTimer())
        attempt(lambda: train.SecondOrStepTimer(1, 2))
        attempt(lambda: train.CheckpointSaverHook("", 1, saver=1, scaffold=1))
        attempt(lambda: train.CheckpointSaverHook("", 1)._timer)
        attempt(lambda: train.SummarySaverHook(save_steps=1))
        attempt(lambda: train.StepCounterHook(1, 1))
        attempt(lambda: train.StepCounterHook(None))
        attempt(lambda: train.SummarySaverHook(save_steps=1, summary_op=x).begin())
        attempt(lambda: train.SessionManager(ready_for_local_init_op=x))
        attempt(lambda: train.Scaffold(copy_from_scaffold=x))
        attempt(lambda: train.SessionCreator())
    timer = train.SecondOrStepTimer(every_steps=3)
    found.append([timer.should_trigger_for_step(1), timer.last_triggered_step()])
    found.append(list(timer.update_last_triggered_step(1)))
    found.append([timer.should_trigger_for_step(step) for step in (1, 3, 4, 5)])
    found.append(timer.update_last_triggered_step(5)[1])
    return found
