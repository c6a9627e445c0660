"""Where tables come from: files, frames, databases and datasets, as shards of Arrow batches.

Read `shards.py` first. A source is asked for its shards one after the other; threads ask each shard
for its batches. Shards of one file are the same each time, so that work on them can be kept.
"""
