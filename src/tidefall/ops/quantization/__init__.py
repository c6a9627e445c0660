"""Quantization: numbers as small integers of a known range, and training that expects it."""
