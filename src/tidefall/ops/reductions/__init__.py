"""Fewer elements of many: reductions over axes and segments, counts, histograms.

A tensor and axes or segment numbers enter; `axes.py` checks them and says what shape leaves. Read
`functions.py` and `ops.py` first.
"""
