"""Threads that fill queues: coordinators, queue runners, producers of input and batches."""
