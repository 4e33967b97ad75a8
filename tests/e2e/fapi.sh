#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The Feature API of tpm2-tss (tss2_* of tpm2-tools), which keeps its own store of keys and policies
# and reads what the TPM can do: keys, signatures, sealed data, NV, quotes and policies, with both of
# its profiles. The TPM is without SHA-3, which tpm2-tss 3.2 cannot name.
set -euo pipefail
# shellcheck source=tools/lib/all.sh
. "$(dirname "$0")/../../tools/lib/all.sh"
# shellcheck source=tests/e2e/swtpm_doors.sh
. "$root/tests/e2e/swtpm_doors.sh"
ensure_packages tpm2-tools libtss2-fapi1 libtss2-tcti-swtpm0 openssl python3

# A store of keys of its own for each profile, on a TPM of its own.
configure() {
  mkdir "$profile"
  cat > "$profile/config.json" << END
{
  "profile_name": "$profile", "profile_dir": "/etc/tpm2-tss/fapi-profiles/",
  "user_dir": "$work/$profile/user", "system_dir": "$work/$profile/system",
  "tcti": "$TPM2TOOLS_TCTI", "ek_cert_less": "yes", "system_pcrs": [], "log_dir": "$work/$profile/log"
}
END
  export TSS2_FAPICONF=$work/$profile/config.json
}

store_is_made() {
  tss2_provision && tss2_list --searchPath= --pathList=- | tr : '\n' | grep -x "/$profile/HS/SRK"
}

knows_the_tpm() {
  tss2_getinfo --info=info.json --force && python3 - << 'END'
import json, sys
capabilities = {entry["description"]: entry["info"]["data"] for entry in json.load(open("info.json"))["capabilities"]}
names = {entry["alg"] for entry in capabilities["algorithms"]}
if not {"RSA", "ECC", "SHA256", "AES"} <= names:
    sys.exit(f"algorithms: {sorted(names)}")
END
}

# Verified by OpenSSL, and by the FAPI, which reads the store's own public key.
signs() {
  tss2_createkey --path=HS/SRK/signer --type=sign,noda --policyPath= --authValue= &&
    openssl dgst -sha256 -binary -out digest message &&
    tss2_sign --keyPath=HS/SRK/signer --digest=digest --signature=signature --publicKey=signer.pem --force &&
    openssl pkeyutl -verify -pubin -inkey signer.pem -in digest -sigfile signature "${verifying[@]}" &&
    tss2_verifysignature --keyPath=HS/SRK/signer --digest=digest --signature=signature
}

does_not_verify() {
  openssl dgst -sha256 -binary -out other.digest other
  tss2_verifysignature --keyPath=HS/SRK/signer --digest=other.digest --signature=signature
}

decrypts() {
  tss2_createkey --path=HS/SRK/decrypter --type=decrypt,noda --policyPath= --authValue= &&
    tss2_encrypt --keyPath=HS/SRK/decrypter --plainText=message --cipherText=encrypted --force &&
    tss2_decrypt --keyPath=HS/SRK/decrypter --cipherText=encrypted --plainText=decrypted --force &&
    cmp message decrypted
}

# sealed NAME [OPTION...]: what is sealed comes back.
sealed() {
  tss2_createseal --path="HS/SRK/$1" --type=noda --data=message --authValue= "${@:2}" && unsealed "$1"
}
unsealed() {
  tss2_unseal --path="HS/SRK/$1" --data=unsealed --force && cmp message unsealed
}

# A policy of the FAPI's own: the value that a PCR has now.
sealed_to_a_pcr() {
  cat > policy.json << 'END'
{ "description": "PCR 16 as it is", "policy": [{ "type": "POLICYPCR", "currentPCRs": [16] }] }
END
  tss2_import --path=/policy/pcr --importData=policy.json && sealed guarded --policyPath=/policy/pcr
}
extends_the_pcr() { tss2_pcrextend --pcr=16 --data=message; }

hex() { od -An -v -tx1 "$1" | tr -d ' \n'; }
counts() {
  tss2_createnv --path=/nv/Owner/counter --type=counter,noda --size=0 --policyPath= --authValue= &&
    tss2_nvincrement --nvPath=/nv/Owner/counter && tss2_nvread --nvPath=/nv/Owner/counter --data=first --force &&
    tss2_nvincrement --nvPath=/nv/Owner/counter && tss2_nvread --nvPath=/nv/Owner/counter --data=second --force &&
    [ $((0x$(hex second) - 0x$(hex first))) = 1 ]
}
stores() {
  tss2_createnv --path=/nv/Owner/data --type=noda --size=8 --policyPath= --authValue= &&
    tss2_nvwrite --nvPath=/nv/Owner/data --data=message && tss2_nvread --nvPath=/nv/Owner/data --data=read --force &&
    cmp message read
}
deletes() {
  tss2_delete --path=/nv/Owner/data && refuses tss2_nvread --nvPath=/nv/Owner/data --data=read --force
}

# Checked by the FAPI against the log that it keeps, then against another nonce.
quotes() {
  tss2_createkey --path=HS/SRK/attester --type=sign,restricted,noda --policyPath= --authValue= &&
    tss2_quote --keyPath=HS/SRK/attester --pcrList=16 --qualifyingData=nonce --signature=quote.signature \
      --quoteInfo=quote.json --pcrLog=log.json --force && verified_quote nonce
}
verified_quote() {
  tss2_verifyquote --publicKeyPath=HS/SRK/attester --qualifyingData="$1" --quoteInfo=quote.json \
    --signature=quote.signature --pcrLog=log.json
}

new_directory work
cd "$work"
printf 'message\n' > message
printf 'other\n' > other
printf '0123456789abcdef' > nonce
printf 'fedcba9876543210' > another
daemon_arguments=(--profile=no-sha3)
export TSS2_LOG=all+NONE

for profile in P_ECCP256SHA256 P_RSA2048SHA256; do
  rm -rf state
  start_daemon unix
  configure
  verifying=()
  [ "$profile" = P_ECCP256SHA256 ] || verifying=(-pkeyopt digest:sha256 -pkeyopt rsa_padding_mode:pss)
  check "$profile: a store" store_is_made
  check "$profile: what the TPM can do" knows_the_tpm
  check "$profile: a signature" signs
  check "$profile: of something else it is none" refuses does_not_verify
  [ "$profile" = P_ECCP256SHA256 ] || check "$profile: decryption" decrypts
  check "$profile: sealed data" sealed plain
  check "$profile: data sealed to a PCR" sealed_to_a_pcr
  check "$profile: extending it" extends_the_pcr
  check "$profile: what was sealed to it stays shut" refuses unsealed guarded
  check "$profile: a counter" counts
  check "$profile: an index" stores
  check "$profile: no index" deletes
  check "$profile: a quote" quotes
  check "$profile: for another nonce it is none" refuses verified_quote another
  check "$profile: the daemon ends when asked" stop_process "$started_pid"
done
cd /
checks_summary
