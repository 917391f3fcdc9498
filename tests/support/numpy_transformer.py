"""The same transformer once more, in float64 NumPy and plain loops, to check the real one against."""

import math

import numpy as np


def reference_logits(config, vocabulary, weights, tokens):
    """Return the logits (terms, classes) of one sequence of tokens; `weights` are arrays by name."""
    weights = {name: np.asarray(array, dtype=np.float64) for name, array in weights.items()}
    stream = [embed(config, vocabulary, weights, token, place) for place, token in enumerate(tokens)]
    for layer in range(config.layers):
        stream = block(config, weights, f"blocks.{layer}.", stream)
    if config.norm != "post":
        stream = [norm(config, weights, "final_norm", x) for x in stream]
    return np.array([affine(weights, "output", x) for x in stream])


def embed(config, vocabulary, weights, token, place):
    x = np.zeros(config.d_model)
    value = vocabulary.low + token
    if config.embedding == "tuple":
        x[0] += value / max(abs(vocabulary.low), abs(vocabulary.high), 1)
    else:
        x += weights["embedding.values.vectors.weight"][token]
    if config.value_periods:
        sines = [math.sin(2 * math.pi * value / period) for period in config.value_periods]
        cosines = [math.cos(2 * math.pi * value / period) for period in config.value_periods]
        x += weights["embedding.values.periodic.weight"] @ np.array(sines + cosines)
    if config.positions == "tuple":
        x[1] += place / max(config.context - 1, 1)
    else:
        x += weights["embedding.positions.weight"][place]
    return x


def block(config, weights, prefix, stream):
    for branch, name in ((attention, "attention"), (feed_forward, "feed_forward")):
        norm_name = f"{prefix}{name}_norm"
        if config.norm == "post":
            added = branch(config, weights, f"{prefix}{name}.", stream)
            stream = [norm(config, weights, norm_name, x + y) for x, y in zip(stream, added, strict=True)]
        else:
            normed = [norm(config, weights, norm_name, x) for x in stream]
            added = branch(config, weights, f"{prefix}{name}.", normed)
            stream = [x + y for x, y in zip(stream, added, strict=True)]
    return stream


def attention(config, weights, prefix, stream):
    size = config.head_size
    queries, keys, values = [], [], []
    for x in stream:
        projected = affine(weights, f"{prefix}qkv", x).reshape(3, config.heads, size)
        for kind, part in zip((queries, keys, values), projected, strict=True):
            kind.append(part)
    added = []
    for place in range(len(stream)):
        read = []
        for head in range(config.heads):
            scores = [queries[place][head] @ keys[seen][head] / math.sqrt(size) for seen in range(place + 1)]
            shares = np.exp(np.array(scores) - max(scores))
            shares /= shares.sum()
            read.append(sum(share * values[seen][head] for seen, share in enumerate(shares)))
        added.append(affine(weights, f"{prefix}output", np.concatenate(read)))
    return added


def feed_forward(config, weights, prefix, stream):
    functions = {
        "gelu": lambda h: h * 0.5 * (1 + math.erf(h / math.sqrt(2))),
        "relu": lambda h: max(h, 0.0),
        "silu": lambda h: h / (1 + math.exp(-h)),
    }
    function = functions[config.activation]
    hidden = [[function(h) for h in affine(weights, f"{prefix}hidden", x)] for x in stream]
    return [affine(weights, f"{prefix}output", np.array(h)) for h in hidden]


def norm(config, weights, name, x):
    if config.norm == "none":
        return x
    if config.norm == "rms":
        return x / np.sqrt(np.mean(x**2) + 1e-5) * weights[f"{name}.weight"]
    scaled = (x - x.mean()) / np.sqrt(x.var() + 1e-5)
    return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def affine(weights, name, x):
    return weights[f"{name}.weight"] @ x + weights[f"{name}.bias"]
