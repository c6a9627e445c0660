"""Candidate samplers: the very classes that TensorFlow draws, and their expected counts."""

import numpy as np

from tests.oracle.spec import cases, const, f32, program, raises, tensor

TRUE = tensor([[0, 1], [8, 3]], "int64")
NAMES = (
    "uniform_candidate_sampler",
    "log_uniform_candidate_sampler",
    "learned_unigram_candidate_sampler",
)
WEIGHTS = [3.0, 1.0, 0.5, 0.0, 2.0, 7.0, 1.5, 0.25, 1.0]
MANY = (np.arange(1000) % 7 + 0.5).tolist()


def _twice(name, *how, **more):
    def draws(tf, true):
        tf.random.set_seed(3)
        sampler = getattr(tf.random, name)
        return [*sampler(true, 2, *how, seed=4, **more), *sampler(true, 2, *how, seed=5, **more)]

    return draws


FIXED = "fixed_unigram_candidate_sampler"


def _fixed(count, unique, size, **more):
    return program(
        f"{FIXED}({count},{unique},{size},{list(more.items())})",
        _twice(FIXED, count, unique, size, **more),
        TRUE,
        rtol=1e-4,
    )


def _again(tf, true):
    tf.random.set_seed(3)
    sample = tf.random.learned_unigram_candidate_sampler
    return [sample(true, 2, 20, False, 9, seed=4) for _ in range(5)]


def _no_true(name):
    return lambda tf, true: getattr(tf.random, name)(true, 2, 3, False, 9, seed=1)


def _loss(name, **more):
    def loss(tf, weights, biases, labels, inputs):
        drawn = tf.random.uniform_candidate_sampler(labels, labels.shape[1], 4, True, 9, seed=7)
        tf.random.set_seed(3)
        more["num_true"] = labels.shape[1]
        given = getattr(tf.nn, name)(
            weights, biases, labels, inputs, 4, 9, sampled_values=drawn, **more
        )
        if name == "nce_loss":
            return given
        return given, getattr(tf.nn, name)(weights, biases, labels, inputs, 5, 9, seed=3, **more)

    return loss


def _seeded(loss):
    def call(tf, *arguments):
        tf.random.set_seed(11)
        return loss(tf, *arguments)

    return call


def _parts(tf, first, second, biases, labels, inputs):
    drawn = tf.random.all_candidate_sampler(labels, 2, 6, True)
    return tf.nn.nce_loss([first, second], biases, labels, inputs, 6, 6, 2, drawn)


CASES = [
    *[
        program(f"{name}{how}", _twice(name, *how), TRUE, rtol=1e-4)
        for name in NAMES
        for how in [
            (5, True, 9),
            (5, False, 9),
            (1, True, 9),
            (2, True, 9),
            (9, True, 9),
            (300, False, 1000000),
            (200, True, 210),
        ]
    ],
    *[
        raises(f"random.{name}", *how, 2, count, True, 9)
        for name in NAMES
        for how, count in [
            ((const([[0, 1]], "int64"),), 10),
            ((const([[0, 9]], "int64"),), 3),
            ((const([[0, -1]], "int64"),), 3),
            ((const([[0]], "int64"),), 3),
            ((const([0, 1], "int64"),), 3),
        ]
    ],
    *[program(f"{n} of none", _no_true(n), tensor(np.zeros((0, 2)), "int64")) for n in NAMES],
    program("learned, again", _again, TRUE, executors=("eager",)),
    program(
        "learned from unknown shapes",
        lambda tf, true: tf.random.learned_unigram_candidate_sampler(true, 2, 3, False, 9, seed=1),
        TRUE,
    ),
    _fixed(5, True, 9, unigrams=WEIGHTS),
    _fixed(40, False, 9, unigrams=WEIGHTS),
    _fixed(8, True, 9, unigrams=WEIGHTS),
    _fixed(40, False, 9, unigrams=WEIGHTS, distortion=0.75),
    _fixed(7, False, 9, unigrams=WEIGHTS, distortion=0.0),
    _fixed(40, False, 11, unigrams=WEIGHTS, num_reserved_ids=2),
    _fixed(40, False, 501, unigrams=MANY, num_reserved_ids=3, num_shards=2, shard=1),
    _fixed(300, False, 1000, unigrams=MANY),
    _fixed(300, True, 1000, unigrams=MANY, distortion=2.0),
    *[
        raises("random.fixed_unigram_candidate_sampler", const([[0]], "int64"), 1, 2, True, n, **k)
        for n, k in [
            (3, {}),
            (3, {"unigrams": [1.0, 2.0]}),
            (2, {"unigrams": [1.0, 2.0], "vocab_file": "somewhere"}),
            (2, {"vocab_file": "nowhere/at/all"}),
            (2, {"unigrams": [1.0, 2.0], "num_shards": 2, "shard": 2}),
        ]
    ],
    program("all_candidate_sampler", _twice("all_candidate_sampler", 9, True), TRUE),
    program("all_candidate_sampler twice", _twice("all_candidate_sampler", 9, False), TRUE),
    raises("random.all_candidate_sampler", const([[0, 3]], "int64"), 2, 3, True),
    raises("random.all_candidate_sampler", const([[0, 2]], "int64"), 1, 3, True),
    *cases(
        "nn.compute_accidental_hits",
        [tensor([[0, 1], [3, 2]], "int64"), tensor([3, 0, 5, 3, 3], "int64"), 2],
        [tensor([[1, 1], [2, 1]], "int64"), tensor([1, 2, 1], "int64"), 2],
        [tensor([[0, 1], [3, 2]], "int64"), tensor([], "int64"), 2],
        [tensor(np.zeros((0, 2)), "int64"), tensor([3, 0], "int64"), 2],
        [tensor([[-5], [900]], "int64"), tensor([3, -5, 7], "int64"), 1],
        executors=("eager", "host"),
    ),
    raises("nn.compute_accidental_hits", const([[0, 1]], "int64"), const([3], "int64"), 1),
    raises("nn.compute_accidental_hits", const([1], "int64"), const([3], "int64"), 1),
    raises("nn.compute_accidental_hits", const([[1]], "int64"), const([[3]], "int64"), 1),
    *[
        program(
            f"{name} {remove} {true.value}",
            _seeded(_loss(name, remove_accidental_hits=remove)),
            f32(9, 3),
            f32(9),
            true,
            f32(2, 3),
            grad=(0, 1, 3),
            executors=("eager", "host"),
        )
        for name in ("nce_loss", "sampled_softmax_loss")
        for remove in (True, False)
        for true in (tensor([[0, 1], [8, 3]], "int64"), tensor([[2], [0]], "int64"))
    ],
    program(
        "nce_loss of parts",
        _parts,
        f32(3, 3),
        f32(3, 3),
        f32(6),
        tensor([[0, 1], [5, 3]], "int64"),
        f32(2, 3),
        grad=(0, 1, 2, 4),
        executors=("eager", "host"),
    ),
]
