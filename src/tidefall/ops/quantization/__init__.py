"""Quantization: numbers as small integers of a known range, and training that expects it.

Floats and a range enter, small integers and the range they stand for leave, or the reverse. Read
`quantize.py` first.
"""
