"""What training keeps: Keras models and optimizers, slots of older optimizers, averages."""

# ruff: noqa: N801 E501 - scenarios are named like functions; tables read better in long lines

from __future__ import annotations

from typing import Any

import numpy as np

from tests.oracle.checkpoints.objects import module, status
from tests.oracle.checkpoints.scenario import Run, alone, pair

X = np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3)
Y = np.float32([[1], [0], [1], [0]])


def _model(s: Run, start: float, optimizer: str = "adam") -> Any:
    keras = s.tf.keras
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(2, use_bias=False, name="one"), keras.layers.BatchNormalization(),
         keras.layers.Dense(1, name="two")]
    )  # fmt: skip
    for variable in model.trainable_variables:
        variable.assign(np.full(variable.shape, start, np.float32))
    model.compile(optimizer, "mse", metrics=["mae"])
    return model


def _kept(model: Any) -> list[Any]:
    return [np.asarray(v.numpy()) for v in (*model.variables, *model.optimizer.variables)]


@pair
class keras_model:
    def save(s: Run) -> None:
        model = _model(s, 0.25)
        model.fit(X, Y, epochs=2, batch_size=2, shuffle=False, verbose=0)
        s.tf.train.Checkpoint(model=model, optimizer=model.optimizer).save(s.path())
        s.names("names", s.path("ckpt-1"))
        s.log("values", _kept(model))

    def load(s: Run) -> None:
        model = _model(s, 0.0)
        found = s.tf.train.Checkpoint(model=model, optimizer=model.optimizer).restore(
            s.path("ckpt-1")
        )
        s.attempt("nontrivial", found.assert_nontrivial_match)
        s.log("weights", [v.numpy() for v in model.variables])
        model.optimizer.build(model.trainable_variables)
        s.log("values", _kept(model))
        s.attempt("existing", found.assert_existing_objects_matched)
        model.fit(X, Y, epochs=1, batch_size=2, shuffle=False, verbose=0)
        s.log("after another step", _kept(model))


@pair
class keras_model_as_root:
    def save(s: Run) -> None:
        model = _model(s, 0.25, "sgd")
        model.fit(X, Y, epochs=1, batch_size=2, shuffle=False, verbose=0)
        s.tf.train.Checkpoint(model).write(s.path())
        s.names("names", s.path())

    def load(s: Run) -> None:
        model = _model(s, 0.0, "sgd")
        model.fit(X, Y, epochs=1, batch_size=2, shuffle=False, verbose=0)
        status(s, "status", s.tf.train.Checkpoint(model).read(s.path()))
        s.log("values", _kept(model))


OPTIMIZERS = ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Nadam", "Ftrl", "Lion"]


@pair
class keras_optimizers:
    def _build(s: Run, steps: int) -> Any:
        made = {}
        for name in OPTIMIZERS:
            kwargs = {"momentum": 0.9} if name in ("SGD", "RMSprop") else {}
            optimizer = getattr(s.tf.keras.optimizers, name)(0.1, **kwargs)
            v = s.tf.Variable([1.0, 2.0])
            for _ in range(steps):
                optimizer.apply_gradients([(s.tf.constant([0.5, -0.5]), v)])
            made[name] = module(s, optimizer=optimizer, v=v)
        return made

    def save(s: Run) -> None:
        s.tf.train.Checkpoint(**keras_optimizers._build(s, 2)).write(s.path())
        s.names("names", s.path())

    def load(s: Run) -> None:
        for steps in (0, 1):
            made = keras_optimizers._build(s, steps)
            found = s.tf.train.Checkpoint(**made).read(s.path())
            for name, each in made.items():
                each.optimizer.apply_gradients([(s.tf.constant([0.25, 0.5]), each.v)])
                s.log(f"{name} after {steps}", [each.v, each.optimizer.iterations.numpy()])
            s.attempt(f"consumed after {steps}", found.assert_consumed)


@pair
class keras_metrics:
    def _build(s: Run) -> Any:
        m = s.tf.keras.metrics
        return [m.Mean(), m.MeanSquaredError(), m.CategoricalAccuracy(), m.AUC(num_thresholds=4)]

    def save(s: Run) -> None:
        made = keras_metrics._build(s)
        made[0].update_state([1.0, 2.0])
        made[1].update_state([1.0, 2.0], [3.0, 3.0])
        made[2].update_state([[1.0, 0.0]], [[0.7, 0.3]])
        made[3].update_state([0, 1, 1], [0.2, 0.4, 0.9])
        s.tf.train.Checkpoint(m=made).write(s.path())
        s.names("names", s.path())

    def load(s: Run) -> None:
        made = keras_metrics._build(s)
        status(s, "status", s.tf.train.Checkpoint(m=made).read(s.path()))
        s.log("results", [float(m.result()) for m in made])


@pair
class keras_layers_built_later:
    def save(s: Run) -> None:
        layer = s.tf.keras.layers.Dense(2)
        layer.build((None, 3))
        layer.kernel.assign(np.arange(6, dtype=np.float32).reshape(3, 2))
        s.tf.train.Checkpoint(layer=layer).write(s.path())
        s.names("names", s.path())

    def load(s: Run) -> None:
        layer = s.tf.keras.layers.Dense(2)
        found = s.tf.train.Checkpoint(layer=layer).read(s.path())
        layer(X)
        s.log("kernel", layer.kernel.numpy())
        status(s, "status", found)


@pair
class keras_subclass:
    def _build(s: Run) -> Any:
        keras = s.tf.keras

        class Model(keras.Model):
            def __init__(self) -> None:
                super().__init__()
                self.first, self.second = keras.layers.Dense(2), keras.layers.Dense(1)
                self.scale = s.tf.Variable(1.0)

            def call(self, x: Any) -> Any:
                return self.second(self.first(x)) * self.scale

        model = Model()
        model(X)
        return model

    def save(s: Run) -> None:
        model = keras_subclass._build(s)
        for i, variable in enumerate(model.trainable_variables):
            variable.assign(np.full(variable.shape, i + 1.0, np.float32))
        model.scale.assign(3.0)
        s.tf.train.Checkpoint(model=model).write(s.path())
        s.names("names", s.path())
        s.log("out", model(X))

    def load(s: Run) -> None:
        model = keras_subclass._build(s)
        status(s, "status", s.tf.train.Checkpoint(model=model).read(s.path()))
        s.log("out", model(X))


def _old(s: Run, name: str) -> Any:
    train = s.tf.compat.v1.train
    return {
        "gradient": lambda: train.GradientDescentOptimizer(0.1),
        "momentum": lambda: train.MomentumOptimizer(0.1, 0.9),
        "adam": lambda: train.AdamOptimizer(0.1),
        "adagrad": lambda: train.AdagradOptimizer(0.1),
        "rms": lambda: train.RMSPropOptimizer(0.1, momentum=0.5, centered=True),
        "ftrl": lambda: train.FtrlOptimizer(0.1),
        "adadelta": lambda: train.AdadeltaOptimizer(0.1),
    }[name]()


OLD = ["gradient", "momentum", "adam", "adagrad", "rms", "ftrl", "adadelta"]


def _old_state(s: Run, name: str, steps: int) -> Any:
    optimizer, v, w = _old(s, name), s.tf.Variable([1.0, 2.0]), s.tf.Variable(3.0)
    for _ in range(steps):
        _old_step(s, optimizer, v, w)
    return module(s, optimizer=optimizer, v=v, w=w)


def _old_step(s: Run, optimizer: Any, v: Any, w: Any) -> None:
    optimizer.apply_gradients([(s.tf.constant([0.5, -0.5]), v), (s.tf.constant(0.25), w)])


def _slots(m: Any) -> dict[str, Any]:
    return {
        f"{name} {i}": m.optimizer.get_slot(v, name)
        for name in m.optimizer.get_slot_names()
        for i, v in enumerate((m.v, m.w))
    }


@pair
class slots_of_old_optimizers:
    def save(s: Run) -> None:
        for name in OLD:
            m = _old_state(s, name, 2)
            s.tf.train.Checkpoint(m=m).write(s.path(name))
            s.names(name, s.path(name))

    def load(s: Run) -> None:
        for name in OLD:
            for steps in (0, 1):
                m = _old_state(s, name, steps)
                found = s.tf.train.Checkpoint(m=m).read(s.path(name))
                s.attempt(f"{name} {steps} consumed at once", found.assert_consumed)
                s.log(f"{name} {steps} slots", _slots(m))
                _old_step(s, m.optimizer, m.v, m.w)
                s.log(f"{name} {steps} next", [m.v, m.w])
                status(s, f"{name} {steps}", found)


@pair
class slots_of_later_objects:
    def save(s: Run) -> None:
        s.tf.train.Checkpoint(m=_old_state(s, "adam", 2)).write(s.path())

    def load(s: Run) -> None:
        m = s.tf.Module()
        found = s.tf.train.Checkpoint(m=m).read(s.path())
        m.v, m.w = s.tf.Variable([0.0, 0.0]), s.tf.Variable(0.0)
        m.optimizer = _old(s, "adam")
        _old_step(s, m.optimizer, m.v, m.w)
        s.log("variables first", [m.v, m.w])
        status(s, "variables first", found)
        m = s.tf.Module()
        found = s.tf.train.Checkpoint(m=m).read(s.path())
        m.optimizer = _old(s, "adam")
        m.v, m.w = s.tf.Variable([0.0, 0.0]), s.tf.Variable(0.0)
        s.log("slots", _slots(m))
        _old_step(s, m.optimizer, m.v, m.w)
        s.log("optimizer first", [m.v, m.w])
        status(s, "optimizer first", found)


@pair
class slots_left_out:
    def save(s: Run) -> None:
        options = s.tf.train.CheckpointOptions(experimental_skip_slot_variables=True)
        s.tf.train.Checkpoint(m=_old_state(s, "adam", 2)).write(s.path("none"), options)
        s.tf.train.Checkpoint(m=_old_state(s, "adam", 2)).write(s.path("all"))
        s.names("names", s.path("none"))

    def load(s: Run) -> None:
        options = s.tf.train.CheckpointOptions(experimental_skip_slot_variables=True)
        for name, given in (("none", None), ("all", options), ("none", options)):
            m = _old_state(s, "adam", 1)
            found = s.tf.train.Checkpoint(m=m).read(s.path(name), given)
            s.log(f"{name} {given is None}", _slots(m))
            status(s, f"{name} {given is None} status", found.expect_partial())


@pair
class slots_without_their_optimizer:
    def save(s: Run) -> None:
        s.tf.train.Checkpoint(m=_old_state(s, "momentum", 1)).write(s.path())

    def load(s: Run) -> None:
        m = module(s, v=s.tf.Variable([0.0, 0.0]), w=s.tf.Variable(0.0))

        def use() -> None:
            found = s.tf.train.Checkpoint(m=m).read(s.path())
            status(s, "status", found)

        s.unrestored("unrestored", use)
        m = module(s, optimizer=_old(s, "momentum"))
        status(s, "only it", s.tf.train.Checkpoint(m=m).read(s.path()).expect_partial())


@pair
class an_optimizer_of_another_kind:
    def save(s: Run) -> None:
        s.tf.train.Checkpoint(m=_old_state(s, "adam", 1)).write(s.path())

    def load(s: Run) -> None:
        m = _old_state(s, "momentum", 1)
        found = s.tf.train.Checkpoint(m=m).read(s.path())
        status(s, "status", found.expect_partial())
        s.log("slots", _slots(m))


@alone
def iterators(s: Run) -> None:
    tf = s.tf
    dataset = tf.data.Dataset.range(20).shuffle(5, seed=3).map(lambda x: x * 2).batch(2).prefetch(2)
    iterator = iter(dataset)
    step = tf.Variable(0, dtype=tf.int64)
    checkpoint = tf.train.Checkpoint(iterator=iterator, step=step)
    first = [next(iterator).numpy().tolist() for _ in range(3)]
    path = checkpoint.save(s.path())
    rest = [e.numpy().tolist() for e in iterator]
    found = checkpoint.restore(path)
    s.attempt("consumed", found.assert_consumed)
    again = [e.numpy().tolist() for e in iterator]
    s.log("the same", again == rest)
    s.log("all", sorted(n for batch in first + again for n in batch))
    other = iter(dataset)
    tf.train.Checkpoint(iterator=other, step=step).restore(path).expect_partial()
    s.log("another iterator", [e.numpy().tolist() for e in other] == rest)


@pair
class keras_seed_generator:
    def save(s: Run) -> None:
        layer = s.tf.keras.layers.Dropout(0.5, seed=3)
        layer(s.tf.ones([2, 8]), training=True)
        s.tf.train.Checkpoint(layer=layer).write(s.path())
        s.names("names", s.path())
        s.log("state", layer.seed_generator.state.numpy())

    def load(s: Run) -> None:
        layer = s.tf.keras.layers.Dropout(0.5, seed=4)
        status(s, "status", s.tf.train.Checkpoint(layer=layer).read(s.path()))
        s.log("state", layer.seed_generator.state.numpy())
