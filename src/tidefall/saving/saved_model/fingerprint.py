"""`fingerprint.pb`: numbers that tell SavedModels apart without reading them."""

from __future__ import annotations

import hashlib
import os
import uuid
from typing import Any

from tidefall.base.exports import export
from tidefall.io.bundles import bundle_format
from tidefall.saving.saved_model import constants as names

VERSION = 4
"""The version of the file that TensorFlow 2.21 writes."""
_PARTS = (
    "saved_model_checksum",
    "graph_def_program_hash",
    "signature_def_hash",
    "saved_object_graph_hash",
    "checkpoint_hash",
)


def fingerprint_of(meta: Any, serialized: bytes, folder: str) -> Any:
    """The FingerprintDef of a SavedModel being written.

    The hashes are Tidefall's own: equal for equal contents, and different from TensorFlow's.

    Args:
        meta: its MetaGraphDef.
        serialized: the content of `saved_model.pb`.
        folder: where its variables have been written.
    """
    from tidefall.proto import FingerprintDef, MetaGraphDef

    signatures = MetaGraphDef()
    for key in meta.signature_def:
        signatures.signature_def[key].CopyFrom(meta.signature_def[key])
    prefix = os.path.join(folder, names.VARIABLES_DIRECTORY, names.VARIABLES_FILENAME)
    with open(bundle_format.index_path(prefix), "rb") as file:
        checkpoint = file.read()
    proto = FingerprintDef(
        saved_model_checksum=hash_of(serialized),
        graph_def_program_hash=hash_of(_stable(meta.graph_def)),
        signature_def_hash=hash_of(_stable(signatures)),
        saved_object_graph_hash=hash_of(_stable(meta.object_graph_def)),
        checkpoint_hash=hash_of(checkpoint),
        uuid=str(uuid.uuid4().int),
    )
    proto.version.producer = VERSION
    return proto


def _stable(message: Any) -> bytes:
    return message.SerializeToString(deterministic=True)


def hash_of(content: bytes) -> int:
    """The hash that Tidefall's fingerprints hold."""
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little")


@export("saved_model.experimental.Fingerprint")
class Fingerprint:
    """The fingerprint of a SavedModel.

    Args:
        saved_model_checksum: hash of `saved_model.pb`.
        graph_def_program_hash: hash of the graph.
        signature_def_hash: hash of the signatures.
        saved_object_graph_hash: hash of the object graph.
        checkpoint_hash: hash of the index of the variables.
        version: version of the format.

    >>> import tidefall as tf
    >>> tf.saved_model.experimental.Fingerprint(1, 2, 3, 4, 5).singleprint()
    '2/3/4/5'
    """

    def __init__(
        self,
        saved_model_checksum: int | None = None,
        graph_def_program_hash: int | None = None,
        signature_def_hash: int | None = None,
        saved_object_graph_hash: int | None = None,
        checkpoint_hash: int | None = None,
        version: Any = None,
    ):
        self.saved_model_checksum = saved_model_checksum
        self.graph_def_program_hash = graph_def_program_hash
        self.signature_def_hash = signature_def_hash
        self.saved_object_graph_hash = saved_object_graph_hash
        self.checkpoint_hash = checkpoint_hash
        self.version = version

    @classmethod
    def from_proto(cls, proto: Any) -> Fingerprint:
        """The fingerprint that a FingerprintDef message, or its bytes, holds."""
        if isinstance(proto, bytes):
            from tidefall.proto import FingerprintDef

            proto = FingerprintDef.FromString(proto)
        return cls(**{part: getattr(proto, part) for part in _PARTS}, version=proto.version)

    def singleprint(self) -> str:
        """What identifies the model, in one string.

        Raises:
            ValueError: if a part is missing.
        """
        parts = [getattr(self, part) for part in _PARTS[1:]]
        if any(part is None for part in parts):
            raise ValueError("A singleprint takes all hashes of the fingerprint; some are None.")
        return "/".join(map(str, parts))

    def _key(self) -> tuple[Any, ...]:
        return tuple(getattr(self, part) for part in _PARTS)

    def __eq__(self, other: Any) -> bool:
        if not isinstance(other, Fingerprint):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __str__(self) -> str:
        lines = [f"  {part}: {getattr(self, part)}" for part in _PARTS]
        return "\n".join(["SavedModel Fingerprint", *lines])

    def __repr__(self) -> str:
        return f"Fingerprint({', '.join(map(str, self._key()))})"


@export("saved_model.experimental.read_fingerprint")
def read_fingerprint(export_dir: Any) -> Fingerprint:
    """The fingerprint of a SavedModel.

    Args:
        export_dir: the directory of the SavedModel.

    Raises:
        FileNotFoundError: if it has none.
        RuntimeError: if it is damaged.

    >>> import tempfile
    >>> import tidefall as tf
    >>> folder = tempfile.mkdtemp()
    >>> tf.saved_model.save(tf.Module(), folder)
    >>> fingerprint = tf.saved_model.experimental.read_fingerprint(folder)
    >>> fingerprint.singleprint().count("/")
    3
    """
    from google.protobuf.message import DecodeError

    path = os.path.join(os.fspath(export_dir), names.FINGERPRINT_FILENAME)
    try:
        with open(path, "rb") as file:
            return Fingerprint.from_proto(file.read())
    except FileNotFoundError:
        raise FileNotFoundError(
            f"SavedModel Fingerprint Error: Could not find fingerprint in directory: {export_dir}\n"
            f"NOT_FOUND: {path} not found"
        ) from None
    except DecodeError as error:
        raise RuntimeError(f"SavedModel Fingerprint Error: {path} is damaged: {error}") from None
