"""What needs no tensor: errors, dtypes, shapes, nests, devices, the thread's state, public names.

Nothing of this package enters here but `proto`. Everything above takes its errors, dtypes and
shapes from here, makes its functions public with `export`, and reads `state`. Read `dtypes.py`,
`shapes.py` and `state.py` first; the switches of the process are in `config.py`.
"""
