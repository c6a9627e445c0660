"""Where the tests go: they mirror src/tidefall."""

from __future__ import annotations

ROOMS: list[tuple[str, str, str]] = [
    ("base", "core", """test_background test_devices test_dtypes test_errors test_nest test_shapes
        test_text_and_versions"""),
    ("tensor", "core", "test_specs test_tensor_text"),
    ("op", "core", "test_op test_raw"),
    ("composite", "core", """test_extension_type test_extension_type_specs test_indexed_slices
        test_module test_ragged test_trackable test_variable test_convertible_types"""),
    ("ops.array", "ops", "test_arrays test_constants"),
    ("ops.debugging", "ops", "test_assertions"),
    ("ops.sparse", "ops", "test_csr test_sparse_rows test_sparse_tensors"),
    ("ops.slices", "ops", "test_indexing=test_getitem"),
    ("ops.linalg", "ops", "test_linear_operators test_matmul test_old_names"),
    ("ops.lookup", "ops", "test_lookup"),
    ("ops.math", "ops", "test_math_numerics"),
    ("ops.nn", "ops", """test_nn_convolution=test_convolution
        test_nn_depthwise_lowerings=test_depthwise_lowerings
        test_nn_general_convolution=test_general_convolution test_nn_isotonic=test_isotonic
        test_nn_pooling=test_pooling test_recurrent"""),
    ("ops.numpy", "ops", "test_numpy_behavior=test_behavior test_numpy_unknown_rank=test_unknown_rank"),
    ("ops.control", "ops", "test_old_control_flow_ops=test_switch_merge"),
    ("ops.strings", "ops", "test_printing test_regex"),
    ("ops.ragged", "ops", "test_ragged_text=test_text"),
    ("ops.random", "ops", """test_random_philox=test_philox test_random_streams=test_streams
        test_random_threefry=test_threefry"""),
    ("ops.structured", "ops", "test_structured_tensor"),
    ("ops.state", "ops", "test_training=test_optimizer_updates"),
    ("graph", "function", "test_replay test_import_versions"),
    ("graph", "graph", """test_lift=test_evaluate_outside
        test_old_control_flow=test_v1_control_flow"""),
    ("control_flow", "function", """test_control_flow=test_cond test_kept_values=test_residuals
        test_loop_gradients test_loops test_tensor_array"""),
    ("transforms", "function", "test_pfor"),
    ("control_flow", "function", "test_row_loops=test_fused_rnn"),
    ("base", "runtime", "test_run_state"),
    ("runtime", "runtime", "test_beside=test_background_compile"),
    ("native", "native", "test_row_loop=test_fused_rnn"),
    ("library", "compat", "test_measuring test_testing test_rnn_cells"),
    ("v1", "compat", "test_v1_checkpoints=test_object_checkpoints test_wrapped_import"),
]

# Whole folders.
PACKAGES: dict[str, str] = {
    "tests.compat.v1": "tests.v1",
    "tests.doctor": "tests.tools.doctor",
    "tests.saved_model_cli": "tests.tools.saved_model_cli",
}

# Files that are not modules, and folders with all that is left in them.
DATA: dict[str, str] = {
    "tests/ops/numpy_promotion.json.gz": "tests/ops/numpy/numpy_promotion.json.gz",
    "tests/compat/v1/": "tests/v1/",
    "tests/doctor/": "tests/tools/doctor/",
    "tests/saved_model_cli/": "tests/tools/saved_model_cli/",
}

# What real TensorFlow answered: never rewritten.
RECORDED = ("tests/oracle/recorded", "tests/oracle/saved_models/recorded", "tests/keras_suite/repository")


def module_map(modules: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for room, folder, names in ROOMS:
        for item in names.split():
            old, _, new = item.partition("=")
            found[f"tests.{folder}.{old}"] = f"tests.{room}.{new or old}"
    for module in modules:
        if not module.startswith("tests.") or module in found:
            continue
        for folder, new in PACKAGES.items():
            if module.startswith(folder + "."):
                found[module] = new + module[len(folder) :]
        if module.startswith("tests.core."):
            found[module] = "tests.base" + module[len("tests.core") :]
    return {old: new for old, new in found.items() if old != new}
