"""Asks TensorFlow and Tidefall the same random calls: `python -m tests.random_calls --count 1000`.

TensorFlow runs in the environment that TIDEFALL_ORACLE names. `--answers` keeps its answers in a
file, and uses those that are there already; `--record` writes the sample that the tests compare.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.random_calls import sample
from tests.random_calls.compare import differences

PROGRAM = Path(__file__).parent / "answer.py"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="how many calls")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--answers", type=Path, help="file of TensorFlow's answers")
    parser.add_argument("--record", action="store_true", help="write the sample for the tests")
    options = parser.parse_args()
    if options.record:
        options.first, options.count = 0, sample.COUNT
    with tempfile.TemporaryDirectory() as folder:
        theirs = options.answers or Path(folder) / "tensorflow.jsonl"
        ours = Path(folder) / "tidefall.jsonl"
        python = Path(os.environ.get("TIDEFALL_ORACLE", ".oracle")) / "bin" / "python"
        if not theirs.exists():
            _answer(str(python), "tensorflow", options.first, options.count, theirs)
        expected = sample.load(theirs)
        if options.record:
            sample.save(expected[seed] for seed in range(sample.COUNT))
            return 0
        _answer(sys.executable, "tidefall", options.first, options.count, ours)
        got = sample.load(ours)
    return _report(expected, got)


def _answer(python: str, module: str, first: int, count: int, out: Path) -> None:
    command = [python, str(PROGRAM), module, "--out", str(out)]
    command += ["--first", str(first), "--count", str(count)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    if module == "tensorflow":
        environment.pop("PYTHONPATH", None)
    subprocess.run(command, check=True, env=environment)


def _report(expected: dict[int, sample.Answer], got: dict[int, sample.Answer]) -> int:
    counts: Counter[str] = Counter()
    for seed, answer in sorted(got.items()):
        if seed not in expected:
            continue
        for kind, said in differences(expected[seed], answer):
            known = sample.reason(answer["call"], kind, said)
            counts["known" if known else kind] += 1
            if not known:
                print(f"{seed} {answer['call']}\n    {kind}: {said[:300]}")
    print(f"{len(got)} calls; differences: {dict(counts) or 'none'}")
    return 1 if set(counts) - {"known", "missing"} else 0


if __name__ == "__main__":
    sys.exit(main())
