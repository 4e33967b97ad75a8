# shellcheck shell=bash disable=SC2154 # variables of the other files
# SPDX-License-Identifier: Apache-2.0
# NV indices of every type, with their locks and their policies. Sourced by ibm_tss.sh.

# define INDEX [ARGUMENT...]: of the owner's, with the authValue "nvauth", its Name known to the client.
define() {
  tssnvdefinespace -hi o -ha "$1" -pwdn nvauth "${@:2}" && tssnvreadpublic -ha "$1"
}
undefine() { tssnvundefinespace -hi o -ha "$1"; }
write() { tssnvwrite -ha "$1" -pwdn nvauth "${@:2}"; }
# reads INDEX SIZE HEX [ARGUMENT...]
reads() {
  tssnvread -ha "$1" -pwdn nvauth -sz "$2" -of read "${@:4}" && equals read "$3"
}

ordinary() {
  define 01000030 -sz 16 &&
    refused NV_UNINITIALIZED tssnvread -ha 01000030 -pwdn nvauth -sz 16 && write 01000030 -ic 0123456789abcdef &&
    write 01000030 -ic XY -off 3 && reads 01000030 6 303132585935 && reads 01000030 2 6566 -off 14 &&
    refused NV_RANGE tssnvwrite -ha 01000030 -pwdn nvauth -ic XY -off 15 &&
    refused NV_RANGE tssnvread -ha 01000030 -pwdn nvauth -sz 2 -off 15 &&
    refused 'BAD_AUTH Session number 1' tssnvread -ha 01000030 -pwdn no -sz 1 &&
    refused NV_AUTHORIZATION tssnvread -hia o -ha 01000030 -sz 1 &&
    refused NV_DEFINED tssnvdefinespace -hi o -ha 01000030 -pwdn nvauth -sz 16 &&
    tssnvwrite -ha 01000030 -pwdn nvauth && undefine 01000030 &&
    refused 'HANDLE Handle number 1' tssnvreadpublic -ha 01000030
}

by_the_owner() {
  tssnvdefinespace -hi o -hia o -ha 01000031 -sz 4 && tssnvreadpublic -ha 01000031 &&
    tssnvwrite -hia o -ha 01000031 -ic abcd && tssnvread -hia o -ha 01000031 -sz 4 -of read &&
    equals read 61626364 && undefine 01000031 &&
    tssnvdefinespace -hi p -hia p -ha 01000032 -sz 4 && tssnvreadpublic -ha 01000032 &&
    tssnvwrite -hia p -ha 01000032 -ic abcd && tssnvread -hia p -ha 01000032 -sz 4 -of read &&
    equals read 61626364 && refused NV_AUTHORIZATION undefine 01000032 &&
    tssnvundefinespace -hi p -ha 01000032
}

counter() {
  define 01000033 -ty c && refused NV_UNINITIALIZED tssnvread -ha 01000033 -pwdn nvauth -sz 8 &&
    tssnvincrement -ha 01000033 -pwdn nvauth && tssnvread -ha 01000033 -pwdn nvauth -sz 8 -of first &&
    tssnvincrement -ha 01000033 -pwdn nvauth && tssnvread -ha 01000033 -pwdn nvauth -sz 8 -of second &&
    [ $((16#$(binary_to_hex second) - 16#$(binary_to_hex first))) = 1 ] &&
    refused 'ATTRIBUTES Handle number 2' write 01000033 -ic 01234567 && undefine 01000033 &&
    define 01000033 -ty c && tssnvincrement -ha 01000033 -pwdn nvauth &&
    tssnvread -ha 01000033 -pwdn nvauth -sz 8 -of third &&
    [ $((16#$(binary_to_hex third))) -gt $((16#$(binary_to_hex second))) ] && undefine 01000033
}

bits() {
  define 01000034 -ty b && tssnvsetbits -ha 01000034 -pwdn nvauth -bit 0 -bit 16 &&
    tssnvsetbits -ha 01000034 -pwdn nvauth -bit 63 && reads 01000034 8 8000000000010001 &&
    refused 'ATTRIBUTES Handle number 2' tssnvincrement -ha 01000034 -pwdn nvauth && undefine 01000034
}

# extended HASH DIGITS
extended() {
  local value
  tssnvdefinespace -hi o -ha 01000035 -pwdn nvauth -ty e -nalg "$1" &&
    tssnvreadpublic -ha 01000035 -nalg "$1" &&
    tssnvextend -ha 01000035 -pwdn nvauth -ic first || return
  value=$(hex_digest "$1" "$(printf "%0$2d" 0)$(printf first | binary_to_hex -)")
  tssnvextend -ha 01000035 -pwdn nvauth -if message || return
  value=$(hex_digest "$1" "$value$(binary_to_hex message)")
  reads 01000035 $(($2 / 2)) "$value" && undefine 01000035
}

# PIN indices: the authValue of one says how often the other policy's assertion may be made.
pin_pass() {
  local session
  tssnvdefinespace -hi o -hia o -ha 01000036 -pwdn pin -ty p && tssnvreadpublic -ha 01000036 &&
    tssnvwrite -hia o -ha 01000036 -id 0 2 && policy session &&
    tsspolicysecret -ha 01000036 -pwde pin -hs "$session" && tsspolicysecret -ha 01000036 -pwde pin -hs "$session" &&
    tssnvread -hia o -ha 01000036 -sz 8 -of read && equals read 0000000200000002 &&
    refused AUTH_UNAVAILABLE tsspolicysecret -ha 01000036 -pwde pin -hs "$session" && undefine 01000036
}

pin_fail() {
  local session
  tssnvdefinespace -hi o -hia o -ha 01000037 -pwdn pin -ty f && tssnvreadpublic -ha 01000037 &&
    tssnvwrite -hia o -ha 01000037 -id 0 2 && policy session &&
    refused 'BAD_AUTH Session number 1' tsspolicysecret -ha 01000037 -pwde no -hs "$session" &&
    tssnvread -hia o -ha 01000037 -sz 8 -of read && equals read 0000000100000002 &&
    tsspolicysecret -ha 01000037 -pwde pin -hs "$session" &&
    tssnvread -hia o -ha 01000037 -sz 8 -of read && equals read 0000000000000002 &&
    refused 'BAD_AUTH Session number 1' tsspolicysecret -ha 01000037 -pwde no -hs "$session" &&
    refused 'BAD_AUTH Session number 1' tsspolicysecret -ha 01000037 -pwde no -hs "$session" &&
    refused AUTH_UNAVAILABLE tsspolicysecret -ha 01000037 -pwde pin -hs "$session" && undefine 01000037
}

locks() {
  define 01000038 -sz 4 +at rst +at wst && write 01000038 -ic abcd &&
    tssnvreadlock -ha 01000038 -pwdn nvauth && tssnvreadpublic -ha 01000038 &&
    refused NV_LOCKED tssnvread -ha 01000038 -pwdn nvauth -sz 4 &&
    tssnvwritelock -ha 01000038 -pwdn nvauth && tssnvreadpublic -ha 01000038 &&
    refused NV_LOCKED write 01000038 -ic efgh && undefine 01000038 &&
    define 01000038 -sz 4 +at gl && write 01000038 -ic abcd && tssnvglobalwritelock -hia o &&
    tssnvreadpublic -ha 01000038 && refused NV_LOCKED write 01000038 -ic efgh && undefine 01000038 &&
    define 01000038 -sz 4 +at wd && write 01000038 -ic abcd && tssnvwritelock -ha 01000038 -pwdn nvauth &&
    tssnvreadpublic -ha 01000038 && refused NV_LOCKED write 01000038 -ic efgh && undefine 01000038 &&
    define 01000038 -sz 4 && write 01000038 -ic abcd &&
    refused 'ATTRIBUTES Handle number 2' tssnvreadlock -ha 01000038 -pwdn nvauth &&
    refused 'ATTRIBUTES Handle number 2' tssnvwritelock -ha 01000038 -pwdn nvauth && undefine 01000038
}

whole_writes() {
  define 01000039 -sz 4 +at wa && refused NV_RANGE write 01000039 -ic abc && write 01000039 -ic abcd &&
    undefine 01000039
}

# once: a policy that lets it be written while it is not.
written_once() {
  local session
  trial session && tsspolicynvwritten -hs "$session" -ws n && tsspolicygetdigest -ha "$session" -of digest &&
    echo 0000018f00 > lines && tsspolicymaker -if lines -of made && cmp digest made && flush "$session" &&
    define 0100003a -sz 4 -pol digest -at aw && refused AUTH_UNAVAILABLE write 0100003a -ic abcd &&
    policy session && tsspolicynvwritten -hs "$session" -ws n && tssnvwrite -ha 0100003a -ic abcd -se0 "$session" 1 &&
    tssnvreadpublic -ha 0100003a && tsspolicynvwritten -hs "$session" -ws n &&
    refused 'POLICY_FAIL Session number 1' tssnvwrite -ha 0100003a -ic efgh -se0 "$session" 1 &&
    reads 0100003a 4 61626364 && undefine 0100003a
}

# The ADMIN role of an index is its policy's.
changed_nv_auth() {
  local session
  trial session && tsspolicycommandcode -ha "$session" -cc 13b && tsspolicyauthvalue -ha "$session" &&
    tsspolicygetdigest -ha "$session" -of digest && flush "$session" && define 0100003b -sz 4 -pol digest &&
    write 0100003b -ic abcd && tssnvreadpublic -ha 0100003b &&
    refused AUTH_TYPE tssnvchangeauth -ha 0100003b -pwdo nvauth -pwdn new && policy session &&
    tsspolicycommandcode -ha "$session" -cc 13b && tsspolicyauthvalue -ha "$session" &&
    tssnvchangeauth -ha 0100003b -pwdo nvauth -pwdn new -se0 "$session" 21 &&
    tssnvread -ha 0100003b -pwdn new -sz 4 && undefine 0100003b
}

# undefined_by_policy: and by nothing else.
undefined_by_policy() {
  local session
  trial session && tsspolicycommandcode -ha "$session" -cc 11f && tsspolicyauthvalue -ha "$session" &&
    tsspolicygetdigest -ha "$session" -of digest && flush "$session" &&
    tssnvdefinespace -hi p -hia p -ha 0100003c -pwdn nvauth -sz 4 -pol digest +at pold &&
    tssnvreadpublic -ha 0100003c && refused 'ATTRIBUTES Handle number 2' tssnvundefinespace -hi p -ha 0100003c &&
    policy session && refused 'POLICY_FAIL Session number 1' tssnvundefinespacespecial -ha 0100003c \
    -pwdn nvauth -se0 "$session" 1 && tsspolicycommandcode -ha "$session" -cc 11f &&
    tsspolicyauthvalue -ha "$session" &&
    tssnvundefinespacespecial -ha 0100003c -pwdn nvauth -se0 "$session" 1 &&
    refused 'HANDLE Handle number 1' tssnvreadpublic -ha 0100003c
}

# Of an audit session with a Name of an index in it.
nv_public_in_sessions() {
  local session
  tssnvdefinespace -hi o -ha 0100003d -sz 4 -nalg sha384 && session session -halg sha384 -sym aes &&
    tssnvreadpublic -ha 0100003d -nalg sha384 -se0 "$session" 41 &&
    tssnvreadpublic -ha 0100003d -nalg sha384 -se0 "$session" 81 && undefine 0100003d
}

# kept: what a restart of the daemon leaves, locks until the next start and data.
kept() {
  define 0100003e -sz 4 +at rst +at wst +at stc && define 0100003f -ty b +at ody &&
    tssnvsetbits -ha 0100003f -pwdn nvauth -bit 1 && tssnvreadpublic -ha 0100003f && write 0100003e -ic abcd ||
    return
  restart_daemon && tssnvreadpublic -ha 0100003e && tssnvreadpublic -ha 0100003f || return
  refused NV_UNINITIALIZED tssnvread -ha 0100003f -pwdn nvauth -sz 8 && write 0100003e -ic efgh &&
    undefine 0100003e && undefine 0100003f
}

nv() {
  with_room 'NV: ordinary' ordinary
  with_room "NV: of the owner's and the platform's authorization" by_the_owner
  with_room 'NV: counter' counter
  with_room 'NV: bits' bits
  with_room 'NV: extend, SHA-1' extended sha1 40
  with_room 'NV: extend, SHA-256' extended sha256 64
  with_room 'NV: extend, SHA-384' extended sha384 96
  with_room 'NV: PIN pass' pin_pass
  with_room 'NV: PIN fail' pin_fail
  with_room 'NV: locks' locks
  with_room 'NV: only as a whole' whole_writes
  with_room 'NV: a policy to write once' written_once
  with_room 'NV: another authValue' changed_nv_auth
  with_room 'NV: undefined by a policy' undefined_by_policy
  with_room 'NV: public area in sessions' nv_public_in_sessions
  with_room 'NV: after a restart' kept
}
