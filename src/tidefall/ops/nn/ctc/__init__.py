"""Connectionist temporal classification: losses and decoders of sequences without alignment.

Scores by time and class enter with sparse labels; losses or label sequences leave. Read `loss.py`
first. The loss over dense labels, a composite function, is in `library/ctc_loss.py`.
"""
