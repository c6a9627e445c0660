"""Functions of TensorFlow 1 with their own parameters: nn, image, losses, embeddings, summaries.

Read `nn_functions.py` first.
"""
