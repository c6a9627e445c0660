"""What kind of computation an op is: declared with the op, asked by whoever treats kinds alike.

    op("Neg", traits=(ELEMENTWISE, LINEAR), ...)

How an op runs over many elements at once and how it is differentiated forward follow from its
traits, unless a rule is given.
"""

from __future__ import annotations


class Trait:
    """Something that is true of many ops."""

    __slots__ = ("meaning", "name")

    def __init__(self, name: str, meaning: str):
        self.name = name
        self.meaning = meaning

    def __repr__(self) -> str:
        return self.name


# ---- how elements depend on each other ----

ELEMENTWISE = Trait(
    "ELEMENTWISE", "each element of the output follows from the one of the only input at its place"
)
BROADCASTING = Trait(
    "BROADCASTING", "each element of the output follows from those at its place, broadcast together"
)
SAME_SHAPE = Trait(
    "SAME_SHAPE",
    "each element of the output follows from those at its place; all have one shape",
)
MOVES = Trait("MOVES", "moves, chooses or compares elements, and rounds nothing")
EXACT_OVER_INTEGERS = Trait(
    "EXACT_OVER_INTEGERS", "gives the same in any order of the elements, if they are integers"
)
PASSES_ON = Trait("PASSES_ON", "its output is its input, nothing else")
INVOLUTION = Trait("INVOLUTION", "applied to its own output it gives its input")
IDEMPOTENT = Trait("IDEMPOTENT", "applied to its own output it gives just that")
KEEPS_FINITE = Trait(
    "KEEPS_FINITE",
    "TensorFlow takes it that no infinity or NaN in its outputs is of its own making",
)

# ---- how shapes and values are needed ----

SHAPE_ONLY = Trait("SHAPE_ONLY", "takes a tensor for its shape alone")
STATIC_VALUE = Trait(
    "STATIC_VALUE", "tf.get_static_value tells what it gives, where it tells what it is given"
)
UNIFORM = Trait(
    "UNIFORM", "looks at sizes, which are the same for all elements that are worked on together"
)
SIZED_BY_VALUES = Trait(
    "SIZED_BY_VALUES",
    "its outputs are as large as values say; TensorFlow compiles that with XLA, jax does not",
)

# ---- what running it costs and risks ----

CHEAP = Trait("CHEAP", "its time is that of reading and writing memory")
TOTAL = Trait("TOTAL", "cannot fail once the shapes of its inputs fit, but for integer division")
SPECULATABLE = Trait(
    "SPECULATABLE", "may run where the program would not have come to it: quick, and never fails"
)
WAITS = Trait("WAITS", "may wait for another thread, or for another node of the same run")

GAINS_BY_HALF = Trait("GAINS_BY_HALF", "worth computing in half precision by itself")
SAFE_IN_HALF = Trait(
    "SAFE_IN_HALF", "may be computed in half precision between others that gain by it"
)

ACTIVATION = Trait("ACTIVATION", "kernels of products apply it to their results in place")

# ---- how it is differentiated ----

LINEAR = Trait("LINEAR", "linear in all its differentiable inputs together")
MULTILINEAR = Trait("MULTILINEAR", "linear in each of its differentiable inputs")
LACKS_GRADIENT = Trait(
    "LACKS_GRADIENT",
    "TensorFlow has no gradient for it, nor says that it has none: differentiating is an error",
)

# ---- control flow ----

CALL = Trait("CALL", "calls its function `f` with its inputs")
BRANCH = Trait(
    "BRANCH", "calls one of its functions with its inputs after the first, which says which"
)
LOOP = Trait("LOOP", "calls its function `body` with its inputs as long as `cond` says so")

REPLICATED = Trait(
    "REPLICATED", "calls its function `f` once for each replica, with each one's part of its inputs"
)
COLLECTIVE = Trait(
    "COLLECTIVE", "meets the same op of other replicas, or tells which replica it is"
)

# ---- state and files ----

STATELESS = Trait("STATELESS", "TensorFlow calls it stateful, and it is not")
NO_EXTERNAL_STATE = Trait(
    "NO_EXTERNAL_STATE",
    "TensorFlow calls it stateful, but an iterator over a dataset leaves none of its state unsaved",
)
READS_RECORDS = Trait("READS_RECORDS", "gives the records of files that it is told the names of")

# ---- where it runs ----

PYTHON = Trait("PYTHON", "runs Python of this process")
