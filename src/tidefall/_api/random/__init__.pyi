# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.random`."""

import enum
import tidefall as tf
from tidefall._api._types import DTypeLike
from tidefall._api._types import ShapeLike
from tidefall._api._types import TensorLike
from tidefall._api.nn import all_candidate_sampler as all_candidate_sampler
from tidefall._api.nn import fixed_unigram_candidate_sampler as fixed_unigram_candidate_sampler
from tidefall._api.nn import learned_unigram_candidate_sampler as learned_unigram_candidate_sampler
from tidefall._api.random import experimental as experimental
from typing import Any

class Algorithm(enum.Enum):
    """Generators of random numbers. AUTO_SELECT means Philox."""
    PHILOX = 1
    THREEFRY = 2
    AUTO_SELECT = 3
class Generator(tf.__internal__.tracking.AutoTrackable):
    """A random number generator that keeps its state in a variable."""
    def __init__(self, copy_from: tf.random.Generator | None = None, state: Any = None, alg: Any = None) -> None: ...
    @classmethod
    def from_seed(cls, seed: TensorLike, alg: Any = None) -> tf.random.Generator:
        """A generator whose numbers follow from a seed."""
    @classmethod
    def from_state(cls, state: Any, alg: Any) -> tf.random.Generator:
        """A generator that continues from a state."""
    @classmethod
    def from_key_counter(cls, key: Any, counter: Any, alg: Any) -> tf.random.Generator:
        """A generator with a given key and counter, `[2]` for Philox and `[1]` for ThreeFry."""
    @classmethod
    def from_non_deterministic_state(cls, alg: Any = None) -> tf.random.Generator:
        """A generator whose numbers differ in every run."""
    @property
    def state(self) -> Any:
        """The variable with the state."""
    @property
    def algorithm(self) -> int:
        """Number of the algorithm."""
    @property
    def key(self) -> Any:
        """The key, an int64 scalar."""
    def reset(self, state: Any) -> None:
        """Continue from another state."""
    def reset_from_seed(self, seed: TensorLike) -> None:
        """Start again from a seed."""
    def reset_from_key_counter(self, key: Any, counter: Any) -> None:
        """Continue from a key and a counter `[2]`."""
    def skip(self, delta: Any) -> Any:
        """Move on as if `delta` numbers had been drawn."""
    def normal(self, shape: ShapeLike | None, mean: Any = 0.0, stddev: Any = 1.0, dtype: DTypeLike = tf.float32, name: str | None = None) -> tf.Tensor:
        """Normal random numbers; the arguments are those of `tf.random.normal`."""
    def truncated_normal(self, shape: ShapeLike | None, mean: Any = 0.0, stddev: Any = 1.0, dtype: DTypeLike = tf.float32, name: str | None = None) -> tf.Tensor:
        """Normal random numbers within two deviations of the mean."""
    def uniform(self, shape: ShapeLike | None, minval: Any = 0, maxval: Any = None, dtype: DTypeLike = tf.float32, name: str | None = None) -> tf.Tensor:
        """Uniform random numbers in [minval, maxval)."""
    def uniform_full_int(self, shape: ShapeLike | None, dtype: DTypeLike = tf.uint64, name: str | None = None) -> tf.Tensor:
        """Integers over the whole range of a dtype of 32 or 64 bits."""
    def binomial(self, shape: ShapeLike | None, counts: TensorLike, probs: Any, dtype: DTypeLike = tf.int32, name: str | None = None) -> tf.Tensor:
        """Binomial random numbers."""
    def make_seeds(self, count: int = 1) -> tf.Tensor:
        """Seeds for stateless random functions."""
    def split(self, count: int = 1) -> list[tf.random.Generator]:
        """Independent generators, as many as wanted, with keys drawn from this one."""
def categorical(logits: TensorLike, num_samples: Any, dtype: DTypeLike | None = None, seed: int | None = None, name: str | None = None) -> tf.Tensor:
    """Class numbers drawn with given log probabilities."""
def create_rng_state(seed: TensorLike, alg: Any) -> tf.Tensor:
    """The state of a generator for a seed."""
def fold_in(seed: TensorLike, data: TensorLike, alg: Any = 'auto_select') -> tf.Tensor:
    """Make a new seed of a seed and a number, such as a step or replica number."""
def gamma(shape: ShapeLike, alpha: Any, beta: Any = None, dtype: DTypeLike = tf.float32, seed: int | None = None, name: str | None = None) -> tf.Tensor:
    """Random numbers of gamma distributions."""
def get_global_generator() -> tf.random.Generator:
    """The generator shared by the whole program; made at first use, different in every run."""
def log_uniform_candidate_sampler(true_classes: TensorLike, num_true: int, num_sampled: int, unique: bool, range_max: int, seed: int | None = None, name: str | None = None) -> tf.raw_ops._UniformCandidateSampler:
    """Draw classes that are rarer the larger their number: the law of Zipf."""
def normal(shape: ShapeLike, mean: Any = 0.0, stddev: Any = 1.0, dtype: DTypeLike = tf.float32, seed: int | None = None, name: str | None = None) -> tf.Tensor:
    """Normal random numbers."""
def poisson(shape: ShapeLike, lam: Any, dtype: DTypeLike = tf.float32, seed: int | None = None, name: str | None = None) -> tf.Tensor:
    """Random numbers of Poisson distributions."""
def set_global_generator(generator: tf.random.Generator) -> None:
    """Replace the generator shared by the whole program."""
def set_seed(seed: int | None) -> None:
    """Set the global seed, so that the random numbers after it are the same in every run."""
def shuffle(value: TensorLike, seed: int | None = None, name: str | None = None) -> tf.Tensor:
    """Put a tensor's rows in a random order."""
def split(seed: TensorLike, num: int = 2, alg: Any = 'auto_select') -> tf.Tensor:
    """Make several seeds of one."""
def stateless_binomial(shape: ShapeLike, seed: TensorLike, counts: TensorLike, probs: Any, output_dtype: DTypeLike = tf.int32, name: str | None = None) -> tf.Tensor:
    """Random numbers of binomial distributions that depend on the seed alone."""
def stateless_categorical(logits: TensorLike, num_samples: Any, seed: TensorLike, dtype: DTypeLike = tf.int64, name: str | None = None) -> tf.Tensor:
    """Class numbers drawn with given log probabilities, depending on the seed alone."""
def stateless_gamma(shape: ShapeLike, seed: TensorLike, alpha: Any, beta: Any = None, dtype: DTypeLike = tf.float32, name: str | None = None) -> tf.Tensor:
    """Random numbers of gamma distributions that depend on the seed alone."""
def stateless_normal(shape: ShapeLike, seed: TensorLike, mean: Any = 0.0, stddev: Any = 1.0, dtype: DTypeLike = tf.float32, name: str | None = None, alg: Any = 'auto_select') -> tf.Tensor:
    """Normal random numbers that depend on the seed alone."""
def stateless_parameterized_truncated_normal(shape: ShapeLike, seed: TensorLike, means: TensorLike = 0.0, stddevs: TensorLike = 1.0, minvals: TensorLike = -2.0, maxvals: TensorLike = 2.0, name: str | None = None) -> tf.Tensor:
    """Normal random numbers between bounds, which depend on the seed alone."""
def stateless_poisson(shape: ShapeLike, seed: TensorLike, lam: Any, dtype: DTypeLike = tf.int32, name: str | None = None) -> tf.Tensor:
    """Random numbers of Poisson distributions that depend on the seed alone."""
def stateless_truncated_normal(shape: ShapeLike, seed: TensorLike, mean: Any = 0.0, stddev: Any = 1.0, dtype: DTypeLike = tf.float32, name: str | None = None, alg: Any = 'auto_select') -> tf.Tensor:
    """Normal random numbers within two deviations of the mean that depend on the seed alone."""
def stateless_uniform(shape: ShapeLike, seed: TensorLike, minval: Any = 0, maxval: Any = None, dtype: DTypeLike = tf.float32, name: str | None = None, alg: Any = 'auto_select') -> tf.Tensor:
    """Uniform random numbers that depend on the seed alone."""
def truncated_normal(shape: ShapeLike, mean: Any = 0.0, stddev: Any = 1.0, dtype: DTypeLike = tf.float32, seed: int | None = None, name: str | None = None) -> tf.Tensor:
    """Normal random numbers within two standard deviations of the mean."""
def uniform(shape: ShapeLike, minval: Any = 0, maxval: Any = None, dtype: DTypeLike = tf.float32, seed: int | None = None, name: str | None = None) -> tf.Tensor:
    """Uniform random numbers in [minval, maxval)."""
def uniform_candidate_sampler(true_classes: TensorLike, num_true: int, num_sampled: int, unique: bool, range_max: int, seed: int | None = None, name: str | None = None) -> tf.raw_ops._UniformCandidateSampler:
    """Draw classes, each as likely as the others."""
