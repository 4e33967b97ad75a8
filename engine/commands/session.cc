// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/session.h"

#include "engine/clock.h"
#include "engine/crypto/kdf.h"
#include "engine/crypto/random.h"
#include "engine/object/secret_exchange.h"

namespace vtpm::engine {
namespace {

using wire::AlgId;
using wire::ObjectBit;

constexpr size_t kMinimumNonceSize = 16;

TpmResult<void> check_parameters(const StartAuthSession::Params& params) {
  size_t nonce_size = params.nonce_caller.size();
  REQUIRE(nonce_size >= kMinimumNonceSize && nonce_size <= digest_size(params.auth_hash),
          rc::Size.parameter(1));
  auto cipher = params.symmetric.block_cipher();
  REQUIRE(!cipher || cipher->mode == AlgId::Cfb, rc::Mode.parameter(4));
  return ok;
}

// The salt that the caller encrypted to tpmKey; empty without one.
TpmResult<Secret> recover_salt(const ObjectRef& key, const wire::EncryptedSecret& encrypted,
                               const Ports& ports) {
  if (!key) {
    REQUIRE(encrypted.empty(), rc::Value.parameter(2));
    return Secret();
  }
  REQUIRE(key->type() == AlgId::Rsa || key->type() == AlgId::Ecc || key->type() == AlgId::MlKem,
          rc::Key.handle(1));
  REQUIRE(key->sensitive, rc::Handle.handle(1));
  REQUIRE(key->has(ObjectBit::Decrypt), rc::Attributes.handle(1));
  // Without a nameAlg there is no salt that its digest would have room for.
  REQUIRE(key->pub.name_hash != AlgId::Null, rc::Value.parameter(2));
  if (const auto* rsa = key->pub.parameters.get<wire::RsaParameters>())
    REQUIRE(rsa->scheme.scheme == AlgId::Oaep || rsa->scheme.scheme == AlgId::Null,
            rc::Value.handle(1));
  auto salt = decrypt_secret(*key, kSaltLabel, encrypted, ports);
  // The same code for a point off the curve as for any other salt that is none (11.1.1).
  if (!salt) return rc::Value.parameter(2);
  return salt;
}

// Ties the session to the entity as it is now and returns its part of the session key.
TpmResult<SharedSecret> bind_session(const State& state, const Entity& entity, Session& session) {
  if (entity.handle == wire::rh::Null) return SharedSecret();
  AuthorizationRules rules = authorization_rules(state, entity);
  REQUIRE(rules.sensitive_present, rc::Handle.handle(2));
  // Failures in a session that is bound to a PIN index would not be counted (Part 1, 34.2.8.3).
  REQUIRE(!entity.nv_index || !entity.nv_index->is_pin(), rc::Handle.handle(2));
  session.bound_to_protected = rules.dictionary_attack_protected;
  session.bound_to_lockout = entity.handle == wire::rh::Lockout;
  // A policy session is not bound, though its key contains the authValue (11.1.1).
  if (!session.is_policy()) {
    session.is_bound = true;
    session.bound_name = entity_name(entity);
    session.bound_auth = rules.auth_value;
  }
  return rules.auth_value;
}

Secret session_key(AlgId hash, ByteView bind_auth, ByteView salt, ByteView nonce_tpm,
                   ByteView nonce_caller) {
  Secret key(bind_auth.size() + salt.size());
  std::ranges::copy(bind_auth, key.bytes().begin());
  std::ranges::copy(salt, key.bytes().subspan(bind_auth.size()).begin());
  return crypto::kdfa(to_crypto(hash), key.view(), text_bytes("ATH"), nonce_tpm, nonce_caller,
                      static_cast<uint32_t>(8 * digest_size(hash)));
}

}  // namespace

TpmResult<StartAuthSession::Reply> StartAuthSession::run(
    Context& context, const Authorized<StartAuthSession>& handles, const Params& params) {
  TRY(check_parameters(params));
  SessionTable& table = context.state.sessions.write();
  auto slot = std::ranges::find_if(table.slots, [](const auto& each) { return !each.active(); });
  REQUIRE(slot != table.slots.end(), rc::SessionHandles);

  Session session{
      .type = params.session_type, .hash = params.auth_hash, .symmetric = params.symmetric};
  stamp(session, context.state, context.ports);
  const Entity& bind = *handles->bind;
  Secret salt = TRY(recover_salt(*handles->tpm_key, params.encrypted_salt, context.ports));
  SharedSecret bind_auth = TRY(bind_session(context.state, bind, session));

  std::array<uint8_t, kMaximumDigestSize> nonce;
  auto fresh = MutableByteView(nonce).first(params.nonce_caller.size());
  context.ports.random.fill(fresh);
  session.nonce_tpm = wire::Nonce(fresh);
  if (*handles->tpm_key || bind.handle != wire::rh::Null)
    session.key = SharedSecret(session_key(params.auth_hash, bind_auth.view(), salt.view(),
                                           session.nonce_tpm, params.nonce_caller));
  reset_policy(session);

  bool policy = session.is_policy();
  Reply reply{.nonce_tpm = session.nonce_tpm};
  slot->loaded = std::make_shared<const Session>(std::move(session));
  reply.session_handle.value =
      session_handle(static_cast<size_t>(slot - table.slots.begin()), policy);
  return reply;
}
VTPM_COMMAND(StartAuthSession);

TpmResult<PolicyRestart::Reply> PolicyRestart::run(Context& context,
                                                   const Authorized<PolicyRestart>& handles,
                                                   const Params&) {
  update_session(context.state, handles->session->handle, reset_policy);
  return Reply{};
}
VTPM_COMMAND(PolicyRestart);

}  // namespace vtpm::engine
