"""Devices that are set up again in a process that has used them."""

from __future__ import annotations

from tidefall.tensor.context import context


def restart_devices() -> None:
    """Let devices be divided again; values made on them until now are not to be used any more."""
    if context.initialized:
        from tidefall.runtime.xla.jax_bridge import restart_jax

        restart_jax()  # which may ask for the devices there were
        context.reset()
