"""Threads that fill queues: coordinators, queue runners, producers of input and batches.

Read `queue_runner.py` first.
"""
