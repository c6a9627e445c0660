"""Candidate samplers: the very classes that TensorFlow draws, and their expected counts."""

from tests.oracle.spec import const, program, raises, tensor

TRUE = tensor([[0, 1], [8, 3]], "int64")
NAMES = ("uniform_candidate_sampler", "log_uniform_candidate_sampler")


def _twice(name, *how):
    def draws(tf, true):
        tf.random.set_seed(3)
        sampler = getattr(tf.random, name)
        return [*sampler(true, 2, *how, seed=4), *sampler(true, 2, *how, seed=5)]

    return draws


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
]
