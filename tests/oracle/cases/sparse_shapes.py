"""Sparse tensors of other shapes, and crossed features."""

from tests.oracle.spec import case, f32, ints, raises, sparse, strings, tensor

HOST = ("eager", "host")
PLACES = [[0, 1], [0, 3], [2, 0]]
WORDS = sparse([[0, 0], [1, 0], [1, 1]], strings(3), [2, 2])
NUMBERS = sparse([[0, 0], [1, 0]], tensor([5, 6], "int64"), [2, 1])

CASES = [
    case("sparse.eye", 3, executors=HOST),
    case("sparse.eye", tensor(3), num_columns=tensor(2), executors=HOST),
    raises("sparse.eye", -1),
    case("sparse.eye", 2, num_columns=4, dtype="int64", executors=HOST),
    *[
        case("sparse.expand_dims", sparse(PLACES, f32(3), [5, 6]), axis=axis, executors=HOST)
        for axis in (0, 1, 2, -1)
    ],
    case("sparse.transpose", sparse(PLACES, f32(3), [5, 6]), executors=HOST),
    case("sparse.transpose", sparse(PLACES, strings(3), [5, 6]), perm=[1, 0], executors=HOST),
    case("sparse.transpose", sparse([[0, 1, 2]], ints(1), [2, 3, 4]), [2, 0, 1], executors=HOST),
    case("sparse.retain", sparse(PLACES, f32(3), [5, 6]), [True, False, True], executors=HOST),
    case("sparse.reset_shape", sparse(PLACES, f32(3), [5, 6]), [7, 6], executors=HOST),
    case("sparse.reset_shape", sparse(PLACES, f32(3), [5, 6]), executors=HOST),
    case("sparse.cross", [WORDS, NUMBERS], executors=HOST),
    case("sparse.cross", [WORDS, strings(2, 1)], separator="-", executors=HOST),
    case("sparse.cross_hashed", [WORDS, NUMBERS], num_buckets=100, executors=HOST),
    case("sparse.cross_hashed", [WORDS, ints(2, 2)], hash_key=7, executors=HOST),
    raises("sparse.reset_shape", sparse(PLACES, f32(3), [5, 6]), [2, 6]),
    raises("sparse.retain", f32(2), [True, False]),
]
