# shellcheck shell=bash disable=SC2154 # variables of the other files
# SPDX-License-Identifier: Apache-2.0
# Keys that move, credentials, and what the TPM attests. Sourced by ibm_tss.sh.

movable_key() {
  local session
  trial session && tsspolicycommandcode -ha "$session" -cc 14b && tsspolicygetdigest -ha "$session" -of move.policy &&
    new_key movable -ecc nistp256 -si -kt nf -kt np -pol move.policy
}

# duplicate PARENT [ARGUMENT...]: $moving to the parent, under its policy.
duplicate() {
  local session
  policy session && tsspolicycommandcode -ha "$session" -cc 14b &&
    tssduplicate -ho "$moving" -hp "$1" -od moved -oss moved.seed -se0 "$session" 0 "${@:2}"
}

# arrives PARENT [ARGUMENT...]: and signs.
arrives() {
  local key
  tssimport -hp "$1" -pwdp parent -ipu movable.pub -id moved -iss moved.seed -opr arrived.priv "${@:2}" &&
    made key tssload -hp "$1" -pwdp parent -ipu movable.pub -ipr arrived.priv &&
    tsssign -hk "$key" -pwdk key -ecc -if message -os signature &&
    tssverifysignature -hk "$moving" -ecc -if message -is signature && flush "$key"
}

# moves rsa|ecc inner|outer|both: to that parent, in wrappings.
moves() {
  local moving parent=${1}_parent inner=()
  parent=${!parent}
  load moving movable || return
  tssgetrandom -by 16 -of inner.key || return
  [ "$2" = outer ] || inner=(-salg aes -ik inner.key)
  [ "$2" != inner ] || { moves_inside "$parent" && return; }
  duplicate "$parent" "${inner[@]}" && arrives "$parent" "${inner[@]}"
}

# moves_inside PARENT: with a key that the TPM makes; with another there is no way in.
moves_inside() {
  duplicate 40000007 -salg aes -oek inner.key && : > moved.seed &&
    arrives "$1" -salg aes -ik inner.key && tssgetrandom -by 16 -of inner.key &&
    refused 'INTEGRITY Parameter number 3' tssimport -hp "$1" -pwdp parent -ipu movable.pub -id moved \
      -iss moved.seed -opr arrived.priv -salg aes -ik inner.key
}

# rewraps: from one parent's wrapping into the other's.
rewraps() {
  local moving
  load moving movable && duplicate "$ecc_parent" &&
    tssrewrap -ho "$ecc_parent" -pwdo parent -hn "$rsa_parent" -id moved -in "$TPM_DATA_DIR/h$moving.bin" \
      -iss moved.seed -od wrapped -oss wrapped.seed && cp wrapped moved &&
    refused 'VALUE Parameter number 4' arrives "$rsa_parent" && cp wrapped.seed moved.seed &&
    arrives "$rsa_parent"
}

stays() {
  local moving session
  load moving movable && refused AUTH_TYPE tssduplicate -ho "$moving" -pwdo key \
    -hp "$rsa_parent" && policy session &&
    refused 'POLICY_FAIL Session number 1' tssduplicate -ho "$moving" -hp "$rsa_parent" -se0 "$session" 1 &&
    refused 'POLICY_FAIL Session number 1' duplicate_other
}

# Of the key that stays, with a policy for it.
duplicate_other() {
  local moving
  load moving ecc256 && duplicate "$rsa_parent"
}

# credential PARENT: for the Name of a key, and for no other key.
credential() {
  local key other
  load key ecc256 && load other rsa && tssgetrandom -by 32 -of credential &&
    tssmakecredential -ha "$1" -icred credential -in "$TPM_DATA_DIR/h$key.bin" -ocred blob -os blob.secret &&
    tssactivatecredential -ha "$key" -pwda key -hk "$1" -pwdk parent -icred blob -is blob.secret -ocred found &&
    cmp credential found &&
    refused 'INTEGRITY Parameter number 1' tssactivatecredential -ha "$other" -pwda key -hk "$1" -pwdk parent \
      -icred blob -is blob.secret &&
    refused 'BAD_AUTH Session number 2' tssactivatecredential -ha "$key" -pwda key -hk "$1" -pwdk no \
      -icred blob -is blob.secret
}

# attested TYPE TOOL...: signed by $signing, with the qualifying data in the right place, and of that
# type (Part 2, TPM_ST); verified by the TPM and by OpenSSL.
attested() {
  local type=$1
  shift
  "$@" -os signature -oa attest "${scheme[@]}" || return
  [[ "$(binary_to_hex attest)" = ff544347$type* ]] &&
    tssverifysignature -hk "$signing" "-${scheme[1]}" -halg "$hash" -if attest -is signature &&
    plain_signature signature &&
    openssl dgst "-$hash" -verify "$name.pem" -signature plain attest
}

# attests NAME rsa|ecc HASH: everything that a key can attest.
attests() {
  local signing name=$1 hash=$3 scheme=(-salg "$2" -halg "$3")
  load signing "$name" && public_pem "$name" "$signing" && printf 'a question' > question &&
    attested 8017 tsscertify -ho "$ecc_parent" -pwdo parent -hk "$signing" -pwdk key -qd question &&
    binary_to_hex attest | grep "000a$(binary_to_hex question)" &&
    binary_to_hex attest | grep "0022$(name_of "$ecc_parent")" &&
    attested 8018 tssquote -hp 0 -hp 16 -hk "$signing" -pwdk key -qd question &&
    binary_to_hex attest | grep "$(hex_digest "$hash" "$(pcr_value 0 sha256)$(pcr_value 16 sha256)")\$" &&
    attested 8018 tssquote -hp 9 -palg sha384 -hk "$signing" -pwdk key -qd question &&
    attested 8019 tssgettime -hk "$signing" -pwdk key -qd question &&
    attested 8014 tssnvcertify -ha 01000020 -pwdn nvauth -hk "$signing" -pwdk key -sz 8 -off 1 &&
    tail -c 8 attest | cmp - <(tail -c +2 secret | head -c 8) &&
    attested 8015 tssgetcommandauditdigest -hk "$signing" -pwdk key -qd question &&
    refused 'BAD_AUTH Session number 1' tssquote -hp 0 -hk "$signing" -pwdk no "${scheme[@]}"
}

# certified_creation: of this key, not of another.
certified_creation() {
  local signing key name=ecc256 hash=sha256 scheme=(-salg ecc -halg sha256)
  load signing ecc256 && public_pem ecc256 "$signing" && new_key certified -rsa -deo -tk creation.ticket -ch creation.hash &&
    load key certified && attested 801a tsscertifycreation -ho "$key" -hk "$signing" -pwdk key \
    -tk creation.ticket -ch creation.hash &&
    refused 'TICKET Parameter number 4' tsscertifycreation -ho "$signing" -hk "$signing" -pwdk key -salg ecc \
      -tk creation.ticket -ch creation.hash
}

not_attesting() {
  local key
  load key oaep && refused 'KEY Handle number 1' tssquote -hp 0 -hk "$key" -pwdk key &&
    refused 'KEY Handle number 2' tsscertify -ho "$key" -pwdo key -hk "$key" -pwdk key
}

moves_and_attestation() {
  local parent kind
  with_room 'a key that may move' movable_key
  for parent in rsa ecc; do
    for kind in inner outer both; do
      with_room "duplicate and import, $parent, $kind" moves "$parent" "$kind"
    done
  done
  with_room 'rewrap' rewraps
  with_room 'duplicate, refused' stays
  with_room 'credential, RSA' credential "$rsa_parent"
  with_room 'credential, ECC' credential "$ecc_parent"
  with_room 'an index to certify' tssnvdefinespace -hi o -ha 01000020 -pwdn nvauth -sz 9
  with_room 'an index to certify, written' tssnvwrite -ha 01000020 -pwdn nvauth -if secret
  for kind in sha1 sha256 sha384; do
    with_room "attestation, RSA, $kind" attests rsa rsa "$kind"
    with_room "attestation, P-256, $kind" attests ecc256 ecc "$kind"
    with_room "attestation, P-384, $kind" attests ecc384 ecc "$kind"
  done
  with_room 'attestation, restricted key' attests restricted_ecc256 ecc sha256
  with_room 'certified creation' certified_creation
  with_room 'attestation by keys that do not sign' not_attesting
}
