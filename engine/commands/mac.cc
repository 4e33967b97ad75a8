// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/mac.h"

#include "engine/fault.h"
#include "engine/object/attributes.h"
#include "engine/object/slots.h"

namespace vtpm::engine {
namespace {

wire::BlockCipher cipher_of(const Object& key) {
  auto cipher = symmetric_definition(key.pub)->block_cipher();
  if (!cipher) throw Fault("a cipher key without a cipher");
  return *cipher;
}

// The key's own scheme or mode: a hash algorithm for HMAC, a mode of its cipher, or TPM_ALG_NULL.
AlgId own_mac_scheme(const Object& key) {
  if (key.type() == AlgId::SymCipher) return cipher_of(key).mode;
  const auto& details = key.pub.parameters.get<wire::KeyedHashParameters>()->scheme.details;
  const auto* hmac = details.get<wire::HashScheme>();
  return hmac ? *hmac->hash : AlgId::Null;
}

// What a MAC with the key is made with (Part 3, table 82): its own scheme, else the caller's.
TpmResult<AlgId> mac_scheme(const Object& key, AlgId requested) {
  bool keyed_hash = key.type() == AlgId::KeyedHash;
  REQUIRE(keyed_hash || key.type() == AlgId::SymCipher, rc::Type.handle(1));
  REQUIRE(!key.has(wire::ObjectBit::Restricted), rc::Attributes.handle(1));
  REQUIRE(key.has(wire::ObjectBit::Sign), rc::Key.handle(1));
  AlgId own = own_mac_scheme(key);
  AlgId scheme = own == AlgId::Null ? requested : own;
  REQUIRE(requested == AlgId::Null || requested == scheme, rc::Value.parameter(2));
  REQUIRE(keyed_hash ? is_hash(scheme) : scheme == AlgId::Cmac, rc::Value.parameter(2));
  return scheme;
}

crypto::Hmac start_hmac(const Object& key, AlgId hash) {
  return {to_crypto(hash), key.sensitive->value.view()};
}
crypto::Cmac start_cmac(const Object& key) {
  return {cipher_of(key).cipher(), key.sensitive->value.view()};
}

}  // namespace

TpmResult<Mac::Reply> Mac::run(Context&, const Authorized<Mac>& handles, const Params& params) {
  const Object& key = **handles->key;
  AlgId scheme = TRY(mac_scheme(key, params.scheme));
  if (scheme == AlgId::Cmac)
    return Reply{.out_mac = wire::Digest(start_cmac(key).update(params.buffer).finish())};
  return Reply{.out_mac = wire::Digest(start_hmac(key, scheme).update(params.buffer).finish())};
}
VTPM_COMMAND(Mac);

TpmResult<MacStart::Reply> MacStart::run(Context& context, const Authorized<MacStart>& handles,
                                         const Params& params) {
  const Object& key = **handles->key;
  AlgId scheme = TRY(mac_scheme(key, params.scheme));
  decltype(Sequence::running) running =
      scheme == AlgId::Cmac ? decltype(Sequence::running)(CmacSequence{start_cmac(key)})
                            : decltype(Sequence::running)(HmacSequence{start_hmac(key, scheme)});
  return Reply{.sequence = {TRY(start_sequence(context.state, params.auth, std::move(running)))}};
}
VTPM_COMMAND(MacStart);

}  // namespace vtpm::engine
