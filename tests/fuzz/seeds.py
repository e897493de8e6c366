#! /usr/bin/python3
"""Makes the seeds of corpus/: seeds.py [TARGET...], run by hand where a target
gets new kinds of input.  Seeds that a fuzzer has found stand beside them."""
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def u8(n):
    return struct.pack("<B", n)


def u32(n):
    return struct.pack("<I", n)


def u64(n):
    return struct.pack("<Q", n)


def blob(b):
    return u32(len(b)) + b


def number(n):
    return u64(n)


def record(attributes):
    """An object as docs/STORE-FORMAT.md has it: {type: bytes}."""
    out = u8(1) + u32(len(attributes))
    for kind, value in sorted(attributes.items()):
        out += u64(kind) + blob(value)
    return out


TRUE, FALSE = b"\1", b"\0"
CLASS, TOKEN, PRIVATE, LABEL, VALUE = 0, 1, 2, 3, 0x11
HEAD = {TOKEN: TRUE, PRIVATE: FALSE, LABEL: "größe".encode()}


def records():
    key = dict(HEAD)
    key.update({0x102: b"id", 0x110: b"20261125", 0x108: TRUE})
    yield "data", record({**HEAD, CLASS: number(0), 0x10: b"app",
                          0x12: b"\6\1\x2a", VALUE: b"value"})
    yield "certificate", record({**HEAD, CLASS: number(1), 0x80: number(0),
                                 0x81: b"0\0", 0x82: b"\2\1\1", 0x101: b"0\0",
                                 VALUE: b"0\3\2\1\0", 0x86: FALSE})
    yield "public", record({**HEAD, CLASS: number(2), 0x100: number(0),
                            0x120: b"\xc0" * 32, 0x121: number(256),
                            0x122: b"\1\0\1"})
    yield "private", record({**key, CLASS: number(3), 0x100: number(3),
                             0x180: b"\6\x08\x2a\x86\x48\xce\x3d\3\1\7",
                             VALUE: b"\7" * 32, 0x103: TRUE})
    wrap = record({0x103: TRUE, 0x162: FALSE, 0x100: number(0x1f)})
    yield "secret", record({**key, CLASS: number(4), 0x100: number(0x1f),
                            VALUE: b"k" * 32, 0x161: number(32),
                            0x40000600: number(0x1085) + number(2**64 - 1),
                            0x40000211: wrap})
    yield "template", wrap
    yield "empty", record({})


TARGETS = {"records": records}


def main():
    for name in sys.argv[1:] or TARGETS:
        folder = os.path.join(HERE, "corpus", name)
        os.makedirs(folder, exist_ok=True)
        for seed, data in TARGETS[name]():
            with open(os.path.join(folder, seed), "wb") as f:
                f.write(data)


if __name__ == "__main__":
    main()
