"""ROUGE: what a summary has in common with its references: runs of words, or longest subsequences.

Lin, ROUGE: A Package for Automatic Evaluation of Summaries (2004), as the package rouge-score
computes it, which TensorFlow Model Analysis takes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid, unimplemented
from tidefall.lifecycle.model_analysis.inputs import Inputs
from tidefall.lifecycle.model_analysis.metrics.base import Context, Derived, Metric
from tidefall.lifecycle.model_analysis.metrics.confusion import divided
from tidefall.lifecycle.model_analysis.metrics.texts.words import ngrams, texts_of
from tidefall.lifecycle.model_analysis.statistics import Sums, Terms, selected

_OTHERS = re.compile("[^a-z0-9]+")
_PARTS = ("precision", "recall", "fmeasure")


class Rouge(Metric):
    """The mean over rows of ROUGE: an array of precision, recall and their harmonic mean.

    The three are there by themselves, too: `rouge1_precision`, `rouge1_recall`,
    `rouge1_fmeasure`. A row's prediction is a text, its label a text or a list of them; of several
    references the one with the highest mean counts.

    Args:
        rouge_type: "rouge1" to "rouge9", "rougeL", or "rougeLsum", where lines are sentences.
        name: of the value; by default the type.
        use_stemmer: not possible; derive a class whose `words` stem.
        split_summaries: not possible; put sentences on lines of their own.
        tokenizer: not possible; derive a class with other `words`.
    """

    def __init__(
        self,
        rouge_type: str,
        name: str | None = None,
        use_stemmer: bool = False,
        split_summaries: bool = False,
        tokenizer: Any = None,
    ):
        if not re.fullmatch("rouge([1-9]|L|Lsum)", rouge_type):
            raise invalid(
                f"rouge_type {rouge_type!r}: expected rouge1 to rouge9, rougeL, rougeLsum"
            )
        if split_summaries:
            raise unimplemented("Rouge: split_summaries; put sentences on lines of their own")
        if use_stemmer or tokenizer is not None:
            raise unimplemented("Rouge: use_stemmer, tokenizer; derive a class with other `words`")
        super().__init__(name or rouge_type, rouge_type=rouge_type)
        self._type = rouge_type

    def words(self, text: str) -> list[str]:
        """The words of a text: ASCII letters and digits, in lower case."""
        return _OTHERS.sub(" ", text.lower()).split()

    def derive(self, context: Context) -> Sequence[Derived]:
        """The array, and its parts."""
        name = selected("rouge", context.selection(), self._type, type(self))
        statistics = {"sums": Sums(name, lambda inputs: self._terms(inputs, context))}

        def values(found: Mapping[str, Any]) -> np.ndarray:
            sums = found["sums"][:, 0]
            return np.asarray(divided(sums[1:], sums[0]))

        parts = [
            Derived(
                context.key(f"{self.name}_{part}"),
                statistics,
                lambda found, place=place: float(values(found)[place]),
            )
            for place, part in enumerate(_PARTS)
        ]
        return [Derived(context.key(self.name), statistics, values), *parts]

    def _terms(self, inputs: Inputs, context: Context) -> Terms:
        labels = inputs.labels(context.model, context.output)
        predictions = inputs.predictions(context.model, context.output)
        weights = inputs.weights(context.model, context.output) if context.weighted else None
        weights = np.ones(inputs.rows) if weights is None else weights
        scores = np.zeros((3, inputs.rows))
        for row, (label, prediction) in enumerate(zip(labels, predictions, strict=True)):
            texts = texts_of(prediction, "Rouge, predictions")
            references = texts_of(label, "Rouge, labels")
            if len(texts) != 1 or not references:
                raise invalid(
                    f"Rouge: {len(texts)} texts predicted in a row and {len(references)} "
                    "references, expected one and one or more"
                )
            scores[:, row] = max(
                (self._score(one, texts[0]) for one in references), key=lambda found: found[2]
            )
        return Terms([weights, *(weights * scores)])

    def _score(self, reference: str, text: str) -> tuple[float, float, float]:
        if self._type == "rougeLsum":
            several, others = (
                [self.words(line) for line in one.split("\n") if line] for one in (reference, text)
            )
            return _rates(
                _union_hits(several, others), sum(map(len, several)), sum(map(len, others))
            )
        wanted, words = self.words(reference), self.words(text)
        if self._type == "rougeL":
            return _rates(len(longest_common(wanted, words)), len(wanted), len(words))
        order = [int(self._type[-1])]
        wanted_runs, runs = ngrams(wanted, order), ngrams(words, order)
        return _rates((wanted_runs & runs).total(), wanted_runs.total(), runs.total())


def _rates(hits: float, wanted: int, found: int) -> tuple[float, float, float]:
    precision, recall = hits / max(found, 1), hits / max(wanted, 1)
    both = precision + recall
    return precision, recall, 2 * precision * recall / both if both else 0.0


def longest_common(wanted: Sequence[str], words: Sequence[str]) -> list[int]:
    """Return places in `wanted` of a longest subsequence that both have.

    >>> longest_common(["a", "b", "c"], ["a", "x", "c"])
    [0, 2]
    """
    lengths = [[0] * (len(words) + 1) for _ in range(len(wanted) + 1)]
    for row, one in enumerate(wanted):
        for column, other in enumerate(words):
            lengths[row + 1][column + 1] = (
                lengths[row][column] + 1
                if one == other
                else max(lengths[row][column + 1], lengths[row + 1][column])
            )
    found, row, column = [], len(wanted), len(words)
    while row and column:
        if wanted[row - 1] == words[column - 1]:
            row, column = row - 1, column - 1
            found.append(row)
        elif lengths[row][column - 1] > lengths[row - 1][column]:
            column -= 1
        else:
            row -= 1
    return found[::-1]


def _union_hits(wanted: Sequence[Sequence[str]], words: Sequence[Sequence[str]]) -> int:
    """Words of references in a longest subsequence of some sentence, each once on both sides."""
    left = Counter(word for one in wanted for word in one)
    right = Counter(word for one in words for word in one)
    hits = 0
    for sentence in wanted:
        for place in sorted({p for one in words for p in longest_common(sentence, one)}):
            word = sentence[place]
            if left[word] > 0 and right[word] > 0:
                hits += 1
                left[word] -= 1
                right[word] -= 1
    return hits
