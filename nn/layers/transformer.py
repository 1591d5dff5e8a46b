"""The transformer: layers of attention and small networks, with shortcuts and normalization."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from numpy.typing import DTypeLike, NDArray

from autograd import Tensor
from nn.arguments import floating, positive
from nn.defaults import Randomness, generator
from nn.init import xavier_uniform_
from nn.layers.activations.names import activation as make_activation
from nn.layers.activations.piecewise import relu
from nn.layers.attention import MultiheadAttention, causal_mask
from nn.layers.dropout import Dropout
from nn.layers.linear import Linear
from nn.layers.normalization import LayerNorm
from nn.module import Module

__all__ = [
    "Transformer", "TransformerDecoder", "TransformerDecoderLayer", "TransformerEncoder", "TransformerEncoderLayer",
]  # fmt: skip

__autograd_transparent__ = True


class _Layer(Module):
    """The base of both layers: attentions, then two linear layers, with normalization, dropout and shortcuts."""

    _attentions: tuple[str, ...]

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1,
        activation: str | Callable[[Any], Any] = relu, layer_norm_eps: float = 1e-5, batch_first: bool = False,
        norm_first: bool = False, bias: bool = True, *, dtype: DTypeLike | None = None, rng: Randomness = None,
    ) -> None:  # fmt: skip
        own = rng if rng is None else generator(rng)
        for name in self._attentions:
            attention = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, dtype=dtype, rng=own)
            setattr(self, name, attention)
        self.linear1: Linear = Linear(d_model, dim_feedforward, bias, dtype=dtype, rng=own)
        self.dropout: Dropout = Dropout(dropout, rng=own)
        self.linear2: Linear = Linear(dim_feedforward, d_model, bias, dtype=dtype, rng=own)
        self.norm_first = norm_first
        blocks = range(1, len(self._attentions) + 2)
        for i in blocks:
            setattr(self, f"norm{i}", LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype))
        for i in blocks:
            setattr(self, f"dropout{i}", Dropout(dropout, rng=own))
        self.activation: Any = make_activation(activation) if isinstance(activation, str) else activation

    def _add(self, number: int, x: Any, block: Callable[[Any], Any]) -> Any:
        """A block with a shortcut around it, with its normalization and dropout."""
        norm, drop = getattr(self, f"norm{number}"), getattr(self, f"dropout{number}")
        return x + drop(block(norm(x))) if self.norm_first else norm(x + drop(block(x)))

    def _feed_forward(self, x: Any) -> Any:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


class TransformerEncoderLayer(_Layer):
    """An encoder layer: each position of a sequence attends to all others, then passes through a small network.

    ``x = norm1(x + attention(x))`` and ``x = norm2(x + linear2(activation(linear1(x))))``, each with dropout before the
    sum; with ``norm_first``, ``x + attention(norm1(x))`` and so on. Inputs and outputs have shape (L, N, d_model), or
    (N, L, d_model) with ``batch_first``, or (L, d_model). Masks work as in `MultiheadAttention`: True hides a key, and
    ``is_causal`` needs no other mask. ``activation`` is a function, or its name in `nn.functional`.

    Vaswani et al., "Attention is all you need", NeurIPS 2017; as ``torch.nn.TransformerEncoderLayer``.

    >>> import numpy as np
    >>> import nn
    >>> layer = nn.TransformerEncoderLayer(8, nhead=2, dim_feedforward=16, batch_first=True)
    >>> layer(np.zeros((4, 3, 8), "float32"), is_causal=True).shape
    (4, 3, 8)
    """

    _attentions = ("self_attn",)
    self_attn: MultiheadAttention

    def forward(
        self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False
    ) -> Tensor:
        def look(x: Any) -> Any:
            return self.self_attn(x, x, x, src_key_padding_mask, False, src_mask, is_causal=is_causal)[0]

        return self._add(2, self._add(1, floating(src, self.linear1.weight), look), self._feed_forward)


class TransformerDecoderLayer(_Layer):
    """A decoder layer: a `TransformerEncoderLayer` with attention to the output of an encoder, the memory, in between.

    It takes ``tgt`` of shape (T, N, d_model) and ``memory`` (S, N, d_model), or N first with ``batch_first``, as
    ``torch.nn.TransformerDecoderLayer`` does.

    >>> import numpy as np
    >>> import nn
    >>> layer = nn.TransformerDecoderLayer(8, nhead=2, dim_feedforward=16)
    >>> layer(np.zeros((3, 4, 8), "float32"), np.zeros((5, 4, 8), "float32"), tgt_is_causal=True).shape
    (3, 4, 8)
    """

    _attentions = ("self_attn", "multihead_attn")
    self_attn: MultiheadAttention
    multihead_attn: MultiheadAttention

    def forward(
        self, tgt: Any, memory: Any, tgt_mask: Any = None, memory_mask: Any = None, tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None, tgt_is_causal: bool | None = False, memory_is_causal: bool | None = False,
    ) -> Tensor:  # fmt: skip
        def look(x: Any) -> Any:
            return self.self_attn(x, x, x, tgt_key_padding_mask, False, tgt_mask, is_causal=bool(tgt_is_causal))[0]

        def look_back(x: Any) -> Any:
            masks = memory_key_padding_mask, False, memory_mask, True, bool(memory_is_causal)
            return self.multihead_attn(x, memory, memory, *masks)[0]

        x = self._add(2, self._add(1, floating(tgt, self.linear1.weight), look), look_back)
        return self._add(3, x, self._feed_forward)


class _Stack(Module):
    def __init__(self, layer: Module, num_layers: int, norm: Module | None) -> None:
        # Copies with copied generators would drop the same elements in every layer.
        shared = {id(own): own for m in layer.modules() if (own := vars(m).get("rng")) is not None}
        self.num_layers: int = positive("num_layers", num_layers, "number of layers")
        self.layers: list[Module] = [copy.deepcopy(layer, {**shared}) for _ in range(num_layers)]
        self.norm = norm

    def forward(self, x: Any, *others: Any, **named: Any) -> Tensor:
        for layer in self.layers:
            x = layer(x, *others, **named)
        return x if self.norm is None else self.norm(x)


class TransformerEncoder(_Stack):
    """A stack of copies of an encoder layer, optionally followed by a norm, as ``torch.nn.TransformerEncoder``.

    All copies start with equal weights, as in PyTorch. ``enable_nested_tensor`` and ``mask_check`` have no effect.

    >>> import numpy as np
    >>> import nn
    >>> layer = nn.TransformerEncoderLayer(8, nhead=2, dim_feedforward=16)
    >>> nn.TransformerEncoder(layer, num_layers=2)(np.zeros((3, 4, 8), "float32")).shape
    (3, 4, 8)
    """

    def __init__(
        self, encoder_layer: Module, num_layers: int, norm: Module | None = None, enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(encoder_layer, num_layers, norm)

    def forward(
        self, src: Any, mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool | None = None
    ) -> Tensor:
        return super().forward(src, mask, src_key_padding_mask, bool(is_causal))


class TransformerDecoder(_Stack):
    """A stack of copies of a decoder layer, optionally followed by a norm, as ``torch.nn.TransformerDecoder``.

    It takes the same inputs as its layers.

    >>> import numpy as np
    >>> import nn
    >>> decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(8, nhead=2, dim_feedforward=16), num_layers=2)
    >>> decoder(np.zeros((3, 4, 8), "float32"), np.zeros((5, 4, 8), "float32")).shape
    (3, 4, 8)
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__(decoder_layer, num_layers, norm)


class Transformer(Module):
    """An encoder for ``src`` (S, N, d_model), and a decoder for ``tgt`` (T, N, d_model) that attends to its output.

    The result has the shape of tgt; with ``batch_first``, N comes first in all shapes. Weights are initialized with
    `nn.init.xavier_uniform_`. The decoder sees all of tgt, unless ``tgt_is_causal=True`` or a mask such as that of
    `generate_square_subsequent_mask` hides later positions. It corresponds to ``torch.nn.Transformer``.

    >>> import numpy as np
    >>> import nn
    >>> model = nn.Transformer(8, 2, num_encoder_layers=1, num_decoder_layers=1, dim_feedforward=16)
    >>> src, tgt = np.zeros((5, 4, 8), "float32"), np.zeros((3, 4, 8), "float32")
    >>> model(src, tgt, tgt_mask=model.generate_square_subsequent_mask(3)).shape
    (3, 4, 8)
    """

    def __init__(
        self, d_model: int = 512, nhead: int = 8, num_encoder_layers: int = 6, num_decoder_layers: int = 6,
        dim_feedforward: int = 2048, dropout: float = 0.1, activation: str | Callable[[Any], Any] = relu,
        custom_encoder: Any = None, custom_decoder: Any = None, layer_norm_eps: float = 1e-5, batch_first: bool = False,
        norm_first: bool = False, bias: bool = True, *, dtype: DTypeLike | None = None, rng: Randomness = None,
    ) -> None:  # fmt: skip
        own = rng if rng is None else generator(rng)
        how: Any = d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias
        first, second = (LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype) for _ in range(2))
        self.encoder: Any = custom_encoder or TransformerEncoder(
            TransformerEncoderLayer(*how, dtype=dtype, rng=own), num_encoder_layers, first
        )
        self.decoder: Any = custom_decoder or TransformerDecoder(
            TransformerDecoderLayer(*how, dtype=dtype, rng=own), num_decoder_layers, second
        )
        for parameter in self.parameters():
            if parameter.ndim > 1:
                xavier_uniform_(parameter, rng=own)
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first

    def forward(
        self, src: Any, tgt: Any, src_mask: Any = None, tgt_mask: Any = None, memory_mask: Any = None,
        src_key_padding_mask: Any = None, tgt_key_padding_mask: Any = None, memory_key_padding_mask: Any = None,
        src_is_causal: bool | None = None, tgt_is_causal: bool | None = None, memory_is_causal: bool = False,
    ) -> Tensor:  # fmt: skip
        memory = self.encoder(src, src_mask, src_key_padding_mask, src_is_causal)
        masks = tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask
        return self.decoder(tgt, memory, *masks, tgt_is_causal, memory_is_causal)

    @staticmethod
    def generate_square_subsequent_mask(sz: int, *, dtype: DTypeLike | None = None) -> NDArray[Any]:
        """Return a mask that hides later positions, like `nn.functional.causal_mask`: 0, else minus infinity."""
        return causal_mask(sz, dtype=dtype)
