"""The loops compiled for ARM's 64-bit processors give what NumPy gives, in an emulator.

oneDNN has no Python package for ARM on Linux, so kernels are not built there yet; their own loops
are ready for it.
"""

from __future__ import annotations

import math
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tidefall.lite.interpreter.fixed_point import multiply_by_quantized_multiplier
from tidefall.ops.random import philox

unicorn = pytest.importorskip("unicorn", reason="the emulator is not installed")
arm64 = pytest.importorskip("unicorn.arm64_const")

PAGE = 1 << 16
TABLE = "_ZN8tidefall10loops_baseE"
MEMORY, MEMORY_BYTES = 0x4000_0000, 1 << 22
STACK, STACK_BYTES = 0x8000_0000, 1 << 20
END = 0x9000_0000
"""Where functions return to."""
FLAGS = [
    "-std=c++17",
    "-O3",
    "-fno-builtin",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-fno-exceptions",
    "-DTIDEFALL_LEVEL=base",
    "-static",
    "-nostdlib",
    "-Wall",
    "-Wextra",
    "-Werror",
]
NAMES = [
    "name",
    "row_op",
    "strip",
    "multiply_small",
    "apply",
    "softmax",
    "log_softmax",
    "reduce_rows",
    "reduce_columns",
    "sum_of_row",
    "find_in_rows",
    "top_of_rows",
    "is_finite",
    "cholesky",
    "swish",
    "add_rows",
    "add_products",
    "add_squares",
    "add_filter_row",
    "mix_rows",
    "mix_byte_rows",
    "mix_columns",
    "mix_byte_columns",
    "philox",
    "integer_panels",
    "pack_integers",
    "integer_product",
    "depthwise_panels",
    "pack_depthwise",
    "depthwise_room",
    "integer_depthwise",
    "integer_sum",
    "greatest",
    "greatest_bytes",
]
FIRST_OPS = "product column_sums fill copy spread neg abs square exp logistic tanh sqrt rsqrt add"
OPS = FIRST_OPS.split()


def _compiler() -> list[str]:
    if find_spec("ziglang") is not None:
        return [sys.executable, "-m", "ziglang", "c++", "-target", "aarch64-linux-musl"]
    if found := shutil.which("aarch64-linux-gnu-g++"):
        return [found]
    pytest.skip("no compiler for ARM: pip install ziglang")


class Machine:
    """An emulated processor with the loops in its memory."""

    def __init__(self, program: bytes):
        self._cpu = unicorn.Uc(unicorn.UC_ARCH_ARM64, unicorn.UC_MODE_ARM)
        for start, size in ((MEMORY, MEMORY_BYTES), (STACK, STACK_BYTES), (END, PAGE)):
            self._cpu.mem_map(start, size)
        entry, headers = struct.unpack_from("<QQ", program, 24)
        size, count = struct.unpack_from("<HH", program, 54)
        mapped: set[int] = set()
        for at in range(headers, headers + size * count, size):
            kind, _, offset, address, _, in_file, in_memory = struct.unpack_from(
                "<IIQQQQQ", program, at
            )
            if kind != 1 or not in_memory:
                continue
            for page in range(address // PAGE, (address + in_memory - 1) // PAGE + 1):
                if page not in mapped:
                    self._cpu.mem_map(page * PAGE, PAGE)
                    mapped.add(page)
            self._cpu.mem_write(address, program[offset : offset + in_file])
        pointers = struct.unpack(f"<{len(NAMES)}Q", self._cpu.mem_read(entry, 8 * len(NAMES)))
        self._functions = dict(zip(NAMES, pointers, strict=True))
        self._free = MEMORY

    @property
    def name(self) -> str:
        text = bytes(self._cpu.mem_read(self._functions["name"], 16))
        return text.partition(b"\0")[0].decode()

    def put(self, data: Any) -> int:
        """The address of a copy of an array."""
        raw = data if isinstance(data, bytes) else np.ascontiguousarray(data).tobytes()
        at, self._free = self._free, self._free + -(-len(raw) // 64) * 64
        self._cpu.mem_write(at, raw)
        return at

    def floats(self, at: int, shape: Any) -> np.ndarray:
        raw = bytes(self._cpu.mem_read(at, 4 * int(np.prod(shape))))
        return np.frombuffer(raw, np.float32).reshape(shape)

    def call(self, function: str, *arguments: int) -> None:
        for i, argument in enumerate(arguments):
            self._cpu.reg_write(getattr(arm64, f"UC_ARM64_REG_X{i}"), argument)
        self._cpu.reg_write(arm64.UC_ARM64_REG_SP, STACK + STACK_BYTES // 2)
        self._cpu.reg_write(arm64.UC_ARM64_REG_LR, END)
        self._cpu.emu_start(self._functions[function], END, timeout=20_000_000)
        assert self._cpu.reg_read(arm64.UC_ARM64_REG_PC) == END


@pytest.fixture(scope="module")
def program(repo_root: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    made = tmp_path_factory.mktemp("arm") / "loops"
    source = repo_root / "native" / "loops" / "loops.cc"
    command = [*_compiler(), *FLAGS, f"-Wl,-e,{TABLE}", str(source), "-o", str(made)]
    subprocess.run(command, check=True, timeout=240)
    return made.read_bytes()


@pytest.fixture
def machine(program: bytes) -> Machine:
    return Machine(program)


@pytest.fixture
def random() -> Callable[..., np.ndarray]:
    generator = np.random.default_rng(0)
    return lambda *shape: generator.standard_normal(shape).astype(np.float32)


def _close(found: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_it_is_made_for_its_vectors(machine: Machine) -> None:
    assert machine.name == "NEON"


OPERATIONS: dict[str, Callable[..., Any]] = {
    "neg": lambda a, b: -a,
    "exp": lambda a, b: np.exp(a),
    "logistic": lambda a, b: 1 / (1 + np.exp(-a)),
    "tanh": lambda a, b: np.tanh(a),
    "add": lambda a, b: a + b,
}


@pytest.mark.parametrize("op", OPERATIONS)
def test_operations_on_elements(machine: Machine, random: Any, op: str) -> None:
    a, b, y = random(37), random(37), machine.put(np.zeros(37, np.float32))
    machine.call("row_op", OPS.index(op), 37, y, machine.put(a), machine.put(b), 0)
    _close(machine.floats(y, 37), OPERATIONS[op](a, b))


FUNCTIONS: list[Callable[..., Any]] = [
    lambda a, b, c: 1 / (1 + np.exp(-a)),
    lambda a, b, c: np.maximum(a, 0),
    lambda a, b, c: np.where(a < 0, np.expm1(a), a),
    lambda a, b, c: 1 / np.sqrt(a),
    lambda a, b, c: np.maximum(np.minimum(a, c), b),
    lambda a, b, c: (a - b) ** 2,
    lambda a, b, c: np.exp(a),
    lambda a, b, c: np.log(a),
    lambda a, b, c: np.tanh(a),
    lambda a, b, c: np.sqrt(a),
    lambda a, b, c: np.sign(a),
    lambda a, b, c: np.vectorize(math.erf)(a),
    lambda a, b, c: np.vectorize(math.erfc)(a),
    lambda a, b, c: np.log1p(np.exp(a)),
    lambda a, b, c: a / (1 + np.exp(-a)),
    lambda a, b, c: 0.5 * a * np.vectorize(math.erfc)(-a * np.sqrt(0.5)),
]
OF_POSITIVE = (3, 7, 9)


@pytest.mark.parametrize("number", range(len(FUNCTIONS)))
def test_functions_of_elements(machine: Machine, random: Any, number: int) -> None:
    a, b, c, y = random(37), random(37), random(37), machine.put(np.zeros(37, np.float32))
    if number in OF_POSITIVE:
        a = np.abs(a)
    machine.call("apply", number, 37, y, machine.put(a), machine.put(b), machine.put(c))
    _close(machine.floats(y, 37), FUNCTIONS[number](a, b, c))


def test_random_blocks(machine: Machine) -> None:
    index, words = np.arange(19, dtype=np.uint64), machine.put(np.zeros((19, 4), np.uint32))
    machine.call("philox", 77, 2**64 - 5, 3, machine.put(index), 19, words)
    made = machine.floats(words, (19, 4)).view(np.uint32)
    np.testing.assert_array_equal(made, philox.blocks(77, (3 << 64) + 2**64 - 5, index))


@pytest.mark.parametrize(("rows", "width"), [(1, 32), (2, 32), (7, 32), (5, 21), (3, 4)])
def test_a_strip_of_a_product(machine: Machine, random: Any, rows: int, width: int) -> None:
    x, panel, start = random(rows, 19), random(19, 32), random(rows, width)
    y = machine.put(np.full((rows, 32), 9, np.float32))
    places = machine.put(x), 19, machine.put(panel), machine.put(start), width, y, 32, width
    machine.call("strip", machine.put(struct.pack("<10q2f", rows, 19, *places, -1, 2.5)))
    found = machine.floats(y, (rows, 32))
    _close(found[:, :width], np.clip(x @ panel[:, :width] + start, -1, 2.5))
    assert np.all(found[:, width:] == 9)


@pytest.mark.parametrize("columns", [8, 13])
@pytest.mark.parametrize("transposed", [False, True])
def test_a_small_product(machine: Machine, random: Any, columns: int, transposed: bool) -> None:
    a, b = random(11, 6), random(6, columns)
    c, panel = (machine.put(np.zeros(size, np.float32)) for size in (11 * columns, 32 * 14))
    b_steps = (1, 6) if transposed else (columns, 1)
    at = machine.put(a), machine.put(b.T if transposed else b), c, panel
    machine.call(
        "multiply_small",
        machine.put(struct.pack("<12q", 11, columns, 6, 6, 1, *b_steps, columns, *at)),
    )
    _close(machine.floats(c, (11, columns)), a @ b)


def test_softmax_and_swish(machine: Machine, random: Any) -> None:
    x, y = random(3, 21), machine.put(np.zeros((3, 21), np.float32))
    machine.call("softmax", 3, 21, machine.put(x), y)
    powers = np.exp(x - x.max(-1, keepdims=True))
    expected = powers / powers.sum(-1, keepdims=True)
    _close(machine.floats(y, (3, 21)), expected)
    machine.call("log_softmax", 3, 21, machine.put(x), y)
    _close(machine.floats(y, (3, 21)), np.log(expected))
    in_place = machine.put(x)
    machine.call("swish", x.size, in_place)
    _close(machine.floats(in_place, x.shape), x / (1 + np.exp(-x)))


def test_reductions_of_rows_and_columns(machine: Machine, random: Any) -> None:
    x = random(5, 23)
    for kind, formula in enumerate((np.sum, np.mean, np.max, np.min)):
        y = machine.put(np.zeros(23, np.float32))
        machine.call("reduce_rows", kind, 5, 23, machine.put(x), y)
        _close(machine.floats(y, 5), formula(x, 1))
        machine.call("reduce_columns", kind, 5, 23, machine.put(x), y)
        _close(machine.floats(y, 23), formula(x, 0))


def test_the_largest_of_rows(machine: Machine, random: Any) -> None:
    x, at = random(5, 40), machine.put(np.zeros((5, 3), np.int32))
    machine.call("top_of_rows", 5, 40, 3, machine.put(x), at)
    found = machine.floats(at, (5, 3)).view(np.int32)
    np.testing.assert_array_equal(found, np.argsort(-x, 1)[:, :3])


def test_sums_of_rows(machine: Machine, random: Any) -> None:
    x, y, centres = random(7, 13), random(7, 13), random(13)
    expected = {
        "add_rows": ([x], x.sum(0)),
        "add_products": ([x, y], (x * y).sum(0)),
        "add_squares": ([x, centres], ((x - centres) ** 2).sum(0)),
    }
    for name, (arrays, total) in expected.items():
        sums = machine.put(np.ones(13, np.float32))
        machine.call(name, *map(machine.put, arrays), 7, 13, sums)
        _close(machine.floats(sums, 13), total + 1)


def test_a_row_of_a_filters_gradient(machine: Machine, random: Any) -> None:
    x, dy, to = random(9, 23), random(9, 23), machine.put(np.ones(23, np.float32))
    machine.call("add_filter_row", machine.put(x), 23, machine.put(dy), 23, 9, 23, to)
    _close(machine.floats(to, 23), (x * dy).sum(0) + 1)


def _sources(index: np.ndarray, weight: np.ndarray, size: int, machine: Machine) -> int:
    places = machine.put(index.astype(np.int32)), machine.put(weight)
    return machine.put(struct.pack("<6qb", *places, *index.shape, size, 0, True))


def test_resampling_rounds_as_numpy_does(machine: Machine, random: Any) -> None:
    x = random(9, 6)  # nine rows of six numbers; or one row of 18 positions with three channels
    rows, columns = np.array([[0, 1], [4, 8]]), np.array([[0, 3], [17, 16], [2, 2]])
    weight = random(3, 2)
    to = machine.put(np.zeros(9, np.float32))
    machine.call("mix_rows", _sources(rows, weight[:2], 9, machine), 1, machine.put(x), 6, to)
    blended = x[4] + (x[8] - x[4]) * weight[1, 1]
    np.testing.assert_array_equal(machine.floats(to, 6), blended)
    machine.call("mix_columns", _sources(columns, weight, 18, machine), machine.put(x), 3, to)
    a, b = (x.reshape(18, 3)[columns[:, k]] for k in (0, 1))
    np.testing.assert_array_equal(machine.floats(to, (3, 3)), a + (b - a) * weight[:, 1:])
    pixels = np.arange(54, dtype=np.uint8)
    machine.call(
        "mix_byte_columns", _sources(columns, weight, 18, machine), machine.put(pixels), 3, to
    )
    a, b = (pixels.reshape(18, 3)[columns[:, k]].astype(np.float32) for k in (0, 1))
    np.testing.assert_array_equal(machine.floats(to, (3, 3)), a + (b - a) * weight[:, 1:])


def test_a_product_of_integers(machine: Machine) -> None:
    draw = np.random.default_rng(0)
    x, w = (draw.integers(-127, 128, shape).astype(np.int8) for shape in ((7, 12), (12, 13)))
    bias = draw.integers(-999, 999, 13) - 128 * w.sum(0, dtype=np.int32)
    panels, y = machine.put(np.zeros(12 * 64, np.int8)), machine.put(np.zeros((7, 13), np.int8))
    blocks = machine.put(np.zeros(1, np.int64))
    machine.call("integer_panels", 12, 13, blocks)
    machine.call("pack_integers", 12, 13, machine.put(w), panels)
    spare = np.zeros(32, np.int32)
    right, zero, factor = 6, 3, 1518500250
    offset = (1 << (right - 1)) + (zero << right)
    vectors = [
        machine.put(np.concatenate([np.broadcast_to(each, 13).astype(np.int32), spare]))
        for each in (bias, factor, -right, right, offset)
    ]
    how = struct.pack("<6q3i?3x", *vectors, 0, zero, -128, 127, True)
    (end,) = struct.unpack("<q", machine.floats(blocks, 2).tobytes())
    places = struct.pack("<9q", 7, 12, 12, 13, 13, 0, end, machine.put(x), panels)
    machine.call("integer_product", machine.put(places + how + struct.pack("<q", y)))
    found = np.frombuffer(machine.floats(y, 23).tobytes(), np.int8)[: 7 * 13].reshape(7, 13)
    total = x.astype(np.int64) @ w + bias + 128 * w.sum(0, dtype=np.int64)
    expected = multiply_by_quantized_multiplier(total, factor, -right) + zero
    np.testing.assert_array_equal(found, np.clip(expected, -128, 127))
