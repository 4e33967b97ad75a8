# shellcheck shell=bash disable=SC2034,SC2154 # variables shared between the files
# SPDX-License-Identifier: Apache-2.0
# What all developers' scripts share: places, messages, steps with their time, and an orderly end.
# Sourced, never run. The caller has set `set -euo pipefail`.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${VTPM_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/vhost-user-tpm}
# Build directories: $build_root/release, asan, tsan, fuzz.
build_root=${VTPM_BUILD:-$root/build}
script_name=$(basename "$0")
jobs=$(nproc)
mkdir -p "$cache" "$cache/logs"

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' yellow=$'\e[33m' blue=$'\e[34m'
  plain=$'\e[0m'
else
  bold='' dim='' red='' green='' yellow='' blue='' plain=''
fi

say() { printf '%s\n' "$*"; }
title() { printf '\n%s%s%s\n' "$bold$blue" "$*" "$plain"; }
good() { printf '  %s✓%s %s\n' "$green" "$plain" "$*"; }
bad() { printf '  %s✗%s %s\n' "$red" "$plain" "$*"; }
note() { printf '  %s%s%s\n' "$dim" "$*" "$plain"; }
warn() { printf '%s%s: %s%s\n' "$yellow" "$script_name" "$*" "$plain" >&2; }
die() {
  printf '%s%s: %s%s\n' "$red" "$script_name" "$*" "$plain" >&2
  exit 1
}

# --- An orderly end -------------------------------------------------------------------------------

# Processes and files of this run, gone when it ends, however it ends. The name of the directory is
# short enough for Unix sockets in it.
started_pids=()
scratch=$(mktemp -d "${TMPDIR:-/tmp}/vtpm.XXXXXX")

# start COMMAND...: in the background, leading a process group of its own; $started_pid is its id.
start() {
  set -m
  "$@" &
  started_pid=$!
  set +m
  started_pids+=("$started_pid")
}

# forget PID: it has ended, and is not to be stopped any more.
forget() {
  local pid remaining=()
  for pid in "${started_pids[@]}"; do [ "$pid" = "$1" ] || remaining+=("$pid"); done
  started_pids=("${remaining[@]}")
}

# stop_process PID: asks it and its children to end, waits, insists.
stop_process() {
  local pid=$1 tries
  for ((tries = 0; tries < 100; tries++)); do
    kill -0 -- "-$pid" 2> /dev/null || break
    [ "$tries" -gt 0 ] || kill -TERM -- "-$pid" 2> /dev/null || true
    sleep 0.05
  done
  kill -KILL -- "-$pid" 2> /dev/null || true
  wait "$pid" 2> /dev/null || true
  forget "$pid"
}

# Later ones first: QEMU before the TPM that it talks to.
stop_started() {
  while [ ${#started_pids[@]} -gt 0 ]; do stop_process "${started_pids[-1]}"; done
}

at_exit() {
  local status=$?
  trap - EXIT
  stop_started
  rm -rf -- "$scratch"
  exit "$status"
}
trap at_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# new_directory VARIABLE: a directory of its own in the scratch directory.
new_directory() { printf -v "$1" '%s' "$(mktemp -d "$scratch/XXXX")"; }

# wait_until SECONDS COMMAND...: polls a condition; fails when the time is over.
wait_until() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.02
  done
}

# --- Long steps -----------------------------------------------------------------------------------

# watch_process PID SINCE LABEL: waits for it. LABEL is a command that prints what is under way. On a
# terminal that is one line, kept up to date; elsewhere a line whenever it changed, or every half
# minute where it changes with every second (`LABEL=step_label`).
watch_process() {
  local pid=$1 since=$2 label=$3 spinner='.oOo' turn=0 next=30 now text shown=''
  while kill -0 "$pid" 2> /dev/null; do
    now=$((SECONDS - since))
    text=$("$label")
    if [ -t 1 ]; then
      printf '\r\e[K  %s %s%ds  %s%s' "${spinner:turn++ % 4:1}" "$dim" "$now" "$text" "$plain"
    elif [ "$now" -ge "$next" ] || { [ "$text" != "$shown" ] && [ "$label" != step_label ]; }; then
      note "${now}s: $text"
      shown=$text
      next=$((now + 30))
    fi
    sleep 0.2
  done
  [ ! -t 1 ] || printf '\r\e[K'
}

step_log=''
step_label() { tail -c 300 "$step_log" 2> /dev/null | tr '\r' '\n' | tail -n 1 | cut -c1-70; }

# run_step NAME LOG COMMAND...: runs the command with its output in a log under the cache; one line
# before, one after. Fails as the command does, with the end of the log shown.
run_step() {
  local name=$1 since=$SECONDS status=0 pid
  step_log=$cache/logs/$2
  shift 2
  [ -t 1 ] || say "$name ..."
  start "$@" > "$step_log" 2>&1 < /dev/null
  pid=$started_pid
  watch_process "$pid" "$since" step_label
  wait "$pid" || status=$?
  forget "$pid"
  if [ "$status" = 0 ]; then
    good "$name ${dim}($((SECONDS - since)) s)$plain"
  else
    bad "$name: exit status $status after $((SECONDS - since)) s; the end of $step_log:"
    tail -n 40 "$step_log" | sed 's/^/    /'
  fi
  return "$status"
}

# digest_of FILE...: one hash over the contents, to tell whether inputs changed.
digest_of() { cat -- "$@" | sha256sum | cut -c1-16; }
