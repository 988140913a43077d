"""random_llama.py OUT: a model of the llama architecture with random weights, half a megabyte: what answers is nonsense,
but it answers by the real protocol."""

import sys

import gguf
import numpy

WIDTH, LAYERS, HEADS, INNER, CONTEXT = 64, 2, 4, 128, 512
LETTERS = "abcdefghijklmnopqrstuvwxyz"
Kind = gguf.TokenType

# A byte each, so that any text can be read, and small letters with and without a space before.
tokens = [
    (b"<unk>", Kind.UNKNOWN),
    (b"<s>", Kind.CONTROL),
    (b"</s>", Kind.CONTROL),
    *((b"<0x%02X>" % byte, Kind.BYTE) for byte in range(256)),
    *((text.encode(), Kind.NORMAL) for text in ["\u2581", *LETTERS, *("\u2581" + letter for letter in LETTERS)]),
]

out = gguf.GGUFWriter(sys.argv[1], "llama")
out.add_name("lab-random")
out.add_context_length(CONTEXT)
out.add_embedding_length(WIDTH)
out.add_block_count(LAYERS)
out.add_feed_forward_length(INNER)
out.add_head_count(HEADS)
out.add_head_count_kv(HEADS)
out.add_layer_norm_rms_eps(1e-5)
out.add_rope_dimension_count(WIDTH // HEADS)
out.add_vocab_size(len(tokens))
out.add_file_type(gguf.LlamaFileType.ALL_F32)
out.add_tokenizer_model("llama")
out.add_token_list([text for text, _ in tokens])
out.add_token_scores([0.0 if kind != Kind.NORMAL else -float(at) for at, (_, kind) in enumerate(tokens)])
out.add_token_types([kind for _, kind in tokens])
out.add_unk_token_id(0)
out.add_bos_token_id(1)
out.add_eos_token_id(2)
out.add_chat_template("{% for message in messages %}{{ message['content'] }}{% endfor %}")

random = numpy.random.default_rng(1)


def matrix(*shape):
    return (random.standard_normal(shape) * 0.05).astype(numpy.float32)


ones = numpy.ones(WIDTH, numpy.float32)
out.add_tensor("token_embd.weight", matrix(len(tokens), WIDTH))
out.add_tensor("output_norm.weight", ones)
out.add_tensor("output.weight", matrix(len(tokens), WIDTH))
for layer in range(LAYERS):
    for name in ("attn_norm", "ffn_norm"):
        out.add_tensor(f"blk.{layer}.{name}.weight", ones)
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        out.add_tensor(f"blk.{layer}.{name}.weight", matrix(WIDTH, WIDTH))
    out.add_tensor(f"blk.{layer}.ffn_gate.weight", matrix(INNER, WIDTH))
    out.add_tensor(f"blk.{layer}.ffn_up.weight", matrix(INNER, WIDTH))
    out.add_tensor(f"blk.{layer}.ffn_down.weight", matrix(WIDTH, INNER))

out.write_header_to_file()
out.write_kv_data_to_file()
out.write_tensors_to_file()
out.close()
