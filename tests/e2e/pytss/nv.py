# SPDX-License-Identifier: Apache-2.0
"""NV indices of every type: defined, written, read, locked, certified, and refused."""

import hashlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from tpm2_pytss import ESYS_TR, TPM2_ALG, TPM2_CC, TPM2_NT, TPM2_SE, TPM2B_NV_PUBLIC, TPMA_NV, TPMS_NV_PUBLIC

from client import (MESSAGE, PASSWORD, SIGN, nv_index, of_command, outside, plain, policy, primary, refused, scheme,
                    session)

BOTH = TPMA_NV.OWNERREAD | TPMA_NV.OWNERWRITE | TPMA_NV.AUTHREAD | TPMA_NV.AUTHWRITE
COUNTER, BITS, EXTEND = (each << 4 for each in (TPM2_NT.COUNTER, TPM2_NT.BITS, TPM2_NT.EXTEND))
OWNER = ESYS_TR.OWNER


def ordinary(tpm):
    """The public area and its Name, the data, and what is behind its end."""
    with nv_index(tpm, BOTH, 100) as index:
        public, name = tpm.nv_read_public(index)
        assert bytes(name) == b"\0\x0b" + hashlib.sha256(public.nvPublic.marshal()).digest()
        with refused("NV_UNINITIALIZED"):
            tpm.nv_read(index, 10)
        with refused("NV_RANGE"):
            tpm.nv_write(index, MESSAGE, 99)
        tpm.nv_write(index, MESSAGE, 50)
        assert bytes(tpm.nv_read(index, len(MESSAGE), 50, OWNER)) == MESSAGE
        with refused("NV_RANGE"):
            tpm.nv_read(index, 2, 99)
        for call in (lambda: tpm.nv_increment(index), lambda: tpm.nv_extend(index, MESSAGE),
                     lambda: tpm.nv_set_bits(index, 1), lambda: tpm.nv_write_lock(index),
                     lambda: tpm.nv_read_lock(index)):
            with refused("ATTRIBUTES h2"):
                call()
        tpm.tr_set_auth(index, b"wrong")
        with refused("AUTH_FAIL s1"):
            tpm.nv_read(index, 1)
        tpm.tr_set_auth(index, b"")
    with refused("HANDLE h1"):
        tpm.tr_from_tpmpublic(0x1800200)
    tpm.dictionary_attack_lock_reset()


def kinds(tpm):
    """Counters, bit fields, digests."""
    with nv_index(tpm, BOTH | COUNTER, 8) as index:
        tpm.nv_increment(index)
        first = int.from_bytes(bytes(tpm.nv_read(index, 8)), "big")
        tpm.nv_increment(index, OWNER)
        assert int.from_bytes(bytes(tpm.nv_read(index, 8)), "big") == first + 1
        with refused("ATTRIBUTES h2", "ATTRIBUTES"):
            tpm.nv_write(index, bytes(8))
    with nv_index(tpm, BOTH | BITS, 8) as index:
        tpm.nv_set_bits(index, 5)
        tpm.nv_set_bits(index, 1 << 63)
        assert bytes(tpm.nv_read(index, 8)).hex() == "8000000000000005"
    with nv_index(tpm, BOTH | EXTEND, 32) as index:
        tpm.nv_extend(index, MESSAGE)
        assert bytes(tpm.nv_read(index, 32)) == hashlib.sha256(bytes(32) + MESSAGE).digest()


def locks(tpm):
    """One by one, and all at once."""
    lockable = BOTH | TPMA_NV.READ_STCLEAR | TPMA_NV.WRITE_STCLEAR
    with nv_index(tpm, lockable) as index:
        tpm.nv_write(index, MESSAGE)
        tpm.nv_write_lock(index)
        with refused("NV_LOCKED"):
            tpm.nv_write(index, MESSAGE)
        tpm.nv_read_lock(index)
        with refused("NV_LOCKED"):
            tpm.nv_read(index, 1)
    with nv_index(tpm, BOTH | TPMA_NV.GLOBALLOCK) as index:
        tpm.nv_write(index, MESSAGE)
        with refused("BAD_AUTH s1"):
            with_wrong_owner(tpm, tpm.nv_global_write_lock)
        tpm.nv_global_write_lock()
        with refused("NV_LOCKED"):
            tpm.nv_write(index, MESSAGE)


def with_wrong_owner(tpm, call):
    tpm.tr_set_auth(OWNER, b"wrong")
    try:
        call()
    finally:
        tpm.tr_set_auth(OWNER, b"")


def definitions(tpm):
    """Refused: attributes, sizes, owners."""
    def define(attributes=BOTH, size=8, owner=OWNER, number=0x1800201, policy_digest=b"", auth=b""):
        tpm.nv_define_space(auth, TPM2B_NV_PUBLIC(TPMS_NV_PUBLIC(
            nvIndex=number, nameAlg=TPM2_ALG.SHA256, attributes=attributes, dataSize=size,
            authPolicy=policy_digest)), owner)

    for code, arguments in (
            ("SIZE p2", {"attributes": BOTH | COUNTER, "size": 7}), ("SIZE p2", {"attributes": BOTH | EXTEND}),
            ("SIZE p2", {"policy_digest": bytes(31)}),
            ("ATTRIBUTES p2", {"attributes": BOTH | TPMA_NV.WRITTEN}),
            ("ATTRIBUTES p2", {"attributes": TPMA_NV.OWNERREAD}), ("ATTRIBUTES p2", {"attributes": TPMA_NV.OWNERWRITE}),
            ("ATTRIBUTES h1", {"attributes": BOTH | TPMA_NV.PLATFORMCREATE}),
            ("ATTRIBUTES p2", {"attributes": BOTH | COUNTER | TPMA_NV.CLEAR_STCLEAR}),
            ("ATTRIBUTES h1", {"owner": ESYS_TR.PLATFORM})):
        with refused(code):
            define(**arguments)
    with nv_index(tpm), refused("NV_DEFINED"):
        define(number=0x1800200)


def special(tpm):
    """What its policy deletes, and what changes its authValue."""
    either = [policy(of_command(TPM2_CC.NV_UndefineSpaceSpecial)), policy(of_command(TPM2_CC.NV_ChangeAuth))]
    attributes = (TPMA_NV.PLATFORMCREATE | TPMA_NV.POLICY_DELETE | TPMA_NV.POLICYWRITE | TPMA_NV.AUTHREAD |
                  TPMA_NV.AUTHWRITE)
    index = tpm.nv_define_space(b"", TPM2B_NV_PUBLIC(TPMS_NV_PUBLIC(
        nvIndex=0x1800202, nameAlg=TPM2_ALG.SHA256, attributes=attributes, dataSize=8, authPolicy=either[0])),
        ESYS_TR.PLATFORM)
    with refused("ATTRIBUTES h2"):
        tpm.nv_undefine_space(index, ESYS_TR.PLATFORM)
    with session(tpm, TPM2_SE.POLICY) as used:
        with refused("POLICY_FAIL s1"):
            tpm.nv_undefine_space_special(index, used)
        tpm.policy_command_code(used, TPM2_CC.NV_UndefineSpaceSpecial)
        tpm.nv_undefine_space_special(index, used)
    index = tpm.nv_define_space(b"old", TPM2B_NV_PUBLIC(TPMS_NV_PUBLIC(
        nvIndex=0x1800202, nameAlg=TPM2_ALG.SHA256, attributes=BOTH, dataSize=8, authPolicy=either[1])))
    with refused("AUTH_TYPE"):
        tpm.nv_change_auth(index, b"new", session1=PASSWORD)
    with session(tpm, TPM2_SE.POLICY) as used:
        tpm.policy_command_code(used, TPM2_CC.NV_ChangeAuth)
        with refused("SIZE p1"):
            tpm.nv_change_auth(index, bytes(range(1, 34)), session1=used)
        tpm.nv_change_auth(index, b"new", session1=used)
    tpm.tr_set_auth(index, b"new")
    tpm.nv_write(index, bytes(8))
    tpm.nv_undefine_space(index)


def certified(tpm):
    """The contents of an index, signed."""
    with nv_index(tpm) as index, primary(tpm, "ecc256:ecdsa-sha256:null", SIGN) as (key, public):
        none = scheme(TPM2_ALG.NULL, 0)
        with refused("NV_UNINITIALIZED"):
            tpm.nv_certify(key, index, b"nonce", none, 8)
        tpm.nv_write(index, MESSAGE)
        attest, signature = tpm.nv_certify(key, index, b"nonce", none, len(MESSAGE))
        outside(public).verify(plain(signature), bytes(attest), ec.ECDSA(hashes.SHA256()))
        assert bytes(attest).endswith(MESSAGE) and b"nonce" in bytes(attest)
        with refused("NV_RANGE", "NV_RANGE"):
            tpm.nv_certify(key, index, b"nonce", none, 2, 39)


NV = [ordinary, kinds, locks, definitions, special, certified]
