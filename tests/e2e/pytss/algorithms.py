# SPDX-License-Identifier: Apache-2.0
"""What keys do, compared with what Python's cryptography computes."""

import hmac

from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from tpm2_pytss import (ESYS_TR, TPM2_ALG, TPM2_ECC, TPM2_RH, TPM2B_ECC_POINT, TPMA_SESSION,
                        TPMS_ECC_POINT, TPMT_RSA_DECRYPT, TPMT_SIG_SCHEME, TPMT_SYM_DEF)

from client import (CONTINUE, DECRYPT, HASHES, MESSAGE, NO_TICKET, NONE, RESTRICTED, SIGN, digest,
                    flushed, outside, parent, plain, primary, refused, scheme, sensitive, session, template,
                    x_of)


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
                with refused("SIGNATURE p2"):
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
        with refused("SIGNATURE p2"):
            tpm.verify_signature(key, digest(TPM2_ALG.SHA256, b"other"), signature)


def anonymous(tpm):
    """ECDAA: a commitment, used once."""
    with primary(tpm, "ecc256:ecdaa4-sha256:null", SIGN) as (key, _):
        *_, counter = tpm.commit(key, TPM2B_ECC_POINT(), b"", b"")
        how = TPMT_SIG_SCHEME(scheme=TPM2_ALG.ECDAA)
        how.details.ecdaa.hashAlg, how.details.ecdaa.count = TPM2_ALG.SHA256, counter
        tpm.sign(key, digest(TPM2_ALG.SHA256), how, NO_TICKET)
        with refused("VALUE p2", "VALUE"):
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
        with refused("VALUE p4"):
            tpm.zgen_2_phase(key, point, point, TPM2_ALG.ECDH, counter)
        elsewhere = TPM2B_ECC_POINT(TPMS_ECC_POINT(x=b"\1" * 32, y=b"\1" * 32))
        with refused("ECC_POINT p1"):
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
    sealed, data_template = sensitive(MESSAGE, b""), template("keyedhash", 0, MESSAGE)
    both = TPMA_SESSION.ENCRYPT | TPMA_SESSION.DECRYPT
    with parent(tpm, "rsa2048") as rsa, parent(tpm, "ecc384") as ecc:
        for algorithm in HASHES:
            ciphers_of_sessions[0].keyBits.exclusiveOr = algorithm
            for symmetric in ciphers_of_sessions:
                for salt, bind in (NONE, NONE), (rsa, NONE), (ecc, rsa), (NONE, ecc):
                    with session(tpm, salt=salt, bind=bind, symmetric=symmetric, hash_algorithm=algorithm,
                                 attributes=both) as used:
                        private, public, *_ = tpm.create(ecc, sealed, data_template, session1=used)
                        tpm.trsess_set_attributes(used, CONTINUE | TPMA_SESSION.DECRYPT)
                        loaded = tpm.load(ecc, private, public, session1=used)
                        tpm.trsess_set_attributes(used, CONTINUE | TPMA_SESSION.ENCRYPT)
                        assert bytes(tpm.unseal(loaded, session1=used)) == MESSAGE
                        tpm.flush_context(loaded)


def hashes_of_data(tpm):
    """In one command and in sequences; the ticket is for what does not look like the TPM's own."""
    for algorithm in HASHES:
        made, ticket = tpm.hash(MESSAGE, algorithm)
        assert bytes(made) == digest(algorithm) and len(ticket.digest) > 0
        sequence = tpm.hash_sequence_start(b"sequence", algorithm)
        tpm.tr_set_auth(sequence, b"sequence")
        tpm.sequence_update(sequence, MESSAGE * 100)
        made, ticket = tpm.sequence_complete(sequence, MESSAGE, ESYS_TR.NULL)
        assert bytes(made) == digest(algorithm, MESSAGE * 101) and len(ticket.digest) == 0
    _, ticket = tpm.hash(b"\xffTCG" + MESSAGE, TPM2_ALG.SHA256)
    assert ticket.hierarchy == TPM2_RH.NULL
    with refused("HASH p2"):
        tpm.hash(MESSAGE, TPM2_ALG.NULL)
    with refused("HASH p2"):
        tpm.hash_sequence_start(b"", TPM2_ALG.AES)


def sequences(tpm):
    """What is no sequence, or not that one."""
    with primary(tpm, "hmac:sha256", SIGN, data=b"secret") as (key, _):
        with refused("MODE h1", "MODE p1"):
            tpm.sequence_update(key, MESSAGE)
        with refused("MODE h1"):
            tpm.sequence_complete(key, MESSAGE)
        with refused("MODE h2"):
            tpm.event_sequence_complete(ESYS_TR.PCR16, key, MESSAGE)
    tpm.pcr_reset(ESYS_TR.PCR16)
    events = tpm.hash_sequence_start(b"sequence", TPM2_ALG.NULL)
    tpm.tr_set_auth(events, b"sequence")
    tpm.sequence_update(events, MESSAGE)
    with refused("MODE h1"):
        tpm.sequence_complete(events, MESSAGE)
    made = {each.hashAlg: bytes(each) for each in tpm.event_sequence_complete(ESYS_TR.PCR16, events, MESSAGE)}
    for algorithm, value in made.items():
        assert value == digest(algorithm, MESSAGE * 2)
    assert TPM2_ALG.SHA256 in made
    hashing = tpm.hash_sequence_start(b"", TPM2_ALG.SHA256)
    with flushed(tpm, hashing):
        tpm.tr_set_auth(hashing, b"wrong")
        with refused("BAD_AUTH s1"):
            tpm.sequence_update(hashing, MESSAGE)
        tpm.tr_set_auth(hashing, b"")
        with refused("MODE h2"):
            tpm.event_sequence_complete(ESYS_TR.PCR16, hashing, MESSAGE)
        with refused("SEQUENCE"):
            tpm.read_public(hashing)


def refused_keys(tpm):
    """A key of another kind, use or scheme than the command wants; arguments that it does not take."""
    none, es = TPMT_RSA_DECRYPT(scheme=TPM2_ALG.NULL), TPMT_RSA_DECRYPT(scheme=TPM2_ALG.RSAES)
    rsassa, ecdsa = scheme(TPM2_ALG.RSASSA, TPM2_ALG.SHA256), scheme(TPM2_ALG.ECDSA, TPM2_ALG.SHA256)
    no_scheme, no_point = scheme(TPM2_ALG.NULL, 0), TPM2B_ECC_POINT()
    point = TPM2B_ECC_POINT(TPMS_ECC_POINT(x=b"\1" * 32, y=b"\1" * 32))
    with primary(tpm, "rsa2048:null:null", SIGN) as (key, _):
        signed = tpm.sign(key, digest(TPM2_ALG.SHA256), rsassa, NO_TICKET)
    kinds = (
        ("rsa2048:null:null", SIGN,
         ("ATTRIBUTES h1", lambda key: tpm.rsa_decrypt(key, bytes(256), es)),
         ("SCHEME p2", lambda key: tpm.sign(key, bytes(32), no_scheme, NO_TICKET)),
         ("SCHEME p2", lambda key: tpm.sign(key, bytes(32), ecdsa, NO_TICKET)),
         ("SIZE p1", lambda key: tpm.sign(key, bytes(20), rsassa, NO_TICKET)),
         ("KEY h1", lambda key: tpm.commit(key, no_point, b"", b""))),
        ("rsa2048:null:null", DECRYPT,
         ("SIZE p1", lambda key: tpm.rsa_decrypt(key, bytes(255), es), "SIZE"),
         ("VALUE p1", lambda key: tpm.rsa_decrypt(key, bytes(256), es), "FAILURE"),
         ("VALUE p1", lambda key: tpm.rsa_encrypt(key, bytes(246), es), "FAILURE"),
         ("VALUE p1", lambda key: tpm.rsa_encrypt(key, b"\xff" * 256, none), "FAILURE"),
         ("VALUE p3", lambda key: tpm.rsa_encrypt(key, MESSAGE, oaep(TPM2_ALG.SHA256), b"unterminated")),
         ("VALUE p3", lambda key: tpm.rsa_decrypt(key, bytes(256), oaep(TPM2_ALG.SHA256), b"unterminated")),
         ("KEY h1", tpm.ecdh_key_gen),
         ("KEY h1", lambda key: tpm.ecdh_zgen(key, point)),
         ("KEY h1", lambda key: tpm.zgen_2_phase(key, point, point, TPM2_ALG.ECDH, 0)),
         ("KEY h1", lambda key: tpm.encrypt_decrypt(key, False, TPM2_ALG.CFB, bytes(16), MESSAGE)),
         ("KEY h1", lambda key: tpm.encrypt_decrypt_2(key, False, TPM2_ALG.CFB, bytes(16), MESSAGE)),
         ("TYPE h1", lambda key: tpm.hmac(key, MESSAGE, TPM2_ALG.SHA256)),
         ("TYPE h1", lambda key: tpm.hmac_start(key, b"", TPM2_ALG.SHA256)),
         ("KEY h1", lambda key: tpm.sign(key, bytes(32), rsassa, NO_TICKET)),
         ("ATTRIBUTES h1", lambda key: tpm.verify_signature(key, digest(TPM2_ALG.SHA256), signed))),
        ("ecc256:null:null", SIGN,
         ("KEY h1", lambda key: tpm.rsa_encrypt(key, MESSAGE, es)),
         ("KEY h1", lambda key: tpm.rsa_decrypt(key, bytes(256), es)),
         ("ATTRIBUTES h1", lambda key: tpm.ecdh_zgen(key, point)),
         ("ATTRIBUTES h1", lambda key: tpm.zgen_2_phase(key, point, point, TPM2_ALG.ECDH, 0)),
         ("SCHEME p2", lambda key: tpm.verify_signature(key, digest(TPM2_ALG.SHA256), signed)),
         ("SCHEME h1", lambda key: tpm.commit(key, no_point, b"", b""))),
        ("aes128cfb", SIGN | DECRYPT,
         ("MODE p2", lambda key: tpm.encrypt_decrypt(key, False, TPM2_ALG.CBC, bytes(16), MESSAGE)),
         ("SIZE p3", lambda key: tpm.encrypt_decrypt(key, False, TPM2_ALG.NULL, bytes(15), MESSAGE)),
         ("MODE p3", lambda key: tpm.encrypt_decrypt_2(key, False, TPM2_ALG.CBC, bytes(16), MESSAGE)),
         ("SIZE p4", lambda key: tpm.encrypt_decrypt_2(key, False, TPM2_ALG.NULL, bytes(15), MESSAGE)),
         ("SCHEME p2", lambda key: tpm.sign(key, bytes(32), rsassa, NO_TICKET), "KEY h1")),
        ("hmac:sha256", SIGN,
         ("VALUE p2", lambda key: tpm.hmac(key, MESSAGE, TPM2_ALG.SHA1)),
         ("VALUE p2", lambda key: tpm.hmac_start(key, b"", TPM2_ALG.SHA1))),
        ("hmac:sha256", SIGN | RESTRICTED,
         ("ATTRIBUTES h1", lambda key: tpm.hmac(key, MESSAGE, TPM2_ALG.SHA256)),
         ("ATTRIBUTES h1", lambda key: tpm.hmac_start(key, b"", TPM2_ALG.SHA256))),
        ("xor:sha256", DECRYPT,
         ("KEY h1", lambda key: tpm.hmac(key, MESSAGE, TPM2_ALG.SHA256)),
         ("KEY h1", lambda key: tpm.hmac_start(key, b"", TPM2_ALG.SHA256))),
        ("ecc256:ecdsa-sha256:null", SIGN | RESTRICTED,
         ("TICKET p3", lambda key: tpm.sign(key, bytes(32), no_scheme, NO_TICKET))),
        ("ecc256:ecdaa4-sha256:null", SIGN,
         ("SIZE p3", lambda key: tpm.commit(key, no_point, MESSAGE, b""))))
    for algorithm, use, *calls in kinds:
        with primary(tpm, algorithm, use) as (key, _):
            for code, call, *reference in calls:
                with refused(code, *reference):
                    call(key)


def oaep(algorithm):
    result = TPMT_RSA_DECRYPT(scheme=TPM2_ALG.OAEP)
    result.details.oaep.hashAlg = algorithm
    return result


def curves(tpm):
    """Their generators are points of theirs, of the order that they say."""
    for curve, used in ((TPM2_ECC.NIST_P224, ec.SECP224R1()), (TPM2_ECC.NIST_P256, ec.SECP256R1()),
                        (TPM2_ECC.NIST_P384, ec.SECP384R1()), (TPM2_ECC.NIST_P521, ec.SECP521R1())):
        parameters = tpm.ecc_parameters(curve)
        prime, a, b, x, y, order = (int.from_bytes(bytes(getattr(parameters, each)), "big")
                                    for each in ("p", "a", "b", "gX", "gY", "n"))
        assert (y * y - x**3 - a * x - b) % prime == 0 and parameters.keySize == used.key_size
        assert ec.EllipticCurvePublicNumbers(x, y, used).public_key()
        assert ec.derive_private_key(order - 1, used).public_key().public_numbers().x == x
    with refused("CURVE p1"):
        tpm.ecc_parameters(TPM2_ECC.NONE)
    with refused("CURVE p1"):
        tpm.ec_ephemeral(TPM2_ECC.NONE)


ALGORITHMS = [signatures, schnorr, anonymous, rsa_encryption, key_exchange, ciphers, hmacs, all_sessions,
              hashes_of_data, sequences, refused_keys, curves]
