"""The strategies: which devices and processes replicas run on, and how these find each other.

Each is a thin class over `StrategyExtended`. Read `mirrored.py` first.
"""
