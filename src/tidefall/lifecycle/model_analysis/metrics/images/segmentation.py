"""Metrics of images whose pixels are classes: how many pixels of a class are right and wrong."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.inputs import Inputs, output_or_column
from tidefall.lifecycle.model_analysis.keys import SubKey
from tidefall.lifecycle.model_analysis.metrics.base import Context, Derived, Metric
from tidefall.lifecycle.model_analysis.metrics.matrices import Matrices
from tidefall.lifecycle.model_analysis.statistics import Sums, Terms, selected


class SegmentationMetric(Metric, is_base=True):
    """A metric of pixels, one value for each class.

    Args:
        class_ids: the classes.
        ground_truth_key: the column of labels: an image for each row.
        prediction_key: the output or column of predictions.
        decode_ground_truth: whether labels are bytes of image files, whose pixels are classes, as
            in PNG files; else they are arrays or lists of class ids.
        decode_prediction: whether predictions are.
        ignore_ground_truth_id: pixels with this label do not count as wrong or rightly left out.
        name: of the value.
    """

    def __init__(
        self,
        class_ids: Sequence[int],
        ground_truth_key: str,
        prediction_key: str,
        decode_ground_truth: bool = True,
        decode_prediction: bool = False,
        ignore_ground_truth_id: int | None = None,
        name: str | None = None,
    ):
        super().__init__(
            name, class_ids=list(class_ids), ground_truth_key=ground_truth_key,
            prediction_key=prediction_key, decode_ground_truth=decode_ground_truth,
            decode_prediction=decode_prediction, ignore_ground_truth_id=ignore_ground_truth_id,
        )  # fmt: skip
        self._classes, self._ignored = tuple(class_ids), ignore_ground_truth_id
        self._label = (ground_truth_key, decode_ground_truth)
        self._prediction = (prediction_key, decode_prediction)

    def derive(self, context: Context) -> Sequence[Derived]:
        """One value for each class."""
        if context.sub_key is not None or context.aggregation is not None:
            raise invalid(f"{self.name}: pixels are not binarized; class_ids says the classes")
        name = selected(
            "pixels", context.selection(), self._classes, self._label, self._prediction,
            self._ignored,
        )  # fmt: skip
        statistic = {"pixels": Sums(name, lambda inputs: self._terms(inputs, context))}
        found = []
        for place, number in enumerate(self._classes):

            def value(have: Mapping[str, Any], place: int = place) -> Any:
                tp, fp, fn, tn = have["pixels"][4 * place : 4 * place + 4]
                return self.result(Matrices(np.zeros(1), tp, tn, fp, fn))

            found.append(Derived(context.key(self.name, SubKey(class_id=number)), statistic, value))
        return found

    def result(self, matrices: Matrices) -> Any:
        """The value of a class."""
        raise NotImplementedError(type(self).__name__)

    def _terms(self, inputs: Inputs, context: Context) -> Terms:
        labels = inputs.values(self._label[0])
        predictions = output_or_column(inputs, context.model, self._prediction[0])
        counts = np.zeros((4 * len(self._classes), inputs.rows))
        for row, (label, prediction) in enumerate(zip(labels, predictions, strict=True)):
            label = _pixels(label, *self._label)
            prediction = _pixels(prediction, *self._prediction)
            if label.size != prediction.size:
                raise invalid(
                    f"{self.name}: {label.size} pixels in {self._label[0]!r} of a row, "
                    f"{prediction.size} in {self._prediction[0]!r}"
                )
            counted = np.ones(label.shape, bool)
            if self._ignored is not None:
                counted = label != self._ignored
            for place, number in enumerate(self._classes):
                is_label, is_found = label == number, prediction == number
                counts[4 * place : 4 * place + 4, row] = (
                    np.sum(is_label & is_found),
                    np.sum(~is_label & is_found & counted),
                    np.sum(is_label & ~is_found),
                    np.sum(~is_label & ~is_found & counted),
                )
        weights = inputs.weights(context.model, context.output) if context.weighted else None
        return Terms(list(counts if weights is None else counts * weights))


def _pixels(value: Any, key: str, is_file: bool) -> np.ndarray:
    """An image's class ids in a row."""
    if is_file:
        from PIL import Image, UnidentifiedImageError

        data = np.asarray(value, object).reshape(-1)
        if len(data) != 1 or not isinstance(data[0], bytes):
            raise invalid(f"{key!r}: expected the bytes of an image file in each row; for class "
                          "ids, decode_ground_truth or decode_prediction is false")  # fmt: skip
        try:
            value = np.asarray(Image.open(io.BytesIO(data[0])))
        except (UnidentifiedImageError, OSError, SyntaxError) as error:
            raise invalid(f"{key!r}: no image: {error}") from None
        if value.ndim != 2:
            raise invalid(f"{key!r}: an image of shape {value.shape}, expected one class a pixel")
    try:
        return np.asarray(value, np.float64).reshape(-1)
    except (TypeError, ValueError):
        raise invalid(f"{key!r}: expected class ids of pixels, received {value!r:.60}") from None


class SemanticSegmentationConfusionMatrix(SegmentationMetric):
    """Weights of pixels by whether they are, and are predicted to be, of a class."""

    def result(self, matrices: Matrices) -> Matrices:
        """The matrix."""
        return matrices


class SemanticSegmentationTruePositive(SegmentationMetric):
    """The weight of pixels that are of a class and predicted so."""

    @classmethod
    def default_name(cls) -> str:
        """As TensorFlow Model Analysis calls it."""
        return "semantic_segmentation_true_positives"

    def result(self, matrices: Matrices) -> float:
        """Pixels."""
        return float(matrices.tp[0])


class SemanticSegmentationFalsePositive(SegmentationMetric):
    """The weight of pixels that are predicted to be of a class and are not."""

    @classmethod
    def default_name(cls) -> str:
        """As TensorFlow Model Analysis calls it."""
        return "semantic_segmentation_false_positives"

    def result(self, matrices: Matrices) -> float:
        """Pixels."""
        return float(matrices.fp[0])
