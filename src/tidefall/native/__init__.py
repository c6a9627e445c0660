"""Native kernels (C++ over oneDNN, in the folder `native` of the repository): optional and faster.

Arrays enter and leave, eagerly by ctypes, in compiled code as custom calls. Each `.py` says
which `.cc` it belongs to. Read `library.py` first.
"""
