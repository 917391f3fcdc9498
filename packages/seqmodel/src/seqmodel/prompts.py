"""What can be decoded: sequences of tokens, checked before anything is read."""

import operator
from collections.abc import Sequence
from itertools import chain


def require_prompts(prompts: Sequence[Sequence[int]], size: int) -> None:
    """Refuse what are no prompts for a vocabulary of so many tokens.

    Raises:
        TypeError: A prompt is no sequence, or a token no integer.
        ValueError: A prompt is empty, or a token outside the vocabulary.
    """
    for number, prompt in enumerate(prompts):
        if not hasattr(prompt, "__len__"):
            raise TypeError(f"prompt {number} must be a sequence of tokens, got {prompt!r}")
        if len(prompt) == 0:
            raise ValueError(f"prompt {number} is empty: the first term cannot be predicted")
    tokens = list(chain.from_iterable(prompts))
    if set(map(type, tokens)) <= {int}:
        different = set(tokens)
        if min(different, default=0) >= 0 and max(different, default=0) < size:
            return  # nearly always: what follows finds out what to say
    for number, prompt in enumerate(prompts):
        for token in prompt:
            if not _is_integer(token):
                raise TypeError(f"prompt {number}: a token must be an integer in 0..{size - 1}, got {token!r}")
            if not 0 <= token < size:
                raise ValueError(f"prompt {number}: token {token} is outside 0..{size - 1}")


def _is_integer(token: object) -> bool:
    """Return whether something counts as an integer: NumPy's do, truth values do not."""
    try:
        operator.index(token)  # type: ignore[arg-type]
    except TypeError:
        return False
    return not isinstance(token, bool)
