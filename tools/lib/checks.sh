# shellcheck shell=bash disable=SC2034,SC2154 # variables shared between the files
# SPDX-License-Identifier: Apache-2.0
# Checks that count themselves, and what is checked of the files that a guest hands back
# (guest/jobs says which job makes which file).

checks_passed=0
checks_failed=0
checks_skipped=0

# check TEXT COMMAND...: one check; what the command prints is shown only when it fails.
check() {
  local text=$1
  shift
  if "$@" > "$scratch/check" 2>&1; then
    good "$text"
    checks_passed=$((checks_passed + 1))
  else
    bad "$text"
    tail -n 60 "$scratch/check" | sed 's/^/      /'
    checks_failed=$((checks_failed + 1))
  fi
}

# check_cases TEXT COMMAND...: each case of a test program, whose last line is `N passed, N failed`,
# counts as a check; what it prints is shown only when one fails.
check_cases() {
  local text=$1 output summary status=0
  shift
  output=$("$@" 2>&1) || status=$?
  summary=$(tail -n 1 <<< "$output")
  if [[ "$summary" =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    checks_passed=$((checks_passed + BASH_REMATCH[1]))
    checks_failed=$((checks_failed + BASH_REMATCH[2]))
    [ "$status" != 0 ] || status=${BASH_REMATCH[2]}
  else
    checks_failed=$((checks_failed + 1)) status=1
  fi
  if [ "$status" = 0 ]; then good "$text"; else bad "$text"; say "$output"; fi
}

# The last line of every test script; tools/test adds them up. Fails when a check did.
checks_summary() {
  local skipped=''
  [ "$checks_skipped" = 0 ] || skipped=", $checks_skipped skipped"
  say "$checks_passed passed, $checks_failed failed$skipped"
  [ "$checks_failed" = 0 ]
}

# only_in_long_runs: ends a test script that takes too long for every run, as one check skipped.
only_in_long_runs() {
  [ "${VTPM_LONG:-0}" != 1 ] || return 0
  checks_skipped=1
  note 'needs VTPM_LONG=1'
  checks_summary
  exit 0
}

# is_ready LOG: the daemon just started has said so in its log, or has ended.
is_ready() { grep -qx ready "$1" || ! kill -0 "$started_pid" 2> /dev/null; }

refuses() { ! "$@"; }

# refused PATTERN COMMAND...: one line that matches, nothing else, and a failure.
refused() {
  local pattern=$1 output status=0
  shift
  output=$(timeout 30 "$@" 2>&1 > /dev/null < /dev/null) || status=$?
  echo "status $status: $output"
  [ "$status" != 0 ] && [ "$status" -lt 124 ] && [ "$(wc -l <<< "$output")" = 1 ] &&
    grep -qE -e "$pattern" <<< "$output"
}

# pcr_values FILE BANK: "number value" a line, from what tpm2_pcrread or tpm2_eventlog printed.
pcr_values() {
  tr '[:upper:]' '[:lower:]' < "$1" |
    sed -n "/^ *$2: *$/,/^ *sha[0-9]*: *$/s/^ *\([0-9]*\) *: 0x\([0-9a-f]*\)$/\1 \2/p"
}

# Firmware extends PCRs 0 to 7, if only with separators: none may be as the reset left it.
firmware_extended_pcrs() {
  local pcr value
  for pcr in 0 1 2 3 4 5 6 7; do
    value=$(pcr_values "$1/pcrs" sha256 | sed -n "s/^$pcr //p")
    [[ "$value" =~ ^[0-9a-f]{64}$ && "$value" =~ [^0] ]] || {
      echo "PCR $pcr is '$value'"
      return 1
    }
  done
}

# eventlog_matches RESULTS BANK: the log replayed by tpm2_eventlog gives what the PCRs hold.
eventlog_matches() {
  local replayed
  [ -f "$1/eventlog.yaml" ] || tpm2_eventlog "$1/eventlog" > "$1/eventlog.yaml" || return
  sed '1,/^pcrs:/d' "$1/eventlog.yaml" > "$1/replayed"
  replayed=$(pcr_values "$1/replayed" "$2")
  [ "$(wc -l <<< "$replayed")" -ge 8 ] || { echo "the log replays to: $replayed"; return 1; }
  pcr_values "$1/pcrs" "$2" | grep -Fxf <(echo "$replayed") | diff - <(echo "$replayed")
}

# quote_verifies RESULTS NONCE: with nothing of the guest's but the public key and the quote.
quote_verifies() {
  tpm2_checkquote -Q -u "$1/ak.pem" -m "$1/quote.msg" -s "$1/quote.sig" -f "$1/quote.pcrs" \
    -g sha256 -q "$2"
}

# The quote is of the PCR values that the guest reported: the digest in it is recomputed.
quote_is_of_pcrs() {
  local digest
  digest=$(pcr_values "$1/pcrs" sha256 | sed -n 's/^[0-7] //p' | tr -d '\n' | hex_to_binary |
    sha256sum | cut -c1-64)
  binary_to_hex "$1/quote.msg" | grep "$digest$"
}

hex_to_binary() { sed 's/../\\x&/g' | xargs -0 printf '%b'; }
binary_to_hex() { od -An -v -tx1 "$1" | tr -d ' \n'; }

unsealed_equals_sealed() { cmp "$1/secret" "$1/unsealed"; }

# TPM_RC_POLICY_FAIL, in whatever words the tool puts it.
unseal_was_refused() {
  [ "$(cat "$1/unseal-again-status")" != 0 ] && grep -qi 'policy' "$1/unseal-again"
}
