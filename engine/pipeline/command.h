// SPDX-License-Identifier: Apache-2.0
// A command of Part 3 is one struct, its schema:
//
//   struct PcrExtend {
//     static constexpr CommandInfo info{wire::CommandCode::PcrExtend, CommandFlag::Nv};
//     struct Handles { UserAuth<kind::PcrOrNull> pcr; };
//     struct Params { wire::DigestValues digests; };
//     struct Reply {};
//     static TpmResult<Reply> run(Context&, const Authorized<PcrExtend>&, const Params&);
//   };
//
// and one row of the table, derived from it by row_of<PcrExtend>(). Handle and parameter order are
// those of Part 3; a reply that begins with a ReplyHandle returns it in the handle area.
#pragma once

#include <array>
#include <span>
#include <type_traits>

#include "engine/pipeline/context.h"
#include "engine/pipeline/handle_kinds.h"
#include "engine/pipeline/secret_fields.h"
#include "engine/wire/command_code.h"
#include "engine/wire/types.h"

namespace vtpm::engine {

// TPMA_CC bits that a schema states (Part 2, 8.9); the others follow from it.
enum class CommandFlag : uint32_t {
  None = 0,
  Nv = 1u << 22,         // may write NV
  Extensive = 1u << 23,  // may flush many contexts
  Flushed = 1u << 24,    // flushes the context of its transient handle
  // Not in TPMA_CC:
  Slow = 1u << 27,          // generates keys or tests all algorithms (Part 2, 6.5.2)
  ProvesSecret = 1u << 28,  // the first handle's authValue must be part of the authorization
  Presence = 1u << 29,      // always needs physical presence
  BeforeTests = 1u << 30,   // nothing that it returns depends on an algorithm (Part 3, 10.1)
  NoSessions = 1u << 31,    // takes TPM_ST_NO_SESSIONS only
};
constexpr CommandFlag operator|(CommandFlag a, CommandFlag b) {
  return static_cast<CommandFlag>(static_cast<uint32_t>(a) | static_cast<uint32_t>(b));
}
constexpr bool has(CommandFlag set, CommandFlag flag) {
  return (static_cast<uint32_t>(set) & static_cast<uint32_t>(flag)) != 0;
}

// What a TPM in Read-Only mode makes of a command (Part 3, table 207).
enum class ReadOnlyMode : uint8_t {
  Permitted,
  Refused,
  // Of an NV Index, only one that is orderly and cleared by TPM2_Startup(CLEAR).
  VolatileIndex,
  // Not by an index that counts the uses of its PIN.
  NoPinIndex,
};

struct CommandInfo {
  wire::CommandCode code;
  CommandFlag flags = CommandFlag::None;
  ReadOnlyMode read_only = ReadOnlyMode::Permitted;
};

// Auth Role in the tables of Part 3.
enum class Role : uint8_t { None, User, Admin, Dup };

template <class K, Role kRole>
struct HandleField {
  using Kind = K;
  static constexpr Role role = kRole;
  typename K::View view{};

  const typename K::View* operator->() const { return &view; }
  const typename K::View& operator*() const { return view; }
};
template <class K>
using NoAuth = HandleField<K, Role::None>;
template <class K>
using UserAuth = HandleField<K, Role::User>;
template <class K>
using AdminAuth = HandleField<K, Role::Admin>;
template <class K>
using DupAuth = HandleField<K, Role::Dup>;

// First field of a Reply that goes into the response's handle area.
struct ReplyHandle {
  wire::Handle value = 0;
};

struct CommandRow;
template <class C>
constexpr CommandRow row_of();

// The resolved handles of a command whose authorizations have all been checked. Only the pipeline
// makes one, so that a body cannot be reached unauthorized.
template <class C>
class Authorized {
 public:
  const typename C::Handles* operator->() const { return &handles_; }

 private:
  template <class T>
  friend struct CommandGlue;
  explicit Authorized(typename C::Handles handles) : handles_(std::move(handles)) {}
  typename C::Handles handles_;
};

// What a command puts into its response, before sessions.
struct ReplyBuffer {
  std::optional<wire::Handle> handle;
  Bytes parameters;
};

inline constexpr size_t kMaximumHandles = 3;

struct HandleSpec {
  TpmResult<Entity> (*resolve)(const State&, wire::Handle) = nullptr;
  Role role = Role::None;
};

// One row of the command table.
struct CommandRow {
  wire::CommandCode code{};
  uint32_t attributes = 0;  // TPMA_CC
  bool sessions_allowed = true;
  bool slow = false;        // may run for a good part of a second or more
  bool needs_tests = true;  // the self tests must have passed before it runs
  bool returns_handle = false;
  bool decryptable = false;  // the first parameter is a TPM2B
  bool encryptable = false;  // the first response parameter is a TPM2B
  bool proves_secret = false;
  bool needs_presence = false;  // always, when the platform authorizes
  ReadOnlyMode read_only = ReadOnlyMode::Permitted;
  bool presence_possible = false;  // may be made to need it (TPM2_PP_Commands)
  uint8_t handle_count = 0;
  uint8_t auth_count = 0;
  std::array<HandleSpec, kMaximumHandles> handles{};
  TpmResult<void> (*run)(Context&, std::span<const Entity>, ByteView parameters,
                         ReplyBuffer&) = nullptr;
  // Of the parameters of the command and of the response.
  void (*mask_parameters)(MutableByteView) = nullptr;
  void (*mask_reply)(MutableByteView) = nullptr;
};

template <class C>
struct CommandGlue {
  using Handles = typename C::Handles;
  using Params = typename C::Params;
  using Reply = typename C::Reply;

  template <class Aggregate, size_t kIndex>
  using Field = std::remove_cvref_t<
      std::tuple_element_t<kIndex, decltype(wire::tie(std::declval<Aggregate&>()))>>;

  template <class Aggregate>
  static constexpr bool first_is_sized(size_t skip) {
    if constexpr (wire::kFieldCount<Aggregate> == 0) return false;
    if constexpr (wire::kFieldCount<Aggregate> >= 1)
      if (skip == 0) return wire::kIsSizedBuffer<Field<Aggregate, 0>>;
    if constexpr (wire::kFieldCount<Aggregate> >= 2)
      if (skip == 1) return wire::kIsSizedBuffer<Field<Aggregate, 1>>;
    return false;
  }

  static constexpr bool returns_handle() {
    if constexpr (wire::kFieldCount<Reply> == 0)
      return false;
    else
      return std::is_same_v<Field<Reply, 0>, ReplyHandle>;
  }

  template <size_t... kIndex>
  static constexpr auto handle_specs(std::index_sequence<kIndex...>) {
    return std::array<HandleSpec, kMaximumHandles>{
        HandleSpec{Field<Handles, kIndex>::Kind::resolve, Field<Handles, kIndex>::role}...};
  }

  template <size_t... kIndex>
  static constexpr bool platform_may_authorize(std::index_sequence<kIndex...>) {
    return (std::is_base_of_v<kind::WithPlatform, typename Field<Handles, kIndex>::Kind> || ...);
  }

  static TpmResult<Params> unmarshal_parameters(ByteView bytes, const Profile& profile) {
    wire::Reader in(bytes, profile);
    Params params{};
    unsigned number = 0;
    Rc error = rc::Success;
    wire::visit_fields(params, [&](auto& field) {
      ++number;
      auto done = wire::unmarshal(in, field);
      if (!done) error = done.error().parameter(number);
      return error == rc::Success;
    });
    if (error != rc::Success) return error;
    if (in.remaining() != 0) return rc::Size;
    return params;
  }

  static Handles typed_handles(std::span<const Entity> entities) {
    Handles handles{};
    size_t index = 0;
    wire::visit_fields(handles, [&](auto& field) {
      field.view = std::remove_reference_t<decltype(field)>::Kind::view(entities[index++]);
      return true;
    });
    return handles;
  }

  static TpmResult<void> run(Context& context, std::span<const Entity> entities,
                             ByteView parameters, ReplyBuffer& out) {
    Params params = TRY(unmarshal_parameters(parameters, *context.state.profile));
    Authorized<C> authorized(typed_handles(entities));
    Reply reply = TRY(C::run(context, authorized, params));
    Writer writer(out.parameters);
    wire::visit_fields(reply, [&](const auto& field) {
      if constexpr (std::is_same_v<std::remove_cvref_t<decltype(field)>, ReplyHandle>)
        out.handle = field.value;
      else
        wire::marshal(writer, field);
      return true;
    });
    return ok;
  }
};

template <class C>
constexpr CommandRow row_of() {
  using Glue = CommandGlue<C>;
  constexpr size_t kHandles = wire::kFieldCount<typename C::Handles>;
  static_assert(kHandles <= kMaximumHandles);
  CommandRow row;
  row.code = C::info.code;
  row.handles = Glue::handle_specs(std::make_index_sequence<kHandles>());
  row.handle_count = kHandles;
  for (const auto& spec : row.handles)
    if (spec.role != Role::None) ++row.auth_count;
  row.returns_handle = Glue::returns_handle();
  row.attributes = (static_cast<uint32_t>(row.code) & 0xFFFF) |
                   (static_cast<uint32_t>(C::info.flags) & 0x01C00000) | uint32_t{kHandles} << 25 |
                   (row.returns_handle ? 1u << 28 : 0);
  row.sessions_allowed = !has(C::info.flags, CommandFlag::NoSessions);
  row.slow = has(C::info.flags, CommandFlag::Slow);
  row.needs_tests = !has(C::info.flags, CommandFlag::BeforeTests);
  row.decryptable = Glue::template first_is_sized<typename C::Params>(0);
  row.encryptable = Glue::template first_is_sized<typename C::Reply>(row.returns_handle ? 1 : 0);
  row.proves_secret = has(C::info.flags, CommandFlag::ProvesSecret);
  row.read_only = C::info.read_only;
  row.needs_presence = has(C::info.flags, CommandFlag::Presence);
  row.presence_possible = Glue::platform_may_authorize(std::make_index_sequence<kHandles>());
  row.run = &Glue::run;
  row.mask_parameters = &mask_secrets<typename C::Params, void>;
  row.mask_reply = &mask_secrets<typename C::Reply, ReplyHandle>;
  return row;
}

// Defined once for each command, beside its body: `VTPM_COMMAND(PcrExtend);`. The schema's
// templates are compiled there and nowhere else.
template <class C>
const CommandRow& command_row();

#define VTPM_COMMAND(Command)                            \
  template <>                                            \
  const CommandRow& command_row<Command>() {             \
    static constexpr CommandRow row = row_of<Command>(); \
    return row;                                          \
  }                                                      \
  static_assert(true)

}  // namespace vtpm::engine
