"""Automatic differentiation: gradient tapes, custom gradients, and the one walker behind them."""
