# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.data`."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
import collections.abc as _collections_abc
import tidefall as tf
from tidefall._api._types import BatchableTypeSpec
from tidefall._api._types import DTypeLike
from tidefall._api._types import DatasetV2
from tidefall._api._types import FileDataset
from tidefall._api._types import OptionsBase
from tidefall._api._types import OwnedIterator
from tidefall._api._types import Plan
from tidefall._api._types import Profile
from tidefall._api._types import ShapeLike
from tidefall._api._types import Structure
from tidefall._api._types import TensorLike
from tidefall._api.data import experimental as experimental
from typing import Any

AUTOTUNE: int
class Dataset(Iterable[Any], tf.__internal__.tracking.Trackable, tf.__internal__.CompositeTensor, DatasetV2):
    """A sequence of elements, each a structure of tensors, that is made while it is iterated."""
    def __init__(self, variant_tensor: Any) -> None: ...
    @property
    def element_spec(self) -> Any:
        """The type spec of an element: a structure of `tf.TypeSpec`."""
    def options(self) -> tf.data.Options:
        """The options of this dataset and its inputs."""
    def apply(self, transformation_func: Callable[[Any], Any]) -> tf.data.Dataset:
        """What a function makes of this dataset."""
    def __bool__(self) -> bool: ...
    def __len__(self) -> int:
        """The number of elements; TypeError if it is infinite or unknown."""
    @staticmethod
    def from_tensors(tensors: Any, name: str | None = None) -> tf.data.Dataset:
        """A dataset of one element: the given tensors."""
    @staticmethod
    def from_tensor_slices(tensors: Any, name: str | None = None) -> tf.data.Dataset:
        """A dataset whose elements are the rows of the given tensors."""
    def flat_map(self, map_func: Callable[..., Any], name: str | None = None) -> tf.data.Dataset:
        """Apply a function that returns a dataset to every element; the result has their elements."""
    def batch(self, batch_size: TensorLike, drop_remainder: TensorLike = False, num_parallel_calls: TensorLike | None = None, deterministic: bool | None = None, name: str | None = None) -> tf.data.Dataset:
        """Stack consecutive elements along a new first dimension."""
    def interleave(self, map_func: Callable[..., Any], cycle_length: Any = None, block_length: Any = None, num_parallel_calls: TensorLike | None = None, deterministic: bool | None = None, name: str | None = None) -> tf.data.Dataset:
        """Apply a function that returns a dataset to every element, and take turns among them."""
    def cache(self, filename: TensorLike = '', name: str | None = None) -> tf.data.Dataset:
        """Keep the elements of the first whole iteration, and give those from then on."""
    def concatenate(self, dataset: tf.data.Dataset, name: str | None = None) -> tf.data.Dataset:
        """This dataset followed by another."""
    def map(self, map_func: Callable[..., Any], num_parallel_calls: TensorLike | None = None, deterministic: bool | None = None, synchronous: bool | None = None, use_unbounded_threadpool: bool = False, name: str | None = None) -> tf.data.Dataset:
        """Apply a function to every element."""
    def prefetch(self, buffer_size: TensorLike, name: str | None = None) -> tf.data.Dataset:
        """Make elements ahead of time, in a thread of their own."""
    def shuffle(self, buffer_size: TensorLike, seed: TensorLike | None = None, reshuffle_each_iteration: bool | None = True, name: str | None = None) -> tf.data.Dataset:
        """Put the elements into random order."""
    @staticmethod
    def random(seed: TensorLike | None = None, rerandomize_each_iteration: bool | None = None, name: str | None = None) -> tf.data.Dataset:
        """A dataset of pseudorandom numbers, without end."""
    def repeat(self, count: TensorLike | None = None, name: str | None = None) -> tf.data.Dataset:
        """Repeat the dataset."""
    def unbatch(self, name: str | None = None) -> tf.data.Dataset:
        """Split every element into its rows."""
    def rebatch(self, batch_size: TensorLike, drop_remainder: TensorLike = False, name: str | None = None) -> tf.data.Dataset:
        """Change the sizes of batches: the same rows in the same order, as after `unbatch().batch(n)`."""
    @staticmethod
    def zip(*args: Any, datasets: Any = None, name: str | None = None) -> tf.data.Dataset:
        """Datasets side by side: element i is made of element i of each."""
    def enumerate(self, start: Any = 0, name: str | None = None) -> tf.data.Dataset:
        """Number the elements."""
    def window(self, size: Any, shift: Any = None, stride: Any = 1, drop_remainder: TensorLike = False, name: str | None = None) -> tf.data.Dataset:
        """Group elements into windows."""
    def shard(self, num_shards: TensorLike, index: Any, name: str | None = None) -> tf.data.Dataset:
        """One of `num_shards` parts of the dataset: every `num_shards`-th element."""
    def as_numpy_iterator(self) -> tf.data.NumpyIterator:
        """An iterator whose elements hold NumPy arrays and scalars instead of tensors."""
    def ragged_batch(self, batch_size: TensorLike, drop_remainder: TensorLike = False, row_splits_dtype: DTypeLike = tf.int64, name: str | None = None) -> tf.data.Dataset:
        """Stack consecutive elements into ragged tensors, whatever their sizes."""
    def sparse_batch(self, batch_size: TensorLike, row_shape: ShapeLike | None, name: str | None = None) -> tf.data.Dataset:
        """Put the values of consecutive elements, which may differ in size, into sparse tensors."""
    def scan(self, initial_state: Any, scan_func: Callable[..., Any], name: str | None = None) -> tf.data.Dataset:
        """Apply a function to every element together with a state."""
    @staticmethod
    def counter(start: Any = 0, step: Any = 1, dtype: DTypeLike = tf.int64, name: str | None = None) -> tf.data.Dataset:
        """A dataset that counts without end."""
    def filter(self, predicate: Callable[..., Any], name: str | None = None) -> tf.data.Dataset:
        """Keep the elements for which a function returns True."""
    def take_while(self, predicate: Callable[..., Any], name: str | None = None) -> tf.data.Dataset:
        """The elements before the first for which a function returns False."""
    def cardinality(self) -> tf.Tensor:
        """The number of elements, if that can be told without making them."""
    def take(self, count: TensorLike, name: str | None = None) -> tf.data.Dataset:
        """The first elements of the dataset."""
    def skip(self, count: TensorLike, name: str | None = None) -> tf.data.Dataset:
        """All but the first elements of the dataset."""
    def padded_batch(self, batch_size: TensorLike, padded_shapes: Any = None, padding_values: Any = None, drop_remainder: TensorLike = False, name: str | None = None) -> tf.data.Dataset:
        """Stack consecutive elements after padding them to one shape."""
    @staticmethod
    def choose_from_datasets(datasets: Sequence[tf.data.Dataset], choice_dataset: tf.data.Dataset, stop_on_empty_dataset: bool = True) -> tf.data.Dataset:
        """The elements of several datasets, in an order that another one says."""
    def group_by_window(self, key_func: Callable[..., Any], reduce_func: Callable[[Any, tf.data.Dataset], tf.data.Dataset], window_size: Any = None, window_size_func: Callable[[Any], Any] | None = None, name: str | None = None) -> tf.data.Dataset:
        """Collect elements with the same key, and make a dataset of each group."""
    def ignore_errors(self, log_warning: bool = False, name: str | None = None) -> tf.data.Dataset:
        """Leave out elements whose making fails."""
    @property
    def ignored_errors(self) -> int:
        """How many elements `ignore_errors` has left out of this pipeline, in all iterations so far."""
    def unique(self, name: str | None = None) -> tf.data.Dataset:
        """Leave out elements that were there before."""
    def with_options(self, options: tf.data.Options, name: str | None = None) -> tf.data.Dataset:
        """The dataset with options; those set here win over the ones it has."""
    def explain(self) -> Plan:
        """The pipeline as it will run: one line for each stage, in the order elements pass them."""
    def fingerprint(self) -> tf.Tensor:
        """A number that is the same for pipelines built the same way."""
    def profile(self, elements: int | None = None, seconds: float | None = None) -> Profile:
        """Measure where the time goes while this dataset is iterated."""
    @staticmethod
    def list_files(file_pattern: Any, shuffle: Any = None, seed: TensorLike | None = None, name: str | None = None) -> tf.data.Dataset:
        """The names of all files that match patterns."""
    @staticmethod
    def from_generator(generator: Callable[..., Any], output_types: Any = None, output_shapes: Any = None, args: TensorLike | None = None, output_signature: Any = None, name: str | None = None) -> tf.data.Dataset:
        """A dataset of what a Python generator yields."""
    @staticmethod
    def range(*args: Any, output_type: DTypeLike = tf.int64, name: str | None = None) -> tf.data.Dataset:
        """A dataset of evenly spaced numbers."""
    def save(self, path: Any, compression: str | None = None, shard_func: Callable[..., Any] | None = None, checkpoint_args: Any = None) -> Any:
        """Write all elements to files, in TensorFlow's format; `Dataset.load` reads them."""
    @staticmethod
    def load(path: Any, element_spec: Any = None, compression: str | None = None, reader_func: Callable[..., Any] | None = None, wait: bool = False) -> tf.data.Dataset:
        """The elements that `Dataset.save` wrote, here or in TensorFlow."""
    def bucket_by_sequence_length(self, element_length_func: Callable[..., Any], bucket_boundaries: Sequence[int], bucket_batch_sizes: Sequence[int], padded_shapes: Any = None, padding_values: Any = None, pad_to_bucket_boundary: bool = False, no_padding: bool = False, drop_remainder: TensorLike = False, name: str | None = None) -> tf.data.Dataset:
        """Put elements of similar length into batches, which need little padding then."""
    @staticmethod
    def sample_from_datasets(datasets: Sequence[tf.data.Dataset], weights: Any = None, seed: TensorLike | None = None, stop_on_empty_dataset: bool = False, rerandomize_each_iteration: bool | None = None) -> tf.data.Dataset:
        """Elements of several datasets; which one each comes from is drawn at random."""
    def reduce(self, initial_state: Any, reduce_func: Callable[..., Any], name: str | None = None) -> Any:
        """Combine all elements into one value, one after the other."""
    def rejection_resample(self, class_func: Callable[..., Any], target_dist: Any, initial_dist: Any = None, seed: TensorLike | None = None, name: str | None = None) -> tf.data.Dataset:
        """Leave out elements at random, so that classes have a wanted distribution."""
    def get_single_element(self, name: str | None = None) -> Any:
        """The only element of the dataset."""
    def snapshot(self, path: Any, compression: str | None = 'AUTO', reader_func: Callable[..., Any] | None = None, shard_func: Callable[..., Any] | None = None, name: str | None = None) -> tf.data.Dataset:
        """Write the elements to files in the first iteration, and read them from there afterwards."""
    def validate(self, schema: Any, on_error: str = 'fail', *, environment: str | None = None, quarantine_path: Any = None, batched: bool | None = None, name: str | None = None) -> tf.data.Dataset:
        """Let through only rows that keep to a schema."""
    @property
    def validation(self) -> dict[str, Any]:
        """What `validate` has seen in this pipeline, in all iterations so far."""
    def __iter__(self) -> _collections_abc.Iterator[Any]: ...
class DatasetSpec(BatchableTypeSpec):
    """The type of a dataset."""
    def __init__(self, element_spec: Any, dataset_shape: ShapeLike | None = ()) -> None: ...
    @property
    def element_spec(self) -> Any:
        """The element spec of the dataset."""
    @property
    def value_type(self) -> type[tf.data.Dataset]:
        """`tf.data.Dataset`."""
    @staticmethod
    def from_value(value: tf.data.Dataset) -> tf.data.DatasetSpec:
        """The spec of a dataset."""
class FixedLengthRecordDataset(FileDataset):
    """Records of one length from binary files, as scalar string tensors."""
    def __init__(self, filenames: Any, record_bytes: Any, header_bytes: Any = None, footer_bytes: Any = None, buffer_size: TensorLike | None = None, compression_type: Any = None, num_parallel_reads: Any = None, name: str | None = None) -> None: ...
INFINITE_CARDINALITY: int
class Iterator(_collections_abc.Iterator[Any], tf.__internal__.tracking.Trackable, tf.__internal__.CompositeTensor):
    """An iterator over the elements of a dataset, from `iter(dataset)`."""
    @property
    def element_spec(self) -> Any:
        """The type spec of an element."""
    def get_next(self) -> Any:
        """The next element."""
    def get_next_as_optional(self) -> tf.data.experimental.Optional:
        """The next element as a `tf.experimental.Optional`, which is empty at the end."""
    def __next__(self) -> Any: ...
class IteratorSpec(tf.TypeSpec):
    """The type of a dataset's iterator."""
    def __init__(self, element_spec: Any) -> None: ...
    @classmethod
    def of(cls, structure: Structure) -> tf.data.IteratorSpec:
        """The spec for a structure: always the same object, so that comparing costs nothing."""
    @property
    def element_spec(self) -> Any:
        """The type spec of an element."""
    @property
    def structure(self) -> Structure: ...
    @property
    def value_type(self) -> type[OwnedIterator]:
        """The class of iterators."""
    @staticmethod
    def from_value(value: OwnedIterator) -> tf.data.IteratorSpec:
        """The spec of an iterator."""
class NumpyIterator(_collections_abc.Iterator[Any], tf.__internal__.tracking.Trackable):
    """Iterates over a dataset, converting tensors to NumPy."""
    def __init__(self, dataset: tf.data.Dataset) -> None: ...
    def __iter__(self) -> tf.data.NumpyIterator: ...
    def __next__(self) -> Any: ...
    def next(self) -> Any:
        """The next element."""
    def save(self) -> Any:
        """Where it stands, as a scalar string tensor."""
    def restore(self, state: Any) -> None:
        """Stand where an iterator over the same pipeline stood when it was saved."""
class Options(OptionsBase):
    """How a dataset may be run. Give it to `Dataset.with_options`."""
    deterministic: bool | None
    experimental_distribute: tf.data.experimental.DistributeOptions
    experimental_optimization: tf.data.experimental.OptimizationOptions
    experimental_slack: bool | None
    threading: tf.data.ThreadingOptions
    experimental_external_state_policy: tf.data.experimental.ExternalStatePolicy | None
    autotune: tf.data.experimental.AutotuneOptions
    experimental_symbolic_checkpoint: bool | None
    experimental_warm_start: bool | None
    dataset_name: str | None
    framework_type: list[Any] | None
    experimental_service: tf.data.experimental.ServiceOptions
    def merge(self, options: tf.data.Options) -> tf.data.Options:
        """New options: these, with those set in `options` taking their place."""
class TFRecordDataset(FileDataset):
    """The records of TFRecord files, as scalar string tensors."""
    def __init__(self, filenames: Any, compression_type: Any = None, buffer_size: TensorLike | None = None, num_parallel_reads: Any = None, name: str | None = None) -> None: ...
class TextLineDataset(FileDataset):
    """The lines of text files, as scalar string tensors without line ends."""
    def __init__(self, filenames: Any, compression_type: Any = None, buffer_size: TensorLike | None = None, num_parallel_reads: Any = None, name: str | None = None) -> None: ...
class ThreadingOptions(OptionsBase):
    """Options of threads: `max_intra_op_parallelism` and `private_threadpool_size`."""
    max_intra_op_parallelism: int | None
    private_threadpool_size: int | None
UNKNOWN_CARDINALITY: int
