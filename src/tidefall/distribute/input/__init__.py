"""Datasets whose elements are spread over replicas.

A dataset enters; a `DistributedDataset` leaves, whose elements are `PerReplica` values. Read
`distributed_dataset.py` first.
"""
