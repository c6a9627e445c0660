"""Strategies for training on several devices; so far the one for a single device."""

from tidefall import surface

__getattr__, __dir__ = surface.attach("distribute")
