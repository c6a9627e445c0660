"""Recurrent cells as single ops, as old graphs and Keras models on CPUs have them."""
