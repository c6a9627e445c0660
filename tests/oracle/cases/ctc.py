"""Connectionist temporal classification: losses, decoders, labels."""

from tests.oracle.spec import case, f32, f64, ints, program, raises, tensor

LABELS = tensor([[1, 2, 0], [2, 2, 1], [3, 0, 0]])
COUNTS = tensor([2, 3, 1])
STEPS = tensor([6, 5, 3])
INDICES = tensor([[0, 0], [0, 1], [1, 0], [1, 1], [2, 0]], "int64")
VALUES = tensor([1, 2, 2, 2, 0])
LOOSE = {"rtol": 1e-4, "atol": 1e-4}
ON_HOST = ("eager", "host")
RAW = {"labels_indices": INDICES, "labels_values": VALUES, "sequence_length": STEPS}


def _sparse(tf, labels):
    return tf.sparse.from_dense(labels)


CASES = [
    case("nn.ctc_loss", LABELS, f32(6, 3, 4), COUNTS, STEPS, grad=[1], **LOOSE),
    case("nn.ctc_loss", LABELS, f32(6, 3, 5), COUNTS, STEPS, blank_index=-1, grad=[1], **LOOSE),
    case("nn.ctc_loss", LABELS, f32(6, 3, 5), COUNTS, STEPS, blank_index=4, **LOOSE),
    case("nn.ctc_loss", LABELS, f32(3, 6, 4), COUNTS, STEPS, logits_time_major=False, **LOOSE),
    case("nn.ctc_loss", LABELS, f32(4, 3, 4), tensor([0, 2, 1]), tensor([4, 9, 4]), **LOOSE),
    case("nn.ctc_loss", LABELS, f32(4, 3, 4), COUNTS, tensor([1, 2, 4]), rtol=1e-2),
    program(
        "ctc-loss-with-unique",
        lambda tf, labels, logits, counts, steps: tf.nn.ctc_loss(
            labels, logits, counts, steps, unique=tf.nn.ctc_unique_labels(labels)
        ),
        LABELS,
        f32(6, 3, 4),
        COUNTS,
        STEPS,
        **LOOSE,
    ),
    program(
        "ctc-loss-sparse",
        lambda tf, labels, logits, steps: tf.nn.ctc_loss(
            _sparse(tf, labels), logits, None, steps, blank_index=0
        ),
        LABELS,
        f32(6, 3, 4),
        STEPS,
        grad=[1],
        executors=ON_HOST,
        **LOOSE,
    ),
    case("raw_ops.CTCLoss", inputs=f32(6, 3, 4), **RAW, executors=ON_HOST, **LOOSE),
    case("raw_ops.CTCLoss", inputs=f64(6, 3, 4), **RAW, executors=ON_HOST, rtol=1e-6),
    case(
        "raw_ops.CTCLoss",
        inputs=f32(6, 3, 4),
        **RAW,
        ctc_merge_repeated=False,
        executors=ON_HOST,
        **LOOSE,
    ),
    case(
        "raw_ops.CTCLoss",
        inputs=f32(6, 3, 4),
        **RAW,
        preprocess_collapse_repeated=True,
        executors=ON_HOST,
        **LOOSE,
    ),
    case(
        "raw_ops.CTCLoss",
        inputs=f32(6, 3, 4),
        **{**RAW, "sequence_length": tensor([1, 4, 3])},
        ignore_longer_outputs_than_inputs=True,
        executors=ON_HOST,
        **LOOSE,
    ),
    raises("raw_ops.CTCLoss", inputs=f32(6, 3, 4), **{**RAW, "sequence_length": tensor([1, 4, 3])}),
    raises("raw_ops.CTCLoss", inputs=f32(5, 3, 4), **RAW),
    raises("raw_ops.CTCLoss", inputs=f32(6, 2, 4), **RAW),
    case("nn.ctc_unique_labels", LABELS),
    case("nn.ctc_unique_labels", ints(3, 7, low=0, high=4)),
    case("nn.collapse_repeated", LABELS, COUNTS, executors=ON_HOST, shapes="compatible"),
    case(
        "nn.collapse_repeated",
        ints(3, 9, low=0, high=3),
        tensor([9, 4, 6]),
        executors=ON_HOST,
        shapes="compatible",
    ),
    *[
        case("nn.ctc_greedy_decoder", logits, STEPS, executors=ON_HOST, **options, **LOOSE)
        for logits in (f32(6, 3, 4), f64(7, 3, 3))
        for options in ({}, {"merge_repeated": False}, {"blank_index": 0}, {"blank_index": -2})
    ],
    raises("nn.ctc_greedy_decoder", f32(4, 3, 4), STEPS, match="more than the 4 steps"),
    raises("nn.ctc_greedy_decoder", f32(6, 2, 4), STEPS),
    *[
        case("nn.ctc_beam_search_decoder", logits, STEPS, width, paths, executors=ON_HOST, **LOOSE)
        for logits in (f32(6, 3, 4), f64(7, 3, 3))
        for width, paths in ((1, 1), (4, 2), (100, 1), (100, 3))
    ],
    case(
        "raw_ops.CTCBeamSearchDecoder",
        inputs=f32(6, 3, 4),
        sequence_length=STEPS,
        beam_width=20,
        top_paths=2,
        merge_repeated=True,
        executors=ON_HOST,
        **LOOSE,
    ),
    raises("nn.ctc_beam_search_decoder", f32(6, 3, 4), STEPS, 1, 2, match="more than the beam"),
]
