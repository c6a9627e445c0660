"""The recorded sample: TensorFlow's answers to the first calls, and what is known to differ.

A difference on purpose is an entry under "calls" in `tests/oracle/gaps.json`: patterns of the
call's text, of the kind of difference and of what it says, and the reason.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

Answer = dict[str, Any]
PATH = Path(__file__).parent / "sample.jsonl.gz"
GAPS = Path(__file__).parents[1] / "oracle" / "gaps.json"
COUNT = 2000


def load(path: Path = PATH) -> dict[int, Answer]:
    """The answers of a file of JSON lines by seed."""
    data = path.read_bytes()
    data = gzip.decompress(data) if path.suffix == ".gz" else data
    answers = [json.loads(line) for line in data.decode().splitlines()]
    return {answer["seed"]: answer for answer in answers}


def save(answers: Iterable[Answer]) -> None:
    """Write the sample; the same answers give the same bytes."""
    lines = [json.dumps(_told(a), sort_keys=True, separators=(",", ":")) for a in answers]
    temporary = PATH.with_suffix(".tmp")
    temporary.write_bytes(gzip.compress("\n".join(lines).encode(), 9, mtime=0))
    temporary.replace(PATH)


def _told(answer: Answer) -> Answer:
    """An answer without the traces in its messages, which name files."""
    for outcome in answer.values():
        if isinstance(outcome, dict) and "message" in outcome:
            message = outcome["message"].split("Detected at")[0].strip()
            outcome["message"] = message.split('File "')[0]
    return answer


@cache
def _gaps() -> list[dict[str, str]]:
    return json.loads(GAPS.read_text())["calls"]


def reason(call: str, kind: str, said: str) -> str | None:
    """Why a difference is on purpose, or None."""
    for gap in _gaps():
        if (
            re.fullmatch(gap["call"], call, re.DOTALL)
            and re.search(gap["kind"], kind)
            and re.search(gap.get("said", ""), said, re.DOTALL)
        ):
            return gap["reason"]
    return None
