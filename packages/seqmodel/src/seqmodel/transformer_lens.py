"""Weights under TransformerLens' names, and back: the same numbers in another order."""

# H heads, D head size, C d_model, X queries, keys and values

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from seqmodel.config import ModelConfig
from seqmodel.transformer import Transformer
from seqmodel.transformer_lens_buffers import attention_buffers, require_buffer, require_dense
from seqmodel.transformer_lens_config import require_expressible, require_importable, transformer_lens_shapes
from seqmodel.vocabularies import Vocabulary


def to_transformer_lens(model: Transformer) -> dict[str, Tensor]:
    """Return a model's weights as the state dict of a `HookedTransformer`.

    `load_state_dict` takes it strictly, in a model built from `hooked_transformer_arguments`.
    Every embedding can be told, as what TransformerLens holds are tables: the vector of each value
    and of each position.

    Args:
        model: On any device.

    Returns:
        Copies of the weights, of their type and where they are, and the buffers `mask`, `IGNORE`
        and, with rotary positions, `rotary_cos` and `rotary_sin`.

    Raises:
        ValueError: TransformerLens has no such architecture: norm "post".

    >>> from seqmodel import IntegerVocabulary
    >>> state = to_transformer_lens(Transformer(ModelConfig(layers=1), IntegerVocabulary()))
    >>> tuple(state["blocks.0.attn.W_Q"].shape), tuple(state["unembed.W_U"].shape)
    ((4, 128, 32), (128, 257))
    """
    config = model.config
    require_expressible(config)
    weights = {name: weight.detach() for name, weight in model.state_dict().items()}
    state = {"embed.W_E": model.embedding.values.rows().detach()}
    if model.embedding.positions is not None:
        state["pos_embed.W_pos"] = model.embedding.positions.rows().detach()
    for layer in range(config.layers):
        state |= _block_to(weights, config, layer)
        state |= attention_buffers(config, layer, like=model.output.weight)
    state |= _norm_to(weights, "final_norm", "ln_final")
    state |= {"unembed.W_U": weights["output.weight"].T, "unembed.b_U": weights["output.bias"]}
    return {name: tensor.clone(memory_format=torch.contiguous_format) for name, tensor in state.items()}


def from_transformer_lens(state: Mapping[str, Any], config: ModelConfig, vocabulary: Vocabulary) -> Transformer:
    """Return the model that a `HookedTransformer`'s state dict holds.

    Nothing is guessed: names, shapes and types must be exactly those of `config` and `vocabulary`,
    and the buffers, where they are there, must say what is assumed: that all earlier tokens are
    seen, and that rotary positions turn the halves of a head with base 10,000. What a state dict
    does not tell, and a wrong configuration would hide, is the activation and `attention`, and how
    a norm or the scores are scaled.

    Args:
        state: The tensors by name, or a dictionary that holds them under "model".
        config: With embedding "learned", no `value_periods`, positions "learned" or "rotary", and
            a norm other than "post".
        vocabulary: What the tokens mean; a state dict does not say.

    Returns:
        A model in evaluation mode, on the CPU.

    Raises:
        ValueError: The configuration cannot be read from tables, or a tensor is missing, unknown,
            of another shape or type, or holds NaN.
    """
    require_importable(config)
    wrapped = set(state) == {"model"} and isinstance(state["model"], Mapping)
    tensors: Mapping[str, Any] = state["model"] if wrapped else state
    shapes = transformer_lens_shapes(config, vocabulary)
    for name, shape in shapes.items():
        if name not in tensors:
            raise ValueError(f"tensor {name!r} is missing")
        _require_weight(name, tensors[name], shape)
    for name in tensors:
        if name not in shapes:
            require_buffer(name, tensors[name], config)
    model = Transformer(config, vocabulary)
    weights = {"embedding.values.vectors.weight": tensors["embed.W_E"]}
    if not config.slides:
        weights["embedding.positions.vectors.weight"] = tensors["pos_embed.W_pos"]
    for layer in range(config.layers):
        weights |= _block_from(tensors, layer)
    weights |= _norm_from(tensors, "ln_final", "final_norm")
    weights |= {"output.weight": tensors["unembed.W_U"].T, "output.bias": tensors["unembed.b_U"]}
    model.load_state_dict(weights)
    return model.eval()


def _block_to(weights: Mapping[str, Tensor], config: ModelConfig, layer: int) -> dict[str, Tensor]:
    block = f"blocks.{layer}"
    heads, head_size, width = config.heads, config.head_size, config.d_model
    qkv_XHCD = weights[f"{block}.attention.qkv.weight"].view(3, heads, head_size, width).transpose(-1, -2)
    qkv_XHD = weights[f"{block}.attention.qkv.bias"].view(3, heads, head_size)
    return {
        **_norm_to(weights, f"{block}.attention_norm", f"{block}.ln1"),
        **{f"{block}.attn.W_{which}": weight for which, weight in zip("QKV", qkv_XHCD, strict=True)},
        **{f"{block}.attn.b_{which}": bias for which, bias in zip("QKV", qkv_XHD, strict=True)},
        f"{block}.attn.W_O": weights[f"{block}.attention.output.weight"].T.reshape(heads, head_size, width),
        f"{block}.attn.b_O": weights[f"{block}.attention.output.bias"],
        **_norm_to(weights, f"{block}.feed_forward_norm", f"{block}.ln2"),
        f"{block}.mlp.W_in": weights[f"{block}.feed_forward.hidden.weight"].T,
        f"{block}.mlp.b_in": weights[f"{block}.feed_forward.hidden.bias"],
        f"{block}.mlp.W_out": weights[f"{block}.feed_forward.output.weight"].T,
        f"{block}.mlp.b_out": weights[f"{block}.feed_forward.output.bias"],
    }


def _block_from(tensors: Mapping[str, Tensor], layer: int) -> dict[str, Tensor]:
    block = f"blocks.{layer}"
    qkv_XHCD = torch.stack([tensors[f"{block}.attn.W_{which}"] for which in "QKV"])
    return {
        **_norm_from(tensors, f"{block}.ln1", f"{block}.attention_norm"),
        f"{block}.attention.qkv.weight": qkv_XHCD.transpose(-1, -2).flatten(0, 2),
        f"{block}.attention.qkv.bias": torch.stack([tensors[f"{block}.attn.b_{which}"] for which in "QKV"]).flatten(),
        f"{block}.attention.output.weight": tensors[f"{block}.attn.W_O"].flatten(0, 1).T,
        f"{block}.attention.output.bias": tensors[f"{block}.attn.b_O"],
        **_norm_from(tensors, f"{block}.ln2", f"{block}.feed_forward_norm"),
        f"{block}.feed_forward.hidden.weight": tensors[f"{block}.mlp.W_in"].T,
        f"{block}.feed_forward.hidden.bias": tensors[f"{block}.mlp.b_in"],
        f"{block}.feed_forward.output.weight": tensors[f"{block}.mlp.W_out"].T,
        f"{block}.feed_forward.output.bias": tensors[f"{block}.mlp.b_out"],
    }


_NORM_NAMES = {"weight": "w", "bias": "b"}


def _norm_to(weights: Mapping[str, Tensor], ours: str, theirs: str) -> dict[str, Tensor]:
    found = {f"{theirs}.{letter}": weights.get(f"{ours}.{name}") for name, letter in _NORM_NAMES.items()}
    return {name: tensor for name, tensor in found.items() if tensor is not None}


def _norm_from(tensors: Mapping[str, Tensor], theirs: str, ours: str) -> dict[str, Tensor]:
    found = {f"{ours}.{name}": tensors.get(f"{theirs}.{letter}") for name, letter in _NORM_NAMES.items()}
    return {name: tensor for name, tensor in found.items() if tensor is not None}


def _require_weight(name: str, tensor: object, shape: tuple[int, ...]) -> None:
    """Refuse what is no float32 tensor of that shape, or holds NaN."""
    found = require_dense(name, tensor)
    if tuple(found.shape) != shape:
        raise ValueError(f"tensor {name!r} has shape {tuple(found.shape)}, not {shape}")
    if found.dtype != torch.float32:
        raise ValueError(f"tensor {name!r} is {str(found.dtype).removeprefix('torch.')}, not float32")
    if bool(found.isnan().any()):
        raise ValueError(f"tensor {name!r} holds NaN: such a model predicts nothing")
