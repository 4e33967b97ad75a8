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

PolicyState from_saved(const SavedPolicy& saved) {
  return {.digest = saved.digest,
          .cp_hash = saved.cp_hash,
          .name_hash = saved.name_hash,
          .command = saved.command.value,
          .locality = saved.locality.value,
          .pcr_update_counter = saved.pcr_update_counter.value,
          .timeout = saved.timeout.value,
          .auth_value_needed = *saved.auth_value_needed != 0,
          .password_needed = *saved.password_needed != 0};
}

SavedPolicy to_saved(const PolicyState& policy) {
  return {.digest = policy.digest,
          .cp_hash = policy.cp_hash,
          .name_hash = policy.name_hash,
          .command = {policy.command},
          .locality = {policy.locality},
          .pcr_update_counter = {policy.pcr_update_counter},
          .timeout = {policy.timeout},
          .auth_value_needed = policy.auth_value_needed,
          .password_needed = policy.password_needed};
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
                        }},
             sequence.running);
  return saved;
}

std::optional<Sequence> from_saved(const SavedSequence& saved) {
  if (saved.kind == SavedSequenceKind::Event) {
    auto event = import_event(saved);
    if (!event) return std::nullopt;
    return Sequence{.auth = saved.auth, .running = std::move(*event)};
  }
  if (saved.states.items.size() != 1) return std::nullopt;
  const StateBytes& state = saved.states.items.front();
  if (saved.kind == SavedSequenceKind::Hash) {
    auto hasher = import_one<crypto::Hasher>(state);
    if (!hasher) return std::nullopt;
    return Sequence{
        .auth = saved.auth,
        .running = HashSequence{
            .hasher = *hasher, .ticket_safe = *saved.ticket_safe != 0, .empty = *saved.empty != 0}};
  }
  if (saved.kind == SavedSequenceKind::Cmac) {
    auto cmac = import_one<crypto::Cmac>(state);
    if (!cmac) return std::nullopt;
    return Sequence{.auth = saved.auth, .running = CmacSequence{*cmac}};
  }
  if (saved.kind != SavedSequenceKind::Hmac) return std::nullopt;
  auto hmac = import_one<crypto::Hmac>(state);
  if (!hmac) return std::nullopt;
  return Sequence{.auth = saved.auth, .running = HmacSequence{*hmac}};
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
                 .policy = from_saved(saved.policy)};
}

}  // namespace vtpm::engine
