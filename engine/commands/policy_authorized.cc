// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/policy_authorized.h"

#include "engine/session/policy.h"
#include "engine/signing.h"
#include "engine/signing/message.h"
#include "engine/ticket.h"

namespace vtpm::engine {
namespace {

using wire::AlgId;
using wire::CommandCode;
using wire::StructureTag;

// TPM2B_TIMEOUT: the timeout, and in its most significant bit whether a TPM Reset ends it, too.
constexpr uint64_t kUntilReset = uint64_t{1} << 63;

// When an authorization ends: counted from the session's nonceTPM where that was given, otherwise
// on Time itself (Part 1, 16.7.12).
std::optional<uint64_t> timeout_of(const Session& session, bool nonce_given,
                                   Expiration expiration) {
  if (expiration == Expiration::Never) return std::nullopt;
  auto seconds = int64_t{static_cast<int32_t>(expiration)};
  uint64_t milliseconds = 1000 * static_cast<uint64_t>(seconds < 0 ? -seconds : seconds);
  return nonce_given ? session.start_time + milliseconds : milliseconds;
}

// Part 3, 23.2.2. A trial session has no limits.
template <class Params>
TpmResult<PolicyLimits> checked_limits(const Context& context, const Session& session,
                                       const Params& params) {
  if (is_trial(session)) return PolicyLimits();
  REQUIRE(params.nonce_tpm.empty() || params.nonce_tpm == session.nonce_tpm,
          rc::Value.parameter(1));
  PolicyLimits limits{.cp_hash = params.cp_hash,
                      .timeout = timeout_of(session, !params.nonce_tpm.empty(), params.expiration)};
  TRY(check_limits(context.state, context.ports, session, limits, 4));
  return limits;
}

// Who approved, and with which kind of evidence.
struct Approver {
  wire::Name name;
  wire::Handle hierarchy;
  StructureTag tag;
  bool may_give_ticket;
};

Approver approver_of(const Entity& entity, StructureTag tag) {
  Approver approver{entity_name(entity), entity_hierarchy(entity), tag, true};
  // What came from outside into no hierarchy, or has no Name, gives no ticket (12.3.1).
  bool outside = entity.object && entity.object->external && approver.hierarchy == wire::rh::Null;
  // A ticket would let a PIN that may be used once be used again (23.2.5).
  bool pin_pass = entity.nv_index && entity.nv_index->type() == wire::NvType::PinPass;
  approver.may_give_ticket = !outside && !approver.name.empty() && !pin_pass;
  return approver;
}

// Part 3, 23.2.3 to 23.2.5, once everything has been checked.
template <class Command>
typename Command::Reply approve(Context& context, const SessionRef& session,
                                const Approver& approver, const typename Command::Params& params,
                                const PolicyLimits& limits) {
  update_session(context.state, session.handle, [&](Session& updated) {
    extend_policy_twice(updated, Command::info.code, approver.name, params.policy_ref);
    apply_limits(updated, limits);
  });
  typename Command::Reply reply;
  reply.policy_ticket = {{.tag = approver.tag}};
  bool wanted = static_cast<int32_t>(params.expiration) < 0 && approver.may_give_ticket;
  if (!wanted || !limits.timeout) return reply;
  PolicyAuthorization authorization{.cp_hash = params.cp_hash,
                                    .policy_ref = params.policy_ref,
                                    .auth_name = approver.name,
                                    .timeout = *limits.timeout,
                                    .until_reset = params.nonce_tpm.empty()};
  reply.policy_ticket = auth_ticket(context.state, approver.tag, approver.hierarchy, authorization);
  uint64_t timeout = *limits.timeout | (authorization.until_reset ? kUntilReset : 0);
  reply.timeout = wire::Timeout(be_bytes(timeout));
  return reply;
}

// Part 3, equation 3: whether the key has signed these limits, as a message by its own scheme or
// as their digest, which until version 185 was signed by HMAC and SM2 keys, too (table 115). What
// may not sign has not, or sealed data, as the key of an HMAC, could be found out by trying.
bool has_signed(const Object& key, const PolicySigned::Params& params) {
  if (!key.has(wire::ObjectBit::Sign)) return false;
  const Bytes expiration = wire::to_wire(params.expiration);
  const std::array<ByteView, 4> limits = {params.nonce_tpm, expiration, params.cp_hash,
                                          params.policy_ref};
  if (has_signed_message(key, limits, params.auth)) return true;
  AlgId hash = signature_hash(params.auth);
  if (hash == AlgId::Null) return false;  // of ML-DSA
  crypto::Hasher hasher(to_crypto(hash));
  for (ByteView part : limits) hasher.update(part);
  return static_cast<bool>(verify(key, params.auth, hasher.finish()));
}

// What the ticket of TPM2_PolicyAuthorize says was signed: the approval itself, or a digest of it
// (Part 3, 23.16). `name_hash` is that of the key, which TPM2_VerifySignature leaves unsaid.
Bytes signed_by(const PolicyAuthorize::Params& params, AlgId name_hash) {
  ByteView approved = params.approved_policy, reference = params.policy_ref;
  const wire::VerifiedTicket& ticket = params.check_ticket;
  if (ticket.tag == StructureTag::MessageVerified) {
    Bytes message(approved.size() + reference.size());
    std::ranges::copy(reference, std::ranges::copy(approved, message.begin()).out);
    return message;
  }
  bool digest = ticket.tag == StructureTag::DigestVerified && ticket.hash != AlgId::Null;
  return to_bytes(crypto::hash(to_crypto(digest ? ticket.hash : name_hash), {approved, reference}));
}

}  // namespace

TpmResult<PolicySigned::Reply> PolicySigned::run(Context& context,
                                                 const Authorized<PolicySigned>& handles,
                                                 const Params& params) {
  const SessionRef& session = *handles->session;
  const Object& key = **handles->auth_object;
  PolicyLimits limits = TRY(checked_limits(context, *session.session, params));
  REQUIRE(is_trial(*session.session) || has_signed(key, params), rc::PolicyFail.parameter(5));
  Entity entity{.handle = handles->auth_object->handle, .object = handles->auth_object->object};
  Approver approver = approver_of(entity, StructureTag::AuthSigned);
  return approve<PolicySigned>(context, session, approver, params, limits);
}
VTPM_COMMAND(PolicySigned);

TpmResult<PolicySecret::Reply> PolicySecret::run(Context& context,
                                                 const Authorized<PolicySecret>& handles,
                                                 const Params& params) {
  const SessionRef& session = *handles->session;
  PolicyLimits limits = TRY(checked_limits(context, *session.session, params));
  Approver approver = approver_of(*handles->auth, StructureTag::AuthSecret);
  return approve<PolicySecret>(context, session, approver, params, limits);
}
VTPM_COMMAND(PolicySecret);

TpmResult<PolicyTicket::Reply> PolicyTicket::run(Context& context,
                                                 const Authorized<PolicyTicket>& handles,
                                                 const Params& params) {
  const SessionRef& session = *handles->session;
  PolicyLimits limits;
  if (!is_trial(*session.session)) {
    // No ticket was ever given with a timeout of another size.
    REQUIRE(params.timeout.size() == sizeof(uint64_t), rc::Size.parameter(1));
    auto timeout = load_be<uint64_t>(params.timeout);
    limits = {.cp_hash = params.cp_hash, .timeout = timeout & ~kUntilReset};
    TRY(check_limits(context.state, context.ports, *session.session, limits, 1));
    REQUIRE(is_genuine(context.state, params.ticket,
                       {.cp_hash = params.cp_hash,
                        .policy_ref = params.policy_ref,
                        .auth_name = params.auth_name,
                        .timeout = *limits.timeout,
                        .until_reset = (timeout & kUntilReset) != 0}),
            rc::Ticket.parameter(5));
  }
  CommandCode code = params.ticket.tag == StructureTag::AuthSigned ? CommandCode::PolicySigned
                                                                   : CommandCode::PolicySecret;
  update_session(context.state, session.handle, [&](Session& updated) {
    extend_policy_twice(updated, code, params.auth_name, params.policy_ref);
    apply_limits(updated, limits);
  });
  return Reply{};
}
VTPM_COMMAND(PolicyTicket);

TpmResult<PolicyAuthorize::Reply> PolicyAuthorize::run(Context& context,
                                                       const Authorized<PolicyAuthorize>& handles,
                                                       const Params& params) {
  const SessionRef& session = *handles->session;
  auto hash = checked_name_hash(params.key_sign, *context.state.profile);
  if (!hash) return hash.error().parameter(3);
  if (!is_trial(*session.session)) {
    REQUIRE(params.approved_policy == session->policy.digest, rc::Value.parameter(1));
    // Not the approval but mu was verified, which says nothing to who does not know the key.
    REQUIRE(params.check_ticket.hash != AlgId::Shake256_512, rc::Policy);
    REQUIRE(
        is_genuine(context.state, params.check_ticket, signed_by(params, *hash), params.key_sign),
        rc::Policy);
  }
  update_session(context.state, session.handle, [&](Session& updated) {
    begin_policy_digest(updated);
    extend_policy_twice(updated, info.code, params.key_sign, params.policy_ref);
  });
  return Reply{};
}
VTPM_COMMAND(PolicyAuthorize);

}  // namespace vtpm::engine
