"""The benchmark's peers, each in the setting in which it is fastest, or in all that may be.

They come with `pip install seqmodel[benchmark]`; nothing else in this package needs them.
"""

# B rows of a batch, T tokens of a prompt, N new tokens

import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike

from seqmodel.benchmark import CONTEXT, VOCABULARY, Contestant, Prompts, Shape, new_model
from seqmodel.onnx_export import export_onnx

HUGGING_FACE = "HF generate"
X_TRANSFORMERS = "x-transformers"
ONNX_RUNTIME = "ONNX Runtime, no cache"

PACKAGES = ("transformers", "x-transformers", "onnxruntime", "onnx")
"""What the peers are made of, by the names that they are installed by."""


def peers(shape: Shape, threads: int) -> tuple[list[Contestant], dict[str, str]]:
    """Return the peers that are installed, and for each of the others why it is skipped."""
    found, skipped = list[Contestant](), dict[str, str]()
    makers: dict[str, Callable[[], list[Contestant]]] = {
        HUGGING_FACE: lambda: hugging_face(shape),
        X_TRANSFORMERS: lambda: x_transformers(shape),
        ONNX_RUNTIME: lambda: onnx_runtime(shape, threads),
    }
    for name, make in makers.items():
        try:
            found += make()
        except ImportError as error:
            skipped[name] = str(error)
    return found, skipped


def hugging_face(shape: Shape) -> list[Contestant]:
    """Return GPT-2 of `transformers`, with either way of computing attention.

    Its own GELU, an approximation made of several operators, is replaced by ours, which is faster.
    END is off: nothing is an end-of-sequence token, and nothing is padding.
    """
    transformers: Any = import_module("transformers")
    return [_hugging_face(transformers, shape, attention) for attention in ("sdpa", "eager")]


def _hugging_face(transformers: Any, shape: Shape, attention: str) -> Contestant:
    config = transformers.GPT2Config(
        vocab_size=VOCABULARY.size,
        n_positions=CONTEXT,
        n_embd=shape.d_model,
        n_layer=shape.layers,
        n_head=shape.heads,
        activation_function="gelu",
        bos_token_id=None,
        eos_token_id=None,
        tie_word_embeddings=False,
        attn_implementation=attention,
    )
    model = transformers.GPT2LMHeadModel(config).eval()

    def prefill(prompts_BT: Prompts) -> object:
        with torch.inference_mode():  # as `generate` does it: logits of the last term alone
            return model(torch.from_numpy(prompts_BT), use_cache=True, logits_to_keep=1)

    def decode(prompts_BT: Prompts, terms: int) -> ArrayLike:
        tokens_BT = torch.from_numpy(prompts_BT)
        with torch.inference_mode():  # given the mask, it need not look for padding
            return model.generate(  # type: ignore[no-any-return]
                tokens_BT,
                attention_mask=torch.ones_like(tokens_BT),
                max_new_tokens=terms,
                do_sample=False,
                use_cache=True,
            )[:, prompts_BT.shape[1] :].numpy()

    return Contestant(name=HUGGING_FACE, setting=attention, prefill=prefill, decode=decode)


def x_transformers(shape: Shape) -> list[Contestant]:
    """Return a decoder of `x_transformers`, with flash attention and without."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated", DeprecationWarning)
        package: Any = import_module("x_transformers")
    return [
        _x_transformers(package, shape, "flash", flash=True),
        _x_transformers(package, shape, "no flash", flash=False),
    ]


def _x_transformers(package: Any, shape: Shape, setting: str, *, flash: bool) -> Contestant:
    layers = package.Decoder(
        dim=shape.d_model,
        depth=shape.layers,
        heads=shape.heads,
        attn_dim_head=shape.d_model // shape.heads,
        attn_flash=flash,
    )
    network = package.TransformerWrapper(num_tokens=VOCABULARY.size, max_seq_len=CONTEXT, attn_layers=layers)
    model = package.AutoregressiveWrapper(network).eval()

    def prefill(prompts_BT: Prompts) -> object:
        with torch.inference_mode():
            return network(torch.from_numpy(prompts_BT), return_intermediates=True)

    def decode(prompts_BT: Prompts, terms: int) -> ArrayLike:
        with torch.inference_mode():  # temperature 0 is its name for greedy
            return model.generate(  # type: ignore[no-any-return]
                torch.from_numpy(prompts_BT), terms, temperature=0.0, cache_kv=True
            ).numpy()

    return Contestant(name=X_TRANSFORMERS, setting=setting, prefill=prefill, decode=decode)


def onnx_runtime(shape: Shape, threads: int) -> list[Contestant]:
    """Return ONNX Runtime with our model, which it reads anew for every term."""
    runtime: Any = import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        export_onnx(new_model(shape), path)
        session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    (tokens,) = session.get_inputs()

    def prefill(prompts_BT: Prompts) -> Any:
        (logits_BTV,) = session.run(None, {tokens.name: prompts_BT})
        return logits_BTV

    def decode(prompts_BT: Prompts, terms: int) -> ArrayLike:
        read_BT = prompts_BT
        for _ in range(terms):
            newest_B1 = prefill(read_BT)[:, -1:].argmax(axis=-1)
            read_BT = np.concatenate([read_BT, newest_B1], axis=1)
        return read_BT[:, prompts_BT.shape[1] :]

    return [Contestant(name=ONNX_RUNTIME, prefill=prefill, decode=decode)]
