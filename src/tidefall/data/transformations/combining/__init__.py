"""Stages that read several datasets: one after the other, side by side, by turns.

Read `zip.py` first; `interleave.py` reads in parallel.
"""
