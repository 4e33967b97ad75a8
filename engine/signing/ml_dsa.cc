// SPDX-License-Identifier: Apache-2.0
#include "engine/signing/ml_dsa.h"

#include "engine/object/lattice_key.h"
#include "engine/signing.h"

namespace vtpm::engine {
namespace {

using wire::AlgId;

// Of a HashML-DSA key.
AlgId pre_hash_of(const Object& key) {
  return *key.pub.parameters.get<wire::HashMlDsaParameters>()->hash;
}

}  // namespace

crypto::MlDsaMessage begin_ml_dsa_message(const Object& key, ByteView context) {
  ByteView public_key = lattice_key_of(key.pub);
  if (key.type() == AlgId::MlDsa) return {public_key, context};
  return {public_key, context, to_crypto(pre_hash_of(key))};
}

TpmResult<crypto::Digest> ml_dsa_digest(const Object& key, ByteView context, ByteView digest) {
  if (const auto* pure = key.pub.parameters.get<wire::MlDsaParameters>()) {
    REQUIRE(*pure->allow_external_mu != 0, rc::Scheme);
    REQUIRE(context.empty(), rc::Value);
    REQUIRE(digest.size() == crypto::kMlDsaRepresentativeSize, rc::Size);
    return *crypto::Digest::from(digest);
  }
  AlgId hash = pre_hash_of(key);
  REQUIRE(digest.size() == digest_size(hash), rc::Size);
  return crypto::ml_dsa_representative(lattice_key_of(key.pub), context, to_crypto(hash), digest);
}

wire::Signature sign_ml_dsa(const Object& key, const crypto::Digest& mu, const Ports& ports) {
  wire::MlDsaSignature made(
      crypto::ml_dsa_sign(ml_dsa_set_of(key.pub), key.sensitive->value.view(), mu, ports.random));
  wire::Signature signature{.algorithm = wire::SignatureAlgorithm(key.type())};
  if (key.type() == AlgId::MlDsa)
    signature.details = std::move(made);
  else
    signature.details =
        wire::HashMlDsaSignature{.hash = pre_hash_of(key), .signature = std::move(made)};
  return signature;
}

TpmResult<void> verify_ml_dsa(const Object& key, const wire::Signature& signature,
                              const crypto::Digest& mu) {
  REQUIRE(is_of_scheme(signature, own_scheme(key)), rc::Scheme);
  const auto* hashed = signature.details.get<wire::HashMlDsaSignature>();
  ByteView bytes = hashed ? hashed->signature : *signature.details.get<wire::MlDsaSignature>();
  REQUIRE(crypto::ml_dsa_verify(ml_dsa_set_of(key.pub), lattice_key_of(key.pub), mu, bytes),
          rc::Signature);
  return ok;
}

}  // namespace vtpm::engine
