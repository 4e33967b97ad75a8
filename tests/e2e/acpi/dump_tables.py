# SPDX-License-Identifier: Apache-2.0
"""Takes the ACPI tables out of a running QEMU's guest memory, as firmware put them there.

usage: dump_tables.py QMP_SOCKET DIRECTORY

Waits until the firmware has made the RSDP, then writes each table as DIRECTORY/SIGNATURE.aml, and
tables of one signature as SIGNATURE.aml, SIGNATURE-2.aml, ...
"""
import json
import os
import socket
import struct
import sys
import time

SECONDS = 120
BIOS_AREA = 0xE0000, 0x20000  # ACPI 6.5, 5.2.5.1


class Machine:
    """QEMU over QMP, of which guest memory is all that is asked."""

    def __init__(self, path, scratch):
        self.scratch = scratch
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(SECONDS)
        connection.connect(path)
        self.stream = connection.makefile("rw")
        self.stream.readline()
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        json.dump({"execute": command, "arguments": arguments}, self.stream)
        self.stream.flush()
        while True:
            answer = json.loads(self.stream.readline())
            if "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def memory(self, address, size):
        self.ask("pmemsave", val=address, size=size, filename=self.scratch)
        with open(self.scratch, "rb") as file:
            return file.read()

    def table(self, address):
        size = struct.unpack("<I", self.memory(address, 8)[4:])[0]
        return self.memory(address, size)


def find_rsdp(area):
    for at in range(0, len(area) - 20, 16):
        if area[at : at + 8] == b"RSD PTR " and sum(area[at : at + 20]) % 256 == 0:
            return area[at:]
    return None


def main(path, directory):
    machine = Machine(path, os.path.join(directory, "memory"))
    end = time.monotonic() + SECONDS
    while not (rsdp := find_rsdp(machine.memory(*BIOS_AREA))):
        if time.monotonic() > end:
            sys.exit("the firmware made no RSDP")
        time.sleep(0.1)
    root = machine.table(struct.unpack("<I", rsdp[16:20])[0])
    tables = [machine.table(at) for (at,) in struct.iter_unpack("<I", root[36:])]
    fixed = next(table for table in tables if table[:4] == b"FACP")
    tables.append(machine.table(struct.unpack("<I", fixed[40:44])[0]))
    seen = {}
    for table in tables:
        signature = table[:4].decode("ascii")
        seen[signature] = seen.get(signature, 0) + 1
        number = f"-{seen[signature]}" if seen[signature] > 1 else ""
        with open(os.path.join(directory, f"{signature}{number}.aml"), "wb") as file:
            file.write(table)
    os.unlink(machine.scratch)


main(*sys.argv[1:])
