"""Options without fields, and the two unions that number all kinds of options."""

from __future__ import annotations

from typing import Annotated

from tidefall.lite.schema.options import (
    AddOptions,
    ArgMaxOptions,
    ArgMinOptions,
    BatchMatMulOptions,
    BidirectionalSequenceLSTMOptions,
    BidirectionalSequenceRNNOptions,
    BucketizeOptions,
    CallOnceOptions,
    CallOptions,
    CastOptions,
    ConcatEmbeddingsOptions,
    ConcatenationOptions,
    Conv2DOptions,
    Conv3DOptions,
    CumsumOptions,
    DepthToSpaceOptions,
    DepthwiseConv2DOptions,
    DivOptions,
    EmbeddingLookupSparseOptions,
    FakeQuantOptions,
    FullyConnectedOptions,
    GatherOptions,
    GeluOptions,
    HashtableOptions,
    IfOptions,
    L2NormOptions,
    LeakyReluOptions,
    LocalResponseNormalizationOptions,
    LSHProjectionOptions,
    LSTMOptions,
    MirrorPadOptions,
    MulOptions,
    OneHotOptions,
    PackOptions,
    Pool2DOptions,
    RandomOptions,
    ReducerOptions,
    ReshapeOptions,
    ResizeBilinearOptions,
    ResizeNearestNeighborOptions,
    ReverseSequenceOptions,
    RNNOptions,
    SequenceRNNOptions,
    ShapeOptions,
    SkipGramOptions,
    SoftmaxOptions,
    SpaceToDepthOptions,
    SparseToDenseOptions,
    SplitOptions,
    SplitVOptions,
    SqueezeOptions,
    StridedSliceOptions,
    SubOptions,
    SVDFOptions,
    TransposeConvOptions,
    UnidirectionalSequenceLSTMOptions,
    UniqueOptions,
    UnpackOptions,
    VarHandleOptions,
    WhileOptions,
)
from tidefall.lite.schema.stablehlo_options import (
    DilateOptions,
    ReduceWindowOptions,
    StablehloBroadcastInDimOptions,
    StablehloCaseOptions,
    StablehloCompareOptions,
    StableHLOCompositeOptions,
    StablehloConcatenateOptions,
    StablehloConvolutionOptions,
    StablehloCustomCallOptions,
    StablehloDotGeneralOptions,
    StablehloDynamicSliceOptions,
    StablehloGatherOptions,
    StablehloIotaOptions,
    StablehloPadOptions,
    StablehloReduceOptions,
    StablehloReduceWindowOptions,
    StablehloRngBitGeneratorOptions,
    StablehloScatterOptions,
    StablehloShiftLeftOptions,
    StablehloSliceOptions,
    StablehloSortOptions,
    StablehloTransposeOptions,
    StablehloWhileOptions,
)
from tidefall.lite.schema.table import (
    Table,
    UnionOf,
)


class PadOptions(Table): ...


class BatchToSpaceNDOptions(Table): ...


class SpaceToBatchNDOptions(Table): ...


class TransposeOptions(Table): ...


class ExpOptions(Table): ...


class TopKV2Options(Table): ...


class LogSoftmaxOptions(Table): ...


class DequantizeOptions(Table): ...


class MaximumMinimumOptions(Table): ...


class LessOptions(Table): ...


class NegOptions(Table): ...


class PadV2Options(Table): ...


class GreaterOptions(Table): ...


class GreaterEqualOptions(Table): ...


class LessEqualOptions(Table): ...


class SelectOptions(Table): ...


class SliceOptions(Table): ...


class TileOptions(Table): ...


class ExpandDimsOptions(Table): ...


class EqualOptions(Table): ...


class NotEqualOptions(Table): ...


class PowOptions(Table): ...


class LogicalOrOptions(Table): ...


class LogicalAndOptions(Table): ...


class LogicalNotOptions(Table): ...


class FloorDivOptions(Table): ...


class SquareOptions(Table): ...


class ZerosLikeOptions(Table): ...


class FillOptions(Table): ...


class FloorModOptions(Table): ...


class RangeOptions(Table): ...


class SquaredDifferenceOptions(Table): ...


class AbsOptions(Table): ...


class ReverseV2Options(Table): ...


class AddNOptions(Table): ...


class GatherNdOptions(Table): ...


class CosOptions(Table): ...


class WhereOptions(Table): ...


class RankOptions(Table): ...


class MatrixDiagOptions(Table): ...


class QuantizeOptions(Table): ...


class MatrixSetDiagOptions(Table): ...


class HardSwishOptions(Table): ...


class NonMaxSuppressionV4Options(Table): ...


class NonMaxSuppressionV5Options(Table): ...


class ScatterNdOptions(Table): ...


class SelectV2Options(Table): ...


class DensifyOptions(Table): ...


class SegmentSumOptions(Table): ...


class BroadcastToOptions(Table): ...


class Rfft2dOptions(Table): ...


class HashtableFindOptions(Table): ...


class HashtableImportOptions(Table): ...


class HashtableSizeOptions(Table): ...


class ReadVariableOptions(Table): ...


class AssignVariableOptions(Table): ...


class DynamicUpdateSliceOptions(Table): ...


class UnsortedSegmentProdOptions(Table): ...


class UnsortedSegmentMaxOptions(Table): ...


class UnsortedSegmentMinOptions(Table): ...


class UnsortedSegmentSumOptions(Table): ...


class ATan2Options(Table): ...


class SignOptions(Table): ...


class BitcastOptions(Table): ...


class BitwiseXorOptions(Table): ...


class RightShiftOptions(Table): ...


BuiltinOptions = Annotated[
    Table | None,
    UnionOf(
        Conv2DOptions,
        DepthwiseConv2DOptions,
        ConcatEmbeddingsOptions,
        LSHProjectionOptions,
        Pool2DOptions,
        SVDFOptions,
        RNNOptions,
        FullyConnectedOptions,
        SoftmaxOptions,
        ConcatenationOptions,
        AddOptions,
        L2NormOptions,
        LocalResponseNormalizationOptions,
        LSTMOptions,
        ResizeBilinearOptions,
        CallOptions,
        ReshapeOptions,
        SkipGramOptions,
        SpaceToDepthOptions,
        EmbeddingLookupSparseOptions,
        MulOptions,
        PadOptions,
        GatherOptions,
        BatchToSpaceNDOptions,
        SpaceToBatchNDOptions,
        TransposeOptions,
        ReducerOptions,
        SubOptions,
        DivOptions,
        SqueezeOptions,
        SequenceRNNOptions,
        StridedSliceOptions,
        ExpOptions,
        TopKV2Options,
        SplitOptions,
        LogSoftmaxOptions,
        CastOptions,
        DequantizeOptions,
        MaximumMinimumOptions,
        ArgMaxOptions,
        LessOptions,
        NegOptions,
        PadV2Options,
        GreaterOptions,
        GreaterEqualOptions,
        LessEqualOptions,
        SelectOptions,
        SliceOptions,
        TransposeConvOptions,
        SparseToDenseOptions,
        TileOptions,
        ExpandDimsOptions,
        EqualOptions,
        NotEqualOptions,
        ShapeOptions,
        PowOptions,
        ArgMinOptions,
        FakeQuantOptions,
        PackOptions,
        LogicalOrOptions,
        OneHotOptions,
        LogicalAndOptions,
        LogicalNotOptions,
        UnpackOptions,
        FloorDivOptions,
        SquareOptions,
        ZerosLikeOptions,
        FillOptions,
        BidirectionalSequenceLSTMOptions,
        BidirectionalSequenceRNNOptions,
        UnidirectionalSequenceLSTMOptions,
        FloorModOptions,
        RangeOptions,
        ResizeNearestNeighborOptions,
        LeakyReluOptions,
        SquaredDifferenceOptions,
        MirrorPadOptions,
        AbsOptions,
        SplitVOptions,
        UniqueOptions,
        ReverseV2Options,
        AddNOptions,
        GatherNdOptions,
        CosOptions,
        WhereOptions,
        RankOptions,
        ReverseSequenceOptions,
        MatrixDiagOptions,
        QuantizeOptions,
        MatrixSetDiagOptions,
        HardSwishOptions,
        IfOptions,
        WhileOptions,
        DepthToSpaceOptions,
        NonMaxSuppressionV4Options,
        NonMaxSuppressionV5Options,
        ScatterNdOptions,
        SelectV2Options,
        DensifyOptions,
        SegmentSumOptions,
        BatchMatMulOptions,
        CumsumOptions,
        CallOnceOptions,
        BroadcastToOptions,
        Rfft2dOptions,
        Conv3DOptions,
        HashtableOptions,
        HashtableFindOptions,
        HashtableImportOptions,
        HashtableSizeOptions,
        VarHandleOptions,
        ReadVariableOptions,
        AssignVariableOptions,
        RandomOptions,
        BucketizeOptions,
        GeluOptions,
        DynamicUpdateSliceOptions,
        UnsortedSegmentProdOptions,
        UnsortedSegmentMaxOptions,
        UnsortedSegmentMinOptions,
        UnsortedSegmentSumOptions,
        ATan2Options,
        SignOptions,
        BitcastOptions,
        BitwiseXorOptions,
        RightShiftOptions,
    ),
]
"""Options of an operator; the number of each kind is its place here, from 1."""

BuiltinOptions2 = Annotated[
    Table | None,
    UnionOf(
        StablehloConcatenateOptions,
        StablehloBroadcastInDimOptions,
        StablehloSliceOptions,
        StablehloConvolutionOptions,
        StablehloCustomCallOptions,
        StablehloReduceOptions,
        StablehloScatterOptions,
        StablehloCompareOptions,
        StablehloDynamicSliceOptions,
        StablehloPadOptions,
        StablehloIotaOptions,
        StablehloDotGeneralOptions,
        StablehloReduceWindowOptions,
        StablehloSortOptions,
        StablehloWhileOptions,
        StablehloGatherOptions,
        StablehloTransposeOptions,
        DilateOptions,
        StablehloRngBitGeneratorOptions,
        ReduceWindowOptions,
        StableHLOCompositeOptions,
        StablehloShiftLeftOptions,
        StablehloCaseOptions,
    ),
]
"""Options of operators for which the first union has no number left."""
