#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tpm2-tools as users run them, through swtpm's protocol: over TCP and over Unix sockets, with
# passwords and with HMAC sessions that encrypt parameters.
set -euo pipefail
# shellcheck source=tools/lib/all.sh
. "$(dirname "$0")/../../tools/lib/all.sh"
# shellcheck source=tests/e2e/swtpm_doors.sh
. "$root/tests/e2e/swtpm_doors.sh"
ensure_packages tpm2-tools libtss2-tcti-swtpm0 openssl python3 xxd

capabilities() {
  local each
  for each in algorithms commands properties-fixed properties-variable ecc-curves handles-transient \
    handles-persistent handles-permanent handles-pcr handles-nv-index handles-loaded-session \
    handles-saved-session pcrs; do
    tpm2_getcap "$each" > "capability-$each" || return
  done
  grep -q TPM2_PT_MANUFACTURER capability-properties-fixed
}

pcr_changes() {
  tpm2_pcrread -o before sha256:16 && tpm2_pcrextend "16:sha256=$(printf a | sha256sum | cut -c1-64)" &&
    tpm2_pcrread -o after sha256:16 && ! cmp before after && tpm2_pcrreset 16 &&
    tpm2_pcrread -o again sha256:16 && cmp before again
}

random_bytes() {
  [ "$(tpm2_getrandom --hex 20 "$@" | tr -d '\n' | wc -c)" = 40 ]
}

# hmac_session [ARGUMENT...]: session.ctx, which encrypts in both directions; the session is kept
# from one tool to the next.
hmac_session() {
  tpm2_flushcontext -l && tpm2_startauthsession -Q --hmac-session -S session.ctx "$@" &&
    tpm2_sessionconfig -Q --enable-encrypt --enable-decrypt session.ctx
}

primaries() {
  local algorithm
  for algorithm in rsa2048 rsa3072 ecc256 ecc384; do
    tpm2_createprimary -Q -C o -G "$algorithm" -c "$algorithm.ctx" && tpm2_flushcontext -t || return
  done
  # The key comes of the seed: the same again.
  tpm2_readpublic -Q -c ecc256.ctx -n name1 && tpm2_flushcontext -t && tpm2_createprimary -Q -C o -G ecc256 -c again.ctx &&
    tpm2_readpublic -Q -c again.ctx -n name2 && cmp name1 name2
}

# signing_key ALGORITHM SCHEME [CREATE ARGUMENT...]
signing_key() {
  local algorithm=$1 scheme=$2
  shift 2
  tpm2_create -Q -C primary.ctx -G "$algorithm:$scheme:null" -p keyauth -u key.pub -r key.priv "$@" &&
    tpm2_flushcontext -t && tpm2_load -Q -C primary.ctx -u key.pub -r key.priv -c key.ctx "$@" &&
    tpm2_flushcontext -t
}

# sign_and_verify AUTHORIZATION: also outside the TPM.
sign_and_verify() {
  tpm2_sign -Q -c key.ctx -p "$1" -g sha256 ${scheme:+-s "${scheme#*:}"} -o signature message &&
    tpm2_flushcontext -t &&
    tpm2_verifysignature -Q -c key.ctx -g sha256 -m message -s signature &&
    refuses tpm2_verifysignature -Q -c key.ctx -g sha256 -m other -s signature &&
    tpm2_flushcontext -t
}

# quote_and_check AUTHORIZATION
quote_and_check() {
  tpm2_quote -Q -c key.ctx -p "$1" -l sha256:0,1,2,16 -q 1234abcd -m quote.msg -s quote.sig \
    -o quote.pcrs -g sha256 ${scheme:+--scheme "${scheme#*:}"} &&
    tpm2_readpublic -Q -c key.ctx -f pem -o key.pem || return
  if [ "${scheme#*:}" = rsapss ]; then
    # tpm2_checkquote 5.4 reads an RSA signature as PKCS#1 v1.5, whatever it says of itself.
    tail -c 256 quote.sig > quote.raw && openssl dgst -sha256 -verify key.pem \
      -signature quote.raw -sigopt rsa_padding_mode:pss quote.msg
  else
    tpm2_checkquote -Q -u key.pem -m quote.msg -s quote.sig -f quote.pcrs -g sha256 -q 1234abcd &&
      refuses tpm2_checkquote -Q -u key.pem -m quote.msg -s quote.sig -f quote.pcrs -g sha256 -q 99
  fi && tpm2_flushcontext -t
}

seal_to_pcr() {
  tpm2_startauthsession -Q -S trial.ctx &&
    tpm2_policypcr -Q -S trial.ctx -l sha256:16 -L pcr.policy && tpm2_flushcontext trial.ctx &&
    tpm2_create -Q -C primary.ctx -L pcr.policy -i secret -u seal.pub -r seal.priv "$@" &&
    tpm2_flushcontext -t && tpm2_load -Q -C primary.ctx -u seal.pub -r seal.priv -c seal.ctx &&
    tpm2_flushcontext -t
}

# unseal_with_pcr [ARGUMENT...]
# shellcheck disable=SC2120 # check passes them
unseal_with_pcr() {
  local status=0
  tpm2_startauthsession -Q --policy-session -S policy.ctx &&
    tpm2_policypcr -Q -S policy.ctx -l sha256:16 || return
  tpm2_unseal -c seal.ctx -p session:policy.ctx -o unsealed "$@" || status=$?
  tpm2_flushcontext policy.ctx
  tpm2_flushcontext -t
  [ "$status" = 0 ] && cmp secret unsealed
}

unseal_after_a_change() {
  tpm2_pcrextend "16:sha256=$(printf b | sha256sum | cut -c1-64)" || return
  refuses unseal_with_pcr -Q && tpm2_pcrreset 16 && unseal_with_pcr -Q
}

# attestation_key rsa|ecc: under the endorsement key, whose policy asks for its hierarchy's secret.
attestation_key() {
  tpm2_createek -Q -G "$1" -c ek.ctx -u ek.pub && tpm2_flushcontext -t &&
    tpm2_createak -Q -C ek.ctx -G ecc -g sha256 -s ecdsa -c ak.ctx -u ak.pub &&
    tpm2_flushcontext -t && tpm2_quote -Q -c ak.ctx -l sha256:0 -m ak.msg -s ak.sig &&
    tpm2_flushcontext -t
}

# A key outside the TPM, and what it has signed: an authorization without limits, and a policy.
policy_authority() {
  openssl genrsa -out authority.pem 2048 && openssl rsa -in authority.pem -pubout -out authority.pub &&
    tpm2_loadexternal -Q -C o -G rsa -u authority.pub -c authority.ctx -n authority.name &&
    tpm2_flushcontext -t || return
  printf '\0\0\0\0' | openssl dgst -sha256 -sign authority.pem -out unlimited.sig &&
    tpm2_startauthsession -Q -S trial.ctx &&
    tpm2_policycommandcode -Q -S trial.ctx -L approved TPM2_CC_Unseal &&
    tpm2_flushcontext trial.ctx && openssl dgst -sha256 -sign authority.pem -out approved.sig approved &&
    tpm2_verifysignature -Q -c authority.ctx -g sha256 -f rsassa -m approved -s approved.sig -t approved.ticket &&
    tpm2_flushcontext -t && tpm2_startauthsession -Q --policy-session -S policy.ctx &&
    tpm2_policysecret -Q -S policy.ctx -c o -t -3600 --ticket secret.ticket --timeout secret.timeout &&
    tpm2_flushcontext policy.ctx && printf '\x40\0\0\x01' > owner.name
}

# policy_NAME SESSION [ARGUMENT...]
policy_secret() { tpm2_policysecret -Q -S "$1" -c o "${@:2}"; }
policy_reference() { tpm2_policysecret -Q -S "$1" -c e -q 1234 "${@:2}"; }
policy_ticket() {
  # In the trial the assertion that the ticket stands for.
  [ $# = 1 ] || policy_secret "$@" || return
  [ $# != 1 ] || tpm2_policyticket -Q -S "$1" -n owner.name --ticket secret.ticket --timeout secret.timeout
}
policy_signed() {
  tpm2_policysigned -Q -S "$1" -c authority.ctx -g sha256 -f rsassa -s unlimited.sig -t 0 "${@:2}" &&
    tpm2_flushcontext -t
}
policy_authorized() {
  tpm2_policycommandcode -Q -S "$1" TPM2_CC_Unseal &&
    tpm2_policyauthorize -Q -S "$1" -i approved -n authority.name -t approved.ticket "${@:2}"
}
policy_limited() { tpm2_policycountertimer -Q -S "$1" "${@:2}" --ult time=100000; }
policy_clock() { tpm2_policycountertimer -Q -S "$1" "${@:2}" --ult clock=100000000000; }
policy_locality() { tpm2_policylocality -Q -S "$1" "${@:2}" zero; }

# unseal_under POLICY
unseal_under() {
  local status=0
  tpm2_startauthsession -Q -S trial.ctx && "policy_$1" trial.ctx -L sealed.policy || return
  tpm2_flushcontext trial.ctx && tpm2_flushcontext -t &&
    tpm2_create -Q -C primary.ctx -L sealed.policy -i secret -u seal.pub -r seal.priv &&
    tpm2_flushcontext -t && tpm2_load -Q -C primary.ctx -u seal.pub -r seal.priv -c seal.ctx &&
    tpm2_flushcontext -t && tpm2_startauthsession -Q --policy-session -S policy.ctx || return
  refuses tpm2_unseal -Q -c seal.ctx -p session:policy.ctx || status=1
  tpm2_flushcontext -t
  "policy_$1" policy.ctx && tpm2_unseal -c seal.ctx -p session:policy.ctx -o unsealed || status=1
  tpm2_flushcontext policy.ctx
  [ "$status" = 0 ] && cmp secret unsealed
}

keep_and_find() {
  tpm2_evictcontrol -Q -C o -c key.ctx 0x81000020 && tpm2_flushcontext -t &&
    tpm2_getcap handles-persistent > handles && grep -qi 81000020 handles && stop_process "$started_pid" &&
    start_daemon "$1" && tpm2_readpublic -Q -c 0x81000020 -f pem -o kept.pem && cmp key.pem kept.pem &&
    tpm2_evictcontrol -Q -C o -c 0x81000020
}

# An index of the owner's that its own authValue reads and writes.
nv_data() {
  tpm2_nvdefine -Q 0x1800001 -C o -s 2048 -p nvauth -g sha256 \
    -a 'ownerread|ownerwrite|authread|authwrite|read_stclear|write_stclear' &&
    refuses tpm2_nvread -Q 0x1800001 -C o -s 1 &&
    head -c 2048 /dev/urandom > nv.in && tpm2_nvwrite -Q 0x1800001 -C 0x1800001 -P nvauth -i nv.in &&
    tpm2_nvread -Q 0x1800001 -C 0x1800001 -P nvauth -o nv.out && cmp nv.in nv.out &&
    refuses tpm2_nvread -Q 0x1800001 -C 0x1800001 -P wrong -s 1 &&
    tpm2_getcap handles-nv-index > nv.handles && grep -qi 1800001 nv.handles &&
    tpm2_nvreadpublic 0x1800001 > nv.public && grep -q 'size: 2048' nv.public
}

# nv_numbers: a counter, a bit field, an extend index.
nv_numbers() {
  tpm2_nvdefine -Q 0x1800002 -C o -a 'nt=counter|ownerread|ownerwrite' &&
    tpm2_nvincrement -C o 0x1800002 && tpm2_nvincrement -C o 0x1800002 &&
    [ "$(tpm2_nvread -C o 0x1800002 | xxd -p)" = 0000000000000002 ] &&
    tpm2_nvdefine -Q 0x1800003 -C o -a 'nt=bits|ownerread|ownerwrite|orderly' &&
    tpm2_nvsetbits -C o -i 0x8000000000000001 0x1800003 &&
    [ "$(tpm2_nvread -C o 0x1800003 | xxd -p)" = 8000000000000001 ] &&
    tpm2_nvdefine -Q 0x1800004 -C o -g sha256 -a 'nt=extend|ownerread|ownerwrite' &&
    tpm2_nvextend -C o -i message 0x1800004 && tpm2_nvread -C o 0x1800004 -o nv.out &&
    { head -c 32 /dev/zero && cat message; } | openssl dgst -sha256 -binary | cmp - nv.out
}

nv_certify() {
  tpm2_nvcertify -C key.ctx -P keyauth -c o -g sha256 -f plain -o nv.sig --size 16 \
    --attestation nv.attest 0x1800001 && tpm2_flushcontext -t &&
    tpm2_readpublic -Q -c key.ctx -f pem -o key.pem &&
    openssl dgst -sha256 -verify key.pem -signature nv.sig nv.attest &&
    # The data ends the block.
    tail -c 16 nv.attest | cmp - <(head -c 16 nv.in)
}

# A policy that holds while the counter is at most 2.
nv_in_policy() {
  printf '\0\0\0\0\0\0\0\2' > two
  tpm2_startauthsession -Q -S nv.ctx --policy-session &&
    tpm2_policynv -Q -C o -S nv.ctx -i two 0x1800002 ule && tpm2_nvincrement -C o 0x1800002 &&
    refuses tpm2_policynv -Q -C o -S nv.ctx -i two 0x1800002 ule && tpm2_flushcontext nv.ctx
}

nv_locks() {
  tpm2_nvreadlock -Q -C o 0x1800001 && refuses tpm2_nvread -Q -C o 0x1800001 -s 1 &&
    tpm2_nvwritelock -Q -C o 0x1800001 && refuses tpm2_nvwrite -Q -C o 0x1800001 -i nv.in &&
    tpm2_nvundefine -Q -C o 0x1800001 && refuses tpm2_nvreadpublic 0x1800001
}

# After a restart of the daemon, which is no orderly shutdown of the TPM.
nv_is_kept() {
  stop_process "$started_pid" && start_daemon "$1" &&
    [ "$(tpm2_nvread -C o 0x1800002 | xxd -p)" = 0000000000000003 ] &&
    refuses tpm2_nvread -Q -C o 0x1800003 && tpm2_nvundefine -Q -C o 0x1800002 &&
    tpm2_nvdefine -Q 0x1800002 -C o -a 'nt=counter|ownerread|ownerwrite' &&
    tpm2_nvincrement -C o 0x1800002 &&
    [ "$(tpm2_nvread -C o 0x1800002 | xxd -p)" = 0000000000000004 ]
}

# with_room TEXT COMMAND...: a check that finds no keys loaded by those before it.
with_room() {
  tpm2_flushcontext -t || warn 'the loaded keys cannot be flushed'
  check "$@"
}

# suite tcp|unix
suite() {
  new_directory work
  cd "$work"
  echo message > message
  echo other > other
  echo 'a secret' > secret
  start_daemon "$1"
  with_room "$1: getcap" capabilities
  with_room "$1: pcrread, pcrextend, pcrreset" pcr_changes
  with_room "$1: getrandom" random_bytes
  with_room "$1: createprimary, all algorithms" primaries
  tpm2_flushcontext -t
  tpm2_createprimary -Q -C o -G ecc256 -c primary.ctx
  tpm2_flushcontext -t
  for scheme in rsa2048:rsassa rsa2048:rsapss ecc256:ecdsa ecc384:ecdsa; do
    with_room "$1: create and load $scheme" signing_key "${scheme%:*}" "${scheme#*:}"
    with_room "$1: sign and verify $scheme" sign_and_verify keyauth
    with_room "$1: quote and check $scheme" quote_and_check keyauth
  done
  scheme=''
  with_room "$1: seal to a PCR" seal_to_pcr
  with_room "$1: unseal" unseal_with_pcr
  with_room "$1: no unseal with another PCR value" unseal_after_a_change

  for kind in rsa ecc; do
    with_room "$1: an attestation key under the endorsement key, $kind" attestation_key "$kind"
  done
  with_room "$1: approvals for policies" policy_authority
  for policy in secret reference ticket signed authorized limited clock locality; do
    with_room "$1: unseal under a policy: $policy" unseal_under "$policy"
  done

  for kind in unsalted salted; do
    salt=()
    [ "$kind" = unsalted ] || salt=(-c primary.ctx)
    with_room "$1: an HMAC session that encrypts, $kind" hmac_session "${salt[@]}"
    with_room "$1: $kind session: getrandom" random_bytes -S session.ctx
    with_room "$1: $kind session: create and load" signing_key ecc256 ecdsa -P session:session.ctx
    with_room "$1: $kind session: sign" sign_and_verify session:session.ctx+keyauth
    with_room "$1: $kind session: quote" quote_and_check session:session.ctx+keyauth
    with_room "$1: $kind session: seal" seal_to_pcr -P session:session.ctx
    with_room "$1: $kind session: unseal" unseal_with_pcr -S session.ctx
    tpm2_flushcontext session.ctx
  done
  with_room "$1: nvdefine, nvwrite, nvread" nv_data
  with_room "$1: nvincrement, nvsetbits, nvextend" nv_numbers
  with_room "$1: a key for nvcertify" signing_key ecc256 ecdsa
  with_room "$1: nvcertify" nv_certify
  with_room "$1: policynv" nv_in_policy
  with_room "$1: nvreadlock, nvwritelock, nvundefine" nv_locks
  with_room "$1: evictcontrol, and the key after a restart" keep_and_find "$1"
  with_room "$1: the counter after a restart" nv_is_kept "$1"
  check "$1: the daemon ends when asked" stop_process "$started_pid"
}

suite tcp
suite unix
cd /
checks_summary
