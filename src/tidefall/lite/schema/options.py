"""Options of the builtin operators that have any, as the schema lists them."""

from __future__ import annotations

from tidefall.lite.schema.enums import (
    ActivationFunctionType,
    CombinerType,
    FullyConnectedOptionsWeightsFormat,
    LSHProjectionType,
    LSTMKernelType,
    MirrorPadMode,
    Padding,
    TensorType,
)
from tidefall.lite.schema.table import (
    EMPTY,
    Bytes,
    Table,
    float32,
    int32,
    int64,
    uint32,
)


class Conv2DOptions(Table):
    padding: Padding = Padding.SAME
    stride_w: int32 = 0
    stride_h: int32 = 0
    fused_activation_function: ActivationFunctionType = ActivationFunctionType.NONE
    dilation_w_factor: int32 = 1
    dilation_h_factor: int32 = 1
    quantized_bias_type: TensorType = TensorType.FLOAT32


class DepthwiseConv2DOptions(Table):
    padding: Padding = Padding.SAME
    stride_w: int32 = 0
    stride_h: int32 = 0
    depth_multiplier: int32 = 0
    fused_activation_function: ActivationFunctionType = ActivationFunctionType.NONE
    dilation_w_factor: int32 = 1
    dilation_h_factor: int32 = 1


class ConcatEmbeddingsOptions(Table):
    num_channels: int32 = 0
    num_columns_per_channel: list[int32] = EMPTY
    embedding_dim_per_channel: list[int32] = EMPTY


class LSHProjectionOptions(Table):
    type: LSHProjectionType = LSHProjectionType.UNKNOWN


class Pool2DOptions(Table):
    padding: Padding = Padding.SAME
    stride_w: int32 = 0
    stride_h: int32 = 0
    filter_width: int32 = 0
    filter_height: int32 = 0
    fused_activation_function: ActivationFunctionType = ActivationFunctionType.NONE


class SVDFOptions(Table):
    rank: int32 = 0
    fused_activation_function: ActivationFunctionType = ActivationFunctionType.NONE
    asymmetric_quantize_inputs: bool = False


class RNNOptions(Table):
    fused_activation_function: ActivationFunctionType = ActivationFunctionType.NONE
    asymmetric_quantize_inputs: bool = False


class FullyConnectedOptions(Table):
    fused_activation_function: ActivationFunctionType = ActivationFunctionType.NONE
    weights_format: FullyConnectedOptionsWeightsFormat = FullyConnectedOptionsWeightsFormat.DEFAULT
    keep_num_dims: bool = False
    asymmetric_quantize_inputs: bool = False
    quantized_bias_type: TensorType = TensorType.FLOAT32
    quant_spec: Bytes = b""


class SoftmaxOptions(Table):
    beta: float32 = 0.0


class ConcatenationOptions(Table):
    axis: int32 = 0
    fused_activation_function: ActivationFunctionType = ActivationFunctionType.NONE


class AddOptions(Table):
    fused_activation_function: ActivationFunctionType = ActivationFunctionType.NONE
    pot_scale_int16: bool = True


class L2NormOptions(Table):
    fused_activation_function: ActivationFunctionType = ActivationFunctionType.NONE


class LocalResponseNormalizationOptions(Table):
    radius: int32 = 0
    bias: float32 = 0.0
    alpha: float32 = 0.0
    beta: float32 = 0.0


class LSTMOptions(Table):
    fused_activation_function: ActivationFunctionType = ActivationFunctionType.NONE
    cell_clip: float32 = 0.0
    proj_clip: float32 = 0.0
    kernel_type: LSTMKernelType = LSTMKernelType.FULL
    asymmetric_quantize_inputs: bool = False


class ResizeBilinearOptions(Table, ids={"align_corners": 2}):
    align_corners: bool = False
    half_pixel_centers: bool = False


class CallOptions(Table):
    subgraph: uint32 = 0


class ReshapeOptions(Table):
    new_shape: list[int32] = EMPTY


class SkipGramOptions(Table):
    ngram_size: int32 = 0
    max_skip_size: int32 = 0
    include_all_ngrams: bool = False


class SpaceToDepthOptions(Table):
    block_size: int32 = 0


class EmbeddingLookupSparseOptions(Table):
    combiner: CombinerType = CombinerType.SUM


class MulOptions(Table):
    fused_activation_function: ActivationFunctionType = ActivationFunctionType.NONE


class GatherOptions(Table):
    axis: int32 = 0
    batch_dims: int32 = 0


class ReducerOptions(Table):
    keep_dims: bool = False


class SubOptions(Table):
    fused_activation_function: ActivationFunctionType = ActivationFunctionType.NONE
    pot_scale_int16: bool = True


class DivOptions(Table):
    fused_activation_function: ActivationFunctionType = ActivationFunctionType.NONE


class SqueezeOptions(Table):
    squeeze_dims: list[int32] = EMPTY


class SequenceRNNOptions(Table):
    time_major: bool = False
    fused_activation_function: ActivationFunctionType = ActivationFunctionType.NONE
    asymmetric_quantize_inputs: bool = False


class StridedSliceOptions(Table):
    begin_mask: int32 = 0
    end_mask: int32 = 0
    ellipsis_mask: int32 = 0
    new_axis_mask: int32 = 0
    shrink_axis_mask: int32 = 0
    offset: bool = False


class SplitOptions(Table):
    num_splits: int32 = 0


class CastOptions(Table):
    in_data_type: TensorType = TensorType.FLOAT32
    out_data_type: TensorType = TensorType.FLOAT32


class ArgMaxOptions(Table):
    output_type: TensorType = TensorType.FLOAT32


class TransposeConvOptions(Table):
    padding: Padding = Padding.SAME
    stride_w: int32 = 0
    stride_h: int32 = 0
    fused_activation_function: ActivationFunctionType = ActivationFunctionType.NONE
    quantized_bias_type: TensorType = TensorType.FLOAT32


class SparseToDenseOptions(Table):
    validate_indices: bool = False


class ShapeOptions(Table):
    out_type: TensorType = TensorType.FLOAT32


class ArgMinOptions(Table):
    output_type: TensorType = TensorType.FLOAT32


class FakeQuantOptions(Table):
    min: float32 = 0.0
    max: float32 = 0.0
    num_bits: int32 = 0
    narrow_range: bool = False


class PackOptions(Table):
    values_count: int32 = 0
    axis: int32 = 0


class OneHotOptions(Table):
    axis: int32 = 0


class UnpackOptions(Table):
    num: int32 = 0
    axis: int32 = 0


class BidirectionalSequenceLSTMOptions(Table):
    fused_activation_function: ActivationFunctionType = ActivationFunctionType.NONE
    cell_clip: float32 = 0.0
    proj_clip: float32 = 0.0
    merge_outputs: bool = False
    time_major: bool = True
    asymmetric_quantize_inputs: bool = False


class BidirectionalSequenceRNNOptions(Table):
    time_major: bool = False
    fused_activation_function: ActivationFunctionType = ActivationFunctionType.NONE
    merge_outputs: bool = False
    asymmetric_quantize_inputs: bool = False


class UnidirectionalSequenceLSTMOptions(Table):
    fused_activation_function: ActivationFunctionType = ActivationFunctionType.NONE
    cell_clip: float32 = 0.0
    proj_clip: float32 = 0.0
    time_major: bool = False
    asymmetric_quantize_inputs: bool = False
    diagonal_recurrent_tensors: bool = False


class ResizeNearestNeighborOptions(Table):
    align_corners: bool = False
    half_pixel_centers: bool = False


class LeakyReluOptions(Table):
    alpha: float32 = 0.0


class MirrorPadOptions(Table):
    mode: MirrorPadMode = MirrorPadMode.REFLECT


class SplitVOptions(Table):
    num_splits: int32 = 0


class UniqueOptions(Table):
    idx_out_type: TensorType = TensorType.INT32


class ReverseSequenceOptions(Table):
    seq_dim: int32 = 0
    batch_dim: int32 = 0


class IfOptions(Table):
    then_subgraph_index: int32 = 0
    else_subgraph_index: int32 = 0


class WhileOptions(Table):
    cond_subgraph_index: int32 = 0
    body_subgraph_index: int32 = 0


class DepthToSpaceOptions(Table):
    block_size: int32 = 0


class BatchMatMulOptions(Table):
    adj_x: bool = False
    adj_y: bool = False
    asymmetric_quantize_inputs: bool = False


class CumsumOptions(Table):
    exclusive: bool = False
    reverse: bool = False


class CallOnceOptions(Table):
    init_subgraph_index: int32 = 0


class Conv3DOptions(Table):
    padding: Padding = Padding.SAME
    stride_d: int32 = 0
    stride_w: int32 = 0
    stride_h: int32 = 0
    fused_activation_function: ActivationFunctionType = ActivationFunctionType.NONE
    dilation_d_factor: int32 = 1
    dilation_w_factor: int32 = 1
    dilation_h_factor: int32 = 1


class HashtableOptions(Table):
    table_id: int32 = 0
    key_dtype: TensorType = TensorType.FLOAT32
    value_dtype: TensorType = TensorType.FLOAT32


class VarHandleOptions(Table):
    container: str = ""
    shared_name: str = ""


class RandomOptions(Table):
    seed: int64 = 0
    seed2: int64 = 0


class BucketizeOptions(Table):
    boundaries: list[float32] = EMPTY


class GeluOptions(Table):
    approximate: bool = False
