"""Metrics of what a model sees in images: boxes around objects, and classes of pixels.

Boxes and images of rows enter, from columns or outputs; kept detections and sums leave, which
merge. Read `boxes.py` first, then `detection.py`.
"""
