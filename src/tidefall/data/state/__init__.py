"""Where an iterator stands, as a value: in checkpoints, and elements kept in files.

The state of an iterator leaves as bytes and enters again (`state_codec.py`). Read
`saved_iterator.py` first.
"""
