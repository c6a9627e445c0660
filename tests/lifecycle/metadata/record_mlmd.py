"""Records a store that ML Metadata itself wrote, as SQL text.

    python tests/lifecycle/metadata/record_mlmd.py tests/lifecycle/metadata/mlmd_1_17.sql

It runs where the package ml-metadata is installed, which is not where the tests run.
"""

import sqlite3
import sys
import tempfile
from pathlib import Path

from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2 as pb


def write(path):
    config = pb.ConnectionConfig()
    config.sqlite.filename_uri = str(path)
    config.sqlite.connection_mode = 3
    store = metadata_store.MetadataStore(config)
    kinds = {"n": pb.INT, "x": pb.DOUBLE, "s": pb.STRING, "d": pb.STRUCT, "m": pb.PROTO}
    examples = store.put_artifact_type(
        pb.ArtifactType(
            name="Examples",
            version="2",
            description="records",
            properties={**kinds, "b": pb.BOOLEAN},
            base_type=pb.ArtifactType.DATASET,
        )
    )
    model = store.put_artifact_type(pb.ArtifactType(name="Model"))
    trainer = store.put_execution_type(
        pb.ExecutionType(name="Trainer", properties={"steps": pb.INT})
    )
    pipeline = store.put_context_type(pb.ContextType(name="pipeline"))
    run = store.put_context_type(pb.ContextType(name="pipeline_run"))
    data = pb.Artifact(type_id=examples, uri="/data/1", name="census", external_id="ext-1")
    data.state = pb.Artifact.LIVE
    data.properties["n"].int_value = -(2**40)
    data.properties["x"].double_value = 0.1
    data.properties["s"].string_value = "größe"
    data.properties["d"].struct_value.update({"a": [1, "b", None, {"c": True}]})
    data.properties["m"].proto_value.Pack(pb.ParentContext(child_id=3, parent_id=4))
    data.properties["b"].bool_value = False
    data.custom_properties["split"].string_value = "train"
    execution = pb.Execution(type_id=trainer, last_known_state=pb.Execution.COMPLETE)
    execution.properties["steps"].int_value = 100
    read, made = pb.Event(type=pb.Event.INPUT), pb.Event(type=pb.Event.OUTPUT)
    read.path.steps.add(key="examples")
    read.path.steps.add(index=0)
    made.path.steps.add(key="model")
    made.path.steps.add(index=0)
    contexts = [pb.Context(type_id=pipeline, name="taxi"), pb.Context(type_id=run, name="taxi.1")]
    output = pb.Artifact(type_id=model, uri="/models/1")
    _, _, ids = store.put_execution(execution, [(data, read), (output, made)], contexts)
    store.put_parent_contexts([pb.ParentContext(child_id=ids[1], parent_id=ids[0])])


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "metadata.db"
        write(path)
        connection = sqlite3.connect(path)
        text = "\n".join(connection.iterdump()) + "\n"
        connection.close()
    Path(sys.argv[1]).write_text(text)


if __name__ == "__main__":
    main()
