# SPDX-License-Identifier: Apache-2.0
"""Published vectors (tests/vectors) through the commands that use them."""

import os
import sys

from tpm2_pytss import (ESYS_TR, TPM2_ALG, TPM2B_ECC_POINT, TPM2B_SENSITIVE, TPMS_ECC_POINT, TPMT_RSA_DECRYPT,
                        TPMT_SENSITIVE, TPMT_SIGNATURE)

from client import DECRYPT, SIGN, flushed, primary, refused, sensitive, template

VECTORS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../vectors")
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../engine"))
from vector_file import read  # noqa: E402

CURVES = {"0002": ("ecc224", 28), "0003": ("ecc256", 32), "0004": ("ecc384", 48), "0005": ("ecc521", 66)}
CMAC = 0x003F  # TPM_ALG_CMAC
HASHES = {"0004": "sha1", "000b": "sha256", "000c": "sha384", "000d": "sha512"}


def records(name):
    found = read(os.path.join(VECTORS, name))[1]
    assert found
    return found


def data(record, name):
    return bytes.fromhex(record[name])


def rsa_area(record, use):
    size = len(record["modulus"]) * 4
    area = template(f"rsa{size}:null:null", use)
    area.publicArea.parameters.rsaDetail.exponent = int(record.get("exponent", 0))
    area.publicArea.unique.rsa = data(record, "modulus")
    return area


def rsa_secret(prime):
    secret = TPMT_SENSITIVE(sensitiveType=TPM2_ALG.RSA)
    secret.sensitive.rsa = prime
    return TPM2B_SENSITIVE(secret)


def ecc_area(record, use):
    area = template(f"{CURVES[record['curve']][0]}:null:null", use)
    area.publicArea.unique.ecc.x, area.publicArea.unique.ecc.y = data(record, "x"), data(record, "y")
    return area


def hmac_vectors(tpm):
    """Keys of up to a block of the hash, as many octets as an HMAC key has (Part 1, 24.7.5.1)."""
    for record in records("crypto/hmac.txt"):
        block = 64 if record["alg"] in ("0004", "000b") else 128
        if record["alg"] not in HASHES or not 0 < len(data(record, "key")) <= block:
            continue
        with primary(tpm, f"hmac:{HASHES[record['alg']]}", SIGN, data(record, "key")) as (key, _):
            made = tpm.hmac(key, data(record, "message"), TPM2_ALG(int(record["alg"], 16)))
            assert bytes(made) == data(record, "mac"), record


def cipher_vectors(tpm):
    """Of AES, in both directions."""
    done = 0
    for record in records("crypto/symmetric.txt") + records("crypto/symmetric_published.txt"):
        bits = len(record["key"]) * 4
        if record["cipher"] != "0006":
            continue
        mode, iv = TPM2_ALG(int(record["mode"], 16)), data(record, "iv")
        with primary(tpm, f"aes{bits}", SIGN | DECRYPT, data(record, "key")) as (key, _):
            made, _ = tpm.encrypt_decrypt_2(key, False, mode, iv, data(record, "plain"))
            assert bytes(made) == data(record, "encrypted"), record
            made, _ = tpm.encrypt_decrypt(key, True, mode, iv, data(record, "encrypted"))
            assert bytes(made) == data(record, "plain"), record
        done += 1
    assert done > 24


def cmac_vectors(tpm):
    """Of AES, in one command and in a sequence."""
    for record in records("crypto/cmac.txt"):
        if record["cipher"] != "0006":
            continue
        area = template(f"aes{len(record['key']) * 4}", SIGN, data(record, "key"))
        area.publicArea.parameters.symDetail.sym.mode.sym = CMAC
        handle, *_ = tpm.create_primary(sensitive(data(record, "key")), area)
        with flushed(tpm, handle) as key:
            assert bytes(tpm.hmac(key, data(record, "message"), TPM2_ALG.NULL)) == data(record, "mac"), record
            sequence = tpm.hmac_start(key, b"", TPM2_ALG.NULL)
            tpm.sequence_update(sequence, data(record, "message")[:17])
            made, _ = tpm.sequence_complete(sequence, data(record, "message")[17:])
            assert bytes(made) == data(record, "mac"), record
            with refused("VALUE p2"):
                tpm.hmac(key, b"", TPM2_ALG.SHA256)


def oaep_vectors(tpm):
    """With and without a label; what is no OAEP is refused."""
    for record in records("engine/oaep.txt") + records("engine/oaep_published.txt"):
        if record["kind"] == "key":
            area, secret = rsa_area(record, DECRYPT), rsa_secret(data(record, "private"))
            continue
        oaep = TPMT_RSA_DECRYPT(scheme=TPM2_ALG.OAEP)
        oaep.details.oaep.hashAlg = TPM2_ALG(int(record.get("hash", "000b"), 16))
        with flushed(tpm, tpm.load_external(area, secret)) as key:
            if record["kind"] == "valid":
                made = tpm.rsa_decrypt(key, data(record, "output"), oaep, data(record, "label"))
                assert bytes(made) == data(record, "message"), record
            else:
                with refused("VALUE p1"):
                    tpm.rsa_decrypt(key, data(record, "output"), oaep, data(record, "label"))


def signature_of(record):
    signature = TPMT_SIGNATURE(sigAlg=TPM2_ALG(int(record["scheme"], 16)))
    if "r" in record:
        pair = signature.signature.ecdsa
        pair.hash, pair.signatureR, pair.signatureS = int(record["hash"], 16), data(record, "r"), data(record, "s")
    else:
        signature.signature.rsassa.hash = int(record["hash"], 16)
        signature.signature.rsassa.sig = data(record, "signature")
    return signature


def signature_vectors(tpm):
    """ECDSA, PKCS #1 version 1.5 and PSS with salts of every length: the good are good, the others not."""
    for name in "engine/signatures.txt", "engine/signatures_nist.txt":
        keys = {}
        for record in records(name):
            if "key" in record:
                keys[record["key"]] = record
                continue
            key, digest = keys[record["of"]], data(record, "digest")
            if record["hash"] not in HASHES:
                continue
            area = rsa_area(key, SIGN) if "modulus" in key else ecc_area(key, SIGN)
            with flushed(tpm, tpm.load_external(area, hierarchy=ESYS_TR.OWNER)) as loaded:
                if record["good"] == "1":
                    tpm.verify_signature(loaded, digest, signature_of(record))
                else:
                    with refused("SIGNATURE p2"):
                        tpm.verify_signature(loaded, digest, signature_of(record))


def public_key_vectors(tpm):
    """Points that are on the curve, and that are not; for a shared secret, too."""
    for record in records("engine/ecc_public_keys.txt"):
        size = CURVES[record["curve"]][1]
        sized = len(data(record, "x")) == len(data(record, "y")) == size
        point = TPM2B_ECC_POINT(TPMS_ECC_POINT(x=data(record, "x"), y=data(record, "y")))
        with primary(tpm, f"{CURVES[record['curve']][0]}:null:null", DECRYPT) as (key, _):
            if record["good"] == "1":
                tpm.flush_context(tpm.load_external(ecc_area(record, SIGN)))
                tpm.ecdh_zgen(key, point)
            else:
                with refused("ECC_POINT p2", None if sized else "KEY p2"):
                    tpm.load_external(ecc_area(record, SIGN))
                with refused("ECC_POINT p1"):
                    tpm.ecdh_zgen(key, point)


def rsa_key_vectors(tpm):
    """Either prime makes the key whole; what divides the modulus not, does not."""
    for record in records("engine/rsa_keys.txt"):
        area, prime = rsa_area(record, DECRYPT), data(record, "prime")
        for each in prime, data(record, "other"):
            tpm.flush_context(tpm.load_external(area, rsa_secret(each)))
        with refused("BINDING"):
            tpm.load_external(area, rsa_secret(prime[:-1] + bytes([prime[-1] ^ 2])))
        with refused("KEY_SIZE p1"):
            tpm.load_external(area, rsa_secret(prime[1:]))
        even = dict(record, modulus=record["modulus"][:-1] + "0")
        with refused("KEY p2"):
            tpm.load_external(rsa_area(even, DECRYPT))
        for exponent in "1", "2", "65536":
            with refused("RANGE p2"):
                tpm.load_external(rsa_area(dict(record, exponent=exponent), DECRYPT))


VECTOR_CHECKS = [hmac_vectors, cipher_vectors, cmac_vectors, oaep_vectors, signature_vectors, public_key_vectors,
                 rsa_key_vectors]
