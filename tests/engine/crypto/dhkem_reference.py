#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""DHKEM of RFC 9180, 4.1 in plain integers and hashlib, to check tests/vectors/crypto/dhkem.txt:
dhkem_reference.py FILE."""
import hmac
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import key_exchange_reference  # noqa: E402
import vector_file  # noqa: E402

# TPM_ECC_CURVE: kem_id, hash
SUITES = {0x0003: (0x0010, "sha256"), 0x0004: (0x0011, "sha384"), 0x0005: (0x0012, "sha512")}


def extract_and_expand(kem_id, alg, dh, kem_context):
    head = b"HPKE-v1KEM" + kem_id.to_bytes(2, "big")
    size = hmac.new(b"", digestmod=alg).digest_size
    key = hmac.digest(b"", head + b"eae_prk" + dh, alg)
    # As long as the hash: one block of HKDF-Expand().
    info = size.to_bytes(2, "big") + head + b"shared_secret" + kem_context
    return hmac.digest(key, info + b"\1", alg)


def encapsulation(record):
    identifier, ephemeral, private = (int(record[name], 16) for name in ("curve", "ephemeral", "private"))
    curve = key_exchange_reference.Curve(identifier)

    def serialize(point):
        return b"\4" + b"".join(number.to_bytes(curve.size, "big") for number in point)

    own, other = curve.multiply(private), curve.multiply(ephemeral)
    dh = curve.multiply(ephemeral, own)[0].to_bytes(curve.size, "big")
    secret = extract_and_expand(*SUITES[identifier], dh, serialize(other) + serialize(own))
    return {"public": serialize(own).hex(), "ciphertext": serialize(other).hex(), "secret": secret.hex()}


if __name__ == "__main__":
    vector_file.main(encapsulation)
