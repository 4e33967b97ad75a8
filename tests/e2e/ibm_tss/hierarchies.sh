# shellcheck shell=bash disable=SC2154 # variables of the other files
# SPDX-License-Identifier: Apache-2.0
# Hierarchies, dictionary attacks, the clock, and the changes that end what was before. Sourced by
# ibm_tss.sh; the last of the groups, for little is left after it.

# changed_auth_of HIERARCHY: with passwords, and in a session that encrypts the new value.
changed_auth_of() {
  local hierarchy=$1 session
  session session -sym aes && tsshierarchychangeauth -hi "$hierarchy" -pwdn first -se0 "$session" 21 &&
    refused 'BAD_AUTH Session number 1' tsshierarchychangeauth -hi "$hierarchy" -pwda no -pwdn second &&
    tsshierarchychangeauth -hi "$hierarchy" -pwda first -pwdn second -se0 "$session" 21 &&
    tsshierarchychangeauth -hi "$hierarchy" -pwda second -pwdn third &&
    tsshierarchychangeauth -hi "$hierarchy" -pwda third -se0 "$session" 1
}

# A wrong lockoutAuth locks it out.
changed_lockout_auth() {
  tsshierarchychangeauth -hi l -pwdn first && tsshierarchychangeauth -hi l -pwda first
}

primary_policy() {
  local session key
  trial session && tsspolicycommandcode -ha "$session" -cc 131 && tsspolicygetdigest -ha "$session" -of digest &&
    flush "$session" && tsssetprimarypolicy -hi o -pol digest -halg sha256 && policy session &&
    tsspolicycommandcode -ha "$session" -cc 131 &&
    made key tsscreateprimary -hi o -ecc nistp256 -si -se0 "$session" 1 &&
    refused 'POLICY_FAIL Session number 1' tsscreateprimary -hi o -ecc nistp256 -si -se0 "$session" 1 &&
    tsssetprimarypolicy -hi o &&
    refused 'SIZE Parameter number 1' tsssetprimarypolicy -hi o -pol question -halg sha256
}

evicted() {
  local key
  load key ecc256 && tssevictcontrol -hi o -ho "$key" -hp 81000040 && flush "$key" &&
    tsssign -hk 81000040 -pwdk key -ecc -if message && restart_daemon && tssreadpublic -ho 81000040 &&
    tsssign -hk 81000040 -pwdk key -ecc -if message && load key ecc256 &&
    refused NV_DEFINED tssevictcontrol -hi o -ho "$key" -hp 81000040 &&
    refused 'RANGE Parameter number 1' tssevictcontrol -hi o -ho "$key" -hp 81800040 &&
    tssevictcontrol -hi o -ho 81000040 -hp 81000040 &&
    refused 'HANDLE Handle number 1' tssreadpublic -ho 81000040
}

# Two wrong guesses are one too many; a right value is none then either.
dictionary_attack() {
  local key
  new_key guessed -ecc nistp256 -si -da && load key guessed &&
    tssdictionaryattackparameters -nmt 2 -nrt 1000 -lr 1000 &&
    refused 'AUTH_FAIL Session number 1' tsssign -hk "$key" -pwdk no -ecc -if message &&
    tsssign -hk "$key" -pwdk key -ecc -if message &&
    refused 'AUTH_FAIL Session number 1' tsssign -hk "$key" -pwdk no -ecc -if message &&
    refused LOCKOUT tsssign -hk "$key" -pwdk key -ecc -if message &&
    tssgetcapability -cap 6 -pr 20e -pc 1 | grep 'value 00000002' && tssdictionaryattacklockreset &&
    tsssign -hk "$key" -pwdk key -ecc -if message
}

# The same of an index.
guessed_index() {
  define 01000050 -sz 1 -at da &&
    refused 'AUTH_FAIL Session number 1' write 01000050 -pwdn no -ic x &&
    tssdictionaryattacklockreset && write 01000050 -ic x && undefine 01000050
}

clock() {
  tssclockset -hi p -time 88888888 && tssclockset -hi o -time 99999999 && tssreadclock > clock &&
    grep -q 'CLOCK_INFO clock 1000[0-9]*$\|CLOCK_INFO clock 99999999$' clock &&
    refused 'VALUE Parameter number 1' tssclockset -hi o -time 1 &&
    refused 'BAD_AUTH Session number 1' tssclockset -hi o -pwdp no -time 111111111 &&
    tssclockrateadjust -hi o -adj 1 && tssclockrateadjust -hi p -adj -1
}

# started_again: a TPM Restart keeps saved contexts, a TPM Reset does not.
started_again() {
  local key session
  made key tsscreateprimary -hi o -ecc nistp256 -si -pwdk key && session session &&
    tsscontextsave -ha "$key" -of key.context && tsscontextsave -ha "$session" -of session.context &&
    flush "$key" && tssshutdown -s && restart_daemon && tssreadclock > clock && grep -q 'restartCount 1$' clock &&
    made key tsscontextload -if key.context && tsscontextload -if session.context &&
    tsssign -hk "$key" -pwdk key -ecc -if message -se0 "$session" 1 && flush "$key" "$session" &&
    tssshutdown -c && restart_daemon && tssreadclock > clock && grep -q 'restartCount 0$' clock &&
    refused 'VALUE Parameter number 1' tsscontextload -if key.context
}

# primary HIERARCHY FILE
primary() {
  local key
  made key tsscreateprimary -hi "$1" -ecc nistp256 -si -opu "$2" && flush "$key"
}

changed_seeds() {
  primary e e.before && primary p p.before && primary o o.before && tsschangeeps && primary e e.after &&
    ! cmp e.before e.after && tsschangepps && primary p p.after && ! cmp p.before p.after &&
    primary o o.after && cmp o.before o.after
}

disabled() {
  local key
  made key tsscreateprimary -hi e -ecc nistp256 -si && tsshierarchycontrol -hi e -he e -state 0 &&
    refused 'HIERARCHY Handle number 1' tsscreateprimary -hi e -ecc nistp256 -si &&
    refused 'REFERENCE_H0' tsssign -hk "$key" -ecc -if message &&
    refused 'HIERARCHY Handle number 1' tsshierarchycontrol -hi e -he e -state 1 &&
    tsshierarchycontrol -hi p -he e -state 1 && primary e e.after
}

cleared() {
  tssclearcontrol -hi l -state 1 && refused DISABLED tssclear -hi l &&
    refused 'AUTH_FAIL Session number 1' tssclearcontrol -hi p -pwda no -state 0 ||
    refused 'BAD_AUTH Session number 1' tssclearcontrol -hi p -pwda no -state 0 || return
  tssclearcontrol -hi p -state 0 && primary o o.before && define 01000051 -sz 1 &&
    tsshierarchychangeauth -hi o -pwdn ownerauth && tssclear -hi p && primary o o.after &&
    ! cmp o.before o.after && refused 'HANDLE Handle number 1' tssnvreadpublic -ha 01000051 &&
    refused 'HANDLE Handle number 1' tssreadpublic -ho "$ecc_parent"
}

hierarchies() {
  local hierarchy
  for hierarchy in e o p; do with_room "hierarchy auth: $hierarchy" changed_auth_of "$hierarchy"; done
  with_room 'hierarchy auth: lockout' changed_lockout_auth
  with_room 'primary policy' primary_policy
  with_room 'evict control, and the key after a restart' evicted
  with_room 'dictionary attack on a key' dictionary_attack
  with_room 'dictionary attack on an index' guessed_index
  with_room 'clock' clock
  with_room 'shutdown, and contexts after it' started_again
  with_room 'change EPS, change PPS' changed_seeds
  with_room 'hierarchy control' disabled
  with_room 'clear control, clear' cleared
  with_room 'PCR allocate' tsspcrallocate -sha1 -sha256
}
