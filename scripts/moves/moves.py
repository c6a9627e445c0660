"""The folder moves: where each module of src/tidefall goes.

`ROOMS` says it by new folder: old modules, `old=new_name` where the file is renamed. Modules are
named without `tidefall.`. Folders that stay as they are do not occur.
"""

from __future__ import annotations

BASELINE = "709ca28"
"""The commit that packages.py was written for; docstrings changed since are kept."""

# new folder -> (old folder, names)
ROOMS: list[tuple[str, str, str]] = [
    # ---- core -> base, tensor, op, composite --------------------------------------------------
    ("base", "core", """background composite data_nest device_spec devices dimension dispatch
        dispatch_apis dtypes errors exports logs nest nest_nodes nest_paths
        quiet=float_errors run_state services shapes state text vectorizer versions"""),
    ("tensor", "core", """context convert=conversion device_scope places=placement public specs
        tensor type_spec type_spec_registry typing"""),
    ("op", "core", """inference op=registry op_binding=binding op_checks=checks
        op_results=results op_table=table raw op_effects=effects
        op_traits=traits"""),
    ("composite", "core", """indexed_slices module sparse_tensor structure_names weak_number"""),
    ("composite.ragged", "core", """ragged_conversions=conversions ragged_factories=factories
        ragged_getitem=getitem ragged_shape=dynamic_shape ragged_spec=spec ragged_tensor
        row_partition row_partition_spec"""),
    ("composite.extension", "core", """extension_fields=fields extension_specs=specs
        extension_type"""),
    ("composite.variables", "core", """save_slice_info saveable variable variable_creation=creation
        variable_rows=slice_updates variable_saving=saving variable_storage=storage"""),
    ("composite.trackable", "core", """auto_trackable data_structures resource trackable
        tracked_base tracked_list tracked_mapping"""),
    # ---- ops by family ------------------------------------------------------------------------
    ("api", "ops", "index raw_stubs"),
    ("ops", "ops", "raw=raw_ops choosing=branchless"),
    ("ops.math", "ops", """addn bessel bitwise cast clip comparison complex_numbers cumulative
        division elementwise exponential incomplete_gamma integrals logical polynomials power
        rounding special trigonometric unary xlogy"""),
    ("ops.reductions", "ops", """arg_reductions bincount bucketize confusion_matrix histograms
        product_gradient reduction_axes=axes reduction_kernels=kernels
        reduction_ops=ops reductions=functions segment_kernels segments statistics
        sum_lowerings unsorted_segments"""),
    ("ops.array", "ops", """array_common=common blocks constants data_formats identity joining
        padding ranges ranking reshaping reversing selecting set_operations sets shapes_of
        sorting splitting stacking transposing"""),
    ("ops.slices", "ops", """gathering gathering_nd in_place indexing=getitem partitioning
        scattering slice_lowering slice_spec slicing"""),
    ("ops.linalg", "ops", """diagonal_bands diagonals diagonals_old einsum einsum_kernels
        einsum_labels matmul matrices tensordot"""),
    ("ops.debugging", "ops", """assertions debug_summary=numeric_summary
        debugging_switches=switches static_assertions"""),
    ("ops.strings", "ops", "printing tensor_text"),
    ("ops.control", "ops", "old_control_flow=switch_merge timestamps"),
    ("ops.state", "ops", """reference_variables resource_scatter_nd resource_slices
        resource_variables training=optimizer_updates"""),
    ("ops.lists", "ops", """tensor_list_batching=batching stacks tensor_array_ops tensor_array_value tensor_list
        tensor_list_batches tensor_list_value tensor_map"""),
    ("ops.nn", "ops", """fused nn_activations=activations nn_batch_norm=batch_norm nn_bias=bias
        nn_cross_entropy=cross_entropy nn_dilation=dilation nn_dropout=dropout
        nn_embedding=embedding nn_gates=gates nn_image_patches=image_patches
        nn_isotonic=isotonic nn_lrn=lrn nn_moments=moments nn_norms=norms
        nn_safe_embedding=safe_embedding nn_sequence_args=sequence_args nn_softmax=softmax
        nn_space_to_batch=space_to_batch nn_volume_patches=volume_patches nn_windows=windows
        initializers"""),
    ("ops.nn.convolution", "ops", """fused_convolution=fused nn_convolution=ops
        nn_convolution_functions=functions nn_convolution_kernels=kernels
        nn_convolution_lowerings=lowerings nn_depthwise=depthwise
        nn_depthwise_functions=depthwise_functions nn_depthwise_lowerings=depthwise_lowerings
        nn_fused_padding=fused_padding nn_general_convolution=general
        nn_transposed_convolution=transposed"""),
    ("ops.nn.pooling", "ops", """nn_fractional_pooling=fractional nn_pooling=ops
        nn_pooling_argmax=argmax nn_pooling_functions=functions nn_pooling_kernels=kernels
        nn_pooling_lowerings=lowerings"""),
    ("ops.nn.candidates", "ops.candidates", "distributions losses samplers unigrams"),
    ("ops.nn.ctc", "ops.ctc", "decoding labels loss"),
    ("ops.nn.recurrent", "ops.recurrent", "gru lstm"),
    ("ops.random", "ops", """random_distribution_functions=distribution_functions
        random_distributions=distributions random_draws=draws random_generator=generator
        random_generator_ops=generator_ops random_index_shuffle=index_shuffle
        random_philox=philox random_rejection=rejection random_seeds=seeds
        random_stateful=stateful random_stateful_functions=stateful_functions
        random_stateless=stateless random_stateless_functions=stateless_functions
        random_threefry=threefry random_truncated=truncated sobol"""),
    ("ops.ragged", "ops", """ragged=functions ragged_arrays=arrays ragged_broadcast=broadcast
        ragged_cross=cross ragged_dispatch=dispatch ragged_elementwise=elementwise
        ragged_gathering=gathering ragged_kernels=kernels ragged_matmul=matmul
        ragged_reductions=reductions ragged_rows=gather_op ragged_shapes=shapes
        ragged_splitting=splitting ragged_text=text ragged_variants=variants"""),
    ("ops.sparse", "ops", """sparse=functions sparse_counts=counts sparse_cross=cross
        sparse_dense=dense sparse_dispatch=dispatch sparse_maps=maps sparse_math=math
        sparse_parts=parts sparse_rows=rows sparse_segments=segments sparse_shape=shape
        sparse_values=values"""),
    ("ops.sparse.csr", "ops.csr", "cholesky converting products value"),
    # ---- graph --------------------------------------------------------------------------------
    ("graph", "graph", "lift=evaluate_outside static=static_values"),
    ("graph", "function", "replay"),
    ("graph.codec", "graph", """attributes codec=graph_def counted_loops function_library importer
        op_messages"""),
    ("graph.v1", "graph", """default_graph graph_variable meta_variables
        old_control_flow=control_flow ref_variables variables"""),
    # ---- runtime ------------------------------------------------------------------------------
    ("runtime.host", "runtime", """frames=v1_control_flow host=plan"""),
    ("runtime.xla", "runtime", """aot=ahead_of_time compilable compiler_ir heap=malloc_tuning
        jax_bridge jax_cache jax_settings lowering program_log repeated=transfer_cache
        sharding single=eager_compile streams=random_streams switches xla=executable"""),
    ("runtime.xla.fused_rnn", "function", """row_body=body row_loops=loops row_rules=rules
        row_values=values"""),
    ("runtime.partitioned", "runtime", "partition partitioned=backend"),
    ("runtime.policy", "runtime", "beside=background_compile compile_service policy=tier_policy tiers"),
    ("runtime.devices", "runtime", """accelerator clusters device_config=config device_log=log
        device_memory=memory node_places=node_placement threads"""),
    ("runtime.debugging", "runtime", "check_numerics checks strict_broadcasting"),
    ("native", "native", "row_loop=fused_rnn"),
    # ---- function -> control_flow, transforms, library ----------------------------------------
    ("control_flow", "function", """branch_gradient branch_lowering calls control_flow=cond
        kept=residuals loop_constants loop_gradient loop_kept=loop_residuals loop_lowering
        loops=functional stacked_results subgraphs tensor_array while_loop"""),
    ("transforms", "function.pfor", "vectorized_map"),
    ("transforms.pfor", "function.pfor", """convert elementwise flow indexing lists matrices
        networks parsing reducing shaping"""),
    ("library", "function", """ctc_loss matrix_loops padded_suppression ragged_images"""),
    ("library", "compat", "rnn_cells xla_functions plugins types=tensor_like"),
    ("library.testing", "compat", """benchmarks gradient_check graph_assertions
        test_switches=switches testing=test_case"""),
    ("function", "function", "describe=signature_text inference=atomic_function"),
    # ---- io -----------------------------------------------------------------------------------
    ("io.file_systems", "io", """file_object file_ops file_system graph_files open_file paths
        remote_files whole_files"""),
    ("io.records", "io", """compression crc readers record_chunks record_writer snappy
        snappy_stream snapshot_files tfrecord"""),
    ("io.bundles", "io", "bundle_format bundle_index bundle_reader bundle_writer table"),
    ("io.parsing", "io", """csv example_columns example_layout example_messages example_ops
        feature_plan features json_example parsing=functions proto_descriptors proto_fields
        proto_ops ragged_features sequence_example_ops sequence_parsing"""),
    ("io.codecs", "io", """compressed png serialization sparse_serialization structured
        tensor_messages wav"""),
    # ---- data ---------------------------------------------------------------------------------
    ("data", "data", "at auto_shard dataset experimental_names lookup_tables old_ops optional options"),
    ("data.transformations", "data", """cache copy_to_device filter global_shuffle group_by_reducer
        group_by_window ignore_errors map parse_example_dataset prefetch reduce
        rejection_resample repeat scan shard shuffle single_element snapshot snapshot_readers
        take take_while unique with_options old_stages"""),
    ("data.transformations.batching", "data", """batch bucket_by_sequence_length map_and_batch
        pad_to_cardinality padded_batch ragged_batch rebatch sparse_batch unbatch window"""),
    ("data.transformations.combining", "data", """concatenate directed_interleave flat_map
        interleave lanes=interleave_slots parallel_interleave sample_from_datasets zip"""),
    ("data.sources", "data", """csv_dataset csv_files epochs example_files file_sources
        fixed_length_record generator graph_generator list_files random range record_files
        slices sql_dataset tensors text_line tfrecord_dataset"""),
    ("data.engine", "data", """access debug_mode elements functions iterator
        iterators node random_parts random_seed read_ahead=prefetch_buffer
        recognition=function_cache settings structure tuning vectorize words=random_bits
        worker_main worker_processes workers numpy_iterator
        measure shown=format_spec stages iterator_handles"""),
    ("data.state", "data", """element_codec file_cache save saved_iterator saving
        serialize_iterator shards state_codec"""),
    ("data.report", "data", """batch_size cardinality dataset_graph explain fingerprint
        probes profile"""),
    # ---- saving -------------------------------------------------------------------------------
    ("saving.checkpoint", "saving", """background bundle checkpoint checkpoint_in_graph=in_graph
        checkpoint_manager=manager checkpoint_ops=ops checkpoint_options=options
        checkpoint_reader=reader checkpoint_state=state_file checkpoint_status=status
        checkpoint_view=view in_session object_graph python_state restoration sharding
        slice_checkpoint slice_writer"""),
    # ---- summary ------------------------------------------------------------------------------
    ("summary.events", "summary", """buckets event_ops events=event_file graph_values graphs
        old_ops pixels recording values writer"""),
    ("summary.profiler", "summary", "profiler"),
    ("summary.debugger", "summary", """debug_code=source_code debug_dump=dump
        debug_events=events"""),
    # ---- TensorFlow 1 -------------------------------------------------------------------------
    ("v1", "compat.v1", "mode old_functions old_signatures"),
    ("v1.graphs", "compat.v1", """differentiate frozen_function graph_keys graph_tools
        variables_as_constants wrapped_function"""),
    ("v1.sessions", "compat.v1", "concurrent_steps fetches plan session"),
    ("v1.sessions.monitored", "compat.v1.monitored", """monitored_session run_hooks saving_hooks
        scaffold"""),
    ("v1.variables", "compat.v1", """initializer_classes partitioned_variables partitioners
        scope_stack state_ops v1_variable variable_store"""),
    ("v1.training", "compat.v1", """adaptive_optimizers learning_rates moving_averages
        optimizer_base optimizers rule_optimizer training_steps"""),
    ("v1.saving", "compat.v1", """checkpoint_files initial_checkpoint meta_graph meta_graph_files
        object_checkpoint saveables saved_models saver_files saver_nodes savers"""),
    ("v1.input", "compat.v1", "dataset_iterators datasets readers tables"),
    ("v1.input.queues", "compat.v1.input_threads", """batching coordinator producers
        queue_runner"""),
    ("v1.functions", "compat.v1", """embeddings image_functions loss_functions nn_functions
        summaries"""),
    ("v1.functions.streaming_metrics", "compat.v1.streaming_metrics", """common counts means
        thresholds"""),
    # ---- tools --------------------------------------------------------------------------------
    ("tools", "", "demo"),
]

# Whole folders, with all that is in them.
FOLDERS: dict[str, str] = {
    "doctor": "tools.doctor",
    "coverage": "tools.coverage",
    "saved_model_cli": "tools.saved_model_cli",
}

# Folders whose `__init__` goes along; what is unknown in them follows by name.
PACKAGES: dict[str, str] = {
    **FOLDERS,
    "function.pfor": "transforms.pfor",
    "ops.candidates": "ops.nn.candidates",
    "ops.ctc": "ops.nn.ctc",
    "ops.recurrent": "ops.nn.recurrent",
    "ops.csr": "ops.sparse.csr",
    "compat.v1": "v1",
    "compat.v1.monitored": "v1.sessions.monitored",
    "compat.v1.input_threads": "v1.input.queues",
    "compat.v1.streaming_metrics": "v1.functions.streaming_metrics",
}

# Packages that stay under their name: `tidefall.compat.v1` is a public namespace.
STAYING_INITS = {"tidefall.compat.v1"}

# Modules that people type: texts keep these names, thin modules answer to them.
TYPED = {"tidefall.demo"}

# Folders that nothing is left of.
GONE = ["core"]

# Other files: old path -> new path.
DATA: dict[str, str] = {
    "core/op_table.json": "op/op_table.json",
    "compat/v1/api.json": "v1/api.json",
}

# Modules at the top of folders that stay there.
STAY: dict[str, str] = {
    "graph": """analysis content control_dependencies create critical_section effects elements func_graph
        graph operation_api printer queries reachability scopes user_code verifier""",
    "function": """batch_function batch_scheduler binding call_keys concrete execution_modes
        graph_import keywords number_arguments polymorphic retracing trace_cache tracer tracing
        types variable_arguments""",
    "ops": """common dispatch_for dlpack eager_tiers fast lowering_cpu operator_methods operators
        precision batching __main__""",
    "data": "at auto_shard dataset experimental_names lookup_tables old_ops optional options",
    "runtime": "build_info backend program stateful executable",
}

# Definitions that go to another file: (old module, name) -> new module.
SYMBOLS: dict[tuple[str, str], str] = {
    ("tidefall.function.concrete", "GraphFunction"): "tidefall.runtime.graph_function",
    ("tidefall.function.concrete", "rebuild_outputs"): "tidefall.runtime.graph_function",
    ("tidefall.io.tfrecord", "errors_from_os"): "tidefall.io.file_systems.os_errors",
}
SYMBOL_FILES = {"tidefall.io.file_systems.os_errors": "What the operating system says of files, as TensorFlow's errors.", "tidefall.runtime.graph_function": "Graphs with names: what nodes that call, branch and loop refer to, and how they are run."}
WITH_SYMBOLS = {"tidefall.runtime.graph_function": ("_log",)}

# Lowest first.
LAYERS = """proto base tensor op _index surface composite native ops graph autodiff runtime control_flow
    transforms function io library data saving summary distribute v1 text serving compat
    api tools""".split()


def module_map(modules: list[str]) -> dict[str, str]:
    """Old module -> new module, both from `tidefall.`, for the modules that move."""
    found: dict[str, str] = {}
    for room, folder, names in ROOMS:
        for item in names.split():
            old, _, new = item.partition("=")
            old = ".".join(p for p in ("tidefall", folder, old) if p)
            new = f"tidefall.{room}.{new or old.rpartition('.')[2]}"
            if old in found:
                raise SystemExit(f"{old} is mapped twice: {found[old]} and {new}")
            found[old] = new
    for module in modules:
        for folder, new in FOLDERS.items():
            if module.startswith(f"tidefall.{folder}."):
                found[module] = f"tidefall.{new}" + module[len(f"tidefall.{folder}") :]
    return {old: new for old, new in found.items() if old != new}


REQUIRED = "base tensor op _index surface composite native ops graph autodiff runtime control_flow function".split()

# Imports against the order that are left, each with its reason.
IGNORED: dict[str, str] = {
    "tidefall.tensor.conversion -> tidefall.op.*": "a list of tensors becomes one by the op Pack",
}

PYPROJECT = {
    '"src/tidefall/demo/**" = ["T20"]\n"src/tidefall/demo.py" = ["T20"]\n': '"src/tidefall/tools/demo.py" = ["T20"]\n',
    '"src/tidefall/saved_model_cli/**" = ["T20"]': '"src/tidefall/tools/saved_model_cli/**" = ["T20"]',
    '"src/tidefall/ops/index.py" = ["T20"]': '"src/tidefall/api/index.py" = ["T20"]',
    '"src/tidefall/core"': '"src/tidefall/base", "src/tidefall/op", "src/tidefall/tensor", "src/tidefall/composite"',
}

THIN = '''"""`python -m tidefall.{name}`: {what}."""

from __future__ import annotations

import runpy

if __name__ == "__main__":
    runpy.run_module("tidefall.tools.{name}", run_name="__main__", alter_sys=True)
'''

NEW_FILES: dict[str, str] = {
    f"src/tidefall/{name}.py": THIN.format(name=name, what=what)
    for name, what in {
        "doctor": "what this installation is made of, and what is wrong with it",
        "coverage": "how much of TensorFlow's public API there is",
        "saved_model_cli": "looks at, runs and compiles saved models",
        "demo": "train, export, serve and query a digit classifier",
    }.items()
}

# (file after the moves, old text, new text)
EDITS: list[tuple[str, str, str]] = [
    ("src/tidefall/api/index.py", 'ROOT / "core" / "raw.pyi"', 'ROOT / "op" / "raw.pyi"'),
    ("src/tidefall/runtime/debugging/strict_broadcasting.py", '        "core/",\n', '        "base/",\n        "tensor/",\n        "op/",\n        "composite/",\n'),
    ("tests/function/autograph/test_sources.py", '("tidefall.core", True)', '("tidefall.base", True)'),
    ("docs/tour.md", "`proto` lowest because any layer may read or write a message. `demo.py`, `coverage/` (how much of\nTensorFlow's API there is), `doctor/` (what an installation is made of), `keras_imports.py` (what\nKeras gets for `import tensorflow`) and `surface.py`, which knows all public names, stand outside.\n", "`proto` lowest because any layer may read or write a message; `ops` above `composite` because many\nof them take ragged and sparse tensors, while those call ops by way of `raw`. `surface.py`, which\nfinds public names, stands between `op` and `composite`; `keras_imports.py` (what Keras gets for\n`import tensorflow`) outside.\n"),
    ("docs/tour.md", "Tidefall is one package of a dozen folders,", "Tidefall is one package of two dozen folders,"),
    ("tests/test_command.py", 'INNER = {"tidefall.data.engine.worker_main", "tidefall.native.sources"}\n"""What only other programs start."""', 'INNER = {\n    "tidefall.data.engine.worker_main",\n    "tidefall.native.sources",\n    "tidefall.tools.coverage",\n    "tidefall.tools.demo",\n    "tidefall.tools.doctor",\n    "tidefall.tools.saved_model_cli",\n}\n"""What other programs start, these by the shorter names above."""'),
    ("Makefile", 'make pytest ARGS="tests/core -k shape"', 'make pytest ARGS="tests/base -k shape"'),
    ("docs/tour.md", "imports NumPy, `core/` and little else", "imports NumPy, `base/`, `tensor/`, `op/` and little else"),
]

# Packages whose modules declare ops or export names.
INDEXED = """base tensor op composite ops graph autodiff runtime control_flow transforms function
    io library data saving summary distribute v1 compat""".split()
