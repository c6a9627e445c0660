"""Options of the operators of StableHLO, and of those added after them."""

from __future__ import annotations

from tidefall.lite.schema.enums import (
    CustomOptionsFormat,
    ReduceWindowFunction,
    RngAlgorithm,
    StablehloComparisonDirection,
    StablehloComparisonType,
    StablehloPrecisionConfig,
)
from tidefall.lite.schema.table import (
    EMPTY,
    Bytes,
    Table,
    int32,
    int64,
)


class StablehloConcatenateOptions(Table):
    dimension: int64 = 0


class StablehloBroadcastInDimOptions(Table):
    broadcast_dimensions: list[int64] = EMPTY


class StablehloSliceOptions(Table):
    start_indices: list[int64] = EMPTY
    limit_indices: list[int64] = EMPTY
    strides: list[int64] = EMPTY


class StablehloConvolutionOptions(Table):
    window_strides: list[int64] = EMPTY
    padding: list[int64] = EMPTY
    lhs_dilation: list[int64] = EMPTY
    rhs_dilation: list[int64] = EMPTY
    window_reversal: list[bool] = EMPTY
    input_batch_dimension: int64 = 0
    input_feature_dimension: int64 = 0
    input_spatial_dimensions: list[int64] = EMPTY
    kernel_input_feature_dimension: int64 = 0
    kernel_output_feature_dimension: int64 = 0
    kernel_spatial_dimensions: list[int64] = EMPTY
    output_batch_dimension: int64 = 0
    output_feature_dimension: int64 = 0
    output_spatial_dimensions: list[int64] = EMPTY
    feature_group_count: int64 = 0
    batch_group_count: int64 = 0
    precision_config: list[StablehloPrecisionConfig] = EMPTY


class StablehloCustomCallOptions(Table):
    call_target_name: str = ""
    has_side_effect: bool = False
    backend_config: str = ""
    api_version: int32 = 0
    called_computations: list[int32] = EMPTY
    custom_attributes: Bytes = b""


class StablehloReduceOptions(Table):
    dimensions: list[int64] = EMPTY
    body_subgraph_index: int32 = 0


class StablehloScatterOptions(Table):
    indices_are_sorted: bool = False
    update_window_dims: list[int64] = EMPTY
    inserted_window_dims: list[int64] = EMPTY
    scatter_dims_to_operand_dims: list[int64] = EMPTY
    index_vector_dim: int64 = 0
    unique_indices: bool = False
    update_computation_subgraph_index: int32 = 0


class StablehloCompareOptions(Table):
    comparison_direction: StablehloComparisonDirection = (
        StablehloComparisonDirection.STABLEHLO_COMPARISON_DIRECTION_EQ
    )
    compare_type: StablehloComparisonType = StablehloComparisonType.STABLEHLO_COMPARISON_TYPE_NOTYPE


class StablehloDynamicSliceOptions(Table):
    slice_sizes: list[int64] = EMPTY


class StablehloPadOptions(Table):
    edge_padding_low: list[int64] = EMPTY
    edge_padding_high: list[int64] = EMPTY
    interior_padding: list[int64] = EMPTY


class StablehloIotaOptions(Table):
    iota_dimension: int64 = 0


class StablehloDotGeneralOptions(Table):
    lhs_batching_dimensions: list[int64] = EMPTY
    rhs_batching_dimensions: list[int64] = EMPTY
    lhs_contracting_dimensions: list[int64] = EMPTY
    rhs_contracting_dimensions: list[int64] = EMPTY
    precision_config: list[StablehloPrecisionConfig] = EMPTY


class StablehloReduceWindowOptions(Table):
    window_dimensions: list[int64] = EMPTY
    window_strides: list[int64] = EMPTY
    base_dilations: list[int64] = EMPTY
    window_dilations: list[int64] = EMPTY
    padding: list[int64] = EMPTY
    body_subgraph_index: int32 = 0


class StablehloSortOptions(Table):
    dimension: int64 = 0
    is_stable: bool = False
    comparator_subgraph_index: int32 = 0


class StablehloWhileOptions(Table):
    cond_subgraph_index: int32 = 0
    body_subgraph_index: int32 = 0


class StablehloGatherOptions(Table):
    offset_dims: list[int64] = EMPTY
    collapsed_slice_dims: list[int64] = EMPTY
    start_index_map: list[int64] = EMPTY
    index_vector_dim: int64 = 0
    slice_sizes: list[int64] = EMPTY
    indices_are_sorted: bool = False


class StablehloTransposeOptions(Table):
    permutation: list[int64] = EMPTY


class DilateOptions(Table): ...


class StablehloRngBitGeneratorOptions(Table):
    algorithm: RngAlgorithm = RngAlgorithm.DEFAULT


class ReduceWindowOptions(Table):
    reduce_function: ReduceWindowFunction = ReduceWindowFunction.UNSUPPORTED


class StableHLOCompositeOptions(Table):
    name: str = ""
    decomposition_subgraph_index: int32 = 0
    composite_attributes: Bytes = b""
    composite_attributes_format: CustomOptionsFormat = CustomOptionsFormat.FLEXBUFFERS
    version: int32 = 0


class StablehloShiftLeftOptions(Table): ...


class StablehloCaseOptions(Table):
    branch_subgraph_indices: list[int32] = EMPTY
