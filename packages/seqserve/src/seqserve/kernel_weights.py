"""A checkpoint's weights, laid out for the kernel."""

# V input tokens, S positions, C d_model, K inputs and N outputs of a map, F features, H heads, D head size

import numpy as np

from seqmodel import CheckpointFile
from seqmodel.config import ROTARY_BASE, places_of
from seqmodel.features import Features, position_features, value_features
from seqserve.kernel_data import Floats, Weights
from seqserve.rows import GELU, NORM_NONE, NORM_POST, NORM_PRE, NORM_RMS, PANEL, RELU, SILU
from seqserve.vectors import LANES

_NORMS = {"none": NORM_NONE, "pre": NORM_PRE, "post": NORM_POST, "rms": NORM_RMS}
_ACTIVATIONS = {"gelu": GELU, "relu": RELU, "silu": SILU}


def kernel_weights(content: CheckpointFile) -> Weights:
    """Fold embeddings into tables, pad what is no multiple of `LANES`, and lay maps out in panels."""
    config, vocabulary, tensors = content.config, content.vocabulary, content.tensors
    heads, size = config.heads, config.head_size
    blocks = [f"blocks.{layer}" for layer in range(config.layers)]

    def stacked(name: str) -> tuple[Floats, Floats]:
        maps = [(tensors[f"{block}.{name}.weight"].T, tensors[f"{block}.{name}.bias"]) for block in blocks]
        return np.stack([panels(w_KN) for w_KN, _ in maps]), np.stack([padded(b_N) for _, b_N in maps])

    def heads_apart(w_KN: Floats, parts: int) -> Floats:
        """Pad the outputs of every head to a multiple of LANES."""
        return padded(w_KN.reshape(len(w_KN), parts, heads, size)).reshape(len(w_KN), -1)

    scale = np.float32(size**-0.5)
    qkv, qkv_bias, output, output_bias = [], [], [], []
    for block in blocks:
        w_KN = np.vstack([tensors[f"{block}.attention.qkv.weight"].T, tensors[f"{block}.attention.qkv.bias"]])
        w_KN = heads_apart(w_KN, 3)
        w_KN[:, : w_KN.shape[1] // 3] *= scale  # queries
        qkv.append(panels(w_KN[:-1]))
        qkv_bias.append(w_KN[-1])
        w_NK = heads_apart(tensors[f"{block}.attention.output.weight"], 1)
        output.append(panels(np.ascontiguousarray(w_NK.T)))
        output_bias.append(padded(tensors[f"{block}.attention.output.bias"]))
    hidden_in, hidden_in_bias = stacked("feed_forward.hidden")
    hidden_out, hidden_out_bias = stacked("feed_forward.output")
    norms = [f"{block}.{name}_norm" for block in blocks for name in ("attention", "feed_forward")] + ["final_norm"]
    values_VC = table(tensors, "values", value_features(config, vocabulary), config.d_model, first=0)
    positions_SC = np.zeros((1, config.d_model), dtype=np.float32)
    if config.positions != "rotary":
        features_SF = position_features(config.context)
        if config.positions == "learned":
            features_SF = features_SF[:, :0]
        positions_SC = table(tensors, "positions", features_SF, config.d_model, first=1)
    end = vocabulary.end_token
    half = size // 2
    return Weights(
        context=config.context,
        places=places_of(config),
        width=config.d_model,
        layers=config.layers,
        heads=heads,
        head_size=size,
        padded_head=_multiple(size),
        hidden=config.hidden_size,
        outcomes=vocabulary.outputs,
        end_token=-1 if end is None else end,
        norm=_NORMS[config.norm],
        activation=_ACTIVATIONS[config.activation],
        rotary=config.slides,
        frequencies=ROTARY_BASE ** -(np.arange(half) / max(half, 1)),
        values_VC=padded(values_VC),
        positions_PC=padded(positions_SC),
        norms=np.stack([_norm(tensors, name, config.d_model) for name in norms]),
        qkv=np.stack(qkv),
        qkv_bias=np.stack(qkv_bias),
        output=np.stack(output),
        output_bias=np.stack(output_bias),
        hidden_in=hidden_in,
        hidden_in_bias=hidden_in_bias,
        hidden_out=hidden_out,
        hidden_out_bias=hidden_out_bias,
        head=panels(tensors["output.weight"].T),
        head_bias=padded(tensors["output.bias"]),
    )


def table(tensors: dict[str, Floats], name: str, features: Features, width: int, *, first: int) -> Floats:
    """Return a vector for each thing: learned, made of features, or both added; see `seqmodel.embedding`."""
    vectors = tensors.get(f"embedding.{name}.vectors.weight")
    mapped = tensors.get(f"embedding.{name}.map.weight")
    found = features.astype(np.float32)
    if mapped is not None:
        found = found @ mapped.T
    elif vectors is not None:
        return vectors
    elif found.shape[1] == 1 and width == 2:
        found = np.pad(found, ((0, 0), (first, 1 - first)))
    return found if vectors is None else vectors + found


def panels(w_KN: Floats) -> Floats:
    """Return a map as panels of columns, one behind the other, each (K, columns) and contiguous.

    A panel has `PANEL` columns; of what is left, the first has twice `LANES` where so many are left, and then `LANES`.

    >>> panels(np.arange(72, dtype=np.float32).reshape(2, 36))[2 * 32 :].reshape(2, 16)[:, :5].tolist()
    [[32.0, 33.0, 34.0, 35.0, 0.0], [68.0, 69.0, 70.0, 71.0, 0.0]]
    """
    w_KN = padded(w_KN)
    columns, parts = 0, []
    while columns < w_KN.shape[1]:
        left = w_KN.shape[1] - columns
        wide = next(width for width in (PANEL, 2 * LANES, LANES) if width <= left)
        parts.append(w_KN[:, columns : columns + wide].ravel())
        columns += wide
    return np.concatenate(parts)


def padded(x: Floats) -> Floats:
    """Append zeros to the last axis, up to a multiple of `LANES`."""
    return np.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, -x.shape[-1] % LANES)])


def _multiple(size: int) -> int:
    return size + -size % LANES


def _norm(tensors: dict[str, Floats], name: str, width: int) -> Floats:
    """Return gain and bias, (2, C); gain 1 and bias 0 where there are none."""
    gain = tensors.get(f"{name}.weight", np.ones(width, dtype=np.float32))
    bias = tensors.get(f"{name}.bias", np.zeros(width, dtype=np.float32))
    return padded(np.stack([gain, bias]))
