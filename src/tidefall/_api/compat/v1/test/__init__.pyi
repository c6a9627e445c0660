# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.test`."""

from tidefall._api.compat.v1.test import experimental as experimental
from tidefall._api.test import Benchmark as Benchmark
from tidefall._api.test import TestCase as TestCase
from tidefall._api.test import assert_equal_graph_def as assert_equal_graph_def
from tidefall._api.test import benchmark_config as benchmark_config
from tidefall._api.test import compute_gradient as compute_gradient
from tidefall._api.test import create_local_cluster as create_local_cluster
from tidefall._api.test import disable_with_predicate as disable_with_predicate
from tidefall._api.test import gpu_device_name as gpu_device_name
from tidefall._api.test import is_built_with_cuda as is_built_with_cuda
from tidefall._api.test import is_built_with_gpu_support as is_built_with_gpu_support
from tidefall._api.test import is_built_with_rocm as is_built_with_rocm
from tidefall._api.test import is_built_with_xla as is_built_with_xla
from tidefall._api.test import is_cpu_target_available as is_cpu_target_available
from tidefall._api.test import is_gpu_available as is_gpu_available
from tidefall._api.test import main as main
from tidefall._api.test import with_eager_op_as_function as with_eager_op_as_function

