"""Written by `python -m tidefall.api.index`; do not edit.

A line has a module, and the public names it exports or the ops it declares.
"""


def _by_name(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.strip().splitlines():
        module, *names = line.split()
        found.update(dict.fromkeys(names, f"tidefall.{module}"))
    return found


EXPORTS: dict[str, str] = _by_name("""
autodiff.custom_gradient custom_gradient grad_pass_through
autodiff.forward autodiff.ForwardAccumulator
autodiff.gradients AggregationMethod gradients hessians
autodiff.python_functions compat.v1.py_func numpy_function py_function
autodiff.recompute recompute_grad
autodiff.registration RegisterGradient compat.v1.NoGradient compat.v1.NotDifferentiable no_gradient
autodiff.tape GradientTape UnconnectedGradients autodiff.GradientTape
base.device_spec DeviceSpec compat.v1.DeviceSpec
base.devices config.LogicalDevice config.LogicalDeviceConfiguration config.PhysicalDevice config.experimental.VirtualDeviceConfiguration
base.logs compat.v1.logging.DEBUG compat.v1.logging.ERROR compat.v1.logging.FATAL compat.v1.logging.INFO compat.v1.logging.TaskLevelStatusMessage compat.v1.logging.WARN compat.v1.logging.debug compat.v1.logging.error compat.v1.logging.fatal compat.v1.logging.flush compat.v1.logging.get_verbosity compat.v1.logging.info compat.v1.logging.log compat.v1.logging.log_every_n compat.v1.logging.log_first_n compat.v1.logging.log_if compat.v1.logging.set_verbosity compat.v1.logging.vlog compat.v1.logging.warn compat.v1.logging.warning get_logger
base.text compat.as_bytes compat.as_str compat.as_str_any compat.as_text compat.bytes_or_text_types compat.complex_types compat.forward_compatibility_horizon compat.forward_compatible compat.integral_types compat.path_to_str compat.real_types
base.versions sysconfig.CXX11_ABI_FLAG sysconfig.CXX_VERSION sysconfig.MONOLITHIC_BUILD sysconfig.get_compile_flags sysconfig.get_include sysconfig.get_lib sysconfig.get_link_flags version.COMPILER_VERSION version.GIT_VERSION version.GRAPH_DEF_VERSION version.GRAPH_DEF_VERSION_MIN_CONSUMER version.GRAPH_DEF_VERSION_MIN_PRODUCER version.VERSION
composite.extension.extension_type experimental.BatchableExtensionType experimental.ExtensionType experimental.extension_type.as_dict
composite.extension.specs experimental.ExtensionTypeBatchEncoder experimental.ExtensionTypeSpec
composite.indexed_slices IndexedSlices IndexedSlicesSpec
composite.ragged.dynamic_shape experimental.DynamicRaggedShape
composite.ragged.ragged_tensor RaggedTensor
composite.ragged.row_partition experimental.RowPartition
composite.ragged.spec RaggedTensorSpec
composite.ragged.values compat.v1.ragged.RaggedTensorValue
composite.sparse_tensor SparseTensor SparseTensorSpec compat.v1.SparseTensorValue sparse.SparseTensor
composite.structure_names Module NoneTensorSpec TensorSpec TypeSpec __internal__.CompositeTensor __internal__.nest.flatten_up_to __internal__.nest.list_to_tuple __internal__.nest.map_structure_up_to __internal__.nest.yield_flat_paths __internal__.tracking.AutoTrackable __internal__.tracking.Trackable __internal__.tracking.TrackableDataStructure __internal__.tracking.TrackableReference __internal__.tracking.no_automatic_dependency_tracking __internal__.tracking.sticky_attribute_assignment __internal__.tracking.wrap nest.assert_same_structure nest.flatten nest.is_nested nest.map_structure nest.pack_sequence_as train.TrackableView type_spec_from_value
composite.trackable.resource saved_model.Asset saved_model.experimental.TrackableResource
composite.variables.creation VariableAggregation VariableSynchronization variable_creator_scope
composite.variables.variable Variable
control_flow.cond __internal__.smart_cond.smart_cond case cond switch_case
control_flow.functional foldl foldr map_fn scan
control_flow.tensor_array TensorArray TensorArraySpec
control_flow.while_loop while_loop
data.at data.experimental.at
data.dataset data.Dataset data.DatasetSpec
data.engine.debug_mode data.experimental.enable_debug_mode
data.engine.iterator data.Iterator data.IteratorSpec
data.engine.numpy_iterator data.NumpyIterator
data.engine.worker_processes data.experimental.WorkerProcesses
data.experimental_names data.experimental.Counter data.experimental.dense_to_ragged_batch data.experimental.dense_to_sparse_batch data.experimental.enumerate_dataset data.experimental.from_list data.experimental.from_variant data.experimental.get_next_as_optional data.experimental.get_structure data.experimental.scan data.experimental.shuffle_and_repeat data.experimental.take_while data.experimental.to_variant data.experimental.unbatch
data.lookup_tables data.experimental.DatasetInitializer data.experimental.index_table_from_dataset data.experimental.table_from_dataset
data.optional OptionalSpec data.experimental.Optional experimental.Optional
data.options data.Options data.ThreadingOptions data.experimental.AutoShardPolicy data.experimental.AutotuneAlgorithm data.experimental.AutotuneOptions data.experimental.DistributeOptions data.experimental.ExternalStatePolicy data.experimental.OptimizationOptions data.experimental.ServiceOptions data.experimental.ThreadingOptions
data.report.cardinality data.INFINITE_CARDINALITY data.UNKNOWN_CARDINALITY data.experimental.INFINITE_CARDINALITY data.experimental.UNKNOWN_CARDINALITY data.experimental.assert_cardinality data.experimental.cardinality
data.service.configs data.experimental.service.CrossTrainerCache data.experimental.service.DispatcherConfig data.experimental.service.ShardingPolicy data.experimental.service.WorkerConfig
data.service.distribute data.experimental.distributed_save data.experimental.service.distribute data.experimental.service.from_dataset_id data.experimental.service.register_dataset
data.service.servers data.experimental.service.DispatchServer data.experimental.service.WorkerServer
data.sources.csv_dataset data.experimental.CsvDataset
data.sources.csv_files data.experimental.make_csv_dataset
data.sources.example_files data.experimental.make_batched_features_dataset data.experimental.parse_example_dataset
data.sources.fixed_length_record data.FixedLengthRecordDataset
data.sources.random data.experimental.RandomDataset
data.sources.record_files data.experimental.TFRecordWriter
data.sources.sql_dataset data.experimental.SqlDataset
data.sources.text_line data.TextLineDataset
data.sources.tfrecord_dataset data.TFRecordDataset
data.state.save data.experimental.load data.experimental.save
data.state.serialize_iterator data.experimental.make_saveable_from_iterator
data.transformations.batching.bucket_by_sequence_length data.experimental.bucket_by_sequence_length
data.transformations.batching.map_and_batch data.experimental.map_and_batch
data.transformations.batching.pad_to_cardinality data.experimental.pad_to_cardinality
data.transformations.combining.directed_interleave data.experimental.choose_from_datasets
data.transformations.combining.parallel_interleave data.experimental.parallel_interleave
data.transformations.combining.sample_from_datasets data.experimental.sample_from_datasets
data.transformations.copy_to_device data.experimental.copy_to_device data.experimental.prefetch_to_device
data.transformations.group_by_reducer data.experimental.Reducer data.experimental.group_by_reducer
data.transformations.group_by_window data.experimental.group_by_window
data.transformations.ignore_errors data.experimental.ignore_errors
data.transformations.prefetch data.AUTOTUNE data.experimental.AUTOTUNE
data.transformations.rejection_resample data.experimental.rejection_resample
data.transformations.shard data.experimental.SHARD_HINT
data.transformations.single_element data.experimental.get_single_element
data.transformations.snapshot data.experimental.snapshot
data.transformations.unique data.experimental.unique
distribute.cluster.local_cluster test.create_local_cluster
distribute.cluster.server compat.v1.distribute.Server compat.v1.train.Server distribute.Server
distribute.cluster_resolver.gce compat.v1.distribute.cluster_resolver.GCEClusterResolver distribute.cluster_resolver.GCEClusterResolver
distribute.cluster_resolver.kubernetes compat.v1.distribute.cluster_resolver.KubernetesClusterResolver compat.v1.distribute.cluster_resolver.KubernetesExecutableLocation distribute.cluster_resolver.KubernetesClusterResolver distribute.cluster_resolver.KubernetesExecutableLocation
distribute.cluster_resolver.resolver compat.v1.distribute.cluster_resolver.ClusterResolver compat.v1.distribute.cluster_resolver.SimpleClusterResolver compat.v1.distribute.cluster_resolver.UnionResolver distribute.cluster_resolver.ClusterResolver distribute.cluster_resolver.SimpleClusterResolver distribute.cluster_resolver.UnionResolver
distribute.cluster_resolver.slurm compat.v1.distribute.cluster_resolver.SlurmClusterResolver distribute.cluster_resolver.SlurmClusterResolver
distribute.cluster_resolver.tf_config compat.v1.distribute.cluster_resolver.TFConfigClusterResolver distribute.cluster_resolver.TFConfigClusterResolver
distribute.cluster_resolver.tpu compat.v1.distribute.cluster_resolver.TPUClusterResolver distribute.cluster_resolver.TPUClusterResolver
distribute.cluster_spec compat.v1.train.ClusterSpec train.ClusterSpec
distribute.communication distribute.InputContext distribute.InputOptions distribute.InputReplicationMode distribute.RunOptions distribute.experimental.CollectiveCommunication distribute.experimental.CollectiveHints distribute.experimental.CommunicationImplementation distribute.experimental.CommunicationOptions distribute.experimental.ValueContext
distribute.connection config.experimental.ClusterDeviceFilters config.experimental_connect_to_cluster config.experimental_connect_to_host
distribute.coordinator.cluster_coordinator distribute.coordinator.ClusterCoordinator distribute.experimental.coordinator.ClusterCoordinator
distribute.coordinator.dispatch distribute.coordinator.experimental_get_current_worker_index
distribute.coordinator.per_worker_values distribute.coordinator.PerWorkerValue distribute.experimental.coordinator.PerWorkerValues
distribute.coordinator.remote_value distribute.coordinator.RemoteValue distribute.experimental.coordinator.RemoteValue
distribute.cross_device_ops distribute.CrossDeviceOps distribute.HierarchicalCopyAllReduce distribute.NcclAllReduce distribute.ReductionToOneDevice
distribute.dtensor.accelerators experimental.dtensor.initialize_accelerator_system experimental.dtensor.initialize_multi_client experimental.dtensor.initialize_tpu_system experimental.dtensor.shutdown_accelerator_system experimental.dtensor.shutdown_tpu_system
distribute.dtensor.checkpoint experimental.dtensor.DTensorCheckpoint
distribute.dtensor.clients experimental.dtensor.client_id experimental.dtensor.full_job_name experimental.dtensor.heartbeat_enabled experimental.dtensor.job_name experimental.dtensor.jobs experimental.dtensor.local_devices experimental.dtensor.num_clients experimental.dtensor.num_global_devices experimental.dtensor.num_local_devices experimental.dtensor.preferred_device_type
distribute.dtensor.dataset experimental.dtensor.DTensorDataset
distribute.dtensor.functions experimental.dtensor.call_with_layout experimental.dtensor.check_layout experimental.dtensor.copy_to_mesh experimental.dtensor.default_mesh experimental.dtensor.device_name experimental.dtensor.fetch_layout experimental.dtensor.get_default_mesh experimental.dtensor.is_dtensor experimental.dtensor.pack experimental.dtensor.run_on experimental.dtensor.unpack
distribute.dtensor.layout experimental.dtensor.Layout experimental.dtensor.MATCH experimental.dtensor.UNSHARDED
distribute.dtensor.mesh experimental.dtensor.Mesh
distribute.dtensor.meshes experimental.dtensor.barrier experimental.dtensor.create_distributed_mesh experimental.dtensor.create_mesh experimental.dtensor.create_tpu_mesh
distribute.dtensor.relayout experimental.dtensor.relayout experimental.dtensor.relayout_like
distribute.dtensor.saving experimental.dtensor.enable_save_as_bf16 experimental.dtensor.name_based_restore experimental.dtensor.name_based_save experimental.dtensor.sharded_save
distribute.dtensor.variable experimental.dtensor.DVariable
distribute.extended distribute.StrategyExtended
distribute.input.distributed_dataset distribute.DistributedDataset distribute.DistributedIterator
distribute.losses nn.compute_average_loss nn.scale_regularization_loss
distribute.partitioners distribute.experimental.partitioners.FixedShardsPartitioner distribute.experimental.partitioners.MaxSizePartitioner distribute.experimental.partitioners.MinSizePartitioner distribute.experimental.partitioners.Partitioner
distribute.preemption.handler distribute.experimental.PreemptionCheckpointHandler distribute.experimental.TerminationConfig
distribute.preemption.watcher distribute.experimental.PreemptionWatcher
distribute.reduce_op distribute.ReduceOp
distribute.replica_context distribute.ReplicaContext
distribute.sharded_variable __internal__.distribute.ShardedVariable
distribute.strategies.central_storage compat.v1.distribute.experimental.CentralStorageStrategy distribute.experimental.CentralStorageStrategy
distribute.strategies.mirrored distribute.MirroredStrategy
distribute.strategies.multi_worker distribute.MultiWorkerMirroredStrategy distribute.experimental.MultiWorkerMirroredStrategy
distribute.strategies.one_device distribute.OneDeviceStrategy
distribute.strategies.parameter_server distribute.ParameterServerStrategy distribute.experimental.ParameterServerStrategy
distribute.strategies.tpu compat.v1.distribute.experimental.TPUStrategy distribute.TPUStrategy distribute.experimental.TPUStrategy
distribute.strategy __internal__.distribute.interim.maybe_merge_call __internal__.distribute.strategy_supports_no_merge_call distribute.Strategy distribute.experimental_set_strategy distribute.get_replica_context distribute.get_strategy distribute.has_strategy distribute.in_cross_replica_context
distribute.tpu.system compat.v1.tpu.XLAOptions compat.v1.tpu.experimental.TPUSystemMetadata compat.v1.tpu.experimental.initialize_tpu_system compat.v1.tpu.experimental.shutdown_tpu_system tpu.XLAOptions tpu.experimental.TPUSystemMetadata tpu.experimental.initialize_tpu_system tpu.experimental.shutdown_tpu_system
distribute.values distribute.DistributedValues types.experimental.distributed.Mirrored types.experimental.distributed.PerReplica
function.autograph.api autograph.experimental.Feature autograph.experimental.do_not_convert autograph.experimental.set_loop_options autograph.set_verbosity autograph.to_code autograph.to_graph autograph.trace
function.batch_function nondifferentiable_batch_function
function.concrete types.experimental.ConcreteFunction
function.execution_modes experimental.async_clear_error experimental.async_scope experimental.enable_strict_mode experimental.function_executor_type
function.graph_import compat.v1.import_graph_def graph_util.import_graph_def import_graph_def
function.polymorphic __internal__.function.Function config.experimental_functions_run_eagerly config.experimental_run_functions_eagerly config.functions_run_eagerly config.run_functions_eagerly function types.experimental.GenericFunction types.experimental.PolymorphicFunction
function.types types.experimental.AtomicFunction types.experimental.Callable types.experimental.FunctionType types.experimental.SupportsTracingProtocol types.experimental.TraceType
graph.control_dependencies control_dependencies
graph.critical_section CriticalSection
graph.func_graph __internal__.FuncGraph
graph.graph Graph
graph.operation Operation
graph.passes.options config.optimizer.get_experimental_options config.optimizer.get_jit config.optimizer.set_experimental_options config.optimizer.set_jit
graph.queries get_current_name_scope inside_function is_symbolic_tensor
graph.static_values get_static_value
graph.v1.default_graph compat.v1.disable_eager_execution compat.v1.enable_eager_execution compat.v1.executing_eagerly_outside_functions compat.v1.get_default_graph compat.v1.reset_default_graph
io.codecs.compressed compat.v1.decode_compressed compat.v1.io.decode_compressed io.decode_compressed
io.codecs.png image.encode_png io.encode_png
io.codecs.serialization io.decode_base64 io.decode_raw io.encode_base64 io.parse_tensor io.serialize_tensor
io.codecs.sparse_serialization io.deserialize_many_sparse io.serialize_many_sparse io.serialize_sparse
io.codecs.tensor_messages make_ndarray make_tensor_proto
io.codecs.wav audio.decode_wav audio.encode_wav
io.file_systems.file_object io.gfile.GFile
io.file_systems.file_ops compat.v1.io.match_filenames_once io.match_filenames_once io.matching_files io.read_file io.write_file
io.file_systems.file_system io.gfile.copy io.gfile.exists io.gfile.get_registered_schemes io.gfile.glob io.gfile.isdir io.gfile.join io.gfile.listdir io.gfile.makedirs io.gfile.mkdir io.gfile.remove io.gfile.rename io.gfile.rmtree io.gfile.stat io.gfile.walk
io.file_systems.graph_files io.write_graph
io.parsing.csv compat.v1.decode_csv compat.v1.io.decode_csv io.decode_csv
io.parsing.example_messages compat.v1.AttrValue compat.v1.ConfigProto compat.v1.Event compat.v1.GPUOptions compat.v1.GraphDef compat.v1.GraphOptions compat.v1.HistogramProto compat.v1.LogMessage compat.v1.MetaGraphDef compat.v1.NameAttrList compat.v1.NodeDef compat.v1.OptimizerOptions compat.v1.RunMetadata compat.v1.RunOptions compat.v1.SessionLog compat.v1.Summary compat.v1.SummaryMetadata compat.v1.TensorInfo compat.v1.summary.Event compat.v1.summary.Summary compat.v1.summary.SummaryDescription compat.v1.summary.TaggedRunMetadata compat.v1.train.BytesList compat.v1.train.ClusterDef compat.v1.train.Example compat.v1.train.Feature compat.v1.train.FeatureList compat.v1.train.FeatureLists compat.v1.train.Features compat.v1.train.FloatList compat.v1.train.Int64List compat.v1.train.JobDef compat.v1.train.SaverDef compat.v1.train.SequenceExample compat.v1.train.ServerDef train.BytesList train.ClusterDef train.Example train.Feature train.FeatureList train.FeatureLists train.Features train.FloatList train.Int64List train.JobDef train.SequenceExample train.ServerDef
io.parsing.features compat.v1.FixedLenFeature compat.v1.FixedLenSequenceFeature compat.v1.SparseFeature compat.v1.VarLenFeature compat.v1.io.FixedLenFeature compat.v1.io.FixedLenSequenceFeature compat.v1.io.RaggedFeature compat.v1.io.SparseFeature compat.v1.io.VarLenFeature io.FixedLenFeature io.FixedLenSequenceFeature io.RaggedFeature io.SparseFeature io.VarLenFeature
io.parsing.functions compat.v1.io.parse_example compat.v1.io.parse_single_example compat.v1.parse_example compat.v1.parse_single_example io.parse_example io.parse_single_example
io.parsing.json_example compat.v1.decode_json_example compat.v1.io.decode_json_example io.decode_json_example
io.parsing.proto_ops compat.v1.io.decode_proto compat.v1.io.encode_proto io.decode_proto io.encode_proto
io.parsing.sequence_parsing compat.v1.io.parse_sequence_example compat.v1.io.parse_single_sequence_example compat.v1.parse_single_sequence_example io.parse_sequence_example io.parse_single_sequence_example
io.records.record_writer compat.v1.io.tf_record_iterator compat.v1.python_io.tf_record_iterator io.TFRecordOptions io.TFRecordWriter
library.ctc_loss nn.ctc_loss
library.matrix_loops linalg.experimental.conjugate_gradient linalg.expm
library.padded_suppression image.non_max_suppression_padded
library.plugins load_library load_op_library
library.rnn_cells nn.RNNCellDeviceWrapper nn.RNNCellDropoutWrapper nn.RNNCellResidualWrapper
library.tensor_like types.experimental.TensorLike
library.testing.benchmarks test.Benchmark test.benchmark_config test.experimental.sync_devices
library.testing.gradient_check test.compute_gradient
library.testing.graph_assertions test.assert_equal_graph_def
library.testing.switches experimental.register_filesystem_plugin test.disable_with_predicate test.is_cpu_target_available test.with_eager_op_as_function
library.testing.test_case test.TestCase test.gpu_device_name test.is_built_with_cuda test.is_built_with_gpu_support test.is_built_with_rocm test.is_built_with_xla test.is_gpu_available test.main
library.xla_functions xla.experimental.compile xla.experimental.jit_scope
lite.converter.authoring lite.experimental.authoring.compatible
lite.converter.converter lite.TFLiteConverter
lite.converter.target lite.OpsSet lite.Optimize lite.RepresentativeDataset lite.TargetSpec
lite.interpreter.analyzer lite.experimental.Analyzer
lite.interpreter.interpreter lite.Interpreter lite.experimental.OpResolverType lite.experimental.load_delegate
lite.quantize.debugger lite.experimental.QuantizationDebugOptions lite.experimental.QuantizationDebugger
ops.array.blocks batch_to_space nn.depth_to_space nn.space_to_batch nn.space_to_depth space_to_batch space_to_batch_nd
ops.array.constants Tensor constant convert_to_tensor fill is_tensor ones ones_like register_tensor_conversion_function zeros zeros_like
ops.array.identity check_pinned debugging.check_numerics ensure_shape group guarantee_const identity identity_n no_op stop_gradient tuple
ops.array.joining concat
ops.array.padding pad tile
ops.array.ranges linspace range
ops.array.ranking approx_top_k math.approx_max_k math.approx_min_k math.in_top_k nn.approx_max_k nn.approx_min_k nn.in_top_k
ops.array.reshaping expand_dims reshape squeeze
ops.array.reversing reverse reverse_sequence roll
ops.array.selecting compat.v1.where one_hot sequence_mask where
ops.array.set_operations sets.difference sets.intersection sets.size sets.union
ops.array.sets searchsorted unique unique_with_counts
ops.array.shapes_of broadcast_dynamic_shape broadcast_static_shape rank shape shape_n size
ops.array.sorting argsort math.top_k nn.top_k sort
ops.array.splitting repeat split
ops.array.stacking parallel_stack stack unstack
ops.array.transposing broadcast_to math.invert_permutation transpose
ops.control.timestamps timestamp
ops.debugging.assertions Assert assert_equal assert_greater assert_less debugging.Assert debugging.assert_equal debugging.assert_greater debugging.assert_greater_equal debugging.assert_less debugging.assert_less_equal debugging.assert_near debugging.assert_negative debugging.assert_non_negative debugging.assert_non_positive debugging.assert_none_equal debugging.assert_positive
ops.debugging.static_assertions assert_rank debugging.assert_all_finite debugging.assert_integer debugging.assert_proper_iterable debugging.assert_rank debugging.assert_rank_at_least debugging.assert_rank_in debugging.assert_same_float_dtype debugging.assert_scalar debugging.assert_shapes debugging.assert_type debugging.is_numeric_tensor
ops.debugging.switches debugging.disable_traceback_filtering debugging.enable_traceback_filtering debugging.is_traceback_filtering_enabled
ops.dispatch_for experimental.dispatch_for_api experimental.dispatch_for_binary_elementwise_apis experimental.dispatch_for_binary_elementwise_assert_apis experimental.dispatch_for_unary_elementwise_apis experimental.unregister_dispatch_for
ops.dlpack experimental.dlpack.from_dlpack experimental.dlpack.to_dlpack
ops.image.augmentation image.adjust_jpeg_quality image.random_brightness image.random_contrast image.random_crop image.random_hue image.random_jpeg_quality image.random_saturation image.stateless_random_brightness image.stateless_random_contrast image.stateless_random_crop image.stateless_random_hue image.stateless_random_jpeg_quality image.stateless_random_saturation
ops.image.boxes image.draw_bounding_boxes image.extract_glimpse
ops.image.codecs image.decode_and_crop_jpeg image.decode_bmp image.decode_gif image.decode_image image.decode_jpeg image.decode_jxl image.decode_png image.decode_webp image.encode_jpeg image.extract_jpeg_shape image.is_jpeg io.decode_and_crop_jpeg io.decode_bmp io.decode_gif io.decode_image io.decode_jpeg io.decode_jxl io.decode_png io.decode_webp io.encode_jpeg io.extract_jpeg_shape io.is_jpeg
ops.image.colour image.adjust_brightness image.adjust_contrast image.adjust_gamma image.adjust_hue image.adjust_saturation image.convert_image_dtype image.grayscale_to_rgb image.hsv_to_rgb image.per_image_standardization image.rgb_to_grayscale image.rgb_to_hsv image.rgb_to_yiq image.rgb_to_yuv image.yiq_to_rgb image.yuv_to_rgb
ops.image.crop_and_resize image.crop_and_resize
ops.image.cropping image.central_crop image.crop_to_bounding_box image.pad_to_bounding_box image.resize_with_crop_or_pad
ops.image.distorted_boxes image.sample_distorted_bounding_box image.stateless_sample_distorted_bounding_box
ops.image.flipping image.flip_left_right image.flip_up_down image.random_flip_left_right image.random_flip_up_down image.rot90 image.stateless_random_flip_left_right image.stateless_random_flip_up_down image.transpose
ops.image.quality image.image_gradients image.psnr image.sobel_edges image.ssim image.ssim_multiscale image.total_variation
ops.image.resizing image.ResizeMethod image.resize image.resize_with_pad
ops.image.suppression image.combined_non_max_suppression image.generate_bounding_box_proposals image.non_max_suppression image.non_max_suppression_overlaps image.non_max_suppression_with_scores
ops.linalg.cholesky linalg.cholesky linalg.cholesky_solve linalg.logdet
ops.linalg.diagonals linalg.diag linalg.diag_part linalg.set_diag
ops.linalg.eigen eig eigvals linalg.eig linalg.eigh linalg.eigh_tridiagonal linalg.eigvals linalg.eigvalsh
ops.linalg.einsum einsum linalg.einsum
ops.linalg.inverse linalg.det linalg.inv linalg.slogdet
ops.linalg.lu linalg.lu linalg.lu_matrix_inverse linalg.lu_reconstruct linalg.lu_solve
ops.linalg.matmul linalg.matmul linalg.matvec matmul
ops.linalg.matrices eye linalg.adjoint linalg.band_part linalg.eye linalg.matrix_transpose linalg.tensor_diag linalg.tensor_diag_part linalg.trace meshgrid
ops.linalg.matrix_functions linalg.logm linalg.sqrtm matrix_square_root
ops.linalg.norms linalg.norm linalg.normalize norm
ops.linalg.operators.base linalg.LinearOperator
ops.linalg.operators.blocks linalg.LinearOperatorBlockDiag linalg.LinearOperatorBlockLowerTriangular
ops.linalg.operators.circulant linalg.LinearOperatorCirculant linalg.LinearOperatorCirculant2D linalg.LinearOperatorCirculant3D
ops.linalg.operators.composing linalg.LinearOperatorComposition linalg.LinearOperatorKronecker
ops.linalg.operators.dense linalg.LinearOperatorDiag linalg.LinearOperatorFullMatrix linalg.LinearOperatorLowerTriangular
ops.linalg.operators.identity linalg.LinearOperatorIdentity linalg.LinearOperatorScaledIdentity linalg.LinearOperatorZeros
ops.linalg.operators.low_rank linalg.LinearOperatorLowRankUpdate
ops.linalg.operators.structured linalg.LinearOperatorHouseholder linalg.LinearOperatorPermutation linalg.LinearOperatorTridiag
ops.linalg.operators.toeplitz linalg.LinearOperatorToeplitz
ops.linalg.operators.wrapping linalg.LinearOperatorAdjoint linalg.LinearOperatorInversion
ops.linalg.qr linalg.qr
ops.linalg.solving linalg.lstsq linalg.solve
ops.linalg.svd linalg.matrix_rank linalg.pinv linalg.svd
ops.linalg.tensordot linalg.cross linalg.tensordot tensordot
ops.linalg.triangular linalg.banded_triangular_solve linalg.triangular_solve
ops.linalg.tridiagonal linalg.tridiagonal_matmul linalg.tridiagonal_solve
ops.lookup.initializers lookup.KeyValueTensorInitializer lookup.TextFileIndex lookup.TextFileInitializer
ops.lookup.mutable_tables lookup.experimental.DenseHashTable lookup.experimental.MutableHashTable
ops.lookup.static_tables lookup.StaticHashTable lookup.StaticVocabularyTable
ops.math.addn add_n math.accumulate_n math.add_n
ops.math.bessel math.bessel_i0 math.bessel_i0e math.bessel_i1 math.bessel_i1e math.special.bessel_i0 math.special.bessel_i0e math.special.bessel_i1 math.special.bessel_i1e math.special.bessel_j0 math.special.bessel_j1 math.special.bessel_k0 math.special.bessel_k0e math.special.bessel_k1 math.special.bessel_k1e math.special.bessel_y0 math.special.bessel_y1
ops.math.bitwise bitwise.bitwise_and bitwise.bitwise_or bitwise.bitwise_xor bitwise.invert bitwise.left_shift bitwise.right_shift
ops.math.cast bitcast cast dtypes.cast dtypes.saturate_cast saturate_cast
ops.math.clip clip_by_global_norm clip_by_norm clip_by_value compat.v1.clip_by_average_norm linalg.global_norm
ops.math.comparison equal greater greater_equal less less_equal math.equal math.greater math.greater_equal math.less math.less_equal math.not_equal not_equal
ops.math.complex_numbers complex dtypes.complex math.angle math.conj math.imag math.real
ops.math.cumulative cumsum math.cumprod math.cumsum math.cumulative_logsumexp
ops.math.division divide math.divide math.divide_no_nan math.floordiv math.floormod math.mod math.reciprocal_no_nan math.truediv realdiv truediv truncatediv truncatemod
ops.math.elementwise add math.add math.multiply math.negative math.scalar_mul math.subtract multiply negative scalar_mul subtract
ops.math.exponential exp math.exp math.expm1 math.log math.log1p math.sigmoid nn.sigmoid sigmoid
ops.math.incomplete_gamma math.betainc math.igamma math.igammac math.lbeta
ops.math.integrals math.special.dawsn math.special.expint math.special.fresnel_cos math.special.fresnel_sin math.special.spence
ops.math.logical logical_and logical_not logical_or math.logical_and math.logical_not math.logical_or math.logical_xor
ops.math.polynomials math.is_non_decreasing math.is_strictly_increasing math.polyval
ops.math.power math.maximum math.minimum math.nextafter math.pow math.squared_difference maximum minimum pow
ops.math.rounding floor math.ceil math.floor math.is_finite math.is_inf math.is_nan math.rint math.round round
ops.math.special math.digamma math.erf math.erfc math.erfcinv math.erfinv math.lgamma math.ndtri math.polygamma math.zeta
ops.math.trigonometric acos acosh asin asinh atan atan2 atanh cos cosh math.acos math.acosh math.asin math.asinh math.atan math.atan2 math.atanh math.cos math.cosh math.sin math.sinh math.tan math.tanh nn.tanh sin sinh tan tanh
ops.math.unary abs math.abs math.reciprocal math.rsqrt math.sign math.sqrt math.square sign sqrt square
ops.math.xlogy math.multiply_no_nan math.xdivy math.xlog1py math.xlogy
ops.nn.activations math.softplus math.softsign nn.elu nn.leaky_relu nn.relu nn.relu6 nn.selu nn.softplus nn.softsign
ops.nn.batch_norm compat.v1.nn.fused_batch_norm
ops.nn.bias nn.bias_add
ops.nn.candidates.losses nn.compute_accidental_hits nn.nce_loss nn.sampled_softmax_loss
ops.nn.candidates.samplers nn.all_candidate_sampler random.all_candidate_sampler random.log_uniform_candidate_sampler random.uniform_candidate_sampler
ops.nn.candidates.unigrams nn.fixed_unigram_candidate_sampler nn.learned_unigram_candidate_sampler random.fixed_unigram_candidate_sampler random.learned_unigram_candidate_sampler
ops.nn.convolution.depthwise_functions nn.depthwise_conv2d nn.depthwise_conv2d_backprop_filter nn.depthwise_conv2d_backprop_input nn.separable_conv2d
ops.nn.convolution.functions nn.atrous_conv2d nn.conv1d nn.conv2d nn.conv3d nn.convolution
ops.nn.convolution.general conv conv2d_backprop_filter_v2 conv2d_backprop_input_v2
ops.nn.convolution.transposed nn.atrous_conv2d_transpose nn.conv1d_transpose nn.conv2d_transpose nn.conv3d_transpose nn.conv_transpose
ops.nn.cross_entropy nn.log_poisson_loss nn.sigmoid_cross_entropy_with_logits nn.softmax_cross_entropy_with_logits nn.sparse_softmax_cross_entropy_with_logits nn.weighted_cross_entropy_with_logits
ops.nn.ctc.decoding nn.ctc_beam_search_decoder nn.ctc_greedy_decoder
ops.nn.ctc.labels nn.collapse_repeated nn.ctc_unique_labels
ops.nn.dilation nn.dilation2d nn.erosion2d
ops.nn.dropout nn.dropout nn.experimental.general_dropout nn.experimental.stateless_dropout
ops.nn.embedding nn.embedding_lookup nn.embedding_lookup_sparse
ops.nn.gates math.log_sigmoid nn.crelu nn.gelu nn.silu nn.swish
ops.nn.image_patches image.extract_patches
ops.nn.initializers constant_initializer ones_initializer random_normal_initializer random_uniform_initializer zeros_initializer
ops.nn.isotonic nn.isotonic_regression
ops.nn.lrn nn.local_response_normalization nn.lrn
ops.nn.moments nn.batch_norm_with_global_normalization nn.batch_normalization nn.moments nn.normalize_moments nn.sufficient_statistics nn.weighted_moments
ops.nn.norms linalg.l2_normalize math.l2_normalize nn.l2_loss nn.l2_normalize
ops.nn.pooling.fractional nn.fractional_avg_pool nn.fractional_max_pool
ops.nn.pooling.functions nn.avg_pool nn.avg_pool1d nn.avg_pool2d nn.avg_pool3d nn.max_pool nn.max_pool1d nn.max_pool2d nn.max_pool3d nn.max_pool_with_argmax nn.pool
ops.nn.safe_embedding nn.safe_embedding_lookup_sparse
ops.nn.softmax math.log_softmax math.softmax nn.log_softmax nn.softmax
ops.nn.space_to_batch nn.with_space_to_batch required_space_to_batch_paddings
ops.nn.volume_patches extract_volume_patches
ops.numpy.behavior experimental.numpy.experimental_enable_numpy_behavior
ops.numpy.binary experimental.numpy.add experimental.numpy.allclose experimental.numpy.arctan2 experimental.numpy.array_equal experimental.numpy.bitwise_and experimental.numpy.bitwise_or experimental.numpy.bitwise_xor experimental.numpy.divide experimental.numpy.divmod experimental.numpy.equal experimental.numpy.float_power experimental.numpy.floor_divide experimental.numpy.gcd experimental.numpy.greater experimental.numpy.greater_equal experimental.numpy.heaviside experimental.numpy.hypot experimental.numpy.isclose experimental.numpy.lcm experimental.numpy.less experimental.numpy.less_equal experimental.numpy.logaddexp experimental.numpy.logaddexp2 experimental.numpy.logical_and experimental.numpy.logical_or experimental.numpy.logical_xor experimental.numpy.maximum experimental.numpy.minimum experimental.numpy.mod experimental.numpy.multiply experimental.numpy.nextafter experimental.numpy.not_equal experimental.numpy.power experimental.numpy.remainder experimental.numpy.subtract experimental.numpy.true_divide
ops.numpy.creation experimental.numpy.arange experimental.numpy.array experimental.numpy.asanyarray experimental.numpy.asarray experimental.numpy.ascontiguousarray experimental.numpy.broadcast_to experimental.numpy.copy experimental.numpy.empty experimental.numpy.empty_like experimental.numpy.eye experimental.numpy.full experimental.numpy.full_like experimental.numpy.geomspace experimental.numpy.identity experimental.numpy.linspace experimental.numpy.logspace experimental.numpy.ones experimental.numpy.ones_like experimental.numpy.tri experimental.numpy.tril experimental.numpy.triu experimental.numpy.vander experimental.numpy.zeros experimental.numpy.zeros_like
ops.numpy.draws experimental.numpy.random.poisson experimental.numpy.random.rand experimental.numpy.random.randint experimental.numpy.random.randn experimental.numpy.random.random experimental.numpy.random.seed experimental.numpy.random.standard_normal experimental.numpy.random.uniform
ops.numpy.dtype_names experimental.numpy.bool_ experimental.numpy.complex128 experimental.numpy.complex64 experimental.numpy.complex_ experimental.numpy.e experimental.numpy.finfo experimental.numpy.float16 experimental.numpy.float32 experimental.numpy.float64 experimental.numpy.float_ experimental.numpy.iinfo experimental.numpy.inexact experimental.numpy.inf experimental.numpy.int16 experimental.numpy.int32 experimental.numpy.int64 experimental.numpy.int8 experimental.numpy.int_ experimental.numpy.issubdtype experimental.numpy.ndarray experimental.numpy.newaxis experimental.numpy.object_ experimental.numpy.pi experimental.numpy.promote_types experimental.numpy.result_type experimental.numpy.string_ experimental.numpy.uint16 experimental.numpy.uint32 experimental.numpy.uint64 experimental.numpy.uint8 experimental.numpy.unicode_
ops.numpy.elementwise experimental.numpy.abs experimental.numpy.absolute experimental.numpy.angle experimental.numpy.arccos experimental.numpy.arccosh experimental.numpy.arcsin experimental.numpy.arcsinh experimental.numpy.arctan experimental.numpy.arctanh experimental.numpy.around experimental.numpy.bitwise_not experimental.numpy.cbrt experimental.numpy.ceil experimental.numpy.conj experimental.numpy.conjugate experimental.numpy.cos experimental.numpy.cosh experimental.numpy.deg2rad experimental.numpy.exp experimental.numpy.exp2 experimental.numpy.expm1 experimental.numpy.fabs experimental.numpy.fix experimental.numpy.floor experimental.numpy.imag experimental.numpy.iscomplex experimental.numpy.iscomplexobj experimental.numpy.isfinite experimental.numpy.isinf experimental.numpy.isnan experimental.numpy.isneginf experimental.numpy.isposinf experimental.numpy.isreal experimental.numpy.isrealobj experimental.numpy.isscalar experimental.numpy.log experimental.numpy.log10 experimental.numpy.log1p experimental.numpy.log2 experimental.numpy.logical_not experimental.numpy.negative experimental.numpy.positive experimental.numpy.rad2deg experimental.numpy.real experimental.numpy.reciprocal experimental.numpy.round experimental.numpy.sign experimental.numpy.signbit experimental.numpy.sin experimental.numpy.sinc experimental.numpy.sinh experimental.numpy.sqrt experimental.numpy.square experimental.numpy.tan experimental.numpy.tanh
ops.numpy.parts experimental.numpy.append experimental.numpy.concatenate experimental.numpy.dsplit experimental.numpy.dstack experimental.numpy.hsplit experimental.numpy.hstack experimental.numpy.split experimental.numpy.stack experimental.numpy.vsplit experimental.numpy.vstack
ops.numpy.picking experimental.numpy.argmax experimental.numpy.argmin experimental.numpy.argsort experimental.numpy.clip experimental.numpy.compress experimental.numpy.count_nonzero experimental.numpy.diag experimental.numpy.diag_indices experimental.numpy.diagflat experimental.numpy.diagonal experimental.numpy.nonzero experimental.numpy.pad experimental.numpy.select experimental.numpy.sort experimental.numpy.take experimental.numpy.take_along_axis experimental.numpy.trace experimental.numpy.where
ops.numpy.products experimental.numpy.cross experimental.numpy.dot experimental.numpy.einsum experimental.numpy.inner experimental.numpy.kron experimental.numpy.matmul experimental.numpy.outer experimental.numpy.polyval experimental.numpy.tensordot experimental.numpy.vdot
ops.numpy.reducing experimental.numpy.all experimental.numpy.amax experimental.numpy.amin experimental.numpy.any experimental.numpy.average experimental.numpy.cumprod experimental.numpy.cumsum experimental.numpy.diff experimental.numpy.max experimental.numpy.mean experimental.numpy.min experimental.numpy.nanmean experimental.numpy.nanprod experimental.numpy.nansum experimental.numpy.prod experimental.numpy.ptp experimental.numpy.std experimental.numpy.sum experimental.numpy.var
ops.numpy.shaping experimental.numpy.atleast_1d experimental.numpy.atleast_2d experimental.numpy.atleast_3d experimental.numpy.broadcast_arrays experimental.numpy.expand_dims experimental.numpy.flatten experimental.numpy.flip experimental.numpy.fliplr experimental.numpy.flipud experimental.numpy.ix_ experimental.numpy.meshgrid experimental.numpy.moveaxis experimental.numpy.ndim experimental.numpy.ravel experimental.numpy.repeat experimental.numpy.reshape experimental.numpy.roll experimental.numpy.rot90 experimental.numpy.shape experimental.numpy.size experimental.numpy.squeeze experimental.numpy.swapaxes experimental.numpy.tile experimental.numpy.transpose
ops.quantization.concat quantization.quantized_concat
ops.quantization.fake_quant quantization.fake_quant_with_min_max_args quantization.fake_quant_with_min_max_args_gradient quantization.fake_quant_with_min_max_vars quantization.fake_quant_with_min_max_vars_gradient quantization.fake_quant_with_min_max_vars_per_channel quantization.fake_quant_with_min_max_vars_per_channel_gradient
ops.quantization.quantize quantization.dequantize quantization.quantize
ops.quantization.rounding quantization.quantize_and_dequantize quantization.quantize_and_dequantize_v2
ops.queues.queues queue.FIFOQueue queue.PaddingFIFOQueue queue.PriorityQueue queue.QueueBase queue.RandomShuffleQueue
ops.ragged.constants compat.v1.ragged.constant_value ragged.constant
ops.ragged.cross ragged.cross ragged.cross_hashed
ops.ragged.functions ragged.boolean_mask ragged.map_flat_values ragged.range ragged.row_splits_to_segment_ids ragged.segment_ids_to_row_splits ragged.stack ragged.stack_dynamic_partitions
ops.random.distribution_functions random.gamma random.poisson random.stateless_binomial random.stateless_gamma random.stateless_poisson
ops.random.generator random.Generator random.create_rng_state random.experimental.Generator random.experimental.create_rng_state random.experimental.get_global_generator random.experimental.set_global_generator random.get_global_generator random.set_global_generator
ops.random.index_shuffle random.experimental.index_shuffle random_index_shuffle
ops.random.seeds random.set_seed
ops.random.sobol math.sobol_sample
ops.random.stateful_functions random.categorical random.normal random.shuffle random.truncated_normal random.uniform
ops.random.stateless_functions random.Algorithm random.experimental.Algorithm random.experimental.stateless_fold_in random.experimental.stateless_shuffle random.experimental.stateless_split random.fold_in random.split random.stateless_categorical random.stateless_normal random.stateless_truncated_normal random.stateless_uniform
ops.random.truncated random.stateless_parameterized_truncated_normal
ops.raw_ops raw_ops
ops.reductions.arg_reductions argmax argmin math.argmax math.argmin
ops.reductions.bincount math.bincount
ops.reductions.confusion_matrix math.confusion_matrix
ops.reductions.functions math.reduce_all math.reduce_any math.reduce_euclidean_norm math.reduce_max math.reduce_mean math.reduce_min math.reduce_prod math.reduce_sum reduce_all reduce_any reduce_max reduce_mean reduce_min reduce_prod reduce_sum
ops.reductions.histograms histogram_fixed_width histogram_fixed_width_bins
ops.reductions.segments math.segment_max math.segment_mean math.segment_min math.segment_prod math.segment_sum
ops.reductions.statistics math.count_nonzero math.reduce_logsumexp math.reduce_std math.reduce_variance math.zero_fraction nn.zero_fraction reduce_logsumexp
ops.reductions.unsorted_segments math.unsorted_segment_max math.unsorted_segment_mean math.unsorted_segment_min math.unsorted_segment_prod math.unsorted_segment_sqrt_n math.unsorted_segment_sum
ops.signal.cosine signal.dct signal.idct signal.inverse_mdct signal.mdct
ops.signal.fourier signal.fft signal.fft2d signal.fft3d signal.ifft signal.ifft2d signal.ifft3d
ops.signal.fourier_nd fftnd ifftnd irfftnd rfftnd signal.fftnd signal.ifftnd signal.irfftnd signal.rfftnd
ops.signal.framing signal.frame signal.overlap_and_add
ops.signal.mel signal.linear_to_mel_weight_matrix signal.mfccs_from_log_mel_spectrograms
ops.signal.real_fourier signal.irfft signal.irfft2d signal.irfft3d signal.rfft signal.rfft2d signal.rfft3d
ops.signal.shifting signal.fftshift signal.ifftshift
ops.signal.spectral signal.inverse_stft signal.inverse_stft_window_fn signal.stft
ops.signal.windows signal.hamming_window signal.hann_window signal.kaiser_bessel_derived_window signal.kaiser_window signal.vorbis_window
ops.slices.gathering boolean_mask gather
ops.slices.gathering_nd gather_nd unravel_index
ops.slices.partitioning dynamic_partition dynamic_stitch
ops.slices.scattering scatter_nd tensor_scatter_nd_add tensor_scatter_nd_max tensor_scatter_nd_min tensor_scatter_nd_sub tensor_scatter_nd_update
ops.slices.slicing newaxis slice strided_slice
ops.sparse.counts sparse.bincount
ops.sparse.cross sparse.cross sparse.cross_hashed
ops.sparse.functions sparse.add sparse.from_dense sparse.maximum sparse.minimum sparse.to_dense
ops.sparse.math sparse.map_values sparse.mask sparse.reduce_max sparse.reduce_sum sparse.sparse_dense_matmul
ops.sparse.parts sparse.concat sparse.eye sparse.retain sparse.slice sparse.split
ops.sparse.rows ragged_fill_empty_rows ragged_fill_empty_rows_grad sparse.fill_empty_rows
ops.sparse.segments sparse.segment_mean sparse.segment_sqrt_n sparse.segment_sum
ops.sparse.shape sparse.expand_dims sparse.reorder sparse.reset_shape sparse.reshape sparse.transpose
ops.sparse.values sparse.sampled_addmm sparse.softmax sparse.to_indicator
ops.strings.edit_distance edit_distance
ops.strings.hashing fingerprint strings.to_hash_bucket strings.to_hash_bucket_fast strings.to_hash_bucket_strong
ops.strings.joining strings.join strings.ngrams strings.reduce_join strings.unsorted_segment_join
ops.strings.number_text as_string strings.as_string strings.to_number
ops.strings.printing print strings.format
ops.strings.regex strings.regex_full_match strings.regex_replace
ops.strings.splitting compat.v1.string_split compat.v1.strings.split strings.bytes_split strings.split
ops.strings.text strings.length strings.lower strings.strip strings.substr strings.upper
ops.strings.unicode strings.unicode_decode strings.unicode_decode_with_offsets strings.unicode_encode strings.unicode_split strings.unicode_split_with_offsets strings.unicode_transcode
ops.strings.unicode_script strings.unicode_script
ops.structured.structured_tensor experimental.StructuredTensor
runtime.build_info sysconfig.get_build_info
runtime.debugging.check_numerics debugging.disable_check_numerics debugging.enable_check_numerics
runtime.debugging.strict_broadcasting debugging.allow_broadcasting debugging.disable_strict_broadcasting debugging.enable_strict_broadcasting debugging.strict_broadcasting
runtime.devices.config config.experimental.get_device_policy config.experimental.get_synchronous_execution config.experimental.get_virtual_device_configuration config.experimental.get_visible_devices config.experimental.list_logical_devices config.experimental.list_physical_devices config.experimental.set_device_policy config.experimental.set_synchronous_execution config.experimental.set_virtual_device_configuration config.experimental.set_visible_devices config.get_logical_device_configuration config.get_soft_device_placement config.get_visible_devices config.list_logical_devices config.list_physical_devices config.set_logical_device_configuration config.set_soft_device_placement config.set_visible_devices
runtime.devices.log debugging.get_log_device_placement debugging.set_log_device_placement
runtime.devices.memory config.experimental.get_device_details config.experimental.get_memory_growth config.experimental.get_memory_info config.experimental.get_memory_usage config.experimental.reset_memory_stats config.experimental.set_memory_growth
runtime.devices.threads config.threading.get_inter_op_parallelism_threads config.threading.get_intra_op_parallelism_threads config.threading.set_inter_op_parallelism_threads config.threading.set_intra_op_parallelism_threads
runtime.policy.tiers config.experimental.get_execution_tier config.experimental.set_execution_tier
runtime.xla.switches config.experimental.disable_mlir_bridge config.experimental.enable_mlir_bridge config.experimental.enable_op_determinism config.experimental.enable_tensor_float_32_execution config.experimental.tensor_float_32_execution_enabled
saving.checkpoint.checkpoint train.Checkpoint
saving.checkpoint.manager train.CheckpointManager
saving.checkpoint.options train.CheckpointOptions
saving.checkpoint.python_state train.experimental.PythonState
saving.checkpoint.reader train.list_variables train.load_checkpoint train.load_variable
saving.checkpoint.sharding train.experimental.MaxShardSizePolicy train.experimental.ShardByTaskPolicy train.experimental.ShardableTensor train.experimental.ShardingCallback
saving.checkpoint.state_file train.checkpoints_iterator train.get_checkpoint_state train.latest_checkpoint
saving.checkpoint.view train.CheckpointView
saving.saved_model.constants saved_model.ASSETS_DIRECTORY saved_model.ASSETS_KEY saved_model.CLASSIFY_INPUTS saved_model.CLASSIFY_METHOD_NAME saved_model.CLASSIFY_OUTPUT_CLASSES saved_model.CLASSIFY_OUTPUT_SCORES saved_model.DEBUG_DIRECTORY saved_model.DEBUG_INFO_FILENAME_PB saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY saved_model.GPU saved_model.PREDICT_INPUTS saved_model.PREDICT_METHOD_NAME saved_model.PREDICT_OUTPUTS saved_model.REGRESS_INPUTS saved_model.REGRESS_METHOD_NAME saved_model.REGRESS_OUTPUTS saved_model.SAVED_MODEL_FILENAME_PB saved_model.SAVED_MODEL_FILENAME_PBTXT saved_model.SAVED_MODEL_SCHEMA_VERSION saved_model.SERVING saved_model.TPU saved_model.TRAINING saved_model.VARIABLES_DIRECTORY saved_model.VARIABLES_FILENAME
saving.saved_model.fingerprint saved_model.experimental.Fingerprint saved_model.experimental.read_fingerprint
saving.saved_model.load saved_model.load
saving.saved_model.options saved_model.LoadOptions saved_model.SaveOptions saved_model.experimental.VariablePolicy
saving.saved_model.reader saved_model.contains_saved_model
saving.saved_model.save saved_model.save
summary.debugger.dump debugging.experimental.disable_dump_debug_info debugging.experimental.enable_dump_debug_info
summary.events.graphs summary.graph summary.trace_export summary.trace_off summary.trace_on
summary.events.recording summary.audio summary.histogram summary.image summary.scalar summary.text
summary.events.writer summary.SummaryWriter summary.create_file_writer summary.create_noop_writer summary.experimental.get_step summary.experimental.set_step summary.experimental.summary_scope summary.experimental.write_raw_pb summary.flush summary.record_if summary.should_record_summaries summary.write
summary.profiler.profiler profiler.experimental.Profile profiler.experimental.ProfilerOptions profiler.experimental.Trace profiler.experimental.start profiler.experimental.stop
tensor.device_scope compat.v1.device device
tensor.public DType TensorShape __internal__.EagerTensor __internal__.types.Tensor as_dtype bfloat16 bool compat.dimension_at_index compat.dimension_value compat.v1.Dimension complex128 complex64 double dtypes.DType dtypes.QUANTIZED_DTYPES dtypes.as_dtype dtypes.bfloat16 dtypes.bool dtypes.complex128 dtypes.complex64 dtypes.double dtypes.experimental.float4_e2m1fn dtypes.experimental.float8_e4m3b11fnuz dtypes.experimental.float8_e4m3fn dtypes.experimental.float8_e4m3fnuz dtypes.experimental.float8_e5m2 dtypes.experimental.float8_e5m2fnuz dtypes.experimental.int2 dtypes.experimental.int4 dtypes.experimental.uint2 dtypes.experimental.uint4 dtypes.float16 dtypes.float32 dtypes.float64 dtypes.half dtypes.int16 dtypes.int32 dtypes.int64 dtypes.int8 dtypes.qint16 dtypes.qint32 dtypes.qint8 dtypes.quint16 dtypes.quint8 dtypes.resource dtypes.string dtypes.uint16 dtypes.uint32 dtypes.uint64 dtypes.uint8 dtypes.variant errors.ABORTED errors.ALREADY_EXISTS errors.AbortedError errors.AlreadyExistsError errors.CANCELLED errors.CancelledError errors.DATA_LOSS errors.DEADLINE_EXCEEDED errors.DataLossError errors.DeadlineExceededError errors.FAILED_PRECONDITION errors.FailedPreconditionError errors.INTERNAL errors.INVALID_ARGUMENT errors.InaccessibleTensorError errors.InternalError errors.InvalidArgumentError errors.NOT_FOUND errors.NotFoundError errors.OK errors.OUT_OF_RANGE errors.OpError errors.OperatorNotAllowedInGraphError errors.OutOfRangeError errors.PERMISSION_DENIED errors.PermissionDeniedError errors.RESOURCE_EXHAUSTED errors.ResourceExhaustedError errors.UNAUTHENTICATED errors.UNAVAILABLE errors.UNIMPLEMENTED errors.UNKNOWN errors.UnauthenticatedError errors.UnavailableError errors.UnimplementedError errors.UnknownError executing_eagerly experimental.float4_e2m1fn experimental.float8_e4m3b11fnuz experimental.float8_e4m3fn experimental.float8_e4m3fnuz experimental.float8_e5m2 experimental.float8_e5m2fnuz experimental.int2 experimental.int4 experimental.uint2 experimental.uint4 float16 float32 float64 half init_scope int16 int32 int64 int8 name_scope qint16 qint32 qint8 quint16 quint8 resource string uint16 uint32 uint64 uint8 variant
transforms.vectorized_map vectorized_map
v1.functions.embeddings compat.v1.nn.embedding_lookup compat.v1.nn.embedding_lookup_sparse compat.v1.nn.nce_loss compat.v1.nn.safe_embedding_lookup_sparse compat.v1.nn.sampled_softmax_loss
v1.functions.file_functions compat.v1.gfile.Copy compat.v1.gfile.DeleteRecursively compat.v1.gfile.Exists compat.v1.gfile.Glob compat.v1.gfile.IsDirectory compat.v1.gfile.ListDirectory compat.v1.gfile.MakeDirs compat.v1.gfile.MkDir compat.v1.gfile.Remove compat.v1.gfile.Rename compat.v1.gfile.Stat compat.v1.gfile.Walk compat.v1.io.TFRecordCompressionType compat.v1.python_io.TFRecordCompressionType
v1.functions.flags compat.v1.app.flags.ArgumentParser compat.v1.app.flags.ArgumentSerializer compat.v1.app.flags.BaseListParser compat.v1.app.flags.BooleanFlag compat.v1.app.flags.BooleanParser compat.v1.app.flags.CantOpenFlagFileError compat.v1.app.flags.CsvListSerializer compat.v1.app.flags.DEFINE compat.v1.app.flags.DEFINE_alias compat.v1.app.flags.DEFINE_bool compat.v1.app.flags.DEFINE_boolean compat.v1.app.flags.DEFINE_enum compat.v1.app.flags.DEFINE_enum_class compat.v1.app.flags.DEFINE_flag compat.v1.app.flags.DEFINE_float compat.v1.app.flags.DEFINE_integer compat.v1.app.flags.DEFINE_list compat.v1.app.flags.DEFINE_multi compat.v1.app.flags.DEFINE_multi_enum compat.v1.app.flags.DEFINE_multi_enum_class compat.v1.app.flags.DEFINE_multi_float compat.v1.app.flags.DEFINE_multi_integer compat.v1.app.flags.DEFINE_multi_string compat.v1.app.flags.DEFINE_spaceseplist compat.v1.app.flags.DEFINE_string compat.v1.app.flags.DuplicateFlagError compat.v1.app.flags.EnumClassFlag compat.v1.app.flags.EnumClassListSerializer compat.v1.app.flags.EnumClassParser compat.v1.app.flags.EnumClassSerializer compat.v1.app.flags.EnumFlag compat.v1.app.flags.EnumParser compat.v1.app.flags.Error compat.v1.app.flags.FLAGS compat.v1.app.flags.Flag compat.v1.app.flags.FlagHolder compat.v1.app.flags.FlagNameConflictsWithMethodError compat.v1.app.flags.FlagValues compat.v1.app.flags.FloatParser compat.v1.app.flags.IllegalFlagValueError compat.v1.app.flags.IntegerParser compat.v1.app.flags.ListParser compat.v1.app.flags.ListSerializer compat.v1.app.flags.MultiEnumClassFlag compat.v1.app.flags.MultiFlag compat.v1.app.flags.UnparsedFlagAccessError compat.v1.app.flags.UnrecognizedFlagError compat.v1.app.flags.ValidationError compat.v1.app.flags.WhitespaceSeparatedListParser compat.v1.app.flags.adopt_module_key_flags compat.v1.app.flags.declare_key_flag compat.v1.app.flags.disclaim_key_flags compat.v1.app.flags.doc_to_help compat.v1.app.flags.flag_dict_to_args compat.v1.app.flags.get_help_width compat.v1.app.flags.mark_bool_flags_as_mutual_exclusive compat.v1.app.flags.mark_flag_as_required compat.v1.app.flags.mark_flags_as_mutual_exclusive compat.v1.app.flags.mark_flags_as_required compat.v1.app.flags.multi_flags_validator compat.v1.app.flags.override_value compat.v1.app.flags.register_multi_flags_validator compat.v1.app.flags.register_validator compat.v1.app.flags.set_default compat.v1.app.flags.text_wrap compat.v1.app.flags.validator compat.v1.flags.ArgumentParser compat.v1.flags.ArgumentSerializer compat.v1.flags.BaseListParser compat.v1.flags.BooleanFlag compat.v1.flags.BooleanParser compat.v1.flags.CantOpenFlagFileError compat.v1.flags.CsvListSerializer compat.v1.flags.DEFINE compat.v1.flags.DEFINE_alias compat.v1.flags.DEFINE_bool compat.v1.flags.DEFINE_boolean compat.v1.flags.DEFINE_enum compat.v1.flags.DEFINE_enum_class compat.v1.flags.DEFINE_flag compat.v1.flags.DEFINE_float compat.v1.flags.DEFINE_integer compat.v1.flags.DEFINE_list compat.v1.flags.DEFINE_multi compat.v1.flags.DEFINE_multi_enum compat.v1.flags.DEFINE_multi_enum_class compat.v1.flags.DEFINE_multi_float compat.v1.flags.DEFINE_multi_integer compat.v1.flags.DEFINE_multi_string compat.v1.flags.DEFINE_spaceseplist compat.v1.flags.DEFINE_string compat.v1.flags.DuplicateFlagError compat.v1.flags.EnumClassFlag compat.v1.flags.EnumClassListSerializer compat.v1.flags.EnumClassParser compat.v1.flags.EnumClassSerializer compat.v1.flags.EnumFlag compat.v1.flags.EnumParser compat.v1.flags.Error compat.v1.flags.FLAGS compat.v1.flags.Flag compat.v1.flags.FlagHolder compat.v1.flags.FlagNameConflictsWithMethodError compat.v1.flags.FlagValues compat.v1.flags.FloatParser compat.v1.flags.IllegalFlagValueError compat.v1.flags.IntegerParser compat.v1.flags.ListParser compat.v1.flags.ListSerializer compat.v1.flags.MultiEnumClassFlag compat.v1.flags.MultiFlag compat.v1.flags.UnparsedFlagAccessError compat.v1.flags.UnrecognizedFlagError compat.v1.flags.ValidationError compat.v1.flags.WhitespaceSeparatedListParser compat.v1.flags.adopt_module_key_flags compat.v1.flags.declare_key_flag compat.v1.flags.disclaim_key_flags compat.v1.flags.doc_to_help compat.v1.flags.flag_dict_to_args compat.v1.flags.get_help_width compat.v1.flags.mark_bool_flags_as_mutual_exclusive compat.v1.flags.mark_flag_as_required compat.v1.flags.mark_flags_as_mutual_exclusive compat.v1.flags.mark_flags_as_required compat.v1.flags.multi_flags_validator compat.v1.flags.override_value compat.v1.flags.register_multi_flags_validator compat.v1.flags.register_validator compat.v1.flags.set_default compat.v1.flags.text_wrap compat.v1.flags.validator
v1.functions.image_functions compat.v1.extract_image_patches compat.v1.image.ResizeMethod compat.v1.image.draw_bounding_boxes compat.v1.image.extract_image_patches compat.v1.image.resize compat.v1.image.resize_area compat.v1.image.resize_bicubic compat.v1.image.resize_bilinear compat.v1.image.resize_image_with_pad compat.v1.image.resize_images compat.v1.image.resize_nearest_neighbor compat.v1.image.sample_distorted_bounding_box
v1.functions.loss_functions compat.v1.losses.Reduction compat.v1.losses.absolute_difference compat.v1.losses.add_loss compat.v1.losses.compute_weighted_loss compat.v1.losses.cosine_distance compat.v1.losses.get_losses compat.v1.losses.get_regularization_loss compat.v1.losses.get_regularization_losses compat.v1.losses.get_total_loss compat.v1.losses.hinge_loss compat.v1.losses.huber_loss compat.v1.losses.log_loss compat.v1.losses.mean_squared_error compat.v1.losses.sigmoid_cross_entropy compat.v1.losses.softmax_cross_entropy compat.v1.losses.sparse_softmax_cross_entropy
v1.functions.nn_functions compat.v1.dimension_at_index compat.v1.dimension_value compat.v1.nn.conv2d_backprop_filter compat.v1.nn.conv2d_backprop_input compat.v1.nn.conv3d_backprop_filter compat.v1.nn.conv3d_backprop_filter_v2 compat.v1.nn.ctc_loss compat.v1.nn.ctc_loss_v2 compat.v1.nn.depthwise_conv2d_native compat.v1.nn.dilation2d compat.v1.nn.erosion2d compat.v1.nn.fractional_avg_pool compat.v1.nn.fractional_max_pool compat.v1.random.stateless_multinomial compat.v1.setdiff1d compat.v1.sparse_to_dense compat.v1.substr
v1.functions.streaming_metrics.counts compat.v1.metrics.false_negatives compat.v1.metrics.false_positives compat.v1.metrics.mean_iou compat.v1.metrics.mean_per_class_accuracy compat.v1.metrics.precision compat.v1.metrics.recall compat.v1.metrics.true_negatives compat.v1.metrics.true_positives
v1.functions.streaming_metrics.means compat.v1.metrics.accuracy compat.v1.metrics.mean compat.v1.metrics.mean_absolute_error compat.v1.metrics.mean_cosine_distance compat.v1.metrics.mean_relative_error compat.v1.metrics.mean_squared_error compat.v1.metrics.mean_tensor compat.v1.metrics.percentage_below compat.v1.metrics.root_mean_squared_error
v1.functions.streaming_metrics.thresholds compat.v1.metrics.auc compat.v1.metrics.false_negatives_at_thresholds compat.v1.metrics.false_positives_at_thresholds compat.v1.metrics.precision_at_thresholds compat.v1.metrics.recall_at_thresholds compat.v1.metrics.sensitivity_at_specificity compat.v1.metrics.specificity_at_sensitivity compat.v1.metrics.true_negatives_at_thresholds compat.v1.metrics.true_positives_at_thresholds
v1.functions.summaries compat.v1.summary.FileWriter compat.v1.summary.FileWriterCache compat.v1.summary.audio compat.v1.summary.histogram compat.v1.summary.image compat.v1.summary.merge compat.v1.summary.merge_all compat.v1.summary.scalar compat.v1.summary.tensor_summary compat.v1.summary.text compat.v1.train.summary_iterator
v1.graphs.differentiate compat.v1.gradients
v1.graphs.graph_keys compat.v1.GraphKeys compat.v1.add_to_collection compat.v1.add_to_collections compat.v1.all_variables compat.v1.assert_variables_initialized compat.v1.get_collection compat.v1.get_collection_ref compat.v1.global_variables compat.v1.global_variables_initializer compat.v1.initialize_all_tables compat.v1.initialize_all_variables compat.v1.initialize_local_variables compat.v1.initialize_variables compat.v1.initializers.global_variables compat.v1.initializers.local_variables compat.v1.initializers.tables_initializer compat.v1.initializers.variables compat.v1.is_variable_initialized compat.v1.local_variables compat.v1.local_variables_initializer compat.v1.model_variables compat.v1.moving_average_variables compat.v1.report_uninitialized_variables compat.v1.tables_initializer compat.v1.trainable_variables compat.v1.variables_initializer
v1.graphs.graph_tools compat.v1.graph_util.convert_variables_to_constants compat.v1.graph_util.extract_sub_graph compat.v1.graph_util.must_run_on_cpu compat.v1.graph_util.remove_training_nodes compat.v1.graph_util.tensor_shape_from_node_def_name
v1.graphs.wrapped_function compat.v1.wrap_function
v1.input.dataset_iterators compat.v1.data.Iterator compat.v1.data.get_output_classes compat.v1.data.get_output_shapes compat.v1.data.get_output_types compat.v1.data.make_initializable_iterator compat.v1.data.make_one_shot_iterator
v1.input.datasets compat.v1.data.Dataset compat.v1.data.FixedLengthRecordDataset compat.v1.data.TFRecordDataset compat.v1.data.TextLineDataset compat.v1.data.experimental.Counter compat.v1.data.experimental.CsvDataset compat.v1.data.experimental.RandomDataset compat.v1.data.experimental.SqlDataset compat.v1.data.experimental.choose_from_datasets compat.v1.data.experimental.make_batched_features_dataset compat.v1.data.experimental.make_csv_dataset compat.v1.data.experimental.sample_from_datasets
v1.input.queues.batching compat.v1.train.batch compat.v1.train.batch_join compat.v1.train.maybe_batch compat.v1.train.maybe_batch_join compat.v1.train.maybe_shuffle_batch compat.v1.train.maybe_shuffle_batch_join compat.v1.train.shuffle_batch compat.v1.train.shuffle_batch_join
v1.input.queues.coordinator compat.v1.train.LooperThread train.Coordinator
v1.input.queues.producers compat.v1.train.input_producer compat.v1.train.limit_epochs compat.v1.train.range_input_producer compat.v1.train.slice_input_producer compat.v1.train.string_input_producer
v1.input.queues.queue_runner compat.v1.train.QueueRunner compat.v1.train.add_queue_runner compat.v1.train.queue_runner.QueueRunner compat.v1.train.queue_runner.add_queue_runner compat.v1.train.queue_runner.start_queue_runners compat.v1.train.start_queue_runners
v1.input.readers compat.v1.FixedLengthRecordReader compat.v1.IdentityReader compat.v1.ReaderBase compat.v1.TFRecordReader compat.v1.TextLineReader compat.v1.WholeFileReader
v1.input.tables compat.v1.lookup.StaticHashTable compat.v1.lookup.StaticVocabularyTable
v1.mode compat.v1.control_flow_v2_enabled compat.v1.disable_control_flow_v2 compat.v1.disable_resource_variables compat.v1.disable_tensor_equality compat.v1.disable_v2_behavior compat.v1.disable_v2_tensorshape compat.v1.enable_control_flow_v2 compat.v1.enable_resource_variables compat.v1.enable_tensor_equality compat.v1.enable_v2_behavior compat.v1.enable_v2_tensorshape compat.v1.executing_eagerly compat.v1.resource_variables_enabled
v1.old_functions compat.v1.GRAPH_DEF_VERSION compat.v1.GRAPH_DEF_VERSION_MIN_CONSUMER compat.v1.GRAPH_DEF_VERSION_MIN_PRODUCER compat.v1.Print compat.v1.VERSION compat.v1.add_check_numerics_ops compat.v1.app.run compat.v1.arg_max compat.v1.arg_min compat.v1.batch_gather compat.v1.batch_to_space compat.v1.batch_to_space_nd compat.v1.depth_to_space compat.v1.div compat.v1.floor_div compat.v1.get_seed compat.v1.manip.batch_to_space_nd compat.v1.manip.reshape compat.v1.multinomial compat.v1.nn.depth_to_space compat.v1.nn.dropout compat.v1.nn.relu_layer compat.v1.nn.softmax_cross_entropy_with_logits compat.v1.nn.softmax_cross_entropy_with_logits_v2 compat.v1.nn.space_to_batch compat.v1.nn.space_to_depth compat.v1.nn.xw_plus_b compat.v1.random.get_seed compat.v1.random.multinomial compat.v1.space_to_batch compat.v1.space_to_depth compat.v1.to_bfloat16 compat.v1.to_complex128 compat.v1.to_complex64 compat.v1.to_double compat.v1.to_float compat.v1.to_int32 compat.v1.to_int64 compat.v1.version.VERSION
v1.saving.checkpoint_files compat.v1.train.NewCheckpointReader compat.v1.train.checkpoint_exists compat.v1.train.generate_checkpoint_state_proto compat.v1.train.get_checkpoint_mtimes compat.v1.train.remove_checkpoint compat.v1.train.update_checkpoint_state
v1.saving.initial_checkpoint compat.v1.train.init_from_checkpoint compat.v1.train.warm_start
v1.saving.meta_graph compat.v1.train.export_meta_graph
v1.saving.meta_graph_files compat.v1.train.import_meta_graph
v1.saving.object_checkpoint compat.v1.train.Checkpoint
v1.saving.saved_models compat.v1.saved_model.Builder compat.v1.saved_model.LEGACY_INIT_OP_KEY compat.v1.saved_model.MAIN_OP_KEY compat.v1.saved_model.build_signature_def compat.v1.saved_model.build_tensor_info compat.v1.saved_model.builder.SavedModelBuilder compat.v1.saved_model.classification_signature_def compat.v1.saved_model.constants.ASSETS_DIRECTORY compat.v1.saved_model.constants.ASSETS_KEY compat.v1.saved_model.constants.LEGACY_INIT_OP_KEY compat.v1.saved_model.constants.MAIN_OP_KEY compat.v1.saved_model.constants.SAVED_MODEL_FILENAME_PB compat.v1.saved_model.constants.SAVED_MODEL_FILENAME_PBTXT compat.v1.saved_model.constants.SAVED_MODEL_SCHEMA_VERSION compat.v1.saved_model.constants.VARIABLES_DIRECTORY compat.v1.saved_model.constants.VARIABLES_FILENAME compat.v1.saved_model.get_tensor_from_tensor_info compat.v1.saved_model.is_valid_signature compat.v1.saved_model.load compat.v1.saved_model.loader.load compat.v1.saved_model.main_op.main_op compat.v1.saved_model.main_op.main_op_with_restore compat.v1.saved_model.main_op_with_restore compat.v1.saved_model.predict_signature_def compat.v1.saved_model.regression_signature_def compat.v1.saved_model.signature_constants.CLASSIFY_INPUTS compat.v1.saved_model.signature_constants.CLASSIFY_METHOD_NAME compat.v1.saved_model.signature_constants.CLASSIFY_OUTPUT_CLASSES compat.v1.saved_model.signature_constants.CLASSIFY_OUTPUT_SCORES compat.v1.saved_model.signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY compat.v1.saved_model.signature_constants.PREDICT_INPUTS compat.v1.saved_model.signature_constants.PREDICT_METHOD_NAME compat.v1.saved_model.signature_constants.PREDICT_OUTPUTS compat.v1.saved_model.signature_constants.REGRESS_INPUTS compat.v1.saved_model.signature_constants.REGRESS_METHOD_NAME compat.v1.saved_model.signature_constants.REGRESS_OUTPUTS compat.v1.saved_model.signature_def_utils.build_signature_def compat.v1.saved_model.signature_def_utils.classification_signature_def compat.v1.saved_model.signature_def_utils.is_valid_signature compat.v1.saved_model.signature_def_utils.predict_signature_def compat.v1.saved_model.signature_def_utils.regression_signature_def compat.v1.saved_model.simple_save compat.v1.saved_model.tag_constants.GPU compat.v1.saved_model.tag_constants.SERVING compat.v1.saved_model.tag_constants.TPU compat.v1.saved_model.tag_constants.TRAINING compat.v1.saved_model.utils.build_tensor_info compat.v1.saved_model.utils.get_tensor_from_tensor_info
v1.saving.savers compat.v1.train.Saver
v1.sessions.monitored.monitored_session compat.v1.train.MonitoredSession compat.v1.train.MonitoredTrainingSession compat.v1.train.SingularMonitoredSession
v1.sessions.monitored.run_hooks compat.v1.train.FeedFnHook compat.v1.train.FinalOpsHook compat.v1.train.GlobalStepWaiterHook compat.v1.train.LoggingTensorHook compat.v1.train.NanLossDuringTrainingError compat.v1.train.NanTensorHook compat.v1.train.SecondOrStepTimer compat.v1.train.SessionRunArgs compat.v1.train.SessionRunContext compat.v1.train.SessionRunHook compat.v1.train.SessionRunValues compat.v1.train.StopAtStepHook
v1.sessions.monitored.saving_hooks compat.v1.train.CheckpointSaverHook compat.v1.train.CheckpointSaverListener compat.v1.train.ProfilerHook compat.v1.train.StepCounterHook compat.v1.train.SummarySaverHook
v1.sessions.monitored.scaffold compat.v1.train.ChiefSessionCreator compat.v1.train.Scaffold compat.v1.train.SessionCreator compat.v1.train.SessionManager compat.v1.train.WorkerSessionCreator
v1.sessions.session compat.v1.InteractiveSession compat.v1.Session compat.v1.get_default_session
v1.training.adaptive_optimizers compat.v1.train.AdadeltaOptimizer compat.v1.train.AdagradDAOptimizer compat.v1.train.AdagradOptimizer compat.v1.train.FtrlOptimizer compat.v1.train.ProximalAdagradOptimizer compat.v1.train.RMSPropOptimizer
v1.training.learning_rates compat.v1.train.cosine_decay compat.v1.train.cosine_decay_restarts compat.v1.train.exponential_decay compat.v1.train.inverse_time_decay compat.v1.train.linear_cosine_decay compat.v1.train.natural_exp_decay compat.v1.train.noisy_linear_cosine_decay compat.v1.train.piecewise_constant compat.v1.train.piecewise_constant_decay compat.v1.train.polynomial_decay
v1.training.moving_averages compat.v1.train.ExponentialMovingAverage train.ExponentialMovingAverage
v1.training.optimizer_base compat.v1.train.Optimizer
v1.training.optimizers compat.v1.train.AdamOptimizer compat.v1.train.GradientDescentOptimizer compat.v1.train.MomentumOptimizer compat.v1.train.ProximalGradientDescentOptimizer
v1.training.training_steps compat.v1.train.assert_global_step compat.v1.train.create_global_step compat.v1.train.get_global_step compat.v1.train.get_or_create_global_step compat.v1.train.global_step
v1.variables.initializer_classes compat.v1.constant_initializer compat.v1.glorot_normal_initializer compat.v1.glorot_uniform_initializer compat.v1.initializers.constant compat.v1.initializers.glorot_normal compat.v1.initializers.glorot_uniform compat.v1.initializers.he_normal compat.v1.initializers.he_uniform compat.v1.initializers.identity compat.v1.initializers.lecun_normal compat.v1.initializers.lecun_uniform compat.v1.initializers.ones compat.v1.initializers.orthogonal compat.v1.initializers.random_normal compat.v1.initializers.random_uniform compat.v1.initializers.truncated_normal compat.v1.initializers.uniform_unit_scaling compat.v1.initializers.variance_scaling compat.v1.initializers.zeros compat.v1.ones_initializer compat.v1.orthogonal_initializer compat.v1.random_normal_initializer compat.v1.random_uniform_initializer compat.v1.truncated_normal_initializer compat.v1.uniform_unit_scaling_initializer compat.v1.variance_scaling_initializer compat.v1.zeros_initializer
v1.variables.partitioned_variables compat.v1.create_partitioned_variables
v1.variables.partitioners compat.v1.fixed_size_partitioner compat.v1.min_max_variable_partitioner compat.v1.variable_axis_size_partitioner
v1.variables.scope_stack compat.v1.VariableScope compat.v1.get_local_variable compat.v1.get_variable compat.v1.get_variable_scope compat.v1.no_regularizer compat.v1.variable_op_scope compat.v1.variable_scope
v1.variables.state_ops compat.v1.assign compat.v1.assign_add compat.v1.assign_sub compat.v1.colocate_with compat.v1.container compat.v1.count_up_to compat.v1.keras.backend.name_scope compat.v1.name_scope compat.v1.op_scope compat.v1.placeholder compat.v1.placeholder_with_default compat.v1.random.set_random_seed compat.v1.scatter_add compat.v1.scatter_div compat.v1.scatter_max compat.v1.scatter_min compat.v1.scatter_mul compat.v1.scatter_nd_add compat.v1.scatter_nd_sub compat.v1.scatter_nd_update compat.v1.scatter_sub compat.v1.scatter_update compat.v1.set_random_seed compat.v1.sparse_placeholder
v1.variables.template compat.v1.make_template
v1.variables.v1_variable compat.v1.Variable compat.v1.VariableV1 compat.v1.variable_creator_scope
v1.variables.variable_store compat.v1.AUTO_REUSE
""")

OPS: dict[str, str] = _by_name("""
autodiff.python_functions EagerPyFunc PyFunc PyFuncStateless
compat.tensorflow.inner.xla.xla_ops XlaDynamicUpdateSlice
control_flow.calls PartitionedCall StatefulPartitionedCall
control_flow.cond Case If StatelessCase StatelessIf
control_flow.residuals FakeParam
control_flow.while_loop StatelessWhile While
data.at GetElementAtIndex
data.auto_shard AutoShardDataset ExperimentalAutoShardDataset
data.engine.iterator AnonymousIteratorV3 IteratorGetNext IteratorGetNextAsOptional IteratorGetNextSync IteratorV2 MakeIterator
data.engine.iterator_handles AnonymousIterator AnonymousIteratorV2 DeleteIterator ExperimentalIteratorGetDevice Iterator IteratorFromStringHandle IteratorFromStringHandleV2 IteratorGetDevice IteratorToStringHandle OneShotIterator
data.lookup_tables InitializeTableFromDataset
data.old_ops BatchDataset BytesProducedStatsDataset ExperimentalBytesProducedStatsDataset ExperimentalDatasetCardinality ExperimentalDatasetToTFRecord ExperimentalDenseToSparseBatchDataset ExperimentalDirectedInterleaveDataset ExperimentalGroupByWindowDataset ExperimentalIgnoreErrorsDataset ExperimentalLatencyStatsDataset ExperimentalMapDataset ExperimentalMaxIntraOpParallelismDataset ExperimentalNonSerializableDataset ExperimentalPrivateThreadPoolDataset ExperimentalRandomDataset ExperimentalScanDataset ExperimentalSetStatsAggregatorDataset ExperimentalSleepDataset ExperimentalStatsAggregatorHandle ExperimentalTakeWhileDataset ExperimentalThreadPoolDataset ExperimentalThreadPoolHandle ExperimentalUnbatchDataset ExperimentalUniqueDataset FilterByLastComponentDataset FinalizeDataset LatencyStatsDataset ListDataset MaxIntraOpParallelismDataset ModelDataset NonSerializableDataset OptimizeDataset OptimizeDatasetV2 PaddedBatchDataset ParallelFilterDataset ParallelInterleaveDatasetV2 ParallelInterleaveDatasetV3 ParallelMapDataset PrivateThreadPoolDataset RewriteDataset SetStatsAggregatorDataset ShuffleAndRepeatDataset ShuffleAndRepeatDatasetV2 ShuffleDataset ShuffleDatasetV2 SleepDataset StatsAggregatorHandle StatsAggregatorHandleV2 ThreadPoolDataset ThreadPoolHandle UnwrapDatasetVariant WrapDatasetVariant
data.optional OptionalFromValue OptionalGetValue OptionalHasValue OptionalNone
data.report.batch_size ComputeBatchSize
data.report.cardinality AssertCardinalityDataset DatasetCardinality
data.report.dataset_graph DatasetFromGraph
data.report.dataset_to_graph DatasetToGraph DatasetToGraphV2
data.report.fingerprint DatasetFingerprint
data.service.client DistributedSave RegisterDatasetV2
data.sources.csv_dataset CSVDataset CSVDatasetV2 ExperimentalCSVDataset
data.sources.fixed_length_record FixedLengthRecordDataset FixedLengthRecordDatasetV2
data.sources.generator GeneratorDataset
data.sources.list_files ExperimentalMatchingFilesDataset MatchingFilesDataset
data.sources.random RandomDataset RandomDatasetV2
data.sources.range RangeDataset
data.sources.record_files DatasetToTFRecord
data.sources.slices TensorSliceDataset
data.sources.sql_dataset ExperimentalSqlDataset SqlDataset
data.sources.tensors TensorDataset
data.sources.text_line TextLineDataset
data.sources.tfrecord_dataset TFRecordDataset TFRecordDatasetV2
data.state.save LoadDataset SaveDataset
data.state.saving SaveDatasetV2
data.state.serialize_iterator DeserializeIterator SerializeIterator
data.transformations.batching.batch BatchDatasetV2 ParallelBatchDataset
data.transformations.batching.map_and_batch ExperimentalMapAndBatchDataset MapAndBatchDataset
data.transformations.batching.padded_batch PaddedBatchDatasetV2
data.transformations.batching.rebatch RebatchDatasetV2
data.transformations.batching.sparse_batch DenseToSparseBatchDataset
data.transformations.batching.unbatch UnbatchDataset
data.transformations.batching.window WindowDataset
data.transformations.cache CacheDataset CacheDatasetV2 DummyMemoryCache
data.transformations.combining.concatenate ConcatenateDataset
data.transformations.combining.directed_interleave DirectedInterleaveDataset
data.transformations.combining.flat_map FlatMapDataset
data.transformations.combining.interleave InterleaveDataset ParallelInterleaveDatasetV4
data.transformations.combining.parallel_interleave ExperimentalParallelInterleaveDataset LegacyParallelInterleaveDatasetV2 ParallelInterleaveDataset
data.transformations.combining.zip ZipDataset
data.transformations.filter FilterDataset
data.transformations.global_shuffle GlobalShuffleDataset
data.transformations.group_by_reducer ExperimentalGroupByReducerDataset GroupByReducerDataset
data.transformations.group_by_window GroupByWindowDataset
data.transformations.ignore_errors IgnoreErrorsDataset
data.transformations.map MapDataset ParallelMapDatasetV2
data.transformations.old_stages ChooseFastestBranchDataset ChooseFastestDataset ExperimentalChooseFastestDataset ExperimentalRebatchDataset RebatchDataset SamplingDataset SlidingWindowDataset SparseTensorSliceDataset
data.transformations.parse_example_dataset ExperimentalParseExampleDataset ParseExampleDataset ParseExampleDatasetV2
data.transformations.prefetch PrefetchDataset
data.transformations.reduce ReduceDataset
data.transformations.repeat RepeatDataset
data.transformations.scan ScanDataset
data.transformations.shard ShardDataset
data.transformations.shuffle AnonymousRandomSeedGenerator AnonymousSeedGenerator DeleteRandomSeedGenerator DeleteSeedGenerator DummySeedGenerator ShuffleDatasetV3
data.transformations.single_element DatasetToSingleElement
data.transformations.snapshot SnapshotDatasetV2
data.transformations.snapshot_readers SnapshotChunkDataset SnapshotDatasetReader SnapshotNestedDatasetReader
data.transformations.take SkipDataset TakeDataset
data.transformations.take_while TakeWhileDataset
data.transformations.unique UniqueDataset
data.transformations.with_options OptionsDataset
distribute.dtensor.relayout Relayout RelayoutLike
function.batch_function BatchFunction
io.codecs.compressed DecodeCompressed
io.codecs.png EncodePng
io.codecs.serialization DecodeBase64 DecodePaddedRaw DecodeRaw EncodeBase64 ParseTensor SerializeTensor
io.codecs.sparse_serialization DeserializeManySparse DeserializeSparse SerializeManySparse SerializeSparse
io.codecs.wav DecodeWav EncodeWav
io.file_systems.file_ops MatchingFiles ReadFile WriteFile
io.parsing.csv DecodeCSV
io.parsing.example_ops ParseExample ParseExampleV2 ParseSingleExample
io.parsing.json_example DecodeJSONExample
io.parsing.proto_ops DecodeProtoV2 EncodeProto
io.parsing.sequence_example_ops ParseSequenceExample ParseSequenceExampleV2 ParseSingleSequenceExample
io.records.readers FixedLengthRecordReader FixedLengthRecordReaderV2 IdentityReader IdentityReaderV2 ReaderNumRecordsProduced ReaderNumRecordsProducedV2 ReaderNumWorkUnitsCompleted ReaderNumWorkUnitsCompletedV2 ReaderRead ReaderReadUpTo ReaderReadUpToV2 ReaderReadV2 ReaderReset ReaderResetV2 ReaderRestoreState ReaderRestoreStateV2 ReaderSerializeState ReaderSerializeStateV2 TFRecordReader TFRecordReaderV2 TextLineReader TextLineReaderV2 WholeFileReader WholeFileReaderV2
ops.array.blocks BatchToSpace BatchToSpaceND DepthToSpace SpaceToBatch SpaceToBatchND SpaceToDepth
ops.array.constants Const Empty Fill OnesLike Placeholder PlaceholderV2 PlaceholderWithDefault ZerosLike
ops.array.data_formats DataFormatDimMap DataFormatVecPermute
ops.array.identity CheckNumerics CheckNumericsV2 CheckPinned DebugGradientIdentity DeepCopy EnsureShape GuaranteeConst Identity IdentityN NoOp PreventGradient Snapshot StopGradient
ops.array.joining Concat ConcatOffset ConcatV2
ops.array.padding MirrorPad MirrorPadGrad Pad PadV2 Tile TileGrad
ops.array.ranges LinSpace Range
ops.array.ranking ApproxTopK InTopK InTopKV2
ops.array.reshaping ExpandDims Reshape Squeeze
ops.array.reversing Reverse ReverseSequence ReverseV2 Roll
ops.array.selecting OneHot Select SelectV2 Where
ops.array.set_operations DenseToDenseSetOperation DenseToSparseSetOperation SetSize SparseToSparseSetOperation
ops.array.sets ListDiff LowerBound Unique UniqueV2 UniqueWithCounts UniqueWithCountsV2 UpperBound
ops.array.shapes_of BroadcastArgs BroadcastGradientArgs Rank Shape ShapeN Size
ops.array.sorting NthElement TopK TopKV2
ops.array.splitting Split SplitV
ops.array.stacking Pack ParallelConcat Unpack
ops.array.transposing BroadcastTo ConjugateTranspose InvertPermutation Transpose
ops.collective CollectiveGatherV2 CollectiveReduceV2 XlaReplicaId
ops.control.switch_merge Abort ControlTrigger Enter Exit LoopCond Merge NextIteration RefEnter RefExit RefMerge RefNextIteration RefSelect RefSwitch Switch _SwitchN
ops.control.timestamps Timestamp
ops.debugging.assertions Assert
ops.debugging.numeric_summary DebugNumericSummaryV2
ops.image.boxes DrawBoundingBoxes DrawBoundingBoxesV2 ExtractGlimpse ExtractGlimpseV2
ops.image.colour_ops AdjustContrast AdjustContrastv2 AdjustHue AdjustSaturation HSVToRGB RGBToHSV
ops.image.crop_and_resize CropAndResize CropAndResizeGradBoxes CropAndResizeGradImage
ops.image.decode_ops DecodeAndCropJpeg DecodeBmp DecodeGif DecodeImage DecodeJpeg DecodeJxl DecodePng DecodeWebP EncodeJpeg EncodeJpegVariableQuality ExtractJpegShape
ops.image.distorted_boxes SampleDistortedBoundingBox SampleDistortedBoundingBoxV2 StatelessSampleDistortedBoundingBox
ops.image.projective ImageProjectiveTransformV2 ImageProjectiveTransformV3
ops.image.resize_ops QuantizedResizeBilinear ResizeArea ResizeBicubic ResizeBicubicGrad ResizeBilinear ResizeBilinearGrad ResizeNearestNeighbor ResizeNearestNeighborGrad
ops.image.scale_and_translate ScaleAndTranslate ScaleAndTranslateGrad
ops.image.suppression_ops CombinedNonMaxSuppression NonMaxSuppression NonMaxSuppressionV2 NonMaxSuppressionV3 NonMaxSuppressionV4 NonMaxSuppressionV5 NonMaxSuppressionWithOverlaps
ops.linalg.cholesky Cholesky CholeskyGrad
ops.linalg.diagonals MatrixDiagPartV3 MatrixDiagV3 MatrixSetDiagV3
ops.linalg.diagonals_old MatrixDiag MatrixDiagPart MatrixDiagPartV2 MatrixDiagV2 MatrixSetDiag MatrixSetDiagV2
ops.linalg.eigen Eig SelfAdjointEigV2
ops.linalg.einsum Einsum
ops.linalg.inverse LogMatrixDeterminant MatrixDeterminant MatrixInverse
ops.linalg.lu Lu
ops.linalg.matmul BatchMatMul BatchMatMulV2 BatchMatMulV3 MatMul
ops.linalg.matrices Diag DiagPart MatrixBandPart
ops.linalg.matrix_functions MatrixLogarithm MatrixSquareRoot
ops.linalg.old_names BatchCholesky BatchCholeskyGrad BatchMatrixBandPart BatchMatrixDeterminant BatchMatrixDiag BatchMatrixDiagPart BatchMatrixInverse BatchMatrixSetDiag BatchMatrixSolve BatchMatrixSolveLs BatchMatrixTriangularSolve BatchSelfAdjointEig BatchSelfAdjointEigV2 BatchSvd SelfAdjointEig
ops.linalg.qr Qr
ops.linalg.solving MatrixSolve MatrixSolveLs
ops.linalg.svd Svd
ops.linalg.tensordot Cross
ops.linalg.triangular BandedTriangularSolve MatrixTriangularSolve
ops.linalg.tridiagonal TridiagonalMatMul TridiagonalSolve
ops.lists.stacks Stack StackClose StackCloseV2 StackPop StackPopV2 StackPush StackPushV2 StackV2
ops.lists.tensor_array_ops TensorArrayCloseV3 TensorArrayConcatV3 TensorArrayGatherV3 TensorArrayGradV3 TensorArrayGradWithShape TensorArrayReadV3 TensorArrayScatterV3 TensorArraySizeV3 TensorArraySplitV3 TensorArrayV3 TensorArrayWriteV3
ops.lists.tensor_list EmptyTensorList TensorListElementShape TensorListFromTensor TensorListGetItem TensorListLength TensorListPopBack TensorListPushBack TensorListReserve TensorListResize TensorListScatter TensorListScatterV2 TensorListSetItem TensorListSplit
ops.lists.tensor_list_batches TensorListConcatLists TensorListPushBackBatch
ops.lists.tensor_map EmptyTensorMap TensorMapErase TensorMapHasKey TensorMapInsert TensorMapLookup TensorMapSize TensorMapStackKeys
ops.lists.whole_lists TensorListConcat TensorListConcatV2 TensorListGather TensorListScatterIntoExistingList TensorListStack
ops.lookup.table_ops AnonymousHashTable AnonymousMutableDenseHashTable AnonymousMutableHashTable AnonymousMutableHashTableOfTensors HashTable HashTableV2 InitializeTable InitializeTableFromTextFile InitializeTableFromTextFileV2 InitializeTableV2 LookupTableExport LookupTableExportV2 LookupTableFind LookupTableFindV2 LookupTableImport LookupTableImportV2 LookupTableInsert LookupTableInsertV2 LookupTableRemoveV2 LookupTableSize LookupTableSizeV2 MutableDenseHashTable MutableDenseHashTableV2 MutableHashTable MutableHashTableOfTensors MutableHashTableOfTensorsV2 MutableHashTableV2
ops.math.addn AccumulateNV2 AddN
ops.math.bessel BesselI0 BesselI0e BesselI1 BesselI1e BesselJ0 BesselJ1 BesselK0 BesselK0e BesselK1 BesselK1e BesselY0 BesselY1
ops.math.bitwise BitwiseAnd BitwiseOr BitwiseXor Invert LeftShift PopulationCount RightShift
ops.math.cast Bitcast Cast
ops.math.clip ClipByValue
ops.math.comparison ApproximateEqual Equal Greater GreaterEqual Less LessEqual NotEqual
ops.math.complex_numbers Angle Complex Conj Imag Real
ops.math.cumulative Cumprod Cumsum CumulativeLogsumexp
ops.math.division Div DivNoNan FloorDiv FloorMod Mod RealDiv TruncateDiv TruncateMod
ops.math.elementwise Add AddV2 Mul Neg Sub
ops.math.exponential Exp Expm1 Log Log1p Sigmoid SigmoidGrad
ops.math.incomplete_gamma Betainc Igamma IgammaGradA Igammac RandomGammaGrad
ops.math.integrals Dawsn Expint FresnelCos FresnelSin Spence
ops.math.logical LogicalAnd LogicalNot LogicalOr
ops.math.power Maximum Minimum NextAfter Pow SquaredDifference
ops.math.rounding Ceil Floor IsFinite IsInf IsNan Rint Round
ops.math.special Digamma Erf Erfc Erfinv Lgamma Ndtri Polygamma Zeta
ops.math.trigonometric Acos Acosh Asin Asinh Atan Atan2 Atanh Cos Cosh Sin Sinh Tan Tanh TanhGrad
ops.math.unary Abs ComplexAbs Inv InvGrad Reciprocal ReciprocalGrad Rsqrt RsqrtGrad Sign Sqrt SqrtGrad Square
ops.math.xlogy MulNoNan Xdivy Xlog1py Xlogy
ops.nn.activations Elu EluGrad LeakyRelu LeakyReluGrad Relu Relu6 Relu6Grad ReluGrad Selu SeluGrad Softplus SoftplusGrad Softsign SoftsignGrad
ops.nn.batch_norm FusedBatchNorm FusedBatchNormGrad FusedBatchNormGradV2 FusedBatchNormGradV3 FusedBatchNormV2 FusedBatchNormV3
ops.nn.bias BiasAdd BiasAddGrad BiasAddV1
ops.nn.candidates.losses ComputeAccidentalHits
ops.nn.candidates.samplers AllCandidateSampler LogUniformCandidateSampler UniformCandidateSampler
ops.nn.candidates.unigrams FixedUnigramCandidateSampler LearnedUnigramCandidateSampler ThreadUnsafeUnigramCandidateSampler
ops.nn.convolution.depthwise DepthwiseConv2dNative DepthwiseConv2dNativeBackpropFilter DepthwiseConv2dNativeBackpropInput
ops.nn.convolution.fused _FusedConv2D
ops.nn.convolution.fused_padding FusedPadConv2D FusedResizeAndPadConv2D
ops.nn.convolution.general Conv Conv2DBackpropFilterV2 Conv2DBackpropInputV2
ops.nn.convolution.ops Conv2D Conv2DBackpropFilter Conv2DBackpropInput Conv3D Conv3DBackpropFilterV2 Conv3DBackpropInputV2
ops.nn.cross_entropy SoftmaxCrossEntropyWithLogits SparseSoftmaxCrossEntropyWithLogits
ops.nn.ctc.decoding CTCBeamSearchDecoder CTCGreedyDecoder
ops.nn.ctc.loss CTCLoss CTCLossV2
ops.nn.dilation Dilation2D Dilation2DBackpropFilter Dilation2DBackpropInput
ops.nn.fused XlaOptimizationBarrier _FusedMatMul
ops.nn.image_patches ExtractImagePatches
ops.nn.isotonic IsotonicRegression
ops.nn.lrn LRN LRNGrad
ops.nn.norms L2Loss
ops.nn.pooling.argmax MaxPoolGradGradWithArgmax MaxPoolGradWithArgmax MaxPoolWithArgmax
ops.nn.pooling.fractional FractionalAvgPool FractionalAvgPoolGrad FractionalMaxPool FractionalMaxPoolGrad
ops.nn.pooling.ops AvgPool AvgPool3D AvgPool3DGrad AvgPoolGrad MaxPool MaxPool3D MaxPool3DGrad MaxPool3DGradGrad MaxPoolGrad MaxPoolGradGrad MaxPoolGradGradV2 MaxPoolGradV2 MaxPoolV2
ops.nn.recurrent.gru GRUBlockCell GRUBlockCellGrad
ops.nn.recurrent.lstm BlockLSTM BlockLSTMGrad BlockLSTMGradV2 BlockLSTMV2 LSTMBlockCell LSTMBlockCellGrad
ops.nn.softmax LogSoftmax Softmax
ops.nn.volume_patches ExtractVolumePatches
ops.quantization.concat QuantizedConcat
ops.quantization.fake_quant FakeQuantWithMinMaxArgs FakeQuantWithMinMaxArgsGradient FakeQuantWithMinMaxVars FakeQuantWithMinMaxVarsGradient FakeQuantWithMinMaxVarsPerChannel FakeQuantWithMinMaxVarsPerChannelGradient
ops.quantization.quantize Dequantize QuantizeV2
ops.quantization.rounding QuantizeAndDequantize QuantizeAndDequantizeV2 QuantizeAndDequantizeV3 QuantizeAndDequantizeV4 QuantizeAndDequantizeV4Grad
ops.queues.mutex ConsumeMutexLock MutexLock MutexV2
ops.queues.queue_ops FIFOQueue FIFOQueueV2 PaddingFIFOQueue PaddingFIFOQueueV2 PriorityQueue PriorityQueueV2 QueueClose QueueCloseV2 QueueDequeue QueueDequeueMany QueueDequeueManyV2 QueueDequeueUpTo QueueDequeueUpToV2 QueueDequeueV2 QueueEnqueue QueueEnqueueMany QueueEnqueueManyV2 QueueEnqueueV2 QueueIsClosed QueueIsClosedV2 QueueSize QueueSizeV2 RandomShuffleQueue RandomShuffleQueueV2
ops.ragged.cross RaggedCross
ops.ragged.gather_op RaggedGather
ops.ragged.kernels RaggedRange RaggedTensorToSparse RaggedTensorToTensor
ops.ragged.variants RaggedTensorFromVariant RaggedTensorToVariant RaggedTensorToVariantGradient
ops.random.distributions RandomGamma RandomPoisson RandomPoissonV2 StatefulRandomBinomial StatelessRandomBinomial StatelessRandomGammaV2 StatelessRandomGammaV3 StatelessRandomPoisson
ops.random.generator_ops NonDeterministicInts RngReadAndSkip RngSkip StatefulStandardNormalV2 StatefulTruncatedNormal StatefulUniform StatefulUniformFullInt StatefulUniformInt
ops.random.index_shuffle RandomIndexShuffle
ops.random.sobol SobolSample
ops.random.stateful Multinomial RandomShuffle RandomStandardNormal RandomUniform RandomUniformInt TruncatedNormal
ops.random.stateless StatelessMultinomial StatelessRandomGetAlg StatelessRandomGetKeyCounter StatelessRandomGetKeyCounterAlg StatelessRandomNormal StatelessRandomNormalV2 StatelessRandomUniform StatelessRandomUniformFullInt StatelessRandomUniformFullIntV2 StatelessRandomUniformInt StatelessRandomUniformIntV2 StatelessRandomUniformV2 StatelessShuffle StatelessTruncatedNormal StatelessTruncatedNormalV2
ops.random.truncated StatelessParameterizedTruncatedNormal
ops.reductions.arg_reductions ArgMax ArgMin
ops.reductions.bincount Bincount DenseBincount RaggedBincount SparseBincount
ops.reductions.bucketize Bucketize
ops.reductions.histograms HistogramFixedWidth
ops.reductions.ops All Any EuclideanNorm Max Mean Min Prod Sum
ops.reductions.segments SegmentMax SegmentMean SegmentMin SegmentProd SegmentSum
ops.reductions.unsorted_segments SegmentMaxV2 SegmentMinV2 SegmentProdV2 SegmentSumV2 UnsortedSegmentMax UnsortedSegmentMin UnsortedSegmentProd UnsortedSegmentSum
ops.signal.fourier BatchFFT BatchFFT2D BatchFFT3D BatchIFFT BatchIFFT2D BatchIFFT3D FFT FFT2D FFT3D IFFT IFFT2D IFFT3D
ops.signal.fourier_nd FFTND IFFTND IRFFTND RFFTND
ops.signal.real_fourier IRFFT IRFFT2D IRFFT3D RFFT RFFT2D RFFT3D
ops.signal.speech AudioSpectrogram Mfcc
ops.slices.gathering Gather GatherV2
ops.slices.gathering_nd GatherNd UnravelIndex
ops.slices.in_place Copy CopyHost DebugIdentityV2 DeviceIndex InplaceAdd InplaceSub InplaceUpdate ToBool
ops.slices.partitioning DynamicPartition DynamicStitch ParallelDynamicStitch
ops.slices.scattering ScatterNd ScatterNdNonAliasingAdd TensorScatterAdd TensorScatterMax TensorScatterMin TensorScatterSub TensorScatterUpdate
ops.slices.slicing Slice StridedSlice StridedSliceGrad TensorStridedSliceUpdate
ops.sparse.counts DenseCountSparseOutput RaggedCountSparseOutput SparseCountSparseOutput
ops.sparse.cross SparseCross SparseCrossHashed SparseCrossV2
ops.sparse.csr.cholesky SparseMatrixOrderingAMD SparseMatrixSparseCholesky
ops.sparse.csr.converting CSRSparseMatrixComponents CSRSparseMatrixToDense CSRSparseMatrixToSparseTensor DenseToCSRSparseMatrix SparseMatrixNNZ SparseMatrixZeros SparseTensorToCSRSparseMatrix
ops.sparse.csr.products SparseMatrixAdd SparseMatrixMatMul SparseMatrixMul SparseMatrixSoftmax SparseMatrixSoftmaxGrad SparseMatrixSparseMatMul SparseMatrixTranspose
ops.sparse.dense SparseDenseCwiseAdd SparseMatMul SparseTensorDenseAdd
ops.sparse.dispatch SparseDenseCwiseDiv SparseDenseCwiseMul
ops.sparse.functions SparseAdd SparseAddGrad SparseSparseMaximum SparseSparseMinimum SparseToDense
ops.sparse.maps AddManySparseToTensorsMap AddSparseToTensorsMap TakeManySparseFromTensorsMap
ops.sparse.math SparseReduceMax SparseReduceMaxSparse SparseReduceSum SparseReduceSumSparse SparseTensorDenseMatMul
ops.sparse.parts SparseConcat SparseSlice SparseSliceGrad SparseSplit
ops.sparse.rows RaggedFillEmptyRows RaggedFillEmptyRowsGrad SparseFillEmptyRows SparseFillEmptyRowsGrad
ops.sparse.segments SparseSegmentMean SparseSegmentMeanGrad SparseSegmentMeanGradV2 SparseSegmentMeanWithNumSegments SparseSegmentSqrtN SparseSegmentSqrtNGrad SparseSegmentSqrtNGradV2 SparseSegmentSqrtNWithNumSegments SparseSegmentSum SparseSegmentSumGrad SparseSegmentSumGradV2 SparseSegmentSumWithNumSegments
ops.sparse.shape SparseReorder SparseReshape
ops.sparse.values SparseSoftmax
ops.state.optimizer_updates ApplyAdaMax ApplyAdadelta ApplyAdagrad ApplyAdagradDA ApplyAdagradV2 ApplyAdam ApplyAddSign ApplyCenteredRMSProp ApplyFtrl ApplyFtrlV2 ApplyGradientDescent ApplyMomentum ApplyPowerSign ApplyProximalAdagrad ApplyProximalGradientDescent ApplyRMSProp ResourceApplyAdaMax ResourceApplyAdadelta ResourceApplyAdagrad ResourceApplyAdagradDA ResourceApplyAdagradV2 ResourceApplyAdam ResourceApplyAdamWithAmsgrad ResourceApplyAddSign ResourceApplyCenteredRMSProp ResourceApplyFtrl ResourceApplyFtrlV2 ResourceApplyGradientDescent ResourceApplyKerasMomentum ResourceApplyMomentum ResourceApplyPowerSign ResourceApplyProximalAdagrad ResourceApplyProximalGradientDescent ResourceApplyRMSProp ResourceSparseApplyAdadelta ResourceSparseApplyAdagrad ResourceSparseApplyAdagradDA ResourceSparseApplyAdagradV2 ResourceSparseApplyCenteredRMSProp ResourceSparseApplyFtrl ResourceSparseApplyFtrlV2 ResourceSparseApplyKerasMomentum ResourceSparseApplyMomentum ResourceSparseApplyProximalAdagrad ResourceSparseApplyProximalGradientDescent ResourceSparseApplyRMSProp SparseApplyAdadelta SparseApplyAdagrad SparseApplyAdagradDA SparseApplyAdagradV2 SparseApplyCenteredRMSProp SparseApplyFtrl SparseApplyFtrlV2 SparseApplyMomentum SparseApplyProximalAdagrad SparseApplyProximalGradientDescent SparseApplyRMSProp
ops.state.reference_variables Assign AssignAdd AssignSub CountUpTo DestroyTemporaryVariable IsVariableInitialized RefIdentity ResourceCountUpTo ScatterAdd ScatterDiv ScatterMax ScatterMin ScatterMul ScatterNdAdd ScatterNdMax ScatterNdMin ScatterNdSub ScatterNdUpdate ScatterSub ScatterUpdate StridedSliceAssign TemporaryVariable Variable VariableV2
ops.state.resource_scatter_nd ResourceScatterNdAdd ResourceScatterNdMax ResourceScatterNdMin ResourceScatterNdSub ResourceScatterNdUpdate
ops.state.resource_slices ResourceStridedSliceAssign
ops.state.resource_variables AssignAddVariableOp AssignSubVariableOp AssignVariableOp DestroyResourceOp DisableCopyOnRead ReadVariableOp ResourceGather ResourceGatherNd ResourceScatterAdd ResourceScatterDiv ResourceScatterMax ResourceScatterMin ResourceScatterMul ResourceScatterSub ResourceScatterUpdate VarHandleOp VarIsInitializedOp VariableShape
ops.strings.edit_distance EditDistance
ops.strings.hashing Fingerprint StringToHashBucket StringToHashBucketFast StringToHashBucketStrong
ops.strings.joining ReduceJoin StringJoin StringNGrams UnsortedSegmentJoin
ops.strings.number_text AsString StringToNumber
ops.strings.printing PrintV2 StringFormat
ops.strings.regex RegexFullMatch RegexReplace StaticRegexFullMatch StaticRegexReplace
ops.strings.splitting StringSplit StringSplitV2
ops.strings.text StringLength StringLower StringStrip StringUpper Substr
ops.strings.unicode UnicodeDecode UnicodeDecodeWithOffsets UnicodeEncode UnicodeTranscode
ops.strings.unicode_script UnicodeScript
ops.xla.call_module XlaCallModule
ops.xla.sharding XlaSharding
saving.checkpoint.ops MergeV2Checkpoints Restore RestoreSlice RestoreV2 Save SaveSlices SaveV2 ShardedFilename ShardedFilespec
summary.events.event_ops CloseSummaryWriter CreateSummaryFileWriter FlushSummaryWriter ImportEvent SummaryWriter WriteGraphSummary WriteRawProtoSummary WriteScalarSummary WriteSummary
summary.events.old_ops AudioSummary AudioSummaryV2 HistogramSummary ImageSummary MergeSummary ScalarSummary TensorSummaryV2
v1.old_functions Print
""")
