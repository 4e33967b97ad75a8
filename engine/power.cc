// SPDX-License-Identifier: Apache-2.0
// The TPM's life outside of commands: manufacture, _TPM_Init, the hardware event sequence.
#include "engine/clock.h"
#include "engine/crypto/derive.h"
#include "engine/engine.h"
#include "engine/hierarchy.h"
#include "engine/pcr.h"

namespace vtpm::engine {

State manufacture(const Ports& ports, const Profile& profile) {
  State state;
  state.profile.write() = profile;
  Hierarchies& hierarchies = state.hierarchies.write();
  hierarchies.derivation_level = crypto::kNewestDerivationLevel;
  for (SharedSecret* seed :
       {&hierarchies.endorsement_seed, &hierarchies.storage_seed, &hierarchies.platform_seed})
    *seed = random_secret(ports, kSeedSize);
  for (SharedSecret* proof :
       {&hierarchies.endorsement_proof, &hierarchies.storage_proof, &hierarchies.platform_proof})
    *proof = random_secret(ports, kProofSize);
  // SHA-1 has no PCR until TPM2_PCR_Allocate asks for them.
  for (size_t bank = 0; bank < kPcrBanks.size(); ++bank)
    state.pcr_allocation.write().masks[bank] =
        kPcrBanks[bank] == AlgId::Sha1 ? 0 : (1u << wire::kPcrCount) - 1;
  return state;
}

State power_on(const State& state, const Ports& ports) {
  State next;
  next.profile = state.profile;
  next.hierarchies = state.hierarchies;
  next.pcr_allocation = state.pcr_allocation;
  next.pcr_policy = state.pcr_policy;
  next.persistent = state.persistent;
  next.dictionary_attack = state.dictionary_attack;
  next.clock_nv = state.clock_nv;
  next.command_audit = state.command_audit;
  next.physical_presence = state.physical_presence;
  next.preserved = state.preserved;
  next.nv = state.nv;

  next.lifecycle.write().mode = Mode::Initialized;
  next.pcrs.write().allocated = *next.pcr_allocation;
  // Without an orderly shutdown of a safe Clock, it may have been seen ahead of its saved value,
  // but not past the next multiple of the interval (Part 1, 33.3.3 and 33.3.4).
  const ClockNv& nv = *next.clock_nv;
  bool orderly = nv.shutdown != ShutdownKind::None || nv.total_reset_count == 0;
  // A log of command audit does not outlast a power loss that nobody announced (Part 1, clause 32).
  if (!orderly && !next.command_audit->digest.empty()) next.command_audit.write().digest = {};
  ClockRunning& clock = next.clock.write();
  clock.port_at_sync = ports.clock.milliseconds();
  clock.safe = orderly && nv.safe;
  clock.clock_at_sync =
      clock.safe ? nv.clock : (nv.clock / kClockUpdateInterval + 1) * kClockUpdateInterval - 1;
  uint8_t epoch[sizeof clock.epoch];
  ports.random.fill(epoch);
  clock.epoch = load_be<uint64_t>(epoch);
  return next;
}

State hash_start(const State& state, const Ports&) {
  State next = state;
  Lifecycle& lifecycle = next.lifecycle.write();
  if (lifecycle.mode == Mode::Off || lifecycle.mode == Mode::Failure) return state;
  EventSequence sequence;
  for (AlgId hash : kPcrBanks) sequence.hashers.emplace_back(to_crypto(hash));
  lifecycle.hardware_sequence = std::move(sequence);
  return next;
}

State hash_data(const State& state, ByteView data) {
  if (!state.lifecycle->hardware_sequence) return state;
  State next = state;
  for (auto& hasher : next.lifecycle.write().hardware_sequence->hashers) hasher.update(data);
  return next;
}

// Part 3, 22.11: before Startup the sequence is an H-CRTM's and goes to PCR[0], whose initial value
// then says locality 4; afterwards a D-RTM's, which resets PCR[17] to PCR[22] and goes to PCR[17].
State hash_end(const State& state) {
  if (!state.lifecycle->hardware_sequence) return state;
  State next = state;
  Lifecycle& lifecycle = next.lifecycle.write();
  std::vector<wire::HashValue> digests;
  for (size_t i = 0; i < kPcrBanks.size(); ++i)
    digests.push_back({.algorithm = kPcrBanks[i],
                       .digest = wire::Digest(lifecycle.hardware_sequence->hashers[i].finish())});
  lifecycle.hardware_sequence.reset();
  if (lifecycle.mode == Mode::Initialized) {
    lifecycle.hcrtm = true;
    PcrBanks& banks = next.pcrs.write();
    for (size_t bank = 0; bank < kPcrBanks.size(); ++bank) {
      auto& value = banks.values[bank][kHcrtmPcr];
      value = {};
      value[digest_size(kPcrBanks[bank]) - 1] = 4;
    }
    extend_pcr(next, kHcrtmPcr, digests);
  } else {
    for (unsigned pcr = 0; pcr < wire::kPcrCount; ++pcr)
      if (pcr_attributes(pcr).drtm) reset_pcr(next, pcr, 0x00);
    extend_pcr(next, kDrtmPcr, digests);
    ClockNv& clock = next.clock_nv.write();
    ++clock.restart_count;
    // As after any other change of PCR (Part 3, 9.4.1).
    clock.shutdown = ShutdownKind::None;
  }
  return next;
}

}  // namespace vtpm::engine
