// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/symmetric.h"

#include "engine/crypto/symmetric.h"
#include "engine/fault.h"
#include "engine/object/attributes.h"

namespace vtpm::engine {
namespace {

using wire::ObjectBit;

// Where the parameters stand, which is all that the two commands differ in.
struct Positions {
  unsigned mode, iv, data;
};

// Part 3, 15.2.1: the key's own mode, else the caller's.
TpmResult<AlgId> select_mode(AlgId own, AlgId requested) {
  REQUIRE(own == AlgId::Null || requested == AlgId::Null || requested == own, rc::Mode);
  AlgId mode = own == AlgId::Null ? requested : own;
  REQUIRE(mode != AlgId::Null, rc::Mode);
  return mode;
}

template <class Params>
TpmResult<EncryptDecrypt::Reply> run_cipher(const Object& key, const Params& params,
                                            Positions positions) {
  const bool decrypt = *params.decrypt != 0;
  ByteView in = params.in_data.view();
  REQUIRE(key.type() == AlgId::SymCipher, rc::Key.handle(1));
  REQUIRE(!key.has(ObjectBit::Restricted), rc::Attributes.handle(1));
  REQUIRE(key.has(decrypt ? ObjectBit::Decrypt : ObjectBit::Sign), rc::Attributes.handle(1));
  auto cipher = symmetric_definition(key.pub)->block_cipher();
  if (!cipher) throw Fault("a cipher key without a cipher");
  // A key for CMAC encrypts nothing, whatever the caller asks for.
  REQUIRE(wire::is_cipher_mode_or_null(cipher->mode), rc::Mode.handle(1));
  AlgId mode = TRY(at_parameter(positions.mode, select_mode(cipher->mode, params.mode)));
  size_t iv_size = mode == AlgId::Ecb ? 0 : crypto::kCipherBlockSize;
  REQUIRE(params.iv_in.size() == iv_size, rc::Size.parameter(positions.iv));
  bool whole_blocks = mode == AlgId::Ecb || mode == AlgId::Cbc;
  REQUIRE(!whole_blocks || in.size() % crypto::kCipherBlockSize == 0,
          rc::Size.parameter(positions.data));

  Secret data(in);
  Bytes iv = to_bytes(params.iv_in);
  auto transform = decrypt ? crypto::decrypt : crypto::encrypt;
  if (!transform(cipher->cipher(), static_cast<crypto::CipherMode>(mode),
                 key.sensitive->value.view(), iv, data.bytes()))
    throw Fault("a cipher key that was loaded does not fit its cipher");
  return EncryptDecrypt::Reply{.out_data = wire::SecretMaxBuffer(SharedSecret(std::move(data))),
                               .iv_out = wire::Iv(iv)};
}

}  // namespace

TpmResult<EncryptDecrypt::Reply> EncryptDecrypt::run(Context&,
                                                     const Authorized<EncryptDecrypt>& handles,
                                                     const Params& params) {
  return run_cipher(**handles->key, params, {.mode = 2, .iv = 3, .data = 4});
}
VTPM_COMMAND(EncryptDecrypt);

TpmResult<EncryptDecrypt2::Reply> EncryptDecrypt2::run(Context&,
                                                       const Authorized<EncryptDecrypt2>& handles,
                                                       const Params& params) {
  return run_cipher(**handles->key, params, {.mode = 3, .iv = 4, .data = 1});
}
VTPM_COMMAND(EncryptDecrypt2);

}  // namespace vtpm::engine
