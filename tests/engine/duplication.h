// SPDX-License-Identifier: Apache-2.0
// What the tests of Part 3, clause 13 share: objects that may be duplicated, and the way there and
// back.
#pragma once

#include "engine/commands/context.h"
#include "engine/commands/policy.h"
#include "tests/engine/imports.h"

namespace vtpm::engine::testing {

class Duplication : public ::testing::Test {
 protected:
  // An object that may be duplicated by a policy that names the command and nothing else.
  static wire::Public duplicable(wire::Public pub, bool encrypted = false) {
    pub = movable(pub);
    pub.attributes.set(ObjectBit::EncryptedDuplication, encrypted);
    pub.auth_policy = wire::Digest(formula::hash(
        AlgId::Sha256, {Bytes(32), wire::to_wire(wire::CommandCode::PolicyCommandCode),
                        wire::to_wire(wire::CommandCode::Duplicate)}));
    return pub;
  }
  Answer<Duplicate> duplicate(wire::Handle object, wire::Handle parent,
                              const wire::SymmetricObjectDefinition& symmetric = {},
                              const Bytes& key = {}) {
    ClientSession session = start_session(tpm, {.type = wire::SessionType::Policy});
    tpm.run<PolicyCommandCode>({session.handle}, {wire::CommandCode::Duplicate});
    auto answer = run_with<Duplicate>(
        tpm, {object, parent},
        {.encryption_key_in = wire::SecretData(ByteView(key)), .symmetric_alg = symmetric},
        {{.session = &session}});
    tpm.run<FlushContext>({}, {session.handle});
    return answer;
  }
  static Import::Params as_import(const wire::Public& pub, const Answer<Duplicate>& from,
                                  const wire::SymmetricObjectDefinition& symmetric = {},
                                  const Bytes& key = {}) {
    return {.encryption_key =
                key.empty() ? from.reply.encryption_key_out : wire::SecretData(ByteView(key)),
            .object_public = pub,
            .duplicate = from.reply.duplicate,
            .in_sym_seed = from.reply.out_sym_seed,
            .symmetric_alg = symmetric};
  }
  Rc import_code(wire::Handle parent, const Import::Params& params) {
    return tpm.run<Import>({parent}, params).code;
  }
  // Imports, loads and unseals.
  void expect_data(wire::Handle parent, const Import::Params& params) {
    auto imported = tpm.run<Import>({parent}, params);
    ASSERT_EQ(imported.code, rc::Success);
    auto loaded = tpm.run<Load>({parent}, {imported.reply.out_private, params.object_public});
    ASSERT_EQ(loaded.code, rc::Success);
    auto unsealed = tpm.run<Unseal>({loaded.reply.object_handle.value}, {}, {auth});
    ASSERT_EQ(unsealed.code, rc::Success);
    EXPECT_EQ(to_bytes(unsealed.reply.out_data.view()), data);
    tpm.run<FlushContext>({}, {loaded.reply.object_handle.value});
  }
  Made sealed_under(const Made& root, bool encrypted = false) {
    return create_child(tpm, root, duplicable(sealed_data(), encrypted), auth, data);
  }

  const Bytes auth = {'p', 'w'}, data = {'d', 'a', 't', 'a'};
  const wire::SymmetricObjectDefinition aes128 = templates::aes(128), aes256 = templates::aes(256);
  const Bytes key128 = Bytes(16, 0x4B), key256 = Bytes(32, 0x4C);
  TestTpm tpm;
};

class Importing : public Duplication {
 protected:
  Importing() {
    root = create_primary(tpm, wire::rh::Owner, ecc_storage());
    target = create_primary(tpm, wire::rh::Owner, rsa_storage());
    object = sealed_under(root);
  }
  Made root, target, object;
};

}  // namespace vtpm::engine::testing
