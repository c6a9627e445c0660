"""Native kernels (C++ over oneDNN, in the folder `native` of the repository): optional and faster.

`library` finds, loads and calls them; beside it is one file per kernel. The sources are built when
the package is installed and a C++ compiler is there. Without them everything works, slower.
"""
