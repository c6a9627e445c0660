"""Shapes, specs of types, devices: what they say of themselves and of each other."""

from tests.oracle.cases._programs import eager, fails
from tests.oracle.spec import f32, ragged, sparse


def shapes(tf):
    unknown, some, full = tf.TensorShape(None), tf.TensorShape([2, None]), tf.TensorShape([2, 3])
    return (
        [repr(s) for s in (unknown, some, full, tf.TensorShape(3), tf.TensorShape([]))],
        [str(s) for s in (unknown, some, full)],
        [s.rank for s in (unknown, some, full)],
        [s.ndims for s in (unknown, some, full)],
        [s.num_elements() for s in (unknown, some, full)],
        [s.is_fully_defined() for s in (unknown, some, full)],
        some.as_list(),
        tuple(full),
        len(full),
        full[1],
        some[1],
        full[0:1],
        some[-1:],
        some.is_compatible_with(full),
        full.is_compatible_with([3, 2]),
        some.is_subtype_of(unknown),
        full.is_subtype_of(some),
        some.merge_with([None, 5]),
        some.most_specific_compatible_shape([2, 4]),
        some.concatenate(full),
        full + [4],
        [1] + full,
        full == [2, 3],
        full != [2, 3],
        unknown == unknown,
        some.with_rank(2),
        unknown.with_rank(3),
        full.with_rank_at_least(1),
        full.with_rank_at_most(2),
        some.most_specific_common_supertype([full]),
        bool(unknown),
        bool(tf.TensorShape([])),
        hash(full) == hash(tf.TensorShape([2, 3])),
        tf.TensorShape([tf.compat.v1.Dimension(3), None]),
        unknown.concatenate([2]),
    )


def bad_shape(label, action):
    return fails(f"shape-{label}", lambda tf: action(tf, tf.TensorShape([2, None])))


def tensor_specs(tf):
    spec = tf.TensorSpec([2, None], tf.float32, name="x")
    return (
        repr(spec),
        spec.shape,
        spec.dtype,
        spec.name,
        spec.value_type is tf.Tensor,
        spec.is_compatible_with(tf.zeros([2, 5])),
        spec.is_compatible_with(tf.zeros([3, 5])),
        spec.is_compatible_with(tf.TensorSpec([2, 3])),
        spec == tf.TensorSpec([2, None], name="x"),
        spec == tf.TensorSpec([2, None]),
        spec.is_subtype_of(tf.TensorSpec(None)),
        repr(spec.most_specific_compatible_type(tf.TensorSpec([4, None], name="x"))),
        repr(spec.most_specific_common_supertype([tf.TensorSpec([2, 3], name="x")])),
        repr(tf.TensorSpec.from_tensor(tf.zeros([2]), "n")),
        repr(tf.TensorSpec.from_spec(spec, "m")),
        repr(tf.TensorSpec([], tf.string)),
        hash(spec) == hash(tf.TensorSpec([2, None], name="x")),
        isinstance(spec, tf.TypeSpec),
        repr(tf.type_spec_from_value(tf.constant([[1]]))),
        repr(tf.type_spec_from_value([1.0, 2.0])),
    )


def composite_specs(tf, x, r, s):
    ragged_spec = tf.RaggedTensorSpec([None, None], tf.float32, 1, tf.int32)
    sparse_spec = tf.SparseTensorSpec([None, 3], tf.float32)
    slices = tf.IndexedSlicesSpec([4, None], tf.float32, tf.int32)
    array = tf.TensorArraySpec([2], tf.float32, True, False)
    optional = tf.OptionalSpec(tf.TensorSpec([], tf.int32))
    return (
        [repr(v) for v in (ragged_spec, sparse_spec, slices, array, optional, tf.NoneTensorSpec())],
        [
            repr(tf.type_spec_from_value(v))
            for v in (x, r, s, tf.IndexedSlices(x, tf.constant([0, 1])))
        ],
        repr(tf.RaggedTensorSpec.from_value(r)),
        repr(tf.SparseTensorSpec.from_value(s)),
        ragged_spec.shape,
        ragged_spec.ragged_rank,
        ragged_spec.row_splits_dtype,
        ragged_spec.dtype,
        ragged_spec.is_compatible_with(r),
        sparse_spec.is_compatible_with(s),
        sparse_spec.shape,
        sparse_spec.dtype,
        slices.value_type is tf.IndexedSlices,
        array.value_type is tf.TensorArray,
        repr(ragged_spec.most_specific_compatible_type(ragged_spec)),
        repr(ragged_spec.flat_values_spec),
        tf.NoneTensorSpec().is_compatible_with(None),
        tf.NoneTensorSpec().is_compatible_with(x),
        repr(optional.value_type.__name__),
        ragged_spec == tf.RaggedTensorSpec([None, None], tf.float32, 1, tf.int32),
        ragged_spec == tf.RaggedTensorSpec([None, 2], tf.float32, 1, tf.int32),
        repr(tf.type_spec_from_value(tf.experimental.Optional.from_value(x))),
    )


def devices(tf):
    spec = tf.DeviceSpec(job="worker", replica=1, task=2, device_type="CPU", device_index=0)
    part = tf.DeviceSpec.from_string("/job:ps/device:GPU:*")
    merged = part.make_merged_spec(spec)
    with tf.device("/CPU:0"):
        x = tf.constant(1.0)
    return (
        spec.to_string(),
        part.to_string(),
        merged.to_string(),
        repr(spec) == repr(spec),
        spec.job,
        spec.replica,
        spec.task,
        spec.device_type,
        spec.device_index,
        part.device_index,
        spec.replace(device_type="gpu", device_index=3).to_string(),
        part.parse_from_string("/task:4").to_string(),
        spec == tf.DeviceSpec.from_string(spec.to_string()),
        spec == part,
        hash(spec) == hash(tf.DeviceSpec.from_string(spec.to_string())),
        x.device,
        tf.DeviceSpec().to_string(),
    )


def enumerations(tf):
    a, s = tf.VariableAggregation, tf.VariableSynchronization
    return (
        [m.name for m in (a.NONE, a.SUM, a.MEAN, a.ONLY_FIRST_REPLICA)],
        [m.value for m in (a.NONE, a.SUM, a.MEAN, a.ONLY_FIRST_REPLICA)],
        [(m.name, m.value) for m in (s.AUTO, s.NONE, s.ON_WRITE, s.ON_READ)],
        [tf.AggregationMethod.ADD_N, tf.AggregationMethod.DEFAULT],
        [tf.AggregationMethod.EXPERIMENTAL_TREE, tf.AggregationMethod.EXPERIMENTAL_ACCUMULATE_N],
        tf.random.Algorithm.PHILOX.value,
        tf.random.Algorithm.THREEFRY.value,
        tf.random.Algorithm.AUTO_SELECT.value,
    )


def structures(tf, x, r):
    nest = tf.nest
    value = {"b": (x, [1, None]), "a": {"z": r, "y": "text"}}
    flat = nest.flatten(value)
    packed = nest.pack_sequence_as({"b": (0, [0, 0]), "a": {"z": 0, "y": 0}}, [1, 2, 3, 4, 5])
    return (
        [type(v).__name__.replace("EagerTensor", "Tensor") for v in flat],
        [
            type(v).__name__.replace("EagerTensor", "Tensor")
            for v in nest.flatten(value, expand_composites=True)
        ],
        packed,
        nest.is_nested([1]),
        nest.is_nested("ab"),
        nest.is_nested({}),
        nest.is_nested(x),
        nest.map_structure(lambda a, b: a + b, {"a": [1, 2]}, {"a": [3, 4]}),
        nest.map_structure(lambda a: a * 2, r, expand_composites=True),
        nest.map_structure(lambda a, b: (a, b), (1, 2), [3, 4], check_types=False),
        nest.flatten(None),
        nest.flatten([]),
        nest.flatten((1, ({}, [2]))),
        nest.assert_same_structure({"a": 1, "b": [2]}, {"b": [3], "a": 4}),
        nest.assert_same_structure((1, 2), [3, 4], check_types=False),
        nest.pack_sequence_as((1, [2, 3]), [x, 5, 6]),
        nest.map_structure(len, ["ab", ("c",)]),
    )


CASES = [
    eager("shapes", shapes),
    bad_shape("index", lambda tf, s: s[5]),
    bad_shape("incompatible", lambda tf, s: s.merge_with([3, 4])),
    bad_shape("merge-rank", lambda tf, s: s.merge_with([3])),
    bad_shape("rank", lambda tf, s: s.with_rank(3)),
    bad_shape("rank-at-least", lambda tf, s: s.with_rank_at_least(3)),
    bad_shape("rank-at-most", lambda tf, s: s.with_rank_at_most(1)),
    bad_shape("defined", lambda tf, s: s.assert_is_fully_defined()),
    bad_shape("compatible", lambda tf, s: s.assert_is_compatible_with([1, 1])),
    bad_shape("has-rank", lambda tf, s: s.assert_has_rank(1)),
    bad_shape("same-rank", lambda tf, s: s.assert_same_rank([1])),
    bad_shape("unknown-list", lambda tf, s: tf.TensorShape(None).as_list()),
    bad_shape("unknown-length", lambda tf, s: len(tf.TensorShape(None))),
    bad_shape("unknown-iteration", lambda tf, s: list(tf.TensorShape(None))),
    bad_shape("negative", lambda tf, s: tf.TensorShape([-2])),
    bad_shape("text", lambda tf, s: tf.TensorShape(["a"])),
    bad_shape("float", lambda tf, s: tf.TensorShape([1.5])),
    eager("tensor-specs", tensor_specs),
    eager(
        "composite-specs",
        composite_specs,
        f32(2, 3),
        ragged(f32(3), [0, 1, 3]),
        sparse([[0, 1]], f32(1), [2, 3]),
    ),
    fails("spec-dtype", lambda tf: tf.TensorSpec([2], "float33")),
    fails(
        "spec-merge",
        lambda tf: tf.TensorSpec([2]).most_specific_compatible_type(tf.TensorSpec([2], tf.int32)),
    ),
    fails("spec-ragged-rank", lambda tf: tf.RaggedTensorSpec([None], tf.float32, 3)),
    fails(
        "spec-ragged-splits",
        lambda tf: tf.RaggedTensorSpec([None, None], tf.float32, 1, tf.float32),
    ),
    fails("spec-of-nothing", lambda tf: tf.type_spec_from_value(object())),
    eager("devices", devices),
    fails("device-name", lambda tf: tf.DeviceSpec.from_string("/nothing:3/x")),
    fails("device-text", lambda tf: _on(tf, "nothing at all")),
    eager("enumerations", enumerations),
    eager("structures", structures, f32(2), ragged(f32(3), [0, 1, 3])),
    fails("structure-lengths", lambda tf: tf.nest.assert_same_structure([1, 2], [1])),
    fails("structure-types", lambda tf: tf.nest.assert_same_structure([1, 2], (1, 2))),
    fails("structure-keys", lambda tf: tf.nest.assert_same_structure({"a": 1}, {"b": 1})),
    fails("structure-depth", lambda tf: tf.nest.assert_same_structure([1, [2]], [1, 2])),
    fails("map-nothing", lambda tf: tf.nest.map_structure(lambda: 1)),
    fails("map-no-function", lambda tf: tf.nest.map_structure(3, [1])),
    fails("map-structures", lambda tf: tf.nest.map_structure(lambda a, b: a, [1], [1, 2])),
    fails("map-keyword", lambda tf: tf.nest.map_structure(lambda a: a, [1], what=3)),
    fails("pack-count", lambda tf: tf.nest.pack_sequence_as([1, 2], [1])),
    fails("pack-kind", lambda tf: tf.nest.pack_sequence_as([1, 2], 3)),
    fails("flatten-keys", lambda tf: tf.nest.flatten({"a": 1, 2: 3})),
]


def _on(tf, device):
    with tf.device(device):
        return tf.constant(1.0) + 1.0
