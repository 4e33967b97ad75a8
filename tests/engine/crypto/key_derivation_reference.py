#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Derives keys as docs/key-derivation.md says, with nothing but Python's own arithmetic.

`key_derivation_reference.py FILE` checks the records of a vector file and fails on the first that
differs; without `--all` it leaves out RSA keys of more than 2048 bits, which take Python most of a
minute. `--write` completes records that hold inputs only (for adding records: those that have been
published never change).
"""
import hmac
import math
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import vector_file  # noqa: E402


def framed(part):
    return len(part).to_bytes(4, "big") + part


class Stream:
    def __init__(self, level, seed, use, contexts):
        message = framed(b"vhost-user-tpm primary object") + framed(level.to_bytes(2, "big"))
        message += framed(use) + b"".join(framed(context) for context in contexts)
        self.key = hmac.digest(seed, message, "sha512")
        self.blocks = 0
        self.rest = b""

    def take(self, count):
        while len(self.rest) < count:
            self.blocks += 1
            self.rest += hmac.digest(self.key, self.blocks.to_bytes(8, "big"), "sha512")
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def take_number(self, count):
        return int.from_bytes(self.take(count), "big")


def passes(candidate, base):
    odd, twos = candidate - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    power = pow(base, odd, candidate)
    if power in (1, candidate - 1):
        return True
    for _ in range(twos - 1):
        power = power * power % candidate
        if power == candidate - 1:
            return True
    return False


ROUNDS = {512: 8, 1024: 5, 1536: 4, 2048: 4}


# Only to save time: the page allows any sieve.
SMALL_PRIMES = math.prod(p for p in range(3, 10000, 2) if all(p % d for d in range(3, math.isqrt(p) + 1, 2)))


def is_prime(candidate, bits, stream):
    if math.gcd(candidate, SMALL_PRIMES) != 1:
        return False
    if not passes(candidate, 2):
        return False
    for _ in range(ROUNDS[bits]):
        if not passes(candidate, stream.take_number(bits // 8) % (candidate - 3) + 2):
            return False
    return True


def find_prime(bits, exponent, stream):
    while True:
        start = stream.take_number(bits // 8) | 3 << (bits - 2) | 1
        for j in range(8 * bits):
            candidate = start + 2 * j
            if candidate >> bits:
                break
            if math.gcd(candidate - 1, exponent) == 1 and is_prime(candidate, bits, stream):
                return candidate


def rsa_key(key_bits, exponent, stream):
    bits = key_bits // 2
    p = find_prime(bits, exponent, stream)
    while True:
        q = find_prime(bits, exponent, stream)
        if abs(p - q) <= 1 << (bits - 100):
            continue
        if pow(exponent, -1, (p - 1) * (q - 1)) >> bits:
            return p, q


ORDERS = {
    "0001": 0xFFFFFFFFFFFFFFFFFFFFFFFF99DEF836146BC9B1B4D22831,
    "0002": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFF16A2E0B8F03E13DD29455C5C2A3D,
    "0003": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "0004": int("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF"
                "581A0DB248B0A77AECEC196ACCC52973", 16),
    "0005": int("01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
                "FA51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409", 16),
    "0010": 0xFFFFFFFFFFFCF0CD46E5F25EEE71A49E0CDC65FB1299921AF62D536CD10B500D,
    "0020": 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123,
}


def ecc_key(curve, stream):
    order = ORDERS[curve]
    bits = order.bit_length() + 64
    c = stream.take_number((bits + 7) // 8) & ((1 << bits) - 1)
    return (c % (order - 1) + 1).to_bytes((order.bit_length() + 7) // 8, "big")


def derive(record):
    """The fields that a record's inputs determine."""
    contexts = [bytes.fromhex(part) for part in record["contexts"].split()]
    stream = Stream(int(record["level"]), bytes.fromhex(record["seed"]), record["use"].encode(), contexts)
    if record["kind"] == "stream":
        return {"bytes": stream.take(200).hex()}
    if record["kind"] == "ecc":
        return {"d": ecc_key(record["curve"], stream).hex()}
    bits = int(record["bits"])
    p, q = rsa_key(bits, int(record["exponent"]), stream)
    return {
        "prime": p.to_bytes(bits // 16, "big").hex(),
        "modulus": (p * q).to_bytes(bits // 8, "big").hex(),
        "next": stream.take(16).hex(),
    }


if __name__ == "__main__":
    vector_file.main(derive, is_slow=lambda record: int(record.get("bits", 0)) > 2048)
