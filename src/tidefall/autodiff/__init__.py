"""Automatic differentiation: tapes, forward accumulators, custom gradients, and the one walker
behind them; the public namespace `tf.autodiff`.

Records of what ran, or nodes of a graph, enter `backprop.py` with the gradients of their outputs;
gradients of the inputs leave. Read `backprop.py` first, then `tape.py`.
"""

from tidefall import surface

__getattr__, __dir__ = surface.attach("autodiff")
