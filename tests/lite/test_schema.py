"""The codec of `.tflite` files: what is written is read again, and damage is found."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from tidefall.base import errors
from tidefall.lite import schema
from tidefall.lite.schema import (
    Buffer,
    BuiltinOperator,
    Conv2DOptions,
    Model,
    Operator,
    OperatorCode,
    Padding,
    QuantizationParameters,
    SignatureDef,
    SubGraph,
    Tensor,
    TensorMap,
    TensorType,
    read_model,
    write_model,
)
from tidefall.lite.schema.layout import layout


def small_model() -> Model:
    """A model with one of everything that most files have."""
    return Model(
        version=3,
        description="small",
        operator_codes=[
            OperatorCode(builtin_code=BuiltinOperator.CONV_2D, version=3),
            OperatorCode(builtin_code=BuiltinOperator.GELU, version=1),
            OperatorCode(builtin_code=BuiltinOperator.CUSTOM, custom_code="Mine"),
        ],
        subgraphs=[
            SubGraph(
                name="main",
                tensors=[
                    Tensor(name="x", shape=[1, 4, 4, 1], shape_signature=[-1, 4, 4, 1]),
                    Tensor(
                        name="w",
                        shape=[2, 3, 3, 1],
                        type=TensorType.INT8,
                        buffer=1,
                        quantization=QuantizationParameters(
                            scale=[0.5, 0.25], zero_point=[0, 0], quantized_dimension=0
                        ),
                    ),
                    Tensor(name="y", shape=[1, 2, 2, 2]),
                ],
                inputs=[0],
                outputs=[2],
                operators=[
                    Operator(
                        inputs=[0, 1, -1],
                        outputs=[2],
                        builtin_options=Conv2DOptions(
                            padding=Padding.VALID, stride_w=1, stride_h=1
                        ),
                    )
                ],
            )
        ],
        buffers=[Buffer(), Buffer(data=bytes(range(18)))],
        signature_defs=[
            SignatureDef(
                signature_key="serving_default",
                inputs=[TensorMap(name="image", tensor_index=0)],
                outputs=[TensorMap(name="output_0", tensor_index=2)],
            )
        ],
    )


@pytest.mark.parametrize("external", [False, True])
def test_round_trip(external: bool) -> None:
    model = small_model()
    found = read_model(write_model(model, external_buffers=external))
    assert [code.deprecated_builtin_code for code in found.operator_codes] == [3, 127, 32]
    for code in found.operator_codes:
        code.deprecated_builtin_code = 0
    assert found == model


def test_buffers_are_aligned() -> None:
    for external in (False, True):
        data = write_model(small_model(), external_buffers=external)
        assert data.index(bytes(range(18))) % 16 == 0


def test_every_table_keeps_every_field() -> None:
    draw = random.Random(1)
    for cls in vars(schema).values():
        if isinstance(cls, type) and issubclass(cls, schema.Table) and cls is not schema.Table:
            made = _random_table(cls, draw, 0)
            options = next(
                (each for each in layout(Operator) if cls in each.members),
                None,
            )
            if options is None:
                continue
            operator = Operator(**{options.name: made})
            model = Model(version=3, subgraphs=[SubGraph(operators=[operator])])
            assert read_model(write_model(model)).subgraphs[0].operators[0] == operator


def _random_table(cls: type[schema.Table], draw: random.Random, depth: int) -> schema.Table:
    ranges = {"b": 7, "B": 8, "h": 15, "H": 16, "i": 31, "I": 32, "q": 63, "Q": 64}

    def scalar(field) -> object:
        if field.type is bool:
            return draw.random() < 0.5
        if field.type is not None:
            return draw.choice(list(field.type))
        if field.code == "f":
            return struct.unpack("<f", struct.pack("<f", draw.uniform(-3, 3)))[0]
        top = 2 ** ranges[field.code]
        return draw.randrange(0 if field.code.isupper() else -top, top)

    values: dict[str, object] = {}
    for field in layout(cls):
        if field.kind == "scalar":
            values[field.name] = scalar(field)
        elif field.kind == "string":
            values[field.name] = "é" * draw.randrange(5)
        elif field.kind == "bytes":
            values[field.name] = draw.randbytes(draw.randrange(9))
        elif field.kind == "vector" and field.code:
            values[field.name] = [scalar(field) for _ in range(draw.randrange(4))]
    return cls(**values)


def test_a_field_that_does_not_exist_is_refused() -> None:
    with pytest.raises(TypeError, match="Conv2DOptions has no field 'stride'; it has padding"):
        Conv2DOptions(stride=1)  # pyright: ignore[reportCallIssue]


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Model(version=2**40), "Model.version cannot be"),
        (Model(subgraphs=[SubGraph(inputs=["a"])]), "SubGraph.inputs cannot be"),
        (Model(subgraphs=[SubGraph(name=3)]), "SubGraph.name cannot be"),
        (
            Model(subgraphs=[SubGraph(operators=[Operator(builtin_options=Tensor())])]),
            "Operator.builtin_options cannot be",
        ),
    ],
)
def test_writing_says_which_field_is_wrong(model: Model, message: str) -> None:
    with pytest.raises(errors.InvalidArgumentError, match=message):
        write_model(model)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a TensorFlow Lite model: 0 bytes"),
        (b"\x08\x00\x00\x00TFL2", "bytes 4 to 8 are b'TFL2'"),
    ],
)
def test_other_files_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(errors.InvalidArgumentError, match=message):
        read_model(data)


def test_another_version_is_refused() -> None:
    with pytest.raises(errors.InvalidArgumentError, match="version 2"):
        read_model(write_model(Model(version=2)))


def test_an_offset_out_of_the_file_names_its_byte() -> None:
    data = bytearray(write_model(small_model()))
    data[0:4] = struct.pack("<I", 10**6)
    with pytest.raises(errors.DataLossError, match=r"f\.tflite is damaged at byte 0 of \d+"):
        read_model(bytes(data), "f.tflite")


def test_buffers_behind_a_shortened_file() -> None:
    data = write_model(small_model(), external_buffers=True)
    with pytest.raises(errors.DataLossError, match="buffer 1 is said to be 18 bytes"):
        read_model(data[:-4])


def test_tables_used_over_and_over_end() -> None:
    # 2,000 subgraphs that are all one, whose 2,000 tensors are all one.
    model = Model(version=3, subgraphs=[SubGraph(tensors=[Tensor() for _ in range(2000)])] * 2000)
    one = Model(version=3, subgraphs=[SubGraph(tensors=[Tensor()] * 2000)] + [SubGraph()] * 1999)
    assert len(model.subgraphs) == 2000
    data = bytearray(write_model(one))
    start, step = _vector_of_subgraphs(data)
    first = start + struct.unpack_from("<I", data, start)[0]
    for index in range(2000):
        place = start + step * index
        data[place : place + 4] = struct.pack("<I", first - place)
    with pytest.raises(errors.DataLossError, match="over and over"):
        read_model(bytes(data))


def _vector_of_subgraphs(data: bytearray) -> tuple[int, int]:
    root = struct.unpack_from("<I", data, 0)[0]
    vtable = root - struct.unpack_from("<i", data, root)[0]
    field = root + struct.unpack_from("<H", data, vtable + 8)[0]
    return field + struct.unpack_from("<I", data, field)[0] + 4, 4


def test_random_damage_is_an_error_or_a_model() -> None:
    data = write_model(small_model())
    draw = random.Random(7)
    for _ in range(1500):
        spoiled = bytearray(data)
        for _ in range(draw.choice((1, 1, 2, 5))):
            spoiled[draw.randrange(len(spoiled))] = draw.randrange(256)
        if draw.random() < 0.3:
            del spoiled[draw.randrange(len(spoiled)) :]
        try:
            read_model(bytes(spoiled))
        except (errors.DataLossError, errors.InvalidArgumentError):
            pass


def test_genuine_files_round_trip(interop_genuine: Path) -> None:
    paths = sorted(interop_genuine.glob("*/*.tflite"))
    assert paths
    for path in paths:
        model = read_model(path.read_bytes(), str(path))
        assert read_model(write_model(model)) == model
