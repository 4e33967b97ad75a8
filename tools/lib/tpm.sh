# shellcheck shell=bash disable=SC2034,SC2154 # variables shared between the files
# SPDX-License-Identifier: Apache-2.0
# The TPM of a guest, in the ways that the scripts compare:
#   plugin     our back-end; unmodified QEMU with our front-end loaded into it
#   patched    our back-end; QEMU built with our patch series
#   stock      our back-end as a swtpm; unmodified QEMU's own -tpmdev emulator
#   reference  Debian's swtpm; unmodified QEMU's own -tpmdev emulator

tpm_environment=()  # for QEMU
tpm_arguments=()
tpm_properties=''   # more of our front-end's, each behind a comma
tpm_pid=''
tpm_log=''
tpm_interface=${VTPM_INTERFACE:-crb} # the registers that the guest sees: crb or tis

# prepare_tpm KIND: everything that start_tpm needs.
prepare_tpm() {
  case $1 in
    plugin | patched | stock)
      ensure_packages "${packages_build[@]}"
      build release device/vhost-user-tpm || die "the back-end does not build"
      ;;
    reference) ensure_packages "${packages_reference[@]}" ;;
    *) die "no kind of TPM '$1'" ;;
  esac
  # These say themselves where they are, on standard error.
  case $1 in
    plugin) plugin=$("$root/tools/qemu-plugin") || die "the plugin for QEMU could not be built" ;;
    patched) qemu_patched=$("$root/tools/qemu-build") || die "QEMU could not be built" ;;
  esac
}

daemon() { echo "$build_root/release/device/vhost-user-tpm"; }

tpm_is_there() { [ -S "$1" ] || ! kill -0 "$tpm_pid" 2> /dev/null; }

# start_tpm KIND STATE_DIRECTORY: starts it and says in tpm_arguments how QEMU reaches it.
# Fails with a message.
start_tpm() {
  local kind=$1 state=$2 run socket
  new_directory run
  socket=$run/tpm.sock
  tpm_log=$run/tpm.log
  mkdir -p "$state"
  tpm_environment=()
  qemu_program=qemu-system-x86_64
  tpm_arguments=(-chardev "socket,id=tpm,path=$socket")
  case $kind in
    plugin | patched)
      start "$(daemon)" "--socket-path=$socket" "--state-dir=$state" > "$tpm_log" 2>&1 < /dev/null
      if [ "$kind" = plugin ]; then
        tpm_environment=("LD_PRELOAD=$plugin")
      else
        qemu_program=$qemu_patched
        tpm_arguments+=(-L /usr/share/seabios -L /usr/share/qemu)
      fi
      tpm_arguments+=(-device "vhost-user-tpm-$tpm_interface,chardev=tpm$tpm_properties")
      ;;
    stock)
      start "$(daemon)" "--swtpm-ctrl=unix:$socket" "--state-dir=$state" > "$tpm_log" 2>&1 < /dev/null
      tpm_arguments+=(-tpmdev 'emulator,id=tpm0,chardev=tpm' -device "tpm-$tpm_interface,tpmdev=tpm0")
      ;;
    reference)
      if ! manufacture_reference "$state" > "$tpm_log" 2>&1; then
        bad "swtpm_setup failed: $(tail -n 3 "$tpm_log")"
        return 1
      fi
      start swtpm socket --tpm2 --tpmstate "dir=$state" --ctrl "type=unixio,path=$socket" \
        > "$tpm_log" 2>&1 < /dev/null
      tpm_arguments+=(-tpmdev 'emulator,id=tpm0,chardev=tpm' -device "tpm-$tpm_interface,tpmdev=tpm0")
      ;;
  esac
  tpm_pid=$started_pid
  wait_until 30 tpm_is_there "$socket" || true
  [ -S "$socket" ] && return 0
  bad "the TPM ($kind) did not start: $(tail -n 3 "$tpm_log")"
  return 1
}

# With the PCR banks that ours has, so that event logs are comparable byte for byte.
manufacture_reference() {
  local arguments=(--tpm2 --tpmstate "$1" --pcr-banks 'sha256,sha384,sha512')
  [ ! -e "$1/tpm2-00.permall" ] || return 0
  # As root it would become another user, who may not read this directory.
  [ "$(id -u)" != 0 ] || arguments+=(--runas root)
  swtpm_setup "${arguments[@]}"
}

stop_tpm() { stop_process "$tpm_pid"; }

# with_tpm KIND STATE_DIRECTORY COMMAND...: for as long as the command runs.
with_tpm() {
  local status=0
  start_tpm "$1" "$2" || return
  shift 2
  "$@" || status=$?
  stop_tpm
  return "$status"
}
