# SPDX-License-Identifier: Apache-2.0
"""One check, named by the argument, of what tpm2-pytss reaches and command line tools do not: ESAPI
calls, answers compared with those of Python's cryptography. TPM2TOOLS_TCTI says where the TPM is."""

import contextlib
import hashlib
import hmac
import os
import sys

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from tpm2_pytss import (ESAPI, ESYS_TR, TPM2_ALG, TPM2_CAP, TPM2_CC, TPM2_ECC, TPM2_RH, TPM2_SE, TPM2_ST,
                        TPM2B_ECC_POINT, TPM2B_PUBLIC, TPM2B_SENSITIVE_CREATE, TPM2B_SENSITIVE_DATA,
                        TPMA_OBJECT, TPMA_SESSION, TPML_ALG, TPML_CC,
                        TPML_DIGEST_VALUES, TPMS_ECC_POINT, TPMS_SENSITIVE_CREATE, TPMT_HA,
                        TPMT_PUBLIC_PARMS, TPMT_RSA_DECRYPT, TPMT_SIG_SCHEME, TPMT_SYM_DEF,
                        TPMT_TK_HASHCHECK, TPMU_HA, TSS2_Exception)

SIGN, DECRYPT = TPMA_OBJECT.SIGN_ENCRYPT, TPMA_OBJECT.DECRYPT
MESSAGE = b"a message"
HASHES = {TPM2_ALG.SHA1: hashes.SHA1(), TPM2_ALG.SHA256: hashes.SHA256(),
          TPM2_ALG.SHA384: hashes.SHA384(), TPM2_ALG.SHA512: hashes.SHA512()}
NO_TICKET = TPMT_TK_HASHCHECK(tag=TPM2_ST.HASHCHECK, hierarchy=TPM2_RH.NULL)


@contextlib.contextmanager
def refused(code):
    """TPM_RC, with its number in it (Part 2, 6.6)."""
    try:
        yield
    except TSS2_Exception as error:
        assert error.rc == code, f"{error.rc:#x} ({error}), to be {code:#x}"
    else:
        raise AssertionError(f"not refused with {code:#x}")


@contextlib.contextmanager
def primary(tpm, algorithm, use, data=b"", auth=b"key"):
    """Gone after it: the handle and the public area."""
    sensitive = TPM2B_SENSITIVE_CREATE(TPMS_SENSITIVE_CREATE(userAuth=auth, data=TPM2B_SENSITIVE_DATA(data)))
    origin = 0 if data else TPMA_OBJECT.SENSITIVEDATAORIGIN
    attributes = TPMA_OBJECT.USERWITHAUTH | origin | use
    handle, public, *_ = tpm.create_primary(sensitive, TPM2B_PUBLIC.parse(algorithm, attributes))
    try:
        yield handle, public
    finally:
        tpm.flush_context(handle)


@contextlib.contextmanager
def session(tpm, kind=TPM2_SE.HMAC, salt=ESYS_TR.NONE, bind=ESYS_TR.NONE, symmetric=None,
            hash_algorithm=TPM2_ALG.SHA256, attributes=0):
    if symmetric is None:
        symmetric = TPMT_SYM_DEF(algorithm=TPM2_ALG.NULL)
    handle = tpm.start_auth_session(salt, bind, kind, symmetric, hash_algorithm)
    tpm.trsess_set_attributes(handle, TPMA_SESSION.CONTINUESESSION | attributes)
    try:
        yield handle
    finally:
        tpm.flush_context(handle)


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


def signatures(tpm):
    """Every scheme and hash; verified by the TPM, and outside where cryptography has the scheme."""
    with primary(tpm, "rsa2048:null:null", SIGN) as (key, public):
        for kind in TPM2_ALG.RSASSA, TPM2_ALG.RSAPSS:
            for algorithm, used in HASHES.items():
                signature = tpm.sign(key, digest(algorithm), scheme(kind, algorithm), NO_TICKET)
                tpm.verify_signature(key, digest(algorithm), signature)
                pad = padding.PKCS1v15() if kind == TPM2_ALG.RSASSA else padding.PSS(
                    padding.MGF1(used), padding.PSS.AUTO)
                outside(public).verify(plain(signature), MESSAGE, pad, used)
                with refused(0x2DB):
                    tpm.verify_signature(key, digest(algorithm, b"other"), signature)
    for curve in "ecc224", "ecc256", "ecc384", "ecc521":
        with primary(tpm, f"{curve}:null:null", SIGN) as (key, public):
            for algorithm, used in HASHES.items():
                signature = tpm.sign(key, digest(algorithm), scheme(TPM2_ALG.ECDSA, algorithm), NO_TICKET)
                tpm.verify_signature(key, digest(algorithm), signature)
                outside(public).verify(plain(signature), MESSAGE, ec.ECDSA(used))


def schnorr(tpm):
    with primary(tpm, "ecc256:ecschnorr-sha256:null", SIGN) as (key, _):
        signature = tpm.sign(key, digest(TPM2_ALG.SHA256), scheme(TPM2_ALG.NULL, 0), NO_TICKET)
        tpm.verify_signature(key, digest(TPM2_ALG.SHA256), signature)
        with refused(0x2DB):
            tpm.verify_signature(key, digest(TPM2_ALG.SHA256, b"other"), signature)


def anonymous(tpm):
    """ECDAA: a commitment, used once."""
    with primary(tpm, "ecc256:ecdaa4-sha256:null", SIGN) as (key, _):
        *_, counter = tpm.commit(key, TPM2B_ECC_POINT(), b"", b"")
        how = TPMT_SIG_SCHEME(scheme=TPM2_ALG.ECDAA)
        how.details.ecdaa.hashAlg, how.details.ecdaa.count = TPM2_ALG.SHA256, counter
        tpm.sign(key, digest(TPM2_ALG.SHA256), how, NO_TICKET)
        with refused(0x2C4):
            tpm.sign(key, digest(TPM2_ALG.SHA256), how, NO_TICKET)


def rsa_encryption(tpm):
    with primary(tpm, "rsa2048:null:null", DECRYPT) as (key, public):
        for algorithm, used in HASHES.items():
            oaep = TPMT_RSA_DECRYPT(scheme=TPM2_ALG.OAEP)
            oaep.details.oaep.hashAlg = algorithm
            encrypted = outside(public).encrypt(MESSAGE, padding.OAEP(padding.MGF1(used), used, b"label\0"))
            assert bytes(tpm.rsa_decrypt(key, encrypted, oaep, b"label\0")) == MESSAGE
            encrypted = tpm.rsa_encrypt(key, MESSAGE, oaep, b"label\0")
            assert bytes(tpm.rsa_decrypt(key, encrypted, oaep, b"label\0")) == MESSAGE
        es = TPMT_RSA_DECRYPT(scheme=TPM2_ALG.RSAES)
        encrypted = outside(public).encrypt(MESSAGE, padding.PKCS1v15())
        assert bytes(tpm.rsa_decrypt(key, encrypted, es)) == MESSAGE


def key_exchange(tpm):
    """With a key of Python's: both sides get the same point."""
    with primary(tpm, "ecc256:null:null", DECRYPT) as (key, public):
        other = ec.generate_private_key(ec.SECP256R1())
        numbers = other.public_key().public_numbers()
        x, y = (each.to_bytes(32, "big") for each in (numbers.x, numbers.y))
        point = TPM2B_ECC_POINT(TPMS_ECC_POINT(x=x, y=y))
        shared = other.exchange(ec.ECDH(), outside(public))
        assert x_of(tpm.ecdh_zgen(key, point)) == shared
        made, sent = tpm.ecdh_key_gen(key)
        assert x_of(tpm.ecdh_zgen(key, sent)) == x_of(made)
        ephemeral, counter = tpm.ec_ephemeral(TPM2_ECC.NIST_P256)
        first, second = tpm.zgen_2_phase(key, point, point, TPM2_ALG.ECDH, counter)
        assert x_of(first) == shared
        public_point = ec.EllipticCurvePublicNumbers(
            int.from_bytes(x_of(ephemeral), "big"), int.from_bytes(bytes(ephemeral.point.y), "big"),
            ec.SECP256R1()).public_key()
        assert x_of(second) == other.exchange(ec.ECDH(), public_point)
        with refused(0x4C4):
            tpm.zgen_2_phase(key, point, point, TPM2_ALG.ECDH, counter)
        elsewhere = TPM2B_ECC_POINT(TPMS_ECC_POINT(x=b"\1" * 32, y=b"\1" * 32))
        with refused(0x1E7):
            tpm.ecdh_zgen(key, elsewhere)


def ciphers(tpm):
    """Each mode as cryptography computes it, with the secret that the caller gave."""
    secret, iv, text = bytes(range(16)), bytes(range(100, 116)), bytes(range(64))
    with primary(tpm, "aes128", SIGN | DECRYPT, data=secret) as (key, _):
        for mode, used in ((TPM2_ALG.CFB, modes.CFB(iv)), (TPM2_ALG.CBC, modes.CBC(iv)),
                           (TPM2_ALG.CTR, modes.CTR(iv)), (TPM2_ALG.OFB, modes.OFB(iv)),
                           (TPM2_ALG.ECB, modes.ECB())):
            start = b"" if mode == TPM2_ALG.ECB else iv
            encryptor = Cipher(algorithms.AES(secret), used).encryptor()
            expected = encryptor.update(text) + encryptor.finalize()
            encrypted, _ = tpm.encrypt_decrypt_2(key, False, mode, start, text)
            assert bytes(encrypted) == expected, mode
            decrypted, _ = tpm.encrypt_decrypt(key, True, mode, start, encrypted)
            assert bytes(decrypted) == text, mode


def hmacs(tpm):
    secret = b"the secret of an HMAC"
    for name, algorithm in (("sha1", TPM2_ALG.SHA1), ("sha256", TPM2_ALG.SHA256),
                            ("sha384", TPM2_ALG.SHA384), ("sha512", TPM2_ALG.SHA512)):
        with primary(tpm, f"hmac:{name}", SIGN, data=secret) as (key, _):
            expected = hmac.digest(secret, MESSAGE * 100, name)
            assert bytes(tpm.hmac(key, MESSAGE * 100, algorithm)) == expected
            sequence = tpm.hmac_start(key, b"sequence", algorithm)
            tpm.tr_set_auth(sequence, b"sequence")
            tpm.sequence_update(sequence, MESSAGE * 60)
            assert bytes(tpm.sequence_complete(sequence, MESSAGE * 40)[0]) == expected


def all_sessions(tpm):
    """Salted or not, bound or not, of every hash and cipher, encrypting in both directions."""
    ciphers_of_sessions = [TPMT_SYM_DEF(algorithm=TPM2_ALG.XOR)]
    for bits in 128, 256:
        ciphers_of_sessions.append(TPMT_SYM_DEF(algorithm=TPM2_ALG.AES))
        ciphers_of_sessions[-1].keyBits.sym, ciphers_of_sessions[-1].mode.sym = bits, TPM2_ALG.CFB
    both = TPMA_SESSION.ENCRYPT | TPMA_SESSION.DECRYPT
    sealed = TPM2B_SENSITIVE_CREATE(TPMS_SENSITIVE_CREATE(data=TPM2B_SENSITIVE_DATA(MESSAGE)))
    template = TPM2B_PUBLIC.parse("keyedhash", TPMA_OBJECT.USERWITHAUTH)
    nothing = ESYS_TR.NONE
    rsa, *_ = tpm.create_primary(None, "rsa2048")
    ecc, *_ = tpm.create_primary(None, "ecc384")
    for algorithm in HASHES:
        ciphers_of_sessions[0].keyBits.exclusiveOr = algorithm
        for symmetric in ciphers_of_sessions:
            for salt, bind in (nothing, nothing), (rsa, nothing), (ecc, rsa), (nothing, ecc):
                with session(tpm, salt=salt, bind=bind, symmetric=symmetric, hash_algorithm=algorithm,
                             attributes=both) as used:
                    private, public, *_ = tpm.create(ecc, sealed, template, session1=used)
                    tpm.trsess_set_attributes(used, TPMA_SESSION.CONTINUESESSION | TPMA_SESSION.DECRYPT)
                    loaded = tpm.load(ecc, private, public, session1=used)
                    tpm.trsess_set_attributes(used, TPMA_SESSION.CONTINUESESSION | TPMA_SESSION.ENCRYPT)
                    assert bytes(tpm.unseal(loaded, session1=used)) == MESSAGE
                    tpm.flush_context(loaded)
    tpm.flush_context(rsa)
    tpm.flush_context(ecc)


def command_audit(tpm):
    """The digest as it is made of the commands, and the list of what is audited."""
    tpm.set_command_code_audit_status(TPM2_ALG.SHA256, TPML_CC(), TPML_CC())
    tpm.set_command_code_audit_status(TPM2_ALG.NULL, TPML_CC([TPM2_CC.StirRandom]), TPML_CC())
    _, listed = tpm.get_capability(TPM2_CAP.AUDIT_COMMANDS, 0, 20)
    assert TPM2_CC.StirRandom in list(listed.data.auditCommands)
    with primary(tpm, "ecc256:ecdsa-sha256:null", SIGN) as (key, public):
        tpm.get_command_audit_digest(key, b"")  # which begins a new digest
        tpm.stir_random(b"stir")
        attest, signature = tpm.get_command_audit_digest(key, b"")
        outside(public).verify(plain(signature), bytes(attest.attestationData), ec.ECDSA(hashes.SHA256()))
        command = hashlib.sha256(bytes.fromhex("00000146") + b"\0\4stir").digest()
        response = hashlib.sha256(bytes.fromhex("00000000" "00000146")).digest()
        expected = hashlib.sha256(bytes(32) + command + response).digest()
        assert expected in bytes(attest.attestationData)
    tpm.set_command_code_audit_status(TPM2_ALG.NULL, TPML_CC(), TPML_CC([TPM2_CC.StirRandom]))


def policies(tpm):
    """Digests of the assertions that the tools do not make."""
    def updated(code, arguments):
        return hashlib.sha256(bytes(32) + code.to_bytes(4, "big") + arguments).digest()

    name, parent = b"\0\x0b" + bytes(32), b"\0\x0b" + b"\1" * 32
    for assertion, expected in (
            (lambda used: tpm.policy_locality(used, 5), updated(TPM2_CC.PolicyLocality, b"\5")),
            (lambda used: tpm.policy_name_hash(used, bytes(32)), updated(TPM2_CC.PolicyNameHash, bytes(32))),
            (lambda used: tpm.policy_duplication_select(used, name, parent, True),
             updated(TPM2_CC.PolicyDuplicationSelect, name + parent + b"\1")),
            (lambda used: tpm.policy_duplication_select(used, name, parent, False),
             updated(TPM2_CC.PolicyDuplicationSelect, parent + b"\0")),
            (tpm.policy_physical_presence, updated(TPM2_CC.PolicyPhysicalPresence, b"")),
            (tpm.policy_password, updated(TPM2_CC.PolicyAuthValue, b""))):
        with session(tpm, TPM2_SE.TRIAL) as used:
            assertion(used)
            assert bytes(tpm.policy_get_digest(used)) == expected


def tests(tpm):
    """Self-tests, and parameters that are supported or not."""
    tpm.self_test(True)
    assert len(tpm.incremental_self_test(TPML_ALG([TPM2_ALG.AES, TPM2_ALG.SHA256]))) == 0
    assert tpm.get_test_result()[1] == 0
    for algorithm in "rsa3072", "ecc521:ecdsa-sha512:null", "aes256cfb", "hmac:sha512":
        tpm.test_parms(parameters_of(algorithm))
    odd = parameters_of("rsa2048")
    odd.parameters.rsaDetail.keyBits = 1000
    with refused(0x1C4):
        tpm.test_parms(odd)


def parameters_of(algorithm):
    attributes = TPMA_OBJECT.USERWITHAUTH | (SIGN if ":" in algorithm else DECRYPT)
    area = TPM2B_PUBLIC.parse(algorithm, attributes).publicArea
    return TPMT_PUBLIC_PARMS(type=area.type, parameters=area.parameters)


def pcr_authorization(tpm):
    """An authValue of PCR 20, asked for by an extend after it."""
    values = TPML_DIGEST_VALUES([TPMT_HA(hashAlg=TPM2_ALG.SHA256, digest=TPMU_HA(sha256=b"\1" * 32))])
    tpm.pcr_set_auth_value(ESYS_TR.PCR20, b"pcr")
    tpm.tr_set_auth(ESYS_TR.PCR20, b"")
    with refused(0x9A2):
        tpm.pcr_extend(ESYS_TR.PCR20, values)
    tpm.tr_set_auth(ESYS_TR.PCR20, b"pcr")
    tpm.pcr_set_auth_value(ESYS_TR.PCR20, b"")


CHECKS = [signatures, schnorr, anonymous, rsa_encryption, key_exchange, ciphers, hmacs, all_sessions,
          command_audit, policies, tests, pcr_authorization]

if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        print(*(each.__name__ for each in CHECKS), sep="\n")
    else:
        with ESAPI(os.environ["TPM2TOOLS_TCTI"]) as connected:
            globals()[sys.argv[1]](connected)
