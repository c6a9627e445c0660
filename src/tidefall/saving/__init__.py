"""Checkpoints and SavedModel."""
