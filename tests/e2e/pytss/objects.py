# SPDX-License-Identifier: Apache-2.0
"""Objects: made, loaded, moved, kept, and saved. pytss computes credentials and duplicates itself."""

import hashlib

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives import hashes
from tpm2_pytss import (ESYS_TR, TPM2_ALG, TPM2_CC, TPM2_RH, TPM2_SE,
                        TPM2B_PUBLIC, TPM2B_SENSITIVE, TPM2B_TEMPLATE, TPMA_OBJECT,
                        TPMS_CONTEXT, TPMT_SYM_DEF, TPMT_SYM_DEF_OBJECT)
from tpm2_pytss.utils import make_credential, wrap

from client import (DECRYPT, MESSAGE, NO_TICKET, NONE, PASSWORD, RESTRICTED, SIGN, child, digest, flushed, of_command,
                    parent, plain, policy, primary, refused, scheme, sensitive, session, template)

NO_CIPHER = TPMT_SYM_DEF_OBJECT(algorithm=TPM2_ALG.NULL)
STORAGE = RESTRICTED | DECRYPT
SCALAR = 12345  # whose octets are fewer than the curve has
DUPLICATION = of_command(TPM2_CC.Duplicate)


def name_of(public):
    """As anybody computes it."""
    return b"\0\x0b" + hashlib.sha256(public.publicArea.marshal()).digest()


def as_template(public):
    return TPM2B_TEMPLATE(public.publicArea.marshal())


def changed(structure):
    """With its last octet another one."""
    data = bytearray(bytes(structure))
    data[-1] ^= 1
    return type(structure)(bytes(data))


def private_pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption())


def public_pem(key):
    return key.public_key().public_bytes(serialization.Encoding.PEM,
                                         serialization.PublicFormat.SubjectPublicKeyInfo)


def names(tpm):
    """And qualified Names, down from the hierarchy."""
    with parent(tpm) as above, child(tpm, above, "ecc256:ecdsa-sha256:null", SIGN) as (key, _, made):
        public, name, qualified = tpm.read_public(key)
        assert public.marshal() == made.marshal() and bytes(name) == name_of(public)
        storage_public, _, storage_name = tpm.read_public(above)
        of_parent = b"\0\x0b" + hashlib.sha256(TPM2_RH.OWNER.to_bytes(4, "big") + name_of(storage_public)).digest()
        assert bytes(storage_name) == of_parent
        assert bytes(qualified) == b"\0\x0b" + hashlib.sha256(of_parent + bytes(name)).digest()


def creation(tpm):
    """Refused templates and parents."""
    with parent(tpm) as above, primary(tpm, "ecc256:null:null", SIGN) as (signer, _):
        signing = template("ecc256:null:null", SIGN)
        for make, form in (tpm.create, lambda area: area), (tpm.create_loaded, as_template):
            with refused("TYPE h1"):
                make(signer, sensitive(), form(signing))
            with refused("ATTRIBUTES p2"):
                make(above, sensitive(), form(template("ecc256:null:null", RESTRICTED | SIGN | DECRYPT)))
            with refused("ATTRIBUTES p2"):
                make(above, sensitive(MESSAGE), form(template("keyedhash", TPMA_OBJECT.SENSITIVEDATAORIGIN)))
            with refused("SCHEME p2"):
                make(above, sensitive(), form(template("ecc256:null:null", RESTRICTED | SIGN)))
        with refused("VALUE h1"):
            tpm.create_primary(None, "ecc256", ESYS_TR.LOCKOUT)
        private, public, *_ = tpm.create(above, sensitive(), signing)
        with refused("TYPE h1"):
            tpm.load(signer, private, public)
        with refused("INTEGRITY p1"):
            tpm.load(above, changed(private), public)
        _, other, *_ = tpm.create(above, sensitive(), signing)
        with refused("INTEGRITY p1"):
            tpm.load(above, private, other)
    handle, private, public = tpm.create_loaded(ESYS_TR.OWNER, sensitive(), as_template(signing))
    with flushed(tpm, handle):
        assert bytes(tpm.tr_get_name(handle)) == name_of(public) and not bytes(private)


def external_keys(tpm):
    """Python's, public parts alone and whole; what does not belong together."""
    for key, scheme_used in ((rsa.generate_private_key(65537, 2048), scheme(TPM2_ALG.RSASSA, TPM2_ALG.SHA256)),
                             (ec.derive_private_key(SCALAR, ec.SECP384R1()), scheme(TPM2_ALG.ECDSA, TPM2_ALG.SHA256))):
        area = TPM2B_PUBLIC.from_pem(public_pem(key), objectAttributes=SIGN | TPMA_OBJECT.USERWITHAUTH)
        secret = TPM2B_SENSITIVE.from_pem(private_pem(key))
        with flushed(tpm, tpm.load_external(area, secret)) as whole, \
                flushed(tpm, tpm.load_external(area, hierarchy=ESYS_TR.OWNER)) as half:
            signature = tpm.sign(whole, digest(TPM2_ALG.SHA256), scheme_used, NO_TICKET)
            ticket = tpm.verify_signature(half, digest(TPM2_ALG.SHA256), signature)
            assert ticket.hierarchy == TPM2_RH.OWNER and len(bytes(ticket.digest)) > 0
            with refused("AUTH_UNAVAILABLE"):
                tpm.sign(half, digest(TPM2_ALG.SHA256), scheme_used, NO_TICKET)
        with refused("HIERARCHY p3"):
            tpm.load_external(area, secret, ESYS_TR.OWNER)
        area.publicArea.objectAttributes |= TPMA_OBJECT.FIXEDTPM
        with refused("ATTRIBUTES p2"):
            tpm.load_external(area, secret)
    one, other = (ec.derive_private_key(2**255 + each, ec.SECP256R1()) for each in (11, 12))
    area = TPM2B_PUBLIC.from_pem(public_pem(one), objectAttributes=SIGN | TPMA_OBJECT.USERWITHAUTH)
    with refused("BINDING"):
        tpm.load_external(area, TPM2B_SENSITIVE.from_pem(private_pem(other)))
    area.publicArea.unique.ecc.x = bytes(32)
    with refused("ECC_POINT p2"):
        tpm.load_external(area)


def credentials(tpm):
    """By the TPM and by pytss; for another object, changed, or for no storage key."""
    for algorithm in "rsa2048", "ecc256", "ecc384":
        with parent(tpm, algorithm) as above, child(tpm, above, "ecc256:null:null", SIGN) as (key, _, public):
            storage, *_ = tpm.read_public(above)
            name = tpm.tr_get_name(key)
            blob, secret = tpm.make_credential(above, MESSAGE, name)
            assert bytes(tpm.activate_credential(key, above, blob, secret)) == MESSAGE
            made, sealed = make_credential(storage, MESSAGE, name)
            assert bytes(tpm.activate_credential(key, above, made, sealed)) == MESSAGE
            with refused("INTEGRITY p1"):
                tpm.activate_credential(key, above, changed(blob), secret)
            with refused("INTEGRITY p1"):
                tpm.activate_credential(above, above, blob, secret)
            with refused("TYPE h2"):
                tpm.activate_credential(above, key, blob, secret, session2=PASSWORD)
            with refused("TYPE h1"):
                tpm.make_credential(key, MESSAGE, name)
            with refused("SIZE p1"):
                tpm.make_credential(above, bytes(49), name)


def authorization_values(tpm):
    """Changed, where the parent is the object's own."""
    with parent(tpm) as above, parent(tpm, "ecc384") as other, \
            child(tpm, above, "keyedhash", data=MESSAGE) as (item, _, public):
        with refused("TYPE h2"):
            tpm.object_change_auth(item, other, b"new")
        with refused("SIZE p1"):
            tpm.object_change_auth(item, above, b"n" * 33)
        private = tpm.object_change_auth(item, above, b"new")
        assert bytes(tpm.unseal(item)) == MESSAGE
    with parent(tpm) as above, flushed(tpm, tpm.load(above, private, public)) as item:
        tpm.tr_set_auth(item, b"key")
        with refused("AUTH_FAIL s1"):
            tpm.unseal(item)
        tpm.tr_set_auth(item, b"new")
        assert bytes(tpm.unseal(item)) == MESSAGE
        with refused("TYPE h1"):
            tpm.unseal(above)
    tpm.dictionary_attack_lock_reset()


def duplicates(tpm):
    """Out of the TPM and into it, wrapped by the TPM and by pytss, from one parent to the next."""
    aes = TPMT_SYM_DEF_OBJECT(algorithm=TPM2_ALG.AES)
    aes.keyBits.sym, aes.mode.sym = 128, TPM2_ALG.CFB
    with parent(tpm) as above, parent(tpm, "rsa2048") as other:
        with child(tpm, above, "ecc256:null:null", SIGN, policy=policy(DUPLICATION)) as (key, _, public):
            with refused("AUTH_TYPE"):
                tpm.duplicate(key, other, b"", NO_CIPHER, session1=PASSWORD)
            with session(tpm, TPM2_SE.POLICY) as used:
                with refused("POLICY_FAIL s1"):
                    tpm.duplicate(key, other, b"", NO_CIPHER, session1=used)
                tpm.policy_command_code(used, TPM2_CC.Duplicate)
                with refused("SIZE p1"):
                    tpm.duplicate(key, other, bytes(15), aes, session1=used)
                inner, duplicate, seed = tpm.duplicate(key, other, b"", aes, session1=used)
            with session(tpm, TPM2_SE.POLICY) as used:
                tpm.policy_command_code(used, TPM2_CC.Duplicate)
                _, bare, no_seed = tpm.duplicate(key, ESYS_TR.NULL, b"", NO_CIPHER, session1=used)
            name = tpm.tr_get_name(key)
        private = tpm.import_(other, bytes(inner), public, duplicate, seed, aes)
        with flushed(tpm, tpm.load(other, private, public)) as moved:
            assert bytes(tpm.tr_get_name(moved)) == bytes(name)
        with refused("INTEGRITY p3"):
            tpm.import_(other, bytes(inner), public, changed(duplicate), seed, aes)
        with refused("SIZE p1"):
            tpm.import_(other, b"short", public, duplicate, seed, aes)
        rewrapped, next_seed = tpm.rewrap(other, above, duplicate, name, seed)
        private = tpm.import_(above, bytes(inner), public, rewrapped, next_seed, aes)
        tpm.flush_context(tpm.load(above, private, public))
        with refused("INTEGRITY p1"):
            tpm.rewrap(other, above, changed(duplicate), name, seed)
        with refused("TYPE h1"), primary(tpm, "ecc256:null:null", SIGN) as (signer, _):
            tpm.rewrap(signer, above, duplicate, name, seed)
        private = tpm.import_(above, b"", public, bare, no_seed, NO_CIPHER)
        tpm.flush_context(tpm.load(above, private, public))
        mine = ec.derive_private_key(13, ec.SECP256R1())
        area = TPM2B_PUBLIC.from_pem(public_pem(mine), objectAttributes=SIGN | TPMA_OBJECT.USERWITHAUTH)
        storage, *_ = tpm.read_public(above)
        _, duplicate, seed = wrap(storage.publicArea, area, TPM2B_SENSITIVE.from_pem(private_pem(mine)))
        private = tpm.import_(above, b"", area, duplicate, seed, NO_CIPHER)
        with flushed(tpm, tpm.load(above, private, area)) as key:
            signature = tpm.sign(key, digest(TPM2_ALG.SHA256), scheme(TPM2_ALG.ECDSA, TPM2_ALG.SHA256), NO_TICKET)
            mine.public_key().verify(plain(signature), MESSAGE, ec.ECDSA(hashes.SHA256()))
        area.publicArea.objectAttributes |= TPMA_OBJECT.FIXEDPARENT
        with refused("ATTRIBUTES p2"):
            tpm.import_(above, b"", area, duplicate, seed, NO_CIPHER)


def fixed_objects(tpm):
    """What may not leave."""
    fixed = TPMA_OBJECT.FIXEDPARENT | TPMA_OBJECT.FIXEDTPM
    with parent(tpm) as above, child(tpm, above, "ecc256:null:null", SIGN | fixed,
                                     policy=policy(DUPLICATION)) as (key, *_):
        with session(tpm, TPM2_SE.POLICY) as used:
            tpm.policy_command_code(used, TPM2_CC.Duplicate)
            with refused("ATTRIBUTES h1"):
                tpm.duplicate(key, above, b"", NO_CIPHER, session1=used)


def selected_parents(tpm):
    """A duplicate for one new parent and for no other, of any object or of this one."""
    with parent(tpm, "ecc384") as chosen:
        name = bytes(tpm.tr_get_name(chosen))
        for include in False, True:
            with parent(tpm) as above:
                private, public, *_ = tpm.create(above, sensitive(), template("ecc256:null:null", SIGN, policy=policy(
                    (TPM2_CC.PolicyDuplicationSelect, name + b"\0"))))
                with flushed(tpm, tpm.load(above, private, public)) as key, session(tpm, TPM2_SE.POLICY) as used:
                    tpm.policy_duplication_select(used, tpm.tr_get_name(key), name, include)
                    if include:  # which is another policy
                        with refused("POLICY_FAIL s1"):
                            tpm.duplicate(key, chosen, b"", NO_CIPHER, session1=used)
                    else:
                        with refused("POLICY_FAIL s1"):
                            tpm.duplicate(key, above, b"", NO_CIPHER, session1=used)
                        tpm.duplicate(key, chosen, b"", NO_CIPHER, session1=used)


def persistence(tpm):
    """Made persistent, used, and gone again."""
    with parent(tpm) as above:
        with refused("RANGE p1"):
            tpm.evict_control(ESYS_TR.OWNER, above, 0x81800000)
        with refused("HIERARCHY h2"):
            tpm.evict_control(ESYS_TR.PLATFORM, above, 0x81000100)
        kept = tpm.evict_control(ESYS_TR.OWNER, above, 0x81000100)
        with refused("NV_DEFINED"):
            tpm.evict_control(ESYS_TR.OWNER, above, 0x81000100)
        assert bytes(tpm.tr_get_name(kept)) == bytes(tpm.tr_get_name(above))
    with refused("VALUE h1"):
        tpm.context_save(kept)
    tpm.create(kept, sensitive(), template("ecc256:null:null", SIGN))
    tpm.evict_control(ESYS_TR.OWNER, kept, 0x81000100)
    with refused("HANDLE h1"):
        tpm.tr_from_tpmpublic(0x81000100)


def contexts(tpm):
    """Of objects, sequences and sessions; changed, repeated, replayed."""
    with parent(tpm) as above, child(tpm, above, "keyedhash", data=MESSAGE) as (item, *_):
        saved = tpm.context_save(item)
        with flushed(tpm, tpm.context_load(saved)) as loaded:
            tpm.tr_set_auth(loaded, b"key")
            assert bytes(tpm.unseal(loaded)) == MESSAGE
        tpm.flush_context(tpm.context_load(saved))
    damaged = bytearray(saved.marshal())
    damaged[60] ^= 1  # behind the header, before what the client keeps with it
    with refused("INTEGRITY p1"):
        tpm.context_load(TPMS_CONTEXT.unmarshal(bytes(damaged))[0])
    sequence = tpm.hash_sequence_start(b"", TPM2_ALG.SHA256)
    tpm.sequence_update(sequence, MESSAGE)
    saved = tpm.context_save(sequence)
    tpm.sequence_update(sequence, MESSAGE)
    assert bytes(tpm.sequence_complete(sequence, b"")[0]) == hashlib.sha256(MESSAGE * 2).digest()
    sequence = tpm.context_load(saved)
    assert bytes(tpm.sequence_complete(sequence, b"")[0]) == hashlib.sha256(MESSAGE).digest()
    used = tpm.start_auth_session(NONE, NONE, TPM2_SE.POLICY, TPMT_SYM_DEF(algorithm=TPM2_ALG.NULL), TPM2_ALG.SHA256)
    tpm.policy_command_code(used, TPM2_CC.Unseal)
    saved = tpm.context_save(used)
    used = tpm.context_load(saved)
    assert bytes(tpm.policy_get_digest(used)) == policy(of_command(TPM2_CC.Unseal))
    tpm.flush_context(used)
    with refused("HANDLE p1"):
        tpm.context_load(saved)


OBJECTS = [names, creation, external_keys, credentials, authorization_values, duplicates, fixed_objects,
           selected_parents, persistence, contexts]
