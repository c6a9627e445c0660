# ruff: noqa: E501 - a table.
"""Small tables and options, whose statistics TensorFlow Data Validation has told.

See `tests/oracle/record_data_validation.py`.
"""

from __future__ import annotations

import random
from typing import Any, NamedTuple

NAN, INF = float("nan"), float("inf")


class Table(NamedTuple):
    """A table.

    Args:
        name: of what is tried.
        columns: by name the Arrow type, as text, and the values.
        options: of StatsOptions; the schema as text.
    """

    name: str
    columns: dict[str, tuple[str, list[Any]]]
    options: dict[str, Any] = {}  # noqa: RUF012


_random = random.Random(0)
_FLOATS = [[_random.gauss(0, 1)] for _ in range(300)]
_INTS = [[_random.randrange(50)] for _ in range(300)]
_WORDS = [[_random.choice(["red", "green", "blue", "x" * 9])] for _ in range(300)]
_WEIGHTS = [[_random.random() * 3] for _ in range(300)]
_MANY = [[_random.randrange(9) for _ in range(_random.randrange(5))] for _ in range(200)]

TABLES = [
    Table("floats", {"f": ("list<float>", [[1.0], [2.5], None, [-3.0], [0.0], [0.0]])}),
    Table("random floats", {"f": ("list<double>", _FLOATS)}),
    Table("nan", {"f": ("list<double>", [[1.0], [NAN], [2.0], [NAN], [0.0]])}),
    Table("only nan", {"f": ("list<float>", [[NAN], [NAN]])}),
    Table("infinity", {"f": ("list<double>", [[1.0], [INF], [2.0], [4.0], [5.0], [INF]])}),
    Table("both infinities", {"f": ("list<double>", [[-INF], [1.0], [INF], [2.0], [4.0]])}),
    Table("one value", {"f": ("list<int64>", [[7], [7], [7]])}),
    Table("random ints", {"f": ("list<int64>", _INTS)}),
    Table("large ints", {"f": ("list<int64>", [[2**40], [2**40 + 1], [-5]])}),
    Table("strings", {"s": ("list<binary>", [[b"a"], [b"bb"], [b"a"], None, [b""], [b"c", b"a"]])}),
    Table("random strings", {"s": ("list<string>", _WORDS)}),
    Table("no utf8", {"s": ("list<binary>", [[b"a"], [b"\xff\xfe"], [b"\xff"], [b"a"]])}),
    Table("few buckets", {"s": ("list<string>", _WORDS), "f": ("list<double>", _FLOATS)},
          {"num_top_values": 2, "num_rank_histogram_buckets": 3, "num_histogram_buckets": 4,
           "num_quantiles_histogram_buckets": 5, "num_values_histogram_buckets": 2}),
    Table("threshold", {"s": ("list<string>", [["a"], ["a"], ["b"], ["b"], ["b"], ["c"]])},
          {"frequency_threshold": 2}),
    Table("lists", {"f": ("list<int64>", [[1, 2, 3], [], None, [4], [5, 6]])}),
    Table("many lists", {"f": ("list<int64>", _MANY)}),
    Table("empty lists", {"f": ("list<int64>", [[], [], None])}),
    Table("nothing", {"f": ("list<float>", [None, None]), "g": ("list<float>", [[1.0], [2.0]])}),
    Table("nested", {"f": ("list<list<int64>>", [[[1, 2], [3]], [[4]], None, [[], [5, 6, 7]]])}),
    Table("structure", {"p": ("list<struct<a:list<int64>,b:list<string>>>", [
        [{"a": [1, 2], "b": ["x"]}, {"a": None, "b": ["y"]}], [{"a": [3], "b": None}], None, []])}),
    Table("weights", {"f": ("list<double>", _FLOATS), "s": ("list<string>", _WORDS),
                      "w": ("list<double>", _WEIGHTS), "m": ("list<int64>", [*_MANY, *_MANY[:100]])},
          {"weight_feature": "w"}),
    Table("categories", {"f": ("list<int64>", _INTS), "g": ("list<int64>", _INTS)},
          {"schema": "feature { name: 'f' type: INT int_domain { is_categorical: true } }"}),
    Table("truth", {"f": ("list<int64>", [[0], [1], [1]])},
          {"schema": "feature { name: 'f' type: INT bool_domain { } }"}),
    Table("image bytes", {"f": ("list<binary>", [[b"\x89PNG\r\n\x1a\n123"], [b"1234"], [b"ab"]])},
          {"schema": "feature { name: 'f' type: BYTES image_domain { } }"}),
    Table("sparse", {"v": ("list<int64>", [[1, 2], [3], None, [4]]),
                     "i": ("list<int64>", [[0, 1], [2, 3], [0], None])},
          {"schema": "sparse_feature { name: 's' index_feature { name: 'i' } "
                     "value_feature { name: 'v' } }"}),
    Table("weighted", {"v": ("list<int64>", [[1, 2], [3], None, [4]]),
                       "u": ("list<float>", [[0.5, 1.0], [2.0, 3.0], [0.0], None])},
          {"schema": "weighted_feature { name: 'x' feature { step: 'v' } weight_feature "
                     "{ step: 'u' } }"}),
    Table("allowed", {"f": ("list<int64>", _INTS), "g": ("list<int64>", _INTS)},
          {"feature_allowlist": ["g"]}),
]  # fmt: skip


def arrow_batch(table: Table) -> Any:
    """The table as an Arrow record batch."""
    import pyarrow as pa

    names = {"list<float>": pa.list_(pa.float32()), "list<double>": pa.list_(pa.float64())}
    names |= {"list<int64>": pa.list_(pa.int64()), "list<binary>": pa.list_(pa.binary())}
    names |= {"list<string>": pa.list_(pa.string())}
    names["list<list<int64>>"] = pa.list_(pa.list_(pa.int64()))
    fields = pa.struct([("a", pa.list_(pa.int64())), ("b", pa.list_(pa.string()))])
    names["list<struct<a:list<int64>,b:list<string>>>"] = pa.list_(fields)
    arrays = [pa.array(values, names[kind]) for kind, values in table.columns.values()]
    return pa.RecordBatch.from_arrays(arrays, list(table.columns))
