# shellcheck shell=bash disable=SC2154 # variables of the other files
# SPDX-License-Identifier: Apache-2.0
# Hashes, and what keys of every kind do. Sourced by ibm_tss.sh.

# client_banks: those whose digests the client can hold, with tpm2-tools, for it cannot ask for them.
client_banks() {
  tpm2_pcrallocate -Q sha1:all+sha256:all+sha384:all+sha512:none && restart_daemon
}

capabilities() {
  local capability
  # Not the selections of four PCR banks (5), more than the client has room for.
  for capability in 0 1 2 3 4 6 7 8; do tssgetcapability -cap "$capability" || return; done > capabilities
  tssgetcapability -cap 6 -pr 105 | grep '5654504d'
}

randomness() {
  tssgetrandom -by 32 -of random1 && tssgetrandom -by 32 -of random2 && ! cmp random1 random2 &&
    [ "$(stat -c %s random1)" = 32 ] && tssstirrandom -if message
}

self_test() {
  # TPM2_Startup is not to be repeated.
  tssstartup -sto && refused INITIALIZE tssstartup
}

pcr_value() { tsspcrread -ha "$1" -halg "$2" -ns; }

pcr_changes() {
  local data after
  data=616263
  tsspcrreset -ha 16 && tsspcrextend -ha 16 -halg sha256 -halg sha384 -ic abc || return
  # The data, filled up with zeros, is taken for a digest.
  after=$(sha256_hex "$(printf '%064d' 0)$data$(printf '%058d' 0)")
  [ "$(pcr_value 16 sha256)" = "$after" ] && [ "$(pcr_value 16 sha384)" != "$(printf '%096d' 0)" ] &&
    tsspcrreset -ha 16 && [ "$(pcr_value 16 sha256)" = "$(printf '%064d' 0)" ] &&
    refused LOCALITY tsspcrreset -ha 0
}

pcr_events() {
  tsspcrreset -ha 16 && tsspcrevent -ha 16 -if message -of1 event1 -of2 event256 -of3 event384 &&
    sha1sum message | grep "$(binary_to_hex event1)" &&
    sha256sum message | grep "$(binary_to_hex event256)" &&
    sha384sum message | grep "$(binary_to_hex event384)" &&
    [ "$(pcr_value 16 sha256)" = "$(sha256_hex "$(printf '%064d' 0)$(binary_to_hex event256)")" ]
}

hashes() {
  local algorithm sequence
  for algorithm in sha1 sha256 sha384; do
    tsshash -hi p -halg "$algorithm" -if message -oh hash -tk hash.ticket || return
    "${algorithm}sum" message | grep "$(binary_to_hex hash)" &&
      made sequence tsshashsequencestart -halg "$algorithm" -pwda seq &&
      tsssequenceupdate -hs "$sequence" -pwds seq -if message &&
      refused 'BAD_AUTH Session number 1' tsssequenceupdate -hs "$sequence" -pwds no -if message &&
      tsssequencecomplete -hs "$sequence" -pwds seq -if other -of hash -tk hash.ticket &&
      cat message other | "${algorithm}sum" | grep "$(binary_to_hex hash)" || return
  done
}

# The digests of all hashes come back (Part 3, 17.9.1), more than the client has room for.
event_sequence() {
  local sequence
  tsspcrreset -ha 16 && made sequence tsshashsequencestart -halg null -pwda seq &&
    tsssequenceupdate -hs "$sequence" -pwds seq -if message &&
    refused SIZE tsseventsequencecomplete -ha 16 -hs "$sequence" -pwds seq -if other || return
  [ "$(pcr_value 16 sha256)" = "$(sha256_hex "$(printf '%064d' 0)$(cat message other | sha256sum |
    cut -c1-64)")" ]
}

hmacs() {
  local algorithm=$1 key sequence
  new_key hmac -kh -halg "$algorithm" && load key hmac &&
    tsshmac -hk "$key" -pwdk key -halg "$algorithm" -if message -os hmac1 &&
    made sequence tsshmacstart -hk "$key" -pwdk key -pwda seq -halg "$algorithm" &&
    tsssequencecomplete -hs "$sequence" -pwds seq -if message -of hmac2 &&
    cmp <(tail -c "$(stat -c %s hmac2)" hmac1) hmac2 &&
    refused 'BAD_AUTH Session number 1' tsshmac -hk "$key" -pwdk no -halg "$algorithm" -if message
}

# parents: the keys under which the others are made.
parents() {
  local key
  made key tsscreateprimary -hi o -ecc nistp256 -st -pwdk parent -opu ecc_parent.pub &&
    tssevictcontrol -hi o -ho "$key" -hp "$ecc_parent" && flush "$key" &&
    made key tsscreateprimary -hi o -rsa -st -pwdk parent -opu rsa_parent.pub &&
    tssevictcontrol -hi o -ho "$key" -hp "$rsa_parent" && flush "$key" &&
    tssreadpublic -ho "$ecc_parent" -opu again.pub && cmp ecc_parent.pub again.pub
}

# every_primary: with its creation data, twice the same.
every_primary() {
  local key attributes hierarchy
  for attributes in '-rsa -st' '-ecc nistp384 -st' '-ecc nistp256 -sir' '-rsa -si' '-des' '-kh' '-dp' \
    '-ecc bnp256 -dau' '-rsa -deo'; do
    for hierarchy in e n; do
      # shellcheck disable=SC2086 # several words
      made key tsscreateprimary -hi $hierarchy $attributes -opu first.pub -tk ticket -ch hash &&
        flush "$key" && made key tsscreateprimary -hi $hierarchy $attributes -opu again.pub &&
        flush "$key" && cmp first.pub again.pub || return
    done
  done
}

# public_pem NAME HANDLE: NAME.pem; of P-384, which the client cannot export, from the public area.
public_pem() {
  if [[ "$1" = *384* ]]; then
    { echo 3076301006072a8648ce3d020106052b8104002203620004 && binary_to_hex "$1.pub" |
      sed 's/.*0030\(.\{96\}\)0030\(.\{96\}\)$/\1\2/'; } | tr -d '\n' | hex_to_binary |
      openssl pkey -pubin -inform der -out "$1.pem"
  else
    tssreadpublic -ho "$2" -opem "$1.pem"
  fi
}

# plain_signature TPMT_SIGNATURE: as OpenSSL has it.
plain_signature() {
  local hex size
  hex=$(binary_to_hex "$1")
  if [ "${hex:0:4}" = 0018 ]; then
    size=$((16#${hex:8:4} * 2))
    openssl asn1parse -noout -out plain -genconf <(printf '%s\n' asn1=SEQUENCE:both '[both]' \
      "r=INTEGER:0x${hex:12:size}" "s=INTEGER:0x${hex:16 + size}")
  else
    tail -c +7 "$1" > plain
  fi
}

# signs NAME rsa|ecc HASH...: verified by the TPM, by OpenSSL, and refused where it must be.
signs() {
  local name=$1 kind=$2 key hash
  load key "$name" && public_pem "$name" "$key" || return
  for hash in "${@:3}"; do
    tsssign -hk "$key" -pwdk key "-$kind" -halg "$hash" -if message -os signature &&
      tssverifysignature -hk "$key" "-$kind" -halg "$hash" -if message -is signature -tk verified &&
      refused 'SIGNATURE Parameter number 2' tssverifysignature -hk "$key" "-$kind" -halg "$hash" \
        -if other -is signature &&
      plain_signature signature &&
      openssl dgst "-$hash" -verify "$name.pem" -signature plain message || return
  done
  refused 'BAD_AUTH Session number 1' tsssign -hk "$key" -pwdk no "-$kind" -if message
}

# signs_restricted NAME rsa|ecc: only what the TPM has hashed, which a ticket says.
signs_restricted() {
  local key
  load key "$1" && refused 'TICKET Parameter number 3' tsssign -hk "$key" -pwdk key "-$2" -if message &&
    tsshash -hi o -if message -oh hash -tk hash.ticket &&
    tsssign -hk "$key" -pwdk key "-$2" -if message -tk hash.ticket -os signature &&
    tssverifysignature -hk "$key" "-$2" -if message -is signature
}

# decrypts NAME: what the TPM has encrypted, and what OpenSSL has.
decrypts() {
  local name=$1 key padding
  load key "$name" && tssrsaencrypt -hk "$key" -id secret -oe encrypted &&
    tssrsadecrypt -hk "$key" -pwdk key -ie encrypted -od decrypted &&
    refused 'BAD_AUTH Session number 1' tssrsadecrypt -hk "$key" -pwdk no -ie encrypted &&
    tssreadpublic -ho "$key" -opem "$name.pem" || return
  if [ "$name" = oaep ]; then
    cmp secret decrypted && openssl pkeyutl -encrypt -pubin -inkey "$name.pem" -in secret -out encrypted \
      -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 &&
      tssrsadecrypt -hk "$key" -pwdk key -ie encrypted -od decrypted && cmp secret decrypted
  else
    cmp secret <(tail -c "$(stat -c %s secret)" decrypted)
  fi
}

# enciphers [-2]
enciphers() {
  local key
  load key aes && tssencryptdecrypt -hk "$key" -pwdk key -if message -of encrypted "$@" &&
    ! cmp message encrypted &&
    tssencryptdecrypt -hk "$key" -pwdk key -d -if encrypted -of decrypted "$@" && cmp message decrypted &&
    refused 'BAD_AUTH Session number 1' tssencryptdecrypt -hk "$key" -pwdk no -if message "$@"
}

seals() {
  local key
  new_key sealed -bl -if secret && load key sealed && tssunseal -ha "$key" -pwd key -of unsealed &&
    cmp secret unsealed && refused 'BAD_AUTH Session number 1' tssunseal -ha "$key" -pwd no
}

# general_keys: which may sign and decrypt.
general_keys() {
  local key
  new_key general -rsa -gp && load key general && tsssign -hk "$key" -pwdk key -rsa -if message &&
    tssrsaencrypt -hk "$key" -id secret -oe encrypted &&
    tssrsadecrypt -hk "$key" -pwdk key -ie encrypted -od decrypted && flush "$key" &&
    new_key general -ecc nistp256 -gp && load key general && tsssign -hk "$key" -pwdk key -ecc -if message
}

# under_storage_keys: one below the other.
under_storage_keys() {
  local kind middle key
  for kind in '-rsa' '-ecc nistp256' '-ecc nistp384'; do
    # shellcheck disable=SC2086 # several words
    new_key middle $kind -st && load middle middle &&
      tsscreate -hp "$middle" -pwdp key -si -ecc nistp256 -pwdk leaf -opu leaf.pub -opr leaf.priv &&
      made key tssload -hp "$middle" -pwdp key -ipu leaf.pub -ipr leaf.priv &&
      tsssign -hk "$key" -pwdk leaf -ecc -if message &&
      refused 'INTEGRITY Parameter number 1' tssload -hp "$rsa_parent" -pwdp parent -ipu leaf.pub \
        -ipr leaf.priv &&
      flush "$middle" "$key" || return
  done
}

# derived: twice the same. The client's template of a derived ECC key is two bytes too long.
derived() {
  local parent key
  made parent tsscreateprimary -hi o -dp -pwdk key &&
    made key tsscreateloaded -hp "$parent" -pwdp key -der -kh -kt f -kt p -pwdk derived -opu derived1.pub &&
    tsshmac -hk "$key" -pwdk derived -if message -os hmac1 && flush "$key" &&
    made key tsscreateloaded -hp "$parent" -pwdp key -der -kh -kt f -kt p -pwdk derived -opu derived2.pub &&
    tsshmac -hk "$key" -pwdk derived -if message -os hmac2 && cmp derived1.pub derived2.pub &&
    cmp hmac1 hmac2 && refused 'SIZE Parameter number 2' tsscreateloaded -hp "$parent" -pwdp key -der \
      -ecc nistp256 -si
}

# created_loaded: under a key, and as a primary key.
created_loaded() {
  local key parent
  for parent in "$ecc_parent" "$rsa_parent"; do
    made key tsscreateloaded -hp "$parent" -pwdp parent -ecc nistp256 -si -pwdk key -opu loaded.pub \
      -opr loaded.priv && tsssign -hk "$key" -pwdk key -ecc -if message && flush "$key" &&
      made key tssload -hp "$parent" -pwdp parent -ipu loaded.pub -ipr loaded.priv &&
      tsssign -hk "$key" -pwdk key -ecc -if message && flush "$key" || return
  done
  made key tsscreateloaded -hp 40000001 -ecc nistp256 -st -pwdk key -kt f -kt p && flush "$key"
}

# external_keys: of OpenSSL, public and private.
external_keys() {
  local key
  openssl genrsa -traditional -aes128 -passout pass:rrrr -out rsa.pem 2048 &&
    openssl rsa -in rsa.pem -passin pass:rrrr -pubout -out rsa.pub.pem &&
    openssl rsa -in rsa.pem -passin pass:rrrr -traditional -outform der -out rsa.der &&
    openssl ecparam -name prime256v1 -genkey -noout -out ecc.pem &&
    openssl ec -in ecc.pem -pubout -out ecc.pub.pem &&
    made key tssloadexternal -hi o -ipem rsa.pub.pem && openssl dgst -sha256 -sign rsa.pem \
      -passin pass:rrrr -out plain message &&
    tssverifysignature -hk "$key" -raw -if message -is plain -tk verified && flush "$key" &&
    made key tssloadexternal -rsa -ider rsa.der && tsssign -hk "$key" -rsa -if message -os signature &&
    plain_signature signature && openssl dgst -sha256 -verify rsa.pub.pem -signature plain message &&
    flush "$key" && made key tssloadexternal -hi o -ecc -ipem ecc.pub.pem &&
    tssreadpublic -ho "$key" -opem again.pem && cmp ecc.pub.pem again.pem
}

# imported_keys: OpenSSL's, under a parent of the TPM's.
imported_keys() {
  local key parent
  for parent in "$ecc_parent" "$rsa_parent"; do
    tssimportpem -hp "$parent" -pwdp parent -ipem rsa.pem -pwdk rrrr -opu import.pub -opr import.priv &&
      made key tssload -hp "$parent" -pwdp parent -ipu import.pub -ipr import.priv &&
      tsssign -hk "$key" -pwdk rrrr -rsa -if message -os signature && plain_signature signature &&
      openssl dgst -sha256 -verify rsa.pub.pem -signature plain message && flush "$key" || return
  done
}

# curves: their parameters, an ephemeral key, and the first half of an anonymous signature.
curves() {
  local curve key
  for curve in nistp256 nistp384 bnp256; do
    tsseccparameters -cv "$curve" -of parameters && tssecephemeral -ecc "$curve" -oq point || return
  done
  new_key ecdaa -ecc bnp256 -dau && load key ecdaa && tsscommit -hk "$key" -pwdk key -Ef e.bin &&
    [ -s e.bin ] && refused 'BAD_AUTH Session number 1' tsscommit -hk "$key" -pwdk no
}

# changed_auth: the new private area asks for the new value, the loaded key still for the old one.
changed_auth() {
  local key
  load key ecc256 && tssobjectchangeauth -hp "$ecc_parent" -ho "$key" -pwdo key -pwdn new -opr new.priv &&
    tsssign -hk "$key" -pwdk key -ecc -if message && flush "$key" &&
    made key tssload -hp "$ecc_parent" -pwdp parent -ipu ecc256.pub -ipr new.priv &&
    tsssign -hk "$key" -pwdk new -ecc -if message &&
    refused 'BAD_AUTH Session number 1' tsssign -hk "$key" -pwdk key -ecc -if message
}

# contexts: of a key, whole and broken.
contexts() {
  local key
  load key ecc256 && tsscontextsave -ha "$key" -of key.context && flush "$key" &&
    made key tsscontextload -if key.context && tsssign -hk "$key" -pwdk key -ecc -if message &&
    { head -c -8 key.context && printf '!!!!!!!!'; } > broken.context &&
    refused 'INTEGRITY Parameter number 1' tsscontextload -if broken.context
}

handles_of_nothing() {
  local key
  load key ecc256 && cp "$TPM_DATA_DIR/h$key.bin" kept.name && flush "$key" &&
    cp kept.name "$TPM_DATA_DIR/h$key.bin" &&
    refused REFERENCE_H0 tsssign -hk "$key" -pwdk key -ecc -if message &&
    refused 'HANDLE Parameter number 1' tssflushcontext -ha "$key" &&
    refused 'HANDLE Handle number 1' tssreadpublic -ho 8100ffff &&
    load key ecc256 && refused 'TYPE Handle number 1' tsscreate -hp "$key" -pwdp key -si -rsa
}

keys() {
  with_room 'the banks of the client' client_banks
  with_room 'capabilities' capabilities
  with_room 'self-test, and no second startup' self_test
  with_room 'random bytes' randomness
  with_room 'PCR extend, read, reset' pcr_changes
  with_room 'PCR event' pcr_events
  with_room 'hash, hash sequence' hashes
  with_room 'event sequence' event_sequence
  with_room 'parents, made persistent' parents
  with_room 'primary keys of every kind, twice the same' every_primary
  for hash in sha256 sha384; do with_room "HMAC, HMAC sequence: $hash" hmacs "$hash"; done
  for kind in 'rsa -rsa' 'ecc256 -ecc nistp256' 'ecc384 -ecc nistp384'; do
    read -ra words <<< "$kind"
    with_room "create, ${words[0]}, signing" new_key "${words[@]}" -si
    with_room "sign and verify, ${words[0]}" signs "${words[0]}" "${words[0]:0:3}" sha1 sha256 sha384
    with_room "create, ${words[0]}, restricted" new_key "restricted_${words[0]}" "${words[@]:1}" -sir
    with_room "a restricted key asks for a ticket, ${words[0]}" signs_restricted \
      "restricted_${words[0]}" "${words[0]:0:3}"
  done
  with_room 'create, RSA, decryption without a scheme' new_key plain_rsa -rsa -den
  with_room 'RSA encrypt and decrypt, without a scheme' decrypts plain_rsa
  with_room 'create, RSA, decryption, OAEP' new_key oaep -rsa -deo
  with_room 'RSA encrypt and decrypt, OAEP' decrypts oaep
  with_room 'create, AES' new_key aes -des
  with_room 'EncryptDecrypt' enciphers
  with_room 'EncryptDecrypt2' enciphers -2
  with_room 'create, unseal' seals
  with_room 'general keys' general_keys
  with_room 'storage keys under a storage key' under_storage_keys
  with_room 'derived keys' derived
  with_room 'create loaded' created_loaded
  with_room 'load external, RSA and ECC, public and private' external_keys
  with_room "import of OpenSSL's keys" imported_keys
  with_room 'ECC parameters, ephemeral keys, commit' curves
  with_room 'object change auth' changed_auth
  with_room 'context save and load' contexts
  with_room 'handles of nothing, and of the wrong type' handles_of_nothing
}
