"""Values as bytes and back: tensors, sparse tensors, structures, pictures, sound, compression.

Read `serialization.py` first.
"""
