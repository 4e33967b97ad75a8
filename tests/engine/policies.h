// SPDX-License-Identifier: Apache-2.0
// Policy digests by the formulas of Part 3, clause 23, and items under a policy.
#pragma once

#include "engine/commands/policy.h"
#include "tests/engine/client_session.h"
#include "tests/engine/objects.h"

namespace vtpm::engine::testing {

inline Bytes extended(AlgId hash, const Bytes& before, wire::CommandCode code,
                      std::initializer_list<ByteView> parts = {}) {
  return formula::hash(hash, {before, wire::to_wire(code), formula::concat(parts)});
}

// PolicyUpdate() (Part 3, 23.2.3).
inline Bytes updated(AlgId hash, const Bytes& before, wire::CommandCode code, ByteView name,
                     ByteView reference) {
  return formula::hash(hash, {extended(hash, before, code, {name}), reference});
}

// The digest of a policy of one TPM2_PolicyCommandCode.
inline Bytes command_code_policy(wire::CommandCode code) {
  return extended(AlgId::Sha256, Bytes(32), wire::CommandCode::PolicyCommandCode,
                  {wire::to_wire(code)});
}

inline const Bytes kReference = {'r', 'e', 'f'};  // a policyRef

inline Bytes digest_of(TestTpm& tpm, const ClientSession& session) {
  auto answer = tpm.run<PolicyGetDigest>({session.handle}, {});
  EXPECT_EQ(answer.code, rc::Success);
  return to_bytes(answer.reply.policy_digest);
}

inline const Session& loaded(const TestTpm& tpm, const ClientSession& session) {
  return *tpm.state.sessions->slots[session_slot(session.handle)].loaded;
}

// Data that only a policy opens.
inline Made seal_under(TestTpm& tpm, const Bytes& policy, const Bytes& auth = {}) {
  wire::Public item = sealed_data({ObjectBit::NoDa});
  item.auth_policy = wire::Digest(policy);
  return create_primary(tpm, wire::rh::Owner, item, auth, {5, 6, 7});
}
inline Rc unseal(TestTpm& tpm, const Made& item, Use use) {
  return run_with<Unseal>(tpm, {item.handle}, {}, {use}).code;
}

class PolicyTest : public ::testing::Test {
 protected:
  ClientSession start(wire::SessionType type = wire::SessionType::Policy,
                      AlgId hash = AlgId::Sha256) {
    return start_session(tpm, {.type = type, .hash = hash});
  }
  ClientSession trial() { return start(wire::SessionType::Trial); }

  TestTpm tpm;
  const Bytes zeros = Bytes(32);
};

}  // namespace vtpm::engine::testing
