// SPDX-License-Identifier: Apache-2.0
#include "engine/pcr.h"

#include <algorithm>

#include "engine/fault.h"

namespace vtpm::engine {
namespace {

using wire::AlgId;
using wire::kPcrCount;

constexpr uint8_t kAnyLocality = 0x1F;

constexpr std::array<PcrAttributes, kPcrCount> make_attributes() {
  std::array<PcrAttributes, kPcrCount> table{};
  for (unsigned pcr = 0; pcr < 16; ++pcr) table[pcr] = {true, 0, kAnyLocality, false, false, false};
  table[16] = {false, kAnyLocality, kAnyLocality, false, true, false};  // debug
  table[17] = {false, 0x10, 0x1C, true, false, false};  // D-RTM and its chain, to 22
  table[18] = {false, 0x10, 0x1C, true, false, false};
  table[19] = {false, 0x10, 0x0C, true, false, false};
  table[20] = {false, 0x14, 0x0E, true, false, true};
  table[21] = {false, 0x14, 0x04, true, true, true};
  table[22] = {false, 0x14, 0x04, true, true, true};
  table[23] = {false, kAnyLocality, kAnyLocality, false, true, false};  // application
  return table;
}
constexpr auto kAttributes = make_attributes();

// Extended localities, 32 and above, have no bit.
bool includes(uint8_t localities, uint8_t locality) {
  return locality < 5 && (localities >> locality & 1u) != 0;
}

void count_update(PcrBanks& banks, unsigned pcr) {
  if (!kAttributes[pcr].no_increment) ++banks.update_counter;
}

MutableByteView value_of(PcrBanks& banks, size_t bank, unsigned pcr) {
  return MutableByteView(banks.values[bank][pcr]).first(digest_size(kPcrBanks[bank]));
}

}  // namespace

const PcrAttributes& pcr_attributes(unsigned pcr) {
  return kAttributes[pcr];
}

bool may_extend(unsigned pcr, uint8_t locality) {
  return includes(kAttributes[pcr].extend_localities, locality);
}
bool may_reset(unsigned pcr, uint8_t locality) {
  return includes(kAttributes[pcr].reset_localities, locality);
}

size_t bank_index(AlgId hash) {
  auto found = std::ranges::find(kPcrBanks, hash);
  if (found == kPcrBanks.end()) throw Fault("a PCR bank of an algorithm that has none");
  return static_cast<size_t>(found - kPcrBanks.begin());
}

bool is_allocated(const PcrBanks& banks, AlgId hash, unsigned pcr) {
  return is_pcr_bank(hash) && (banks.allocated.masks[bank_index(hash)] >> pcr & 1u) != 0;
}

ByteView pcr_value(const PcrBanks& banks, AlgId hash, unsigned pcr) {
  return ByteView(banks.values[bank_index(hash)][pcr]).first(digest_size(hash));
}

void extend_pcr(State& state, unsigned pcr, std::span<const wire::HashValue> digests) {
  PcrBanks& banks = state.pcrs.write();
  for (const auto& [algorithm, digest] : digests) {
    if (!is_allocated(banks, algorithm, pcr)) continue;
    MutableByteView value = value_of(banks, bank_index(algorithm), pcr);
    auto result = crypto::hash(to_crypto(algorithm), {value, digest.view()});
    std::ranges::copy(result.view(), value.begin());
    count_update(banks, pcr);
  }
}

void reset_pcr(State& state, unsigned pcr, uint8_t fill) {
  PcrBanks& banks = state.pcrs.write();
  for (size_t bank = 0; bank < kPcrBanks.size(); ++bank)
    std::ranges::fill(value_of(banks, bank, pcr), fill);
  count_update(banks, pcr);
}

void start_pcrs(State& state, const PcrBanks* preserved) {
  PcrBanks& banks = state.pcrs.write();
  banks.update_counter = 0;
  for (unsigned pcr = 0; pcr < kPcrCount; ++pcr) {
    bool restore = preserved && kAttributes[pcr].state_saved;
    // What an H-CRTM has measured before Startup(CLEAR) stays (Part 1, 31.3).
    if (pcr == kHcrtmPcr && state.lifecycle->hcrtm && !restore) continue;
    for (size_t bank = 0; bank < kPcrBanks.size(); ++bank) {
      MutableByteView value = value_of(banks, bank, pcr);
      if (restore)
        std::ranges::copy(ByteView(preserved->values[bank][pcr]).first(value.size()),
                          value.begin());
      else
        std::ranges::fill(value, kAttributes[pcr].drtm ? 0xFF : 0x00);
      if (pcr == kHcrtmPcr && !restore) value.back() = state.lifecycle->startup_locality;
    }
  }
}

wire::PcrSelections existing(const PcrBanks& banks, const wire::PcrSelections& selections) {
  wire::PcrSelections result = selections;
  for (auto& selection : result.items)
    selection.mask &=
        is_pcr_bank(selection.hash) ? banks.allocated.masks[bank_index(selection.hash)] : 0;
  return result;
}

wire::Digest pcr_digest(const PcrBanks& banks, const wire::PcrSelections& selections, AlgId hash) {
  crypto::Hasher hasher(to_crypto(hash));
  for (const auto& selection : selections.items)
    for (unsigned pcr = 0; pcr < kPcrCount; ++pcr)
      if (selection.selects(pcr) && is_allocated(banks, selection.hash, pcr))
        hasher.update(pcr_value(banks, selection.hash, pcr));
  return wire::Digest(hasher.finish());
}

}  // namespace vtpm::engine
