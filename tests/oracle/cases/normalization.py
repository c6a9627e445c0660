"""Batch normalization and moments."""

from tests.oracle.spec import case, f32, positive, program

IMAGE = f32(3, 4, 4, 2)

CASES = [
    case("nn.moments", f32(3, 4), [0], grad=True),
    case("nn.moments", IMAGE, [0, 1, 2], keepdims=True, grad=True),
    case("nn.batch_normalization", f32(4, 3), f32(3), positive(3), f32(3), f32(3), 1e-3, grad=True),
    case("nn.batch_normalization", f32(4, 3), f32(3), positive(3), None, None, 1e-3, grad=True),
    case(
        "raw_ops.FusedBatchNormV3",
        x=IMAGE,
        scale=positive(2),
        offset=f32(2),
        mean=f32(0),
        variance=f32(0),
        is_training=True,
        grad=["x", "scale", "offset"],
        rtol=1e-4,
        atol=1e-5,
    ),
    # TensorFlow leaves two of the six outputs uninitialised when not training.
    program(
        "batch-norm-inference",
        lambda tf, x, scale, offset, mean, variance: tf.compat.v1.nn.fused_batch_norm(
            x, scale, offset, mean, variance, is_training=False
        ),
        IMAGE,
        positive(2),
        f32(2),
        f32(2),
        positive(2),
        grad=[0, 1, 2],
        rtol=1e-4,
        atol=1e-5,
    ),
    case(
        "raw_ops.FusedBatchNormV3",
        x=IMAGE,
        scale=positive(2),
        offset=f32(2),
        mean=f32(2),
        variance=positive(2),
        is_training=True,
        exponential_avg_factor=0.3,
        rtol=1e-4,
        atol=1e-5,
    ),
]
