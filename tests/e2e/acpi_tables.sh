#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The ACPI tables that `vtpm acpi` writes: compiled and taken apart by iasl, executed by acpiexec,
# given to QEMU, and compared with those that QEMU makes for its own TPMs; and the same tables from
# the daemon, through the front-end.
set -euo pipefail
# shellcheck source=tools/lib/all.sh
. "$(dirname "$0")/../../tools/lib/all.sh"

ensure_packages acpica-tools qemu-system-x86 seabios python3
builds=${VTPM_BUILD_DIR:-$build_root/release}
program=$builds/device/vhost-user-tpm
vtpm=$builds/device/vtpm/vtpm
plugin=$("$root/tools/qemu-plugin")
sources=$root/tests/acpi
calls=$sources/dsm_calls.txt
new_directory work
cd "$work"

# --- acpiexec -------------------------------------------------------------------------------------

# Each evaluation in what acpiexec prints, as one line of values.
answers() {
  awk '
    function add(text) { answer = answer (answer == "" ? "" : " ") text }
    /^Evaluating / { if (count++) print answer; answer = "" }
    /^No object was returned/ { answer = "none" }
    /^Evaluation of .* failed with status/ { answer = "error" }
    /\[Integer\] = / { sub(/^0+/, "", $3); add($3 == "" ? "0" : $3) }
    /\[String\] Length / { sub(/[^=]*= /, ""); add($0) }
    /^ .*[0-9A-F][0-9A-F][0-9A-F][0-9A-F]: [0-9A-F]/ {
      sub(/.*[0-9A-F][0-9A-F][0-9A-F][0-9A-F]: /, ""); sub(/ *\/\/.*/, ""); add($0)
    }
    END { print answer }'
}

# evaluate "EXPRESSION EXPRESSION..." TABLE...: expressions are separated by semicolons.
evaluate() {
  local expressions="evaluate ${1//;/;evaluate }"
  shift
  timeout 60 acpiexec -di -b "$expressions" "$@" 2>&1 | answers
}

# holds OBJECT VALUE TABLE...: what an object evaluates to.
holds() {
  local object=$1 expected=$2 value
  shift 2
  value=$(evaluate "$object" "$@")
  echo "$object: $value"
  [ "$value" = "$expected" ]
}

# exerciser DEVICE NAME: compiles tests/acpi/exercise.asl for the device's _DSM.
exerciser() {
  local path=${1//\\/\\\\}
  sed "s/\\<DSM\\>/$path._DSM/" "$sources/exercise.asl" > "$2.asl"
  iasl -p "$2" "$2.asl"
}

groups() { sed -n 's/^= //p' "$calls"; }

# group TITLE: its lines, each as "call:answer" or "call:answer:QEMU's answer".
group() {
  awk -v title="= $1" '/^=/ { inside = $0 == title; next } inside && /^\\/' "$calls" |
    sed 's/ *: */:/g'
}

# answers_as COLUMN TITLE TABLE...: acpiexec's answers to a group are those of the file; where the
# column is empty, those of the column before.
answers_as() {
  local column=$1 title=$2 expressions
  shift 2
  group "$title" | awk -F: -v column="$column" \
    '{ print $1 " -> " ($column == "" ? $(column - 1) : $column) }' > expected
  expressions=$(group "$title" | cut -d: -f1 | paste -sd ';')
  evaluate "\\BOOT;$expressions" "$@" | sed 1d |
    paste -d '\n' <(group "$title" | cut -d: -f1) - | paste -sd '\t\n' | sed 's/\t/ -> /' > actual
  [ -s expected ] && diff expected actual
}

# --- iasl -----------------------------------------------------------------------------------------

# What follows the header, in which makers differ.
content() { tail -c +37 "$1"; }

same_content() { cmp <(content "$1") <(content "$2"); }

# iasl turns tests/acpi/NAME.asl into the bytes that we have.
compiles_to() {
  iasl -p "compiled-$1" "$sources/$1.asl" && same_content "compiled-$1.aml" "$2"
}

# Taken apart and put together again, with nothing that iasl warns of.
survives_iasl() {
  local name
  name=again-$(tr / - <<< "${1%.aml}")
  iasl -p "$name" -d "$1" && iasl -we -p "$name-back" "$name.dsl" &&
    same_content "$name-back.aml" "$1"
}

sums_to_zero() {
  python3 -c 'import sys; t = open(sys.argv[1], "rb").read()
sys.exit(sum(t) % 256 or int.from_bytes(t[4:8], "little") != len(t))' "$1"
}

# field TABLE NAME: of a table that has fields, as iasl shows it.
field() {
  local name
  name=fields-$(tr / - <<< "${1%.aml}")
  [ -f "$name.dsl" ] || iasl -p "$name" -d "$1" > /dev/null 2>&1
  sed -n "s/^\\[.*\\] *$2 : \\(\"[^\"]*\"\\|[0-9A-F]*\\).*/\\1/p" "$name.dsl"
}

field_is() {
  echo "$2 of $1 is $(field "$1" "$2")"
  [ "$(field "$1" "$2")" = "$3" ]
}

# --- The program ----------------------------------------------------------------------------------

tables() { "$vtpm" acpi "$@"; }

check 'a CRB with a page for physical presence' tables --interface=crb --ppi=0xfed45000 --output=crb
check 'a TIS with an interrupt and a log area' tables --interface=tis --irq=10 \
  --log-address=0x7fff0000 --log-size=131072 --output=tis
check 'the same again' tables --interface=crb --ppi=4275326976 --output=crb
check 'no interface' refused '--interface is missing' "$vtpm" acpi --output=none
check 'no directory' refused '--output is missing' "$vtpm" acpi --interface=crb
check 'an unknown option' refused "'--tpm=crb'" "$vtpm" acpi --tpm=crb
check 'an address that is none' refused '--base=here is no number' \
  "$vtpm" acpi --interface=crb --base=here --output=none
check 'an unaligned address' refused '--base=0xfed40010 cannot be' \
  "$vtpm" acpi --interface=crb --base=0xfed40010 --output=none
check 'an interrupt of a CRB' refused '--irq=10 cannot be' \
  "$vtpm" acpi --interface=crb --irq=10 --output=none
check 'a page within the TPM' refused '--ppi=0xfed44000 cannot be' \
  "$vtpm" acpi --interface=crb --ppi=0xfed44000 --output=none
check 'a directory in no directory' refused 'cannot make the directory none/none' \
  "$vtpm" acpi --interface=crb --output=none/none
mkdir other && echo 'not a table' > other/ssdt.aml
check "somebody else's file" refused 'other/ssdt.aml exists' \
  "$vtpm" acpi --interface=crb --output=other
check 'which is left as it was, and alone' test "$(ls other) $(cat other/ssdt.aml)" = \
  'ssdt.aml not a table'

# --- The tables -----------------------------------------------------------------------------------

for name in crb tis; do
  check "$name: checksums and lengths" eval "sums_to_zero $name/tpm2.aml && sums_to_zero $name/ssdt.aml"
  check "$name: the SSDT is what iasl makes of tests/acpi/$name.asl" compiles_to $name $name/ssdt.aml
  check "$name: iasl takes the SSDT apart and compiles it again" survives_iasl $name/ssdt.aml
  check "$name: it is a table of revision 4" field_is $name/tpm2.aml Revision 04
  while IFS='|' read -r object value; do
    check "$name: $object" holds "\\_SB.VTPM.$object" "$value" $name/ssdt.aml
  done << 'END'
_HID|"MSFT0101"
_STR|54 00 50 00 4D 00 20 00 32 00 2E 00 30 00 20 00 44 00 65 00 76 00 69 00 63 00 65 00 00 00
_UID|1
_STA|F
END
done
check 'crb: its pages' holds '\_SB.VTPM._CRS' \
  '86 09 00 01 00 00 D4 FE 00 50 00 00 79 00' crb/ssdt.aml
check 'tis: its pages and interrupt' holds '\_SB.VTPM._CRS' \
  '86 09 00 01 00 00 D4 FE 00 50 00 00 89 06 00 01 01 0A 00 00 00 79 00' tis/ssdt.aml
check 'tis: no _DSM without a page' refuses grep -q _DSM tis/ssdt.aml
check 'tis: iasl takes the TPM2 table apart and compiles it again' survives_iasl tis/tpm2.aml
check 'tis: log area' eval "field_is tis/tpm2.aml 'Minimum Log Length' 00020000 &&
  field_is tis/tpm2.aml 'Log Address' 000000007FFF0000"
check 'crb: no log area' test "$(stat -c %s crb/tpm2.aml)" = 64

check 'the exerciser of _DSM' exerciser '\_SB.VTPM' ours
while read -r title; do
  check "_DSM: $title" answers_as 2 "$title" ours.aml crb/ssdt.aml
done < <(groups)

# --- QEMU -----------------------------------------------------------------------------------------

is_socket() { [ -S "$1" ]; }

# boot NAME ARGUMENT...: a machine until its firmware has the tables, which are then in NAME/.
boot() {
  local name=$1 status=0
  shift
  mkdir "$name"
  start qemu-system-x86_64 -machine q35,accel=tcg -nodefaults -display none \
    -qmp "unix:$name/qmp,server=on,wait=off" "$@" < /dev/null
  wait_until 30 is_socket "$name/qmp" &&
    python3 "$root/tests/e2e/acpi/dump_tables.py" "$name/qmp" "$work/$name" || status=$?
  stop_process "$started_pid"
  return "$status"
}

# boot_with_tpm DEVICE NAME: one of QEMU's own TPMs, with ours behind it.
boot_with_tpm() {
  local status=0 tpm
  start "$program" "--swtpm-ctrl=unix:$2.tpm" < /dev/null
  tpm=$started_pid
  wait_until 30 is_socket "$2.tpm" &&
    boot "$2" -chardev "socket,id=tpm,path=$2.tpm" -tpmdev emulator,id=tpm0,chardev=tpm \
      -device "$1,tpmdev=tpm0" || status=$?
  stop_process "$tpm"
  return "$status"
}

# boot_with_front_end NAME: the daemon's tables, which the front-end hands on.
boot_with_front_end() {
  local status=0 tpm
  start "$program" "--socket-path=$1.tpm" < /dev/null
  tpm=$started_pid
  wait_until 30 is_socket "$1.tpm" &&
    LD_PRELOAD=$plugin boot "$1" -chardev "socket,id=tpm,path=$1.tpm" \
      -device vhost-user-tpm-crb,chardev=tpm,acpi=backend || status=$?
  stop_process "$tpm"
  return "$status"
}

# Ours for the log area that QEMU has given to its own, the same byte for byte.
tpm2_as_qemu() {
  tables --interface="$1" --output="like-$1" "--log-address=0x$(field "qemu-$1/TPM2.aml" 'Log Address')" \
    "--log-size=0x$(field "qemu-$1/TPM2.aml" 'Minimum Log Length')" &&
    cmp <(head -c 9 "like-$1/tpm2.aml") <(head -c 9 "qemu-$1/TPM2.aml") &&
    same_content "like-$1/tpm2.aml" "qemu-$1/TPM2.aml"
}

qemu_crb='\_SB.TPM'
qemu_tis='\_SB.PCI0.SF8.TPM'
for name in crb tis; do
  device=qemu_$name device=${!device} table=qemu-$name/DSDT.aml
  check "QEMU's tpm-$name" boot_with_tpm "tpm-$name" "qemu-$name"
  check "tpm-$name: the same TPM2 table" tpm2_as_qemu $name
  for object in _HID _UID _STA; do
    check "tpm-$name: the same $object" holds "\\_SB.VTPM.$object" \
      "$(evaluate "$device.$object" "$table")" $name/ssdt.aml
  done
  check "tpm-$name: ours stands beside QEMU's" holds '\_SB.VTPM._UID' 1 "$table" $name/ssdt.aml
  check "tpm-$name: the exerciser of _DSM" exerciser "$device" "exercise-$name"
  while read -r title; do
    check "tpm-$name: the same _DSM but for what is listed: $title" \
      answers_as 3 "$title" "$table" "exercise-$name.aml"
  done < <(groups)
done
check 'tpm-tis: the same _CRS but for the interrupt' holds "$qemu_tis._CRS" \
  '86 09 00 01 00 00 D4 FE 00 50 00 00 79 00' qemu-tis/DSDT.aml
check 'tpm-crb: _CRS with one page of our five' holds "$qemu_crb._CRS" \
  '86 09 00 01 00 00 D4 FE 00 10 00 00 79 00' qemu-crb/DSDT.aml
check 'the tables through -acpitable' boot given -acpitable file=crb/tpm2.aml \
  -acpitable file=crb/ssdt.aml
check 'the guest has the TPM2 table as it was written' cmp crb/tpm2.aml given/TPM2.aml
check 'the guest has the SSDT as it was written' cmp crb/ssdt.aml given/SSDT.aml
check 'the tables from the daemon' boot_with_front_end daemon
check 'the same as files' tables --interface=crb --ppi=0xfed45000 --log-address=0xfed50000 \
  --output=files
check 'the guest has the same TPM2 table' cmp files/tpm2.aml daemon/TPM2.aml
check 'the guest has the same SSDT' cmp files/ssdt.aml daemon/SSDT.aml
check 'and no other TPM' eval '[ -s daemon/DSDT.aml ] && ! grep -q MSFT0101 daemon/DSDT.aml'
cd /
checks_summary
