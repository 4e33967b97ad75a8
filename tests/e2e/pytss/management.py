# SPDX-License-Identifier: Apache-2.0
"""The TPM itself: starting, testing, hierarchies, lockout, clock, PCRs, audit."""

import hashlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from tpm2_pytss import (ESYS_TR, TPM2_ALG, TPM2_CAP, TPM2_CC, TPM2_CLOCK_ADJUST, TPM2_SE, TPM2_SU, TPM2B_PUBLIC,
                        TPMA_OBJECT, TPML_ALG, TPML_CC, TPML_DIGEST_VALUES, TPML_PCR_SELECTION, TPMT_HA,
                        TPMT_PUBLIC_PARMS, TPMT_SYM_DEF, TPMU_HA)

from client import (DECRYPT, MESSAGE, NONE, PASSWORD, SIGN, flushed, outside, plain, primary, refused, two_audits)

OWNER, PLATFORM, LOCKOUT = ESYS_TR.OWNER, ESYS_TR.PLATFORM, ESYS_TR.LOCKOUT


def starting(tpm):
    """Again, which the client takes for none; shutting down, which may be repeated."""
    tpm.startup(TPM2_SU.CLEAR)
    tpm.shutdown(TPM2_SU.STATE)
    tpm.shutdown(TPM2_SU.CLEAR)
    with two_audits(tpm) as sessions:
        tpm.shutdown(TPM2_SU.CLEAR, **sessions)


def tests(tpm):
    """Self-tests, and parameters that are supported or not."""
    tpm.self_test(True)
    assert len(tpm.incremental_self_test(TPML_ALG([TPM2_ALG.AES, TPM2_ALG.SHA256]))) == 0
    assert tpm.get_test_result()[1] == 0
    for algorithm in "rsa3072", "ecc521:ecdsa-sha512:null", "aes256cfb", "hmac:sha512":
        tpm.test_parms(parameters_of(algorithm))
    odd = parameters_of("rsa2048")
    odd.parameters.rsaDetail.keyBits = 1000
    with refused("VALUE p1"):
        tpm.test_parms(odd)
    for call in (lambda **sessions: tpm.self_test(False, **sessions), tpm.get_test_result, tpm.read_clock,
                 lambda **sessions: tpm.incremental_self_test(TPML_ALG([TPM2_ALG.AES]), **sessions),
                 lambda **sessions: tpm.stir_random(MESSAGE, **sessions),
                 lambda **sessions: tpm.get_random(8, **sessions),
                 lambda **sessions: tpm.pcr_read(TPML_PCR_SELECTION.parse("sha256:1"), **sessions)):
        with two_audits(tpm) as sessions:
            call(**sessions)


def parameters_of(algorithm):
    attributes = TPMA_OBJECT.USERWITHAUTH | (SIGN if ":" in algorithm else DECRYPT)
    area = TPM2B_PUBLIC.parse(algorithm, attributes).publicArea
    return TPMT_PUBLIC_PARMS(type=area.type, parameters=area.parameters)


def capabilities(tpm):
    """Commands, in order; what is no capability or property."""
    more, listed = tpm.get_capability(TPM2_CAP.COMMANDS, 0, 1000)
    codes = [int(each) & 0xFFFF for each in listed.data.command]
    assert not more and codes == sorted(codes) and TPM2_CC.CreatePrimary in codes
    with refused("VALUE p1"):
        tpm.get_capability(TPM2_CAP.VENDOR_PROPERTY, 0, 1)


def randomness(tpm):
    """As many octets as asked for, up to the largest digest."""
    first, second = (bytes(tpm.get_random(32)) for _ in range(2))
    assert first != second and len(first) == 32
    tpm.stir_random(bytes(128))
    assert 0 < len(bytes(tpm.get_random(1000))) < 1000


def hierarchies(tpm):
    """AuthValues and policies, enabled and disabled, seeds that change."""
    for hierarchy in OWNER, ESYS_TR.ENDORSEMENT, PLATFORM, LOCKOUT:
        tpm.hierarchy_change_auth(hierarchy, b"new")
        tpm.tr_set_auth(hierarchy, b"")
        with refused("AUTH_FAIL s1" if hierarchy == LOCKOUT else "BAD_AUTH s1"):
            tpm.hierarchy_change_auth(hierarchy, b"")
        tpm.tr_set_auth(hierarchy, b"new")
        if hierarchy == LOCKOUT:
            with refused("LOCKOUT"):
                tpm.hierarchy_change_auth(hierarchy, b"")
            tpm.clear(PLATFORM)  # which takes the authValue away
            tpm.tr_set_auth(hierarchy, b"")
        else:
            tpm.hierarchy_change_auth(hierarchy, b"")
            tpm.tr_set_auth(hierarchy, b"")
    with refused("SIZE p1"):
        tpm.set_primary_policy(OWNER, bytes(31), TPM2_ALG.SHA256)
    tpm.hierarchy_control(PLATFORM, ESYS_TR.OWNER, False)
    with refused("HIERARCHY h1"):
        tpm.create_primary(None, "ecc256")
    tpm.hierarchy_control(PLATFORM, ESYS_TR.OWNER, True)
    with refused("AUTH_TYPE"):
        tpm.hierarchy_control(OWNER, ESYS_TR.PLATFORM, False)


def seeds(tpm):
    """New ones: other primary keys."""
    def name(hierarchy):
        handle, *_ = tpm.create_primary(None, "ecc256", hierarchy)
        with flushed(tpm, handle):
            return bytes(tpm.tr_get_name(handle))

    for hierarchy, change in ((ESYS_TR.ENDORSEMENT, tpm.change_eps), (PLATFORM, tpm.change_pps)):
        before = name(hierarchy)
        assert before == name(hierarchy)
        change()
        assert before != name(hierarchy)
        tpm.tr_set_auth(PLATFORM, b"wrong")
        with refused("BAD_AUTH s1"):
            change()
        tpm.tr_set_auth(PLATFORM, b"")
    before = name(OWNER)
    tpm.clear_control(LOCKOUT, True)
    with refused("DISABLED"):
        tpm.clear(LOCKOUT)
    with refused("AUTH_FAIL"):
        tpm.clear_control(LOCKOUT, False)
    tpm.clear_control(PLATFORM, False)
    tpm.clear(PLATFORM)
    assert before != name(OWNER)


def lockout(tpm):
    """Failures are counted, then nothing that they protect is usable, until the reset."""
    tpm.dictionary_attack_parameters(2, 1000, 1000)
    with primary(tpm, "keyedhash", 0, MESSAGE) as (item, _):
        tpm.tr_set_auth(item, b"wrong")
        for _ in range(2):
            with refused("AUTH_FAIL s1"):
                tpm.unseal(item)
        tpm.tr_set_auth(item, b"key")
        with refused("LOCKOUT"):
            tpm.unseal(item)
        tpm.dictionary_attack_lock_reset()
        assert bytes(tpm.unseal(item)) == MESSAGE
    tpm.dictionary_attack_parameters(32, 7200, 86400)
    tpm.tr_set_auth(LOCKOUT, b"wrong")
    with refused("AUTH_FAIL s1"):
        tpm.dictionary_attack_parameters(32, 7200, 86400)
    tpm.tr_set_auth(LOCKOUT, b"")
    with refused("LOCKOUT"):
        tpm.dictionary_attack_lock_reset()
    tpm.clear(PLATFORM)


def clock(tpm):
    """Which goes forward only, and at a rate within bounds."""
    now = tpm.read_clock().clockInfo.clock
    tpm.clock_set(now + 100000)
    assert tpm.read_clock().clockInfo.clock >= now + 100000
    with refused("VALUE p1"):
        tpm.clock_set(now)
    with refused("VALUE p1"):
        tpm.clock_set(0xFFFF000000000001)
    tpm.clock_rate_adjust(TPM2_CLOCK_ADJUST.MEDIUM_SLOWER)
    tpm.clock_rate_adjust(TPM2_CLOCK_ADJUST.MEDIUM_FASTER)
    tpm.tr_set_auth(OWNER, b"wrong")
    with refused("BAD_AUTH s1"):
        tpm.clock_rate_adjust(TPM2_CLOCK_ADJUST.NO_CHANGE)
    tpm.tr_set_auth(OWNER, b"")


def presence(tpm):
    """What would need physical presence, and there is none to say so."""
    with refused("PP s1"):
        tpm.pp_commands(TPML_CC(), TPML_CC(), session1=PASSWORD)


def algorithm_set(tpm):
    """There is one."""
    tpm.set_algorithm_set(0)
    tpm.tr_set_auth(PLATFORM, b"wrong")
    with refused("BAD_AUTH s1"):
        tpm.set_algorithm_set(0)
    tpm.tr_set_auth(PLATFORM, b"")


def pcrs(tpm):
    """Extended, and by the data of an event; allocated; reset where the locality may."""
    zero = bytes(32)
    selection = TPML_PCR_SELECTION.parse("sha256:16")
    tpm.pcr_reset(ESYS_TR.PCR16)
    extended = TPML_DIGEST_VALUES([TPMT_HA(hashAlg=TPM2_ALG.SHA256, digest=TPMU_HA(sha256=b"\1" * 32))])
    tpm.pcr_extend(ESYS_TR.PCR16, extended)
    value = hashlib.sha256(zero + b"\1" * 32).digest()
    assert bytes(tpm.pcr_read(selection)[2][0]) == value
    events = {each.hashAlg: bytes(each) for each in tpm.pcr_event(ESYS_TR.PCR16, MESSAGE)}
    assert events[TPM2_ALG.SHA256] == hashlib.sha256(MESSAGE).digest()
    value = hashlib.sha256(value + hashlib.sha256(MESSAGE).digest()).digest()
    assert bytes(tpm.pcr_read(selection)[2][0]) == value
    for call in (lambda: tpm.pcr_reset(ESYS_TR.PCR0), lambda: tpm.pcr_extend(ESYS_TR.PCR17, extended),
                 lambda: tpm.pcr_event(ESYS_TR.PCR17, MESSAGE)):
        with refused("LOCALITY"):
            call()
    good, *_ = tpm.pcr_allocate(TPML_PCR_SELECTION.parse("sha256:all"))
    assert good
    tpm.tr_set_auth(PLATFORM, b"wrong")
    with refused("BAD_AUTH s1"):
        tpm.pcr_allocate(TPML_PCR_SELECTION.parse("sha256:all"))
    tpm.tr_set_auth(PLATFORM, b"")


def pcr_authorization(tpm):
    """An authValue of PCR 20, asked for by an extend after it; a policy of it."""
    values = TPML_DIGEST_VALUES([TPMT_HA(hashAlg=TPM2_ALG.SHA256, digest=TPMU_HA(sha256=b"\1" * 32))])
    tpm.pcr_set_auth_value(ESYS_TR.PCR20, b"pcr")
    tpm.tr_set_auth(ESYS_TR.PCR20, b"")
    with refused("BAD_AUTH s1"):
        tpm.pcr_extend(ESYS_TR.PCR20, values)
    tpm.tr_set_auth(ESYS_TR.PCR20, b"pcr")
    tpm.pcr_set_auth_value(ESYS_TR.PCR20, b"")
    with refused("VALUE"):
        tpm.pcr_set_auth_value(ESYS_TR.PCR16, b"pcr")
    tpm.pcr_set_auth_policy(bytes(32), TPM2_ALG.SHA256, ESYS_TR.PCR20)
    tpm.pcr_set_auth_policy(b"", TPM2_ALG.NULL, ESYS_TR.PCR20)
    with refused("SIZE p1"):
        tpm.pcr_set_auth_policy(bytes(31), TPM2_ALG.SHA256, ESYS_TR.PCR20)


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
    with refused("VALUE p1"):
        tpm.set_command_code_audit_status(TPM2_ALG.SHA384, TPML_CC([TPM2_CC.StirRandom]), TPML_CC())


def sessions(tpm):
    """Started with what is no nonce, cipher or key for it."""
    none, cbc = TPMT_SYM_DEF(algorithm=TPM2_ALG.NULL), TPMT_SYM_DEF(algorithm=TPM2_ALG.AES)
    cbc.keyBits.sym, cbc.mode.sym = 128, TPM2_ALG.CBC
    for code, symmetric, nonce in ("SIZE p1", none, b"short"), ("MODE p4", cbc, bytes(16)):
        with refused(code):
            tpm.start_auth_session(NONE, NONE, TPM2_SE.HMAC, symmetric, TPM2_ALG.SHA256, nonce)
    with primary(tpm, "rsa2048:null:null", SIGN) as (signer, _), refused("ATTRIBUTES h1"):
        tpm.start_auth_session(signer, NONE, TPM2_SE.HMAC, none, TPM2_ALG.SHA256)


MANAGEMENT = [starting, tests, capabilities, randomness, hierarchies, seeds, lockout, clock, presence,
              algorithm_set, pcrs, pcr_authorization, command_audit, sessions]
