"""Candidate sampling: a few classes drawn to stand for all of them in a loss.

Labels enter; sampled classes and how often they were expected leave, and losses made of those.
Read `samplers.py` first.
"""
