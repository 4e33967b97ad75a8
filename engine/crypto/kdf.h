// SPDX-License-Identifier: Apache-2.0
// Key derivation functions (Part 1, 8.4.10) and the masks made with them.
#pragma once

#include "engine/crypto/byte_source.h"
#include "engine/crypto/hmac.h"

namespace vtpm::engine::crypto {

// KDFa (Part 1, 8.4.10.2), filling `out`: bits = 8 * out.size(). The label is given as the
// characters alone, text_bytes("CFB"); the separating zero octet is added unless the label ends
// with one.
void kdfa(HashAlg alg, ByteView key, ByteView label, ByteView context_u, ByteView context_v,
          MutableByteView out);
// The same for any number of bits; in the first octet of the result the unused high bits are clear.
Secret kdfa(HashAlg alg, ByteView key, ByteView label, ByteView context_u, ByteView context_v,
            uint32_t bits);

// KDFe (Part 1, 8.4.10.3): `z` and the parties' x coordinates padded to the size of the curve. The
// use is given as the characters alone; its terminating zero octet is added unless already there.
Secret kdfe(HashAlg alg, ByteView z, ByteView use, ByteView party_u, ByteView party_v,
            uint32_t bits);

// MGF1 (RFC 8017, B.2.1): XORs the mask of `seed` into `data`.
void mgf1_xor(HashAlg alg, ByteView seed, MutableByteView data);

// KDF2 (IEEE 1363a, 13.2) without further parameters: XORs its stream into `data`.
void kdf2_xor(HashAlg alg, ByteView key, MutableByteView data);

// XOR obfuscation (Part 1, 8.4.7.3), in place; applying it twice restores the data.
void xor_obfuscate(HashAlg alg, ByteView key, ByteView context_u, ByteView context_v,
                   MutableByteView data);

// The 8192 bits of a derivation parent's KDFa (Part 1, 25.4.1), handed out in order. Asking for
// more than there are is a Fault: no key of a derived object needs as many.
class KdfaStream final : public ByteSource {
 public:
  KdfaStream(HashAlg alg, ByteView key, ByteView label, ByteView context);
  void fill(MutableByteView out) override;

 private:
  Secret bytes_;
  size_t used_ = 0;
};

}  // namespace vtpm::engine::crypto
