"""Switch, Merge and the other nodes that steer graphs of TensorFlow 1, and the time of day.

They are declared here, rewritten or run by `runtime/host/v1_control_flow.py`. Read
`switch_merge.py` first.
"""
