// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/hash.h"

// The low-level SHA functions work on a plain structure: no allocation, cheap to copy, and its
// state can be saved. EVP_MD_CTX offers none of the three in OpenSSL 3.0.
#include <algorithm>
#include <cstring>
#include <new>

#include <openssl/sha.h>

#include "engine/crypto/keccak.h"
#include "engine/crypto/openssl.h"
#include "engine/crypto/sm3.h"

namespace vtpm::engine::crypto {
namespace {

template <class State>
State& as(uint8_t* storage) {
  return *std::launder(reinterpret_cast<State*>(storage));
}

template <class State>
const State& as(const uint8_t* storage) {
  return *std::launder(reinterpret_cast<const State*>(storage));
}

// Calls `visit` with the state as the type that the algorithm uses.
template <class Storage, class Visitor>
auto visit_state(HashAlg alg, Storage* storage, Visitor visit) {
  switch (alg) {
    case HashAlg::Sha1:
      return visit(as<SHA_CTX>(storage));
    case HashAlg::Sha256:
      return visit(as<SHA256_CTX>(storage));
    case HashAlg::Sha384:
    case HashAlg::Sha512:
      return visit(as<SHA512_CTX>(storage));
    case HashAlg::Sm3:
      return visit(as<Sm3>(storage));
    case HashAlg::Sha3_256:
    case HashAlg::Sha3_384:
    case HashAlg::Sha3_512:
      break;
  }
  return visit(as<Keccak>(storage));
}

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

// A saved state: u16 algorithm, u64 bytes hashed so far, the chaining value as big-endian words,
// then (not for SHA-3, which mixes them in at once) the bytes of the incomplete block.
constexpr size_t kSavedHeader = sizeof(uint16_t) + sizeof(uint64_t);
constexpr uint64_t kMaxTotal = uint64_t{1} << 60;

struct Parts {
  uint64_t total = 0;
  std::array<uint64_t, 25> words{};
  size_t word_size = 0;  // 4 or 8
  size_t word_count = 0;
  std::array<uint8_t, 128> pending{};
  bool has_pending = true;
};

template <class Context>
uint64_t total_of(const Context& context) {
  if constexpr (sizeof(context.Nl) == 8)
    return context.Nl >> 3;  // Nh stays zero below kMaxTotal bytes
  else
    return (uint64_t{context.Nh} << 32 | context.Nl) >> 3;
}

template <class Context>
void set_total(Context& context, uint64_t total, size_t block) {
  using Word = decltype(context.Nl);
  context.Nl = static_cast<Word>(total << 3);
  context.Nh = sizeof(Word) == 8 ? 0 : static_cast<Word>(total >> 29);
  context.num = static_cast<unsigned>(total % block);
}

const auto kTakeApart = Overloaded{
    [](const SHA_CTX& s) {
      Parts parts{total_of(s), {s.h0, s.h1, s.h2, s.h3, s.h4}, 4, 5};
      std::memcpy(parts.pending.data(), s.data, sizeof(s.data));
      return parts;
    },
    [](const SHA256_CTX& s) {
      Parts parts{total_of(s), {}, 4, 8};
      std::copy_n(s.h, 8, parts.words.begin());
      std::memcpy(parts.pending.data(), s.data, sizeof(s.data));
      return parts;
    },
    [](const SHA512_CTX& s) {
      Parts parts{total_of(s), {}, 8, 8};
      std::copy_n(s.h, 8, parts.words.begin());
      std::memcpy(parts.pending.data(), s.u.p, sizeof(s.u.p));
      return parts;
    },
    [](const Sm3& s) {
      Parts parts{s.total, {}, 4, 8};
      std::copy_n(s.chain.begin(), 8, parts.words.begin());
      std::copy_n(s.pending.begin(), 64, parts.pending.begin());
      return parts;
    },
    [](const Keccak& s) { return Parts{s.total, s.lanes, 8, 25, {}, false}; },
};

void put_together(HashAlg alg, uint8_t* storage, const Parts& parts) {
  auto word32 = [&](size_t i) { return static_cast<uint32_t>(parts.words[i]); };
  const size_t block = block_size(alg);
  visit_state(alg, storage,
              Overloaded{
                  [&](SHA_CTX& s) {
                    s.h0 = word32(0), s.h1 = word32(1), s.h2 = word32(2), s.h3 = word32(3),
                    s.h4 = word32(4);
                    std::memcpy(s.data, parts.pending.data(), sizeof(s.data));
                    set_total(s, parts.total, block);
                  },
                  [&](SHA256_CTX& s) {
                    for (size_t i = 0; i < 8; ++i) s.h[i] = word32(i);
                    std::memcpy(s.data, parts.pending.data(), sizeof(s.data));
                    set_total(s, parts.total, block);
                  },
                  [&](SHA512_CTX& s) {
                    for (size_t i = 0; i < 8; ++i) s.h[i] = parts.words[i];
                    std::memcpy(s.u.p, parts.pending.data(), sizeof(s.u.p));
                    set_total(s, parts.total, block);
                  },
                  [&](Sm3& s) {
                    for (size_t i = 0; i < 8; ++i) s.chain[i] = word32(i);
                    std::copy_n(parts.pending.begin(), 64, s.pending.begin());
                    s.total = parts.total;
                  },
                  [&](Keccak& s) {
                    s.lanes = parts.words;
                    s.total = parts.total;
                  },
              });
}

void start(HashAlg alg, uint8_t* storage) {
  int success = 1;
  switch (alg) {
    case HashAlg::Sha1:
      success = SHA1_Init(new (storage) SHA_CTX);
      break;
    case HashAlg::Sha256:
      success = SHA256_Init(new (storage) SHA256_CTX);
      break;
    case HashAlg::Sha384:
      success = SHA384_Init(new (storage) SHA512_CTX);
      break;
    case HashAlg::Sha512:
      success = SHA512_Init(new (storage) SHA512_CTX);
      break;
    case HashAlg::Sm3:
      new (storage) Sm3;
      break;
    case HashAlg::Sha3_256:
    case HashAlg::Sha3_384:
    case HashAlg::Sha3_512:
      new (storage) Keccak;
      break;
  }
  check(success, "SHA_Init");
}

}  // namespace

std::optional<HashAlg> hash_alg_from_id(uint16_t id) {
  for (HashAlg alg : kAllHashAlgs)
    if (static_cast<uint16_t>(alg) == id) return alg;
  return std::nullopt;
}

Digest::Digest(size_t size, uint8_t value)
    : size_(static_cast<uint8_t>(std::min(size, kMaxDigestSize))) {
  std::fill_n(bytes_.begin(), size_, value);
}

std::optional<Digest> Digest::from(ByteView bytes) {
  if (bytes.size() > kMaxDigestSize) return std::nullopt;
  Digest digest(bytes.size());
  std::copy(bytes.begin(), bytes.end(), digest.bytes_.begin());
  return digest;
}

Digest hash(HashAlg alg, std::initializer_list<ByteView> parts) {
  Hasher hasher(alg);
  for (ByteView part : parts) hasher.update(part);
  return hasher.finish();
}

Hasher::Hasher(HashAlg alg) : alg_(alg) {
  static_assert(sizeof(SHA_CTX) <= kStateSize && sizeof(SHA256_CTX) <= kStateSize &&
                sizeof(SHA512_CTX) <= kStateSize && sizeof(Keccak) <= kStateSize &&
                sizeof(Sm3) <= kStateSize);
  static_assert(std::is_trivially_copyable_v<SHA512_CTX> && std::is_trivially_copyable_v<Keccak> &&
                std::is_trivially_copyable_v<Sm3>);
  start(alg, state_.data());
}

Hasher::~Hasher() {
  wipe(state_);
}

Hasher& Hasher::update(ByteView data) {
  const size_t rate = block_size(alg_);
  int success =
      visit_state(alg_, state_.data(),
                  Overloaded{
                      [&](SHA_CTX& s) { return SHA1_Update(&s, data.data(), data.size()); },
                      [&](SHA256_CTX& s) { return SHA256_Update(&s, data.data(), data.size()); },
                      [&](SHA512_CTX& s) { return SHA512_Update(&s, data.data(), data.size()); },
                      [&](Sm3& s) { return s.update(data), 1; },
                      [&](Keccak& s) { return s.absorb(rate, data), 1; },
                  });
  check(success, "SHA_Update");
  return *this;
}

Digest Hasher::finish() {
  Digest digest(digest_size(alg_));
  const size_t rate = block_size(alg_);
  uint8_t* out = digest.bytes().data();
  int success = visit_state(
      alg_, state_.data(),
      Overloaded{
          [&](SHA_CTX& s) { return SHA1_Final(out, &s); },
          [&](SHA256_CTX& s) { return SHA256_Final(out, &s); },
          [&](SHA512_CTX& s) { return SHA512_Final(out, &s); },  // md_len tells SHA-384 apart
          [&](Sm3& s) { return s.finish(digest.bytes()), 1; },
          [&](Keccak& s) { return s.finish(rate, digest.bytes()), 1; },
      });
  check(success, "SHA_Final");
  return digest;
}

Secret Hasher::export_state() const {
  Parts parts = visit_state(alg_, state_.data(), kTakeApart);
  const size_t words = parts.word_size * parts.word_count;
  const size_t pending =
      parts.has_pending ? static_cast<size_t>(parts.total % block_size(alg_)) : 0;
  Secret saved(kSavedHeader + words + pending);
  MutableByteView out = saved.bytes();
  store_be(out, static_cast<uint16_t>(alg_));
  store_be(out.subspan(2), parts.total);
  out = out.subspan(kSavedHeader);
  for (size_t i = 0; i < parts.word_count; ++i, out = out.subspan(parts.word_size)) {
    if (parts.word_size == 4)
      store_be(out, static_cast<uint32_t>(parts.words[i]));
    else
      store_be(out, parts.words[i]);
  }
  std::copy_n(parts.pending.begin(), pending, out.begin());
  wipe({reinterpret_cast<uint8_t*>(&parts), sizeof(parts)});
  return saved;
}

std::optional<Hasher> Hasher::import_state(ByteView state) {
  Reader reader(state);
  auto id = reader.take_be<uint16_t>();
  auto total = reader.take_be<uint64_t>();
  auto alg = id ? hash_alg_from_id(*id) : std::nullopt;
  if (!alg || !total || *total >= kMaxTotal) return std::nullopt;

  Hasher hasher(*alg);
  Parts parts = visit_state(*alg, hasher.state_.data(), kTakeApart);
  parts.total = *total;
  const size_t pending = parts.has_pending ? static_cast<size_t>(*total % block_size(*alg)) : 0;
  if (reader.remaining() != parts.word_size * parts.word_count + pending) return std::nullopt;
  for (size_t i = 0; i < parts.word_count; ++i) {
    ByteView word = *reader.take(parts.word_size);
    parts.words[i] = parts.word_size == 4 ? load_be<uint32_t>(word) : load_be<uint64_t>(word);
  }
  ByteView rest = reader.rest();
  std::copy(rest.begin(), rest.end(), parts.pending.begin());
  put_together(*alg, hasher.state_.data(), parts);
  wipe({reinterpret_cast<uint8_t*>(&parts), sizeof(parts)});
  return hasher;
}

}  // namespace vtpm::engine::crypto
