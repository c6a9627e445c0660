"""Ops that hold parts of programs as XLA's other front ends write them."""
