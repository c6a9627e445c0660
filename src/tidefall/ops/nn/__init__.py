"""Neural networks: activations, normalisation, losses, embeddings, dropout, and rooms for more.

Batches of features enter and leave, channels last or first as `data_format` says. Read
`activations.py` first.
"""
