"""Make and check the wire-format schemas under src/tidefall/proto.

    python scripts/build_protos.py compile   # the .proto files -> descriptors.binpb
    python scripts/build_protos.py check     # does descriptors.binpb say what the .proto files say?
    python scripts/build_protos.py record    # TensorFlow's descriptors -> the .proto files

`compile` needs the package grpcio-tools. `record` runs in an environment with TensorFlow,
tensorflow-metadata and tensorflow-serving-api; it takes names, numbers, types, defaults and syntax
from the descriptors there, and nothing else: no comments, no language options. Some schemas that
those packages lack are kept by hand: the settings that tensorflow_model_server reads for batching,
monitoring and TLS, and gRPC's own services for health and reflection.
"""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
import tempfile
from pathlib import Path

from google.protobuf import descriptor_pb2

PROTO_DIR = Path(__file__).resolve().parent.parent / "src" / "tidefall" / "proto"
SCHEMA_DIR = PROTO_DIR / "schema"
DESCRIPTORS = PROTO_DIR / "descriptors.binpb"

# Everything these files import comes along.
ROOTS = (
    "tensorflow.compiler.xla.xla_data_pb2",
    "tensorflow.core.example.example_pb2",
    "tensorflow.core.protobuf.config_pb2",
    "tensorflow.core.protobuf.debug_event_pb2",
    "tensorflow.core.protobuf.fingerprint_pb2",
    "tensorflow.core.protobuf.saved_model_pb2",
    "tensorflow.core.protobuf.tensor_bundle_pb2",
    "tensorflow.core.protobuf.tensorflow_server_pb2",
    "tensorflow.core.util.event_pb2",
    "tensorflow.core.util.saved_tensor_slice_pb2",
    "tensorflow.dtensor.proto.layout_pb2",
    "tensorflow.python.training.checkpoint_state_pb2",
    "tensorflow_metadata.proto.v0.anomalies_pb2",
    "tensorflow_metadata.proto.v0.problem_statement_pb2",
    "tensorflow_metadata.proto.v0.schema_pb2",
    "tensorflow_metadata.proto.v0.statistics_pb2",
    "tensorflow_serving.apis.model_service_pb2",
    "tensorflow_serving.apis.prediction_log_pb2",
    "tensorflow_serving.apis.prediction_service_pb2",
    "tensorflow_serving.config.model_server_config_pb2",
    "tensorflow_serving.config.platform_config_pb2",
)

FieldDescriptorProto = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    number: name.removeprefix("TYPE_").lower()
    for name, number in FieldDescriptorProto.Type.items()
    if name not in ("TYPE_MESSAGE", "TYPE_ENUM", "TYPE_GROUP")
}
_TEXTS = (FieldDescriptorProto.TYPE_STRING, FieldDescriptorProto.TYPE_BYTES)


class Printer:
    """Writes one FileDescriptorProto as .proto text."""

    def __init__(self, file: descriptor_pb2.FileDescriptorProto):
        self.file = file
        self.lines: list[str] = []
        self.proto3 = file.syntax == "proto3"

    def text(self) -> str:
        file = self.file
        self.emit(0, f'syntax = "{file.syntax or "proto2"}";')
        self.emit(0, f"package {file.package};")
        needed = [n for n in file.dependency if n != "google/protobuf/descriptor.proto"]
        if needed:
            self.emit(0)
        public = {file.dependency[index] for index in file.public_dependency}
        for name in needed:
            self.emit(0, f'import {"public " if name in public else ""}"{name}";')
        for enum in file.enum_type:
            self.enum(enum, 0)
        for message in file.message_type:
            self.message(message, 0)
        for service in file.service:
            self.service(service)
        # Extensions of options say something to a compiler and nothing of the wire.
        for extension in file.extension:
            if not extension.extendee.startswith(".google.protobuf."):
                raise ValueError(f"{file.name}: extensions are not printed")
        return "\n".join(self.lines) + "\n"

    def emit(self, depth: int, line: str = "") -> None:
        self.lines.append(("  " * depth + line) if line else "")

    def enum(self, enum, depth: int) -> None:
        self.emit(0)
        self.emit(depth, f"enum {enum.name} {{")
        if enum.options.allow_alias:
            self.emit(depth + 1, "option allow_alias = true;")
        self.reserved(enum, depth + 1, inclusive_end=True)
        for value in enum.value:
            self.emit(depth + 1, f"{value.name} = {value.number};")
        self.emit(depth, "}")

    def message(self, message, depth: int) -> None:
        self.emit(0)
        self.emit(depth, f"message {message.name} {{")
        if message.extension_range or message.extension:
            raise ValueError(f"{message.name}: extensions are not printed")
        maps = {m.name: m for m in message.nested_type if m.options.map_entry}
        for enum in message.enum_type:
            self.enum(enum, depth + 1)
        for nested in message.nested_type:
            if nested.name not in maps:
                self.message(nested, depth + 1)
        self.reserved(message, depth + 1, inclusive_end=False)
        opened: set[int] = set()
        for field in message.field:
            if not self.real_oneof(field):
                self.field(field, maps, depth + 1)
            elif field.oneof_index not in opened:
                opened.add(field.oneof_index)
                self.oneof(message, field.oneof_index, maps, depth + 1)
        self.emit(depth, "}")

    def service(self, service) -> None:
        self.emit(0)
        self.emit(0, f"service {service.name} {{")
        for method in service.method:
            request = "stream " * method.client_streaming + self.local(method.input_type)
            reply = "stream " * method.server_streaming + self.local(method.output_type)
            self.emit(1, f"rpc {method.name}({request}) returns ({reply});")
        self.emit(0, "}")

    def oneof(self, message, index: int, maps, depth: int) -> None:
        self.emit(depth, f"oneof {message.oneof_decl[index].name} {{")
        for field in message.field:
            if self.real_oneof(field) and field.oneof_index == index:
                self.field(field, maps, depth + 1)
        self.emit(depth, "}")

    @staticmethod
    def real_oneof(field) -> bool:
        return field.HasField("oneof_index") and not field.proto3_optional

    def field(self, field, maps, depth: int) -> None:
        name, label = self.type_name(field), ""
        entry = maps.get(field.type_name.rsplit(".", 1)[-1]) if field.type_name else None
        if entry is not None:
            name = f"map<{self.type_name(entry.field[0])}, {self.type_name(entry.field[1])}>"
        elif field.label == FieldDescriptorProto.LABEL_REPEATED:
            label = "repeated "
        elif field.label == FieldDescriptorProto.LABEL_REQUIRED:
            label = "required "
        elif field.proto3_optional or (not self.proto3 and not self.real_oneof(field)):
            label = "optional "
        self.emit(depth, f"{label}{name} {field.name} = {field.number}{self.options(field)};")

    def options(self, field) -> str:
        options = []
        if field.default_value:
            quote = '"' if field.type in _TEXTS else ""
            options.append(f"default = {quote}{field.default_value}{quote}")
        if field.options.HasField("packed") and field.options.packed != self.proto3:
            options.append(f"packed = {str(field.options.packed).lower()}")
        if field.options.deprecated:
            options.append("deprecated = true")
        return f" [{', '.join(options)}]" if options else ""

    def type_name(self, field) -> str:
        if field.type in _SCALARS:
            return _SCALARS[field.type]
        return self.local(field.type_name)

    def local(self, full_name: str) -> str:
        """A type's name as it is written in this file."""
        return full_name.removeprefix(f".{self.file.package}.").removeprefix(".")

    def reserved(self, owner, depth: int, inclusive_end: bool) -> None:
        spans = []
        for span in owner.reserved_range:
            last = span.end if inclusive_end else span.end - 1
            spans.append(str(span.start) if span.start == last else f"{span.start} to {last}")
        if spans:
            self.emit(depth, f"reserved {', '.join(spans)};")
        if owner.reserved_name:
            names = ", ".join(f'"{name}"' for name in owner.reserved_name)
            self.emit(depth, f"reserved {names};")


def recorded_files() -> dict[str, descriptor_pb2.FileDescriptorProto]:
    """The descriptors of ROOTS and all they import, from the installed TensorFlow."""
    found: dict[str, descriptor_pb2.FileDescriptorProto] = {}

    def visit(file) -> None:
        if file.name in found or file.name.startswith("google/"):
            return
        for dependency in file.dependencies:
            visit(dependency)
        proto = descriptor_pb2.FileDescriptorProto()
        file.CopyToProto(proto)
        found[file.name] = proto

    for root in ROOTS:
        visit(importlib.import_module(root).DESCRIPTOR)
    return found


def compiled_files() -> dict[str, descriptor_pb2.FileDescriptorProto]:
    """The descriptors committed in descriptors.binpb."""
    committed = descriptor_pb2.FileDescriptorSet.FromString(DESCRIPTORS.read_bytes())
    return {file.name: file for file in committed.file}


def record() -> int:
    for name, file in recorded_files().items():
        path = SCHEMA_DIR / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(Printer(file).text())
    return 0


def compile_schemas() -> int:
    sources = sorted(str(p.relative_to(SCHEMA_DIR)) for p in SCHEMA_DIR.rglob("*.proto"))
    with tempfile.NamedTemporaryFile(dir=PROTO_DIR, suffix=".tmp", delete=False) as scratch:
        output = Path(scratch.name)
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{SCHEMA_DIR}"]
    command += ["--include_imports", f"--descriptor_set_out={output}", *sources]
    status = subprocess.run(command, check=False).returncode
    if status == 0:
        output.chmod(0o644)
        output.replace(DESCRIPTORS)
    else:
        output.unlink()
    return status


def differences() -> list[str]:
    """Schema files that are missing, left over, or differ from descriptors.binpb."""
    compiled = {n: f for n, f in compiled_files().items() if not n.startswith("google/")}
    on_disk = {str(p.relative_to(SCHEMA_DIR)): p for p in SCHEMA_DIR.rglob("*.proto")}
    wrong = sorted(set(compiled) ^ set(on_disk))
    for name in sorted(set(compiled) & set(on_disk)):
        if Printer(compiled[name]).text() != on_disk[name].read_text():
            wrong.append(name)
    return wrong


def check() -> int:
    wrong = differences()
    for name in wrong:
        print(f"{name}: descriptors.binpb and the .proto file differ; run `compile`")
    return 1 if wrong else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=("compile", "check", "record"))
    action = parser.parse_args().action
    return {"compile": compile_schemas, "check": check, "record": record}[action]()


if __name__ == "__main__":
    sys.exit(main())
