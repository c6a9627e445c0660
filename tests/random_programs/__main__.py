"""Runs many random programs: `python -m tests.random_programs --count 5000`."""

from __future__ import annotations

import argparse
import sys
import time
import warnings

from tests.random_programs.compare import Disagreement, check_program
from tests.random_programs.generator import generate


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="how many programs")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--xla-every", type=int, default=10, help="compile one in so many; 0: none")
    parser.add_argument("--only-xla", action="store_true", help="leave out the host")
    parser.add_argument("--keep-going", action="store_true", help="do not stop at a failure")
    options = parser.parse_args()
    # What eager code and plans make of NaN and infinities is compared, not announced.
    warnings.simplefilter("ignore", RuntimeWarning)
    start, failures = time.perf_counter(), 0
    compiled = 0
    for seed in range(options.first, options.first + options.count):
        if seed % 250 == 0 and seed != options.first:
            seconds = time.perf_counter() - start
            print(f"{seed}: {compiled} compiled so far, {seconds:.0f} s", flush=True)
        program = generate(seed)
        with_xla = bool(options.xla_every) and seed % options.xla_every == 0
        compiled += with_xla and not program.special
        try:
            check_program(program, with_xla, host=not options.only_xla)
        except Disagreement as error:
            failures += 1
            print(f"FAILED {error}\n", flush=True)
            if not options.keep_going:
                break
    else:
        seed = options.first + options.count
    seconds = time.perf_counter() - start
    print(
        f"{seed - options.first} programs, {compiled} of them compiled, {failures} failures, "
        f"{seconds:.0f} s"
    )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
