"""From a model to an ONNX file."""

import os

import torch

from seqmodel.checkpoint_json import canonical
from seqmodel.files import write_atomically
from seqmodel.transformer import Transformer


def export_onnx(model: Transformer, path: str | os.PathLike[str]) -> None:
    """Write a model as an ONNX file, whole or not at all.

    The file has one input, `tokens`, int64 (batch, length), and one output, `logits`, float32
    (batch, length, classes), as `Transformer.forward` has without a cache; batch and length are
    free. A length may be 1 to `context`, or any with rotary positions. What stands behind a row's
    last token is invisible to it; but with attention "full" all tokens of a row see each other,
    so that there all rows of a batch must be equally long.

    The graph uses ONNX's own operations of opset 17 alone, in float32. Its metadata hold the
    configuration and the vocabulary as JSON, under `config` and `vocabulary`. The same model
    always gives the same bytes.

    Args:
        model: With float32 weights, on any device. It is written as it is in evaluation mode.
        path: The file; its folder exists.

    Raises:
        ImportError: The package onnx is missing: `pip install seqmodel[onnx]`.
        ValueError: The weights are not float32.
        OSError: The file cannot be written.
    """
    try:
        from onnx import TensorProto, helper
    except ImportError as error:
        raise ImportError("ONNX export needs onnx: pip install 'seqmodel[onnx]'") from error
    from seqmodel.onnx_forward import OnnxForward
    from seqmodel.onnx_graph import Graph

    if model.output.weight.dtype != torch.float32:
        raise ValueError(f"weights must be float32 for ONNX, got {model.output.weight.dtype}: call model.float() first")
    graph = Graph()
    OnnxForward(model, graph).write("tokens", "logits")
    tokens = helper.make_tensor_value_info("tokens", TensorProto.INT64, ["batch", "length"])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "length", model.output.out_features])
    notes = {
        "config": canonical(model.config.to_dict()),
        "vocabulary": canonical(model.vocabulary.to_dict()),
    }
    write_atomically(path, graph.finish([tokens], [logits], notes))
