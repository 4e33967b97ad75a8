// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/ml_dsa.h"

#include <algorithm>

#include "engine/crypto/digest_info.h"
#include "engine/crypto/lattice_key.h"
#include "engine/fault.h"

namespace vtpm::engine::crypto {
namespace {

constexpr size_t kRate = 136;           // of SHAKE256
constexpr size_t kKeyDigestSize = 64;   // tr
constexpr size_t kRandomnessSize = 32;  // rnd
constexpr uint64_t kMaximumAbsorbed = uint64_t{1} << 60;

// What precedes the message, or the identifier of its hash (FIPS 204, algorithms 2, 4 and 7).
Keccak begin(ByteView public_key, ByteView context, uint8_t domain) {
  if (context.size() > 255) throw Fault("a context of ML-DSA that is too long");
  uint8_t key_digest[kKeyDigestSize];
  Keccak key;
  key.absorb(kRate, public_key);
  key.finish(kRate, key_digest, Keccak::kShakeSuffix);
  const uint8_t prefix[] = {domain, static_cast<uint8_t>(context.size())};
  Keccak running;
  running.absorb(kRate, key_digest);
  running.absorb(kRate, prefix);
  running.absorb(kRate, context);
  return running;
}
Keccak begin_hashed(ByteView public_key, ByteView context, HashAlg pre_hash) {
  if (!is_pre_hash(pre_hash)) throw Fault("a hash algorithm that HashML-DSA does not have");
  Keccak running = begin(public_key, context, 1);
  running.absorb(kRate, object_identifier(pre_hash));
  return running;
}

Digest squeeze(Keccak& running) {
  Digest mu(kMlDsaRepresentativeSize);
  running.finish(kRate, mu.bytes(), Keccak::kShakeSuffix);
  return mu;
}

const char* name_of(MlDsaSet set) {
  switch (set) {
    case MlDsaSet::Dsa44:
      return "ML-DSA-44";
    case MlDsaSet::Dsa65:
      return "ML-DSA-65";
    case MlDsaSet::Dsa87:
      return "ML-DSA-87";
  }
  throw Fault("unknown ML-DSA parameter set");
}

Owned<EVP_MD_CTX> new_context() {
  return Owned<EVP_MD_CTX>(check_pointer(EVP_MD_CTX_new(), "EVP_MD_CTX_new"));
}

// OSSL_SIGNATURE_PARAM_MU and OSSL_SIGNATURE_PARAM_TEST_ENTROPY, which headers before 3.5 lack: the
// "message" is mu; rnd.
constexpr const char *kMu = "mu", *kRandomness = "test-entropy";

}  // namespace

MlDsaMessage::MlDsaMessage(ByteView public_key, ByteView context)
    : representative_(begin(public_key, context, 0)) {}

MlDsaMessage::MlDsaMessage(ByteView public_key, ByteView context, HashAlg pre_hash)
    : representative_(begin_hashed(public_key, context, pre_hash)), pre_hash_(Hasher(pre_hash)) {}

MlDsaMessage::~MlDsaMessage() {
  wipe({reinterpret_cast<uint8_t*>(&representative_), sizeof representative_});
}

MlDsaMessage& MlDsaMessage::update(ByteView data) {
  if (pre_hash_)
    pre_hash_->update(data);
  else
    representative_.absorb(kRate, data);
  return *this;
}

Digest MlDsaMessage::finish() {
  if (pre_hash_) representative_.absorb(kRate, pre_hash_->finish());
  return squeeze(representative_);
}

// u64 bytes absorbed, the 25 lanes, then the state of the message's hash if there is one.
Secret MlDsaMessage::export_state() const {
  Secret hash = pre_hash_ ? pre_hash_->export_state() : Secret();
  Secret saved(sizeof(uint64_t) * (1 + representative_.lanes.size()) + hash.size());
  MutableByteView out = saved.bytes();
  store_be(out, representative_.total);
  out = out.subspan(sizeof(uint64_t));
  for (uint64_t lane : representative_.lanes) {
    store_be(out, lane);
    out = out.subspan(sizeof lane);
  }
  std::copy_n(hash.view().begin(), hash.size(), out.begin());
  return saved;
}

std::optional<MlDsaMessage> MlDsaMessage::import_state(ByteView state) {
  MlDsaMessage message;
  Reader in(state);
  auto total = in.take_be<uint64_t>();
  if (!total || *total >= kMaximumAbsorbed) return std::nullopt;
  message.representative_.total = *total;
  for (uint64_t& lane : message.representative_.lanes) {
    auto value = in.take_be<uint64_t>();
    if (!value) return std::nullopt;
    lane = *value;
  }
  if (in.remaining() == 0) return message;
  message.pre_hash_ = Hasher::import_state(in.rest());
  if (!message.pre_hash_) return std::nullopt;
  return message;
}

Digest ml_dsa_representative(ByteView public_key, ByteView context, HashAlg pre_hash,
                             ByteView digest) {
  Keccak running = begin_hashed(public_key, context, pre_hash);
  running.absorb(kRate, digest);
  return squeeze(running);
}

Bytes ml_dsa_public_key(MlDsaSet set, ByteView seed) {
  return lattice_public_key(lattice_key_from_seed(name_of(set), seed).get(), public_key_size(set));
}

Bytes ml_dsa_sign(MlDsaSet set, ByteView seed, const Digest& mu, ByteSource& random) {
  auto key = lattice_key_from_seed(name_of(set), seed);
  Secret randomness(kRandomnessSize);
  random.fill(randomness.bytes());
  int is_mu = 1;
  OSSL_PARAM parameters[] = {OSSL_PARAM_construct_int(kMu, &is_mu),
                             octets(kRandomness, randomness.view()), OSSL_PARAM_construct_end()};
  auto context = new_context();
  check(EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, library(), nullptr, key.get(),
                              parameters) == 1,
        "EVP_DigestSignInit");
  Bytes signature(signature_size(set));
  size_t size = signature.size();
  check(EVP_DigestSign(context.get(), signature.data(), &size, mu.view().data(), mu.size()) == 1 &&
            size == signature.size(),
        "EVP_DigestSign");
  return signature;
}

bool ml_dsa_verify(MlDsaSet set, ByteView public_key, const Digest& mu, ByteView signature) {
  auto key = lattice_key_from_public(name_of(set), public_key);
  check(key != nullptr, "an ML-DSA public key");
  int is_mu = 1;
  OSSL_PARAM parameters[] = {OSSL_PARAM_construct_int(kMu, &is_mu), OSSL_PARAM_construct_end()};
  auto context = new_context();
  check(EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, library(), nullptr, key.get(),
                                parameters) == 1,
        "EVP_DigestVerifyInit");
  bool good = EVP_DigestVerify(context.get(), signature.data(), signature.size(), mu.view().data(),
                               mu.size()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace vtpm::engine::crypto
