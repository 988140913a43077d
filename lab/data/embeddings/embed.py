"""embed.py COUNT OUT: COUNT sentences with their all-MiniLM-L6-v2 embeddings (384 dimensions, length 1), as a file that
PostgreSQL reads with COPY … FROM … (FORMAT binary) into (id int, subject text, sentence text, embedding vector(384))."""

import struct
import sys

import numpy as np

from model import MiniLM
from sentences import sentences

BATCH = 32


def field(data: bytes) -> bytes:
    return struct.pack(">i", len(data)) + data


def main(count: int, out: str) -> None:
    model = MiniLM()
    told = sentences(count)
    # Neighbours of one length: padding is work for nothing.
    order = sorted(range(count), key=lambda i: len(told[i][1]))
    vectors = np.empty((count, 384), np.float32)
    for begin in range(0, count, BATCH):
        some = order[begin : begin + BATCH]
        vectors[some] = model.embed([told[i][1] for i in some])
        if begin // BATCH % 160 == 0:
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
