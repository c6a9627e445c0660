"""`python.pywrap_tfe`: of TensorFlow's C library, the questions that have an answer here."""

from __future__ import annotations


def TF_ListPluggablePhysicalDevices() -> list[bytes]:
    """The devices of plug-ins: there are none."""
    return []
