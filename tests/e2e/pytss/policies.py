# SPDX-License-Identifier: Apache-2.0
"""Policies: digests as anybody computes them, and what the assertions let through or refuse."""

import contextlib
import hashlib

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from tpm2_pytss import (ESYS_TR, TPM2_ALG, TPM2_CC, TPM2_EO, TPM2_RH, TPM2_SE, TPM2_ST, TPM2B_NAME, TPM2B_PUBLIC,
                        TPMA_OBJECT, TPML_DIGEST, TPML_PCR_SELECTION, TPMT_SIGNATURE,
                        TPMT_TK_VERIFIED)

from client import (DECRYPT, MESSAGE, SIGN, child, flushed, nv_index, of_command, parent, policy,
                    refused, session, template)

UNSEAL = of_command(TPM2_CC.Unseal)
OWNER_NAME = TPM2_RH.OWNER.to_bytes(4, "big")


def h(*data):
    return hashlib.sha256(b"".join(data)).digest()


def approval(signer, data):
    """Python's signature, as the TPM takes it."""
    signature = TPMT_SIGNATURE(sigAlg=TPM2_ALG.RSASSA)
    signature.signature.rsassa.hash = TPM2_ALG.SHA256
    signature.signature.rsassa.sig = signer.sign(data, padding.PKCS1v15(), hashes.SHA256())
    return signature


def signed(tpm, used, key, signer, expiration=0, nonce=b"", cp_hash=b"", reference=b""):
    """A PolicySigned by Python's key."""
    signature = approval(signer, nonce + expiration.to_bytes(4, "big", signed=True) + cp_hash + reference)
    return tpm.policy_signed(key, used, nonce, cp_hash, reference, expiration, signature)


def authority(tpm):
    """A key of Python's, and its public part loaded."""
    signer = rsa.generate_private_key(65537, 2048)
    pem = signer.public_key().public_bytes(serialization.Encoding.PEM,
                                           serialization.PublicFormat.SubjectPublicKeyInfo)
    return signer, tpm.load_external(TPM2B_PUBLIC.from_pem(pem), hierarchy=ESYS_TR.OWNER)


def digests(tpm):
    """Of every assertion, in trial sessions, and its start anew."""
    pcrs = TPML_PCR_SELECTION.parse("sha256:16")
    _, _, values = tpm.pcr_read(pcrs)
    pcr_digest, signer_and_key = h(bytes(values[0])), authority(tpm)
    code = TPM2_CC
    with flushed(tpm, signer_and_key[1]) as key:
        name, zero = bytes(tpm.tr_get_name(key)), bytes(32)
        verified = TPMT_TK_VERIFIED(tag=TPM2_ST.VERIFIED, hierarchy=TPM2_RH.OWNER)
        two = TPML_DIGEST([zero, b"\1" * 32])
        expectations = (
            (lambda used: signed(tpm, used, *reversed(signer_and_key), reference=b"ref"),
             (code.PolicySigned, name, b"ref")),
            (lambda used: tpm.policy_secret(ESYS_TR.OWNER, used, b"", b"", b"", 0),
             (code.PolicySecret, OWNER_NAME, b"")),
            (lambda used: tpm.policy_or(used, two), (code.PolicyOR, zero + b"\1" * 32)),
            (lambda used: tpm.policy_pcr(used, b"", pcrs), (code.PolicyPCR, pcrs.marshal() + pcr_digest)),
            (lambda used: tpm.policy_locality(used, 5), (code.PolicyLocality, b"\5")),
            (lambda used: tpm.policy_counter_timer(used, b"\0" * 8, TPM2_EO.UNSIGNED_GE, 8),
             (code.PolicyCounterTimer, h(bytes(8), b"\0\x08", b"\0\7"))),
            (lambda used: tpm.policy_command_code(used, code.Unseal), UNSEAL),
            (tpm.policy_physical_presence, (code.PolicyPhysicalPresence, b"")),
            (lambda used: tpm.policy_cp_hash(used, zero), (code.PolicyCpHash, zero)),
            (lambda used: tpm.policy_name_hash(used, zero), (code.PolicyNameHash, zero)),
            (lambda used: tpm.policy_duplication_select(used, name, name, True),
             (code.PolicyDuplicationSelect, name + name + b"\1")),
            (lambda used: tpm.policy_duplication_select(used, name, name, False),
             (code.PolicyDuplicationSelect, name + b"\0")),
            (lambda used: tpm.policy_authorize(used, zero, b"ref", name, verified),
             (code.PolicyAuthorize, name, b"ref")),
            (tpm.policy_auth_value, (code.PolicyAuthValue, b"")),
            (tpm.policy_password, (code.PolicyAuthValue, b"")),
            (lambda used: tpm.policy_nv_written(used, True), (code.PolicyNvWritten, b"\1")),
            (lambda used: tpm.policy_nv_written(used, False), (code.PolicyNvWritten, b"\0")),
            (lambda used: tpm.policy_template(used, zero), (code.PolicyTemplate, zero)))
        with session(tpm, TPM2_SE.TRIAL) as used:
            for assertion, expected in expectations:
                tpm.policy_restart(used)
                assert bytes(tpm.policy_get_digest(used)) == zero
                assertion(used)
                assert bytes(tpm.policy_get_digest(used)) == policy(expected), expected


def no_policy_session(tpm):
    """An HMAC session in the place of one."""
    with session(tpm) as used:
        for call in (tpm.policy_restart, tpm.policy_get_digest, tpm.policy_auth_value, tpm.policy_password,
                     tpm.policy_physical_presence, lambda used: tpm.policy_locality(used, 1),
                     lambda used: tpm.policy_command_code(used, TPM2_CC.Unseal),
                     lambda used: tpm.policy_nv_written(used, True)):
            with refused("VALUE h1"):
                call(used)
        with refused("VALUE h2"):
            tpm.policy_secret(ESYS_TR.OWNER, used, b"", b"", b"", 0)


def refused_assertions(tpm):
    """What contradicts the session, or is no argument."""
    zero, other, name = bytes(32), b"\1" * 32, TPM2B_NAME(b"\0\x0b" + bytes(32))
    with session(tpm, TPM2_SE.POLICY) as used:
        for code, call, *reference in (
                ("VALUE p1", lambda: tpm.policy_or(used, TPML_DIGEST([other, other]))),
                ("SIZE p1", lambda: tpm.policy_or(used, TPML_DIGEST([zero]))),
                ("VALUE p1", lambda: tpm.policy_pcr(used, other, TPML_PCR_SELECTION.parse("sha256:16"))),
                ("SIZE p1", lambda: tpm.policy_cp_hash(used, bytes(31))),
                ("SIZE p1", lambda: tpm.policy_name_hash(used, bytes(31))),
                ("SIZE p1", lambda: tpm.policy_template(used, bytes(31))),
                ("POLICY", lambda: tpm.policy_counter_timer(used, b"\xff" * 8, TPM2_EO.UNSIGNED_GT, 8)),
                ("RANGE p1", lambda: tpm.policy_counter_timer(used, bytes(8), TPM2_EO.EQ, 18), "RANGE"),
                ("VALUE p1", lambda: tpm.policy_authorize(used, other, b"", bytes(name), TPMT_TK_VERIFIED(
                    tag=TPM2_ST.VERIFIED, hierarchy=TPM2_RH.OWNER))),
                ("VALUE p1", lambda: tpm.policy_secret(ESYS_TR.OWNER, used, other, b"", b"", 0), "NONCE p1"),
                ("BAD_AUTH s1", lambda: wrong_secret(tpm, used))):
            with refused(code, *reference):
                call()
        tpm.policy_cp_hash(used, other)
        tpm.policy_cp_hash(used, other)
        for code, call in (("CPHASH", lambda: tpm.policy_cp_hash(used, zero)),
                           ("CPHASH", lambda: tpm.policy_name_hash(used, other)),
                           ("CPHASH", lambda: tpm.policy_duplication_select(used, bytes(name), bytes(name))),
                           ("CPHASH", lambda: tpm.policy_template(used, other))):
            with refused(code):
                call()
        tpm.policy_restart(used)
        tpm.policy_command_code(used, TPM2_CC.Unseal)
        with refused("VALUE p1"):
            tpm.policy_command_code(used, TPM2_CC.Sign)
        with refused("POLICY_CC", "COMMAND_CODE"):
            tpm.policy_duplication_select(used, bytes(name), bytes(name))
        tpm.policy_restart(used)
        tpm.policy_nv_written(used, True)
        with refused("VALUE p1"):
            tpm.policy_nv_written(used, False)
        tpm.policy_restart(used)
        tpm.policy_locality(used, 3)
        with refused("RANGE p1"):
            tpm.policy_locality(used, 4)


def wrong_secret(tpm, used):
    tpm.tr_set_auth(ESYS_TR.OWNER, b"wrong")
    try:
        tpm.policy_secret(ESYS_TR.OWNER, used, b"", b"", b"", 0)
    finally:
        tpm.tr_set_auth(ESYS_TR.OWNER, b"")


def authvalue_and_password(tpm):
    """The last of the two assertions says how the authValue is shown."""
    digest = policy((TPM2_CC.PolicyAuthValue, b""))
    with parent(tpm) as above, child(tpm, above, "keyedhash", TPMA_OBJECT.NODA, MESSAGE,
                                     policy=digest) as (item, *_):
        for assertion in tpm.policy_auth_value, tpm.policy_password:
            tpm.tr_set_auth(item, b"key")
            with session(tpm, TPM2_SE.POLICY) as used:
                with refused("POLICY_FAIL s1"):
                    tpm.unseal(item, session1=used)
                assertion(used)
                assert bytes(tpm.unseal(item, session1=used)) == MESSAGE
            tpm.tr_set_auth(item, b"wrong")
            with session(tpm, TPM2_SE.POLICY) as used, refused("BAD_AUTH s1"):
                assertion(used)
                tpm.unseal(item, session1=used)
    both = policy((TPM2_CC.PolicyAuthValue, b""), (TPM2_CC.PolicyAuthValue, b""))
    with parent(tpm) as above, child(tpm, above, "keyedhash", TPMA_OBJECT.NODA, MESSAGE, policy=both) as (item, *_):
        for assertions in ((tpm.policy_password, tpm.policy_auth_value),
                           (tpm.policy_auth_value, tpm.policy_password)):
            with session(tpm, TPM2_SE.POLICY) as used:
                for assertion in assertions:
                    assertion(used)
                assert bytes(tpm.unseal(item, session1=used)) == MESSAGE


@contextlib.contextmanager
def owner_policy(tpm, value):
    """What authorizes the owner's hierarchy besides its authValue, which is empty."""
    tpm.set_primary_policy(ESYS_TR.OWNER, value, TPM2_ALG.SHA256)
    try:
        yield
    finally:
        tpm.set_primary_policy(ESYS_TR.OWNER, b"", TPM2_ALG.NULL)


def bound_policies(tpm):
    """Each lets the one command through that it is bound to: by its code, its parameters, its handles,
    the template."""
    good, other = template("ecc256:null:null", SIGN), template("ecc256:null:null", DECRYPT)
    cp_hash = h(TPM2_CC.HierarchyChangeAuth.to_bytes(4, "big"), OWNER_NAME, b"\0\0")
    name_hash, template_hash = h(OWNER_NAME), h(good.publicArea.marshal())

    def change_auth(used):
        tpm.hierarchy_change_auth(ESYS_TR.OWNER, b"", session1=used)

    def create(used, area=good):
        handle, *_ = tpm.create_primary(None, area, session1=used)
        tpm.flush_context(handle)

    for assertion, value, passes, code, fails in (
            (lambda used: tpm.policy_command_code(used, TPM2_CC.CreatePrimary), of_command(TPM2_CC.CreatePrimary),
             create, "POLICY_CC s1", change_auth),
            (lambda used: tpm.policy_cp_hash(used, cp_hash), (TPM2_CC.PolicyCpHash, cp_hash),
             change_auth, "POLICY_FAIL s1", create),
            (lambda used: tpm.policy_name_hash(used, name_hash), (TPM2_CC.PolicyNameHash, name_hash),
             create, "POLICY_FAIL s1", lambda used: tpm.nv_undefine_space(index, session1=used)),
            (lambda used: tpm.policy_template(used, template_hash), (TPM2_CC.PolicyTemplate, template_hash),
             create, "POLICY_FAIL s1", lambda used: create(used, other))):
        with owner_policy(tpm, policy(value)), session(tpm, TPM2_SE.POLICY) as used, \
                nv_index(tpm) as index:
            assertion(used)
            with refused(code):
                fails(used)
            passes(used)


def state_policies(tpm):
    """Of PCRs, the locality, physical presence, and what was written: what is so now."""
    pcrs = TPML_PCR_SELECTION.parse("sha256:16")
    for assertion, value, code in (
            (lambda used: tpm.policy_locality(used, 8), (TPM2_CC.PolicyLocality, b"\x08"), "LOCALITY"),
            (tpm.policy_physical_presence, (TPM2_CC.PolicyPhysicalPresence, b""), "PP s1"),
            (lambda used: tpm.policy_nv_written(used, True), (TPM2_CC.PolicyNvWritten, b"\1"), "POLICY_FAIL s1")):
        with owner_policy(tpm, policy(value)), session(tpm, TPM2_SE.POLICY) as used:
            assertion(used)
            with refused(code):
                tpm.hierarchy_change_auth(ESYS_TR.OWNER, b"", session1=used)
    tpm.pcr_reset(ESYS_TR.PCR16)
    with session(tpm, TPM2_SE.POLICY) as used:
        tpm.policy_pcr(used, h(bytes(32)), pcrs)
        with owner_policy(tpm, bytes(tpm.policy_get_digest(used))):
            tpm.pcr_event(ESYS_TR.PCR10, MESSAGE)
            with refused("PCR_CHANGED"):
                tpm.hierarchy_change_auth(ESYS_TR.OWNER, b"", session1=used)


def signed_authorizations(tpm):
    """With a nonce, a limit of time, bound parameters, a ticket; and what is no such signature."""
    signer, key = authority(tpm)
    with flushed(tpm, key):
        name = bytes(tpm.tr_get_name(key))
        value = policy((TPM2_CC.PolicySigned, name, b"ref"))
        change = h(TPM2_CC.HierarchyChangeAuth.to_bytes(4, "big"), OWNER_NAME, b"\0\0")
        with owner_policy(tpm, value):
            with session(tpm, TPM2_SE.POLICY) as used:
                nonce = bytes(tpm.trsess_get_nonce_tpm(used))
                with refused("POLICY_FAIL p5", "SIGNATURE p5"):
                    tpm.policy_signed(key, used, nonce, b"", b"ref", 0, approval(signer, b"other"))
                with refused("VALUE p1", "NONCE p1"):
                    signed(tpm, used, key, signer, nonce=bytes(32), reference=b"ref")
                with refused("SIZE p2"):
                    signed(tpm, used, key, signer, nonce=nonce, cp_hash=bytes(31), reference=b"ref")
                timeout, ticket = signed(tpm, used, key, signer, -100, nonce, change, b"ref")
                assert ticket.tag == TPM2_ST.AUTH_SIGNED
                tpm.hierarchy_change_auth(ESYS_TR.OWNER, b"", session1=used)
            with session(tpm, TPM2_SE.POLICY) as used:
                with refused("TICKET p5"):
                    tpm.policy_ticket(used, timeout, b"", b"ref", name, ticket)
                with refused("TICKET p5"):
                    tpm.policy_ticket(used, timeout, change, b"other", name, ticket)
                tpm.policy_ticket(used, timeout, change, b"ref", name, ticket)
                assert bytes(tpm.policy_get_digest(used)) == value
                with refused("POLICY_FAIL s1"):
                    handle, *_ = tpm.create_primary(None, "ecc256", session1=used)
                tpm.hierarchy_change_auth(ESYS_TR.OWNER, b"", session1=used)
            with session(tpm, TPM2_SE.POLICY) as used:
                nonce = bytes(tpm.trsess_get_nonce_tpm(used))
                signed(tpm, used, key, signer, 1, nonce, reference=b"ref")
                end = tpm.read_clock().time + 1100
                while tpm.read_clock().time < end:
                    pass
                with refused("EXPIRED s1"):
                    tpm.hierarchy_change_auth(ESYS_TR.OWNER, b"", session1=used)
                nonce = bytes(tpm.trsess_get_nonce_tpm(used))
                with refused("EXPIRED p4"):
                    signed(tpm, used, key, signer, 1, nonce, reference=b"ref")


def alternatives(tpm):
    """PolicyOR of two commands, PolicyAuthorize of either."""
    either = [policy(of_command(TPM2_CC.HierarchyChangeAuth)), policy(of_command(TPM2_CC.CreatePrimary))]
    value = policy((TPM2_CC.PolicyOR, b"".join(either)))
    with owner_policy(tpm, value), session(tpm, TPM2_SE.POLICY) as used:
        tpm.policy_command_code(used, TPM2_CC.HierarchyChangeAuth)
        tpm.policy_or(used, TPML_DIGEST(either))
        assert bytes(tpm.policy_get_digest(used)) == value
        tpm.hierarchy_change_auth(ESYS_TR.OWNER, b"", session1=used)
        tpm.policy_restart(used)
        with refused("VALUE p1"):
            tpm.policy_or(used, TPML_DIGEST(either))
    signer, key = authority(tpm)
    with flushed(tpm, key):
        name = bytes(tpm.tr_get_name(key))
        approved = h(either[0], b"ref")
        ticket = tpm.verify_signature(key, approved, approval(signer, either[0] + b"ref"))
        with owner_policy(tpm, policy((TPM2_CC.PolicyAuthorize, name, b"ref"))), \
                session(tpm, TPM2_SE.POLICY) as used:
            tpm.policy_command_code(used, TPM2_CC.HierarchyChangeAuth)
            with refused("POLICY", "VALUE p4"):
                tpm.policy_authorize(used, either[0], b"other", name, ticket)
            with refused("VALUE p1"):
                tpm.policy_authorize(used, either[1], b"ref", name, ticket)
            tpm.policy_authorize(used, either[0], b"ref", name, ticket)
            tpm.hierarchy_change_auth(ESYS_TR.OWNER, b"", session1=used)


def stored_policies(tpm):
    """PolicyNV compares what an index holds, PolicyAuthorizeNV approves what it says."""
    with nv_index(tpm) as index:
        name = bytes(tpm.tr_get_name(index))
        with session(tpm, TPM2_SE.POLICY) as used:
            with refused("NV_UNINITIALIZED"):
                tpm.policy_nv(index, index, used, b"\0", TPM2_EO.EQ)
            with refused("NV_UNINITIALIZED"):
                tpm.policy_authorize_nv(index, used)
            approved = policy(of_command(TPM2_CC.HierarchyChangeAuth))
            tpm.nv_write(index, b"\0\x0b" + approved)
            name = bytes(tpm.nv_read_public(index)[1])
            tpm.policy_nv(index, index, used, approved[:8], TPM2_EO.EQ, 2)
            assert bytes(tpm.policy_get_digest(used)) == policy(
                (TPM2_CC.PolicyNV, h(approved[:8], b"\0\2", b"\0\0") + name))
            with refused("POLICY"):
                tpm.policy_nv(index, index, used, approved[:8], TPM2_EO.NEQ, 2)
            with refused("NV_RANGE", "SIZE p1"):
                tpm.policy_nv(index, index, used, bytes(8), TPM2_EO.EQ, 40)
            tpm.policy_restart(used)
            with refused("VALUE"):
                tpm.policy_authorize_nv(index, used)
            tpm.policy_command_code(used, TPM2_CC.HierarchyChangeAuth)
            tpm.policy_authorize_nv(index, used)
            value = policy((TPM2_CC.PolicyAuthorizeNV, name))
            assert bytes(tpm.policy_get_digest(used)) == value
            with owner_policy(tpm, value):
                tpm.hierarchy_change_auth(ESYS_TR.OWNER, b"", session1=used)


POLICIES = [digests, no_policy_session, refused_assertions, authvalue_and_password, bound_policies,
            state_policies, signed_authorizations, alternatives, stored_policies]
