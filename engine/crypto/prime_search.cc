// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/prime_search.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace vtpm::engine::crypto {
namespace {

// The sieve only spares primality tests of composites, so that its limits are free to change; all
// the other numbers in this file are part of the specification. The longer the candidates, the
// dearer their tests, and the more sieving pays.
constexpr uint32_t kSieveLimit = 1 << 19;
constexpr size_t sieve_limit(size_t bits) {
  return std::min(size_t{kSieveLimit}, (size_t{1} << 17) * bits / 1024 * bits / 1024);
}

// Odd primes below kSieveLimit, and runs of them whose products fit into one word: one division of
// a big number serves a whole run.
struct SievePrimes {
  struct Run {
    uint64_t product = 1;
    size_t end = 0;  // index of the first prime behind the run
  };
  std::vector<uint32_t> primes;
  std::vector<Run> runs;

  SievePrimes() {
    std::vector<bool> composite(kSieveLimit);
    for (uint32_t p = 3; p < kSieveLimit; p += 2) {
      if (composite[p]) continue;
      primes.push_back(p);
      for (uint64_t multiple = uint64_t{p} * p; multiple < kSieveLimit; multiple += 2 * p)
        composite[multiple] = true;
    }
    for (size_t i = 0; i < primes.size(); ++i) {
      if (runs.empty() || runs.back().product > UINT64_MAX / primes[i]) runs.push_back({1, i});
      runs.back().product *= primes[i];
      runs.back().end = i + 1;
    }
  }
};

const SievePrimes& sieve_primes() {
  static const SievePrimes made;
  return made;
}

// Big-endian bytes, a multiple of 8 of them or fewer, modulo one word.
uint64_t remainder(ByteView number, uint64_t modulus) {
  unsigned __int128 rest = 0;
  for (size_t i = 0; i < number.size(); i += 8)
    rest = (rest << 64 | load_be<uint64_t>(number.subspan(i, 8))) % modulus;
  return static_cast<uint64_t>(rest);
}

// Marks every k for which start + 2k has a small factor. All the candidates are far larger than any
// of the primes.
std::vector<uint8_t> sieve(ByteView start, size_t count) {
  std::vector<uint8_t> composite(count);
  const SievePrimes& table = sieve_primes();
  const size_t limit = sieve_limit(8 * start.size());
  size_t i = 0;
  for (const auto& run : table.runs) {
    if (table.primes[i] > limit) break;
    const uint64_t of_run = remainder(start, run.product);
    for (; i < run.end; ++i) {
      const uint32_t p = table.primes[i];
      const uint32_t r = static_cast<uint32_t>(of_run % p);
      // The least k with r + 2k divisible by p.
      const uint32_t k = r % 2 == 0 ? (r == 0 ? 0 : p - r / 2) : (p - r) / 2;
      for (size_t at = k; at < count; at += p) composite[at] = 1;
    }
  }
  return composite;
}

// Miller-Rabin (FIPS 186-5, B.3.1) of one odd candidate; its parts are worked out once.
class Candidate {
 public:
  Candidate(const BIGNUM* value, BN_CTX* context)
      : value_(value),
        context_(context),
        less_one_(secret_bn()),
        odd_part_(secret_bn()),
        mont_(check_pointer(BN_MONT_CTX_new(), "BN_MONT_CTX_new")) {
    check(BN_copy(less_one_.get(), value) && BN_sub_word(less_one_.get(), 1), "candidate - 1");
    while (!BN_is_bit_set(less_one_.get(), twos_)) ++twos_;
    check(BN_rshift(odd_part_.get(), less_one_.get(), twos_), "BN_rshift");
    check(BN_MONT_CTX_set(mont_.get(), value, context), "BN_MONT_CTX_set");
  }

  // False: certainly composite.
  bool passes(const BIGNUM* base) {
    Bn power = secret_bn();
    check(BN_mod_exp_mont_consttime(power.get(), base, odd_part_.get(), value_, context_,
                                    mont_.get()),
          "BN_mod_exp_mont_consttime");
    if (BN_is_one(power.get())) return true;
    for (int i = 0; i < twos_; ++i) {
      if (BN_cmp(power.get(), less_one_.get()) == 0) return true;
      check(BN_mod_sqr(power.get(), power.get(), value_, context_), "BN_mod_sqr");
    }
    return false;
  }

  // In 2 .. candidate - 2, from as many bytes as the candidate has.
  Bn draw_base(ByteSource& source) {
    Secret bytes(static_cast<size_t>(BN_num_bytes(value_)));
    source.fill(bytes.bytes());
    Bn base = secret_bn_from(bytes.view());
    Bn range = secret_bn();
    check(BN_copy(range.get(), value_) && BN_sub_word(range.get(), 3), "candidate - 3");
    check(BN_mod(base.get(), base.get(), range.get(), context_) && BN_add_word(base.get(), 2),
          "Miller-Rabin base");
    return base;
  }

 private:
  const BIGNUM* value_;
  BN_CTX* context_;
  Bn less_one_, odd_part_;
  Owned<BN_MONT_CTX> mont_;
  int twos_ = 0;
};

// FIPS 186-5, table B.1, one round more for what it does not cover.
int rounds(size_t bits) {
  return bits >= 1536 ? 4 : bits >= 1024 ? 5 : 8;
}

bool is_prime(const BIGNUM* value, size_t bits, ByteSource& source, BN_CTX* context) {
  Candidate candidate(value, context);
  Bn two = new_bn();
  check(BN_set_word(two.get(), 2), "BN_set_word");
  if (!candidate.passes(two.get())) return false;
  for (int i = 0; i < rounds(bits); ++i)
    if (!candidate.passes(candidate.draw_base(source).get())) return false;
  return true;
}

}  // namespace

Bn find_prime(size_t bits, uint32_t exponent, ByteSource& source, const Cancellation& cancellation,
              BN_CTX* context) {
  const size_t count = 8 * bits;  // about 23 primes lie in as many odd numbers
  Secret start(bits / 8);
  for (;;) {
    source.fill(start.bytes());
    start.bytes().front() |= 0xC0;
    start.bytes().back() |= 1;
    const std::vector<uint8_t> composite = sieve(start.view(), count);
    const uint64_t start_mod_e = remainder(start.view(), exponent);

    Bn candidate = secret_bn_from(start.view());
    size_t at = 0;
    for (size_t k = 0; k < count; ++k) {
      if (composite[k]) continue;
      if (std::gcd((start_mod_e + 2 * k + exponent - 1) % exponent, uint64_t{exponent}) != 1)
        continue;
      check(BN_add_word(candidate.get(), 2 * (k - at)), "BN_add_word");
      at = k;
      if (BN_num_bits(candidate.get()) != static_cast<int>(bits)) break;
      if (cancellation.requested()) return nullptr;
      if (is_prime(candidate.get(), bits, source, context)) return candidate;
    }
  }
}

}  // namespace vtpm::engine::crypto
