# SPDX-License-Identifier: Apache-2.0
"""What the checks with tpm2-pytss share."""

import contextlib
import hashlib
import os

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from tpm2_pytss import (ESYS_TR, TPM2_ALG, TPM2_CC, TPM2_RC, TPM2_RH, TPM2_SE, TPM2_ST, TPM2B_NV_PUBLIC,
                        TPM2B_PUBLIC, TPM2B_SENSITIVE_CREATE, TPM2B_SENSITIVE_DATA, TPMA_NV, TPMA_OBJECT,
                        TPMA_SESSION, TPMS_NV_PUBLIC, TPMS_SENSITIVE_CREATE, TPMT_SIG_SCHEME,
                        TPMT_SYM_DEF, TPMT_TK_HASHCHECK, TSS2_Exception)

NONE, PASSWORD = ESYS_TR.NONE, ESYS_TR.PASSWORD
SIGN, DECRYPT, RESTRICTED = TPMA_OBJECT.SIGN_ENCRYPT, TPMA_OBJECT.DECRYPT, TPMA_OBJECT.RESTRICTED
CONTINUE, AUDIT = TPMA_SESSION.CONTINUESESSION, TPMA_SESSION.AUDIT
MESSAGE = b"a message"
HASHES = {TPM2_ALG.SHA1: hashes.SHA1(), TPM2_ALG.SHA256: hashes.SHA256(),
          TPM2_ALG.SHA384: hashes.SHA384(), TPM2_ALG.SHA512: hashes.SHA512()}
NO_TICKET = TPMT_TK_HASHCHECK(tag=TPM2_ST.HASHCHECK, hierarchy=TPM2_RH.NULL)

# The TPM is Debian's swtpm.
REFERENCE = "REFERENCE_TPM" in os.environ


def code_of(code):
    """"SIZE p1": of TPM_RC_SIZE, with the number of a parameter, handle or session (Part 2, 6.6). Those that
    tpm2-tss does not know come as numbers."""
    if isinstance(code, int):
        return code
    name, *position = code.split()
    places = {"h": 0, "p": TPM2_RC.P, "s": TPM2_RC.S}
    return getattr(TPM2_RC, name) + sum(places[each[0]] + int(each[1]) * TPM2_RC.RC1 for each in position)


@contextlib.contextmanager
def refused(code, reference=None):
    """With that response code; where the reference has another one, and docs/conformance.md says so,
    that."""
    expected = code_of(reference if REFERENCE and reference else code)
    try:
        yield
    except TSS2_Exception as error:
        assert error.rc == expected, f"{error.rc:#x} ({error}), to be {expected:#x} ({code})"
    else:
        raise AssertionError(f"not refused with {code}")


def sensitive(data=b"", auth=b"key"):
    return TPM2B_SENSITIVE_CREATE(TPMS_SENSITIVE_CREATE(userAuth=auth, data=TPM2B_SENSITIVE_DATA(data)))


def template(algorithm, use, data=b"", policy=None):
    """Of a key, or of data that is given."""
    origin = 0 if data else TPMA_OBJECT.SENSITIVEDATAORIGIN
    return TPM2B_PUBLIC.parse(algorithm, TPMA_OBJECT.USERWITHAUTH | origin | use, authPolicy=policy)


@contextlib.contextmanager
def flushed(tpm, handle):
    try:
        yield handle
    finally:
        tpm.flush_context(handle)


@contextlib.contextmanager
def primary(tpm, algorithm, use, data=b"", auth=b"key", hierarchy=ESYS_TR.OWNER):
    """Gone after it: the handle and the public area."""
    handle, public, *_ = tpm.create_primary(sensitive(data, auth), template(algorithm, use, data), hierarchy)
    with flushed(tpm, handle):
        yield handle, public


@contextlib.contextmanager
def parent(tpm, algorithm="ecc256"):
    """Under which keys and data are made; without an authValue."""
    handle, *_ = tpm.create_primary(None, algorithm)
    with flushed(tpm, handle):
        yield handle


@contextlib.contextmanager
def child(tpm, above, algorithm, use=0, data=b"", auth=b"key", policy=None):
    """The handle, and the areas that it was loaded from."""
    private, public, *_ = tpm.create(above, sensitive(data, auth), template(algorithm, use, data, policy))
    handle = tpm.load(above, private, public)
    tpm.tr_set_auth(handle, auth)
    with flushed(tpm, handle):
        yield handle, private, public


@contextlib.contextmanager
def session(tpm, kind=TPM2_SE.HMAC, salt=NONE, bind=NONE, symmetric=None, hash_algorithm=TPM2_ALG.SHA256,
            attributes=0):
    if symmetric is None:
        symmetric = TPMT_SYM_DEF(algorithm=TPM2_ALG.NULL)
    handle = tpm.start_auth_session(salt, bind, kind, symmetric, hash_algorithm)
    tpm.trsess_set_attributes(handle, CONTINUE | attributes)
    with flushed(tpm, handle):
        yield handle


@contextlib.contextmanager
def nv_index(tpm, attributes=TPMA_NV.OWNERREAD | TPMA_NV.OWNERWRITE | TPMA_NV.AUTHREAD | TPMA_NV.AUTHWRITE,
             size=40, number=0x1800200):
    index = tpm.nv_define_space(b"", TPM2B_NV_PUBLIC(TPMS_NV_PUBLIC(
        nvIndex=number, nameAlg=TPM2_ALG.SHA256, attributes=attributes, dataSize=size)))
    try:
        yield index
    finally:
        tpm.nv_undefine_space(index)


@contextlib.contextmanager
def two_audits(tpm):
    """What every command refuses that may have sessions: for those that have nothing else to refuse."""
    with session(tpm, attributes=AUDIT) as first, session(tpm, attributes=AUDIT) as second:
        with refused("ATTRIBUTES s2"):
            yield {"session1": first, "session2": second}


def policy(*assertions):
    """The digest: of each assertion the command code, what is hashed with it, and the policyRef where
    it has one."""
    value = bytes(32)
    for code, data, *reference in assertions:
        value = hashlib.sha256(value + code.to_bytes(4, "big") + data).digest()
        if reference:
            value = hashlib.sha256(value + reference[0]).digest()
    return value


def of_command(code):
    return (TPM2_CC.PolicyCommandCode, code.to_bytes(4, "big"))


def outside(public):
    return serialization.load_pem_public_key(public.to_pem())


def digest(algorithm, data=MESSAGE):
    context = hashes.Hash(HASHES[algorithm])
    context.update(data)
    return context.finalize()


def scheme(kind, algorithm):
    result = TPMT_SIG_SCHEME(scheme=kind)
    result.details.any.hashAlg = algorithm
    return result


def plain(signature):
    """As cryptography takes it."""
    if signature.sigAlg == TPM2_ALG.ECDSA:
        pair = signature.signature.ecdsa
        return encode_dss_signature(*(int.from_bytes(bytes(each), "big")
                                      for each in (pair.signatureR, pair.signatureS)))
    return bytes(signature.signature.rsassa.sig)  # RSAPSS is laid out the same


def x_of(point):
    """The structure has to outlive the use of what is in it."""
    return bytes(point.point.x)
