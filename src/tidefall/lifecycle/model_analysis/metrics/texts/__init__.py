"""Metrics of texts that a model writes: BLEU and ROUGE.

Texts and their references enter as labels and predictions; sums leave, which merge. Read `bleu.py`
first.
"""
