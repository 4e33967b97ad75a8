# SPDX-License-Identifier: Apache-2.0
"""What the TPM says of itself and signs: verified outside, and refused."""

import hashlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from tpm2_pytss import (TPM2_ALG, TPM2_RH, TPM2_ST, TPML_PCR_SELECTION,
                        TPMS_ATTEST, TPMT_TK_CREATION)

from client import (AUDIT, DECRYPT, RESTRICTED, SIGN, flushed, outside, plain, primary, refused,
                    scheme, sensitive, session, template)

NO_SCHEME = scheme(TPM2_ALG.NULL, 0)


def statement(public, attest, signature):
    """What was signed, whose signature is good."""
    outside(public).verify(plain(signature), bytes(attest), ec.ECDSA(hashes.SHA256()))
    return TPMS_ATTEST.unmarshal(bytes(attest))[0]


def attestations(tpm):
    """Each kind, with a restricted key; with one that does not sign, and with a scheme that is not its."""
    rsassa = scheme(TPM2_ALG.RSASSA, TPM2_ALG.SHA256)
    other, public, data, creation_hash, ticket = tpm.create_primary(
        sensitive(), template("ecc256:null:null", DECRYPT))
    pcrs = TPML_PCR_SELECTION.parse("sha256:16")
    with flushed(tpm, other), primary(tpm, "ecc256:ecdsa-sha256:null", SIGN | RESTRICTED) as (key, key_public):
        name = bytes(tpm.tr_get_name(other))
        calls = (
            (lambda key, how: tpm.certify(other, key, b"nonce", how), 2, 2,
             lambda said: bytes(said.attested.certify.name) == name),
            (lambda key, how: tpm.certify_creation(key, other, b"nonce", creation_hash, how, ticket), 1, 3,
             lambda said: bytes(said.attested.creation.creationHash) == bytes(creation_hash)),
            (lambda key, how: tpm.quote(key, pcrs, b"nonce", how), 1, 2,
             lambda said: bytes(said.attested.quote.pcrDigest) == hashlib.sha256(
                 bytes(tpm.pcr_read(pcrs)[2][0])).digest()),
            (lambda key, how: tpm.get_time(key, b"nonce", how), 2, 2,
             lambda said: said.attested.time.time.time > 0),
            (lambda key, how: tpm.get_command_audit_digest(key, b"nonce", how), 2, 2,
             lambda said: said.attested.commandAudit is not None))
        for call, handle, parameter, holds in calls:
            said = statement(key_public, *call(key, NO_SCHEME))
            assert bytes(said.extraData) == b"nonce" and holds(said)
            with refused(f"KEY h{handle}"):
                call(other, scheme(TPM2_ALG.ECDSA, TPM2_ALG.SHA256))
            with refused(f"SCHEME p{parameter}"):
                call(key, rsassa)
        with refused("TICKET p4"):
            tpm.certify_creation(key, other, b"", bytes(32), NO_SCHEME, ticket)
        wrong = TPMT_TK_CREATION(tag=TPM2_ST.CREATION, hierarchy=TPM2_RH.OWNER)
        with refused("TICKET p4"):
            tpm.certify_creation(key, other, b"", creation_hash, NO_SCHEME, wrong)


def session_audit(tpm):
    """The digest of what went through the session."""
    with primary(tpm, "ecc256:ecdsa-sha256:null", SIGN | RESTRICTED) as (key, public), \
            session(tpm, attributes=AUDIT) as used:
        with refused("TYPE h3"):
            tpm.get_session_audit_digest(key, used, b"nonce")
        tpm.get_random(8, session1=used)
        attest, signature = tpm.get_session_audit_digest(key, used, b"nonce")
        said = statement(public, attest, signature)
        assert len(bytes(said.attested.sessionAudit.sessionDigest)) == 32
        assert said.attested.sessionAudit.exclusiveSession == 1


ATTESTATION = [attestations, session_audit]
