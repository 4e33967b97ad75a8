# SPDX-License-Identifier: Apache-2.0
"""Kills the daemon at random moments and compares what it kept with what it had acknowledged.

usage: kill9_test.py DAEMON DIRECTORY KILLS [SEED]
"""
import os
import random
import socket
import struct
import subprocess
import sys
import time

OWNER = 0x40000001
PASSWORD_SESSION = 0x40000009
FIRST_PERSISTENT = 0x81000010
PERSISTENT_SLOTS = 4
SHA256 = 0x000B

# The public area of an ECC P-256 storage key, and no sensitive data: one key for ever.
PRIMARY_TEMPLATE = bytes.fromhex(
    "0023" "000b" "00030072" "0000" "0006008000430010" "0003" "0010" "0000" "0000")


class Gone(Exception):
    """The daemon has gone."""


class Tpm:
    """A running daemon and a connection to its data channel."""

    def __init__(self, program, directory):
        self.path = os.path.join(directory, "tpm")
        self.process = subprocess.Popen(
            [program, "--state-dir=" + os.path.join(directory, "state"), "--startup=clear",
             "--swtpm-server=unix:" + self.path],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if line == "ready\n":
                break
        else:
            raise SystemExit("the daemon does not start: " + self.process.stderr.read())
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(self.path)

    def send(self, tag, code, body):
        try:
            self.socket.sendall(struct.pack(">HII", tag, 10 + len(body), code) + body)
        except OSError as error:
            raise Gone from error

    def receive(self):
        header = self.receive_exactly(10)
        size, code = struct.unpack(">2xII", header)
        return code, self.receive_exactly(size - 10)

    def receive_exactly(self, count):
        data = b""
        while len(data) < count:
            try:
                piece = self.socket.recv(count - len(data))
            except OSError as error:
                raise Gone from error
            if not piece:
                raise Gone
            data += piece
        return data

    def command(self, code, body, tag=0x8001):
        self.send(tag, code, body)
        return self.receive()

    def must(self, code, body, tag=0x8001):
        result, answer = self.command(code, body, tag)
        if result:
            raise SystemExit(f"command {code:#x} failed with {result:#x}")
        return answer

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.socket.close()
        self.process.stdout.close()
        self.process.stderr.close()


def sized(data):
    return struct.pack(">H", len(data)) + data


def authorized(handles, auth, parameters=b""):
    """Handles, a password authorization of the first of them, parameters."""
    area = struct.pack(">IHBH", PASSWORD_SESSION, 0, 1, len(auth)) + auth
    return (b"".join(struct.pack(">I", each) for each in handles) +
            struct.pack(">I", len(area)) + area + parameters)


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


def create_primary(tpm, auth):
    sensitive = sized(sized(b"") + sized(b""))
    parameters = sensitive + sized(PRIMARY_TEMPLATE) + sized(b"") + struct.pack(">I", 0)
    answer = tpm.must(0x131, authorized([OWNER], auth, parameters), 0x8002)
    return struct.unpack(">I", answer[:4])[0]


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
