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

struct Operation {
  bool decrypt;
  AlgId mode;
  ByteView iv, data;
};

struct Output {
  wire::SecretMaxBuffer data;
  wire::Iv iv;
};

// Part 3, 15.2.1: the key's own mode, else the caller's.
TpmResult<AlgId> select_mode(AlgId own, AlgId requested) {
  REQUIRE(own == AlgId::Null || requested == AlgId::Null || requested == own, rc::Mode);
  AlgId mode = own == AlgId::Null ? requested : own;
  REQUIRE(mode != AlgId::Null, rc::Mode);
  return mode;
}

TpmResult<Output> run_cipher(const Object& key, const Operation& operation, Positions positions) {
  REQUIRE(key.type() == AlgId::SymCipher, rc::Key.handle(1));
  REQUIRE(!key.has(ObjectBit::Restricted), rc::Attributes.handle(1));
  REQUIRE(key.has(operation.decrypt ? ObjectBit::Decrypt : ObjectBit::Sign),
          rc::Attributes.handle(1));
  auto cipher = symmetric_definition(key.pub)->block_cipher();
  if (!cipher) throw Fault("a cipher key without a cipher");
  // A key for CMAC encrypts nothing, whatever the caller asks for.
  REQUIRE(wire::is_cipher_mode_or_null(cipher->mode), rc::Mode.handle(1));
  AlgId mode = TRY(at_parameter(positions.mode, select_mode(cipher->mode, operation.mode)));
  size_t iv_size = mode == AlgId::Ecb ? 0 : crypto::kCipherBlockSize;
  REQUIRE(operation.iv.size() == iv_size, rc::Size.parameter(positions.iv));
  bool whole_blocks = mode == AlgId::Ecb || mode == AlgId::Cbc;
  REQUIRE(!whole_blocks || operation.data.size() % crypto::kCipherBlockSize == 0,
          rc::Size.parameter(positions.data));

  Secret data(operation.data);
  Bytes iv = to_bytes(operation.iv);
  auto transform = operation.decrypt ? crypto::decrypt : crypto::encrypt;
  if (!transform(cipher->cipher(), static_cast<crypto::CipherMode>(mode),
                 key.sensitive->value.view(), iv, data.bytes()))
    throw Fault("a cipher key that was loaded does not fit its cipher");
  return Output{.data = wire::SecretMaxBuffer(SharedSecret(std::move(data))), .iv = wire::Iv(iv)};
}

}  // namespace

TpmResult<EncryptDecrypt::Reply> EncryptDecrypt::run(Context&,
                                                     const Authorized<EncryptDecrypt>& handles,
                                                     const Params& params) {
  Output output = TRY(run_cipher(**handles->key,
                                 {.decrypt = *params.decrypt != 0,
                                  .mode = params.mode,
                                  .iv = params.iv_in,
                                  .data = params.in_data.view()},
                                 {.mode = 2, .iv = 3, .data = 4}));
  return Reply{.out_data = output.data, .iv_out = output.iv};
}
VTPM_COMMAND(EncryptDecrypt);

TpmResult<EncryptDecrypt2::Reply> EncryptDecrypt2::run(Context&,
                                                       const Authorized<EncryptDecrypt2>& handles,
                                                       const Params& params) {
  Output output = TRY(run_cipher(**handles->key,
                                 {.decrypt = *params.decrypt != 0,
                                  .mode = params.mode,
                                  .iv = params.iv_in,
                                  .data = params.in_data.view()},
                                 {.mode = 3, .iv = 4, .data = 1}));
  return Reply{.out_data = output.data, .iv_out = output.iv};
}
VTPM_COMMAND(EncryptDecrypt2);

}  // namespace vtpm::engine
