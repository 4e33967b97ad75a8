// SPDX-License-Identifier: Apache-2.0
// Keys and data for tests of what is done with objects, as against how they are made. None is under
// dictionary attack protection unless a test says so.
#pragma once

#include "tests/engine/object/templates.h"

namespace vtpm::engine::testing {

using wire::ObjectBit;

inline wire::Public unguarded(wire::Public pub) {
  pub.attributes.set(ObjectBit::NoDa);
  return pub;
}

inline wire::Public ecc_storage() {
  return unguarded(templates::storage_ecc());
}
inline wire::Public rsa_storage() {
  return unguarded(templates::storage_rsa());
}

// Signing keys whose scheme the caller chooses.
inline wire::Public ecdsa_key(CurveId curve = CurveId::NistP256) {
  return unguarded(templates::ecc(templates::kSigningKey, curve));
}
inline wire::Public rsa_signing_key() {
  return unguarded(templates::rsa(templates::kSigningKey));
}
inline wire::Public hmac_key() {
  return unguarded(templates::mac_key());
}

// The same, for decryption or a key exchange in place of signatures.
inline wire::Public decrypting(wire::Public signing) {
  signing.attributes.set(ObjectBit::Sign, false);
  signing.attributes.set(ObjectBit::Decrypt);
  return signing;
}

// A restricted signing key: it signs what the TPM itself has made or hashed.
inline wire::Public attestation_key() {
  wire::Public pub = ecdsa_key();
  pub.attributes.set(ObjectBit::Restricted);
  pub.parameters.get<wire::EccParameters>()->scheme = {
      .scheme = {AlgId::EcDsa}, .details = wire::HashScheme{.hash = AlgId::Sha256}};
  return pub;
}

// Data of the caller; `attributes` beyond what every sealed object has.
inline wire::Public sealed_data(std::initializer_list<ObjectBit> attributes = {
                                    ObjectBit::UserWithAuth, ObjectBit::NoDa}) {
  wire::ObjectAttributes bits{ObjectBit::FixedTpm, ObjectBit::FixedParent};
  for (ObjectBit bit : attributes) bits.set(bit);
  return templates::keyed_hash(bits);
}

inline wire::SignatureScheme signature_scheme(AlgId scheme, AlgId hash) {
  return {.scheme = {scheme}, .details = wire::HashScheme{.hash = hash}};
}

// Schemes that sign a digest and can be verified.
inline constexpr std::array kDigestSchemes = {AlgId::RsaSsa, AlgId::RsaPss, AlgId::EcDsa,
                                              AlgId::EcSchnorr};

// A signing key with a scheme of its own, of the type that the scheme asks for.
inline wire::Public signing_key(AlgId scheme, AlgId hash, CurveId curve = CurveId::NistP256) {
  wire::HashScheme details{.hash = hash};
  if (wire::is_rsa_signing(scheme)) {
    wire::Public pub = rsa_signing_key();
    pub.parameters.get<wire::RsaParameters>()->scheme = {.scheme = {scheme}, .details = details};
    return pub;
  }
  wire::Public pub = ecdsa_key(curve);
  pub.parameters.get<wire::EccParameters>()->scheme = {.scheme = {scheme}, .details = details};
  return pub;
}

struct Made {
  wire::Handle handle = 0;
  wire::Public pub;
  Bytes name;
};

// A primary object with these values in its sensitive area.
inline Made create_primary(TestTpm& tpm, wire::Handle hierarchy, const wire::Public& pub,
                           const Bytes& auth = {}, const Bytes& data = {}) {
  wire::SensitiveCreate sensitive{.user_auth = wire::Auth(ByteView(auth)),
                                  .data = wire::SensitiveData(ByteView(data))};
  auto answer = templates::make_primary(tpm, pub, hierarchy, sensitive);
  return {.handle = answer.reply.object_handle.value,
          .pub = *answer.reply.out_public,
          .name = to_bytes(answer.reply.name)};
}

// A child of `parent`, created and loaded.
inline Made create_child(TestTpm& tpm, const Made& parent, const wire::Public& pub,
                         const Bytes& auth = {}, const Bytes& data = {}) {
  wire::SensitiveCreate sensitive{.user_auth = wire::Auth(ByteView(auth)),
                                  .data = wire::SensitiveData(ByteView(data))};
  auto created = tpm.run<Create>({parent.handle}, {.in_sensitive = sensitive, .in_public = pub});
  EXPECT_EQ(created.code, rc::Success);
  auto loaded = tpm.run<Load>({parent.handle}, {.in_private = created.reply.out_private,
                                                .in_public = created.reply.out_public});
  EXPECT_EQ(loaded.code, rc::Success);
  return {.handle = loaded.reply.object_handle.value,
          .pub = *created.reply.out_public,
          .name = to_bytes(loaded.reply.name)};
}

}  // namespace vtpm::engine::testing
