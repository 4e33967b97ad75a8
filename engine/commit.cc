// SPDX-License-Identifier: Apache-2.0
#include "engine/commit.h"

#include "engine/crypto/ecc.h"
#include "engine/crypto/kdf.h"
#include "engine/hierarchy.h"
#include "engine/object/ecc_key.h"

namespace vtpm::engine {
namespace {

// What the numbers depend on besides their count.
struct Subject {
  AlgId hash;
  CurveId curve;
  ByteView name;
};

Subject of_key(const Object& key) {
  AlgId own = key.pub.name_hash;
  return {.hash = own == AlgId::Null ? kIntegrityHash : own,
          .curve = key.pub.parameters.get<wire::EccParameters>()->curve,
          .name = key.name};
}

// An ephemeral key belongs to no object; the curve stands for the Name, so that no number serves
// two curves, or an ephemeral key and a commitment.
class OfCurve {
 public:
  explicit OfCurve(CurveId curve) : curve_(curve) {
    store_be<uint16_t>(name_, static_cast<uint16_t>(curve));
  }
  Subject subject() const { return {.hash = kIntegrityHash, .curve = curve_, .name = name_}; }

 private:
  CurveId curve_;
  uint8_t name_[sizeof(CurveId)];
};

// Part 1, equation 60.
Secret number(const CommitState& commits, const Subject& subject, uint64_t count) {
  Secret r(crypto::curve_size(to_crypto_curve(subject.curve)));
  crypto::kdfa(to_crypto(subject.hash), commits.nonce.view(), text_bytes("ECDAA Commit"),
               subject.name, be_bytes(count), r.bytes());
  return r;
}

Commitment make(State& state, const Subject& subject) {
  CommitState& commits = state.commits.write();
  Commitment made{.r = number(commits, subject, commits.count),
                  .counter = static_cast<uint16_t>(commits.count)};
  commits.pending[commits.count % CommitState::kSlots] = true;
  ++commits.count;
  return made;
}

// Part 1, 44.2.5, where the comparisons are of 16-bit counters that wrap around.
TpmResult<Secret> take(State& state, const Subject& subject, uint16_t counter) {
  const CommitState& commits = *state.commits;
  auto age = static_cast<uint16_t>(static_cast<uint16_t>(commits.count) - counter);
  REQUIRE(age != 0 && age < CommitState::kSlots, rc::Range);
  size_t slot = counter % CommitState::kSlots;
  REQUIRE(commits.pending[slot], rc::Value);
  Secret r = number(commits, subject, commits.count - age);
  state.commits.write().pending[slot] = false;
  return r;
}

}  // namespace

Commitment new_commitment(State& state, const Object& key) {
  return make(state, of_key(key));
}
Commitment new_commitment(State& state, CurveId curve) {
  return make(state, OfCurve(curve).subject());
}

TpmResult<Secret> take_commitment(State& state, const Object& key, uint16_t counter) {
  return take(state, of_key(key), counter);
}
TpmResult<Secret> take_commitment(State& state, CurveId curve, uint16_t counter) {
  return take(state, OfCurve(curve).subject(), counter);
}

void reset_commitments(State& state, const Ports& ports) {
  state.commits.write() = {.nonce = random_secret(ports, CommitState::kNonceSize)};
}

}  // namespace vtpm::engine
