"""The command `tidefall new-op`: the files of a package with a custom op, ready to build."""
