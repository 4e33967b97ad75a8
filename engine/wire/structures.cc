// SPDX-License-Identifier: Apache-2.0
#include "engine/wire/structures.h"

#include "engine/wire/attest.h"

namespace vtpm::engine::wire {
namespace {

template <AlgId kCipher>
void take(const CipherDefinition<kCipher>* definition, std::optional<BlockCipher>& out) {
  if (definition)
    out = {.algorithm = kCipher, .key_bits = *definition->key_bits, .mode = *definition->mode};
}

template <class Details>
std::optional<BlockCipher> block_cipher_of(const Details& details) {
  std::optional<BlockCipher> found;
  take(details.template get<AesDefinition>(), found);
  take(details.template get<Sm4Definition>(), found);
  take(details.template get<CamelliaDefinition>(), found);
  return found;
}

}  // namespace

std::optional<BlockCipher> SymmetricDefinition::block_cipher() const {
  return block_cipher_of(details);
}
std::optional<BlockCipher> SymmetricObjectDefinition::block_cipher() const {
  return block_cipher_of(details);
}

TpmResult<void> SymmetricCipherParameters::unmarshal(Reader& in) {
  TRY(wire::unmarshal(in, symmetric));
  if (symmetric.algorithm == AlgId::Null) return rc::Symmetric;
  return ok;
}
void SymmetricCipherParameters::marshal(Writer& out) const {
  wire::marshal(out, symmetric);
}

TpmResult<void> HashValue::unmarshal(Reader& in) {
  TRY(wire::unmarshal(in, algorithm));
  auto bytes = in.take(digest_size(algorithm));
  if (!bytes) return rc::Insufficient;
  digest = Digest(*bytes);
  return ok;
}

void HashValue::marshal(Writer& out) const {
  wire::marshal(out, algorithm);
  out.put(digest.view());
}

TpmResult<void> VerifiedTicket::unmarshal(Reader& in) {
  TRY(wire::unmarshal(in, tag));
  if (tag != StructureTag::Verified && tag != StructureTag::MessageVerified &&
      tag != StructureTag::DigestVerified)
    return rc::Tag;
  TRY(unmarshal_hierarchy(in));
  if (tag == StructureTag::DigestVerified) {
    VerifiedHash digested;
    TRY(wire::unmarshal(in, digested));
    hash = *digested;
  }
  return wire::unmarshal(in, digest);
}

void VerifiedTicket::marshal(Writer& out) const {
  wire::marshal(out, tag);
  wire::marshal(out, hierarchy);
  if (tag == StructureTag::DigestVerified) wire::marshal(out, hash);
  wire::marshal(out, digest);
}

TpmResult<void> unmarshal_pcr_bits(Reader& in, uint32_t& mask) {
  uint8_t size = 0;
  TRY(wire::unmarshal(in, size));
  if (size != kPcrSelectBytes) return rc::Value;
  auto bytes = in.take(size);
  if (!bytes) return rc::Insufficient;
  mask = 0;
  for (size_t i = 0; i < size; ++i) mask |= uint32_t{(*bytes)[i]} << (8 * i);
  return ok;
}

void marshal_pcr_bits(Writer& out, uint32_t mask) {
  out.put_be(static_cast<uint8_t>(kPcrSelectBytes));
  for (size_t i = 0; i < kPcrSelectBytes; ++i) out.put_be(static_cast<uint8_t>(mask >> (8 * i)));
}

TpmResult<void> PcrSelection::unmarshal(Reader& in) {
  TRY(wire::unmarshal(in, hash));
  return unmarshal_pcr_bits(in, mask);
}

void PcrSelection::marshal(Writer& out) const {
  wire::marshal(out, hash);
  marshal_pcr_bits(out, mask);
}

TpmResult<void> SignatureOrNull::unmarshal(Reader& in) {
  Reader ahead = in;
  AlgId id{};
  TRY(wire::unmarshal(ahead, id));
  if (id != AlgId::Null) return wire::unmarshal(in, static_cast<Signature&>(*this));
  *this = {};
  in = ahead;
  return ok;
}

void SignatureOrNull::marshal(Writer& out) const {
  wire::marshal(out, static_cast<const Signature&>(*this));
}

template TpmResult<void> unmarshal<Public>(Reader&, Public&);
template void marshal<Public>(Writer&, const Public&);
template TpmResult<void> unmarshal<Sensitive>(Reader&, Sensitive&);
template void marshal<Sensitive>(Writer&, const Sensitive&);
template TpmResult<void> unmarshal<Signature>(Reader&, Signature&);
template void marshal<Signature>(Writer&, const Signature&);
template void marshal<CreationData>(Writer&, const CreationData&);
template void marshal<Attest>(Writer&, const Attest&);

}  // namespace vtpm::engine::wire
