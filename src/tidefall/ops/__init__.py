"""What can be computed: each op declared whole, in one place, in the folder of its family.

Tensors, or what converts to them, enter; tensors leave. An op's block has its shape rule, host
kernel, lowering and gradient; the public function below it calls the op. Read
`math/elementwise.py` first, then `common.py`, which has what most families share.
"""
