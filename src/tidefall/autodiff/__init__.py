"""Automatic differentiation: tapes, forward accumulators, custom gradients, and the one walker
behind them; the public namespace `tf.autodiff`."""

from tidefall import surface

__getattr__, __dir__ = surface.attach("autodiff")
