// SPDX-License-Identifier: Apache-2.0
#include "engine/saved_contexts.h"

namespace vtpm::engine {
namespace {

using StateBytes = wire::SecretBuffer<1024>;

// Lambdas that a std::variant's visit chooses from.
template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

using Kind = SavedSequenceKind;
using Purpose = SignatureSequence::Purpose;

Kind kind_of(const SignatureSequence& sequence) {
  bool sign = sequence.purpose == Purpose::Sign;
  return std::visit(
      Overloaded{
          [&](const crypto::Hasher&) { return sign ? Kind::SignHash : Kind::VerifyHash; },
          [&](const crypto::Hmac&) { return sign ? Kind::SignHmac : Kind::VerifyHmac; },
          [&](const crypto::MlDsaMessage&) { return sign ? Kind::SignMlDsa : Kind::VerifyMlDsa; }},
      sequence.message);
}
constexpr bool is_signature(Kind kind) {
  return (kind >= Kind::SignHash && kind <= Kind::VerifyHmac) || kind == Kind::SignMlDsa ||
         kind == Kind::VerifyMlDsa;
}

template <class Running>
std::optional<Running> import_one(const StateBytes& state) {
  return Running::import_state(state.view());
}

std::optional<EventSequence> import_event(const SavedSequence& saved) {
  EventSequence sequence;
  if (saved.states.items.size() != kPcrBanks.size()) return std::nullopt;
  for (size_t i = 0; i < kPcrBanks.size(); ++i) {
    auto hasher = import_one<crypto::Hasher>(saved.states.items[i]);
    if (!hasher || hasher->alg() != to_crypto(kPcrBanks[i])) return std::nullopt;
    sequence.hashers.push_back(*hasher);
  }
  return sequence;
}

template <class Running>
std::optional<SignatureSequence> import_signature(const SavedSequence& saved, Purpose purpose) {
  auto message = import_one<Running>(saved.states.items.front());
  if (!message) return std::nullopt;
  SignatureSequence sequence{.purpose = purpose,
                             .key = *crypto::Digest::from(saved.key.view()),
                             .message = *message,
                             .count = saved.count,
                             .safe = *saved.ticket_safe != 0,
                             .empty = *saved.empty != 0};
  if (saved.states.items.size() == 1) return sequence;
  sequence.evidence = import_one<crypto::Hmac>(saved.states.items.back());
  if (!sequence.evidence || purpose != Purpose::Verify) return std::nullopt;
  return sequence;
}

std::optional<SignatureSequence> import_signature(const SavedSequence& saved) {
  switch (saved.kind) {
    case Kind::SignHash:
      return import_signature<crypto::Hasher>(saved, Purpose::Sign);
    case Kind::SignHmac:
      return import_signature<crypto::Hmac>(saved, Purpose::Sign);
    case Kind::VerifyHash:
      return import_signature<crypto::Hasher>(saved, Purpose::Verify);
    case Kind::VerifyHmac:
      return import_signature<crypto::Hmac>(saved, Purpose::Verify);
    case Kind::SignMlDsa:
      return import_signature<crypto::MlDsaMessage>(saved, Purpose::Sign);
    case Kind::VerifyMlDsa:
      return import_signature<crypto::MlDsaMessage>(saved, Purpose::Verify);
    default:
      return std::nullopt;
  }
}

std::optional<PolicyState> from_saved(const SavedPolicy& saved) {
  using To = PolicyBinding::To;
  if (saved.binding.to > static_cast<uint8_t>(To::Parameters)) return std::nullopt;
  if ((saved.conditions & ~(kSavedPresence | kSavedChannel)) != 0) return std::nullopt;
  const auto& written = saved.nv_written.value;
  return PolicyState{
      .digest = saved.digest,
      .binding = {.to = static_cast<To>(saved.binding.to), .hash = saved.binding.hash},
      .command = saved.command.value,
      .locality = saved.locality.value,
      .pcr_update_counter = saved.pcr_update_counter.value,
      .timeout = saved.timeout.value,
      .auth_value_needed = *saved.auth_value_needed != 0,
      .password_needed = *saved.password_needed != 0,
      .presence_needed = (saved.conditions & kSavedPresence) != 0,
      .channel_needed = (saved.conditions & kSavedChannel) != 0,
      .nv_written = written ? std::optional(**written != 0) : std::nullopt};
}

SavedPolicy to_saved(const PolicyState& policy) {
  SavedPolicy saved{
      .digest = policy.digest,
      .binding = {.to = static_cast<uint8_t>(policy.binding.to), .hash = policy.binding.hash},
      .command = {policy.command},
      .locality = {policy.locality},
      .pcr_update_counter = {policy.pcr_update_counter},
      .timeout = {policy.timeout},
      .auth_value_needed = policy.auth_value_needed,
      .password_needed = policy.password_needed,
      .conditions = static_cast<uint8_t>((policy.presence_needed ? kSavedPresence : 0) |
                                         (policy.channel_needed ? kSavedChannel : 0))};
  if (policy.nv_written) saved.nv_written.value = *policy.nv_written;
  return saved;
}

}  // namespace

SavedLoadedObject to_saved(const Object& object) {
  return {.hierarchy = object.hierarchy,
          .primary = object.primary,
          .external = object.external,
          .st_clear = object.st_clear,
          .pub = object.pub,
          .qualified_name = object.qualified_name,
          .sensitive = {object.sensitive}};
}

std::optional<Object> from_saved(const SavedLoadedObject& saved) {
  Object object{.pub = saved.pub,
                .qualified_name = saved.qualified_name,
                .sensitive = saved.sensitive.value,
                .hierarchy = saved.hierarchy,
                .primary = *saved.primary != 0,
                .external = *saved.external != 0,
                .st_clear = *saved.st_clear != 0};
  if (object.sensitive && *object.sensitive->type != object.type()) return std::nullopt;
  bool in_hierarchy = object.hierarchy == wire::rh::Owner ||
                      object.hierarchy == wire::rh::Endorsement ||
                      object.hierarchy == wire::rh::Platform || object.hierarchy == wire::rh::Null;
  if (!in_hierarchy) return std::nullopt;
  if (!try_prepare(object)) return std::nullopt;
  return object;
}

SavedSequence to_saved(const Sequence& sequence) {
  SavedSequence saved{.auth = sequence.auth};
  auto add = [&](const auto& running) {
    saved.states.items.push_back(StateBytes(SharedSecret(running.export_state())));
  };
  std::visit(Overloaded{[&](const HashSequence& hash) {
                          saved.kind = SavedSequenceKind::Hash;
                          saved.ticket_safe = hash.ticket_safe;
                          saved.empty = hash.empty;
                          add(hash.hasher);
                        },
                        [&](const HmacSequence& hmac) {
                          saved.kind = SavedSequenceKind::Hmac;
                          add(hmac.hmac);
                        },
                        [&](const CmacSequence& cmac) {
                          saved.kind = SavedSequenceKind::Cmac;
                          add(cmac.cmac);
                        },
                        [&](const EventSequence& event) {
                          saved.kind = SavedSequenceKind::Event;
                          for (const auto& hasher : event.hashers) add(hasher);
                        },
                        [&](const SignatureSequence& signature) {
                          saved.kind = kind_of(signature);
                          saved.ticket_safe = signature.safe;
                          saved.empty = signature.empty;
                          saved.key = wire::Digest(signature.key);
                          saved.count = signature.count;
                          std::visit(add, signature.message);
                          if (signature.evidence) add(*signature.evidence);
                        }},
             sequence.running);
  return saved;
}

std::optional<Sequence> from_saved(const SavedSequence& saved) {
  auto sequence = [&](auto running) -> std::optional<Sequence> {
    if (!running) return std::nullopt;
    return Sequence{.auth = saved.auth, .running = std::move(*running)};
  };
  if (saved.kind == Kind::Event) return sequence(import_event(saved));
  if (is_signature(saved.kind) &&
      (saved.states.items.size() == 1 || saved.states.items.size() == 2))
    return sequence(import_signature(saved));
  if (saved.states.items.size() != 1) return std::nullopt;
  const StateBytes& state = saved.states.items.front();
  if (saved.kind == Kind::Hmac) {
    auto hmac = import_one<crypto::Hmac>(state);
    if (!hmac) return std::nullopt;
    return Sequence{.auth = saved.auth, .running = HmacSequence{*hmac}};
  }
  if (saved.kind == Kind::Cmac) {
    auto cmac = import_one<crypto::Cmac>(state);
    if (!cmac) return std::nullopt;
    return Sequence{.auth = saved.auth, .running = CmacSequence{*cmac}};
  }
  if (saved.kind != Kind::Hash) return std::nullopt;
  auto hasher = import_one<crypto::Hasher>(state);
  if (!hasher) return std::nullopt;
  return Sequence{
      .auth = saved.auth,
      .running = HashSequence{
          .hasher = *hasher, .ticket_safe = *saved.ticket_safe != 0, .empty = *saved.empty != 0}};
}

SavedSession to_saved(const Session& session) {
  return {.type = session.type,
          .hash = session.hash,
          .symmetric = session.symmetric,
          .key = wire::Auth(session.key),
          .nonce_tpm = session.nonce_tpm,
          .binding = {.name = session.bound_name,
                      .auth = wire::Auth(session.bound_auth),
                      .bound = session.is_bound,
                      .to_protected = session.bound_to_protected,
                      .to_lockout = session.bound_to_lockout},
          .start_time = session.start_time,
          .time_epoch = session.time_epoch,
          .audit = {session.audit},
          .policy = to_saved(session.policy)};
}

std::optional<Session> from_saved(const SavedSession& saved) {
  using wire::SessionType;
  if (saved.type != SessionType::Hmac && saved.type != SessionType::Policy &&
      saved.type != SessionType::Trial)
    return std::nullopt;
  auto policy = from_saved(saved.policy);
  if (!policy) return std::nullopt;
  return Session{.type = saved.type,
                 .hash = saved.hash,
                 .symmetric = saved.symmetric,
                 .key = saved.key.secret(),
                 .nonce_tpm = saved.nonce_tpm,
                 .bound_name = saved.binding.name,
                 .bound_auth = saved.binding.auth.secret(),
                 .is_bound = *saved.binding.bound != 0,
                 .bound_to_protected = *saved.binding.to_protected != 0,
                 .bound_to_lockout = *saved.binding.to_lockout != 0,
                 .start_time = saved.start_time,
                 .time_epoch = saved.time_epoch,
                 .audit = saved.audit.value,
                 .policy = *policy};
}

}  // namespace vtpm::engine
