"""The schemas say what the descriptors of TensorFlow and TensorFlow Serving's stubs say."""

import json

import pytest

pytestmark = pytest.mark.oracle

# These are in no Python package, or in none that TensorFlow asks for.
BY_HAND = {
    "ml_metadata/proto/metadata_store.proto",
    "grpc/health/v1/health.proto",
    "grpc/reflection/v1/reflection.proto",
    "grpc/reflection/v1alpha/reflection.proto",
    "tensorflow_serving/config/monitoring_config.proto",
    "tensorflow_serving/config/ssl_config.proto",
    "tensorflow_serving/servables/tensorflow/session_bundle_config.proto",
}


def test_recorded_schemas(run_oracle, repo_root):
    script = (
        "import json, sys\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "import build_protos\n"
        "files = build_protos.recorded_files()\n"
        "print(json.dumps({n: build_protos.Printer(f).text() for n, f in files.items()}))\n"
    )
    recorded = json.loads(run_oracle(script, str(repo_root / "scripts")))
    schemas = repo_root / "src" / "tidefall" / "proto" / "schema"
    written = {str(p.relative_to(schemas)): p.read_text() for p in schemas.rglob("*.proto")}
    assert set(written) - BY_HAND == set(recorded)
    assert {name: written[name] for name in recorded} == recorded
