#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Computes policy digests as Part 3, clause 23 says, with nothing but Python's own hash functions.

`policy_reference.py FILE` checks the records of a vector file and fails on the first that differs.
`--write` completes records without a digest. An assertion is a command code, the handles before or
after that of the policy session, and the parameters as they go over the wire.
"""
import hashlib
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import vector_file  # noqa: E402

HASHES = {"0004": "sha1", "000b": "sha256", "000c": "sha384", "000d": "sha512"}
SIGNED, SECRET, TICKET, AUTHORIZE, OR = 0x160, 0x151, 0x172, 0x16A, 0x171
AUTH_VALUE, PASSWORD, DUPLICATION_SELECT, PCR = 0x16B, 0x18C, 0x188, 0x17F
COUNTER_TIMER, CAPABILITY, TRANSPORT_SPDM = 0x16D, 0x19B, 0x1A1
# Those that extend by one parameter, and how its octets are found.
SIZED = {0x16E: "CpHash", 0x170: "NameHash", 0x190: "Template", 0x19C: "Parameters"}
PLAIN = {0x16C: "CommandCode", 0x16F: "Locality", 0x18F: "NvWritten", 0x187: "PhysicalPresence"}
TICKET_COMMANDS = {0x8023: SECRET, 0x8025: SIGNED}


class Reader:
    def __init__(self, data):
        self.rest = data

    def take(self, count):
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def number(self, count):
        return int.from_bytes(self.take(count), "big")

    def sized(self):
        return self.take(self.number(2))


def code_bytes(code):
    return code.to_bytes(4, "big")


class Policy:
    def __init__(self, algorithm):
        self.algorithm = algorithm
        self.digest = bytes(hashlib.new(algorithm).digest_size)

    def hash(self, *parts):
        return hashlib.new(self.algorithm, b"".join(parts)).digest()

    def extend(self, code, *parts):
        self.digest = self.hash(self.digest, code_bytes(code), *parts)

    def update(self, code, name, reference):
        self.extend(code, name)
        self.digest = self.hash(self.digest, reference)

    def reset(self):
        self.digest = bytes(len(self.digest))

    def compare(self, code, parameters):
        operand = parameters.sized()
        # offset, operation and, where there are some, capability and property.
        self.extend(code, self.hash(operand, parameters.rest))

    def apply(self, assertion):
        parameters = Reader(assertion)
        code = parameters.number(4)
        if code == SECRET:
            name = parameters.take(4)
            parameters.sized(), parameters.sized()
            self.update(code, name, parameters.sized())
        elif code == TICKET:
            parameters.sized(), parameters.sized()
            reference, name = parameters.sized(), parameters.sized()
            self.update(TICKET_COMMANDS[parameters.number(2)], name, reference)
        elif code == AUTHORIZE:
            parameters.sized()
            reference, name = parameters.sized(), parameters.sized()
            self.reset()
            self.update(code, name, reference)
        elif code == OR:
            digests = [parameters.sized() for _ in range(parameters.number(4))]
            self.reset()
            self.extend(code, *digests)
        elif code == PCR:
            digest = parameters.sized()
            self.extend(code, parameters.rest, digest)
        elif code in (AUTH_VALUE, PASSWORD):
            self.extend(AUTH_VALUE)
        elif code == DUPLICATION_SELECT:
            name, parent, include = parameters.sized(), parameters.sized(), parameters.rest
            self.extend(code, name if include == b"\x01" else b"", parent, include)
        elif code in (COUNTER_TIMER, CAPABILITY):
            self.compare(code, parameters)
        elif code == TRANSPORT_SPDM:
            any_keys = parameters.rest == bytes(4)
            self.extend(code, b"" if any_keys else self.hash(parameters.rest))
        elif code in SIZED:
            self.extend(code, parameters.sized())
        elif code in PLAIN:
            self.extend(code, parameters.rest)
        else:
            sys.exit(f"no formula for command {code:#x}")


def digest(record):
    policy = Policy(HASHES[record["hash"]])
    for assertion in record["assertions"].split():
        policy.apply(bytes.fromhex(assertion))
    return policy.digest.hex()


if __name__ == "__main__":
    vector_file.main(lambda record: {"digest": digest(record)})
