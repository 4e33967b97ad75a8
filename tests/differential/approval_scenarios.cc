// SPDX-License-Identifier: Apache-2.0
// Policies that somebody approves: by a signature, a secret, a ticket or an NV index.
#include "engine/commands/nv.h"
#include "engine/commands/policy_authorized.h"
#include "engine/commands/policy_nv.h"
#include "engine/commands/signing.h"
#include "engine/ticket.h"
#include "tests/differential/scenario_tools.h"
#include "tests/differential/scenarios.h"
#include "tests/engine/nv_indices.h"

namespace vtpm::differential {

using engine::testing::kIndex;
using engine::testing::nv_public;
namespace formula = engine::testing::formula;

namespace {

constexpr AlgId kHash = AlgId::Sha256;
const wire::Nonce kRef(text_bytes("ref"));

ClientSession policy_session(Client& client, wire::SessionType type = wire::SessionType::Policy) {
  return start_session(client.peer(), {.type = type});
}

wire::Signature signed_by(Client& client, Handle key, const Bytes& digest) {
  return client
      .must<Sign>({key}, {.digest = wire::Digest(digest),
                          .in_scheme = signature_scheme(AlgId::EcDsa, kHash),
                          .validation = null_ticket<wire::StructureTag::HashCheck>()})
      .reply.signature;
}

// Part 3, equation 3.
PolicySigned::Params approved(Client& client, Handle key, PolicySigned::Params params) {
  Bytes expiration = wire::to_wire(static_cast<uint32_t>(params.expiration));
  params.auth = signed_by(
      client, key,
      formula::hash(kHash, {params.nonce_tpm, expiration, params.cp_hash, params.policy_ref}));
  return params;
}

}  // namespace

void signed_policies(Client& client) {
  auto made = client.run<CreatePrimary>("key", {rh::Owner}, {.in_public = ecdsa_key()}, kQuiet);
  Handle key = made.reply.object_handle.value;
  ClientSession session = policy_session(client);
  client.run<PolicySigned>("PolicySigned", {key, session.handle},
                           approved(client, key, {.policy_ref = kRef}), {.except = kSoon});
  const PolicySigned::Params limited = approved(client, key,
                                                {.nonce_tpm = wire::Nonce(session.nonce_tpm),
                                                 .cp_hash = a_digest(),
                                                 .expiration = Expiration{-1000}});
  auto ticket = client.run<PolicySigned>("PolicySigned for a ticket", {key, session.handle},
                                         limited, {.except = kSoon});
  ClientSession other = policy_session(client);
  client.run<PolicyTicket>("PolicyTicket", {other.handle},
                           {.timeout = ticket.reply.timeout,
                            .cp_hash = a_digest(),
                            .auth_name = made.reply.name,
                            .ticket = ticket.reply.policy_ticket},
                           {.except = {"p1"}});
  client.run<PolicySigned>("PolicySigned of another session", {key, other.handle}, limited, kQuiet);
  for (int seconds : {1000, -1000, 1000000})
    client.run<PolicySigned>(
        "expiration " + std::to_string(seconds), {key, other.handle},
        approved(client, key,
                 {.nonce_tpm = wire::Nonce(other.nonce_tpm), .expiration = Expiration{seconds}}),
        kQuiet);
  client.run<PolicySigned>("expiration without a nonce", {key, other.handle},
                           approved(client, key, {.expiration = Expiration{-1000}}), kQuiet);
  ClientSession trial = policy_session(client, wire::SessionType::Trial);
  client.run<PolicySigned>("in a trial", {key, trial.handle}, {.auth = limited.auth}, kQuiet);
}

void secret_policies(Client& client) {
  Handle item = primary(client, sealed_data(), "item", a_secret());
  ClientSession session = policy_session(client);
  ClientSession hmac = start_session(client.peer());
  client.run<PolicySecret>("PolicySecret by HMAC", {item, session.handle},
                           {.nonce_tpm = wire::Nonce(session.nonce_tpm), .policy_ref = kRef},
                           except(kSoon, with({{.session = &hmac, .auth = bytes_of("auth")}})));
  for (int seconds : {1000, -1000})
    client.run<PolicySecret>(
        "PolicySecret " + std::to_string(seconds), {item, session.handle},
        {.nonce_tpm = wire::Nonce(session.nonce_tpm), .expiration = Expiration{seconds}},
        {.passwords = {bytes_of("auth")}, .except = kSoon});
}

void authorized_policies(Client& client) {
  auto made = client.run<CreatePrimary>("key", {rh::Owner}, {.in_public = ecdsa_key()}, kQuiet);
  Handle key = made.reply.object_handle.value;
  ClientSession session = policy_session(client);
  client.must<PolicyPassword>({session.handle}, {});
  Bytes approved = to_bytes(client.must<PolicyGetDigest>({session.handle}, {}).reply.policy_digest);
  const wire::Digest signed_digest(formula::hash(kHash, {approved, kRef}));
  auto verified = client.must<VerifySignature>(
      {key},
      {.digest = signed_digest, .signature = signed_by(client, key, to_bytes(signed_digest))});
  client.run<PolicyAuthorize>("PolicyAuthorize", {session.handle},
                              {.approved_policy = wire::Digest(approved),
                               .policy_ref = kRef,
                               .key_sign = made.reply.name,
                               .check_ticket = verified.reply.validation});
  ClientSession trial = policy_session(client, wire::SessionType::Trial);
  client.run<PolicyAuthorize>(
      "in a trial", {trial.handle},
      {.policy_ref = kRef, .key_sign = made.reply.name, .check_ticket = verified.reply.validation},
      kQuiet);
}

void nv_authorized_policies(Client& client) {
  const uint16_t size = 34;
  client.must<NvDefineSpace>({rh::Owner},
                             {wire::Auth(), nv_public({}, wire::NvType::Ordinary, size)});
  ClientSession session = policy_session(client);
  const std::vector<Handle> handles = {rh::Owner, kIndex, session.handle};
  client.run<PolicyAuthorizeNv>("unwritten", handles, {}, kQuiet);
  client.must<PolicyPassword>({session.handle}, {});
  auto write = [&](ByteView digest) {
    Bytes data = wire::to_wire(kHash);
    append(data, digest);
    client.must<NvWrite>({rh::Owner, kIndex}, {wire::MaxNvBuffer(data), 0});
  };
  write(Bytes(32, 9));
  client.run<PolicyAuthorizeNv>("another policy", handles, {});
  write(client.must<PolicyGetDigest>({session.handle}, {}).reply.policy_digest);
  client.run<PolicyAuthorizeNv>("PolicyAuthorizeNV", handles, {}, kQuiet);
  note_digest(client, session.handle, "PolicyAuthorizeNV");
  for (auto relation : {wire::Relation::UnsignedGreater, wire::Relation::SignedLess,
                        wire::Relation::BitsSet, wire::Relation::NotEqual})
    client.run<PolicyNv>("PolicyNV " + std::to_string(static_cast<int>(relation)), handles,
                         {wire::Operand(Bytes{0, 12}), 0, {relation}}, kQuiet);
  note_digest(client, session.handle, "PolicyNV");
}

}  // namespace vtpm::differential
