// SPDX-License-Identifier: Apache-2.0
#include "engine/object/secret_exchange.h"

#include <algorithm>
#include <string>

#include "engine/crypto/ecc.h"
#include "engine/crypto/kdf.h"
#include "engine/fault.h"
#include "engine/object/ecc_key.h"
#include "engine/object/lattice_key.h"

namespace vtpm::engine {
namespace {

// The label counts with its terminating zero octet (Part 1, 43.4).
std::string terminated(std::string_view label) {
  std::string text(label);
  text.push_back('\0');
  return text;
}

// The hash of the key's own OAEP scheme, and nameAlg where it has none (Part 1, 43.10).
TpmResult<crypto::HashAlg> oaep_hash(const Object& key) {
  const auto& scheme = key.pub.parameters.get<wire::RsaParameters>()->scheme;
  if (scheme.scheme == AlgId::Null) return to_crypto(key.pub.name_hash);
  REQUIRE(scheme.scheme == AlgId::Oaep, rc::Value);
  return to_crypto(scheme.details.get<wire::HashScheme>()->hash);
}

TpmResult<Secret> decrypt_rsa(const Object& key, std::string_view label,
                              const wire::EncryptedSecret& encrypted, const Ports& ports) {
  auto secret = crypto::oaep_decrypt(*key.rsa_private, TRY(oaep_hash(key)),
                                     text_bytes(terminated(label)), encrypted, ports.random);
  if (!secret || secret->size() > digest_size(key.pub.name_hash)) return rc::Value;
  return std::move(*secret);
}

TpmResult<ExchangedSecret> exchange_rsa(const Object& key, std::string_view label,
                                        const Ports& ports) {
  ExchangedSecret made{.secret = Secret(digest_size(key.pub.name_hash)), .encrypted = {}};
  ports.random.fill(made.secret.bytes());
  auto encrypted =
      crypto::oaep_encrypt(*key.rsa_public, TRY(oaep_hash(key)), text_bytes(terminated(label)),
                           made.secret.view(), ports.random);
  REQUIRE(encrypted, rc::Key);
  made.encrypted = wire::EncryptedSecret(*encrypted);
  return made;
}

// A coordinate as KDFe takes it: as long as the curve's (Part 1, 44.5.3).
Bytes padded(ByteView coordinate, crypto::Curve curve) {
  while (!coordinate.empty() && coordinate.front() == 0) coordinate = coordinate.subspan(1);
  Bytes bytes(crypto::curve_size(curve) - std::min(crypto::curve_size(curve), coordinate.size()));
  append(bytes, coordinate);
  return bytes;
}

// The seed of a product of the key's point and an ephemeral one (Part 1, equation 63).
Secret ecc_secret(const Object& key, std::string_view label, ByteView ephemeral_x,
                  crypto::EccPoint product) {
  Secret z{ByteView(product.x)};
  wipe(product.x);
  const auto& own = *key.pub.unique.get<wire::EccPoint>();
  AlgId hash = *key.pub.name_hash;
  return crypto::kdfe(to_crypto(hash), z.view(), text_bytes(label),
                      padded(ephemeral_x, curve_of(key.pub)), padded(own.x, curve_of(key.pub)),
                      static_cast<uint32_t>(8 * digest_size(hash)));
}

TpmResult<Secret> decrypt_ecc(const Object& key, std::string_view label,
                              const wire::EncryptedSecret& encrypted) {
  auto ephemeral = TRY(wire::from_wire<wire::EccPoint>(encrypted));
  auto product =
      crypto::ecdh(curve_of(key.pub), key.sensitive->value.view(), to_crypto_point(ephemeral));
  REQUIRE(product, rc::EccPoint);
  return ecc_secret(key, label, ephemeral.x, std::move(*product));
}

TpmResult<ExchangedSecret> exchange_ecc(const Object& key, std::string_view label,
                                        const Ports& ports) {
  crypto::EccKeyPair ephemeral = crypto::generate_ecc_key(curve_of(key.pub), ports.random);
  auto product = crypto::ecdh(curve_of(key.pub), ephemeral.d.view(), public_point_of(key.pub));
  REQUIRE(product, rc::Key);
  return ExchangedSecret{
      .secret = ecc_secret(key, label, ephemeral.q.x, std::move(*product)),
      .encrypted = wire::EncryptedSecret(wire::to_wire(to_wire_point(ephemeral.q)))};
}

// Part 1, equation 67.
Secret ml_kem_secret(const Object& key, std::string_view label, ByteView shared,
                     ByteView ciphertext) {
  AlgId hash = *key.pub.name_hash;
  return crypto::kdfa(to_crypto(hash), shared, text_bytes(label), ciphertext,
                      lattice_key_of(key.pub), static_cast<uint32_t>(8 * digest_size(hash)));
}

TpmResult<Secret> decrypt_ml_kem(const Object& key, std::string_view label,
                                 const wire::EncryptedSecret& encrypted) {
  auto shared =
      crypto::ml_kem_decapsulate(ml_kem_set_of(key.pub), key.sensitive->value.view(), encrypted);
  REQUIRE(shared, rc::Size);
  return ml_kem_secret(key, label, shared->view(), encrypted);
}

TpmResult<ExchangedSecret> exchange_ml_kem(const Object& key, std::string_view label,
                                           const Ports& ports) {
  auto made =
      crypto::ml_kem_encapsulate(ml_kem_set_of(key.pub), lattice_key_of(key.pub), ports.random);
  REQUIRE(made, rc::Key);
  return ExchangedSecret{.secret = ml_kem_secret(key, label, made->secret.view(), made->ciphertext),
                         .encrypted = wire::EncryptedSecret(made->ciphertext)};
}

}  // namespace

TpmResult<Secret> decrypt_secret(const Object& key, std::string_view label,
                                 const wire::EncryptedSecret& encrypted, const Ports& ports) {
  if (key.rsa_private) return decrypt_rsa(key, label, encrypted, ports);
  if (key.type() == AlgId::Ecc && key.sensitive) return decrypt_ecc(key, label, encrypted);
  if (key.type() == AlgId::MlKem && key.sensitive) return decrypt_ml_kem(key, label, encrypted);
  throw Fault("a secret for a key that cannot decrypt");
}

TpmResult<ExchangedSecret> exchange_secret(const Object& key, std::string_view label,
                                           const Ports& ports) {
  if (key.rsa_public) return exchange_rsa(key, label, ports);
  if (key.type() == AlgId::Ecc) return exchange_ecc(key, label, ports);
  if (key.type() == AlgId::MlKem) return exchange_ml_kem(key, label, ports);
  throw Fault("a secret for a key that cannot encrypt");
}

}  // namespace vtpm::engine
