"""Extractors, evaluators and writers: the stages of an evaluation, those of one's own beside them.

What passes through are extracts, a dictionary for each batch of rows:

    features          arrays by column
    labels, predictions, example_weights
                      an array; of several outputs arrays by output; of several models these by name
    attributions      arrays by feature; of several outputs and models likewise

An array has one entry for each row, a list or text where columns have those. TensorFlow Model
Analysis's stages are transforms of Beam over extracts; here `ptransform` is a function of a batch's
extracts, an object with the methods of a `CombineFn`, and a function of the evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.engine import Evaluation
from tidefall.lifecycle.model_analysis.inputs import Inputs, values_of
from tidefall.lifecycle.model_analysis.rows import Rows
from tidefall.lifecycle.model_analysis.slice_values import SliceValues

ARROW_RECORD_BATCH_KEY, FEATURES_KEY = "arrow_record_batch", "features"
LABELS_KEY, PREDICTIONS_KEY = "labels", "predictions"
EXAMPLE_WEIGHTS_KEY, ATTRIBUTIONS_KEY = "example_weights", "attributions"
METRICS_KEY, PLOTS_KEY, VALIDATIONS_KEY = "metrics", "plots", "validations"
SLICES_KEY = "slices"
LAST_EXTRACTOR_STAGE_NAME = "<last-extractor>"
Extracts = dict[str, Any]
Found = dict[tuple[str, str], np.ndarray]


class Extractor(NamedTuple):
    """A step that adds to extracts, or changes them.

    Attributes:
        stage_name: what it is called.
        ptransform: a function from a batch's extracts to extracts.
    """

    stage_name: str
    ptransform: Callable[[Extracts], Extracts]


class Combiner(Protocol):
    """What adds extracts up, with the methods of Beam's `CombineFn`."""

    def create_accumulator(self) -> Any: ...
    def add_input(self, accumulator: Any, extracts: Any) -> Any: ...
    def extract_output(self, accumulator: Any) -> Mapping[str, Any]: ...


class Evaluator(NamedTuple):
    """What adds extracts up.

    Attributes:
        stage_name: what it is called.
        run_after: the extractor after which it sees extracts; `LAST_EXTRACTOR_STAGE_NAME` for the
            last one.
        ptransform: a `Combiner`, whose output are parts of the evaluation by key.
    """

    stage_name: str
    run_after: str
    ptransform: Combiner


class Writer(NamedTuple):
    """A step that takes the evaluation.

    Attributes:
        stage_name: what it is called.
        ptransform: a function of the evaluation: `metrics`, `plots` and `attributions`, each a list
            of pairs of a slice's key and values by key, `validations`, and what evaluators add.
    """

    stage_name: str
    ptransform: Callable[[dict[str, Any]], None]


class FeaturesExtraction:
    """Makes `features` of the batch."""

    def __call__(self, extracts: Extracts) -> Extracts:
        batch = extracts[ARROW_RECORD_BATCH_KEY]
        features = {name: values_of(batch, name) for name in batch.schema.names}
        return {**extracts, FEATURES_KEY: features}


class PredictionsExtraction:
    """Makes labels, predictions and weights of features and models; filled in by the run."""

    inputs_of: Callable[[Rows], Inputs]

    def __call__(self, extracts: Extracts) -> Extracts:
        inputs = self.inputs_of(Rows(batch_of(extracts)))
        names = inputs.batch.schema.names
        known = extracts.get(FEATURES_KEY, {})
        features = {n: known[n] if n in known else values_of(inputs.batch, n) for n in names}
        several = {
            LABELS_KEY: inputs.all_labels,
            PREDICTIONS_KEY: inputs.all_predictions,
            EXAMPLE_WEIGHTS_KEY: inputs.all_weights,
        }
        given = {key: _nested(found) for key, found in several.items() if found}
        # Features that were changed are in the batch now, and so are those that models made.
        return {**extracts, ARROW_RECORD_BATCH_KEY: inputs.batch, FEATURES_KEY: features, **given}


def default_extractors(eval_shared_model: Any = None, eval_config: Any = None) -> list[Extractor]:
    """Return the extractors of an evaluation: features of rows, then what models say of them.

    One of one's own goes before the second to change what models see, or after it to change labels,
    predictions, weights or slices, or to add attributions.

    Args:
        eval_shared_model: accepted; `run_model_analysis` says which.
        eval_config: accepted, likewise.

    >>> [one.stage_name for one in default_extractors()]
    ['ExtractFeatures', 'ExtractPredictions']
    """
    del eval_shared_model, eval_config
    return [
        Extractor("ExtractFeatures", FeaturesExtraction()),
        Extractor("ExtractPredictions", PredictionsExtraction()),
    ]


class MetricsEvaluation:
    """Metrics, plots, attributions and validations; filled in by the run."""

    create: Callable[[], Evaluation]
    end: Callable[[list[SliceValues]], dict[str, Any]]
    models: Sequence[str]

    def create_accumulator(self) -> Evaluation:
        return self.create()

    def add_input(self, accumulator: Evaluation, extracts: Extracts) -> Evaluation:
        accumulator.add(inputs_of_extracts(extracts, self.models))
        return accumulator

    def extract_output(self, accumulator: Evaluation) -> dict[str, Any]:
        return self.end(accumulator.values())


def default_evaluators(
    eval_shared_model: Any = None, eval_config: Any = None, **settings: Any
) -> list[Evaluator]:
    """Return the evaluators of an evaluation: one, of metrics, plots, attributions, validations.

    Args:
        eval_shared_model: accepted; `run_model_analysis` says which.
        eval_config: accepted, likewise.
        settings: accepted, as TensorFlow Model Analysis names them.
    """
    del eval_shared_model, eval_config, settings
    last = LAST_EXTRACTOR_STAGE_NAME
    return [Evaluator("EvaluateMetricsAndPlots", last, MetricsEvaluation())]


class ResultWriting:
    """Result files; filled in by the run."""

    write: Callable[[dict[str, Any]], None]

    def __call__(self, evaluation: dict[str, Any]) -> None:
        if SLICES_KEY in evaluation:
            self.write(evaluation)


def default_writers(
    output_path: str | None = None, eval_shared_model: Any = None, eval_config: Any = None,
    **settings: Any,
) -> list[Writer]:  # fmt: skip
    """Return the writers of an evaluation: one, of result files.

    Args:
        output_path: accepted; the `output_path` of the run says where.
        eval_shared_model: accepted, likewise.
        eval_config: accepted, likewise.
        settings: accepted, as TensorFlow Model Analysis names them.
    """
    del output_path, eval_shared_model, eval_config, settings
    return [Writer("WriteMetricsAndPlots", ResultWriting())]


def evaluation_of(values: list[SliceValues], validation: Any) -> dict[str, Any]:
    """Return an evaluation: values of slices by kind, and whether thresholds are kept."""
    return {
        METRICS_KEY: [(one.key, one.metrics) for one in values],
        PLOTS_KEY: [(one.key, one.plots) for one in values if one.plots],
        ATTRIBUTIONS_KEY: [(one.key, one.attributions) for one in values if one.attributions],
        VALIDATIONS_KEY: validation,
        SLICES_KEY: values,
    }


class Stages:
    """The stages of a run.

    Args:
        extractors: in their order; None for the default ones.
        evaluators: likewise.
        writers: likewise.

    Raises:
        TypeError: one is no stage, or not of this package's kind.
        ValueError: an evaluator runs after an extractor that is not there.
    """

    def __init__(self, extractors: Any = None, evaluators: Any = None, writers: Any = None):
        self._is_default = extractors is None and evaluators is None and writers is None
        self._extractors: list[Extractor] = _checked(
            default_extractors() if extractors is None else extractors, Extractor
        )
        self._evaluators: list[Evaluator] = _checked(
            default_evaluators() if evaluators is None else evaluators, Evaluator
        )
        self._writers: list[Writer] = _checked(
            default_writers() if writers is None else writers, Writer
        )
        names = {one.stage_name for one in self._extractors}
        for one in self._evaluators:
            if one.run_after not in {"", LAST_EXTRACTOR_STAGE_NAME, None, *names}:
                raise ValueError(
                    f"Extractor matching run_after={one.run_after} for Evaluator {one.stage_name} "
                    "not found"
                )

    @property
    def writes_files(self) -> bool:
        """Whether result files are written."""
        is_evaluated = any(isinstance(e.ptransform, MetricsEvaluation) for e in self._evaluators)
        return is_evaluated and any(isinstance(w.ptransform, ResultWriting) for w in self._writers)

    def run(
        self,
        batches: Iterable[Rows],
        inputs_of: Callable[[Rows], Inputs],
        create: Callable[[], Evaluation],
        end: Callable[[list[SliceValues]], dict[str, Any]],
        write: Callable[[dict[str, Any]], None],
        models: Sequence[str],
    ) -> None:
        """Run all of them.

        Args:
            batches: of rows.
            inputs_of: asks models and columns.
            create: makes an empty evaluation.
            end: makes its output of the values of slices.
            write: writes result files.
            models: their names.
        """
        if self._is_default:
            evaluation = create()
            for rows in batches:
                evaluation.add(inputs_of(rows))
            write(end(evaluation.values()))
            return
        for stage in (*self._extractors, *self._evaluators, *self._writers):
            part = stage.ptransform
            if isinstance(part, PredictionsExtraction):
                part.inputs_of = inputs_of
            elif isinstance(part, MetricsEvaluation):
                part.create, part.end, part.models = create, end, models
            elif isinstance(part, ResultWriting):
                part.write = write
        found: dict[str, Any] = {}
        for evaluator, accumulator in self._accumulated(batches):
            output = evaluator.ptransform.extract_output(accumulator)
            twice = found.keys() & output.keys()
            if twice:
                raise ValueError(f"several evaluators give {sorted(twice)}")
            found |= output
        for writer in self._writers:
            writer.ptransform(found)

    def _accumulated(self, batches: Iterable[Rows]) -> list[tuple[Evaluator, Any]]:
        sums = [one.ptransform.create_accumulator() for one in self._evaluators]
        last = self._extractors[-1].stage_name if self._extractors else ""
        for rows in batches:
            if not rows.batch.num_rows:
                continue
            extracts: Extracts = {ARROW_RECORD_BATCH_KEY: rows.batch}
            for extractor in self._extractors:
                extracts = extractor.ptransform(extracts)
                if not isinstance(extracts, dict):
                    raise TypeError(
                        f"extractor {extractor.stage_name} returned {type(extracts).__name__}, "
                        "expected a dictionary of extracts"
                    )
                name = extractor.stage_name
                for place, one in enumerate(self._evaluators):
                    wanted = one.run_after or LAST_EXTRACTOR_STAGE_NAME
                    if wanted == name or (wanted == LAST_EXTRACTOR_STAGE_NAME and name == last):
                        sums[place] = one.ptransform.add_input(sums[place], extracts)
        return list(zip(self._evaluators, sums, strict=True))


def _checked(stages: Iterable[Any], kind: Any) -> list[Any]:
    found = list(stages)
    for one in found:
        if not isinstance(one, kind):
            raise TypeError(f"expected {kind.__name__}s, received {type(one).__name__}")
        part = one.ptransform
        if kind is Evaluator:
            methods = ("create_accumulator", "add_input", "extract_output")
            is_right = all(callable(getattr(part, name, None)) for name in methods)
        else:
            is_right = callable(part)
        if not is_right:
            raise TypeError(
                f"{kind.__name__} {one.stage_name}: its ptransform is {type(part).__name__}; there "
                "is no Beam here, and it is a function, or for an evaluator an object with a "
                "CombineFn's methods"
            )
    return found


def batch_of(extracts: Extracts) -> Any:
    """Return the record batch of extracts, with the features that were added or changed.

    Raises:
        InvalidArgumentError: a feature has another number of values than there are rows.
    """
    import pyarrow as pa

    batch = extracts[ARROW_RECORD_BATCH_KEY]
    for name, values in extracts.get(FEATURES_KEY, {}).items():
        if len(values) != batch.num_rows:
            raise invalid(f"feature {name!r}: {len(values)} values of {batch.num_rows} rows")
        place = batch.schema.get_field_index(name)
        if place >= 0 and _is_same(values, values_of(batch, name)):
            continue
        column = pa.array(values if np.ndim(values) == 1 else list(np.asarray(values)))
        if place >= 0:
            batch = batch.set_column(place, name, column)
        else:
            batch = batch.append_column(name, column)
    return batch


def _is_same(values: Any, others: np.ndarray) -> bool:
    values = np.asarray(values)
    if values.shape != others.shape or values.dtype != others.dtype:
        return False
    return np.array_equal(values, others, equal_nan=values.dtype.kind == "f")


def inputs_of_extracts(extracts: Extracts, models: Sequence[str]) -> Inputs:
    """Return what metrics see of extracts.

    Args:
        extracts: of a batch.
        models: the names of models.
    """
    batch = batch_of(extracts)
    labels, predictions, weights = (
        _flat(extracts.get(key), models, batch.num_rows, key)
        for key in (LABELS_KEY, PREDICTIONS_KEY, EXAMPLE_WEIGHTS_KEY)
    )
    attributions = extracts.get(ATTRIBUTIONS_KEY)
    return Inputs(batch, labels, predictions, weights, attributions)


def _nested(found: Found) -> Any:
    """Arrays by model and output, without the levels that have one nameless entry."""
    models: dict[str, dict[str, np.ndarray]] = {}
    for (model, output), value in found.items():
        models.setdefault(model, {})[output] = value
    parts = {
        model: outputs[""] if list(outputs) == [""] else outputs
        for model, outputs in models.items()
    }
    return parts[""] if list(parts) == [""] else parts


def _flat(value: Any, models: Sequence[str], rows: int, key: str) -> Found:
    if value is None:
        return {}
    by_model = value if list(models) != [""] and isinstance(value, Mapping) else {"": value}
    found = {}
    for model, outputs in by_model.items():
        for output, array in (outputs if isinstance(outputs, Mapping) else {"": outputs}).items():
            array = np.asarray(array)
            if array.ndim == 0 or len(array) != rows:
                raise invalid(f"extracts: {key} of shape {array.shape}, of {rows} rows")
            found[model, output] = array
    return found
