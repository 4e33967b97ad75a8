# SPDX-License-Identifier: Apache-2.0
"""A running daemon, and TPM commands as bytes through its data channel."""
import os
import socket
import struct
import subprocess

OWNER = 0x40000001
PASSWORD_SESSION = 0x40000009

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


def create_primary(tpm, auth):
    sensitive = sized(sized(b"") + sized(b""))
    parameters = sensitive + sized(PRIMARY_TEMPLATE) + sized(b"") + struct.pack(">I", 0)
    answer = tpm.must(0x131, authorized([OWNER], auth, parameters), 0x8002)
    return struct.unpack(">I", answer[:4])[0]
