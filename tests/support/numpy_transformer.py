"""The same transformer once more, in float64 NumPy and plain loops, to check the real one against."""

import math

import numpy as np


def reference_logits(config, vocabulary, weights, tokens):
    """Return the outputs (terms, classes) of one sequence of tokens; `weights` are arrays by name."""
    weights = {name: np.asarray(array, dtype=np.float64) for name, array in weights.items()}
    stream = [embed(config, vocabulary, weights, token, place) for place, token in enumerate(tokens)]
    for layer in range(config.layers):
        stream = block(config, weights, f"blocks.{layer}.", stream)
    if config.norm != "post":
        stream = [norm(config, weights, "final_norm", x) for x in stream]
    return np.array([affine(weights, "output", x) for x in stream])


def embed(config, vocabulary, weights, token, place):
    features = value_features(config, vocabulary, token)
    if config.embedding == "learned":
        x = weights["embedding.values.vectors.weight"][token]
        if features:
            x = x + weights["embedding.values.map.weight"] @ np.array(features)
    else:
        x = vector_of(features, config.d_model, weights, "embedding.values.map.weight", dimension=0)
    if config.positions == "learned":
        x = x + weights["embedding.positions.vectors.weight"][place]
    elif config.positions == "tuple":
        share = [place / max(config.context - 1, 1)]
        x = x + vector_of(share, config.d_model, weights, "embedding.positions.map.weight", dimension=1)
    return x


def vector_of(features, width, weights, name, *, dimension):
    """Features that fit are the vector; one of two dimensions takes the tuple's; else a map decides."""
    if len(features) == 1 and width == 2:
        features = [features[0], 0.0] if dimension == 0 else [0.0, features[0]]
    if len(features) == width:
        assert name not in weights
        return np.array(features)
    return weights[name] @ np.array(features)


def value_features(config, vocabulary, token):
    if config.embedding == "binary":
        return bits(token, vocabulary.size - 1)
    if config.embedding == "learned" and not config.value_periods:
        return []
    value, values = vocabulary.low + token, range(vocabulary.low, vocabulary.high + 1)
    if config.embedding == "learned":
        return remainders(value, config.value_periods)
    if config.embedding == "frequency":
        return waves(value, config.d_model)
    if config.embedding == "number-theoretic":
        return number_theory(value, values)
    return [share(value, values)]


def share(value, values):
    return value / max(1, *(abs(other) for other in (values[0], values[-1])))


def bits(token, largest):
    digits = bin(token)[2:].rjust(len(bin(largest)[2:]), "0")
    return [float(digit) for digit in reversed(digits)]


def waves(value, width):
    angles = [value / 10_000 ** (2 * pair / width) for pair in range(width // 2)]
    return [math.sin(angle) for angle in angles] + [math.cos(angle) for angle in angles]


def remainders(value, periods):
    angles = [2 * math.pi * math.fmod(value, period) / period for period in periods]
    return [math.sin(angle) for angle in angles] + [math.cos(angle) for angle in angles]


def number_theory(value, values):
    features = []
    for modulus in (2, 3, 4, 5, 7, 8, 9, 11, 13, 16):
        features += [float((value - remainder) % modulus == 0) for remainder in range(modulus)]
    for prime in (2, 3, 5, 7, 11, 13):
        features.append(exponent(value, prime) / max(1, *(exponent(other, prime) for other in (*values, 1))))
    features += [float(value == 0), float(value < 0)]
    features.append(float(any(root * root == value for root in range(abs(value) + 1))))
    features.append(float(value > 1 and all(value % divisor for divisor in range(2, value))))
    features.append(float(any(2**power == value for power in range(abs(value) + 1))))
    return [*features, share(value, values)]


def exponent(value, prime):
    count = 0
    while value and value % prime == 0:
        value //= prime
        count += 1
    return count


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
    for place, x in enumerate(stream):
        query, key, value = affine(weights, f"{prefix}qkv", x).reshape(3, config.heads, size)
        if config.positions == "rotary":
            query, key = [turned(head, place) for head in query], [turned(head, place) for head in key]
        queries.append(query)
        keys.append(key)
        values.append(value)
    added = []
    for place in range(len(stream)):
        seen = [other for other in range(len(stream)) if sees(config, place, other)]
        read = []
        for head in range(config.heads):
            scores = [queries[place][head] @ keys[other][head] / math.sqrt(size) for other in seen]
            shares = np.exp(np.array(scores) - max(scores))
            shares /= shares.sum()
            read.append(sum(share * values[other][head] for other, share in zip(seen, shares, strict=True)))
        added.append(affine(weights, f"{prefix}output", np.concatenate(read)))
    return added


def sees(config, place, other):
    return config.attention == "full" or place - config.context < other <= place


def turned(head, place):
    """Turn dimensions i and i + half of one head, as one complex number."""
    half = len(head) // 2
    angles = np.array([place / 10_000 ** (pair / half) for pair in range(half)])
    pairs = (head[:half] + 1j * head[half:]) * np.exp(1j * angles)
    return np.concatenate([pairs.real, pairs.imag])


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
