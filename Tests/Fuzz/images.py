"""Mutates images: what a case does to its image follows from the seed, the image's name and the case's number alone."""

import random
import struct

# Values that sizes, offsets and counts go wrong at.
EDGES = [0, 1, 2, 7, 0x3f, 0x40, 0xff, 0xfff, 0x1000, 0x1001, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000,
         0xffffffff, 0x100000000, 0x7e0000000000, 0x7e1000000000, 0x7fffffffe000, 0x7ffffffff000, 0x800000000000,
         0x7fffffffffffffff, 0x8000000000000000, 0xfffffffffffff000, 0xffffffffffffffff]


def _elf_fields(data):
    """(offset, size) of every field of the ELF header and the program headers, and of the notes and interpreter."""
    fields = [(i, 1) for i in range(16)]
    fields += [(16, 2), (18, 2), (20, 4), (24, 8), (32, 8), (40, 8), (48, 4)] + [(o, 2) for o in range(52, 64, 2)]
    table, = struct.unpack_from("<Q", data, 32)
    count, = struct.unpack_from("<H", data, 56)
    for i in range(count):
        at = table + 56 * i
        fields += [(at, 4), (at + 4, 4)] + [(at + o, 8) for o in range(8, 56, 8)]
        kind, = struct.unpack_from("<I", data, at)
        offset, = struct.unpack_from("<Q", data, at + 8)
        size, = struct.unpack_from("<Q", data, at + 32)
        if kind in (3, 4):  # PT_INTERP, PT_NOTE
            fields += [(o, 4) for o in range(offset, offset + min(size, 256), 4)]
    return [(o, s) for o, s in fields if o + s <= len(data)]


def _mutate_elf(data, r):
    fields = _elf_fields(data)
    data, said = bytearray(data), []
    for _ in range(r.choice([1, 1, 1, 2, 3, 6])):
        kind = r.randrange(10)
        if kind < 6:
            at, size = r.choice(fields)
            old = int.from_bytes(data[at:at + size], "little")
            near = old + r.choice([-1, 1, -4096, 4096, -8, 8])
            flipped = old ^ 1 << r.randrange(size * 8)
            new = r.choice([r.choice(EDGES), near, flipped, r.getrandbits(size * 8)]) % (1 << size * 8)
            data[at:at + size] = new.to_bytes(size, "little")
            said.append(f"{size} bytes at {at:#x}: {old:#x} -> {new:#x}")
        elif kind < 8:
            at = r.randrange(min(len(data), 1024))
            data[at] = r.randrange(256)
            said.append(f"byte at {at:#x} -> {data[at]:#x}")
        elif kind == 8:
            (a, size), (b, _) = r.choice(fields), r.choice(fields)
            data[b:b + size] = data[a:a + size]
            said.append(f"{size} bytes from {a:#x} to {b:#x}")
        else:
            length = r.choice([0, 1, 4, 16, 52, 63, 64, 65, 119, 120, r.randrange(len(data)), r.randrange(4096)])
            del data[length:]
            said.append(f"cut to {len(data)} bytes")
            break
    return bytes(data), "; ".join(said)


SCRIPT_PARTS = [
    b"#!", b"#! ", b"#!\t", b"#", b"!", b"/guests/hello-linux", b"/guests/hello-freebsd", b"/bin/busybox sh",
    b"/bin/busybox", b"/nothing/here", b"/tmp", b"/", b"/dev/null", b"/tmp/script", b" ", b"\t", b"-x", b"\n", b"\r\n",
    b"\0", b"\xff", b"a" * 255, b"/" + b"b" * 5000, b"echo hi\n", b"exit 3\n", b"\x7fELF", b"#!/tmp/script\n",
]


def _mutate_script(data, r):
    if r.random() < 0.5:
        parts = [r.choice(SCRIPT_PARTS) for _ in range(r.randrange(6))]
        data = b"#!" + b"".join(parts) + r.choice([b"", b"\n", b"\necho hi\n"])
    else:
        data = bytearray(data)
        for _ in range(r.choice([1, 2, 4])):
            at = r.randrange(len(data) + 1)
            data[at:at + r.randrange(3)] = r.choice(SCRIPT_PARTS)
        data = bytes(data)
    return data, f"script {data[:60]!r}{'...' if len(data) > 60 else ''}"


def mutate(name, data, seed, number):
    """(mutated bytes, what was done). Case 0 of each image is the image itself."""
    if number == 0:
        return data, "unchanged"
    r = random.Random(f"{seed} {name} {number}")
    return (_mutate_script if data.startswith(b"#!") else _mutate_elf)(data, r)
