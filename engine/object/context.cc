// SPDX-License-Identifier: Apache-2.0
#include "engine/object/context.h"

#include "engine/crypto/hmac.h"
#include "engine/crypto/kdf.h"
#include "engine/crypto/random.h"
#include "engine/crypto/symmetric.h"
#include "engine/fault.h"
#include "engine/hierarchy.h"
#include "engine/object/slots.h"
#include "engine/saved_contexts.h"

namespace vtpm::engine {
namespace {

using wire::Handle;

// savedHandle of what has no handle outside the TPM (Part 2, Table 58).
constexpr Handle kSavedObject = 0x80000000;
constexpr Handle kSavedSequence = 0x80000001;
constexpr Handle kSavedStClearObject = 0x80000002;

// So that no two contexts have the same keys, even when an earlier state of the whole TPM is
// restored and its counters repeat.
constexpr size_t kSaltSize = 16;

// TPMS_CONTEXT_DATA: the integrity value over the rest, which is salt and ciphertext.
struct Parts {
  wire::Digest integrity;
  ByteView salt, encrypted, protected_bytes;
};

// Part 1, equation 52. A session also dies with the storage seed (Part 2, 14.7.1).
crypto::Digest integrity(const State& state, const wire::Context& context,
                         ByteView protected_bytes) {
  crypto::Hmac hmac(to_crypto(kIntegrityHash), proof(state, context.hierarchy).view());
  hmac.update(be_bytes(state.clock_nv->total_reset_count));
  if (context.saved_handle == kSavedStClearObject)
    hmac.update(be_bytes(state.clock_nv->clear_count));
  if (is_session_handle(context.saved_handle)) hmac.update(state.hierarchies->storage_proof.view());
  hmac.update(be_bytes(context.sequence)).update(be_bytes(context.saved_handle));
  return hmac.update(protected_bytes).finish();
}

// Part 1, equation 50: the key and the initial value, one after the other.
Secret protection_keys(const State& state, const wire::Context& context, ByteView salt) {
  Bytes handle_and_salt = to_bytes(be_bytes(context.saved_handle));
  append(handle_and_salt, salt);
  return crypto::kdfa(to_crypto(kIntegrityHash), proof(state, context.hierarchy).view(),
                      text_bytes("CONTEXT"), be_bytes(context.sequence), handle_and_salt,
                      kContextKeyBits + 8 * crypto::kCipherBlockSize);
}

struct Key {
  explicit Key(Secret secret) : bytes(std::move(secret)) {}
  ByteView key() const { return bytes.view().first(kContextKeyBits / 8); }
  ByteView iv() const { return bytes.view().subspan(kContextKeyBits / 8); }
  Secret bytes;
};

template <class Saved>
void protect(const State& state, wire::Context& context, const Saved& saved, const Ports& ports) {
  Bytes plain;
  plain.reserve(wire::ContextData::kCapacity);  // never moved: no copy stays behind
  Writer plain_out(plain);
  plain_out.put_be(context.sequence);
  wire::marshal(plain_out, saved);

  std::array<uint8_t, kSaltSize> salt;
  ports.random.fill(salt);
  Key key(protection_keys(state, context, salt));
  crypto::cfb_encrypt(crypto::Cipher::Aes, key.key(), key.iv(), plain);
  Bytes protected_bytes = to_bytes(salt);
  append(protected_bytes, plain);

  Bytes blob;
  Writer out(blob);
  wire::marshal(out, wire::Digest(integrity(state, context, protected_bytes)));
  out.put(protected_bytes);
  if (blob.size() > wire::ContextData::kCapacity) throw Fault("a context that is too large");
  context.blob = wire::ContextData(blob);
}

std::optional<Parts> take_apart(const wire::Context& context) {
  wire::Reader in(context.blob);
  Parts parts;
  if (!wire::unmarshal(in, parts.integrity)) return std::nullopt;
  parts.protected_bytes = in.rest();
  auto salt = in.take(kSaltSize);
  if (!salt) return std::nullopt;
  parts.salt = *salt;
  parts.encrypted = in.rest();
  return parts;
}

// What protect() was given, once the integrity is certain.
TpmResult<Secret> unprotect(const State& state, const wire::Context& context) {
  auto parts = take_apart(context);
  REQUIRE(parts, rc::Integrity);
  REQUIRE(constant_time_equal(parts->integrity, integrity(state, context, parts->protected_bytes)),
          rc::Integrity);
  Secret plain(parts->encrypted);
  Key key(protection_keys(state, context, parts->salt));
  crypto::cfb_decrypt(crypto::Cipher::Aes, key.key(), key.iv(), plain.bytes());
  Reader in(plain.view());
  auto sequence = in.take_be<uint64_t>();
  // Only somebody who can make integrity values without the keys gets here (27.3.1).
  if (!sequence || *sequence != context.sequence)
    throw Fault("a saved context with good integrity does not decrypt");
  return Secret(in.rest());
}

// A form that another version of this TPM has saved is refused like an altered one.
template <class Saved>
auto restore(const State& state, const wire::Context& context)
    -> TpmResult<typename decltype(from_saved(std::declval<Saved>()))::value_type> {
  Secret plain = TRY(unprotect(state, context));
  auto saved = wire::from_wire<Saved>(plain.view());
  REQUIRE(saved, rc::Integrity);
  auto restored = from_saved(*saved);
  REQUIRE(restored, rc::Integrity);
  return std::move(*restored);
}

TpmResult<void> check_outside(const State& state, const wire::Context& context) {
  if (is_session_handle(context.saved_handle))
    REQUIRE(session_slot(context.saved_handle) < kMaximumSessions, rc::Value);
  else
    REQUIRE(context.saved_handle >= kSavedObject && context.saved_handle <= kSavedStClearObject,
            rc::Value);
  namespace rh = wire::rh;
  REQUIRE(context.hierarchy == rh::Owner || context.hierarchy == rh::Endorsement ||
              context.hierarchy == rh::Platform || context.hierarchy == rh::Null,
          rc::Value);
  REQUIRE(hierarchy_enabled(state, context.hierarchy), rc::Hierarchy);
  // A number that was never given out (Part 2, 14.6.1).
  const SessionTable& counters = *state.sessions;
  REQUIRE(context.sequence <= (is_session_handle(context.saved_handle)
                                   ? counters.context_counter
                                   : counters.object_context_counter),
          rc::Value);
  return ok;
}

TpmResult<Handle> load_session(State& state, const wire::Context& context) {
  Session session = TRY(restore<SavedSession>(state, context));
  const SessionSlot& slot = state.sessions->slots[session_slot(context.saved_handle)];
  // A context comes back once, and only the newest of a session that has not ended (27.5).
  REQUIRE(!slot.loaded && slot.saved_context == context.sequence && slot.saved_context != 0,
          rc::Handle);
  state.sessions.write().slots[session_slot(context.saved_handle)] = {
      .loaded = std::make_shared<const Session>(std::move(session))};
  return context.saved_handle;
}

TpmResult<Handle> load_transient(State& state, const wire::Context& context) {
  TransientSlot slot;
  if (context.saved_handle == kSavedSequence)
    slot.sequence = std::make_shared<const Sequence>(TRY(restore<SavedSequence>(state, context)));
  else
    slot.object = std::make_shared<const Object>(TRY(restore<SavedLoadedObject>(state, context)));
  return add_transient(state, std::move(slot));
}

void save_session(State& state, const Entity& entity, wire::Context& context, const Ports& ports) {
  SessionTable& table = state.sessions.write();
  context.saved_handle = entity.handle;
  context.sequence = ++table.context_counter;
  protect(state, context, to_saved(*entity.session), ports);
  table.slots[session_slot(entity.handle)] = {.saved_context = context.sequence,
                                              .policy = entity.session->is_policy()};
}

}  // namespace

wire::Context save_context(State& state, const Entity& entity, const Ports& ports) {
  wire::Context context;
  if (entity.session) {
    save_session(state, entity, context, ports);
    return context;
  }
  context.sequence = ++state.sessions.write().object_context_counter;
  if (entity.sequence) {
    context.saved_handle = kSavedSequence;
    protect(state, context, to_saved(*entity.sequence), ports);
  } else {
    context.saved_handle = entity.object->st_clear ? kSavedStClearObject : kSavedObject;
    context.hierarchy = entity.object->hierarchy;
    protect(state, context, to_saved(*entity.object), ports);
  }
  return context;
}

TpmResult<Handle> load_context(State& state, const wire::Context& context) {
  TRY(check_outside(state, context));
  if (is_session_handle(context.saved_handle)) return load_session(state, context);
  REQUIRE(has_free_slot(state), rc::ObjectMemory);
  return load_transient(state, context);
}

}  // namespace vtpm::engine
