// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/sm3.h"

#include <algorithm>
#include <bit>

namespace vtpm::engine::crypto {
namespace {

constexpr uint32_t p0(uint32_t x) {
  return x ^ std::rotl(x, 9) ^ std::rotl(x, 17);
}
constexpr uint32_t p1(uint32_t x) {
  return x ^ std::rotl(x, 15) ^ std::rotl(x, 23);
}

void compress(std::array<uint32_t, 8>& chain, ByteView block) {
  std::array<uint32_t, 68> w;
  for (size_t j = 0; j < 16; ++j) w[j] = load_be<uint32_t>(block.subspan(4 * j, 4));
  for (size_t j = 16; j < 68; ++j)
    w[j] = p1(w[j - 16] ^ w[j - 9] ^ std::rotl(w[j - 3], 15)) ^ std::rotl(w[j - 13], 7) ^ w[j - 6];

  auto [a, b, c, d, e, f, g, h] = chain;
  for (unsigned j = 0; j < 64; ++j) {
    const bool early = j < 16;
    uint32_t constant = std::rotl(early ? 0x79cc4519u : 0x7a879d8au, static_cast<int>(j % 32));
    uint32_t ss1 = std::rotl(std::rotl(a, 12) + e + constant, 7);
    uint32_t ss2 = ss1 ^ std::rotl(a, 12);
    uint32_t ff = early ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
    uint32_t gg = early ? e ^ f ^ g : (e & f) | (~e & g);
    uint32_t tt1 = ff + d + ss2 + (w[j] ^ w[j + 4]);
    uint32_t tt2 = gg + h + ss1 + w[j];
    d = c;
    c = std::rotl(b, 9);
    b = a;
    a = tt1;
    h = g;
    g = std::rotl(f, 19);
    f = e;
    e = p0(tt2);
  }
  const uint32_t after[] = {a, b, c, d, e, f, g, h};
  for (size_t i = 0; i < 8; ++i) chain[i] ^= after[i];
}

}  // namespace

void Sm3::update(ByteView data) {
  size_t held = static_cast<size_t>(total % 64);
  total += data.size();
  while (!data.empty()) {
    size_t count = std::min(64 - held, data.size());
    std::copy_n(data.begin(), count, pending.begin() + static_cast<ptrdiff_t>(held));
    data = data.subspan(count);
    held += count;
    if (held == 64) {
      compress(chain, pending);
      held = 0;
    }
  }
}

void Sm3::finish(MutableByteView out) {
  uint8_t length[8];
  store_be(length, total * 8);
  const uint8_t padding[64] = {0x80};
  size_t held = static_cast<size_t>(total % 64);
  update(ByteView(padding).first(held < 56 ? 56 - held : 120 - held));
  update(length);
  for (size_t i = 0; i < 8; ++i) store_be(out.subspan(4 * i, 4), chain[i]);
}

}  // namespace vtpm::engine::crypto
