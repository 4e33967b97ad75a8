# shellcheck shell=bash disable=SC2154 # variables of the other files
# SPDX-License-Identifier: Apache-2.0
# Policies: the digest as the TPM has it and as the client computes it, and the object that it opens.
# Sourced by ibm_tss.sh.

# unseals_with SESSION ATTRIBUTES [ARGUMENT...]
unseals_with() {
  tssunseal -ha "$sealed" -of unsealed -se0 "$1" "$2" "${@:3}" && cmp secret unsealed
}

# holds POLICY [LINE...]: seals under the policy, whose digest is that of the lines, and unseals. Of
# policy_POLICY the first argument is the session, the second "trial" or "real".
holds() {
  local name=$1 session
  trial session && "policy_$name" "$session" trial &&
    tsspolicygetdigest -ha "$session" -of digest && flush "$session" || return
  if [ $# -gt 1 ]; then
    printf '%s\n' "${@:2}" > lines
    tsspolicymaker -if lines -of made && cmp digest made || return
  fi
  new_key guarded -bl -if secret -pol digest -uwa && load sealed guarded &&
    refused 'POLICY_FAIL Session number 1' tssunseal -ha "$sealed" -pwd key && policy session -on nonce &&
    refused 'POLICY_FAIL Session number 1' tssunseal -ha "$sealed" -se0 "$session" 1 &&
    "policy_$name" "$session" real && unseals_with "$session" "${policy_attributes:-0}" "${policy_arguments[@]}"
}

policy_command() { tsspolicycommandcode -ha "$1" -cc 15e; }
policy_password() { tsspolicypassword -ha "$1"; }
policy_authvalue() { tsspolicyauthvalue -ha "$1"; }
policy_secret() { tsspolicysecret -ha 40000001 -hs "$1"; }
policy_index() { tsspolicysecret -ha 01000011 -pwde nvauth -hs "$1" -pref reference; }
policy_pcr() { tsspolicypcr -ha "$1" -halg sha256 -bm 200; }
policy_or() { policy_command "$1" && tsspolicyor -ha "$1" -if command.digest -if secret.digest; }
policy_other_or() { policy_secret "$1" && tsspolicyor -ha "$1" -if command.digest -if secret.digest; }
policy_number() { tsspolicynv -ha 01000011 -pwda nvauth -hs "$1" -if number -op 0; }
policy_clock() { tsspolicycountertimer -ha "$1" -if late -off 8 -op 5; }
policy_resets() { tsspolicycountertimer -ha "$1" -if zero -off 16 -op 7; }
# The nonce, a limit, and the parameters of the one command.
policy_limited() {
  [ "$2" = real ] || { policy_secret "$1" && return; }
  { printf '\0\0\1\x5e' && cat "$TPM_DATA_DIR/h$sealed.bin"; } | sha256sum | cut -c1-64 | hex_to_binary |
    head -c 32 > cphash
  tsspolicysecret -ha 40000001 -hs "$1" -in nonce -exp 100 -cp cphash
}
policy_signed() {
  made signer tssloadexternal -hi o -ipem rsa.pub.pem &&
    tsspolicysigned -hk "$signer" -ha "$1" -sk rsa.pem -pwdk rrrr && flush "$signer"
}
policy_signed_limited() {
  [ "$2" = real ] || { policy_signed "$1" && return; }
  { printf '\0\0\1\x5e' && cat "$TPM_DATA_DIR/h$sealed.bin"; } | sha256sum | cut -c1-64 | hex_to_binary |
    head -c 32 > cphash
  made signer tssloadexternal -hi o -ipem rsa.pub.pem &&
    tsspolicysigned -hk "$signer" -ha "$1" -sk rsa.pem -pwdk rrrr -in nonce -exp 100 -cp cphash &&
    flush "$signer"
}
# A session of its own gets the ticket that the other one takes.
policy_ticket() {
  local first
  [ "$2" = real ] || { policy_secret "$1" && return; }
  policy first -on first.nonce && tsspolicysecret -ha 40000001 -hs "$first" -in first.nonce -exp -100 \
    -tk policy.ticket -to timeout && flush "$first" &&
    tsspolicyticket -ha "$1" -to timeout -hi o -tk policy.ticket
}
policy_signed_ticket() {
  local first
  [ "$2" = real ] || { policy_signed "$1" && return; }
  policy first -on first.nonce && made signer tssloadexternal -hi o -ipem rsa.pub.pem &&
    tsspolicysigned -hk "$signer" -ha "$first" -sk rsa.pem \
    -pwdk rrrr -in first.nonce -exp -100 -tk policy.ticket -to timeout && flush "$first" "$signer" &&
    tsspolicyticket -ha "$1" -to timeout -na signer.name -tk policy.ticket
}
# What the key outside the TPM approves: the command.
policy_authorize() {
  policy_command "$1" && tsspolicygetdigest -ha "$1" -of approved || return
  [ "$2" = real ] || cp command.digest approved
  cat approved reference > approval && openssl dgst -sha256 -sign rsa.pem -passin pass:rrrr -out plain approval &&
    made signer tssloadexternal -hi o -ipem rsa.pub.pem &&
    tssverifysignature -hk "$signer" -raw -if approval -is plain -tk approval.ticket && flush "$signer" &&
    tsspolicyauthorize -ha "$1" -appr approved -pref reference -skn signer.name -tk approval.ticket
}
# The index holds what is approved: the command.
policy_authorize_nv() {
  policy_command "$1" && tsspolicyauthorizenv -ha 01000012 -pwda nvauth -hs "$1"
}

# digest_of_policy NAME FILE
digest_of_policy() {
  local session
  trial session && "policy_$1" "$session" trial && tsspolicygetdigest -ha "$session" -of "$2" && flush "$session"
}

indices_of_policies() {
  printf '\0\0\0\7' > number && printf '\xff%.0s' {1..8} > late && printf '\0\0\0\0' > zero &&
    printf 'a reference' > reference &&
    tssnvdefinespace -hi o -ha 01000011 -pwdn nvauth -sz 4 && tssnvwrite -ha 01000011 -pwdn nvauth -if number &&
    tssnvdefinespace -hi o -ha 01000012 -pwdn nvauth -sz 34 &&
    digest_of_policy command command.digest && digest_of_policy secret secret.digest &&
    { printf '\0\x0b' && cat command.digest; } > approved &&
    tssnvwrite -ha 01000012 -pwdn nvauth -if approved && tssnvreadpublic -ha 01000011 &&
    tssnvreadpublic -ha 01000012 && made signer tssloadexternal -hi o -ipem rsa.pub.pem &&
    cp "$TPM_DATA_DIR/h$signer.bin" signer.name
}

# Lines of the policies that need computing.
pcr_line() {
  tsspcrread -ha 9 -halg sha256 -ns > values && tsspolicymakerpcr -bm 000200 -if values -pr | tr -d ' \n'
}
# comparison_line COMMAND OPERAND OFFSET OPERATION [NAME]
comparison_line() { echo "$1$(sha256_hex "$2$3$4")${5:-}"; }

wrong_values() {
  local session
  digest_of_policy authvalue digest && new_key guarded -bl -if secret -pol digest -uwa && load sealed guarded &&
    policy session && tsspolicyauthvalue -ha "$session" &&
    refused 'BAD_AUTH Session number 1' tssunseal -ha "$sealed" -pwd no -se0 "$session" 1 &&
    unseals_with "$session" 41 -pwd key && tsspolicypassword -ha "$session" &&
    refused 'BAD_AUTH Session number 1' tssunseal -ha "$sealed" -pwd no -se0 "$session" 1
}

# each_comparison: of the index's 7 with numbers, one operation after the other.
each_comparison() {
  local session each
  policy session || return
  for each in 0:7:6 1:6:7 2:6:7 3:6:7 4:8:7 5:8:7 6:7:8 7:7:8 8:7:6 9:7:6 A:3:8 B:8:1; do
    IFS=: read -r operation holds_for fails_for <<< "$each"
    # shellcheck disable=SC2059 # digits
    printf "\0\0\0\\$holds_for" | head -c 4 > holds && printf "\0\0\0\\$fails_for" > fails
    [ "$holds_for" != 8 ] || printf '\0\0\0\x08' > holds
    [ "$fails_for" != 8 ] || printf '\0\0\0\x08' > fails
    tsspolicynv -ha 01000011 -pwda nvauth -hs "$session" -if holds -op "$operation" &&
      refused POLICY tsspolicynv -ha 01000011 -pwda nvauth -hs "$session" -if fails -op "$operation" || return
  done
}

# The counter of PCR changes tells of PCR 9, but not of 16.
pcr_changes_policy() {
  local session
  holds pcr && policy session && tsspolicypcr -ha "$session" -halg sha256 -bm 200 &&
    tsspcrextend -ha 9 -ic changed &&
    refused PCR_CHANGED tssunseal -ha "$sealed" -se0 "$session" 1 && flush "$session" && policy session &&
    tsspolicypcr -ha "$session" -halg sha256 -bm 200 &&
    refused 'POLICY_FAIL Session number 1' tssunseal -ha "$sealed" -se0 "$session" 1
}

# refused_assertions: with the response codes of each.
refused_assertions() {
  local session
  policy session -on nonce && tsspolicycommandcode -ha "$session" -cc 15e &&
    refused 'VALUE Parameter number 1' tsspolicycommandcode -ha "$session" -cc 15d &&
    refused 'VALUE Parameter number 1' tsspolicyor -ha "$session" -if secret.digest -if secret.digest &&
    refused 'BAD_AUTH Session number 1' tsspolicysecret -ha 01000011 -pwde no -hs "$session" &&
    tssgetrandom -by 32 -of other.nonce && tsspolicysecret -ha 40000001 -hs "$session" -in nonce -exp -100 \
    -tk policy.ticket -to timeout &&
    refused 'VALUE Parameter number 1' tsspolicysecret -ha 40000001 -hs "$session" -in other.nonce &&
    refused 'TICKET Parameter number 5' tsspolicyticket -ha "$session" -to timeout -hi e -tk policy.ticket &&
    tsspolicyrestart -ha "$session" && tsspolicygetdigest -ha "$session" -of digest &&
    equals digest "$(printf '%064d' 0)"
}

# The wrong key signs.
wrong_signature() {
  local session
  openssl genrsa -traditional -out another.pem 2048 && policy session &&
    made signer tssloadexternal -hi o -ipem rsa.pub.pem &&
    refused 'POLICY_FAIL Parameter number 5' tsspolicysigned -hk "$signer" -ha "$session" -sk another.pem
}

# One object's parameters, which are not another's. Its own cannot be in its policy: its Name is in them.
cphash() {
  local session
  printf '\x11%.0s' {1..32} > cphash
  policy session && tsspolicycphash -ha "$session" -cp cphash &&
    tsspolicygetdigest -ha "$session" -of digest &&
    echo "0000016e$(binary_to_hex cphash)" > lines && tsspolicymaker -if lines -of made && cmp digest made &&
    new_key guarded -bl -if secret -pol digest -uwa && load sealed guarded &&
    refused 'POLICY_FAIL Session number 1' tssunseal -ha "$sealed" -se0 "$session" 1
}

# templates: a parent under which only keys of one template can be made.
templates() {
  local session parent
  new_key template -ecc nistp256 -si &&
    tail -c +3 template.pub | head -c -68 > template && printf '\0\0\0\0' >> template &&
    sha256sum template | cut -c1-64 | tr -d '\n' | hex_to_binary > template.hash && trial session &&
    tsspolicytemplate -ha "$session" -te template.hash && tsspolicygetdigest -ha "$session" -of digest &&
    echo "00000190$(binary_to_hex template.hash)" > lines && tsspolicymaker -if lines -of made &&
    cmp digest made && flush "$session" && made parent tsscreateprimary -hi o -ecc nistp256 -st -pol digest -uwa &&
    policy session && tsspolicytemplate -ha "$session" -te template.hash &&
    tsscreate -hp "$parent" -ecc nistp256 -si -se0 "$session" 1 &&
    tsspolicytemplate -ha "$session" -te template.hash &&
    refused 'POLICY_FAIL Session number 1' tsscreate -hp "$parent" -ecc nistp384 -si -se0 "$session" 1
}

policies() {
  local nv_name policy_attributes policy_arguments=()
  with_room 'indices for policies' indices_of_policies
  nv_name=$(name_of 01000011)
  signer_name=$(binary_to_hex signer.name)
  with_room 'policy: command code' holds command 0000016c0000015e
  with_room 'policy: secret' holds secret 0000015140000001 ''
  with_room 'policy: secret of an index, with a reference' holds index "00000151$nv_name" "$(binary_to_hex reference)"
  with_room 'policy: secret, with a limit, a nonce and a cpHash' holds limited
  with_room 'policy: the ticket of a secret' holds ticket 0000015140000001 ''
  with_room 'policy: signed' holds signed "00000160$signer_name" ''
  with_room 'policy: signed, with a limit, a nonce and a cpHash' holds signed_limited
  with_room 'policy: the ticket of a signature' holds signed_ticket
  with_room 'policy: a signature of another key' wrong_signature
  with_room 'policy: PCR' holds pcr "$(pcr_line)"
  with_room 'policy: PCR, changed' pcr_changes_policy
  with_room 'policy: OR, first branch' holds or
  with_room 'policy: OR, second branch' holds other_or \
    "00000171$(binary_to_hex command.digest)$(binary_to_hex secret.digest)"
  with_room 'policy: NV' holds number "$(comparison_line 00000149 00000007 0000 0000 "$nv_name")"
  with_room 'policy: NV, all comparisons' each_comparison
  with_room 'policy: clock' holds clock "$(comparison_line 0000016d ffffffffffffffff 0008 0005)"
  with_room 'policy: resets' holds resets "$(comparison_line 0000016d 00000000 0010 0007)"
  with_room 'policy: authorize' holds authorize "0000016a$signer_name" "$(binary_to_hex reference)"
  with_room 'policy: authorize, in an index' holds authorize_nv "00000192$(name_of 01000012)"
  with_room 'policy: cpHash' cphash
  with_room 'policy: template' templates
  policy_arguments=(-pwd key)
  with_room 'policy: password' holds password 0000016b
  policy_attributes=41
  with_room 'policy: authValue, which encrypts' holds authvalue 0000016b
  with_room 'policy: wrong authValues' wrong_values
  with_room 'policy: assertions that are refused' refused_assertions
}
