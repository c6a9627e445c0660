"""Losses scaled for replicas."""

from tests.oracle.spec import case, f32, ints, raises, values

CASES = [
    case("nn.compute_average_loss", f32(3), grad=True),
    case("nn.compute_average_loss", f32(2, 3), f32(2), grad=[0]),
    case("nn.compute_average_loss", f32(2), f32(2, 1)),
    case("nn.compute_average_loss", f32(3), f32(3), global_batch_size=7, grad=[0]),
    case("nn.compute_average_loss", ints(4)),
    case("nn.compute_average_loss", values(4, dtype="float16"), rtol=2e-2),
    case("nn.compute_average_loss", f32(0)),
    raises("nn.compute_average_loss", f32()),
    raises("nn.compute_average_loss", f32(2), global_batch_size=2.5),
    raises("nn.compute_average_loss", f32(2), global_batch_size=[2]),
    raises("nn.compute_average_loss", f32(2), global_batch_size=-1),
    case("nn.scale_regularization_loss", f32(2, 3), grad=True),
    case("nn.scale_regularization_loss", ints(3)),
    case("nn.scale_regularization_loss", f32()),
]
