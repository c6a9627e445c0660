"""`tidefall evaluate`: metrics of models by slice, comparisons and thresholds from a terminal."""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

from tidefall.base.command_line import exit_status
from tidefall.base.errors import OpError

OK, BROKEN, USAGE = 0, 1, 2
"""Exit statuses: fine; a threshold is not kept; something could not be done."""

_RULE = re.compile(r"^\s*(\w+)\s*(>=|<=)\s*([-+.\deE]+)\s*$")
_RULE_HELP = "as in 'auc >= 0.8'; may be given again"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    flags = _parser().parse_args(arguments)
    expected = (OpError, ValueError, TypeError, ImportError, OSError)
    return exit_status("evaluate", lambda: flags.run(flags), USAGE, expected)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tidefall evaluate",
        description="Metrics of models over slices of data, and whether they keep thresholds.",
        epilog="exit status: 0 fine, 1 a threshold is not kept, 2 something could not be done",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    made = commands.add_parser("run", help="evaluate a model, or two on the same rows")
    made.set_defaults(run=_run)
    made.add_argument("data", nargs="+", help="TFRecord files of Examples, CSV or Parquet files")
    made.add_argument("--format", default="", choices=("", "csv", "parquet", "tfrecords"))
    made.add_argument("--model", help="a SavedModel or a .keras file; none if the data predict")
    made.add_argument("--baseline", help="the model that changes are measured from")
    made.add_argument("--config", help="an EvalConfig, as text or JSON, in place of what follows")
    made.add_argument("--label", help="the feature that holds labels")
    made.add_argument("--prediction", help="the feature, or output, that holds predictions")
    made.add_argument("--weight", help="the feature that holds weights")
    made.add_argument("--signature", default="", help="of the model; serving_default by default")
    made.add_argument("--preprocess", action="append", default=[], metavar="SIGNATURE")
    made.add_argument("--metric", action="append", default=[], metavar="CLASS", help="such as AUC")
    made.add_argument(
        "--slice", action="append", default=[], metavar="FEATURES", help="one, or several as a,b"
    )
    made.add_argument("--require", action="append", default=[], metavar="RULE", help=_RULE_HELP)
    made.add_argument(
        "--change", action="append", default=[], metavar="RULE",
        help="of the difference from the baseline, as in 'auc >= -0.01'",
    )  # fmt: skip
    made.add_argument("--output", metavar="FOLDER", help="keep the result files here")
    made.add_argument("--quiet", action="store_true", help="no progress bar")
    _shown_flags(made)

    shown = commands.add_parser("show", help="show what an evaluation came to")
    shown.set_defaults(run=_show)
    shown.add_argument("folder", help="of result files")
    _shown_flags(shown)
    return parser


def _shown_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--sort", metavar="METRIC", help="slices by this metric, lowest first")
    parser.add_argument("--limit", type=int, default=50, help="slices that are shown (%(default)s)")


# --- what is asked for ----------------------------------------------------------------------------


def _config(flags: Any) -> Any:
    from google.protobuf import json_format, text_format

    from tidefall.proto import evaluation

    asked = (flags.label, flags.prediction, flags.weight, flags.metric, flags.slice, flags.require)
    if not flags.config:
        return _config_of_flags(flags)
    if any(asked) or flags.change or flags.signature or flags.preprocess:
        raise ValueError("--config says it all: leave the flags about labels, metrics, slices out")
    with open(flags.config, encoding="utf-8") as file:
        text = file.read()
    try:
        if not text.lstrip().startswith("{"):
            return text_format.Parse(text, evaluation.EvalConfig())
        said = json.loads(text)
        # `eval_config.json` of result files holds the configuration in a message about the run.
        return json_format.ParseDict(said.get("evalConfig", said), evaluation.EvalConfig())
    except (json_format.ParseError, text_format.ParseError, ValueError) as error:
        raise ValueError(f"{flags.config} is no EvalConfig: {error}") from None


def _config_of_flags(flags: Any) -> Any:
    from tidefall.proto import evaluation

    if not flags.label or not (flags.metric or flags.require or flags.change):
        raise ValueError("say --label and --metric, or --config")
    if not flags.model and not flags.prediction:
        raise ValueError("say --model, or --prediction where the data hold predictions")
    if flags.change and not flags.baseline:
        raise ValueError("--change needs --baseline")
    metrics = evaluation.MetricsSpec(
        metrics=[evaluation.MetricConfig(class_name=name) for name in flags.metric]
    )
    for text in flags.require:
        name, sign, value = _rule(text)
        bounds = metrics.thresholds[name].value_threshold
        (bounds.lower_bound if sign == ">=" else bounds.upper_bound).value = value
    for text in flags.change:
        name, sign, value = _rule(text)
        change = metrics.thresholds[name].change_threshold
        change.absolute.value = value
        change.direction = evaluation.MetricDirection.Value(
            "HIGHER_IS_BETTER" if sign == ">=" else "LOWER_IS_BETTER"
        )
    spec = evaluation.ModelSpec(
        label_key=flags.label,
        prediction_key=flags.prediction or "",
        example_weight_key=flags.weight or "",
        signature_name=flags.signature,
        preprocessing_function_names=flags.preprocess,
    )
    slices = [evaluation.SlicingSpec()]
    slices += [evaluation.SlicingSpec(feature_keys=names.split(",")) for names in flags.slice]
    return evaluation.EvalConfig(model_specs=[spec], metrics_specs=[metrics], slicing_specs=slices)


def _rule(text: str) -> tuple[str, str, float]:
    found = _RULE.match(text)
    if found is None:
        raise ValueError(f"rule {text!r}: expected NAME >= VALUE or NAME <= VALUE")
    return found[1], found[2], float(found[3])


# --- commands -------------------------------------------------------------------------------------


def _run(flags: Any) -> int:
    from tidefall.lifecycle import model_analysis as tfma
    from tidefall.lifecycle.data_validation.progress import Bar

    config = _config(flags)
    complete = tfma.update_eval_config_with_defaults(
        config, has_baseline=bool(flags.baseline) or None, rubber_stamp=True
    )
    paths = {False: flags.model, True: flags.baseline}
    models = [
        tfma.default_eval_shared_model(
            path, model_name=spec.name, eval_config=complete, rubber_stamp=not flags.baseline
        )
        for spec in complete.model_specs
        if (path := paths[spec.is_baseline])
    ]
    bar = None if flags.quiet or flags.json or not sys.stderr.isatty() else Bar()
    with tempfile.TemporaryDirectory() as temporary:
        folder = flags.output or temporary
        tfma.run_model_analysis(
            models or None, config, flags.data, flags.format, folder, progress=bar
        )
        if bar is not None:
            bar.end()
        return _tell(flags, folder)


def _show(flags: Any) -> int:
    return _tell(flags, flags.folder)


def _tell(flags: Any, folder: str) -> int:
    from tidefall.lifecycle import model_analysis as tfma

    rows = _rows(folder)
    if not rows:
        raise ValueError(f"{folder} holds no metrics")
    validation = tfma.load_validation_result(folder)
    failures = tfma.validation_failures(validation)
    kept = None if validation is None else validation.validation_ok
    names = list(dict.fromkeys(name for values in rows.values() for name in values))
    if flags.sort and flags.sort not in names:
        raise ValueError(f"--sort {flags.sort!r}: metrics are {names}")
    if flags.json:
        said = {
            "slices": {one: dict(values) for one, values in rows.items()},
            "validation_ok": kept,
            "failures": [failure._asdict() for failure in failures],
        }
        print(json.dumps(said, indent=1))
    else:
        _print(flags, rows, names, kept, failures)
    return BROKEN if kept is False else OK


def _rows(folder: str) -> dict[str, dict[str, Any]]:
    """Numbers, and errors, by slice and metric."""
    from tidefall.lifecycle import model_analysis as tfma
    from tidefall.lifecycle.model_analysis.results import slice_of
    from tidefall.lifecycle.model_analysis.slicing import slice_name

    found: dict[str, dict[str, Any]] = {}
    for message in tfma.load_metrics(folder):
        values = found.setdefault(slice_name(slice_of(message)), {})
        for pair in message.metric_keys_and_values:
            if pair.key.name == "__ERROR__":
                values["error"] = pair.value.debug_message
            elif pair.value.HasField("double_value"):
                values[str(tfma.MetricKey.from_proto(pair.key))] = pair.value.double_value.value
    return found


def _print(
    flags: Any, rows: Mapping[str, Mapping[str, Any]], names: list[str], kept: bool | None,
    failures: Sequence[Any],
) -> None:  # fmt: skip
    from tidefall.lifecycle.metadata.tables import table

    order = list(rows)
    if flags.sort:
        order.sort(key=lambda one: rows[one].get(flags.sort, float("inf")))
    cells = [[one, *(_cell(rows[one].get(name, "")) for name in names)] for one in order]
    print(table(("slice", *names), cells[: flags.limit]))
    if len(cells) > flags.limit:
        print(f"and {len(cells) - flags.limit:,} more; --limit shows more, --sort the lowest first")
    if kept is None:
        return
    print(f"\nthresholds: {'kept' if kept else 'not kept'}")
    if failures:
        print(table(("slice", "metric", ""), failures))


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"
