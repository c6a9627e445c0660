"""BLEU beside sacreBLEU, ROUGE beside rouge-score."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.lifecycle.model_analysis.evaluations import value, values
from tests.lifecycle.model_analysis.metrics.judged_cases import BLEU_SETTINGS, ROUGE_TYPES, texts
from tidefall.base import errors
from tidefall.lifecycle.model_analysis import metrics as m

pa = pytest.importorskip("pyarrow")
JUDGED = json.loads(Path(__file__).with_name("judges.json").read_text())


def table(rows, **columns):
    return pa.table({"y": [r for r, _ in rows], "p": [text for _, text in rows], **columns})


@pytest.mark.parametrize("seed", sorted(JUDGED["bleu"]))
def test_bleu_is_that_of_sacrebleu(seed):
    data = table(texts(int(seed)))
    for settings, wanted in zip(BLEU_SETTINGS, JUDGED["bleu"][seed], strict=True):
        assert value(data, m.Bleu(**settings)) == pytest.approx(wanted, abs=1e-9), settings


@pytest.mark.parametrize("kind", ROUGE_TYPES)
@pytest.mark.parametrize("seed", sorted(JUDGED["rouge"]))
def test_rouge_is_the_mean_of_rouge_score(seed, kind):
    rows, wanted = texts(int(seed), lines=3), np.array(JUDGED["rouge"][seed][kind])
    found = values(table(rows), [m.Rouge(kind)])
    np.testing.assert_allclose(found[kind], wanted.mean(axis=0))
    assert found[f"{kind}_fmeasure"] == pytest.approx(wanted[:, 2].mean())
    weights = np.arange(1.0, len(rows) + 1)
    found = values(table(rows, w=weights), [m.Rouge(kind)], weighted=True)
    np.testing.assert_allclose(found[kind], np.average(wanted, axis=0, weights=weights))


def test_one_reference_may_be_a_text_by_itself():
    data = pa.table({"y": ["the cat sat on the mat"], "p": ["the cat sat on the mat"]})
    assert value(data, m.Bleu()) == pytest.approx(100)
    assert values(data, [m.Rouge("rougeL")])["rougeL_recall"] == 1.0
    empty = pa.table({"y": [""], "p": [""]})
    assert value(empty, m.Bleu()) == 0.0
    assert values(empty, [m.Rouge("rouge1")])["rouge1_fmeasure"] == 0.0


class FirstLetters(m.Rouge):
    """A tokenizer of one's own."""

    def words(self, text):
        return [word[0] for word in text.split()]


def test_words_of_ones_own():
    data = pa.table({"y": ["cats ran"], "p": ["cows rose"]})
    assert values(data, [FirstLetters("rouge2")])["rouge2_recall"] == 1.0
    assert values(data, [m.Rouge("rouge1")])["rouge1_recall"] == 0.0


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: m.Bleu(tokenize="zh"), errors.UnimplementedError, "zh"),
        (lambda: m.Bleu(tokenize="best"), errors.InvalidArgumentError, "13a"),
        (lambda: m.Bleu(smooth_method="best"), errors.InvalidArgumentError, "add-k"),
        (lambda: m.Rouge("rouge0"), errors.InvalidArgumentError, "rouge1 to rouge9"),
        (lambda: m.Rouge("rougeL", use_stemmer=True), errors.UnimplementedError, "words"),
        (lambda: m.Rouge("rougeL", split_summaries=True), errors.UnimplementedError, "lines"),
    ],
)
def test_settings_that_are_refused(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_numbers_are_no_texts():
    data = pa.table({"y": [1.0], "p": [0.5]})
    for metric in (m.Bleu(), m.Rouge("rouge1")):
        with pytest.raises(errors.InvalidArgumentError, match="expected texts"):
            value(data, metric)
