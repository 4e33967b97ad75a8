# SPDX-License-Identifier: Apache-2.0
"""Looks for authorization values and sealed data in the daemon's memory once they are used up.

usage: secrets_test.py DAEMON DIRECTORY
"""
import pathlib
import random
import re
import struct
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))
from tpm_client import OWNER, Tpm, authorized, create_primary, sized

CHANGE_AUTH, CREATE, LOAD, UNSEAL, FLUSH = 0x129, 0x153, 0x157, 0x15E, 0x165
SESSIONS = 0x8002
# keyedHash, SHA-256, fixedTPM | fixedParent | userWithAuth | noDA, no policy, null scheme.
SEALED_TEMPLATE = bytes.fromhex("0008" "000b" "00000452" "0000" "0010" "0000")


def occurrences(pid, secret):
    """Where the secret lies in what the process can write to, as names of the mappings."""
    found = []
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            start, end, access, name = re.match(
                r"(\w+)-(\w+) (\S+) \S+ \S+ \S+ *(.*)", line).groups()
            if "w" not in access or name in ("[vvar]", "[vsyscall]"):
                continue
            memory.seek(int(start, 16))
            image = memory.read(int(end, 16) - int(start, 16))
            found += [name or "an anonymous mapping"] * image.count(secret)
    return found


class Secrets:
    def __init__(self, tpm):
        self.tpm = tpm
        self.random = random.Random(7)

    def fresh(self):
        return self.random.randbytes(24) + b"\1"

    def expect(self, secret, what, present):
        found = occurrences(self.tpm.process.pid, secret)
        if present != bool(found):
            where = ", ".join(sorted(set(found))) or "nowhere"
            raise SystemExit(f"{what}: found {len(found)} times, in {where}")

    def overwrite_buffers(self):
        """What the next command does to the buffers of the last one."""
        self.tpm.must(0x17B, struct.pack(">H", 8))

    def hierarchy(self):
        auth = self.fresh()
        self.tpm.must(CHANGE_AUTH, authorized([OWNER], b"", sized(auth)), SESSIONS)
        self.expect(auth, "ownerAuth while it is in force (can this test see it?)", True)
        handle = create_primary(self.tpm, auth)
        self.tpm.must(CHANGE_AUTH, authorized([OWNER], auth, sized(b"")), SESSIONS)
        self.overwrite_buffers()
        self.expect(auth, "ownerAuth after it was changed", False)
        return handle

    def wrong_guess(self):
        guess = self.fresh()
        code, _ = self.tpm.command(CHANGE_AUTH, authorized([OWNER], guess, sized(b"")), SESSIONS)
        if code != 0x9A2:
            raise SystemExit(f"a wrong password is answered with {code:#x}")
        self.overwrite_buffers()
        self.expect(guess, "a password that was refused", False)

    def sealed(self, parent):
        auth, data = self.fresh(), self.fresh()
        sensitive = sized(sized(auth) + sized(data))
        parameters = sensitive + sized(SEALED_TEMPLATE) + sized(b"") + struct.pack(">I", 0)
        answer = self.tpm.must(CREATE, authorized([parent], b"", parameters), SESSIONS)[4:]
        private = answer[:2 + struct.unpack(">H", answer[:2])[0]]
        rest = answer[len(private):]
        public = rest[:2 + struct.unpack(">H", rest[:2])[0]]
        answer = self.tpm.must(LOAD, authorized([parent], b"", private + public), SESSIONS)
        handle = struct.unpack(">I", answer[:4])[0]
        self.expect(data, "sealed data while loaded (can this test see it?)", True)
        answer = self.tpm.must(UNSEAL, authorized([handle], auth), SESSIONS)
        if answer[4:4 + 2 + len(data)] != sized(data):
            raise SystemExit("the data does not come back")
        self.tpm.must(FLUSH, struct.pack(">I", handle))
        self.overwrite_buffers()
        self.expect(data, "sealed data after it was flushed", False)
        self.expect(auth, "the sealed object's authValue after it was flushed", False)


def main():
    tpm = Tpm(sys.argv[1], sys.argv[2])
    try:
        secrets = Secrets(tpm)
        parent = secrets.hierarchy()
        secrets.wrong_guess()
        secrets.sealed(parent)
    finally:
        tpm.kill()


main()
