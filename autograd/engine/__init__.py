"""The engine: the six files that run in ``z = x * w; z.backward()``.

In the order of reading: `graph` (what a graph is), `tape` (making nodes), `op` (the record of an op), `codegen` (the
functions written for an op), `tensor` (the Tensor), `backward` (how a pass runs).
"""
