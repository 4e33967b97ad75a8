#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two-phase key exchanges in plain integers (TPM 2.0 Part 1, 44.8.4.3 and 45.2.3.2), to check
tests/vectors/crypto/key_exchange.txt: key_exchange_reference.py FILE."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import vector_file  # noqa: E402

# TPM_ECC_CURVE: p, a, order, generator
CURVES = {
    0x0003: (2**256 - 2**224 + 2**192 + 2**96 - 1, -3,
             0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551,
             (0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
              0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5)),
    0x0004: (2**384 - 2**128 - 2**96 + 2**32 - 1, -3,
             0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973,
             (0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7,
              0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f)),
    0x0005: (2**521 - 1, -3,
             0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409,
             (0x00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66,
              0x011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650)),
    0x0020: (0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff, -3,
             0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123,
             (0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7,
              0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0)),
}
MQV, SM2 = 0x001D, 0x001B


class Curve:
    def __init__(self, identifier):
        self.p, self.a, self.n, self.g = CURVES[identifier]
        self.size = (self.p.bit_length() + 7) // 8

    def add(self, left, right):
        if left is None or right is None:
            return left or right
        if left[0] == right[0]:
            if (left[1] + right[1]) % self.p == 0:
                return None
            slope = (3 * left[0] ** 2 + self.a) * pow(2 * left[1], -1, self.p)
        else:
            slope = (right[1] - left[1]) * pow(right[0] - left[0], -1, self.p)
        x = (slope * slope - left[0] - right[0]) % self.p
        return x, (slope * (left[0] - x) - left[1]) % self.p

    def multiply(self, scalar, point=None):
        point, product = point or self.g, None
        while scalar:
            if scalar & 1:
                product = self.add(product, point)
            point, scalar = self.add(point, point), scalar >> 1
        return product


def exchange(identifier, scheme, static_a, ephemeral_a, static_b, ephemeral_b):
    curve = Curve(identifier)
    half = (curve.n.bit_length() + 1) // 2 - (scheme == SM2)

    def associated(point):
        return 2**half + point[0] % 2**half

    own = associated(curve.multiply(ephemeral_a))
    other = associated(ephemeral_b)
    if scheme == MQV:
        private = ephemeral_a + static_a * own
        public = curve.add(ephemeral_b, curve.multiply(other, static_b))
    else:
        private = static_a + ephemeral_a * own
        public = curve.add(static_b, curve.multiply(other, ephemeral_b))
    return curve.multiply(private % curve.n, public)


def shared_point(record):
    numbers = {name: int(value, 16) for name, value in record.items()}
    z = exchange(numbers['curve'], numbers['scheme'], numbers['static_a'], numbers['ephemeral_a'],
                 (numbers['static_b_x'], numbers['static_b_y']),
                 (numbers['ephemeral_b_x'], numbers['ephemeral_b_y']))
    return {name: f"{coordinate:0{len(record[name])}x}" for name, coordinate in zip(('z_x', 'z_y'), z)}


if __name__ == '__main__':
    vector_file.main(shared_point)
