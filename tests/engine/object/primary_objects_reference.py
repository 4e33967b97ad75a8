#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes primary objects as docs/key-derivation.md says, with nothing but Python's own arithmetic.

`primary_objects_reference.py FILE` checks the records of a vector file and fails on the first that
differs; without `--all` it leaves out RSA keys, which take Python seconds to most of a minute.
`--write` completes records that hold inputs only (for adding records: those that have been
published never change).
"""
import hashlib
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "crypto"))
sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import key_derivation_reference as derivation  # noqa: E402
import vector_file  # noqa: E402

HASHES = {0x0B: "sha256", 0x0C: "sha384", 0x0D: "sha512"}
RSA, KEYEDHASH, ECC, SYMCIPHER, NULL = 0x01, 0x08, 0x23, 0x25, 0x10
ENDORSEMENT, ECDAA = 0x4000000B, 0x1A
SENSITIVE_DATA_ORIGIN, RESTRICTED, DECRYPT = 1 << 5, 1 << 16, 1 << 17

# p, the coefficient a and the generator.
CURVES = {
    0x02: (2**224 - 2**96 + 1, -3,
           0xB70E0CBD6BB4BF7F321390B94A03C1D356C21122343280D6115C1D21,
           0xBD376388B5F723FB4C22DFE6CD4375A05A07476444D5819985007E34),
    0x03: (2**256 - 2**224 + 2**192 + 2**96 - 1, -3,
           0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
           0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5),
    0x04: (2**384 - 2**128 - 2**96 + 2**32 - 1, -3,
           0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
           0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F),
    0x05: (2**521 - 1, -3,
           int("00C6858E06B70404E9CD9E3ECB662395B4429C648139053FB521F828AF606B4D3DBAA14B5E77EFE75928FE1DC127A2FFA8DE3348B3C1"
               "856A429BF97E7E31C2E5BD66", 16),
           int("011839296A789A3BC0045C8A5FB42C7D1BD998F54449579B446817AFBD17273E662C97EE72995EF42640C550B9013FAD0761353C7086"
               "A272C24088BE94769FD16650", 16)),
    0x10: (0xFFFFFFFFFFFCF0CD46E5F25EEE71A49F0CDC65FB12980A82D3292DDBAED33013, 0, 1, 2),
    0x20: (2**256 - 2**224 - 2**96 + 2**64 - 1, -3,
           0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
           0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0),
}


def add(a, b, p, coefficient):
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % p == 0:
            return None
        slope = (3 * a[0] * a[0] + coefficient) * pow(2 * a[1], -1, p)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, p)
    x = (slope * slope - a[0] - b[0]) % p
    return x, (slope * (a[0] - x) - a[1]) % p


def multiply(scalar, point, p, coefficient):
    result = None
    while scalar:
        if scalar & 1:
            result = add(result, point, p, coefficient)
        point, scalar = add(point, point, p, coefficient), scalar >> 1
    return result


class Reader:
    def __init__(self, data):
        self.data, self.position = data, 0

    def take(self, count):
        self.position += count
        return self.data[self.position - count:self.position]

    def u16(self):
        return int.from_bytes(self.take(2), "big")

    def u32(self):
        return int.from_bytes(self.take(4), "big")


def sized(data):
    return len(data).to_bytes(2, "big") + data


class Template:
    """A TPMT_PUBLIC: what precedes `unique`, and what the key depends on."""

    def __init__(self, data):
        reader = Reader(data)
        self.type, self.name_hash, self.attributes = reader.u16(), reader.u16(), reader.u32()
        reader.take(reader.u16())
        if self.type == KEYEDHASH:
            if reader.u16() != NULL:
                reader.u16()
        else:
            if reader.u16() != NULL:
                self.symmetric_bits = reader.u16()
                reader.u16()
            if self.type in (RSA, ECC):
                scheme = reader.u16()
                if scheme != NULL:
                    reader.take(4 if scheme == ECDAA else 2)
                self.size = reader.u16()
                self.tail = reader.u32() if self.type == RSA else reader.u16()
        self.head = data[:reader.position]

    def has(self, bit):
        return self.attributes & bit != 0


def make(template, data, secret, seed_stream):
    """`unique` as it goes over the wire, and the seed value."""
    digest_size = hashlib.new(HASHES[template.name_hash]).digest_size
    parent = template.has(RESTRICTED) and template.has(DECRYPT)
    if template.type == RSA:
        p, q = derivation.rsa_key(template.size, template.tail or 65537, secret)
        return sized((p * q).to_bytes(template.size // 8, "big")), seed_stream.take(digest_size) if parent else b""
    if template.type == ECC:
        p, coefficient, x, y = CURVES[template.size]
        d = int.from_bytes(derivation.ecc_key(f"{template.size:04X}", secret), "big")
        size = (p.bit_length() + 7) // 8
        point = multiply(d, (x, y), p, coefficient)
        unique = b"".join(sized(number.to_bytes(size, "big")) for number in point)
        return unique, seed_stream.take(digest_size) if parent else b""
    if not template.has(SENSITIVE_DATA_ORIGIN):
        value = data
    elif template.type == KEYEDHASH:
        value = secret.take(digest_size)
    else:
        value = secret.take(template.symmetric_bits // 8)
    seed = seed_stream.take(digest_size)
    return sized(hashlib.new(HASHES[template.name_hash], seed + value).digest()), seed


def derive(record):
    fields = {name: bytes.fromhex(record[name]) for name in ("hierarchy", "seed", "storage proof", "template", "data")}
    contexts = [fields["hierarchy"], hashlib.sha512(fields["template"]).digest(), fields["data"]]
    owner = fields["storage proof"] if int.from_bytes(fields["hierarchy"], "big") == ENDORSEMENT else b""
    level, seed = int(record["level"]), fields["seed"]
    template = Template(fields["template"])
    unique, seed_value = make(template, fields["data"], derivation.Stream(level, seed, b"secret", contexts),
                              derivation.Stream(level, seed, b"seed value", [*contexts, owner]))
    name = template.name_hash.to_bytes(2, "big") + hashlib.new(HASHES[template.name_hash], template.head + unique).digest()
    return {"name": name.hex(), "seed value": seed_value.hex()}


def is_slow(record):
    return Template(bytes.fromhex(record["template"])).type == RSA


if __name__ == "__main__":
    vector_file.main(derive, is_slow)
