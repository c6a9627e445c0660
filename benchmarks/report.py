"""From measured rounds to a table: medians, spread, ratio to the best peer."""

import statistics
from dataclasses import dataclass, field
from typing import Any

from benchmarks.limits import operations

TITLES = {
    "import_seconds": "`import`, time",
    "import_memory": "`import`, peak memory",
    "first_result": "`import` and first `add`, time",
    "add": "eager `add`, 8x8 f32",
    "matmul": "eager `matmul`, 8x8 f32",
    "gradient": "tape gradient of `sum(v * v)`, 8x8",
    "compiled_call": "call of a small compiled function",
    "captures_1": "the same with 1 captured variable",
    "captures_20": "the same with 20 captured variables",
    "captures_100": "the same with 100 captured variables",
    "while_loop": "`while_loop` of 1000 iterations over 8 f32",
    "autograph_loop": "the same as a Python `for` over `tf.range`",
    "trace_mlp": "tracing a training step of a 50-layer MLP",
    "first_mlp": "its first result, in a new function",
    "trace_transformer": "tracing a training step of a 12-layer Transformer",
    "first_transformer": "its first result, in a new function",
    "retained_memory": "memory kept after 200 functions were made and dropped",
    "mlp_step": "MLP training step, 128x784-512-512-10, Adam",
    "input_slices": "input: 60,000x784 slices, shuffle, batch",
    "input_slices_memory": "the same, peak memory of the process",
    "input_map": "input: slices, numeric map with `one_hot`, batch",
    "input_map_memory": "the same, peak memory",
    "input_filter": "input: range of 60,000, filter, map, batch",
    "input_filter_memory": "the same, peak memory",
    "input_records": "input: 50,000 TFRecords, `parse_single_example`, batch",
    "input_records_memory": "the same, peak memory",
    "input_pictures": "input: 400 JPEG files, decode, resize, augment, batch",
    "input_pictures_memory": "the same, peak memory",
    "input_text": "input: 50,000 lines, batch, `TextVectorization`",
    "input_text_memory": "the same, peak memory",
    "input_interleave": "input: 1,000-way interleave of 60 elements each, batch",
    "input_interleave_memory": "the same, peak memory",
    "input_epochs_memory": "input: memory that 35 more epochs add",
    "model_save_resnet50": "ResNet50: saving a SavedModel",
    "model_save_resnet50_memory": "the same, peak memory",
    "model_load_resnet50": "ResNet50: loading a SavedModel",
    "model_load_resnet50_memory": "the same, peak memory",
    "model_predict_resnet50": "ResNet50: from loading to the first prediction",
    "model_predict_resnet50_memory": "the same, peak memory",
    "checkpoint_save_resnet50": "ResNet50: saving a checkpoint",
    "checkpoint_save_resnet50_memory": "the same, peak memory",
    "checkpoint_restore_resnet50": "ResNet50: restoring a checkpoint",
    "checkpoint_restore_resnet50_memory": "the same, peak memory",
    "model_save_1gb": "1 GB: saving a SavedModel",
    "model_save_1gb_memory": "the same, peak memory",
    "model_load_1gb": "1 GB: loading a SavedModel",
    "model_load_1gb_memory": "the same, peak memory",
    "model_predict_1gb": "1 GB: from loading to the first prediction",
    "model_predict_1gb_memory": "the same, peak memory",
    "checkpoint_save_1gb": "1 GB: saving a checkpoint",
    "checkpoint_save_1gb_memory": "the same, peak memory",
    "checkpoint_restore_1gb": "1 GB: restoring a checkpoint",
    "checkpoint_restore_1gb_memory": "the same, peak memory",
    **{
        f"keras_{model}_{part}": title.format(model=about)
        for model, about in {
            "mlp": "MLP 128x784-512-512-10",
            "cnn": "CNN of 3 convolutions, 64x32x32x3",
            "transformer": "Transformer of 2x128, 32x64 tokens",
            "lstm": "LSTM of 128 units, 32x64x32",
            "efficientnet": "EfficientNet-B0, 8x224x224x3",
        }.items()
        for part, title in {
            "step": "Keras {model}: training step",
            "first": "the same, from building to the first loss",
            "early": "the same, from building to the end of the 20th step",
            "memory": "the same, peak memory",
            "early_predict": "the same, the first 10 calls for inference of the batch",
            "predict": "the same, inference of the batch",
            "predict_one": "the same, inference of one row",
        }.items()
    },
    "keras_mlp_call_one": "Keras MLP: `model(x)` of one row",
    "keras_mlp_predict_call": "Keras MLP: `model.predict(x)` of one row",
    "keras_mlp_predict_ratio": "Keras MLP: `model.predict(x)` over `model(x)`",
    "workers_reduce_1kb": "all-reduce of 1 KB, two processes",
    "workers_reduce_1mb": "all-reduce of 1 MB, two processes",
    "workers_reduce_100mb": "all-reduce of 100 MB, two processes",
    "workers_cnn_step": "CNN of 3 convolutions, two processes: training step",
    "workers_transformer_step": "Transformer of 2x128, two processes: training step",
    "workers_start": "two workers: from their start to the first loss of an MLP",
    "coordinator_closure": "coordinator, two workers: a scheduled closure",
    "mirrored_ratio": "MLP step: `MirroredStrategy` of one device over none",
}
# One process each, so that its peak memory can be told: the figure of the row behind it.
PEAK_MEMORY = tuple(f"{case}_memory" for case in TITLES if f"{case}_memory" in TITLES)
INPUT = tuple(c for c in TITLES if c.startswith("input_") and c not in PEAK_MEMORY)
FILES = tuple(c for c in TITLES if c.startswith(("model_", "checkpoint_")) and c not in PEAK_MEMORY)
# Several processes each.
DISTRIBUTION = tuple(c for c in TITLES if c.startswith(("workers_", "coordinator_", "mirrored_")))
# One process for each model and mode.
KERAS = tuple(c for c in TITLES if c.startswith("keras_"))

# The row is about the compiled path, so Tidefall may not answer it with its host executor.
TIDEFALL_MODES = dict.fromkeys(
    ("compiled_call", "captures_1", "captures_20", "captures_100"), "jit_compile"
)
MEMORY = tuple(case for case in TITLES if case.endswith("_memory"))


@dataclass
class Results:
    """Every measurement of a run: case -> participant -> mode -> one value per round."""

    values: dict[str, dict[str, dict[str, list[float]]]] = field(default_factory=dict)
    versions: dict[str, dict[str, str]] = field(default_factory=dict)
    failures: dict[str, dict[str, str]] = field(default_factory=dict)
    unavailable: dict[str, dict[str, str]] = field(default_factory=dict)
    limits: list[dict[str, float]] = field(default_factory=list)
    """What the machine itself could do, in each round (limits.py)."""

    def add(self, case: str, who: str, mode: str, value: float) -> None:
        modes = self.values.setdefault(case, {}).setdefault(who, {})
        modes.setdefault(mode, []).append(value)

    def rounds(self) -> int:
        """How many rounds were measured."""
        modes = (m for case in self.values.values() for who in case.values() for m in who.values())
        return max(map(len, modes), default=0)

    def best(self, case: str, who: str) -> tuple[str, list[float]] | None:
        """The mode that counts for a participant, and its values."""
        modes = self.values.get(case, {}).get(who, {})
        if who == "tidefall" and case in TIDEFALL_MODES:
            modes = {m: v for m, v in modes.items() if m == TIDEFALL_MODES[case]}
        return min(modes.items(), key=lambda item: statistics.median(item[1]), default=None)

    def ratio(self, case: str, peers: list[str]) -> float | None:
        """Tidefall's median over the best peer's; below 1 Tidefall is faster or smaller."""
        ours = self.best(case, "tidefall")
        theirs = [statistics.median(found[1]) for who in peers if (found := self.best(case, who))]
        if ours is None or not theirs or min(theirs) == 0:
            return None
        return statistics.median(ours[1]) / min(theirs)

    def over_limit(self, case: str) -> float | None:
        """Tidefall's median over the least time the machine needs; None where that is unknown."""
        count, ours = operations(case), self.best(case, "tidefall")
        if count is None or ours is None or not self.limits:
            return None
        return statistics.median(ours[1]) * max(r["flops"] for r in self.limits) / count

    def as_json(self, machine: dict[str, Any]) -> dict[str, Any]:
        return {
            "machine": machine,
            "versions": self.versions,
            "cases": {
                case: {
                    who: {mode: summary(values) for mode, values in modes.items()}
                    for who, modes in participants.items()
                }
                for case, participants in self.values.items()
            },
            "limits": self.limits,
            "failures": self.failures,
            "unavailable": self.unavailable,
        }


def summary(values: list[float]) -> dict[str, Any]:
    """Median and range of the rounds, in seconds or bytes."""
    return {
        "median": statistics.median(values),
        "min": min(values),
        "max": max(values),
        "rounds": len(values),
    }


def quantity(value: float, case: str) -> str:
    """A value with three figures and its unit: bytes for memory, times for a ratio, else a time."""
    if case in MEMORY:
        return f"{value / 2**20:.3g} MB"
    if case.endswith("_ratio"):
        return f"{value:.3g}x"
    for factor, unit in ((1, "s"), (1e3, "ms"), (1e6, "us")):
        if value * factor >= 1 or unit == "us":
            return f"{value * factor:.3g} {unit}"
    raise AssertionError("unreachable")


def table(results: Results, participants: list[str]) -> str:
    """The Markdown table: a row per case, a column per participant."""
    peers = [who for who in participants if who != "tidefall"]
    head = ["", *participants, "ratio to best peer", "times the machine's limit"]
    rows = [head, ["---"] * len(head)]
    for case, title in TITLES.items():
        if case not in results.values and not any(case in f for f in results.failures.values()):
            continue
        ratio = results.ratio(case, peers)
        cells = [_cell(results, case, who) for who in participants]
        limit = results.over_limit(case)
        rows.append([title, *cells, *("-" if r is None else f"{r:.2f}" for r in (ratio, limit))])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


def _cell(results: Results, case: str, who: str) -> str:
    if case in results.failures.get(who, {}):
        return "failed"
    found = results.best(case, who)
    if found is None:
        return "-"
    mode, values = found
    low, high = quantity(min(values), case), quantity(max(values), case)
    label = "" if mode in ("eager", "import") else f", {mode}"
    return f"{quantity(statistics.median(values), case)} ({low}..{high}{label})"


def notes(results: Results) -> str:
    """What failed or could not run, one line each."""
    lines = []
    for verb, group in (("failed", results.failures), ("not run", results.unavailable)):
        for who, cases in group.items():
            lines += [f"- {who}, {case}: {verb}: {why}" for case, why in cases.items()]
    return "\n".join(lines) + ("\n" if lines else "")
