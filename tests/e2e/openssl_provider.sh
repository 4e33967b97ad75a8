#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# How programs use keys in a TPM without knowing it: OpenSSL's provider tpm2-openssl (requests,
# certificates, TLS) and tpm2-pkcs11 through pkcs11-tool. What the TPM makes is verified by OpenSSL
# without it.
set -euo pipefail
# shellcheck source=tools/lib/all.sh
. "$(dirname "$0")/../../tools/lib/all.sh"
# shellcheck source=tests/e2e/swtpm_doors.sh
. "$root/tests/e2e/swtpm_doors.sh"
ensure_packages openssl tpm2-openssl libtss2-tcti-swtpm0 python3 libtpm2-pkcs11-1 libtpm2-pkcs11-tools opensc \
  tpm2-tools

provider=(-provider tpm2 -provider default -propquery '?provider=tpm2')

# new_key NAME ALGORITHM [OPTION...]: NAME.pem, which only the TPM can use, and NAME.pub.
new_key() {
  openssl genpkey "${provider[@]}" -algorithm "${@:2}" -out "$1.pem" &&
    grep 'BEGIN TSS2 PRIVATE KEY' "$1.pem" &&
    openssl pkey "${provider[@]}" -in "$1.pem" -pubout -out "$1.pub" && openssl pkey -pubin -in "$1.pub" -noout
}

request_and_certificate() {
  openssl req "${provider[@]}" -new -key "$1.pem" -subj /CN=tpm -out "$1.csr" &&
    openssl req -verify -in "$1.csr" -noout &&
    openssl req "${provider[@]}" -x509 -new -key "$1.pem" -subj /CN=tpm -days 10 -out "$1.crt" &&
    openssl verify -CAfile "$1.crt" "$1.crt"
}

# signs NAME HASH...
signs() {
  local hash
  for hash in "${@:2}"; do
    openssl dgst "${provider[@]}" "-$hash" -sign "$1.pem" -out signature message &&
      openssl dgst "-$hash" -verify "$1.pub" -signature signature message &&
      ! openssl dgst "-$hash" -verify "$1.pub" -signature signature other || return
  done
}

# decrypts NAME: what was encrypted outside.
decrypts() {
  openssl pkeyutl -encrypt -pubin -inkey "$1.pub" -in message -out encrypted &&
    openssl pkeyutl "${provider[@]}" -decrypt -inkey "$1.pem" -in encrypted -out decrypted &&
    cmp message decrypted
}

# agrees NAME GROUP: on a secret, with a key outside.
agrees() {
  openssl genpkey -algorithm EC -pkeyopt "group:$2" -out outside.pem &&
    openssl pkey -in outside.pem -pubout -out outside.pub &&
    openssl pkeyutl -derive -inkey outside.pem -peerkey "$1.pub" -out expected &&
    openssl pkeyutl "${provider[@]}" -derive -inkey "$1.pem" -peerkey outside.pub -out secret &&
    cmp expected secret
}

answered() { grep -qx egassem "$1"; }

# serves_tls NAME VERSION: a line comes back reversed, from a server whose key is in the TPM to a
# client that knows its certificate.
serves_tls() {
  local status=0 server
  rm -f tls.sock
  start openssl s_server "${provider[@]}" -unix tls.sock -cert "$1.crt" -key "$1.pem" -rev "-$2" \
    > server.log 2>&1 < /dev/null
  server=$started_pid
  wait_until 30 test -S tls.sock || status=1
  start openssl s_client -unix tls.sock -CAfile "$1.crt" -verify_return_error -ign_eof "-$2" \
    < message > client.log 2>&1
  wait_until 20 answered client.log || status=1
  stop_process "$started_pid"
  stop_process "$server"
  cat server.log client.log
  [ "$status" = 0 ]
}

password_is_asked_for() {
  openssl genpkey "${provider[@]}" -algorithm EC -pkeyopt group:P-256 -pkeyopt user-auth:password -out guarded.pem &&
    openssl pkey "${provider[@]}" -in guarded.pem -passin pass:password -pubout -out guarded.pub &&
    openssl dgst "${provider[@]}" -sha256 -sign guarded.pem -passin pass:password -out signature message &&
    openssl dgst -sha256 -verify guarded.pub -signature signature message &&
    ! openssl dgst "${provider[@]}" -sha256 -sign guarded.pem -passin pass:wrong -out signature message
}

randomness() {
  [ "$(openssl rand -provider tpm2 -hex 16 | tr -d '\n' | wc -c)" = 32 ]
}

token() { pkcs11-tool --module "$module" --token-label token --login --pin user "$@"; }

token_is_made() {
  tpm2_ptool init && tpm2_ptool addtoken --pid 1 --label token --sopin so --userpin user &&
    token --list-objects
}

# pkcs11_signs KIND LABEL MECHANISM ID: with a key made in the token.
pkcs11_signs() {
  token --keypairgen --key-type "$1" --label "$2" --id "$4" &&
    token --read-object --type pubkey --id "$4" --output-file key.der &&
    openssl pkey -pubin -inform der -in key.der -out key.pub &&
    token --sign --mechanism "$3" --id "$4" --signature-format openssl -i message -o signature &&
    openssl dgst -sha256 -verify key.pub -signature signature message
}

wrong_pin() { pkcs11-tool --module "$module" --token-label token --login --pin wrong --list-objects; }

new_directory work
cd "$work"
echo message > message
echo other > other
start_daemon tcp
export TPM2OPENSSL_TCTI=$TPM2TOOLS_TCTI TPM2_PKCS11_TCTI=$TPM2TOOLS_TCTI TPM2_PKCS11_STORE=$work/store
export TSS2_LOG=all+NONE TPM2_PKCS11_LOG_LEVEL=0
mkdir "$TPM2_PKCS11_STORE"
module=$(dpkg -L libtpm2-pkcs11-1 | grep -m 1 '/libtpm2_pkcs11.so')

check 'random octets' randomness
check 'an RSA key' new_key rsa RSA -pkeyopt bits:2048
check 'an EC key on P-256' new_key p256 EC -pkeyopt group:P-256
check 'an EC key on P-384' new_key p384 EC -pkeyopt group:P-384
for key in rsa p256 p384; do
  check "$key: a request and a certificate" request_and_certificate "$key"
  check "$key: signatures" signs "$key" sha256 sha384
  check "$key: a server, TLS 1.3" serves_tls "$key" tls1_3
done
# With EC keys of this provider OpenSSL 3.0 offers no cipher suite of TLS 1.2.
check 'rsa: a server, TLS 1.2' serves_tls rsa tls1_2
check 'rsa: decryption' decrypts rsa
check 'a shared secret on P-256' agrees p256 P-256
check 'a shared secret on P-384' agrees p384 P-384
check 'a key with a password' password_is_asked_for
check 'PKCS #11: a token' token_is_made
check 'PKCS #11: RSA' pkcs11_signs rsa:2048 rsa-key SHA256-RSA-PKCS 01
check 'PKCS #11: EC' pkcs11_signs EC:prime256v1 ec-key ECDSA-SHA256 02
check 'PKCS #11: a wrong PIN' refuses wrong_pin
check 'the daemon ends when asked' stop_process "$started_pid"
cd /
checks_summary
