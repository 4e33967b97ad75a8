# SPDX-License-Identifier: Apache-2.0
"""Commands that tpm2-tss 3.2 does not know, as octets: TPM2_CertifyX509, and those of versions 1.83 to 185 of
the specification, which Debian's swtpm does not know either."""

import hashlib
import struct

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from tpm2_pytss import TPM2_ALG, TPM2_CC, TPM2_EO, TPM2_RH, TPM2_SE, TPM2_ST, TPMA_NV

from client import (DECRYPT, MESSAGE, RESTRICTED, SIGN, child, code_of, outside, parent, policy, primary, refused,
                    session)

CERTIFY_X509 = 0x197
ECC_ENCRYPT, ECC_DECRYPT, POLICY_CAPABILITY, POLICY_PARAMETERS = 0x199, 0x19A, 0x19B, 0x19C
NV_DEFINE_SPACE_2, NV_READ_PUBLIC_2, READ_ONLY_CONTROL = 0x19D, 0x19E, 0x1A0
VERIFY_SEQUENCE_COMPLETE, SIGN_SEQUENCE_COMPLETE, VERIFY_DIGEST, SIGN_DIGEST = 0x1A3, 0x1A4, 0x1A5, 0x1A6
VERIFY_SEQUENCE_START, SIGN_SEQUENCE_START = 0x1A9, 0x1AA
POLICY_TRANSPORT_SPDM = 0x1A1
READ_ONLY = 0x156  # TPM_RC_READ_ONLY
CHANNEL_S1 = 0x9B0  # TPM_RC_CHANNEL of the first session
X509_SIGN = 1 << 19  # in TPMA_OBJECT
ECDSA_SHA256 = struct.pack(">HH", TPM2_ALG.ECDSA, TPM2_ALG.SHA256)
NO_TICKET = struct.pack(">HIH", TPM2_ST.HASHCHECK, TPM2_RH.NULL, 0)


def b(data):
    """A TPM2B."""
    return struct.pack(">H", len(data)) + bytes(data)


def run(tpm, code, handles=(), parameters=b"", auths=(), expected=None):
    """The response behind its header, and its parameters' size if there is one; each of the auths is the
    password of a handle."""
    area = b"".join(struct.pack(">IHBH", TPM2_RH.PW, 0, 0, len(auth)) + auth for auth in auths)
    body = b"".join(struct.pack(">I", each) for each in handles)
    body += (struct.pack(">I", len(area)) + area if auths else b"") + parameters
    tag = TPM2_ST.SESSIONS if auths else TPM2_ST.NO_SESSIONS
    tcti = tpm.get_tcti()
    tcti.transmit(struct.pack(">HII", tag, 10 + len(body), code) + body)
    response = bytes(tcti.receive())
    _, size, result = struct.unpack(">HII", response[:10])
    assert size == len(response)
    wanted = code_of(expected or 0)
    assert result == wanted, f"{result:#x}, to be {wanted:#x} ({expected})"
    if not auths or result:
        return response[10:]
    return response[14:14 + int.from_bytes(response[10:14], "big")]


def take(data):
    """What is in the TPM2B at the front, and the rest."""
    size = int.from_bytes(data[:2], "big")
    return data[2:2 + size], data[2 + size:]


def verify(public, signature, message=MESSAGE):
    """A TPMT_SIGNATURE of ECDSA with SHA-256; as DER."""
    assert signature[:4] == ECDSA_SHA256
    r, rest = take(signature[4:])
    s, rest = take(rest)
    assert not rest
    plain = encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
    outside(public).verify(plain, message, ec.ECDSA(hashes.SHA256()))
    return plain


def signed_digests(tpm):
    """Signed and verified; with another digest, a context that ECDSA has not, and keys that may not."""
    digest, other = hashlib.sha256(MESSAGE).digest(), bytes(32)
    with primary(tpm, "ecc256:ecdsa-sha256:null", SIGN) as (key, public):
        number = tpm.tr_get_tpm_handle(key)
        parameters = b(b"") + b(digest) + NO_TICKET
        signature = run(tpm, SIGN_DIGEST, [number], parameters, [b"key"])
        verify(public, signature)
        ticket = run(tpm, VERIFY_DIGEST, [number], b(b"") + b(digest) + signature)
        assert len(ticket) > 8
        run(tpm, VERIFY_DIGEST, [number], b(b"") + b(other) + signature, expected="SIGNATURE p3")
        run(tpm, VERIFY_DIGEST, [number], b(b"") + b(bytes(20)) + signature, expected="SIZE p2")
        run(tpm, SIGN_DIGEST, [number], parameters, [b"wrong"], "AUTH_FAIL s1")
        run(tpm, SIGN_DIGEST, [number], b(b"") + b(bytes(20)) + NO_TICKET, [b"key"], "SIZE p2")
    with primary(tpm, "ecc256:ecdsa-sha256:null", SIGN | RESTRICTED) as (key, public):
        run(tpm, SIGN_DIGEST, [tpm.tr_get_tpm_handle(key)], parameters, [b"key"], "TICKET p3")
    with primary(tpm, "ecc256:null:null", DECRYPT) as (key, public):
        run(tpm, SIGN_DIGEST, [tpm.tr_get_tpm_handle(key)], parameters, [b"key"], "KEY h1")
        run(tpm, VERIFY_DIGEST, [tpm.tr_get_tpm_handle(key)], b(b"") + b(digest) + signature, expected="KEY h1")
    tpm.dictionary_attack_lock_reset()


def signing_sequences(tpm):
    """Messages in parts; a sequence of another key, and none."""
    with primary(tpm, "ecc256:ecdsa-sha256:null", SIGN) as (key, public), \
            primary(tpm, "ecc256:null:null", DECRYPT) as (other, _):
        number, no_signer = tpm.tr_get_tpm_handle(key), tpm.tr_get_tpm_handle(other)
        run(tpm, SIGN_SEQUENCE_START, [no_signer], b(b"") + b(b""), expected="KEY h1")
        run(tpm, VERIFY_SEQUENCE_START, [no_signer], b(b"") + b(b"") + b(b""), expected="KEY h1")
        sequence = int.from_bytes(run(tpm, SIGN_SEQUENCE_START, [number], b(b"seq") + b(b"")), "big")
        run(tpm, TPM2_CC.SequenceUpdate, [sequence], b(MESSAGE), [b"seq"])
        run(tpm, SIGN_SEQUENCE_COMPLETE, [sequence, number], b(b""), [b"wrong", b"key"], "BAD_AUTH s1")
        signature = run(tpm, SIGN_SEQUENCE_COMPLETE, [sequence, number], b(MESSAGE), [b"seq", b"key"])
        verify(public, signature, MESSAGE * 2)
        for message, code in (MESSAGE, None), (b"other", "SIGNATURE p1"):
            sequence = int.from_bytes(run(tpm, VERIFY_SEQUENCE_START, [number], b(b"seq") + b(b"") + b(b"")), "big")
            run(tpm, TPM2_CC.SequenceUpdate, [sequence], b(MESSAGE), [b"seq"])
            run(tpm, TPM2_CC.SequenceUpdate, [sequence], b(message), [b"seq"])
            run(tpm, VERIFY_SEQUENCE_COMPLETE, [sequence, number], signature, [b"seq"], code)
            if code:
                run(tpm, TPM2_CC.FlushContext, [], struct.pack(">I", sequence))
                run(tpm, TPM2_CC.FlushContext, [], struct.pack(">I", sequence), expected="HANDLE p1")


def encryption_to_points(tpm):
    """Into the key and out of it; changed, and for a key that does not decrypt."""
    kdf = struct.pack(">HH", TPM2_ALG.KDF2, TPM2_ALG.SHA256)
    with primary(tpm, "ecc256:null:null", DECRYPT) as (key, _):
        number = tpm.tr_get_tpm_handle(key)
        encrypted = run(tpm, ECC_ENCRYPT, [number], b(MESSAGE) + kdf)
        assert take(run(tpm, ECC_DECRYPT, [number], encrypted + kdf, [b"key"]))[0] == MESSAGE
        changed = encrypted[:-1] + bytes([encrypted[-1] ^ 1])
        run(tpm, ECC_DECRYPT, [number], changed + kdf, [b"key"], "VALUE p3")
    with primary(tpm, "ecc256:null:null", SIGN) as (key, _):
        run(tpm, ECC_DECRYPT, [tpm.tr_get_tpm_handle(key)], encrypted + kdf, [b"key"], "ATTRIBUTES h1")
    with primary(tpm, "rsa2048:null:null", DECRYPT) as (key, _):
        run(tpm, ECC_ENCRYPT, [tpm.tr_get_tpm_handle(key)], b(MESSAGE) + kdf, expected="KEY h1")


def newer_policies(tpm):
    """Of a capability, and of parameters."""
    # TPM_CAP_TPM_PROPERTIES, TPM_PT_FAMILY_INDICATOR: "2.0".
    operand, rest = b"2.0\0", struct.pack(">HHII", 4, TPM2_EO.EQ, 6, 0x100)
    with session(tpm, TPM2_SE.POLICY) as used:
        number = tpm.tr_get_tpm_handle(used)
        run(tpm, POLICY_CAPABILITY, [number], b(operand) + rest)
        arguments = hashlib.sha256(operand + rest).digest()
        assert bytes(tpm.policy_get_digest(used)) == policy((POLICY_CAPABILITY, arguments))
        run(tpm, POLICY_CAPABILITY, [number], b(b"1.2\0") + rest, expected="POLICY")
        tpm.policy_restart(used)
        run(tpm, POLICY_PARAMETERS, [number], b(bytes(31)), expected="SIZE p1")
        run(tpm, POLICY_PARAMETERS, [number], b(bytes(32)))
        assert bytes(tpm.policy_get_digest(used)) == policy((POLICY_PARAMETERS, bytes(32)))
        run(tpm, POLICY_PARAMETERS, [number], b(b"\1" * 32), expected="CPHASH")


def channel_policy(tpm):
    """Through a secure channel, which nothing comes through here."""
    name = b"\0\x0b" + bytes(32)
    both = hashlib.sha256(b(name) + b(b"")).digest()
    needed = policy((POLICY_TRANSPORT_SPDM, b""))
    with parent(tpm) as above, child(tpm, above, "keyedhash", data=MESSAGE, policy=needed) as (item, *_), \
            session(tpm, TPM2_SE.POLICY) as used:
        number = tpm.tr_get_tpm_handle(used)
        run(tpm, POLICY_TRANSPORT_SPDM, [number], b(b"\0\x0b") + b(b""), expected="SIZE p1")
        run(tpm, POLICY_TRANSPORT_SPDM, [number], b(b"") + b(b"\0\x10" + bytes(32)), expected="HASH p2")
        run(tpm, POLICY_TRANSPORT_SPDM, [number], b(name) + b(b""))
        assert bytes(tpm.policy_get_digest(used)) == policy((POLICY_TRANSPORT_SPDM, both))
        run(tpm, POLICY_TRANSPORT_SPDM, [number], b(b"") + b(b""), expected="VALUE")
        tpm.policy_restart(used)
        run(tpm, POLICY_TRANSPORT_SPDM, [number], b(b"") + b(b""))
        assert bytes(tpm.policy_get_digest(used)) == needed
        with refused(CHANNEL_S1):
            tpm.unseal(item, session1=used)


def wide_index(tpm):
    """An ordinary index by the commands that take wider attributes."""
    attributes = TPMA_NV.OWNERREAD | TPMA_NV.OWNERWRITE
    public = struct.pack(">IHI", 0x1800203, TPM2_ALG.SHA256, attributes) + b(b"") + struct.pack(">H", 8)
    area = b(struct.pack(">B", 1) + public)
    run(tpm, NV_DEFINE_SPACE_2, [TPM2_RH.OWNER], b(b"") + area, [b""])
    run(tpm, NV_DEFINE_SPACE_2, [TPM2_RH.OWNER], b(b"") + area, [b""], "NV_DEFINED")
    read, rest = take(run(tpm, NV_READ_PUBLIC_2, [0x1800203]))
    assert read == area[2:] and take(rest)[0] == b"\0\x0b" + hashlib.sha256(public).digest()
    run(tpm, TPM2_CC.NV_UndefineSpace, [TPM2_RH.OWNER, 0x1800203], b"", [b""])
    run(tpm, NV_READ_PUBLIC_2, [0x1800203], expected="HANDLE h1")


def read_only(tpm):
    """Nothing is changed meanwhile."""
    run(tpm, READ_ONLY_CONTROL, [TPM2_RH.PLATFORM], b"\1", [b"wrong"], "BAD_AUTH s1")
    run(tpm, READ_ONLY_CONTROL, [TPM2_RH.PLATFORM], b"\1", [b""])
    run(tpm, TPM2_CC.ChangeEPS, [TPM2_RH.PLATFORM], b"", [b""], READ_ONLY)
    run(tpm, READ_ONLY_CONTROL, [TPM2_RH.PLATFORM], b"\0", [b""])


def der(tag, *contents):
    inside = b"".join(contents)
    size = len(inside).to_bytes(1 if len(inside) < 256 else 2, "big")
    return bytes([tag]) + (size if len(inside) < 128 else bytes([128 + len(size)]) + size) + inside


def elements(data):
    """Those inside a DER sequence, each whole."""
    def header(at):
        if data[at + 1] < 128:
            return 2, data[at + 1]
        octets = data[at + 1] & 127
        return 2 + octets, int.from_bytes(data[at + 2:at + 2 + octets], "big")

    at, result = header(0)[0], []
    while at < len(data):
        end = at + sum(header(at))
        result.append(data[at:end])
        at = end
    return result


def certificates(tpm):
    """An X.509 certificate, to which the TPM adds its key's part and the signature."""
    name = der(0x30, der(0x31, der(0x30, bytes.fromhex("0603550403"), der(0x0C, b"tpm"))))
    validity = der(0x30, der(0x17, b"260101000000Z"), der(0x17, b"360101000000Z"))
    usage = der(0x30, bytes.fromhex("0603551d0f0101ff"), der(4, bytes.fromhex("03020780")))
    extensions = der(0xA3, der(0x30, usage))
    no_scheme, partial = struct.pack(">H", TPM2_ALG.NULL), der(0x30, name, validity, name, extensions)
    with primary(tpm, "ecc256:ecdsa-sha256:null", SIGN | X509_SIGN) as (key, public):
        keys, auths = [tpm.tr_get_tpm_handle(key)] * 2, [b"key"] * 2
        added, rest = take(run(tpm, CERTIFY_X509, keys, b(b"") + no_scheme + b(partial), auths))
        digest, signature = take(rest)
        version, serial, algorithm, subject_key = elements(added)
        to_be_signed = der(0x30, version, serial, algorithm, name, validity, name, subject_key, extensions)
        assert hashlib.sha256(to_be_signed).digest() == digest
        encoded = verify(public, signature, to_be_signed)
        certificate = x509.load_der_x509_certificate(der(0x30, to_be_signed, algorithm, der(3, b"\0" + encoded)))
        assert certificate.public_key().public_numbers() == outside(public).public_numbers()
        run(tpm, CERTIFY_X509, keys, b(b"x") + no_scheme + b(partial), auths, "SIZE p1")
        run(tpm, CERTIFY_X509, keys, b(b"") + no_scheme + b(der(0x30, name)), auths, "VALUE p3")


X509 = [certificates]
NEWER = [signed_digests, signing_sequences, encryption_to_points, newer_policies, channel_policy, wide_index,
         read_only]
