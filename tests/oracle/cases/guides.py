"""What the programs of TensorFlow's guides do beyond single calls: ragged embeddings, counts of
ragged and sparse rows."""

from __future__ import annotations

from tests.oracle.spec import T, case, cases, const, f32, ints, ragged, raises, sparse, tensor, var

IDS = ragged(tensor([0, 1, 2]), [0, 2, 2, 3])
DEEP = ragged(tensor([0, 1, 2, 3], "int64"), [0, 2, 2, 3], [0, 2, 3, 4])
FULL = ragged(tensor([0, 1, 3]), [0, 2, 3])
WEIGHTS = ragged(tensor([1.0, 2.0, 3.0]), [0, 2, 2, 3])
TABLE = f32(4, 2)
COUNTED = ragged(tensor([1, 2, 3, 1]), [0, 2, 2, 4])
WEIGHTED = ragged(f32(4), [0, 2, 2, 4])
PLACES = [[0, 0], [0, 1], [2, 0], [2, 1]]
SPARSE = sparse(PLACES, tensor([1, 2, 3, 1]), [3, 2])
SPARSE_WEIGHTS = sparse(PLACES, f32(4), [3, 2])

CASES = [
    case("nn.embedding_lookup", TABLE, IDS, grad=[0]),
    case("nn.embedding_lookup", TABLE, DEEP, grad=[0]),
    case("nn.embedding_lookup", TABLE, IDS, max_norm=0.5),
    case("nn.embedding_lookup", [f32(2, 2), f32(2, 2)], IDS),
    case("nn.embedding_lookup", var(TABLE), IDS),
    case("nn.embedding_lookup", f32(4), IDS, grad=[0]),
    case("nn.embedding_lookup", f32(4, 2, 3), IDS),
    case("nn.embedding_lookup", TABLE, ragged(ints(0), [0, 0])),
    *cases(
        ["nn.embedding_lookup"], [T(4, 2), IDS], dtypes=["float16", "bfloat16", "float64", "int32"]
    ),
    raises("nn.embedding_lookup", TABLE, WEIGHTS),
    raises("nn.embedding_lookup", TABLE, ragged(tensor([9]), [0, 1])),
    *[
        case("nn.embedding_lookup_sparse", TABLE, ids, weights, combiner=how, grad=[0])
        for how in ("sum", "mean", "sqrtn")
        for ids, weights in ((IDS, None), (IDS, WEIGHTS), (FULL, None))
    ],
    case("nn.embedding_lookup_sparse", TABLE, IDS, WEIGHTS, max_norm=0.5),
    raises("nn.embedding_lookup_sparse", TABLE, IDS, sparse([[0, 0]], tensor([1.0]), [1, 1])),
    raises("nn.embedding_lookup_sparse", TABLE, DEEP, None),
    *[
        case("nn.safe_embedding_lookup_sparse", TABLE, ids, weights, combiner=how)
        for how in ("sum", "mean", "sqrtn")
        for ids, weights in ((IDS, None), (IDS, WEIGHTS), (FULL, None))
    ],
    case("nn.safe_embedding_lookup_sparse", TABLE, IDS, default_id=3),
    case("nn.safe_embedding_lookup_sparse", TABLE, ragged(tensor([-1, 1, 2]), [0, 2, 2, 3])),
    *[
        case(name, values, axis=axis, binary_output=binary, **limits)
        for name in ("math.bincount", "sparse.bincount")
        for values in (COUNTED, SPARSE, ragged(ints(0), [0, 0, 0]))
        for axis in (None, 0, -1)
        for binary in (False, True)
        for limits in ({"minlength": 3, "maxlength": 3},)
    ],
    *[
        case(name, values, weights, axis=axis)
        for name in ("math.bincount", "sparse.bincount")
        for values, weights in ((COUNTED, WEIGHTED), (SPARSE, SPARSE_WEIGHTS))
        for axis in (0, -1)
    ],
    case("math.bincount", COUNTED, axis=-1, minlength=6),
    case("math.bincount", SPARSE, axis=-1, dtype="float64"),
    case("math.bincount", sparse([[1], [2]], tensor([1, 3]), [4]), axis=-1),
    case("sparse.bincount", tensor([1, 2]), axis=None, maxlength=5),
    case("sparse.bincount", ints(0)),
    case("sparse.bincount", ints(2, 0), axis=-1, minlength=2),
    raises("math.bincount", DEEP, axis=-1),
    raises("sparse.bincount", DEEP, axis=-1),
    raises("math.bincount", COUNTED, tensor([1.0, 2.0, 3.0, 4.0])),
    raises("sparse.bincount", SPARSE, tensor([1.0, 2.0, 3.0, 4.0]), axis=-1),
    raises("math.bincount", SPARSE, sparse([[0, 0]], tensor([1.0]), [1, 1])),
    raises("sparse.bincount", COUNTED, ragged(tensor([1.0]), [0, 1]), axis=-1),
    raises("sparse.bincount", COUNTED, WEIGHTED, binary_output=True),
    raises("sparse.bincount", ragged(tensor([-1]), [0, 1]), axis=-1),
    case(
        "raw_ops.RaggedBincount",
        splits=tensor([0, 2, 2, 4], "int64"),
        values=tensor([1, 2, 3, 1]),
        size=const(3),
        weights=f32(4),
        binary_output=False,
    ),
    case(
        "raw_ops.SparseBincount",
        indices=tensor([[0, 0], [0, 1], [2, 0]], "int64"),
        values=tensor([1, 2, 1]),
        dense_shape=const([3, 2], "int64"),
        size=const(3),
        weights=f32(3),
        binary_output=False,
    ),
    case(
        "raw_ops.RaggedCountSparseOutput",
        splits=tensor([0, 2, 2, 4], "int64"),
        values=tensor([1, 2, 3, 1]),
        weights=f32(4),
        binary_output=False,
        minlength=6,
    ),
    *[
        raises(
            "raw_ops.RaggedBincount",
            splits=tensor(splits, "int64"),
            values=tensor([1, 2, 3, 1]),
            size=const(size),
            weights=f32(0),
            label=f"{splits} {size}",
        )
        for splits, size in (([1, 4], 3), ([0, 2], 3), ([0, 2, 9], 3), ([0, 4], -1), ([0, 4], [3]))
    ],
    *[
        raises(
            "raw_ops.SparseBincount",
            indices=tensor(indices, "int64"),
            values=tensor([1, 2]),
            dense_shape=const([3, 2], "int64"),
            size=const(3),
            weights=f32(0),
        )
        for indices in ([[0, 0], [7, 0]], [[0, 0]])
    ],
    raises(
        "raw_ops.RaggedCountSparseOutput",
        splits=tensor([0, 4], "int64"),
        values=tensor([1, 2, 3, 1]),
        weights=f32(2),
        binary_output=False,
    ),
]
