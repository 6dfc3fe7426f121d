#!/usr/bin/env python3
"""Writes a tiny random-weight llama model as GGUF. Same bytes every time.

The model says random words. It exists so that llama-server has something to
stream; nothing it says means anything.

Usage: make-tiny-gguf.py [OUT.gguf]
"""

import hashlib
import sys

import gguf
import numpy as np

SEED = 20261123
N_VOCAB = 1024
N_EMBD = 64
N_LAYER = 2
N_HEAD = 4
N_HEAD_KV = 2
N_FF = 128
N_CTX = 8192

SPACE = "\u2581"  # how SentencePiece writes a leading space

WORDS = """
the a an of to in is on for with and or not it this that from by at as be are
was were has have had will can may must one two three four five six seven eight
nine ten red blue green black white small large old new good bad high low open
close start stop read write send wait time day night year week hour minute
second water fire earth air stone river sea hill tree leaf root house door wall
road bridge city town ship train wheel engine server client model token word
line page book letter number name list table chair lamp glass paper metal wood
gold iron salt bread milk fish bird horse dog cat hand eye head foot heart mind
king queen child friend story song light dark sound voice cold warm hot dry wet
soft hard long short near far north south east west left right up down yes no
user assistant system hello world tell me about write count
""".split()

# Whole multi-byte tokens, so that streams carry more than ASCII.
MULTIBYTE = ["\u00e9", "\u00fc", "\u4e2d", "\u6587", "\u2014", "\u20ac", "\U0001f642"]

TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)

T = gguf.TokenType


def vocabulary():
    """Returns the tokens as rows of text, score, type, and bias of the logit."""
    rows, seen = [], set()

    def add(text, score, kind, bias):
        if text not in seen:
            seen.add(text)
            rows.append((text, score, kind, bias))

    never, rare, seldom, often = -4.0, -2.0, -0.2, 0.0
    add("<unk>", 0.0, T.UNKNOWN, never)
    add("<s>", 0.0, T.CONTROL, never)
    add("</s>", 0.0, T.CONTROL, never)
    add("<|im_start|>", 0.0, T.CONTROL, never)
    add("<|im_end|>", 0.0, T.CONTROL, seldom)  # ends a reply now and then
    for b in range(256):
        add("<0x%02X>" % b, 0.0, T.BYTE, never)
    # Single characters: everything in printable ASCII can be tokenised.
    add(SPACE, -1000.0, T.NORMAL, rare)
    for c in map(chr, range(0x21, 0x7F)):
        add(c, -1000.0, T.NORMAL, often if c in ".,;:!?" else never)
    for c in MULTIBYTE:
        add(c, -1000.0, T.NORMAL, often)
    # A word merges letter by letter, so each of its beginnings is a token too.
    whole = {SPACE + w for w in WORDS}
    for text in sorted(whole):
        for n in range(2, len(text) + 1):
            piece = text[:n]
            add(piece, float(-n), T.NORMAL, often if piece in whole else never)
    assert len(rows) <= N_VOCAB, len(rows)
    while len(rows) < N_VOCAB:
        add("<|unused%d|>" % len(rows), 0.0, T.UNUSED, never)
    return rows


def main():
    out = sys.argv[1] if len(sys.argv) > 1 else "tiny.gguf"
    rows = vocabulary()

    w = gguf.GGUFWriter(out, "llama")
    w.add_name("InferGuard tiny random")
    w.add_description("Random weights, for tests. Says random words.")
    w.add_file_type(gguf.LlamaFileType.ALL_F32)
    w.add_vocab_size(N_VOCAB)
    w.add_context_length(N_CTX)
    w.add_embedding_length(N_EMBD)
    w.add_block_count(N_LAYER)
    w.add_feed_forward_length(N_FF)
    w.add_head_count(N_HEAD)
    w.add_head_count_kv(N_HEAD_KV)
    w.add_rope_dimension_count(N_EMBD // N_HEAD)
    w.add_layer_norm_rms_eps(1e-5)

    w.add_tokenizer_model("llama")
    w.add_tokenizer_pre("default")
    w.add_token_list([r[0] for r in rows])
    w.add_token_scores([r[1] for r in rows])
    w.add_token_types([int(r[2]) for r in rows])
    w.add_unk_token_id(0)
    w.add_bos_token_id(1)
    w.add_eos_token_id(4)
    w.add_add_bos_token(True)
    w.add_add_eos_token(False)
    w.add_add_space_prefix(True)
    w.add_chat_template(TEMPLATE)

    # RandomState and random_sample: NumPy keeps this stream frozen, and a
    # uniform draw needs no libm call, so the bytes are the same everywhere.
    rng = np.random.RandomState(SEED)

    def uniform(scale, *shape):
        draw = rng.random_sample(shape) * 2.0 - 1.0
        return (draw * scale).astype(np.float32)

    # Component 0 of the residual is 1 for every token and no layer writes to
    # it. The output row's component 0 is therefore a bias on that logit.
    def silent_first_row(m):
        m[0, :] = 0.0
        return m

    embd = uniform(1.0, N_VOCAB, N_EMBD)
    embd[:, 0] = 1.0
    w.add_tensor("token_embd.weight", embd)
    kv = N_EMBD * N_HEAD_KV // N_HEAD
    for i in range(N_LAYER):
        ones = np.ones(N_EMBD, dtype=np.float32)
        p = "blk.%d." % i
        w.add_tensor(p + "attn_norm.weight", ones)
        w.add_tensor(p + "attn_q.weight", uniform(0.3, N_EMBD, N_EMBD))
        w.add_tensor(p + "attn_k.weight", uniform(0.3, kv, N_EMBD))
        w.add_tensor(p + "attn_v.weight", uniform(0.3, kv, N_EMBD))
        w.add_tensor(p + "attn_output.weight", silent_first_row(uniform(0.3, N_EMBD, N_EMBD)))
        w.add_tensor(p + "ffn_norm.weight", ones)
        w.add_tensor(p + "ffn_gate.weight", uniform(0.3, N_FF, N_EMBD))
        w.add_tensor(p + "ffn_up.weight", uniform(0.3, N_FF, N_EMBD))
        w.add_tensor(p + "ffn_down.weight", silent_first_row(uniform(0.3, N_EMBD, N_FF)))
    w.add_tensor("output_norm.weight", np.ones(N_EMBD, dtype=np.float32))
    head = uniform(0.2, N_VOCAB, N_EMBD)
    head[:, 0] = np.array([r[3] for r in rows], dtype=np.float32) * 8.0
    w.add_tensor("output.weight", head)

    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()

    with open(out, "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    print("%s  %s" % (digest, out), file=sys.stderr)


if __name__ == "__main__":
    main()
