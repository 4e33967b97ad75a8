// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/keccak.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace vtpm::engine::crypto {
namespace {

static_assert(std::endian::native == std::endian::little, "lanes are read as they lie in memory");

constexpr int kRounds = 24;

// FIPS 202, 3.2.5: the bits at positions 2^j - 1 come from a linear feedback shift register.
constexpr std::array<uint64_t, kRounds> round_constants() {
  std::array<uint64_t, kRounds> constants{};
  unsigned lfsr = 1;
  for (auto& constant : constants) {
    for (int j = 0; j <= 6; ++j) {
      if (lfsr & 1) constant |= uint64_t{1} << ((1u << j) - 1);
      lfsr = lfsr << 1;
      if (lfsr & 0x100) lfsr ^= 0x171;
    }
  }
  return constants;
}
constexpr auto kRoundConstants = round_constants();

// FIPS 202, 3.2.2 and 3.2.3: where each lane goes, and by how much it is rotated.
struct Move {
  uint8_t to;
  uint8_t rotation;
};
constexpr std::array<Move, 25> moves() {
  std::array<Move, 25> made{};
  unsigned x = 1, y = 0;
  for (unsigned t = 0; t < 24; ++t) {
    unsigned next_y = (2 * x + 3 * y) % 5;
    made[x + 5 * y] = {static_cast<uint8_t>(y + 5 * next_y),
                       static_cast<uint8_t>((t + 1) * (t + 2) / 2 % 64)};
    x = y;
    y = next_y;
  }
  return made;
}
constexpr auto kMoves = moves();

// Calls body(0) to body(N - 1) with constants, so that indices and rotations cost nothing at run
// time.
template <size_t N, class Body>
void unrolled(Body body) {
  [&]<size_t... I>(std::index_sequence<I...>) {
    (body(std::integral_constant<size_t, I>()), ...);
  }
  (std::make_index_sequence<N>());
}

void permute(std::array<uint64_t, 25>& lanes) {
  std::array<uint64_t, 25> a = lanes;
  std::array<uint64_t, 25> b;
  for (uint64_t constant : kRoundConstants) {
    uint64_t c[5];
    unrolled<5>([&](auto x) { c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20]; });
    unrolled<25>([&](auto i) {
      constexpr size_t x = i % 5;
      constexpr Move move = kMoves[i];
      b[move.to] = std::rotl(a[i] ^ c[(x + 4) % 5] ^ std::rotl(c[(x + 1) % 5], 1), move.rotation);
    });
    unrolled<25>([&](auto i) {
      constexpr size_t x = i % 5, row = i - x;
      a[i] = b[i] ^ (~b[row + (x + 1) % 5] & b[row + (x + 2) % 5]);
    });
    a[0] ^= constant;
  }
  lanes = a;
}

void xor_bytes(std::array<uint64_t, 25>& lanes, size_t offset, ByteView data) {
  auto* bytes = reinterpret_cast<uint8_t*>(lanes.data()) + offset;
  for (size_t i = 0; i < data.size(); ++i) bytes[i] = static_cast<uint8_t>(bytes[i] ^ data[i]);
}

}  // namespace

void Keccak::absorb(size_t rate, ByteView data) {
  size_t position = static_cast<size_t>(total % rate);
  total += data.size();
  while (!data.empty()) {
    size_t count = std::min(rate - position, data.size());
    xor_bytes(lanes, position, data.first(count));
    data = data.subspan(count);
    position += count;
    if (position == rate) {
      permute(lanes);
      position = 0;
    }
  }
}

void Keccak::finish(size_t rate, MutableByteView out, uint8_t suffix) {
  const uint8_t begin[] = {suffix}, end[] = {0x80};
  xor_bytes(lanes, static_cast<size_t>(total % rate), begin);
  xor_bytes(lanes, rate - 1, end);
  permute(lanes);
  std::memcpy(out.data(), lanes.data(), out.size());
}

}  // namespace vtpm::engine::crypto
