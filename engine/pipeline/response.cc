// SPDX-License-Identifier: Apache-2.0
#include "engine/pipeline/response.h"

#include "engine/clock.h"
#include "engine/crypto/random.h"
#include "engine/fault.h"
#include "engine/pipeline/authorize.h"

namespace vtpm::engine {
namespace {

using wire::SessionBit;
using wire::StructureTag;

Secret finish(Bytes& response) {
  store_be<uint32_t>(MutableByteView(response).subspan(2), static_cast<uint32_t>(response.size()));
  Secret out{ByteView(response)};
  wipe(response);
  return out;
}

// Signatures of ML-DSA are large: the caller asked for too much at once, or at the wrong door.
TpmResult<Secret> checked(Bytes& response, size_t maximum_size) {
  if (response.size() <= maximum_size) return finish(response);
  wipe(response);
  return rc::NoResult;
}

void put_header(Writer& out, StructureTag tag, Rc code) {
  wire::marshal(out, tag);
  out.put_be(uint32_t{0});
  out.put_be(code.value());
}

wire::Nonce fresh_nonce(const Ports& ports, size_t size) {
  std::array<uint8_t, kMaximumDigestSize> bytes;
  ports.random.fill(MutableByteView(bytes).first(size));
  return wire::Nonce(ByteView(bytes).first(size));
}

void end_exclusive_audit(State& state) {
  if (state.sessions->exclusive_audit) state.sessions.write().exclusive_audit.reset();
}

// Extends the audit digest and decides on exclusiveness (Part 1, 17.1 and 17.2).
void audit(State& state, const SessionUse& use, Session& session, const CommandHash& command_hash,
           const crypto::Digest& rp_hash) {
  bool first = !session.audit.has_value();
  wire::Digest zero{crypto::Digest(digest_size(session.hash)).view()};
  if (first || use.has(SessionBit::AuditReset)) session.audit = zero;
  session.is_bound = false;
  session.audit = wire::Digest(crypto::hash(
      to_crypto(session.hash), {*session.audit, command_hash.of(session.hash), rp_hash}));
  SessionTable& table = state.sessions.write();
  if (first || use.has(SessionBit::AuditReset))
    table.exclusive_audit = use.handle;
  else if (table.exclusive_audit != use.handle)
    table.exclusive_audit.reset();
}

void put_password_session(Writer& out, const SessionUse& use) {
  wire::SessionAttributes attributes = use.attributes;
  attributes.set(SessionBit::ContinueSession);
  wire::marshal(out, wire::Nonce());
  wire::marshal(out, attributes);
  wire::marshal(out, wire::Digest());
}

// Adopts the session's new nonce, or ends it; returns its part of the response.
void put_session(State& state, Writer& out, const SessionUse& use, const wire::Nonce& nonce_tpm,
                 const SessionPtr& updated, ByteView parameters, wire::CommandCode code) {
  wire::SessionAttributes attributes = use.attributes;
  if (use.has(SessionBit::Audit))
    attributes.set(SessionBit::AuditExclusive, state.sessions->exclusive_audit == use.handle);
  bool password = use.entity && use.session->is_policy() && use.session->policy.password_needed;
  // As the command, so the response (Part 1, 16.6.16).
  bool omitted = use.hmac.empty() && !use.has_hmac_key();
  crypto::Digest hmac;
  if (!password && !omitted)
    hmac = response_hmac(use, nonce_tpm, attributes,
                         response_hash(use.session->hash, code, parameters));
  wire::marshal(out, nonce_tpm);
  wire::marshal(out, attributes);
  wire::marshal(out, wire::Digest(hmac));

  SessionTable& table = state.sessions.write();
  SessionSlot& slot = table.slots[session_slot(use.handle)];
  if (use.has(SessionBit::ContinueSession)) {
    slot.loaded = updated;
  } else {
    slot = {};
    if (table.exclusive_audit == use.handle) table.exclusive_audit.reset();
  }
}

}  // namespace

Secret error_response(Rc code) {
  Bytes response;
  Writer out(response);
  put_header(out, StructureTag::NoSessions, code);
  return finish(response);
}

TpmResult<Secret> plain_response(const ReplyBuffer& reply, size_t maximum_size) {
  Bytes response;
  response.reserve(kHeaderSize + sizeof(wire::Handle) + reply.parameters.size());
  Writer out(response);
  put_header(out, StructureTag::NoSessions, rc::Success);
  if (reply.handle) out.put_be(*reply.handle);
  out.put(reply.parameters);
  return checked(response, maximum_size);
}

TpmResult<Secret> session_response(State& state, const Ports& ports, wire::CommandCode code,
                                   SessionArea& area, const CommandHash& command_hash,
                                   ReplyBuffer& reply, size_t maximum_size) {
  std::vector<wire::Nonce> nonces(area.sessions.size());
  for (size_t i = 0; i < area.sessions.size(); ++i) {
    SessionUse& use = area.sessions[i];
    if (use.is_password()) continue;
    nonces[i] = fresh_nonce(ports, use.session->nonce_tpm.size());
    renew_auth_values(state, use);
  }
  if (area.encrypt)
    encrypt_parameter(area.sessions[*area.encrypt], nonces[*area.encrypt], reply.parameters);

  Bytes response;
  response.reserve(maximum_size);
  Writer out(response);
  put_header(out, StructureTag::Sessions, rc::Success);
  if (reply.handle) out.put_be(*reply.handle);
  out.put_be(static_cast<uint32_t>(reply.parameters.size()));
  out.put(reply.parameters);

  if (!area.audit) end_exclusive_audit(state);
  for (size_t i = 0; i < area.sessions.size(); ++i) {
    const SessionUse& use = area.sessions[i];
    if (use.is_password()) {
      put_password_session(out, use);
      continue;
    }
    // The body may have changed the session (a policy command does) or ended it.
    SessionPtr current = state.sessions->slots[session_slot(use.handle)].loaded;
    auto updated = std::make_shared<Session>(current ? *current : *use.session);
    updated->nonce_tpm = nonces[i];
    if (area.audit == i)
      audit(state, use, *updated, command_hash,
            response_hash(updated->hash, code, reply.parameters));
    if (use.entity && updated->is_policy()) {
      reset_policy(*updated);
      stamp(*updated, state, ports);
    } else if (updated->is_policy()) {
      // The nonce is new (Part 1, 16.7.8); the limits stay, and with them the stretch of Time.
      updated->start_time = tpm_time(state, ports);
    }
    put_session(state, out, use, nonces[i], updated, reply.parameters, code);
  }
  return checked(response, maximum_size);
}

void note_unaudited_command(State& state, const CommandRow& row) {
  if (row.sessions_allowed) end_exclusive_audit(state);
}

}  // namespace vtpm::engine
