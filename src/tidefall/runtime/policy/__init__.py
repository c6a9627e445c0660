"""When a program is compiled, and on which thread.

What was measured of calls enters; the executable of the next call leaves. Read `tiers.py` first.
"""
