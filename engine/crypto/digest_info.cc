// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/digest_info.h"

namespace vtpm::engine::crypto {

ByteView digest_info(HashAlg alg) {
  static constexpr uint8_t sha1[] = {0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e,
                                     0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14};
  static constexpr uint8_t sm3[] = {0x30, 0x30, 0x30, 0x0c, 0x06, 0x08, 0x2a, 0x81, 0x1c,
                                    0xcf, 0x55, 0x01, 0x83, 0x11, 0x05, 0x00, 0x04, 0x20};
#define NIST_HASH(length, arc, size)                                                           \
  {                                                                                            \
    0x30, length, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, arc, \
        0x05, 0x00, 0x04, size                                                                 \
  }
  static constexpr uint8_t sha256[] = NIST_HASH(0x31, 1, 0x20);
  static constexpr uint8_t sha384[] = NIST_HASH(0x41, 2, 0x30);
  static constexpr uint8_t sha512[] = NIST_HASH(0x51, 3, 0x40);
  static constexpr uint8_t sha3_256[] = NIST_HASH(0x31, 8, 0x20);
  static constexpr uint8_t sha3_384[] = NIST_HASH(0x41, 9, 0x30);
  static constexpr uint8_t sha3_512[] = NIST_HASH(0x51, 10, 0x40);
#undef NIST_HASH
  switch (alg) {
    case HashAlg::Sha1:
      return sha1;
    case HashAlg::Sha256:
      return sha256;
    case HashAlg::Sha384:
      return sha384;
    case HashAlg::Sha512:
      return sha512;
    case HashAlg::Sm3:
      return sm3;
    case HashAlg::Sha3_256:
      return sha3_256;
    case HashAlg::Sha3_384:
      return sha3_384;
    case HashAlg::Sha3_512:
      return sha3_512;
  }
  return {};
}

// Behind the headers of two sequences; its second octet is the length of what follows.
ByteView object_identifier(HashAlg alg) {
  const ByteView identifier = digest_info(alg).subspan(4);
  return identifier.first(2u + identifier[1]);
}

}  // namespace vtpm::engine::crypto
