"""Random boxes and texts that other packages have judged: see `record_judges.py`."""

from __future__ import annotations

from random import Random

WORDS = "the a cat dog sat on mat, ran. far-away 3.14 1,000 isn't (really) U.S. über 'quoted'"


def images(seed: int, classes: int = 3) -> list[tuple[list[list[float]], list[list[float]]]]:
    """Images with labels and detected boxes: left, top, right, bottom, class, and score."""
    random = Random(seed)
    found = []
    for _ in range(12):
        labels, boxes = [], []
        for _ in range(random.randrange(6)):
            left, top = random.uniform(0, 100), random.uniform(0, 100)
            box = [left, top, left + random.uniform(4, 60), top + random.uniform(4, 60)]
            kind = float(random.randrange(1, classes + 1))
            labels.append([*box, kind])
            for _ in range(random.randrange(3)):
                moved = [edge + random.gauss(0, 3) for edge in box]
                moved[2:] = [max(moved[2], moved[0] + 1), max(moved[3], moved[1] + 1)]
                said = kind if random.random() < 0.8 else float(random.randrange(1, classes + 1))
                boxes.append([*moved, said, random.random()])
        found.append((labels, boxes))
    return found


def texts(seed: int, rows: int = 8, lines: int = 1) -> list[tuple[list[str], str]]:
    """Rows of references and a text that is some words away from the first of them."""
    random = Random(seed)
    words = WORDS.split()
    found = []
    for _ in range(rows):
        sentences = [random.choices(words, k=random.randrange(3, 12)) for _ in range(lines)]
        changed = [[w if random.random() < 0.7 else random.choice(words) for w in s]
                   for s in sentences]  # fmt: skip
        random.shuffle(changed)
        written = "\n".join(" ".join(s) for s in changed)
        references = ["\n".join(" ".join(s) for s in sentences)]
        references.append(" ".join(random.choices(words, k=random.randrange(3, 12))))
        found.append((references, written.capitalize()))
    return found


BLEU_SETTINGS = [
    {},
    {"lowercase": True},
    *[{"tokenize": name} for name in ("intl", "char", "none")],
    *[{"smooth_method": name} for name in ("none", "floor", "add-k")],
    {"smooth_method": "floor", "smooth_value": 0.5, "effective_order": True},
]
ROUGE_TYPES = ["rouge1", "rouge2", "rouge4", "rougeL", "rougeLsum"]
