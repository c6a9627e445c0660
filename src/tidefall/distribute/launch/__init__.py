"""`tidefall launch`: starts the processes of a training job on this machine, and watches them.

A script and the shape of a cluster enter; one process for each task runs it, with the `TF_CONFIG`
that TensorFlow's strategies read. Read `supervisor.py` first.
"""
