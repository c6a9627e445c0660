"""Keras's optimizers in a group of workers that is not always complete.

A loss is divided by the number of workers when a function is traced, so that the sum of their
gradients is that of the mean over the whole batch. While one is away the sum has fewer parts. They
are counted along with it, and the sum is made that of the mean over what was computed. Where one is
lost in the midst of a step, the sums of that step that go by themselves may still have its part.
"""

from __future__ import annotations

from typing import Any


def complete_optimizer(module: Any) -> None:
    """Have Keras's optimizers count the workers whose gradients they add up."""
    plain = module.TFOptimizer._all_reduce_sum_gradients

    def _all_reduce_sum_gradients(self: Any, grads_and_vars: Any) -> Any:
        pairs = list(grads_and_vars)
        tf = module.tf
        context = tf.distribute.get_replica_context()
        if (
            context is None
            or not context.strategy.extended._in_multi_worker_mode()
            or all(gradient is None for gradient, _ in pairs)
        ):
            return plain(self, pairs)
        # A worker that only takes part so that the others can go on gives 0 for everything.
        *summed, (present, _) = plain(self, [*pairs, (tf.constant(1.0), None)])
        divided_by = float(context.strategy.num_replicas_in_sync)
        return [(_times(gradient, divided_by / present, tf), var) for gradient, var in summed]

    module.TFOptimizer._all_reduce_sum_gradients = _all_reduce_sum_gradients


def _times(gradient: Any, factor: Any, tf: Any) -> Any:
    if gradient is None:
        return None
    if isinstance(gradient, tf.IndexedSlices):
        values = gradient.values * tf.cast(factor, gradient.dtype)
        return tf.IndexedSlices(values, gradient.indices, gradient.dense_shape)
    return gradient * tf.cast(factor, gradient.dtype)
