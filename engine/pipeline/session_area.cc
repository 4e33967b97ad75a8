// SPDX-License-Identifier: Apache-2.0
#include "engine/pipeline/session_area.h"

namespace vtpm::engine {
namespace {

using wire::SessionBit;

constexpr uint32_t kMinimumSize = sizeof(wire::Handle) + sizeof(uint16_t) + 1 + sizeof(uint16_t);

struct WireSession {
  wire::Handle handle = 0;
  wire::Nonce nonce;
  wire::SessionAttributes attributes;
  wire::Auth hmac;
};

TpmResult<SessionPtr> find_session(const State& state, wire::Handle handle, unsigned index) {
  if (!is_session_handle(handle)) return rc::Handle.session(index + 1);
  size_t slot = session_slot(handle);
  if (slot >= kMaximumSessions) return rc::ReferenceS0.plus(index);
  const SessionPtr& session = state.sessions->slots[slot].loaded;
  if (!session || session_handle(slot, session->is_policy()) != handle)
    return rc::ReferenceS0.plus(index);
  return session;
}

// Notes the one session that has an attribute; a second one is refused.
TpmResult<void> note(std::optional<size_t>& holder, const SessionUse& use, SessionBit bit,
                     size_t index) {
  if (!use.has(bit)) return ok;
  if (holder) return rc::Attributes.session(static_cast<unsigned>(index) + 1);
  holder = index;
  return ok;
}

TpmResult<void> check_attributes(SessionArea& area, const CommandRow& row, const State& state) {
  for (size_t i = 0; i < area.sessions.size(); ++i) {
    const SessionUse& use = area.sessions[i];
    Rc attributes = rc::Attributes.session(static_cast<unsigned>(i) + 1);
    if (use.is_password()) {
      wire::SessionAttributes only_continue{SessionBit::ContinueSession};
      REQUIRE((use.attributes.raw & ~only_continue.raw) == 0, attributes);
      REQUIRE(use.nonce_caller.empty(), rc::Nonce.session(static_cast<unsigned>(i) + 1));
      REQUIRE(use.entity, rc::Handle.session(static_cast<unsigned>(i) + 1));
      continue;
    }
    TRY(note(area.decrypt, use, SessionBit::Decrypt, i));
    TRY(note(area.encrypt, use, SessionBit::Encrypt, i));
    TRY(note(area.audit, use, SessionBit::Audit, i));
    if (use.has(SessionBit::Decrypt) || use.has(SessionBit::Encrypt))
      REQUIRE(use.session->symmetric.algorithm != wire::AlgId::Null,
              rc::Symmetric.session(static_cast<unsigned>(i) + 1));
    REQUIRE(!use.has(SessionBit::Decrypt) || row.decryptable, attributes);
    REQUIRE(!use.has(SessionBit::Encrypt) || row.encryptable, attributes);
    // A policy session is never an audit session (Part 1, 17.1); trial sessions authorize nothing.
    REQUIRE(!use.has(SessionBit::Audit) || !use.session->is_policy(), attributes);
    REQUIRE(!use.entity || use.session->type != wire::SessionType::Trial, attributes);
    bool audit_details = use.has(SessionBit::AuditExclusive) || use.has(SessionBit::AuditReset);
    REQUIRE(!audit_details || use.has(SessionBit::Audit), attributes);
    if (use.has(SessionBit::AuditExclusive))
      REQUIRE(state.sessions->exclusive_audit == use.handle, rc::Exclusive);
    REQUIRE(use.entity || use.has(SessionBit::Decrypt) || use.has(SessionBit::Encrypt) ||
                use.has(SessionBit::Audit),
            attributes);
  }
  return ok;
}

}  // namespace

TpmResult<SessionArea> unmarshal_session_area(Reader& in, const State& state, const CommandRow& row,
                                              std::span<const Entity> entities) {
  auto size = in.take_be<uint32_t>();
  if (!size || *size < kMinimumSize || *size > in.remaining()) return rc::AuthSize;
  wire::Reader area_bytes(*in.take(*size));

  SessionArea area;
  while (area_bytes.remaining() > 0) {
    auto index = static_cast<unsigned>(area.sessions.size());
    if (index == kMaximumCommandSessions) return rc::AuthSize;
    WireSession wire_session;
    if (auto done = wire::unmarshal(area_bytes, wire_session); !done)
      return done.error().session(index + 1);
    SessionUse use{.handle = wire_session.handle,
                   .nonce_caller = wire_session.nonce,
                   .attributes = wire_session.attributes,
                   .hmac = wire_session.hmac};
    if (!use.is_password()) {
      use.session = TRY(find_session(state, use.handle, index));
      for (const SessionUse& earlier : area.sessions)
        if (earlier.handle == use.handle) return rc::Handle.session(index + 1);
    }
    area.sessions.push_back(std::move(use));
  }

  // The sessions authorize the "@" handles in their order; the others come behind.
  size_t next = 0;
  for (size_t i = 0; i < row.handle_count; ++i) {
    if (row.handles[i].role == Role::None) continue;
    if (next == area.sessions.size()) return rc::AuthMissing;
    area.sessions[next].entity = &entities[i];
    area.sessions[next].role = row.handles[i].role;
    ++next;
  }
  TRY(check_attributes(area, row, state));
  return area;
}

}  // namespace vtpm::engine
