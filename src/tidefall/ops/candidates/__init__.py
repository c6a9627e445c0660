"""Candidate sampling: a few classes drawn to stand for all of them in a loss."""
