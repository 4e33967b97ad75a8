# SPDX-License-Identifier: Apache-2.0
"""Kills the daemon at random moments and compares what it kept with what it had acknowledged.

usage: kill9_test.py DAEMON DIRECTORY KILLS [SEED]
"""
import pathlib
import random
import struct
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))
from tpm_client import OWNER, Gone, Tpm, authorized, create_primary, sized

FIRST_PERSISTENT = 0x81000010
PERSISTENT_SLOTS = 4
SHA256 = 0x000B

# Each change: how it is asked for, and what the kept state is after it.

def change_auth(random_, state, _):
    auth = random_.randbytes(random_.randrange(1, 32))
    if auth[-1] == 0:
        auth += b"\1"  # trailing zeros are not part of an authorization value
    return 0x129, authorized([OWNER], state["auth"], sized(auth)), {"auth": auth}


def change_policy(random_, state, _):
    policy = random_.randbytes(32)
    parameters = sized(policy) + struct.pack(">H", SHA256)
    return 0x12E, authorized([OWNER], state["auth"], parameters), {"policy": policy}


def change_clock(random_, state, _):
    clock = state["clock"] + random_.randrange(100_000, 10_000_000)
    return 0x128, authorized([OWNER], state["auth"], struct.pack(">Q", clock)), {"clock": clock}


def change_persistent(random_, state, primary):
    handle = FIRST_PERSISTENT + random_.randrange(PERSISTENT_SLOTS)
    stored = handle in state["persistent"]
    body = authorized([OWNER, handle if stored else primary], state["auth"],
                      struct.pack(">I", handle))
    return 0x120, body, {"persistent": state["persistent"] ^ {handle}}


CHANGES = [change_auth, change_policy, change_clock, change_persistent]


def read_policy(tpm):
    """TPM_CAP_AUTH_POLICIES, the owner's entry."""
    answer = tpm.must(0x17A, struct.pack(">III", 9, OWNER, 1))
    count, handle, algorithm = struct.unpack(">IIH", answer[5:15])
    if count != 1 or handle != OWNER or algorithm != SHA256:
        return b""
    return answer[15:47]


def read_clock(tpm):
    return struct.unpack(">Q", tpm.must(0x181, b"")[8:16])[0]


def read_persistent(tpm):
    answer = tpm.must(0x17A, struct.pack(">III", 1, FIRST_PERSISTENT, PERSISTENT_SLOTS))
    count = struct.unpack(">I", answer[5:9])[0]
    return frozenset(struct.unpack(f">{count}I", answer[9:9 + 4 * count]))


def holds(tpm, state):
    """The TPM is in this state. Its clock runs on."""
    if read_policy(tpm) != state["policy"] or read_persistent(tpm) != state["persistent"]:
        return False
    if read_clock(tpm) < state["clock"]:
        return False
    code, _ = tpm.command(0x128, authorized([OWNER], state["auth"], struct.pack(">Q", 0)), 0x8002)
    # ClockSet backwards: TPM_RC_VALUE of the parameter with the right authorization only.
    return code == 0x1C4


def live(tpm, random_, state, kill_after):
    """Changes things until killed; (acknowledged state, the one under way or none)."""
    primary = create_primary(tpm, state["auth"])
    # After a crash Clock goes on ahead of all that it ever said, never behind.
    state = {**state, "clock": max(state["clock"], read_clock(tpm))}
    acknowledged = 0
    while True:
        code, body, difference = random_.choice(CHANGES)(random_, state, primary)
        pending = {**state, **difference}
        try:
            tpm.send(0x8002, code, body)
            if acknowledged == kill_after:
                # Somewhere between its arrival and its answer, or a little later.
                end = time.perf_counter_ns() + random_.randrange(3_000_000)
                while time.perf_counter_ns() < end:
                    pass
                tpm.process.kill()
            result, _ = tpm.receive()
        except Gone:
            return state, pending, acknowledged
        if result:
            raise SystemExit(f"change {code:#x} failed with {result:#x}")
        state = pending
        acknowledged += 1


def main():
    program, directory, kills = sys.argv[1], sys.argv[2], int(sys.argv[3])
    random_ = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
    state = {"auth": b"", "policy": b"", "clock": 0, "persistent": frozenset()}
    pending = None
    total = kept = 0
    for round_ in range(kills + 1):
        tpm = Tpm(program, directory)
        if not holds(tpm, state):
            if pending is None or not holds(tpm, pending):
                raise SystemExit(f"after kill {round_} an acknowledged change is missing")
            state = pending
            kept += 1
        if round_ < kills:
            state, pending, count = live(tpm, random_, state, random_.randrange(12))
            total += count
        tpm.kill()
    print(f"{kills} kills, {total} changes acknowledged and found again, "
          f"{kept} unacknowledged ones kept")


main()
