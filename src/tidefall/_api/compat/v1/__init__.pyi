# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1`."""

import builtins as _builtins
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import AbstractContextManager
from google.protobuf.message import Message
from tidefall import AggregationMethod as AggregationMethod
from tidefall import Assert as Assert
from tidefall import CriticalSection as CriticalSection
from tidefall import DType as DType
from tidefall import GradientTape as GradientTape
from tidefall import Graph as Graph
from tidefall import IndexedSlices as IndexedSlices
from tidefall import IndexedSlicesSpec as IndexedSlicesSpec
from tidefall import Module as Module
from tidefall import NoneTensorSpec as NoneTensorSpec
from tidefall import Operation as Operation
from tidefall import OptionalSpec as OptionalSpec
from tidefall import RaggedTensor as RaggedTensor
from tidefall import RaggedTensorSpec as RaggedTensorSpec
from tidefall import RegisterGradient as RegisterGradient
from tidefall import SparseTensor as SparseTensor
from tidefall import SparseTensorSpec as SparseTensorSpec
from tidefall import Tensor as Tensor
from tidefall import TensorArray as TensorArray
from tidefall import TensorArraySpec as TensorArraySpec
from tidefall import TensorShape as TensorShape
from tidefall import TensorSpec as TensorSpec
from tidefall import TypeSpec as TypeSpec
from tidefall import UnconnectedGradients as UnconnectedGradients
from tidefall import VariableAggregation as VariableAggregation
from tidefall import VariableSynchronization as VariableSynchronization
from tidefall import abs as abs
from tidefall import acos as acos
from tidefall import acosh as acosh
from tidefall import add as add
from tidefall import add_n as add_n
from tidefall import approx_top_k as approx_top_k
from tidefall import argsort as argsort
from tidefall import as_dtype as as_dtype
from tidefall import as_string as as_string
from tidefall import asin as asin
from tidefall import asinh as asinh
from tidefall import atan as atan
from tidefall import atan2 as atan2
from tidefall import atanh as atanh
from tidefall import bitcast as bitcast
from tidefall import broadcast_dynamic_shape as broadcast_dynamic_shape
from tidefall import broadcast_static_shape as broadcast_static_shape
from tidefall import broadcast_to as broadcast_to
from tidefall import case as case
from tidefall import cast as cast
from tidefall import check_pinned as check_pinned
from tidefall import clip_by_global_norm as clip_by_global_norm
from tidefall import clip_by_norm as clip_by_norm
from tidefall import clip_by_value as clip_by_value
from tidefall import complex as complex
from tidefall import concat as concat
from tidefall import control_dependencies as control_dependencies
from tidefall import conv as conv
from tidefall import conv2d_backprop_filter_v2 as conv2d_backprop_filter_v2
from tidefall import conv2d_backprop_input_v2 as conv2d_backprop_input_v2
from tidefall import cos as cos
from tidefall import cosh as cosh
from tidefall import cumsum as cumsum
from tidefall import custom_gradient as custom_gradient
from tidefall import divide as divide
from tidefall import dynamic_partition as dynamic_partition
from tidefall import dynamic_stitch as dynamic_stitch
from tidefall import edit_distance as edit_distance
from tidefall import eig as eig
from tidefall import eigvals as eigvals
from tidefall import einsum as einsum
from tidefall import ensure_shape as ensure_shape
from tidefall import equal as equal
from tidefall import exp as exp
from tidefall import extract_volume_patches as extract_volume_patches
from tidefall import eye as eye
from tidefall import fftnd as fftnd
from tidefall import fill as fill
from tidefall import fingerprint as fingerprint
from tidefall import floor as floor
from tidefall import foldl as foldl
from tidefall import foldr as foldr
from tidefall import function as function
from tidefall import get_current_name_scope as get_current_name_scope
from tidefall import get_logger as get_logger
from tidefall import get_static_value as get_static_value
from tidefall import grad_pass_through as grad_pass_through
from tidefall import greater as greater
from tidefall import greater_equal as greater_equal
from tidefall import group as group
from tidefall import guarantee_const as guarantee_const
from tidefall import histogram_fixed_width as histogram_fixed_width
from tidefall import histogram_fixed_width_bins as histogram_fixed_width_bins
from tidefall import identity as identity
from tidefall import identity_n as identity_n
from tidefall import ifftnd as ifftnd
from tidefall import import_graph_def as import_graph_def
from tidefall import init_scope as init_scope
from tidefall import inside_function as inside_function
from tidefall import irfftnd as irfftnd
from tidefall import is_symbolic_tensor as is_symbolic_tensor
from tidefall import is_tensor as is_tensor
from tidefall import less as less
from tidefall import less_equal as less_equal
from tidefall import linspace as linspace
from tidefall import load_library as load_library
from tidefall import load_op_library as load_op_library
from tidefall import logical_and as logical_and
from tidefall import logical_not as logical_not
from tidefall import logical_or as logical_or
from tidefall import make_ndarray as make_ndarray
from tidefall import make_tensor_proto as make_tensor_proto
from tidefall import map_fn as map_fn
from tidefall import matmul as matmul
from tidefall import matrix_square_root as matrix_square_root
from tidefall import maximum as maximum
from tidefall import meshgrid as meshgrid
from tidefall import minimum as minimum
from tidefall import multiply as multiply
from tidefall import negative as negative
from tidefall import no_gradient as no_gradient
from tidefall import no_op as no_op
from tidefall import nondifferentiable_batch_function as nondifferentiable_batch_function
from tidefall import not_equal as not_equal
from tidefall import numpy_function as numpy_function
from tidefall import one_hot as one_hot
from tidefall import ones as ones
from tidefall import parallel_stack as parallel_stack
from tidefall import pow as pow
from tidefall import print as print
from tidefall import py_function as py_function
from tidefall import ragged_fill_empty_rows as ragged_fill_empty_rows
from tidefall import ragged_fill_empty_rows_grad as ragged_fill_empty_rows_grad
from tidefall import random_index_shuffle as random_index_shuffle
from tidefall import range as range
from tidefall import rank as rank
from tidefall import realdiv as realdiv
from tidefall import recompute_grad as recompute_grad
from tidefall import register_tensor_conversion_function as register_tensor_conversion_function
from tidefall import repeat as repeat
from tidefall import required_space_to_batch_paddings as required_space_to_batch_paddings
from tidefall import reshape as reshape
from tidefall import reverse as reverse
from tidefall import rfftnd as rfftnd
from tidefall import roll as roll
from tidefall import round as round
from tidefall import saturate_cast as saturate_cast
from tidefall import scalar_mul as scalar_mul
from tidefall import scan as scan
from tidefall import scatter_nd as scatter_nd
from tidefall import searchsorted as searchsorted
from tidefall import sequence_mask as sequence_mask
from tidefall import shape_n as shape_n
from tidefall import sigmoid as sigmoid
from tidefall import sign as sign
from tidefall import sin as sin
from tidefall import sinh as sinh
from tidefall import slice as slice
from tidefall import sort as sort
from tidefall import space_to_batch_nd as space_to_batch_nd
from tidefall import split as split
from tidefall import sqrt as sqrt
from tidefall import square as square
from tidefall import stack as stack
from tidefall import stop_gradient as stop_gradient
from tidefall import strided_slice as strided_slice
from tidefall import subtract as subtract
from tidefall import switch_case as switch_case
from tidefall import tan as tan
from tidefall import tanh as tanh
from tidefall import tensor_scatter_nd_add as tensor_scatter_nd_add
from tidefall import tensor_scatter_nd_max as tensor_scatter_nd_max
from tidefall import tensor_scatter_nd_min as tensor_scatter_nd_min
from tidefall import tensor_scatter_nd_sub as tensor_scatter_nd_sub
from tidefall import tensor_scatter_nd_update as tensor_scatter_nd_update
from tidefall import tensordot as tensordot
from tidefall import tile as tile
from tidefall import timestamp as timestamp
from tidefall import truediv as truediv
from tidefall import truncatediv as truncatediv
from tidefall import truncatemod as truncatemod
from tidefall import type_spec_from_value as type_spec_from_value
from tidefall import unique as unique
from tidefall import unique_with_counts as unique_with_counts
from tidefall import unravel_index as unravel_index
from tidefall import unstack as unstack
from tidefall import vectorized_map as vectorized_map
from tidefall import zeros as zeros
import tidefall as tf
from tidefall._api._types import BaseSession
from tidefall._api._types import DTypeLike
from tidefall._api._types import Gaussian
from tidefall._api._types import Initializer_
from tidefall._api._types import Reuse
from tidefall._api._types import ShapeLike
from tidefall._api._types import Template
from tidefall._api._types import TensorLike
from tidefall._api._types import VariableStore
from tidefall._api._types import WrappedFunction
import tidefall._api._types as _tidefall__api__types
from tidefall._api.compat.v1 import __internal__ as __internal__
from tidefall._api.compat.v1 import app as app
from tidefall._api.compat.v1 import audio as audio
from tidefall._api.compat.v1 import autodiff as autodiff
from tidefall._api.compat.v1 import autograph as autograph
from tidefall._api.compat.v1 import bitwise as bitwise
from tidefall._api.compat.v1 import config as config
from tidefall._api.compat.v1 import data as data
from tidefall._api.compat.v1 import debugging as debugging
from tidefall._api.compat.v1 import distribute as distribute
from tidefall._api.compat.v1 import dtypes as dtypes
from tidefall._api.compat.v1 import errors as errors
from tidefall._api.compat.v1 import experimental as experimental
from tidefall._api.compat.v1 import flags as flags
from tidefall._api.compat.v1 import gfile as gfile
from tidefall._api.compat.v1 import graph_util as graph_util
from tidefall._api.compat.v1 import image as image
from tidefall._api.compat.v1 import initializers as initializers
from tidefall._api.compat.v1 import io as io
from tidefall._api.compat.v1 import keras as keras
from tidefall._api.compat.v1 import linalg as linalg
from tidefall._api.compat.v1 import lite as lite
from tidefall._api.compat.v1 import logging as logging
from tidefall._api.compat.v1 import lookup as lookup
from tidefall._api.compat.v1 import losses as losses
from tidefall._api.compat.v1 import manip as manip
from tidefall._api.compat.v1 import math as math
from tidefall._api.compat.v1 import metrics as metrics
from tidefall._api.compat.v1 import nest as nest
from tidefall._api.compat.v1 import nn as nn
from tidefall._api.compat.v1 import profiler as profiler
from tidefall._api.compat.v1 import python_io as python_io
from tidefall._api.compat.v1 import quantization as quantization
from tidefall._api.compat.v1 import queue as queue
from tidefall._api.compat.v1 import ragged as ragged
from tidefall._api.compat.v1 import random as random
from tidefall._api.compat.v1 import raw_ops as raw_ops
from tidefall._api.compat.v1 import saved_model as saved_model
from tidefall._api.compat.v1 import sets as sets
from tidefall._api.compat.v1 import signal as signal
from tidefall._api.compat.v1 import sparse as sparse
from tidefall._api.compat.v1 import spectral as spectral
from tidefall._api.compat.v1 import strings as strings
from tidefall._api.compat.v1 import summary as summary
from tidefall._api.compat.v1 import sysconfig as sysconfig
from tidefall._api.compat.v1 import test as test
from tidefall._api.compat.v1 import tpu as tpu
from tidefall._api.compat.v1 import train as train
from tidefall._api.compat.v1 import types as types
from tidefall._api.compat.v1 import version as version
from tidefall._api.compat.v1 import xla as xla
from tidefall._api.debugging import assert_integer as assert_integer
from tidefall._api.debugging import assert_proper_iterable as assert_proper_iterable
from tidefall._api.debugging import assert_same_float_dtype as assert_same_float_dtype
from tidefall._api.debugging import assert_type as assert_type
from tidefall._api.debugging import check_numerics as check_numerics
from tidefall._api.debugging import is_numeric_tensor as is_numeric_tensor
from tidefall._api.errors import OpError as OpError
from tidefall._api.image import random_crop as random_crop
from tidefall._api.io import FixedLenFeature as FixedLenFeature
from tidefall._api.io import FixedLenSequenceFeature as FixedLenSequenceFeature
from tidefall._api.io import SparseFeature as SparseFeature
from tidefall._api.io import VarLenFeature as VarLenFeature
from tidefall._api.io import decode_base64 as decode_base64
from tidefall._api.io import decode_compressed as decode_compressed
from tidefall._api.io import decode_json_example as decode_json_example
from tidefall._api.io import deserialize_many_sparse as deserialize_many_sparse
from tidefall._api.io import encode_base64 as encode_base64
from tidefall._api.io import matching_files as matching_files
from tidefall._api.io import parse_single_sequence_example as parse_single_sequence_example
from tidefall._api.io import parse_tensor as parse_tensor
from tidefall._api.io import read_file as read_file
from tidefall._api.io import serialize_tensor as serialize_tensor
from tidefall._api.io import write_file as write_file
from tidefall._api.linalg import cholesky as cholesky
from tidefall._api.linalg import cholesky_solve as cholesky_solve
from tidefall._api.linalg import cross as cross
from tidefall._api.linalg import global_norm as global_norm
from tidefall._api.linalg import matrix_transpose as matrix_transpose
from tidefall._api.linalg import qr as qr
from tidefall._api.linalg import svd as svd
from tidefall._api.linalg import trace as trace
from tidefall._api.math import accumulate_n as accumulate_n
from tidefall._api.math import angle as angle
from tidefall._api.math import betainc as betainc
from tidefall._api.math import ceil as ceil
from tidefall._api.math import conj as conj
from tidefall._api.math import cumprod as cumprod
from tidefall._api.math import digamma as digamma
from tidefall._api.math import erf as erf
from tidefall._api.math import erfc as erfc
from tidefall._api.math import expm1 as expm1
from tidefall._api.math import floordiv as floordiv
from tidefall._api.math import floormod as floormod
from tidefall._api.math import igamma as igamma
from tidefall._api.math import igammac as igammac
from tidefall._api.math import imag as imag
from tidefall._api.math import invert_permutation as invert_permutation
from tidefall._api.math import is_finite as is_finite
from tidefall._api.math import is_inf as is_inf
from tidefall._api.math import is_nan as is_nan
from tidefall._api.math import is_non_decreasing as is_non_decreasing
from tidefall._api.math import is_strictly_increasing as is_strictly_increasing
from tidefall._api.math import lbeta as lbeta
from tidefall._api.math import lgamma as lgamma
from tidefall._api.math import log as log
from tidefall._api.math import log1p as log1p
from tidefall._api.math import log_sigmoid as log_sigmoid
from tidefall._api.math import logical_xor as logical_xor
from tidefall._api.math import polygamma as polygamma
from tidefall._api.math import real as real
from tidefall._api.math import reciprocal as reciprocal
from tidefall._api.math import rint as rint
from tidefall._api.math import rsqrt as rsqrt
from tidefall._api.math import segment_max as segment_max
from tidefall._api.math import segment_mean as segment_mean
from tidefall._api.math import segment_min as segment_min
from tidefall._api.math import segment_prod as segment_prod
from tidefall._api.math import segment_sum as segment_sum
from tidefall._api.math import squared_difference as squared_difference
from tidefall._api.math import unsorted_segment_max as unsorted_segment_max
from tidefall._api.math import unsorted_segment_mean as unsorted_segment_mean
from tidefall._api.math import unsorted_segment_min as unsorted_segment_min
from tidefall._api.math import unsorted_segment_prod as unsorted_segment_prod
from tidefall._api.math import unsorted_segment_sqrt_n as unsorted_segment_sqrt_n
from tidefall._api.math import unsorted_segment_sum as unsorted_segment_sum
from tidefall._api.math import zeta as zeta
from tidefall._api.quantization import dequantize as dequantize
from tidefall._api.quantization import fake_quant_with_min_max_args as fake_quant_with_min_max_args
from tidefall._api.quantization import fake_quant_with_min_max_args_gradient as fake_quant_with_min_max_args_gradient
from tidefall._api.quantization import fake_quant_with_min_max_vars as fake_quant_with_min_max_vars
from tidefall._api.quantization import fake_quant_with_min_max_vars_gradient as fake_quant_with_min_max_vars_gradient
from tidefall._api.quantization import fake_quant_with_min_max_vars_per_channel as fake_quant_with_min_max_vars_per_channel
from tidefall._api.quantization import fake_quant_with_min_max_vars_per_channel_gradient as fake_quant_with_min_max_vars_per_channel_gradient
from tidefall._api.quantization import quantize as quantize
from tidefall._api.quantization import quantized_concat as quantized_concat
from tidefall._api.queue import FIFOQueue as FIFOQueue
from tidefall._api.queue import PaddingFIFOQueue as PaddingFIFOQueue
from tidefall._api.queue import PriorityQueue as PriorityQueue
from tidefall._api.queue import QueueBase as QueueBase
from tidefall._api.queue import RandomShuffleQueue as RandomShuffleQueue
from tidefall._api.random import truncated_normal as truncated_normal
from tidefall._api.signal import fft as fft
from tidefall._api.signal import fft2d as fft2d
from tidefall._api.signal import fft3d as fft3d
from tidefall._api.signal import ifft as ifft
from tidefall._api.signal import ifft2d as ifft2d
from tidefall._api.signal import ifft3d as ifft3d
from tidefall._api.strings import regex_replace as regex_replace
from typing import Any
from typing import NamedTuple

AUTO_REUSE: Reuse
class AttrValue(Message):
    s: bytes
    i: int
    f: float
    b: _builtins.bool
    type: int
    shape: Any
    tensor: Any
    list: Any
    func: Any
    placeholder: str
    def __init__(self, *, s: Any = ..., i: Any = ..., f: Any = ..., b: Any = ..., type: Any = ..., shape: Any = ..., tensor: Any = ..., list: Any = ..., func: Any = ..., placeholder: Any = ...) -> None: ...
class ConfigProto(Message):
    device_count: Any
    intra_op_parallelism_threads: int
    inter_op_parallelism_threads: int
    use_per_session_threads: _builtins.bool
    session_inter_op_thread_pool: Any
    placement_period: int
    device_filters: Any
    gpu_options: Any
    pluggable_device_options: Any
    allow_soft_placement: _builtins.bool
    log_device_placement: _builtins.bool
    graph_options: Any
    operation_timeout_in_ms: int
    rpc_options: Any
    cluster_def: Any
    isolate_session_state: _builtins.bool
    share_cluster_devices_in_session: _builtins.bool
    experimental: Any
    def __init__(self, *, device_count: Any = ..., intra_op_parallelism_threads: Any = ..., inter_op_parallelism_threads: Any = ..., use_per_session_threads: Any = ..., session_inter_op_thread_pool: Any = ..., placement_period: Any = ..., device_filters: Any = ..., gpu_options: Any = ..., pluggable_device_options: Any = ..., allow_soft_placement: Any = ..., log_device_placement: Any = ..., graph_options: Any = ..., operation_timeout_in_ms: Any = ..., rpc_options: Any = ..., cluster_def: Any = ..., isolate_session_state: Any = ..., share_cluster_devices_in_session: Any = ..., experimental: Any = ...) -> None: ...
class DeviceSpec(tf.DeviceSpec):
    """A device, perhaps only partly named, whose fields can be set."""
    @property
    def job(self) -> str | None: ...
    @job.setter
    def job(self, value: Any) -> None: ...
    @property
    def replica(self) -> int | None: ...
    @replica.setter
    def replica(self, value: Any) -> None: ...
    @property
    def task(self) -> int | None: ...
    @task.setter
    def task(self, value: Any) -> None: ...
    @property
    def device_type(self) -> str | None: ...
    @device_type.setter
    def device_type(self, value: Any) -> None: ...
    @property
    def device_index(self) -> int | None: ...
    @device_index.setter
    def device_index(self, value: Any) -> None: ...
    def parse_from_string(self, spec: str) -> tf.compat.v1.DeviceSpec:
        """Take the fields of the name `spec`; returns this object."""
    def merge_from(self, dev: tf.DeviceSpec) -> None:
        """Take the fields that `dev` names from it."""
class Dimension:
    """The size of one dimension in TF1's style, where anything done with an unknown is unknown."""
    def __init__(self, value: Any) -> None: ...
    @property
    def value(self) -> int | None:
        """The size, or None when unknown."""
    def is_compatible_with(self, other: Any) -> _builtins.bool:
        """Whether the two are equal or one of them is unknown."""
    def assert_is_compatible_with(self, other: Any) -> None:
        """Raises ValueError unless the two are equal or one of them is unknown."""
    def merge_with(self, other: Any) -> tf.compat.v1.Dimension:
        """The one of the two that is known; raises ValueError if they contradict each other."""
    def __add__(self, other: Any) -> Any: ...
    def __radd__(self, other: Any) -> Any: ...
    def __sub__(self, other: Any) -> Any: ...
    def __rsub__(self, other: Any) -> Any: ...
    def __mul__(self, other: Any) -> Any: ...
    def __rmul__(self, other: Any) -> Any: ...
    def __floordiv__(self, other: Any) -> Any: ...
    def __rfloordiv__(self, other: Any) -> Any: ...
    def __mod__(self, other: Any) -> Any: ...
    def __rmod__(self, other: Any) -> Any: ...
    def __lt__(self, other: Any) -> Any: ...
    def __le__(self, other: Any) -> Any: ...
    def __gt__(self, other: Any) -> Any: ...
    def __ge__(self, other: Any) -> Any: ...
    def __truediv__(self, other: Any) -> Any: ...
    def __rtruediv__(self, other: Any) -> Any: ...
    def __bool__(self) -> _builtins.bool: ...
    def __int__(self) -> Any: ...
    def __index__(self) -> Any: ...
class Event(Message):
    wall_time: float
    step: int
    file_version: str
    graph_def: bytes
    summary: Any
    log_message: Any
    session_log: Any
    tagged_run_metadata: Any
    meta_graph_def: bytes
    source_metadata: Any
    def __init__(self, *, wall_time: Any = ..., step: Any = ..., file_version: Any = ..., graph_def: Any = ..., summary: Any = ..., log_message: Any = ..., session_log: Any = ..., tagged_run_metadata: Any = ..., meta_graph_def: Any = ..., source_metadata: Any = ...) -> None: ...
class FixedLengthRecordReader(tf.compat.v1.ReaderBase):
    """Reads records of one length; the key is the file's name and the record's number."""
    def __init__(self, record_bytes: int, header_bytes: int | None = None, footer_bytes: int | None = None, hop_bytes: int | None = None, name: str | None = None, encoding: str | None = None) -> None: ...
class GPUOptions(Message):
    per_process_gpu_memory_fraction: float
    allow_growth: _builtins.bool
    allocator_type: str
    deferred_deletion_bytes: int
    visible_device_list: str
    polling_active_delay_usecs: int
    polling_inactive_delay_msecs: int
    force_gpu_compatible: _builtins.bool
    experimental: Any
    def __init__(self, *, per_process_gpu_memory_fraction: Any = ..., allow_growth: Any = ..., allocator_type: Any = ..., deferred_deletion_bytes: Any = ..., visible_device_list: Any = ..., polling_active_delay_usecs: Any = ..., polling_inactive_delay_msecs: Any = ..., force_gpu_compatible: Any = ..., experimental: Any = ...) -> None: ...
GRAPH_DEF_VERSION: int
GRAPH_DEF_VERSION_MIN_CONSUMER: int
GRAPH_DEF_VERSION_MIN_PRODUCER: int
class GraphDef(Message):
    node: Any
    versions: Any
    version: int
    library: Any
    debug_info: Any
    def __init__(self, *, node: Any = ..., versions: Any = ..., version: Any = ..., library: Any = ..., debug_info: Any = ...) -> None: ...
class GraphKeys:
    """Names of the collections that libraries agree on."""
    GLOBAL_VARIABLES: str
    LOCAL_VARIABLES: str
    METRIC_VARIABLES: str
    MODEL_VARIABLES: str
    TRAINABLE_VARIABLES: str
    SUMMARIES: str
    QUEUE_RUNNERS: str
    TABLE_INITIALIZERS: str
    ASSET_FILEPATHS: str
    MOVING_AVERAGE_VARIABLES: str
    REGULARIZATION_LOSSES: str
    CONCATENATED_VARIABLES: str
    SAVERS: str
    WEIGHTS: str
    BIASES: str
    ACTIVATIONS: str
    UPDATE_OPS: str
    LOSSES: str
    SAVEABLE_OBJECTS: str
    RESOURCES: str
    LOCAL_RESOURCES: str
    INIT_OP: str
    LOCAL_INIT_OP: str
    READY_OP: str
    READY_FOR_LOCAL_INIT_OP: str
    SUMMARY_OP: str
    GLOBAL_STEP: str
    EVAL_STEP: str
    TRAIN_OP: str
    COND_CONTEXT: str
    WHILE_CONTEXT: str
    @property
    def VARIABLES(self) -> str:
        """Old name of GLOBAL_VARIABLES."""
class GraphOptions(Message):
    enable_recv_scheduling: _builtins.bool
    optimizer_options: Any
    build_cost_model: int
    build_cost_model_after: int
    infer_shapes: _builtins.bool
    place_pruned_graph: _builtins.bool
    enable_bfloat16_sendrecv: _builtins.bool
    timeline_step: int
    rewrite_options: Any
    def __init__(self, *, enable_recv_scheduling: Any = ..., optimizer_options: Any = ..., build_cost_model: Any = ..., build_cost_model_after: Any = ..., infer_shapes: Any = ..., place_pruned_graph: Any = ..., enable_bfloat16_sendrecv: Any = ..., timeline_step: Any = ..., rewrite_options: Any = ...) -> None: ...
class HistogramProto(Message):
    min: float
    max: float
    num: float
    sum: float
    sum_squares: float
    bucket_limit: Any
    bucket: Any
    def __init__(self, *, min: Any = ..., max: Any = ..., num: Any = ..., sum: Any = ..., sum_squares: Any = ..., bucket_limit: Any = ..., bucket: Any = ...) -> None: ...
class IdentityReader(tf.compat.v1.ReaderBase):
    """Reads nothing: key and value are what is in the queue."""
    def __init__(self, name: str | None = None) -> None: ...
class InteractiveSession(BaseSession):
    """A session that is the default one from the start, for use at a prompt."""
    def __init__(self, target: str = '', graph: tf.Graph | None = None, config: Any = None) -> None: ...
    def close(self) -> None:
        """Free the session's variables, and be the default no longer."""
class LogMessage(Message):
    level: int
    message: str
    UNKNOWN: int
    DEBUGGING: int
    INFO: int
    WARN: int
    ERROR: int
    FATAL: int
    def __init__(self, *, level: Any = ..., message: Any = ...) -> None: ...
class MetaGraphDef(Message):
    meta_info_def: Any
    graph_def: Any
    saver_def: Any
    collection_def: Any
    signature_def: Any
    asset_file_def: Any
    object_graph_def: Any
    def __init__(self, *, meta_info_def: Any = ..., graph_def: Any = ..., saver_def: Any = ..., collection_def: Any = ..., signature_def: Any = ..., asset_file_def: Any = ..., object_graph_def: Any = ...) -> None: ...
class NameAttrList(Message):
    name: str
    attr: Any
    def __init__(self, *, name: Any = ..., attr: Any = ...) -> None: ...
NoGradient = tf.no_gradient
class NodeDef(Message):
    name: str
    op: str
    input: Any
    device: str
    attr: Any
    experimental_debug_info: Any
    experimental_type: Any
    def __init__(self, *, name: Any = ..., op: Any = ..., input: Any = ..., device: Any = ..., attr: Any = ..., experimental_debug_info: Any = ..., experimental_type: Any = ...) -> None: ...
NotDifferentiable = tf.no_gradient
class OptimizerOptions(Message):
    do_common_subexpression_elimination: _builtins.bool
    do_constant_folding: _builtins.bool
    max_folded_constant_in_bytes: int
    do_function_inlining: _builtins.bool
    opt_level: int
    global_jit_level: int
    cpu_global_jit: _builtins.bool
    L1: int
    L0: int
    DEFAULT: int
    OFF: int
    ON_1: int
    ON_2: int
    def __init__(self, *, do_common_subexpression_elimination: Any = ..., do_constant_folding: Any = ..., max_folded_constant_in_bytes: Any = ..., do_function_inlining: Any = ..., opt_level: Any = ..., global_jit_level: Any = ..., cpu_global_jit: Any = ...) -> None: ...
def Print(input_: TensorLike, data: Sequence[Any], message: str | None = None, first_n: int | None = None, summarize: int | None = None, name: str | None = None) -> tf.Tensor:
    """The same tensor, which prints others to standard error when it is computed."""
class ReaderBase:
    """What all readers can do."""
    def __init__(self, reader_ref: Any, supports_serialize: _builtins.bool = False) -> None: ...
    @property
    def reader_ref(self) -> Any:
        """Handle of the reader."""
    @property
    def supports_serialize(self) -> _builtins.bool:
        """Whether the reader's state can be saved."""
    def read(self, queue: Any, name: str | None = None) -> Any:
        """The key and the value of the next record, string scalars."""
    def read_up_to(self, queue: Any, num_records: Any, name: str | None = None) -> Any:
        """Keys and values of the next records of a file, string vectors."""
    def num_records_produced(self, name: str | None = None) -> Any:
        """How many records were read, an int64 scalar."""
    def num_work_units_completed(self, name: str | None = None) -> Any:
        """How many files were read to their ends, an int64 scalar."""
    def serialize_state(self, name: str | None = None) -> Any:
        """A string that says where the reader is."""
    def restore_state(self, state: Any, name: str | None = None) -> Any:
        """Go where `serialize_state` was called."""
    def reset(self, name: str | None = None) -> Any:
        """Begin anew."""
class RunMetadata(Message):
    step_stats: Any
    cost_graph: Any
    partition_graphs: Any
    function_graphs: Any
    session_metadata: Any
    def __init__(self, *, step_stats: Any = ..., cost_graph: Any = ..., partition_graphs: Any = ..., function_graphs: Any = ..., session_metadata: Any = ...) -> None: ...
class RunOptions(Message):
    trace_level: int
    timeout_in_ms: int
    inter_op_thread_pool: int
    output_partition_graphs: _builtins.bool
    debug_options: Any
    report_tensor_allocations_upon_oom: _builtins.bool
    experimental: Any
    NO_TRACE: int
    SOFTWARE_TRACE: int
    HARDWARE_TRACE: int
    FULL_TRACE: int
    def __init__(self, *, trace_level: Any = ..., timeout_in_ms: Any = ..., inter_op_thread_pool: Any = ..., output_partition_graphs: Any = ..., debug_options: Any = ..., report_tensor_allocations_upon_oom: Any = ..., experimental: Any = ...) -> None: ...
class Session(BaseSession):
    """Runs the nodes of a graph, and keeps its variables."""
    def __init__(self, target: str = '', graph: tf.Graph | None = None, config: Any = None) -> None: ...
    def __enter__(self) -> tf.compat.v1.Session: ...
    def __exit__(self, *exc: Any) -> None: ...
    @staticmethod
    def reset(target: str, containers: Any = None, config: Any = None) -> None:
        """Sessions here own their variables, and closing one frees them."""
class SessionLog(Message):
    status: int
    checkpoint_path: str
    msg: str
    STATUS_UNSPECIFIED: int
    START: int
    STOP: int
    CHECKPOINT: int
    def __init__(self, *, status: Any = ..., checkpoint_path: Any = ..., msg: Any = ...) -> None: ...
class SparseTensorValue(NamedTuple):
    """The value of a sparse tensor as arrays."""
    indices: Any
    values: Any
    dense_shape: Any
class Summary(Message):
    value: Any
    def __init__(self, *, value: Any = ...) -> None: ...
class SummaryMetadata(Message):
    plugin_data: Any
    display_name: str
    summary_description: str
    data_class: int
    def __init__(self, *, plugin_data: Any = ..., display_name: Any = ..., summary_description: Any = ..., data_class: Any = ...) -> None: ...
class TFRecordReader(tf.compat.v1.ReaderBase):
    """Reads TFRecord files; the key is the file's name and the byte where the record begins."""
    def __init__(self, name: str | None = None, options: Any = None) -> None: ...
class TensorInfo(Message):
    name: str
    coo_sparse: Any
    composite_tensor: Any
    dtype: int
    tensor_shape: Any
    def __init__(self, *, name: Any = ..., coo_sparse: Any = ..., composite_tensor: Any = ..., dtype: Any = ..., tensor_shape: Any = ...) -> None: ...
class TextLineReader(tf.compat.v1.ReaderBase):
    """Reads lines of text, without their ends; the key is the file's name and the line's number."""
    def __init__(self, skip_header_lines: int | None = None, name: str | None = None) -> None: ...
VERSION: str
class Variable:
    """A tensor of a graph that can be changed and that training adjusts."""
    SaveSliceInfo = _tidefall__api__types.SaveSliceInfo
    @staticmethod
    def from_proto(variable_def: Any, import_scope: str | None = None) -> Any:
        """The variable of a VariableDef, whose nodes are in the graph."""
class VariableScope:
    """A prefix for the names of variables, and defaults for making them."""
    def __init__(self, reuse: Any, name: str = '', initializer: Any = None, regularizer: Any = None, caching_device: Any = None, partitioner: Any = None, custom_getter: Any = None, name_scope: str = '', dtype: DTypeLike = tf.float32, use_resource: _builtins.bool | None = None, constraint: Any = None) -> None: ...
    @property
    def name(self) -> str:
        """The prefix."""
    @property
    def original_name_scope(self) -> str:
        """The name scope it was opened with first."""
    @property
    def reuse(self) -> Any:
        """Whether variables are shared."""
    @property
    def initializer(self) -> Any:
        """The default initialiser."""
    @property
    def regularizer(self) -> Any:
        """The default regulariser."""
    @property
    def caching_device(self) -> Any:
        """Accepted, and used for nothing."""
    @property
    def partitioner(self) -> Any:
        """The default partitioner."""
    @property
    def custom_getter(self) -> Any:
        """A function that steps in when a variable is asked for."""
    @property
    def dtype(self) -> Any:
        """The default dtype."""
    @property
    def use_resource(self) -> _builtins.bool | None:
        """Whether variables live behind handles; None leaves it to the switch."""
    @property
    def constraint(self) -> Any:
        """The default constraint."""
    def reuse_variables(self) -> None:
        """Share variables from now on."""
    def set_initializer(self, initializer: Any) -> None:
        """Set the default initialiser."""
    def set_dtype(self, dtype: DTypeLike) -> None:
        """Set the default dtype."""
    def set_use_resource(self, use_resource: _builtins.bool) -> None:
        """Set whether variables live behind handles."""
    def set_regularizer(self, regularizer: Any) -> None:
        """Set the default regulariser."""
    def set_caching_device(self, caching_device: Any) -> None:
        """Accepted."""
    def set_partitioner(self, partitioner: Any) -> None:
        """Set the default partitioner."""
    def set_custom_getter(self, custom_getter: Any) -> None:
        """Set the function that steps in when a variable is asked for."""
    def get_collection(self, name: str) -> list[Any]:
        """The part of a collection that is inside this scope."""
    def trainable_variables(self) -> list[Any]:
        """The variables inside this scope that optimizers change."""
    def global_variables(self) -> list[Any]:
        """The variables inside this scope that are shared and saved."""
    def local_variables(self) -> list[Any]:
        """The local variables inside this scope."""
    def get_variable(self, var_store: VariableStore, name: str, shape: ShapeLike | None = None, dtype: DTypeLike | None = None, initializer: Any = None, regularizer: Any = None, reuse: Any = None, custom_getter: Any = None, **options: Any) -> tf.Variable:
        """The variable of that name in this scope."""
VariableV1 = tf.compat.v1.Variable
class WholeFileReader(tf.compat.v1.ReaderBase):
    """Reads files whole: the key is the file's name, the value what is in it."""
    def __init__(self, name: str | None = None) -> None: ...
def add_check_numerics_ops() -> tf.Operation:
    """A node that fails if any floating-point tensor of the graph is not finite."""
def add_to_collection(name: str, value: Any) -> None:
    """Append a value to a collection of the default graph."""
def add_to_collections(names: Any, value: Any) -> None:
    """Append a value to collections of the default graph."""
def all_variables() -> list[Any]:
    """Old name of `global_variables`."""
def arg_max(input: Any, dimension: Any, output_type: DTypeLike = tf.int64, name: str | None = None) -> tf.Tensor:
    """Index of the largest element along an axis; old form of `tf.argmax`."""
def arg_min(input: Any, dimension: Any, output_type: DTypeLike = tf.int64, name: str | None = None) -> tf.Tensor:
    """Index of the smallest element along an axis; old form of `tf.argmin`."""
def argmax(input: TensorLike, axis: TensorLike | None = None, name: str | None = None, dimension: Any = None, output_type: DTypeLike = tf.int64) -> tf.Tensor:
    """`tf.argmax` with TensorFlow 1's parameters."""
def argmin(input: TensorLike, axis: TensorLike | None = None, name: str | None = None, dimension: Any = None, output_type: DTypeLike = tf.int64) -> tf.Tensor:
    """`tf.argmin` with TensorFlow 1's parameters."""
def assert_equal(x: TensorLike, y: TensorLike, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """`tf.assert_equal` with TensorFlow 1's parameters."""
def assert_greater(x: TensorLike, y: TensorLike, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """`tf.assert_greater` with TensorFlow 1's parameters."""
def assert_greater_equal(x: TensorLike, y: TensorLike, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """`tf.debugging.assert_greater_equal` with TensorFlow 1's parameters."""
def assert_less(x: TensorLike, y: TensorLike, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """`tf.assert_less` with TensorFlow 1's parameters."""
def assert_less_equal(x: TensorLike, y: TensorLike, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """`tf.debugging.assert_less_equal` with TensorFlow 1's parameters."""
def assert_near(x: TensorLike, y: TensorLike, rtol: Any = None, atol: Any = None, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """`tf.debugging.assert_near` with TensorFlow 1's parameters."""
def assert_negative(x: TensorLike, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """`tf.debugging.assert_negative` with TensorFlow 1's parameters."""
def assert_non_negative(x: TensorLike, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """`tf.debugging.assert_non_negative` with TensorFlow 1's parameters."""
def assert_non_positive(x: TensorLike, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """`tf.debugging.assert_non_positive` with TensorFlow 1's parameters."""
def assert_none_equal(x: TensorLike, y: TensorLike, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """`tf.debugging.assert_none_equal` with TensorFlow 1's parameters."""
def assert_positive(x: TensorLike, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """`tf.debugging.assert_positive` with TensorFlow 1's parameters."""
def assert_rank(x: TensorLike, rank: TensorLike, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """`tf.assert_rank` with TensorFlow 1's parameters."""
def assert_rank_at_least(x: TensorLike, rank: Any, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """`tf.debugging.assert_rank_at_least` with TensorFlow 1's parameters."""
def assert_rank_in(x: TensorLike, ranks: Any, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """`tf.debugging.assert_rank_in` with TensorFlow 1's parameters."""
def assert_scalar(tensor: TensorLike, name: str | None = None, message: str | None = None) -> tf.Operation | None:
    """`tf.debugging.assert_scalar` with TensorFlow 1's parameters."""
def assert_variables_initialized(var_list: Any = None) -> tf.Operation:
    """A node that fails unless all variables have a value."""
def assign(ref: Any, value: TensorLike, validate_shape: _builtins.bool | None = None, use_locking: _builtins.bool | None = None, name: str | None = None) -> tf.Tensor:
    """Set a variable."""
def assign_add(ref: Any, value: Any, use_locking: _builtins.bool | None = None, name: str | None = None) -> tf.Tensor:
    """`tf.Variable.assign_add` of a variable, or of a reference to one."""
def assign_sub(ref: Any, value: Any, use_locking: _builtins.bool | None = None, name: str | None = None) -> tf.Tensor:
    """`tf.Variable.assign_sub` of a variable, or of a reference to one."""
def batch_gather(params: Any, indices: TensorLike, name: str | None = None) -> tf.Tensor:
    """`tf.gather` with all but the last dimension of `indices` for batches."""
def batch_to_space(input: TensorLike, crops: TensorLike, block_size: int | None = None, name: str | None = None, block_shape: ShapeLike | None = None) -> tf.Tensor:
    """`tf.batch_to_space` of blocks of one size: `[block_size, block_size]`."""
def batch_to_space_nd(input: TensorLike, block_shape: ShapeLike, crops: Any, name: str | None = None) -> tf.Tensor:
    """`tf.batch_to_space` by its old name."""
bfloat16: tf.DType
def bincount(arr: Any, weights: Any = None, minlength: Any = None, maxlength: Any = None, dtype: DTypeLike = tf.int32) -> tf.Tensor:
    """`tf.math.bincount` with TensorFlow 1's parameters."""
bool: tf.DType
def boolean_mask(tensor: TensorLike, mask: TensorLike, name: str = 'boolean_mask', axis: TensorLike | None = None) -> tf.Tensor:
    """`tf.boolean_mask` with TensorFlow 1's parameters."""
def clip_by_average_norm(t: TensorLike, clip_norm: Any, name: str | None = None) -> tf.Tensor:
    """Scale a tensor down so that its norm divided by its size is at most `clip_norm`."""
def colocate_with(*args: Any, **kwargs: Any) -> Any:
    """`tf.Graph.colocate_with` of the default graph; nothing in eager code."""
complex128: tf.DType
complex64: tf.DType
def cond(pred: Any, true_fn: Any = None, false_fn: Any = None, strict: Any = False, name: str | None = None, fn1: Any = None, fn2: Any = None) -> Any:
    """`tf.cond` with TensorFlow 1's parameters."""
def confusion_matrix(labels: Any, predictions: Any, num_classes: TensorLike | None = None, dtype: DTypeLike = tf.int32, name: str | None = None, weights: Any = None) -> tf.Tensor:
    """`tf.math.confusion_matrix` with TensorFlow 1's parameters."""
def constant(value: Any, dtype: DTypeLike | None = None, shape: ShapeLike | None = None, name: str = 'Const', verify_shape: ShapeLike = False) -> tf.Tensor:
    """`tf.constant` with TensorFlow 1's parameters."""
class constant_initializer(Initializer_):
    """One value everywhere, or given values."""
    value: Any
    dtype: Any
    def __init__(self, value: Any = 0, dtype: DTypeLike = tf.float32, verify_shape: _builtins.bool = False) -> None: ...
    def __call__(self, shape: ShapeLike | None, dtype: DTypeLike | None = None, partition_info: Any = None, verify_shape: _builtins.bool | None = None) -> Any: ...
    def get_config(self) -> dict[str, Any]: ...
def container(*args: Any, **kwargs: Any) -> Any:
    """`tf.Graph.container` of the default graph; nothing in eager code."""
def control_flow_v2_enabled() -> _builtins.bool:
    """Whether functional control flow was asked for."""
def convert_to_tensor(value: Any, dtype: DTypeLike | None = None, name: str | None = None, preferred_dtype: DTypeLike | None = None, dtype_hint: Any = None) -> tf.Tensor:
    """`tf.convert_to_tensor` with TensorFlow 1's parameters."""
def count_nonzero(input_tensor: Any = None, axis: TensorLike | None = None, keepdims: _builtins.bool | None = None, dtype: DTypeLike = tf.int64, name: str | None = None, reduction_indices: Any = None, keep_dims: _builtins.bool | None = None, input: TensorLike | None = None) -> tf.Tensor:
    """`tf.math.count_nonzero` with TensorFlow 1's parameters."""
def count_up_to(ref: TensorLike, limit: int, name: str | None = None) -> tf.Tensor:
    """The value of a variable, which is one more afterwards; an error at the limit."""
def create_partitioned_variables(shape: ShapeLike, slicing: TensorLike, initializer: Any, dtype: DTypeLike = 'float32', trainable: _builtins.bool = True, collections: Any = None, name: str | None = None, reuse: Any = None) -> list[Any]:
    """A list of the parts of a new variable; old form of `get_variable` with a partitioner."""
def decode_csv(records: TensorLike, record_defaults: Any, field_delim: str = ',', use_quote_delim: _builtins.bool = True, name: str | None = None, na_value: str = '', select_cols: Any = None) -> list[tf.Tensor]:
    """`tf.io.decode_csv` with TensorFlow 1's order of arguments."""
def decode_raw(input_bytes: TensorLike | None = None, out_type: DTypeLike | None = None, little_endian: _builtins.bool = True, name: str | None = None, bytes: Any = None) -> tf.Tensor:
    """`tf.io.decode_raw` with TensorFlow 1's parameters."""
def depth_to_space(input: TensorLike, block_size: int, name: str | None = None, data_format: str = 'NHWC') -> tf.Tensor:
    """`tf.nn.depth_to_space` with TensorFlow 1's parameters."""
def device(device_name_or_function: Any) -> Any:
    """Place the ops made inside the block; see `tf.device`."""
diag = tf.linalg.tensor_diag
diag_part = tf.linalg.tensor_diag_part
def dimension_at_index(shape: ShapeLike, index: int) -> Any:
    """The `tf.compat.v1.Dimension` of a shape at an index, also where the rank is not known."""
def dimension_value(dimension: Any) -> int | None:
    """The size of a `tf.compat.v1.Dimension`; an integer or None is returned as it is."""
def disable_control_flow_v2() -> None:
    """Control flow stays functional (`If`, `While`), with the same results; notes the wish."""
def disable_eager_execution() -> None:
    """Build graphs from now on, to be run by sessions."""
def disable_resource_variables() -> None:
    """Let `tf.compat.v1.Variable` and `get_variable` make variables passed by reference."""
def disable_tensor_equality() -> None:
    """Tensors of graphs that sessions run are compared by identity; eager ones by element still."""
def disable_v2_behavior() -> None:
    """Behave like TensorFlow 1: build graphs, reference variables, shapes of `Dimension`s."""
def disable_v2_tensorshape() -> None:
    """Let the elements of a TensorShape be `Dimension`s, with a `value`."""
def div(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor:
    """The quotient, rounded down for integers as Python 2 did."""
div_no_nan = tf.math.divide_no_nan
double: tf.DType
def enable_control_flow_v2() -> None:
    """Control flow is always functional (`If`, `While`); this notes the wish."""
def enable_eager_execution(config: object = None, device_policy: object = None, execution_mode: object = None) -> None:
    """Run ops at once again, as it is from the start."""
def enable_resource_variables() -> None:
    """Let `tf.compat.v1.Variable` and `get_variable` make variables behind handles by default."""
def enable_tensor_equality() -> None:
    """Compare eager tensors element by element with `==`, as they always are."""
def enable_v2_behavior() -> None:
    """Behave like TensorFlow 2, as it is from the start."""
def enable_v2_tensorshape() -> None:
    """Let the elements of a TensorShape be integers or None, as they are from the start."""
def executing_eagerly() -> _builtins.bool:
    """Whether ops run at once here."""
def executing_eagerly_outside_functions() -> _builtins.bool:
    """Whether ops run at once where no function is being traced."""
def expand_dims(input: TensorLike, axis: TensorLike | None = None, name: str | None = None, dim: Any = None) -> tf.Tensor:
    """`tf.expand_dims` with TensorFlow 1's parameters."""
def extract_image_patches(images: TensorLike, ksizes: Sequence[int] | None = None, strides: Sequence[int] | None = None, rates: Sequence[int] | None = None, padding: str | None = None, name: str | None = None, sizes: Sequence[int] | None = None) -> tf.Tensor:
    """`tf.image.extract_patches` with TensorFlow 1's parameters."""
def fixed_size_partitioner(num_shards: int, axis: int = 0) -> Callable[..., list[int]]:
    """A partitioner that makes a number of parts."""
float16: tf.DType
float32: tf.DType
float64: tf.DType
def floor_div(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor:
    """The quotient rounded down."""
def gather(params: Any, indices: TensorLike, validate_indices: Any = None, name: str | None = None, axis: TensorLike | None = None, batch_dims: int = 0) -> tf.Tensor:
    """`tf.gather` with TensorFlow 1's parameters."""
def gather_nd(params: Any, indices: TensorLike, name: str | None = None, batch_dims: int = 0, bad_indices_policy: str = '') -> tf.Tensor:
    """`tf.gather_nd` with TensorFlow 1's parameters."""
def get_collection(key: Any, scope: str | None = None) -> list[Any]:
    """A copy of a collection of the default graph; see `tf.Graph.get_collection`."""
def get_collection_ref(key: Any) -> list[Any]:
    """The list behind a collection of the default graph."""
def get_default_graph() -> tf.Graph:
    """The graph being built, or the one that would be."""
def get_default_session() -> Any:
    """The innermost default session of this thread, or None."""
def get_local_variable(name: str, shape: ShapeLike | None = None, dtype: DTypeLike | None = None, initializer: Any = None, **options: Any) -> tf.Variable:
    """`get_variable` of a local variable, which is neither trained nor saved."""
def get_seed(op_seed: int | None) -> _builtins.tuple[int | None, int | None]:
    """The two seeds of a random op, from the graph's and the op's own."""
def get_variable(name: str, shape: ShapeLike | None = None, dtype: DTypeLike | None = None, initializer: Any = None, regularizer: Any = None, trainable: _builtins.bool | None = None, collections: Any = None, caching_device: Any = None, partitioner: Any = None, validate_shape: _builtins.bool = True, use_resource: _builtins.bool | None = None, custom_getter: Any = None, constraint: Any = None, synchronization: Any = tf.VariableSynchronization.AUTO, aggregation: Any = tf.VariableAggregation.NONE) -> tf.Variable:
    """The variable of that name in the variable scope, shared or made."""
def get_variable_scope() -> tf.compat.v1.VariableScope:
    """The variable scope in force."""
def global_variables(scope: str | None = None) -> list[Any]:
    """The variables that are shared and saved."""
def global_variables_initializer() -> tf.Operation:
    """A node that initialises all global variables."""
class glorot_normal_initializer(tf.compat.v1.variance_scaling_initializer):
    """Truncated normal random numbers scaled by the number of inputs and outputs."""
    def __init__(self, seed: int | None = None, dtype: DTypeLike = tf.float32) -> None: ...
    def get_config(self) -> dict[str, Any]: ...
class glorot_uniform_initializer(tf.compat.v1.variance_scaling_initializer):
    """Uniform random numbers scaled by the number of inputs and outputs; the default."""
    def __init__(self, seed: int | None = None, dtype: DTypeLike = tf.float32) -> None: ...
    def get_config(self) -> dict[str, Any]: ...
def gradients(ys: Any, xs: Any, grad_ys: Any = None, name: str | None = 'gradients', colocate_gradients_with_ops: _builtins.bool = False, gate_gradients: _builtins.bool = False, aggregation_method: Any = None, stop_gradients: TensorLike | None = None, unconnected_gradients: Any = 'none') -> list[Any]:
    """The derivatives of the sum of `ys` with respect to each of `xs`."""
half: tf.DType
def hessians(ys: TensorLike, xs: TensorLike, name: str = 'hessians', colocate_gradients_with_ops: Any = False, gate_gradients: _builtins.bool = False, aggregation_method: int | None = None) -> list[Any]:
    """`tf.hessians` with TensorFlow 1's parameters."""
def initialize_all_tables(name: str = 'init_all_tables') -> tf.Operation:
    """Old name of `tables_initializer`."""
def initialize_all_variables() -> tf.Operation:
    """Old name of `global_variables_initializer`."""
def initialize_local_variables() -> tf.Operation:
    """Old name of `local_variables_initializer`."""
def initialize_variables(var_list: Any, name: str = 'init') -> tf.Operation:
    """Old name of `variables_initializer`."""
int16: tf.DType
int32: tf.DType
int64: tf.DType
int8: tf.DType
def is_variable_initialized(variable: Any) -> tf.Tensor:
    """Whether a variable has a value, as a bool tensor."""
lin_space = tf.linspace
def local_variables(scope: str | None = None) -> list[Any]:
    """The variables of this process alone, which are not saved."""
def local_variables_initializer() -> tf.Operation:
    """A node that initialises all local variables."""
def make_template(name_: str, func_: Callable[..., Any], create_scope_now_: _builtins.bool = False, unique_name_: str | None = None, custom_getter_: Any = None, **kwargs: Any) -> Template:
    """A function whose calls share the variables that the first one makes."""
matrix_band_part = tf.linalg.band_part
matrix_determinant = tf.linalg.det
matrix_diag = tf.linalg.diag
matrix_diag_part = tf.linalg.diag_part
matrix_inverse = tf.linalg.inv
matrix_set_diag = tf.linalg.set_diag
matrix_solve = tf.linalg.solve
matrix_solve_ls = tf.linalg.lstsq
matrix_triangular_solve = tf.linalg.triangular_solve
def min_max_variable_partitioner(max_partitions: int = 1, axis: int = 0, min_slice_size: int = 262144, bytes_per_string_element: int = 16) -> Callable[..., list[int]]:
    """A partitioner that makes as many parts as have a size worth it."""
mod = tf.math.floormod
def model_variables(scope: str | None = None) -> list[Any]:
    """The variables needed for inference."""
def moving_average_variables(scope: str | None = None) -> list[Any]:
    """The variables that moving averages are kept of."""
def multinomial(logits: TensorLike, num_samples: Any, seed: int | None = None, name: str | None = None, output_dtype: DTypeLike | None = None) -> tf.Tensor:
    """`tf.random.categorical` with TensorFlow 1's parameters."""
class name_scope:
    """Prefix the names of the nodes made inside the block."""
    def __init__(self, name: str, default_name: str | None = None, values: Any = None) -> None: ...
    @property
    def name(self) -> Any:
        """The name."""
    def __enter__(self) -> Any: ...
    def __exit__(self, *exc: Any) -> None: ...
newaxis: None
def no_regularizer(_: Any) -> None:
    """A regulariser that adds nothing, against the default of a scope."""
def norm(tensor: TensorLike, ord: Any = 'euclidean', axis: TensorLike | None = None, keepdims: _builtins.bool | None = None, name: str | None = None, keep_dims: _builtins.bool | None = None) -> tf.Tensor:
    """`tf.norm` with TensorFlow 1's parameters."""
class ones_initializer(Initializer_):
    """Ones."""
    dtype: Any
    def __init__(self, dtype: DTypeLike = tf.float32) -> None: ...
    def __call__(self, shape: ShapeLike | None, dtype: DTypeLike | None = None, partition_info: Any = None) -> Any: ...
    def get_config(self) -> dict[str, Any]: ...
def ones_like(tensor: Any, dtype: DTypeLike | None = None, name: str | None = None, optimize: Any = True) -> tf.Tensor:
    """`tf.ones_like` with TensorFlow 1's parameters."""
def op_scope(values: Any, name: str, default_name: str | None = None) -> tf.compat.v1.name_scope:
    """Old form of `name_scope`, with the values first."""
class orthogonal_initializer(Initializer_):
    """A random matrix with orthogonal rows or columns."""
    gain: Any
    seed: Any
    dtype: Any
    def __init__(self, gain: float = 1.0, seed: int | None = None, dtype: DTypeLike = tf.float32) -> None: ...
    def __call__(self, shape: ShapeLike | None, dtype: DTypeLike | None = None, partition_info: Any = None) -> Any: ...
    def get_config(self) -> dict[str, Any]: ...
def pad(tensor: TensorLike, paddings: TensorLike, mode: str = 'CONSTANT', name: str | None = None, constant_values: Any = 0) -> tf.Tensor:
    """`tf.pad` with TensorFlow 1's parameters."""
def parse_example(serialized: TensorLike, features: Any, name: str | None = None, example_names: TensorLike | None = None) -> dict[Any, Any]:
    """`tf.io.parse_example` with TensorFlow 1's order of arguments."""
def parse_single_example(serialized: TensorLike, features: Any, name: str | None = None, example_names: TensorLike | None = None) -> dict[Any, Any]:
    """`tf.io.parse_single_example` with TensorFlow 1's order of arguments."""
def placeholder(dtype: DTypeLike, shape: ShapeLike | None = None, name: str | None = None) -> tf.Tensor:
    """A tensor of a graph whose value is given when it runs."""
def placeholder_with_default(input: Any, shape: ShapeLike | None, name: str | None = None) -> tf.Tensor:
    """A tensor whose value may be given when it runs."""
py_func = tf.numpy_function
qint16: tf.DType
qint32: tf.DType
qint8: tf.DType
quint16: tf.DType
quint8: tf.DType
random_gamma = tf.random.gamma
random_normal = tf.random.normal
class random_normal_initializer(Gaussian):
    """Normal random numbers."""
def random_poisson(lam: Any, shape: ShapeLike, dtype: DTypeLike = tf.float32, seed: int | None = None, name: str | None = None) -> tf.Tensor:
    """`tf.random.poisson` with TensorFlow 1's parameters."""
random_shuffle = tf.random.shuffle
random_uniform = tf.random.uniform
class random_uniform_initializer(Initializer_):
    """Uniform random numbers in [minval, maxval)."""
    minval: Any
    maxval: Any
    seed: Any
    dtype: Any
    def __init__(self, minval: Any = 0.0, maxval: Any = None, seed: int | None = None, dtype: DTypeLike = tf.float32) -> None: ...
    def __call__(self, shape: ShapeLike | None, dtype: DTypeLike | None = None, partition_info: Any = None) -> Any: ...
    def get_config(self) -> dict[str, Any]: ...
def reduce_all(input_tensor: TensorLike, axis: TensorLike | None = None, keepdims: _builtins.bool | None = None, name: str | None = None, reduction_indices: Any = None, keep_dims: _builtins.bool | None = None) -> tf.Tensor:
    """`tf.reduce_all` with TensorFlow 1's parameters."""
def reduce_any(input_tensor: TensorLike, axis: TensorLike | None = None, keepdims: _builtins.bool | None = None, name: str | None = None, reduction_indices: Any = None, keep_dims: _builtins.bool | None = None) -> tf.Tensor:
    """`tf.reduce_any` with TensorFlow 1's parameters."""
def reduce_join(inputs: TensorLike, axis: TensorLike | None = None, keep_dims: _builtins.bool | None = None, separator: str = '', name: str | None = None, reduction_indices: Any = None, keepdims: _builtins.bool | None = None) -> tf.Tensor:
    """`tf.strings.reduce_join` with TensorFlow 1's parameters."""
def reduce_logsumexp(input_tensor: TensorLike, axis: TensorLike | None = None, keepdims: _builtins.bool | None = None, name: str | None = None, reduction_indices: Any = None, keep_dims: _builtins.bool | None = None) -> tf.Tensor:
    """`tf.reduce_logsumexp` with TensorFlow 1's parameters."""
def reduce_max(input_tensor: TensorLike, axis: TensorLike | None = None, keepdims: _builtins.bool | None = None, name: str | None = None, reduction_indices: Any = None, keep_dims: _builtins.bool | None = None) -> tf.Tensor:
    """`tf.reduce_max` with TensorFlow 1's parameters."""
def reduce_mean(input_tensor: TensorLike, axis: TensorLike | None = None, keepdims: _builtins.bool | None = None, name: str | None = None, reduction_indices: Any = None, keep_dims: _builtins.bool | None = None) -> tf.Tensor:
    """`tf.reduce_mean` with TensorFlow 1's parameters."""
def reduce_min(input_tensor: TensorLike, axis: TensorLike | None = None, keepdims: _builtins.bool | None = None, name: str | None = None, reduction_indices: Any = None, keep_dims: _builtins.bool | None = None) -> tf.Tensor:
    """`tf.reduce_min` with TensorFlow 1's parameters."""
def reduce_prod(input_tensor: TensorLike, axis: TensorLike | None = None, keepdims: _builtins.bool | None = None, name: str | None = None, reduction_indices: Any = None, keep_dims: _builtins.bool | None = None) -> tf.Tensor:
    """`tf.reduce_prod` with TensorFlow 1's parameters."""
def reduce_sum(input_tensor: TensorLike, axis: TensorLike | None = None, keepdims: _builtins.bool | None = None, name: str | None = None, reduction_indices: Any = None, keep_dims: _builtins.bool | None = None) -> tf.Tensor:
    """`tf.reduce_sum` with TensorFlow 1's parameters."""
def report_uninitialized_variables(var_list: Any = None, name: str = 'report_uninitialized_variables') -> tf.Tensor:
    """The names of the variables without a value."""
def reset_default_graph() -> None:
    """Forget the default graph, and begin a new one."""
resource: tf.DType
def resource_variables_enabled() -> _builtins.bool:
    """Whether variables live behind handles by default."""
def reverse_sequence(input: TensorLike, seq_lengths: TensorLike, seq_axis: int | None = None, batch_axis: int | None = None, name: str | None = None, seq_dim: Any = None, batch_dim: Any = None) -> tf.Tensor:
    """`tf.reverse_sequence` with TensorFlow 1's parameters."""
reverse_v2 = tf.reverse
def scatter_add(ref: Any, indices: Any, updates: TensorLike, use_locking: _builtins.bool = False, name: str | None = None) -> tf.Tensor:
    """`tf.Variable.scatter_add` with rows and their numbers apart."""
def scatter_div(ref: Any, indices: Any, updates: TensorLike, use_locking: _builtins.bool = False, name: str | None = None) -> tf.Tensor:
    """`tf.Variable.scatter_div` with rows and their numbers apart."""
def scatter_max(ref: Any, indices: Any, updates: TensorLike, use_locking: _builtins.bool = False, name: str | None = None) -> tf.Tensor:
    """`tf.Variable.scatter_max` with rows and their numbers apart."""
def scatter_min(ref: Any, indices: Any, updates: TensorLike, use_locking: _builtins.bool = False, name: str | None = None) -> tf.Tensor:
    """`tf.Variable.scatter_min` with rows and their numbers apart."""
def scatter_mul(ref: Any, indices: Any, updates: TensorLike, use_locking: _builtins.bool = False, name: str | None = None) -> tf.Tensor:
    """`tf.Variable.scatter_mul` with rows and their numbers apart."""
def scatter_nd_add(ref: Any, indices: Any, updates: TensorLike, use_locking: _builtins.bool = True, name: str | None = None) -> tf.Tensor:
    """`tf.Variable.scatter_nd_add` of a variable."""
def scatter_nd_sub(ref: Any, indices: Any, updates: TensorLike, use_locking: _builtins.bool = True, name: str | None = None) -> tf.Tensor:
    """`tf.Variable.scatter_nd_sub` of a variable."""
def scatter_nd_update(ref: Any, indices: Any, updates: TensorLike, use_locking: _builtins.bool = True, name: str | None = None) -> tf.Tensor:
    """`tf.Variable.scatter_nd_update` of a variable."""
def scatter_sub(ref: Any, indices: Any, updates: TensorLike, use_locking: _builtins.bool = False, name: str | None = None) -> tf.Tensor:
    """`tf.Variable.scatter_sub` with rows and their numbers apart."""
def scatter_update(ref: Any, indices: Any, updates: TensorLike, use_locking: _builtins.bool = False, name: str | None = None) -> tf.Tensor:
    """`tf.Variable.scatter_update` with rows and their numbers apart."""
self_adjoint_eig = tf.linalg.eigh
self_adjoint_eigvals = tf.linalg.eigvalsh
def serialize_many_sparse(sp_input: Any, name: str | None = None, out_type: DTypeLike = tf.string) -> Any:
    """`tf.io.serialize_many_sparse` with TensorFlow 1's parameters."""
def serialize_sparse(sp_input: Any, name: str | None = None, out_type: DTypeLike = tf.string) -> Any:
    """`tf.io.serialize_sparse` with TensorFlow 1's parameters."""
def set_random_seed(seed: int) -> None:
    """Set the seed of the default graph, or in eager code the global one."""
def setdiff1d(x: TensorLike, y: TensorLike, index_dtype: DTypeLike = 'int32', name: str | None = None) -> tf.raw_ops._ListDiff:
    """The values of one list that are not in another, and where they stand in it."""
def shape(input: TensorLike, name: str | None = None, out_type: DTypeLike | None = None) -> tf.Tensor:
    """`tf.shape` with TensorFlow 1's parameters."""
def size(input: TensorLike, name: str | None = None, out_type: DTypeLike | None = None) -> tf.Tensor:
    """`tf.size` with TensorFlow 1's parameters."""
def space_to_batch(input: TensorLike, paddings: TensorLike, block_size: int | None = None, name: str | None = None, block_shape: ShapeLike | None = None) -> tf.Tensor:
    """`tf.space_to_batch` into blocks of one size: `[block_size, block_size]`."""
def space_to_depth(input: TensorLike, block_size: int, name: str | None = None, data_format: str = 'NHWC') -> tf.Tensor:
    """`tf.nn.space_to_depth` with TensorFlow 1's parameters."""
def sparse_add(a: TensorLike, b: TensorLike, threshold: Any = None, thresh: Any = None) -> tf.SparseTensor:
    """`tf.sparse.add` with TensorFlow 1's parameters."""
def sparse_concat(axis: int, sp_inputs: Any, name: str | None = None, expand_nonconcat_dim: Any = False, concat_dim: Any = None, expand_nonconcat_dims: _builtins.bool | None = None) -> tf.SparseTensor:
    """`tf.sparse.concat` with TensorFlow 1's parameters."""
sparse_fill_empty_rows = tf.sparse.fill_empty_rows
sparse_mask = tf.sparse.mask
sparse_maximum = tf.sparse.maximum
sparse_minimum = tf.sparse.minimum
def sparse_placeholder(dtype: DTypeLike, shape: ShapeLike | None = None, name: str | None = None) -> tf.SparseTensor:
    """A sparse tensor of a graph whose value is given when it runs."""
def sparse_reduce_max(sp_input: Any, axis: TensorLike | None = None, keepdims: _builtins.bool | None = None, reduction_axes: Any = None, keep_dims: _builtins.bool | None = None) -> Any:
    """`tf.sparse.reduce_max` with TensorFlow 1's parameters."""
def sparse_reduce_sum(sp_input: Any, axis: TensorLike | None = None, keepdims: _builtins.bool | None = None, reduction_axes: Any = None, keep_dims: _builtins.bool | None = None) -> Any:
    """`tf.sparse.reduce_sum` with TensorFlow 1's parameters."""
sparse_reorder = tf.sparse.reorder
sparse_reset_shape = tf.sparse.reset_shape
sparse_reshape = tf.sparse.reshape
sparse_retain = tf.sparse.retain
def sparse_segment_mean(data: TensorLike, indices: Any, segment_ids: TensorLike, name: str | None = None, num_segments: TensorLike | None = None, sparse_gradient: _builtins.bool = False) -> tf.Tensor:
    """`tf.sparse.segment_mean` with TensorFlow 1's parameters."""
def sparse_segment_sqrt_n(data: TensorLike, indices: Any, segment_ids: TensorLike, name: str | None = None, num_segments: TensorLike | None = None, sparse_gradient: _builtins.bool = False) -> tf.Tensor:
    """`tf.sparse.segment_sqrt_n` with TensorFlow 1's parameters."""
def sparse_segment_sum(data: TensorLike, indices: Any, segment_ids: TensorLike, name: str | None = None, num_segments: TensorLike | None = None, sparse_gradient: _builtins.bool = False) -> tf.Tensor:
    """`tf.sparse.segment_sum` with TensorFlow 1's parameters."""
sparse_slice = tf.sparse.slice
sparse_softmax = tf.sparse.softmax
def sparse_split(keyword_required: Any = None, sp_input: Any = None, num_split: int | None = None, axis: TensorLike | None = None, name: str | None = None, split_dim: Any = None) -> list[tf.SparseTensor]:
    """`tf.sparse.split` with TensorFlow 1's parameters."""
sparse_tensor_dense_matmul = tf.sparse.sparse_dense_matmul
sparse_tensor_to_dense = tf.sparse.to_dense
def sparse_to_dense(sparse_indices: TensorLike, output_shape: ShapeLike, sparse_values: Any, default_value: Any = 0, validate_indices: _builtins.bool = True, name: str | None = None) -> tf.Tensor:
    """A dense tensor with values at places; `tf.sparse.to_dense` of a SparseTensor's parts."""
sparse_to_indicator = tf.sparse.to_indicator
sparse_transpose = tf.sparse.transpose
def squeeze(input: TensorLike, axis: TensorLike | None = None, name: str | None = None, squeeze_dims: Any = None) -> tf.Tensor:
    """`tf.squeeze` with TensorFlow 1's parameters."""
string: tf.DType
string_join = tf.strings.join
def string_split(source: TensorLike, sep: Any = None, skip_empty: _builtins.bool = True, delimiter: Any = ' ', result_type: str = 'SparseTensor', name: str | None = None) -> Any:
    """Each string of a vector cut at every one of some characters."""
string_strip = tf.strings.strip
def string_to_hash_bucket(string_tensor: Any = None, num_buckets: int | None = None, name: str | None = None, input: TensorLike | None = None) -> tf.Tensor:
    """`tf.strings.to_hash_bucket` with TensorFlow 1's parameters."""
string_to_hash_bucket_fast = tf.strings.to_hash_bucket_fast
string_to_hash_bucket_strong = tf.strings.to_hash_bucket_strong
def string_to_number(string_tensor: Any = None, out_type: DTypeLike = tf.float32, name: str | None = None, input: TensorLike | None = None) -> tf.Tensor:
    """`tf.strings.to_number` with TensorFlow 1's parameters."""
def substr(input: TensorLike, pos: Any, len: Any, name: str | None = None, unit: str = 'BYTE') -> tf.Tensor:
    """`tf.strings.substr` by its old name."""
def tables_initializer(name: str = 'init_all_tables') -> tf.Operation:
    """A node that fills all lookup tables."""
tensor_scatter_add = tf.tensor_scatter_nd_add
tensor_scatter_sub = tf.tensor_scatter_nd_sub
tensor_scatter_update = tf.tensor_scatter_nd_update
def to_bfloat16(x: TensorLike, name: str = 'ToBfloat16') -> tf.Tensor:
    """`tf.cast` to bfloat16."""
def to_complex128(x: TensorLike, name: str = 'ToComplex128') -> tf.Tensor:
    """`tf.cast` to complex128."""
def to_complex64(x: TensorLike, name: str = 'ToComplex64') -> tf.Tensor:
    """`tf.cast` to complex64."""
def to_double(x: TensorLike, name: str = 'ToDouble') -> tf.Tensor:
    """`tf.cast` to float64."""
def to_float(x: TensorLike, name: str = 'ToFloat') -> tf.Tensor:
    """`tf.cast` to float32."""
def to_int32(x: TensorLike, name: str = 'ToInt32') -> tf.Tensor:
    """`tf.cast` to int32."""
def to_int64(x: TensorLike, name: str = 'ToInt64') -> tf.Tensor:
    """`tf.cast` to int64."""
def trainable_variables(scope: str | None = None) -> list[Any]:
    """The variables that optimizers change."""
def transpose(a: TensorLike, perm: TensorLike | None = None, name: str = 'transpose', conjugate: _builtins.bool = False) -> tf.Tensor:
    """`tf.transpose` with TensorFlow 1's parameters."""
class truncated_normal_initializer(Gaussian):
    """Normal random numbers within two standard deviations of the mean."""
def tuple(tensors: Sequence[TensorLike] | None, name: str | None = None, control_inputs: Any = None) -> list[Any]:
    """`tf.tuple` with TensorFlow 1's parameters."""
uint16: tf.DType
uint32: tf.DType
uint64: tf.DType
uint8: tf.DType
class uniform_unit_scaling_initializer(Initializer_):
    """Uniform random numbers that keep the scale of what a matrix product is given."""
    factor: Any
    seed: Any
    dtype: Any
    def __init__(self, factor: float = 1.0, seed: int | None = None, dtype: DTypeLike = tf.float32) -> None: ...
    def __call__(self, shape: ShapeLike | None, dtype: DTypeLike | None = None, partition_info: Any = None) -> Any: ...
    def get_config(self) -> dict[str, Any]: ...
def variable_axis_size_partitioner(max_shard_bytes: int, axis: int = 0, bytes_per_string_element: int = 16, max_shards: int | None = None) -> Callable[..., list[int]]:
    """A partitioner that makes parts of a limited size."""
class variable_creator_scope(tf.variable_creator_scope):
    """Let a function take part in the creation of variables of graphs inside the block."""
def variable_op_scope(values: Any, name_or_scope: Any, default_name: str | None = None, initializer: Any = None, regularizer: Any = None, caching_device: Any = None, partitioner: Any = None, custom_getter: Any = None, reuse: Any = None, dtype: DTypeLike | None = None, use_resource: _builtins.bool | None = None, constraint: Any = None) -> AbstractContextManager[tf.compat.v1.VariableScope]:
    """Old form of `variable_scope`, with the values first."""
class variable_scope:
    """Prefix the names of variables, and set defaults for them, inside the block."""
    def __init__(self, name_or_scope: Any, default_name: str | None = None, values: Any = None, initializer: Any = None, regularizer: Any = None, caching_device: Any = None, partitioner: Any = None, custom_getter: Any = None, reuse: Any = None, dtype: DTypeLike | None = None, use_resource: _builtins.bool | None = None, constraint: Any = None, auxiliary_name_scope: _builtins.bool = True) -> None: ...
    def __enter__(self) -> tf.compat.v1.VariableScope: ...
    def __exit__(self, *exc: Any) -> None: ...
def variables_initializer(var_list: Any, name: str = 'init') -> tf.Operation:
    """A node that initialises variables."""
class variance_scaling_initializer(Initializer_):
    """Random numbers whose variance is `scale` over the number of inputs, outputs or both."""
    scale: Any
    mode: Any
    distribution: Any
    seed: Any
    dtype: Any
    def __init__(self, scale: float = 1.0, mode: str = 'fan_in', distribution: str = 'truncated_normal', seed: int | None = None, dtype: DTypeLike = tf.float32) -> None: ...
    def __call__(self, shape: ShapeLike | None, dtype: DTypeLike | None = None, partition_info: Any = None) -> Any: ...
    def get_config(self) -> dict[str, Any]: ...
variant: tf.DType
def verify_tensor_all_finite(t: Any = None, msg: Any = None, name: str | None = None, x: TensorLike | None = None, message: str | None = None) -> tf.Tensor:
    """`tf.debugging.assert_all_finite` with TensorFlow 1's parameters."""
def where(condition: Any, x: TensorLike | None = None, y: TensorLike | None = None, name: str | None = None) -> tf.Tensor:
    """`tf.where` as it was: `x` and `y` have one shape, and a vector chooses whole rows of them."""
where_v2 = tf.where
def while_loop(cond: Callable[..., Any], body: Callable[..., Any], loop_vars: Any, shape_invariants: Any = None, parallel_iterations: int = 10, back_prop: _builtins.bool = True, swap_memory: _builtins.bool = False, name: str | None = None, maximum_iterations: TensorLike | None = None, return_same_structure: Any = False) -> Any:
    """`tf.while_loop` with TensorFlow 1's parameters."""
def wrap_function(fn: Callable[..., Any], signature: Any, name: str | None = None) -> WrappedFunction:
    """A concrete function of a Python function written for TensorFlow 1."""
class zeros_initializer(Initializer_):
    """Zeros."""
    dtype: Any
    def __init__(self, dtype: DTypeLike = tf.float32) -> None: ...
    def __call__(self, shape: ShapeLike | None, dtype: DTypeLike | None = None, partition_info: Any = None) -> Any: ...
    def get_config(self) -> dict[str, Any]: ...
def zeros_like(tensor: Any, dtype: DTypeLike | None = None, name: str | None = None, optimize: Any = True) -> tf.Tensor:
    """`tf.zeros_like` with TensorFlow 1's parameters."""
