"""Records what LiteRT's kernels make of the models of one operator in `op_models.py`.

Run where ai-edge-litert is installed:

    PYTHONPATH=src .oracle/bin/python tests/lite/record_ops.py [PART OF A NAME ...]

Writes tests/lite/recorded/ops.npz: for each record its inputs `NAME/in0` ... and, for each run,
outputs `NAME/0/out0` ...
"""

from __future__ import annotations

import argparse
import sys
import zlib
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

sys.path.insert(0, str(Path(__file__).parent))

from op_models import Record, records

from tidefall.lite.schema import write_model

ARCHIVE = Path(__file__).parent / "recorded" / "ops.npz"


def run(record: Record, kernels: OpResolverType) -> dict[str, np.ndarray]:
    interpreter = Interpreter(
        model_content=write_model(record.model()), experimental_op_resolver_type=kernels
    )
    interpreter.allocate_tensors()
    found: dict[str, np.ndarray] = {}
    values = record.values(zlib.crc32(record.name.encode()))
    for place, (detail, value) in enumerate(
        zip(interpreter.get_input_details(), values, strict=True)
    ):
        interpreter.set_tensor(detail["index"], value)
        found[f"in{place}"] = value
    for number in range(record.runs):
        interpreter.invoke()
        for place, detail in enumerate(interpreter.get_output_details()):
            found[f"{number}/out{place}"] = interpreter.get_tensor(detail["index"])
    return found


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help="parts of names; nothing is written then")
    parser.add_argument("--seed", type=int, default=11, help="of scales, weights and inputs")
    parser.add_argument("--output", type=Path, default=ARCHIVE)
    flags = parser.parse_args(arguments)
    everything: dict[str, np.ndarray] = {}
    for record in records(flags.seed):
        if flags.parts and not any(part in record.name for part in flags.parts):
            continue
        for kernels in (
            OpResolverType.BUILTIN_REF, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        ):  # fmt: skip
            try:
                found = run(record, kernels)
            except (RuntimeError, ValueError) as error:
                if kernels is not OpResolverType.BUILTIN_REF:
                    print(f"{record.name}: {error}")
                continue
            everything.update({f"{record.name}/{name}": each for name, each in found.items()})
            break
    names = {name.split("/")[0] for name in everything}
    if not flags.parts:
        np.savez_compressed(flags.output, **everything)
    print(f"{len(names)} records")


if __name__ == "__main__":
    main(sys.argv[1:])
