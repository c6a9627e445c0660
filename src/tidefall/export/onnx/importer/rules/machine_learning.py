"""ONNX's ops of classical machine learning, as scikit-learn's converter writes them."""

from __future__ import annotations

from typing import Any

import numpy as np

import tidefall as tf
from tidefall.export.onnx.importer.registry import ML, Call, CannotImport, dtype_of, onnx_op
from tidefall.export.onnx.importer.values import array_of


@onnx_op("LabelEncoder", domain=ML)
def _label_encoder(c: Call) -> Any:
    keys, _key_kind = _labels(c, "keys")
    values, value_kind = _labels(c, "values")
    default = c.attr(
        f"default_{value_kind[:-1]}",
        {"strings": b"_Unused", "int64s": -1, "floats": -0.0}.get(value_kind),
    )
    given = c.attr("default_tensor")
    if given is not None:
        default = array_of(given).reshape(()).item()
    x = c[0]
    if keys.dtype.kind == "f":
        hit = tf.equal(x[..., None], keys) | (tf.math.is_nan(x)[..., None] & np.isnan(keys))
        found = tf.reduce_any(hit, -1)
        got = tf.gather(values, tf.argmax(tf.cast(hit, tf.int32), -1))
        return tf.where(found, got, tf.constant(default, got.dtype))
    with tf.init_scope():
        initializer = tf.lookup.KeyValueTensorInitializer(tf.constant(keys), tf.constant(values))
        value = tf.constant(default, tf.constant(values).dtype)
        table = tf.lookup.StaticHashTable(initializer, value)
    c.execution.tables.append(table)  # it must live as long as the function
    return table.lookup(tf.convert_to_tensor(x))


def _labels(c: Call, what: str) -> tuple[np.ndarray, str]:
    tensor = c.attr(f"{what}_tensor")
    if tensor is not None:
        array = array_of(tensor)
        return array, {"O": "strings", "i": "int64s", "f": "floats"}[array.dtype.kind]
    for kind, dtype in (("strings", object), ("int64s", np.int64), ("floats", np.float32)):
        found = c.attr(f"{what}_{kind}")
        if found:
            return np.array(found, dtype), kind
    raise CannotImport(f"it has no {what}")


@onnx_op("Scaler", domain=ML)
def _scaler(c: Call) -> Any:
    x = tf.cast(c[0], tf.float32)
    return (x - np.float32(c.attr("offset", [0.0]))) * np.float32(c.attr("scale", [1.0]))


@onnx_op("Normalizer", domain=ML)
def _normalizer(c: Call) -> Any:
    x, norm = tf.cast(c[0], tf.float32), c.attr("norm", b"MAX")
    if norm == b"MAX":
        size = tf.reduce_max(tf.abs(x), -1, True)
    elif norm == b"L1":
        size = tf.reduce_sum(tf.abs(x), -1, True)
    else:
        size = tf.sqrt(tf.reduce_sum(x * x, -1, True))
    return tf.where(size == 0, x, x / tf.where(size == 0, tf.ones_like(size), size))


@onnx_op("Binarizer", domain=ML)
def _binarizer(c: Call) -> Any:
    return tf.cast(c[0] > c.attr("threshold", 0.0), dtype_of(c[0]))


@onnx_op("Imputer", domain=ML)
def _imputer(c: Call) -> Any:
    x = c[0]
    if dtype_of(x).kind == "f":
        wanted = np.array(c.attr("imputed_value_floats"), np.float32)
        missing = c.attr("replaced_value_float", 0.0)
        hit = tf.math.is_nan(x) if np.isnan(missing) else tf.equal(x, missing)
    else:
        wanted = np.array(c.attr("imputed_value_int64s"), np.int64)
        hit = tf.equal(x, c.attr("replaced_value_int64", 0))
    return tf.where(hit, wanted, x)


@onnx_op("ArrayFeatureExtractor", domain=ML)
def _extractor(c: Call) -> Any:
    return tf.gather(c[0], tf.reshape(c[1], [-1]), axis=-1)


@onnx_op("FeatureVectorizer", domain=ML)
def _vectorizer(c: Call) -> Any:
    return tf.concat([tf.cast(v, tf.float32) for v in c.inputs], -1)


@onnx_op("OneHotEncoder", domain=ML)
def _one_hot(c: Call) -> Any:
    texts = c.attr("cats_strings")
    values = np.array(texts, object) if texts else np.array(c.attr("cats_int64s"), np.int64)
    x = c[0] if texts else tf.cast(c[0], tf.int64)
    return tf.cast(tf.equal(x[..., None], values), tf.float32)


@onnx_op("ZipMap", domain=ML)
def _zip_map(c: Call) -> Any:
    """The scores as they are: a SavedModel has no maps, and the labels are in their order."""
    return tf.identity(c[0])


# ---- linear models ----


def _transformed(scores: Any, how: bytes) -> Any:
    if how in (b"", b"NONE"):
        return scores
    if how == b"LOGISTIC":
        return tf.sigmoid(scores)
    if how == b"SOFTMAX":
        return tf.nn.softmax(scores)
    raise CannotImport(f"it transforms scores by {how.decode()}")


def _classes(c: Call) -> np.ndarray:
    for name in ("classlabels_strings", "classlabels_ints", "classlabels_int64s"):
        found = c.attr(name)
        if found:
            return np.array(found, object if name.endswith("strings") else np.int64)
    raise CannotImport("it names no classes")


@onnx_op("LinearClassifier", domain=ML)
def _linear_classifier(c: Call) -> Any:
    labels = _classes(c)
    weights = np.array(c.attr("coefficients"), np.float32)
    bias = np.array(c.attr("intercepts", [0.0]), np.float32)
    x = tf.cast(c[0], tf.float32)
    rows = len(bias)
    scores = x @ weights.reshape(rows, -1).T + bias
    if rows == 1 and len(labels) == 2:
        scores = tf.concat([-scores, scores], 1)
    place = tf.argmax(scores, 1)
    how = c.attr("post_transform", b"NONE")
    return [tf.gather(labels, place), _transformed(scores, how)]


@onnx_op("LinearRegressor", domain=ML)
def _linear_regressor(c: Call) -> Any:
    targets = c.attr("targets", 1)
    weights = np.array(c.attr("coefficients"), np.float32).reshape(targets, -1)
    made = tf.cast(c[0], tf.float32) @ weights.T
    bias = c.attr("intercepts")
    return _transformed(
        made if bias is None else made + np.float32(bias), c.attr("post_transform", b"NONE")
    )


# ---- trees ----


class _Trees:
    """All trees of an ensemble as arrays, walked together one level at a time."""

    def __init__(self, c: Call, leaf: str, outputs: int):
        ids, nodes = (np.array(c.attr(f"nodes_{n}"), np.int64) for n in ("treeids", "nodeids"))
        where = {pair: i for i, pair in enumerate(zip(ids.tolist(), nodes.tolist(), strict=True))}
        modes = c.attr("nodes_modes")
        known = {
            b"BRANCH_LEQ",
            b"LEAF",
            b"BRANCH_LT",
            b"BRANCH_GT",
            b"BRANCH_GTE",
            b"BRANCH_EQ",
            b"BRANCH_NEQ",
        }
        unknown = set(modes) - known
        if unknown or len(set(modes) - {b"LEAF"}) > 1:
            raise CannotImport("its trees compare in several ways")
        self.mode = next(iter(set(modes) - {b"LEAF"}), b"BRANCH_LEQ")
        self.is_leaf = np.array([m == b"LEAF" for m in modes])
        own = np.arange(len(modes))
        sides: list[np.ndarray] = []
        for name in ("truenodeids", "falsenodeids"):
            children = c.attr(f"nodes_{name}")
            pairs = zip(ids.tolist(), children, strict=True)
            found = [i if self.is_leaf[i] else where[pair] for i, pair in enumerate(pairs)]
            sides.append(np.where(self.is_leaf, own, np.array(found)))
        self.true, self.false = sides
        self.features = np.array(c.attr("nodes_featureids"), np.int64)
        self.values = np.array(c.attr("nodes_values"), np.float32)
        missing = c.attr("nodes_missing_value_tracks_true") or [0] * len(modes)
        self.missing = np.array(missing, bool)
        is_child = np.zeros(len(modes), bool)
        for side in sides:
            is_child[side[~self.is_leaf]] = True
        self.roots = own[~is_child]
        self.weights = np.zeros((len(modes), outputs), np.float32)
        columns = c.attr(f"{leaf}_ids")
        places = [
            where[pair]
            for pair in zip(c.attr(f"{leaf}_treeids"), c.attr(f"{leaf}_nodeids"), strict=True)
        ]
        np.add.at(self.weights, (places, columns), np.array(c.attr(f"{leaf}_weights"), np.float32))
        self.depth = self._depth()

    def _depth(self) -> int:
        at, depth = self.roots, 0
        while True:
            inner = at[~self.is_leaf[at]]
            if not len(inner):
                return depth
            at = np.unique(np.concatenate([self.true[inner], self.false[inner]]))
            depth += 1
            if depth > len(self.is_leaf):
                raise CannotImport("its trees have a circle")

    def leaves(self, x: Any) -> Any:
        """The weights of the leaf that each row reaches in each tree: [batch, trees, outputs]."""
        compare = {
            b"BRANCH_LEQ": tf.less_equal, b"BRANCH_LT": tf.less, b"BRANCH_GT": tf.greater,
            b"BRANCH_GTE": tf.greater_equal, b"BRANCH_EQ": tf.equal, b"BRANCH_NEQ": tf.not_equal,
        }[self.mode]  # fmt: skip
        at = tf.broadcast_to(self.roots[None], [tf.shape(x)[0], len(self.roots)])
        for _ in range(self.depth):
            seen = tf.gather(x, tf.gather(self.features, at), batch_dims=1)
            yes = compare(seen, tf.gather(self.values, at))
            if self.missing.any():
                yes = yes | (tf.math.is_nan(seen) & tf.gather(self.missing, at))
            at = tf.where(yes, tf.gather(self.true, at), tf.gather(self.false, at))
        return tf.gather(self.weights, at)


@onnx_op("TreeEnsembleRegressor", domain=ML)
def _tree_regressor(c: Call) -> Any:
    targets = c.attr("n_targets", 1)
    found = _Trees(c, "target", targets).leaves(tf.cast(c[0], tf.float32))
    how = c.attr("aggregate_function", b"SUM")
    function = {
        b"SUM": tf.reduce_sum,
        b"AVERAGE": tf.reduce_mean,
        b"MIN": tf.reduce_min,
        b"MAX": tf.reduce_max,
    }[how]
    made = function(found, 1)
    base = c.attr("base_values")
    made = made if not base else made + np.float32(base)
    return _transformed(made, c.attr("post_transform", b"NONE"))


@onnx_op("TreeEnsembleClassifier", domain=ML)
def _tree_classifier(c: Call) -> Any:
    labels = _classes(c)
    columns = set(c.attr("class_ids"))
    found = tf.reduce_sum(_Trees(c, "class", len(labels)).leaves(tf.cast(c[0], tf.float32)), 1)
    base, how = c.attr("base_values"), c.attr("post_transform", b"NONE")
    binary = len(labels) == 2 and len(columns) == 1
    if base:
        found = (
            found + np.float32(base) if len(base) == len(labels) else found + np.float32(base[0])
        )
    if binary:
        # One column of scores: of the second class.
        (column,) = columns
        score = found[:, column : column + 1]
        if how == b"NONE":
            scores = tf.concat([1 - score, score], 1)
            place = tf.cast(score[:, 0] > 0.5, tf.int64)
        else:
            scores = _transformed(tf.concat([-score, score], 1), how)
            place = tf.cast(score[:, 0] > 0, tf.int64)
        return [tf.gather(labels, place), scores]
    return [tf.gather(labels, tf.argmax(found, 1)), _transformed(found, how)]
