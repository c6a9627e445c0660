"""Types of results that neither the annotation nor the docstring of a function tells.

Functions are checked against what was recorded from TensorFlow.
"""

from __future__ import annotations

import inspect
from typing import Any

from tidefall.api.stubs.surface_names import Surface
from tidefall.op import raw

_NAMED = {
    raw.ApproxTopK: "approx_top_k math.approx_max_k math.approx_min_k",
    raw.CombinedNonMaxSuppression: "image.combined_non_max_suppression",
    raw.ComputeAccidentalHits: "nn.compute_accidental_hits",
    raw.DecodeWav: "audio.decode_wav",
    raw.FakeQuantWithMinMaxVarsGradient: "quantization.fake_quant_with_min_max_vars_gradient",
    raw.FakeQuantWithMinMaxVarsPerChannelGradient: """
        quantization.fake_quant_with_min_max_vars_per_channel_gradient""",
    raw.FractionalAvgPool: "nn.fractional_avg_pool compat.v1.nn.fractional_avg_pool",
    raw.FractionalMaxPool: "nn.fractional_max_pool compat.v1.nn.fractional_max_pool",
    raw.IsotonicRegression: "nn.isotonic_regression",
    raw.ListDiff: "compat.v1.setdiff1d",
    raw.LogMatrixDeterminant: "linalg.slogdet",
    raw.Lu: "linalg.lu",
    raw.MaxPoolWithArgmax: "nn.max_pool_with_argmax",
    raw.Qr: "linalg.qr",
    raw.QuantizeV2: "quantization.quantize",
    raw.QuantizedConcat: "quantization.quantized_concat",
    raw.RaggedFillEmptyRows: "ragged_fill_empty_rows",
    raw.RaggedFillEmptyRowsGrad: "ragged_fill_empty_rows_grad",
    raw.SampleDistortedBoundingBoxV2: """
        image.sample_distorted_bounding_box image.stateless_sample_distorted_bounding_box
        compat.v1.image.sample_distorted_bounding_box""",
    raw.TopKV2: "math.top_k",
    raw.UniformCandidateSampler: """
        nn.all_candidate_sampler nn.fixed_unigram_candidate_sampler
        nn.learned_unigram_candidate_sampler random.log_uniform_candidate_sampler
        random.uniform_candidate_sampler""",
    raw.Unique: "unique",
    raw.UniqueWithCounts: "unique_with_counts",
}
"""Functions that return the outputs of an op, as a named tuple."""

_TYPES = {
    "Tensor": """
        check_pinned debugging.assert_all_finite fftnd ifftnd image.central_crop image.decode_jxl
        irfftnd linalg.cholesky linalg.eigh_tridiagonal
        math.scalar_mul nn.nce_loss nn.sampled_softmax_loss nn.with_space_to_batch
        ragged.row_splits_to_segment_ids ragged.segment_ids_to_row_splits rfftnd
        space_to_batch_nd
        compat.v1.Print compat.v1.arg_max compat.v1.arg_min compat.v1.assign compat.v1.assign_add
        compat.v1.assign_sub compat.v1.count_up_to compat.v1.debugging.assert_all_finite
        compat.v1.div compat.v1.floor_div
        compat.v1.image.resize_area compat.v1.image.resize_bicubic compat.v1.image.resize_bilinear
        compat.v1.image.resize_nearest_neighbor compat.v1.is_variable_initialized
        compat.v1.losses.absolute_difference compat.v1.losses.cosine_distance
        compat.v1.losses.get_regularization_loss compat.v1.losses.get_total_loss
        compat.v1.losses.hinge_loss compat.v1.losses.huber_loss compat.v1.losses.log_loss
        compat.v1.losses.mean_squared_error compat.v1.losses.sigmoid_cross_entropy
        compat.v1.losses.softmax_cross_entropy compat.v1.losses.sparse_softmax_cross_entropy
        compat.v1.nn.conv2d_backprop_filter compat.v1.nn.conv2d_backprop_input
        compat.v1.nn.conv3d_backprop_filter compat.v1.nn.depthwise_conv2d_native
        compat.v1.nn.dropout compat.v1.nn.embedding_lookup compat.v1.nn.embedding_lookup_sparse
        compat.v1.nn.nce_loss compat.v1.nn.relu_layer compat.v1.nn.safe_embedding_lookup_sparse
        compat.v1.nn.sampled_softmax_loss compat.v1.nn.softmax_cross_entropy_with_logits
        compat.v1.nn.xw_plus_b compat.v1.placeholder compat.v1.placeholder_with_default
        compat.v1.scatter_add compat.v1.scatter_div compat.v1.scatter_max compat.v1.scatter_min
        compat.v1.scatter_mul compat.v1.scatter_nd_add compat.v1.scatter_nd_sub
        compat.v1.scatter_nd_update compat.v1.scatter_sub compat.v1.scatter_update
        compat.v1.sparse_to_dense compat.v1.summary.audio compat.v1.summary.histogram
        compat.v1.summary.image compat.v1.summary.tensor_summary compat.v1.summary.text
        compat.v1.verify_tensor_all_finite
    """,
    "Operation": """
        compat.v1.assert_variables_initialized compat.v1.global_variables_initializer
        compat.v1.initialize_all_tables compat.v1.initialize_all_variables
        compat.v1.initialize_local_variables compat.v1.initialize_variables
        compat.v1.local_variables_initializer compat.v1.tables_initializer
        compat.v1.variables_initializer compat.v1.add_check_numerics_ops
    """,
    "Operation | None": """
        Assert assert_equal assert_greater assert_less assert_rank
        debugging.assert_greater_equal debugging.assert_integer debugging.assert_less_equal
        debugging.assert_near debugging.assert_negative debugging.assert_non_negative
        debugging.assert_non_positive debugging.assert_none_equal debugging.assert_positive
        debugging.assert_rank_at_least debugging.assert_rank_in debugging.assert_scalar
        debugging.assert_shapes debugging.assert_type group io.write_file no_op print
        compat.v1.assert_equal compat.v1.assert_greater compat.v1.assert_greater_equal
        compat.v1.assert_less compat.v1.assert_less_equal compat.v1.assert_near
        compat.v1.assert_negative compat.v1.assert_non_negative compat.v1.assert_non_positive
        compat.v1.assert_none_equal compat.v1.assert_positive compat.v1.assert_rank
        compat.v1.assert_rank_at_least compat.v1.assert_rank_in compat.v1.assert_scalar
    """,
    "RaggedTensor": "ragged.constant ragged.range strings.unicode_decode strings.unicode_split",
    "SparseTensor": "compat.v1.sparse_placeholder",
    "list[Tensor]": """
        dynamic_partition experimental.numpy.broadcast_arrays
        experimental.numpy.dsplit experimental.numpy.hsplit experimental.numpy.ix_
        experimental.numpy.meshgrid experimental.numpy.nonzero experimental.numpy.split
        experimental.numpy.vsplit identity_n meshgrid nn.ctc_unique_labels shape_n split unstack
    """,
    "tuple[Tensor, Tensor]": """
        eig experimental.numpy.divmod image.image_gradients image.non_max_suppression_with_scores
        linalg.eigh linalg.normalize nn.collapse_repeated nn.moments nn.normalize_moments
        nn.weighted_moments
    """,
    "tuple[Tensor, Tensor, Tensor]": "sparse.sampled_addmm",
    "tuple[Tensor, Tensor, Tensor, Tensor | None]": "nn.sufficient_statistics",
    "tuple[list[SparseTensor], Tensor]": """
        nn.ctc_beam_search_decoder nn.ctc_greedy_decoder compat.v1.nn.ctc_beam_search_decoder
    """,
    "tuple[list[Tensor], Tensor]": "clip_by_global_norm",
    "tuple[RaggedTensor, RaggedTensor]": """
        strings.unicode_decode_with_offsets strings.unicode_split_with_offsets
    """,
    "tuple[SparseTensor, Tensor]": "sparse.fill_empty_rows",
    "Variable": """
        compat.v1.get_local_variable compat.v1.get_variable compat.v1.train.create_global_step
        compat.v1.train.get_or_create_global_step
    """,
}
_MEMBERS = {
    "Tensor": """
        IndexedSlices.indices IndexedSlices.values RaggedTensor.bounding_shape
        RaggedTensor.flat_values RaggedTensor.nrows RaggedTensor.row_lengths
        RaggedTensor.row_limits RaggedTensor.row_splits RaggedTensor.row_starts
        RaggedTensor.to_tensor RaggedTensor.value_rowids SparseTensor.dense_shape
        SparseTensor.indices SparseTensor.values TensorArray.concat TensorArray.flow
        TensorArray.gather TensorArray.read TensorArray.size TensorArray.stack
        Variable.count_up_to constant_initializer.__call__ ones_initializer.__call__
        random_normal_initializer.__call__ random_uniform_initializer.__call__
        zeros_initializer.__call__ experimental.Optional.has_value
        experimental.RowPartition.nrows experimental.RowPartition.nvals
        experimental.RowPartition.offsets_in_rows experimental.RowPartition.row_lengths
        experimental.RowPartition.row_limits experimental.RowPartition.row_splits
        experimental.RowPartition.row_starts experimental.RowPartition.value_rowids
        linalg.LinearOperator.add_to_tensor linalg.LinearOperator.batch_shape_tensor
        linalg.LinearOperator.cond linalg.LinearOperator.determinant
        linalg.LinearOperator.diag_part linalg.LinearOperator.domain_dimension_tensor
        linalg.LinearOperator.eigvals linalg.LinearOperator.log_abs_determinant
        linalg.LinearOperator.matvec linalg.LinearOperator.range_dimension_tensor
        linalg.LinearOperator.shape_tensor linalg.LinearOperator.solvevec
        linalg.LinearOperator.tensor_rank_tensor linalg.LinearOperator.to_dense
        linalg.LinearOperator.trace linalg.LinearOperatorIdentity.add_to_tensor
        linalg.LinearOperatorScaledIdentity.add_to_tensor linalg.LinearOperatorZeros.add_to_tensor
        lookup.StaticHashTable.lookup lookup.StaticVocabularyTable.lookup
        lookup.StaticVocabularyTable.size lookup.experimental.DenseHashTable.lookup
        lookup.experimental.MutableHashTable.lookup queue.QueueBase.is_closed queue.QueueBase.size
        random.Generator.binomial random.Generator.normal random.Generator.truncated_normal
        random.Generator.uniform random.Generator.uniform_full_int
    """,
    "Tensor | None": "IndexedSlices.dense_shape",
    "SparseTensor": "RaggedTensor.to_sparse",
    "Variable": """
        Variable.assign Variable.assign_add Variable.assign_sub
        compat.v1.VariableScope.get_variable
    """,
    "DeviceSpec": """
        DeviceSpec.from_string DeviceSpec.make_merged_spec DeviceSpec.parse_from_string
        DeviceSpec.replace
    """,
    "tuple[Variable, ...]": """
        Module.non_trainable_variables Module.trainable_variables Module.variables
        types.experimental.ConcreteFunction.trainable_variables
        types.experimental.ConcreteFunction.variables
    """,
    "str | None": "DeviceSpec.device_type DeviceSpec.job",
    "int | None": "DeviceSpec.device_index DeviceSpec.replica DeviceSpec.task",
    "Operation": """
        compat.v1.train.Optimizer.apply_gradients compat.v1.train.Optimizer.minimize
    """,
    "LinearOperator": """
        linalg.LinearOperator.H linalg.LinearOperator.adjoint linalg.LinearOperator.cholesky
        linalg.LinearOperator.inverse
    """,
}
"""The same for methods and properties."""
_NUMPY = "experimental.numpy."
_NOT_ARRAYS = frozenset(("finfo", "iinfo", "ndim", "promote_types", "result_type", "shape"))


def known_results(surface: Surface) -> dict[int, str]:
    """The types known here, by the identity of the function; `raw_ops` has the named tuples."""
    named = {f"raw_ops._{op.name}": names for op, names in _NAMED.items()}
    found = {}
    for path, value in surface.values.items():
        in_numpy = path.startswith(_NUMPY) and path.rpartition(".")[2] not in _NOT_ARRAYS
        if in_numpy and getattr(value, "__annotations__", {}).get("return") == "Any":
            found[id(value)] = "Tensor"
    for told, names in (named | _TYPES).items():
        for name in names.split():
            found[id(surface.values[name])] = f"tf.{told}" if told.startswith("raw") else told
    for told, names in _MEMBERS.items():
        for name in names.split():
            found[id(_member(surface, name))] = told
    return found


def _member(surface: Surface, name: str) -> Any:
    """The function behind a method or property."""
    cls, _, member = name.rpartition(".")
    value = inspect.getattr_static(surface.values[cls], member)
    if isinstance(value, property):
        return value.fget
    return getattr(value, "__func__", value)
