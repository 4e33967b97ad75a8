# shellcheck shell=bash disable=SC2034,SC2154 # variables shared between the files
# SPDX-License-Identifier: Apache-2.0
# The guest: Debian's cloud kernel, an initramfs made here, and one QEMU run from power-on to
# power-off. A guest runs a job (fragments from guest/jobs) and hands back the files that it made.

firmware_code=/usr/share/OVMF/OVMF_CODE_4M.fd
firmware_variables=/usr/share/OVMF/OVMF_VARS_4M.fd
kernel=''      # paths, set by prepare_guest
initramfs=''
qemu_program=qemu-system-x86_64
guest_accelerator=${VTPM_ACCEL:-tcg}
guest_command_line='console=ttyS0 quiet panic=-1'
guest_timeout=${VTPM_GUEST_TIMEOUT:-900} # seconds; an idle machine needs 20

# --- Kernel and initramfs -------------------------------------------------------------------------

# Debian's newest cloud kernel, unpacked but not installed.
fetch_kernel() {
  local work=$cache/kernel/new package module
  rm -rf "$work" && mkdir -p "$work" && cd "$work" || return
  if ! apt-cache show linux-image-cloud-amd64 > /dev/null 2>&1; then apt-get -q update || return; fi
  package=$(apt-cache depends linux-image-cloud-amd64 |
    sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
  [ -n "$package" ] || { echo "apt knows no linux-image-cloud-amd64"; return 1; }
  apt-get -q download "$package" || return
  dpkg-deb --fsys-tarfile "$package"_*.deb |
    tar -x --wildcards './boot/vmlinuz-*' './lib/modules/*.ko' || return
  mv boot/vmlinuz-* vmlinuz && find lib -name qemu_fw_cfg.ko -exec mv '{}' . ';' && mkdir modules &&
    for module in "${disk_modules[@]}"; do
      find lib -name "$module.ko" -exec mv '{}' modules/ ';' || return
    done
  rm -rf -- ./*.deb boot lib "$cache/kernel/$package"
  mv "$work" "$cache/kernel/$package"
}

# One without modules is of an earlier version of this script.
newest_kernel() {
  mkdir -p "$cache/kernel"
  find "$cache/kernel" -path '*/linux-image-*/modules' | sort -V | sed -n '$s/modules$/vmlinuz/p'
}

# copy_program DESTINATION PROGRAM: with every library that it loads.
copy_with_libraries() {
  local destination=$1 file
  shift
  for file in "$@"; do
    ldd "$file" | grep -o '/[^ ]*' | while read -r library; do
      install -D "$library" "$destination$library"
    done || return
  done
}

# make_initramfs KERNEL_DIRECTORY OUTPUT: the same inputs give the same bytes, for they are measured.
make_initramfs() {
  local kernel_directory=$1 output=$2 tree library tool
  tree=$(mktemp -d "$cache/initramfs.XXXXXX") || return
  mkdir -p "$tree"/{bin,lib/modules,lib64,proc,sys,dev,etc}
  install "$root/guest/init" "$tree/init"
  install -m 644 "$root/guest/motd" "$tree/etc/motd"
  install -m 644 "$kernel_directory/qemu_fw_cfg.ko" "$tree/lib/modules/"
  install "$(command -v busybox)" "$tree/bin/busybox"
  busybox --list | grep -vx busybox | while read -r applet; do
    ln -s busybox "$tree/bin/$applet"
  done
  install /usr/bin/tpm2 "$tree/bin/"
  for tool in /usr/bin/tpm2_*; do ln -s tpm2 "$tree/bin/$(basename "$tool")"; done
  library=$(find /usr/lib -name 'libtss2-tcti-device.so.0' | head -n 1)
  install -D "$library" "$tree/lib/x86_64-linux-gnu/libtss2-tcti-device.so.0"
  copy_with_libraries "$tree" /usr/bin/tpm2 "$library" || return
  g++ -std=c++20 -Os -static -s -I"$root" -o "$tree/bin/tpm_latency" \
    "$root/guest/tpm_latency.cc" || return
  find "$tree" -exec touch -h -d @0 {} +
  (cd "$tree" && find . | LC_ALL=C sort | cpio -o -H newc --reproducible --owner=0:0 --quiet) |
    gzip -n -6 > "$output.new" || return
  rm -rf "$tree"
  mv "$output.new" "$output"
}

# prepare_guest: everything that a guest boots from, made or fetched where it is missing.
prepare_guest() {
  ensure_packages "${packages_guest[@]}"
  exec {guest_lock}> "$cache/guest.lock"
  flock "$guest_lock"
  kernel=$(newest_kernel)
  if [ -z "$kernel" ]; then
    run_step "fetching Debian's cloud kernel" kernel.log fetch_kernel ||
      die "without the package linux-image-cloud-amd64 there is no guest"
    kernel=$(newest_kernel)
  fi
  initramfs=$cache/initramfs-$(digest_of "$kernel" /usr/bin/tpm2 "$(command -v busybox)" \
    "$root"/guest/{init,motd,tpm_latency.cc,latency.h} \
    "$root/base/bytes.h" <(declare -f make_initramfs)).gz
  if [ ! -f "$initramfs" ]; then
    rm -f "$cache"/initramfs*
    run_step "making the guest's initramfs" initramfs.log \
      make_initramfs "$(dirname "$kernel")" "$initramfs" || die "the initramfs could not be made"
  fi
  exec {guest_lock}>&-
}

# --- One run --------------------------------------------------------------------------------------

# What a test may ask of its guests beyond the ordinary, until it is asked for otherwise.
guest_more_arguments=()    # for QEMU, after all others
guest_companion=()         # a command that runs beside QEMU, with the paths of QMP's socket and the
                           # console's file as its last arguments; it ends when QEMU does
guest_boots=1              # in one QEMU; the files of boot N go to RESULTS/N if there are several

# The arguments of QEMU that every guest has; what it says goes to $run/console.log.
guest_arguments=()
common_arguments() {
  local firmware=$1 run=$2
  guest_arguments=(-M q35 -accel "$guest_accelerator" -m 512 -nodefaults -no-user-config
    -display none -rtc base=2001-06-01T12:00:00)
  [ "$guest_boots" != 1 ] || guest_arguments+=(-no-reboot)
  case $firmware in
    ovmf) add_flash "$firmware_code" "$firmware_variables" "$run" ;;
    seabios) ;;
    ovmf-secure-boot)
      add_flash "$secure_firmware_code" "$secure_firmware_variables" "$run"
      add_secure_boot_arguments "$run"
      return
      ;;
    *) die "no firmware '$firmware'" ;;
  esac
  guest_arguments+=(-kernel "$kernel" -initrd "$initramfs" -append "$guest_command_line")
}

# add_flash CODE VARIABLES RUN: the variables are a copy, made for this run.
add_flash() {
  cp "$2" "$3/variables.fd"
  guest_arguments+=(-drive "if=pflash,format=raw,unit=0,readonly=on,file=$1"
    -drive "if=pflash,format=raw,unit=1,file=$3/variables.fd")
}

guest_phase() {
  local line
  line=$(tr -d '\r' < "$guest_console" | sed -n 's/^\[guest\] //p' | tail -n 1)
  echo "${line:-the guest boots through $guest_firmware}"
}

# unpack_boot FILE NUMBER DIRECTORY: the NUMBERth archive in what came over the port. The firmware may
# have written to it too, between the markers' pairs.
unpack_boot() {
  mkdir -p "$3" &&
    tr -d '\r' < "$1" | awk -v wanted="$2" '/^-----END RESULTS-----$/ { inside = 0 }
      inside && number == wanted
      /^-----BEGIN RESULTS-----$/ { inside = 1; number++ }' |
    base64 -d | tar -x -z -C "$3" -f - &&
    (cd "$3" && sha256sum --quiet -c SHA256SUMS)
}

# unpack_results FILE DIRECTORY
unpack_results() {
  local boot
  [ "$guest_boots" != 1 ] || { unpack_boot "$1" 1 "$2"; return; }
  for ((boot = 1; boot <= guest_boots; boot++)); do
    unpack_boot "$1" "$boot" "$2/$boot" || return
  done
}

# A job that failed; its log.
show_failed_job() {
  local directory
  for directory in "$1" "$1"/[0-9]*/; do
    [ "$(cat "$directory/status" 2> /dev/null || echo 0)" != 0 ] || continue
    bad "the guest's job failed; its log:"
    sed 's/^/    /' "$directory/log"
    return 0
  done
  return 1
}

# run_guest FIRMWARE RESULTS JOB: boots with the TPM that start_tpm prepared, runs the job file, and
# unpacks what it made into RESULTS. `nonce` and `samples` reach the job. Fails with a message.
run_guest() {
  local results=$2 job=$3 run since=$SECONDS pid companion='' status=0
  guest_firmware=$1
  new_directory run
  guest_console=$run/console.log
  common_arguments "$guest_firmware" "$run"
  mkdir -p "$results"
  touch "$guest_console"
  printf '%s' "${nonce:-00}" > "$run/nonce"
  printf '%s' "${samples:-200}" > "$run/samples"
  start timeout -k 30 "$guest_timeout" env "${tpm_environment[@]}" "$qemu_program" \
    "${guest_arguments[@]}" "${tpm_arguments[@]}" \
    -chardev "file,id=console,path=$guest_console" -serial chardev:console \
    -chardev "file,id=results,path=$run/results" -serial chardev:results \
    -fw_cfg "name=opt/vhost-user-tpm/job,file=$job" \
    -fw_cfg "name=opt/vhost-user-tpm/nonce,file=$run/nonce" \
    -fw_cfg "name=opt/vhost-user-tpm/samples,file=$run/samples" \
    -qmp "unix:$run/qmp,server=on,wait=off" "${guest_more_arguments[@]}" \
    > "$run/qemu.log" 2>&1 < /dev/null
  pid=$started_pid
  if [ ${#guest_companion[@]} -gt 0 ]; then
    start "${guest_companion[@]}" "$run/qmp" "$guest_console" >> "$run/companion.log" 2>&1 < /dev/null
    companion=$started_pid
  fi
  watch_process "$pid" "$since" guest_phase
  wait "$pid" || status=$?
  forget "$pid"
  case $status in 124 | 137) status="$guest_timeout s are over" ;; esac
  if [ -n "$companion" ]; then
    wait "$companion" || status="$status, companion: $?"
    forget "$companion"
  fi
  if [ "$status" = 0 ] && unpack_results "$run/results" "$results" >> "$run/qemu.log" 2>&1; then
    cp "$guest_console" "$results/console.log"
    ! show_failed_job "$results"
    return
  fi
  bad "the guest did not run to its end (QEMU: $status); messages of QEMU, of the TPM, the console:"
  tail -n 20 "$run/qemu.log" "$run/companion.log" "$tpm_log" 2> /dev/null | sed 's/^/    /'
  tail -n 30 "$guest_console" 2> /dev/null | tr -cd '[:print:]\n' | sed 's/^/    /'
  return 1
}

# run_shell FIRMWARE: the same guest without a job; its console is this terminal.
run_shell() {
  local run
  new_directory run
  common_arguments "$1" "$run"
  env "${tpm_environment[@]}" "$qemu_program" "${guest_arguments[@]}" "${tpm_arguments[@]}" \
    -chardev stdio,id=console,mux=on,signal=off -serial chardev:console -mon chardev=console
}
