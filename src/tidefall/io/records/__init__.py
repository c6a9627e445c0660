"""Files that are sequences of records, with their checksums and compression.

Files enter, byte strings leave, one by one or many at a time (`record_chunks.py`). Read
`tfrecord.py` first.
"""
