"""Writes `judges.json`: what pycocotools, sacreBLEU and rouge-score say of the judged cases.

python -m venv judges && judges/bin/pip install pycocotools sacrebleu rouge-score
judges/bin/python tests/lifecycle/model_analysis/metrics/record_judges.py
"""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import sacrebleu
from judged_cases import BLEU_SETTINGS, ROUGE_TYPES, images, texts
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from rouge_score import rouge_scorer


def coco(seed: int) -> dict[str, float]:
    cases = images(seed)
    labels, found = [], []
    for image, (wanted, boxes) in enumerate(cases, 1):
        for left, top, right, bottom, kind in wanted:
            size = [right - left, bottom - top]
            labels.append(
                {"id": len(labels) + 1, "image_id": image, "category_id": int(kind), "iscrowd": 0,
                 "bbox": [left, top, *size], "area": size[0] * size[1]}
            )  # fmt: skip
        for left, top, right, bottom, kind, score in boxes:
            found.append(
                {"image_id": image, "category_id": int(kind), "score": score,
                 "bbox": [left, top, right - left, bottom - top]}
            )  # fmt: skip
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {
            "info": {}, "images": [{"id": i + 1} for i in range(len(cases))],
            "annotations": labels, "categories": [{"id": i} for i in (1, 2, 3)],
        }  # fmt: skip
        truth.createIndex()
        judge = COCOeval(truth, truth.loadRes(found), "bbox")
        judge.params.maxDets = [1, 2, 100]
        judge.params.areaRng, judge.params.areaRngLbl = [[0, 1e10]], ["all"]
        judge.evaluate()
        judge.accumulate()

    def mean(values):
        known = values[values > -1]
        return float(known.mean())

    precision, recall = judge.eval["precision"], judge.eval["recall"]
    return {
        "map": mean(precision[..., 0, 2]),
        "map50": mean(precision[0, ..., 0, 2]),
        "map75_of_2": mean(precision[5, :, 1, 0, 2]),
        "mar1": mean(recall[..., 0, 0]),
        "mar2": mean(recall[..., 0, 1]),
        "mar": mean(recall[..., 0, 2]),
    }


def bleu(seed: int) -> list[float]:
    rows = texts(seed)
    written = [text for _, text in rows]
    references = list(zip(*[several for several, _ in rows], strict=True))
    return [
        sacrebleu.BLEU(**settings).corpus_score(written, references).score
        for settings in BLEU_SETTINGS
    ]


def rouge(seed: int) -> dict[str, list[list[float]]]:
    found = {}
    for kind in ROUGE_TYPES:
        scorer = rouge_scorer.RougeScorer([kind])
        found[kind] = [
            list(scorer.score_multi(references, text)[kind])
            for references, text in texts(seed, lines=3)
        ]
    return found


if __name__ == "__main__":
    seeds = [str(n) for n in range(8)]
    said = {
        "coco": {n: coco(int(n)) for n in seeds},
        "bleu": {n: bleu(int(n)) for n in seeds},
        "rouge": {n: rouge(int(n)) for n in seeds[:3]},
    }
    Path(__file__).with_name("judges.json").write_text(json.dumps(said) + "\n")
