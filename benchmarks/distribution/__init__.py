"""What training in several processes costs, beside the peers.

Rows:

- `workers_reduce_*`: an all-reduce of float32 by two processes on this machine.
- `workers_*_step`: a training step with Adam of a model of `keras_models.py`, by two processes that
  take half of its batch each.
- `workers_start`: from starting two processes to the loss of the first step of an MLP, with imports
  but without Keras, whose import would be most of it.
- `coordinator_closure`: one closure of a coordinator with two workers and a parameter server, each
  a process: the time for many of them by their number.
- `mirrored_ratio`: a training step of the MLP under `MirroredStrategy` with one device over one
  without a strategy.
"""
