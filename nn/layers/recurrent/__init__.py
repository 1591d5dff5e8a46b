"""Recurrent layers: the same step for every element of a sequence, with a state that is handed on.

``steps`` has the formulas, ``cells`` modules for a single step, ``layers`` those for whole sequences.
"""

from nn.layers.recurrent.cells import GRUCell, LSTMCell, RNNCell
from nn.layers.recurrent.layers import GRU, LSTM, RNN

__all__ = ["GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "RNNCell"]
