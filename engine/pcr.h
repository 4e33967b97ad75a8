// SPDX-License-Identifier: Apache-2.0
// Platform configuration registers: attributes (PC Client PTP, "PCR Attributes"), banks, digests.
#pragma once

#include "engine/rc.h"
#include "engine/state.h"

namespace vtpm::engine {

// Localities as bits 0 to 4.
struct PcrAttributes {
  bool state_saved;           // survives TPM2_Startup(STATE)
  uint8_t reset_localities;   // may TPM2_PCR_Reset it
  uint8_t extend_localities;  // may extend it
  bool drtm;                  // reset by _TPM_Hash_Start; starts with all bits set
  bool no_increment;          // its changes leave pcrUpdateCounter alone
  bool own_authorization;     // in the policy set and in the authorization set (Part 1, 14.7)
};
const PcrAttributes& pcr_attributes(unsigned pcr);
// Whether commands from this locality may extend or reset the PCR.
bool may_extend(unsigned pcr, uint8_t locality);
bool may_reset(unsigned pcr, uint8_t locality);

// The first PCR that _TPM_Hash_End extends (D-RTM), and the one of the H-CRTM.
inline constexpr unsigned kDrtmPcr = 17;
inline constexpr unsigned kHcrtmPcr = 0;

// Whether the bank of a hash algorithm has this PCR: never where the algorithm has no bank.
bool is_allocated(const PcrBanks& banks, wire::AlgId hash, unsigned pcr);
// The value of an allocated PCR: as many bytes as the algorithm's digest.
ByteView pcr_value(const PcrBanks& banks, wire::AlgId hash, unsigned pcr);

// Extends the PCR in every bank that `digests` names and that has it; counts an update for each
// (Part 3, 22.1).
void extend_pcr(State& state, unsigned pcr, std::span<const wire::HashValue> digests);
// Sets the PCR in every bank to zeros or ones; counts one update.
void reset_pcr(State& state, unsigned pcr, uint8_t fill);

// Sets each PCR as a TPM2_Startup that is no resume does (Part 3, 9.3), or, given the preserved
// banks, as one that is. The update counter begins at zero.
void start_pcrs(State& state, const PcrBanks* preserved);

// The selection without what does not exist, and the digest of the selected values in order
// (Part 1, 14.5).
wire::PcrSelections existing(const PcrBanks& banks, const wire::PcrSelections& selections);
wire::Digest pcr_digest(const PcrBanks& banks, const wire::PcrSelections& selections,
                        wire::AlgId hash);

// The position of an algorithm's bank; the algorithm is one of kPcrBanks.
size_t bank_index(wire::AlgId hash);

}  // namespace vtpm::engine
