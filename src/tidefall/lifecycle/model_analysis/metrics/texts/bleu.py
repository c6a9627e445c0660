"""BLEU: how many runs of one to four words of a text its references have, too.

Papineni et al., BLEU: a Method for Automatic Evaluation of Machine Translation (2002), with the
settings of sacreBLEU (Post, 2018), which TensorFlow Model Analysis takes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.inputs import Inputs
from tidefall.lifecycle.model_analysis.metrics.base import Context, Derived, Metric
from tidefall.lifecycle.model_analysis.metrics.texts.words import ngrams, texts_of, tokenizer_of
from tidefall.lifecycle.model_analysis.statistics import Sums, Terms, selected

_SMOOTHING = {"none": 0.0, "floor": 0.1, "add-k": 1.0, "exp": 0.0}
"""Ways to go on where a length has no match, with their default values."""


class Bleu(Metric):
    """BLEU of all rows together, from 0 to 100; weights of examples do not count.

    A row's prediction is a text, its label a text or a list of them, the references.

    Args:
        lowercase: whether case does not matter.
        tokenize: "13a", "intl", "char" or "none".
        smooth_method: "exp", "floor", "add-k" or "none".
        smooth_value: of "floor" (0.1) and "add-k" (1).
        max_ngram_order: the longest runs.
        effective_order: whether lengths without a match are left out.
        force: accepted; nothing is warned about here.
        name: of the value.
    """

    def __init__(
        self,
        lowercase: bool = False,
        force: bool = False,
        tokenize: str = "13a",
        smooth_method: str = "exp",
        smooth_value: float | None = None,
        max_ngram_order: int = 4,
        effective_order: bool = False,
        name: str | None = None,
    ):
        del force
        if smooth_method not in _SMOOTHING:
            raise invalid(
                f"Bleu: smooth_method {smooth_method!r}, expected one of {sorted(_SMOOTHING)}"
            )
        if max_ngram_order < 1:
            raise invalid(f"Bleu: max_ngram_order {max_ngram_order}, expected 1 or more")
        super().__init__(
            name, lowercase=lowercase, tokenize=tokenize, smooth_method=smooth_method,
            smooth_value=smooth_value, max_ngram_order=max_ngram_order,
            effective_order=effective_order,
        )  # fmt: skip
        self._words = tokenizer_of(tokenize)
        self._lowercase, self._orders = lowercase, range(1, max_ngram_order + 1)
        self._tokenize, self._method, self._effective = tokenize, smooth_method, effective_order
        self._value = _SMOOTHING[smooth_method] if smooth_value is None else smooth_value

    @classmethod
    def default_name(cls) -> str:
        """As TensorFlow Model Analysis calls it."""
        return "BLEU"

    def derive(self, context: Context) -> Sequence[Derived]:
        """One value."""
        name = selected(
            "bleu", context.selection(), self._lowercase, self._tokenize, len(self._orders)
        )
        statistic = Sums(name, lambda inputs: self._terms(inputs, context))

        def value(found: Mapping[str, Any]) -> float:
            return self._score(found["counts"][:, 0])

        return [Derived(context.key(self.name), {"counts": statistic}, value)]

    def _terms(self, inputs: Inputs, context: Context) -> Terms:
        """For each length the matches, then the runs; the words of texts, and of references."""
        labels = inputs.labels(context.model, context.output)
        predictions = inputs.predictions(context.model, context.output)
        counts = np.zeros((2 * len(self._orders) + 2, inputs.rows))
        for row, (label, prediction) in enumerate(zip(labels, predictions, strict=True)):
            texts = texts_of(prediction, "Bleu, predictions")
            if len(texts) != 1:
                raise invalid(f"Bleu: {len(texts)} texts predicted in a row, expected one")
            counts[:, row] = self._counts(texts[0], texts_of(label, "Bleu, labels"))
        return Terms(list(counts))

    def _counts(self, text: str, references: Sequence[str]) -> np.ndarray:
        words = self._split(text)
        found = np.zeros(2 * len(self._orders) + 2)
        found[-2] = len(words)
        several = [self._split(one) for one in references]
        if not any(several):
            # As in TensorFlow Model Analysis: without a reference only the length counts.
            return found
        best: Counter[tuple[str, ...]] = Counter()
        for one in several:
            best |= ngrams(one, self._orders)
        for run, count in ngrams(words, self._orders).items():
            found[len(run) - 1] += min(count, best.get(run, 0))
            found[len(self._orders) + len(run) - 1] += count
        found[-1] = min((len(one) for one in several), key=lambda n: (abs(n - len(words)), n))
        return found

    def _split(self, text: str) -> list[str]:
        return self._words((text.lower() if self._lowercase else text).rstrip())

    def _score(self, counts: np.ndarray) -> float:
        orders = len(self._orders)
        matches, runs, length, reference = (
            counts[:orders], counts[orders : 2 * orders], counts[-2], counts[-1],
        )  # fmt: skip
        if not matches.any():
            return 0.0
        precisions, halved = np.zeros(orders), 1.0
        last = orders
        for order, (match, run) in enumerate(zip(matches, runs, strict=True)):
            if self._method == "add-k" and order:
                match, run = match + self._value, run + self._value
            if run == 0:
                break
            if self._effective:
                last = order + 1
            if match == 0 and self._method == "exp":
                halved *= 2
                match = 1 / halved
            elif match == 0 and self._method == "floor":
                match = self._value
            precisions[order] = 100 * match / run
        if not precisions[:last].all():
            return 0.0
        brevity = 1.0 if length >= reference else float(np.exp(1 - reference / length))
        return brevity * float(np.exp(np.log(precisions[:last]).mean()))
