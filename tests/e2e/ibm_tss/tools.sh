# shellcheck shell=bash disable=SC2154 # variables of the other files
# SPDX-License-Identifier: Apache-2.0
# How the checks use IBM's utilities. Sourced by ibm_tss.sh.

# Persistent parents: of the owner's, with the authValue "parent".
ecc_parent=81000001
rsa_parent=81000002

# made VARIABLE TOOL...: the handle that the tool prints.
made() {
  local variable=$1 output
  shift
  output=$("$@") || { echo "$output"; return 1; }
  [[ "$output" =~ [Hh]andle\ ([0-9a-f]{8}) ]] && printf -v "$variable" '%s' "${BASH_REMATCH[1]}"
}

# refused RESPONSE TOOL...: the tool fails with that response code, such as "BAD_AUTH Session number
# 1"; where no number is said there is none.
refused() {
  local expected=$1 output status=0 found
  shift
  output=$("$@" 2>&1) || status=$?
  echo "$output"
  found=$(sed -n 's/^TPM_RC_\([A-Z0-9_]*\) - .*/\1/p' <<< "$output")
  [[ ! "$output" =~ (Session|Parameter|Handle)\ number\ [0-9]+ ]] || found+=" $(tr -s ' ' <<< "${BASH_REMATCH[0]}")"
  echo "refused: '$found', to be '$expected'"
  [ "$status" != 0 ] && [ "$found" = "$expected" ]
}

# session VARIABLE ARGUMENT...: an HMAC session.
session() { made "$1" tssstartauthsession -se h "${@:2}"; }
policy() { made "$1" tssstartauthsession -se p "${@:2}"; }
trial() { made "$1" tssstartauthsession -se t "${@:2}"; }

flush() {
  local handle
  for handle in "$@"; do tssflushcontext -ha "$handle" || return; done
}

# Transient objects and loaded sessions.
flush_all() {
  local range handles
  for range in 80000000 02000000; do
    mapfile -t handles < <(tssgetcapability -cap 1 -pr "$range" | sed -n 's/^\t\([0-9a-f]*\)$/\1/p')
    flush "${handles[@]}" || return
  done
}

# with_room TEXT COMMAND...: a check that finds nothing loaded by those before it.
with_room() {
  flush_all > "$scratch/flush" 2>&1 || warn "what is loaded cannot be flushed: $(cat "$scratch/flush")"
  check "$framing: $1" "${@:2}"
}

# new_key NAME [ARGUMENT of tsscreate...]: NAME.pub and NAME.priv; its authValue is "key".
new_key() {
  tsscreate -hp "$ecc_parent" -pwdp parent -pwdk key -opu "$1.pub" -opr "$1.priv" "${@:2}"
}

# load VARIABLE NAME [ARGUMENT of tssload...]
load() { made "$1" tssload -hp "$ecc_parent" -pwdp parent -ipu "$2.pub" -ipr "$2.priv" "${@:3}"; }

# name_of HANDLE: its Name in hex, as the client keeps it.
name_of() { binary_to_hex "$TPM_DATA_DIR/h$1.bin"; }

# equals FILE HEX
equals() {
  echo "$1: $(binary_to_hex "$1"), to be $2"
  [ "$(binary_to_hex "$1")" = "$2" ]
}

# hex_digest HASH HEX
hex_digest() { printf '%s' "$2" | hex_to_binary | "$1sum" | cut -d' ' -f1; }
sha256_hex() { hex_digest sha256 "$1"; }

restart_daemon() {
  stop_process "$started_pid" && start_daemon tcp &&
    find "$TPM_DATA_DIR" -name 'h80??????.bin' -delete -o -name 'hp80??????.bin' -delete
}
