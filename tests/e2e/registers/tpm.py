# SPDX-License-Identifier: Apache-2.0
"""TPM commands as bytes (Part 3), and what is read of their responses."""
import hashlib
import struct

SUCCESS, CANCELED, COMMAND_SIZE, LOCALITY = 0, 0x909, 0x142, 0x907
INITIALIZE = 0x100
NO_SESSIONS, SESSIONS = 0x8001, 0x8002
SHA256 = 0x000b
EVENT_PCR = 17  # what a D-RTM sequence extends


def command(code, body=b'', tag=NO_SESSIONS):
    return struct.pack('>HII', tag, 10 + len(body), code) + body


STARTUP = command(0x144, struct.pack('>H', 0))
SELF_TEST = command(0x143, b'\x01')


def get_random(count):
    return command(0x17b, struct.pack('>H', count))


def pcr_selection(pcr):
    return struct.pack('>IHB', 1, SHA256, 3) + (1 << pcr).to_bytes(3, 'little')


def pcr_read(pcr):
    return command(0x17e, pcr_selection(pcr))


def authorized(handle):
    """The handle and an empty password for it."""
    return struct.pack('>IIIHBH', handle, 9, 0x40000009, 0, 0, 0)


def pcr_extend(pcr, digest):
    return command(0x182, authorized(pcr) + struct.pack('>IH', 1, SHA256) + digest, SESSIONS)


def create_rsa_primary(bits, unique=b''):
    """Takes long: the primes have to be found."""
    public = struct.pack('>HHIH', 1, SHA256, 0x30072, 0)
    public += struct.pack('>HHHHHI', 6, 128, 0x43, 0x10, bits, 0)
    public += struct.pack('>H', len(unique)) + unique
    body = authorized(0x40000001) + struct.pack('>HHH', 4, 0, 0)
    body += struct.pack('>H', len(public)) + public + struct.pack('>HI', 0, 0)
    return command(0x131, body, SESSIONS)


def size_of(data):
    return struct.unpack('>I', data[2:6])[0]


def code_of(response):
    return struct.unpack('>I', response[6:10])[0]


def random_of(response):
    return response[12:]


def pcr_of(response):
    """The digest that TPM2_PCR_Read has returned."""
    return response[-32:]


def extended(value, digest):
    return hashlib.sha256(value + digest).digest()
