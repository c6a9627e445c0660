"""What the records of `tf.linalg` share."""

from tests.oracle.spec import COMPLEX, FLOATS, f32, program, values

ALL = (*FLOATS, *COMPLEX)
LOOSE = {"rtol": 2e-3, "atol": 2e-4}
SQUARE = [(3, 3), (2, 4, 4), (1, 1), (0, 0), (0, 2, 2)]
BAD_SQUARE = [f32(2, 3), f32(3)]
HOST = ("eager", "host")


def c128(*shape):
    return values(*shape, dtype="complex128")


def definite(tf, x, shift=1.0):
    """A positive definite matrix made of any."""
    size = x.shape[-1]
    return tf.matmul(x, x, adjoint_b=True) + shift * tf.eye(size, dtype=x.dtype)


def regular(tf, x):
    """A matrix far from singular."""
    return x + 3.0 * tf.eye(x.shape[-1], dtype=x.dtype)


def on_definite(label, function, *args, **options):
    return program(
        label, lambda tf, x, *rest: function(tf, definite(tf, x), *rest), *args, **options
    )


def on_regular(label, function, *args, **options):
    return program(
        label, lambda tf, x, *rest: function(tf, regular(tf, x), *rest), *args, **options
    )


def every(make, label, function, shapes, dtypes=ALL, **options):
    return [
        make(label, function, values(*s, dtype=d), **{**LOOSE, **options})
        for s in shapes
        for d in dtypes
    ]
