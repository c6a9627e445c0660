"""Small tools that pipeline files use: messages as JSON and as text."""

from __future__ import annotations

from tidefall.lifecycle.pipelines.utils.proto_utils import parse_pbtxt_file

__all__ = ["parse_pbtxt_file"]
