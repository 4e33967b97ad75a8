// SPDX-License-Identifier: Apache-2.0
// Symmetric keys that come from outside, with a value that the test knows.
#pragma once

#include "engine/object/assemble.h"
#include "tests/engine/object/templates.h"

namespace vtpm::engine::testing {

// A cipher key of any algorithm; the size of `key` says how many bits it has.
inline wire::SymmetricObjectDefinition cipher_definition(AlgId cipher, uint16_t bits, AlgId mode) {
  wire::SymmetricObjectDefinition definition{.algorithm = wire::SymmetricObjectOrNull{cipher}};
  if (cipher == AlgId::Sm4)
    definition.details = wire::Sm4Definition{.key_bits = bits, .mode = mode};
  else if (cipher == AlgId::Camellia)
    definition.details = wire::CamelliaDefinition{.key_bits = bits, .mode = mode};
  else
    definition.details = wire::AesDefinition{.key_bits = bits, .mode = mode};
  return definition;
}

inline const wire::ObjectAttributes kBothUses = {wire::ObjectBit::UserWithAuth,
                                                 wire::ObjectBit::Sign, wire::ObjectBit::Decrypt};
inline const wire::ObjectAttributes kSignOnly = {wire::ObjectBit::UserWithAuth,
                                                 wire::ObjectBit::Sign};
inline const wire::ObjectAttributes kDecryptOnly = {wire::ObjectBit::UserWithAuth,
                                                    wire::ObjectBit::Decrypt};

inline Answer<LoadExternal> load_symmetric(TestTpm& tpm, wire::Public pub, ByteView key) {
  wire::Sensitive sensitive{.type = pub.type.value,
                            .seed = wire::Auth(ByteView(Bytes(32, 7))),
                            .value = wire::PrivateValue(key)};
  pub.unique = symmetric_unique(AlgId::Sha256, sensitive.seed.view(), key);
  return tpm.run<LoadExternal>({}, {{sensitive}, pub, wire::rh::Null});
}

inline Answer<LoadExternal> load_cipher(TestTpm& tpm, AlgId cipher, ByteView key,
                                        AlgId mode = AlgId::Null,
                                        wire::ObjectAttributes attributes = kBothUses) {
  wire::Public pub = templates::cipher(attributes);
  pub.parameters = wire::SymmetricCipherParameters{
      cipher_definition(cipher, static_cast<uint16_t>(8 * key.size()), mode)};
  return load_symmetric(tpm, pub, key);
}
// Its handle; the TPM must take it (EXPECT).
inline wire::Handle cipher_handle(TestTpm& tpm, AlgId cipher, ByteView key,
                                  AlgId mode = AlgId::Null,
                                  wire::ObjectAttributes attributes = kBothUses) {
  auto answer = load_cipher(tpm, cipher, key, mode, attributes);
  EXPECT_EQ(answer.code, rc::Success);
  return answer.reply.object_handle.value;
}

}  // namespace vtpm::engine::testing
