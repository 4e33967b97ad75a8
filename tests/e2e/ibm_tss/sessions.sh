# shellcheck shell=bash disable=SC2154 # variables of the other files
# SPDX-License-Identifier: Apache-2.0
# HMAC sessions of every kind, and what is wrong with them. Sourced by ibm_tss.sh.

# in_session ARGUMENT of tssstartauthsession...: commands of one session that authorizes and encrypts.
in_session() {
  local session key
  session session "$@" && tssgetrandom -by 20 -of random1 -se0 "$session" 41 &&
    new_key own -ecc nistp256 -si -se0 "$session" 61 && load key own -se0 "$session" 21 &&
    tsssign -hk "$key" -pwdk key -ecc -if message -os signature -se0 "$session" 21 &&
    tssverifysignature -hk "$key" -ecc -if message -is signature &&
    refused 'BAD_AUTH Session number 1' tsssign -hk "$key" -pwdk no -ecc -if message \
      -se0 "$session" 21 &&
    flush "$key" && new_key sealed -bl -if secret -se0 "$session" 61 && load key sealed &&
    tssunseal -ha "$key" -pwd key -of unsealed -se0 "$session" 41 && cmp secret unsealed &&
    tssnvwrite -ha 01000010 -pwdn nvauth -if secret -se0 "$session" 21 &&
    tssnvread -ha 01000010 -pwdn nvauth -sz "$(stat -c %s secret)" -of read -se0 "$session" 41 &&
    cmp secret read && tssreadpublic -ho "$ecc_parent" -se0 "$session" 41 &&
    refused 'ATTRIBUTES Session number 1' tssgetrandom -by 4 -se0 "$session" 1
}

# bound ENTITY PASSWORD [ARGUMENT...]: to the entity that is used too, and to another.
bound() {
  local session key
  load key ecc256 && in_session -bi "$1" -pwdb "$2" "${@:3}" && session session -bi "$key" -pwdb key "${@:3}" &&
    tsssign -hk "$key" -pwdk key -ecc -if message -se0 "$session" 1 &&
    unseals_in "$session"
}

unseals_in() {
  local key
  load key sealed && tssunseal -ha "$key" -pwd key -of unsealed -se0 "$1" 41 && cmp secret unsealed
}

bound_to_another_value() {
  local session key
  load key ecc256 && session session -bi "$key" -pwdb no &&
    refused 'BAD_AUTH Session number 1' tsssign -hk "$key" -pwdk key -ecc -if message -se0 "$session" 1
}

# several: one session authorizes, another decrypts, a third encrypts; and two that authorize.
several() {
  local first second third key
  load key sealed && session first && session second -sym aes && session third -sym xor -hs "$ecc_parent" &&
    tssunseal -ha "$key" -pwd key -of unsealed -se0 "$first" 1 -se1 "$second" 41 && cmp secret unsealed &&
    tsscreate -hp "$ecc_parent" -pwdp parent -bl -if secret -se0 "$first" 1 -se1 "$second" 21 \
      -se2 "$third" 41 &&
    tsscreate -hp "$ecc_parent" -pwdp parent -bl -if secret -se0 "$third" 1 -se1 "$second" 61 &&
    load key ecc256 && tsscertify -ho "$ecc_parent" -pwdo parent -hk "$key" -pwdk key -salg ecc \
      -se0 "$first" 1 -se1 "$second" 1 -se2 "$third" 61
}

# old_nonce: a session in the state of the command before, so that its HMAC is over an old nonceTPM.
old_nonce() {
  local session key state
  load key ecc256 && session session && state=$TPM_DATA_DIR/h$session.bin && cp "$state" old &&
    tsssign -hk "$key" -pwdk key -ecc -if message -se0 "$session" 1 && cp "$state" new && cp old "$state" &&
    refused 'BAD_AUTH Session number 1' tsssign -hk "$key" -pwdk key -ecc -if message -se0 "$session" 1 &&
    cp new "$state" && tsssign -hk "$key" -pwdk key -ecc -if message -se0 "$session" 1
}

# The number is that of the session which is wrong.
second_session() {
  local first second key state
  load key ecc256 && session first && session second && state=$TPM_DATA_DIR/h$second.bin &&
    cp "$state" old && tssgetrandom -by 1 -se0 "$second" 41 && cp old "$state" &&
    refused 'BAD_AUTH Session number 2' tsscertify -ho "$ecc_parent" -pwdo parent -hk "$key" -pwdk key \
      -salg ecc -se0 "$first" 1 -se1 "$second" 1
}

# Flushed, and ended by a command that does not continue it.
session_of_nothing() {
  local session state
  session session && state=$TPM_DATA_DIR/h$session.bin && cp "$state" old && flush "$session" &&
    cp old "$state" && refused REFERENCE_S0 tssgetrandom -by 4 -se0 "$session" 41 &&
    session session && state=$TPM_DATA_DIR/h$session.bin && cp "$state" old &&
    tssgetrandom -by 4 -se0 "$session" 40 && cp old "$state" &&
    refused REFERENCE_S0 tssgetrandom -by 4 -se0 "$session" 41
}

# unfit: attributes that the command has no use for.
unfit() {
  local session key
  load key ecc256 && session session &&
    refused 'ATTRIBUTES Session number 1' tsssign -hk "$key" -pwdk key -ecc -if message \
      -se0 "$session" 41 &&
    flush "$session" && policy session &&
    refused 'POLICY_FAIL Session number 1' tsssign -hk "$key" -pwdk key -ecc -if message -se0 "$session" 1
}

session_contexts() {
  local session key
  load key ecc256 && session session && tsscontextsave -ha "$session" -of session.context &&
    refused REFERENCE_S0 tssgetrandom -by 4 -se0 "$session" 41 &&
    tsscontextload -if session.context && tsssign -hk "$key" -pwdk key -ecc -if message -se0 "$session" 1 &&
    refused 'HANDLE Parameter number 1' tsscontextload -if session.context
}

# audited: the digest of one command, as the TPM has it and as it is made of cpHash and rpHash.
audited() {
  local session key command response digest
  load key rsa && session session -halg sha256 &&
    tssgetcapability -cap 6 -pr 105 -pc 1 -se0 "$session" 81 &&
    tssgetsessionauditdigest -hk "$key" -pwdk key -hs "$session" -os signature -oa attest -od digest &&
    tssverifysignature -hk "$key" -if attest -is signature || return
  command=$(sha256_hex 0000017a000000060000010500000001)
  response=$(sha256_hex 000000000000017a010000000600000001000001055654504d)
  digest=$(sha256_hex "$(printf '%064d' 0)$command$response")
  equals digest "$digest" && binary_to_hex attest | grep "0020$digest\$"
}

sessions() {
  local kind hash
  with_room 'an index for the sessions' tssnvdefinespace -hi o -ha 01000010 -pwdn nvauth -sz 64
  for hash in sha1 sha256 sha384; do
    for kind in xor aes; do
      with_room "HMAC session, $hash, $kind" in_session -halg "$hash" -sym "$kind"
      with_room "salted with RSA, $hash, $kind" in_session -halg "$hash" -sym "$kind" -hs "$rsa_parent"
      with_room "salted with ECC, $hash, $kind" in_session -halg "$hash" -sym "$kind" -hs "$ecc_parent"
      with_room "bound to a key, $hash, $kind" bound "$ecc_parent" parent -halg "$hash" -sym "$kind"
      with_room "bound to an index, salted, $hash, $kind" bound 01000010 nvauth -halg "$hash" -sym "$kind" \
        -hs "$ecc_parent"
    done
  done
  with_room 'bound with another authValue' bound_to_another_value
  with_room 'three sessions of a command' several
  with_room 'an HMAC over an old nonce' old_nonce
  with_room 'an HMAC over an old nonce, second session' second_session
  with_room 'a session of nothing' session_of_nothing
  with_room 'sessions that do not fit' unfit
  with_room 'sessions saved and loaded' session_contexts
  with_room 'audit session' audited
  with_room 'the index for the sessions' tssnvundefinespace -hi o -ha 01000010
}
