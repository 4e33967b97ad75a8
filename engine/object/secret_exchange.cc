// SPDX-License-Identifier: Apache-2.0
#include "engine/object/secret_exchange.h"

#include <algorithm>
#include <string>

#include "engine/crypto/ecc.h"
#include "engine/crypto/kdf.h"
#include "engine/fault.h"

namespace vtpm::engine {
namespace {

// The hash of the key's own OAEP scheme, and nameAlg where it has none (Part 1, 43.10).
crypto::HashAlg oaep_hash(const Object& key) {
  const auto& scheme = key.pub.parameters.get<wire::RsaParameters>()->scheme;
  const auto* own = scheme.details.get<wire::HashScheme>();
  return to_crypto(own ? *own->hash : *key.pub.name_hash);
}

TpmResult<Secret> decrypt_rsa(const Object& key, std::string_view label,
                              const wire::EncryptedSecret& encrypted, const Ports& ports) {
  // The label counts with its terminating zero octet (Part 1, 43.4).
  std::string terminated(label);
  terminated.push_back('\0');
  auto secret = crypto::oaep_decrypt(*key.rsa_private, oaep_hash(key), text_bytes(terminated),
                                     encrypted, ports.random);
  if (!secret || secret->size() > digest_size(key.pub.name_hash)) return rc::Value;
  return std::move(*secret);
}

// A coordinate as KDFe takes it: as long as the curve's (Part 1, 44.5.3).
Bytes padded(ByteView coordinate, crypto::Curve curve) {
  while (!coordinate.empty() && coordinate.front() == 0) coordinate = coordinate.subspan(1);
  Bytes bytes(crypto::curve_size(curve) - std::min(crypto::curve_size(curve), coordinate.size()));
  append(bytes, coordinate);
  return bytes;
}

TpmResult<Secret> decrypt_ecc(const Object& key, std::string_view label,
                              const wire::EncryptedSecret& encrypted) {
  auto ephemeral = wire::from_wire<wire::EccPoint>(encrypted);
  if (!ephemeral) return rc::Value;
  const auto& curve_id = key.pub.parameters.get<wire::EccParameters>()->curve;
  auto curve = static_cast<crypto::Curve>(curve_id.value);
  auto point = crypto::ecdh(curve, key.sensitive->value.view(),
                            {to_bytes(ephemeral->x), to_bytes(ephemeral->y)});
  if (!point) return rc::Value;
  const auto& own = *key.pub.unique.get<wire::EccPoint>();
  auto hash = key.pub.name_hash.value;
  Secret z{ByteView(point->x)};
  wipe(point->x);
  return crypto::kdfe(to_crypto(hash), z.view(), text_bytes(label), padded(ephemeral->x, curve),
                      padded(own.x, curve), static_cast<uint32_t>(8 * digest_size(hash)));
}

}  // namespace

TpmResult<Secret> decrypt_secret(const Object& key, std::string_view label,
                                 const wire::EncryptedSecret& encrypted, const Ports& ports) {
  if (key.rsa_private) return decrypt_rsa(key, label, encrypted, ports);
  if (key.type() == AlgId::Ecc && key.sensitive) return decrypt_ecc(key, label, encrypted);
  throw Fault("a secret for a key that cannot decrypt");
}

}  // namespace vtpm::engine
