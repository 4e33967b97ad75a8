// SPDX-License-Identifier: Apache-2.0
// One command from its bytes to its response (Part 3, clause 5), for all commands alike.
#include <algorithm>
#include <new>

#include "engine/clock.h"
#include "engine/commands/table.h"
#include "engine/dictionary_attack.h"
#include "engine/engine.h"
#include "engine/fault.h"
#include "engine/pipeline/authorize.h"
#include "engine/pipeline/command_audit.h"
#include "engine/pipeline/response.h"
#include "engine/saved_state.h"
#include "engine/self_tests.h"

namespace vtpm::engine {
namespace {

using wire::CommandCode;
using wire::StructureTag;

struct Header {
  StructureTag tag{};
  const CommandRow* row = nullptr;
};

// Part 3, 5.2 and 5.3.
TpmResult<Header> check_header(const State& state, Reader& in, size_t maximum_size) {
  size_t received = in.remaining();
  auto tag = in.take_be<uint16_t>();
  if (!tag) return rc::CommandSize;
  Header header{.tag = static_cast<StructureTag>(*tag)};
  // Part 3, 6.1, of a TPM without TPM 1.2 compatibility.
  REQUIRE(header.tag == StructureTag::NoSessions || header.tag == StructureTag::Sessions, rc::Tag);
  auto size = in.take_be<uint32_t>();
  auto code = in.take_be<uint32_t>();
  REQUIRE(size && code && *size == received && received <= maximum_size, rc::CommandSize);
  header.row = find_command(static_cast<CommandCode>(*code));

  Mode mode = state.lifecycle->mode;
  if (mode == Mode::Failure) {
    bool answers = header.row && (header.row->code == CommandCode::GetTestResult ||
                                  header.row->code == CommandCode::GetCapability);
    REQUIRE(answers && header.tag == StructureTag::NoSessions, rc::Failure);
  }
  REQUIRE(header.row, rc::CommandCode);
  if (mode == Mode::Off || mode == Mode::Initialized)
    REQUIRE(mode == Mode::Initialized && header.row->code == CommandCode::Startup, rc::Initialize);
  else
    REQUIRE(header.row->code != CommandCode::Startup, rc::Initialize);
  return header;
}

// Part 3, 5.4.
TpmResult<std::vector<Entity>> resolve_handles(const State& state, const CommandRow& row,
                                               Reader& in) {
  std::vector<Entity> entities;
  entities.reserve(row.handle_count);
  for (unsigned i = 0; i < row.handle_count; ++i) {
    auto handle = in.take_be<uint32_t>();
    if (!handle) return rc::Insufficient.handle(i + 1);
    auto entity = row.handles[i].resolve(state, *handle);
    if (!entity) {
      if (entity.error() == rc::ReferenceH0) return rc::ReferenceH0.plus(i);
      return entity.error().handle(i + 1);
    }
    entities.push_back(std::move(*entity));
  }
  return entities;
}

// Sessions that are loaded do not outlive a restart, so they may come and go.
bool same_saved_contexts(const SessionTable& a, const SessionTable& b) {
  auto same = [](const SessionSlot& x, const SessionSlot& y) {
    return x.saved_context == y.saved_context;
  };
  return a.context_counter == b.context_counter &&
         a.object_context_counter == b.object_context_counter &&
         std::ranges::equal(a.slots, b.slots, same);
}

// What Shutdown(STATE) preserved no longer describes the TPM once another command changes it
// (Part 3, 9.4.1).
void void_shutdown(const State& before, State& after) {
  if (before.clock_nv->shutdown == ShutdownKind::None) return;
  bool unchanged = !durable_change(before, after) && after.pcrs.same_as(before.pcrs) &&
                   after.platform.same_as(before.platform) &&
                   after.commits.same_as(before.commits) &&
                   after.lifecycle->restart_needed == before.lifecycle->restart_needed &&
                   after.nv_memory.same_as(before.nv_memory) &&
                   same_saved_contexts(*after.sessions, *before.sessions);
  if (!unchanged) after.clock_nv.write().shutdown = ShutdownKind::None;
}

// A change of the audit's algorithm is evidence of itself, and a TPM that has failed audits nothing
// (Part 3, 21.1).
bool to_be_audited(const State& before, const State& after, wire::CommandCode code) {
  return before.lifecycle->mode != Mode::Failure && is_audited(*after.command_audit, code) &&
         before.command_audit->hash.value == after.command_audit->hash.value;
}

struct Command {
  Header header;
  Reader rest;  // behind the header
};

// Part 3, table 207.
bool permitted_when_read_only(const CommandRow& row, std::span<const Entity> entities) {
  using wire::NvBit;
  auto is_volatile = [](const NvIndex& index) {
    return index.has(NvBit::Orderly) && index.has(NvBit::ClearStClear);
  };
  const NvIndexPtr& first = entities.empty() ? nullptr : entities.front().nv_index;
  switch (row.read_only) {
    case ReadOnlyMode::Permitted:
      return true;
    case ReadOnlyMode::Refused:
      return false;
    case ReadOnlyMode::VolatileIndex:
      return is_volatile(*entities.back().nv_index);
    case ReadOnlyMode::NoPinIndex:
      return !first || !first->is_pin();
  }
  return false;
}

Context context_of(State& work, const Request& request, const Ports& ports) {
  return {.state = work,
          .ports = ports,
          .locality = request.locality,
          .maximum_size = request.maximum_size};
}

// What a command that succeeds makes of the state.
struct Completed {
  State state;
  Secret response;
};

// Runs the command on a copy of `base`, in which only what authorizations count is noted.
TpmResult<Completed> run_command(State& base, const Command& command, const Request& request,
                                 const Ports& ports) {
  const CommandRow& row = *command.header.row;
  Reader in = command.rest;
  std::vector<Entity> entities = TRY(resolve_handles(base, row, in));
  REQUIRE(!base.platform->read_only || permitted_when_read_only(row, entities), rc::ReadOnly);
  ReplyBuffer reply;

  if (command.header.tag == StructureTag::NoSessions) {
    REQUIRE(row.auth_count == 0, rc::AuthMissing);
    State work = base;
    Context context = context_of(work, request, ports);
    TRY(row.run(context, entities, in.rest(), reply));
    note_unaudited_command(work, row);
    if (to_be_audited(base, work, row.code))
      audit_command(work, row.code, {row.code, entities, in.rest()}, reply.parameters);
    return Completed{std::move(work), TRY(plain_response(reply, request.maximum_size))};
  }
  REQUIRE(row.sessions_allowed, rc::AuthContext);
  SessionArea area = TRY(unmarshal_session_area(in, base, row, entities));
  CommandHash command_hash(row.code, entities, in.rest());
  TRY(authorize(base, area,
                {.row = row,
                 .entities = entities,
                 .command_hash = command_hash,
                 .ports = ports,
                 .locality = request.locality,
                 .physical_presence = request.physical_presence}));
  State work = base;
  Context context = context_of(work, request, ports);
  if (area.decrypt) {
    Secret decrypted(in.rest());
    TRY(decrypt_parameter(area.sessions[*area.decrypt], decrypted.bytes()));
    TRY(row.run(context, entities, decrypted.view(), reply));
  } else {
    TRY(row.run(context, entities, in.rest(), reply));
  }
  Secret response =
      TRY(session_response(work, ports, row.code, area, command_hash, reply, request.maximum_size));
  if (to_be_audited(base, work, row.code))
    audit_command(work, row.code, command_hash, reply.parameters);
  return Completed{std::move(work), std::move(response)};
}

// The same with all that frames a command. Self tests that ran are noted in `base`, too.
TpmResult<Completed> run(State& base, const Request& request, const Ports& ports) {
  Reader in(request.command);
  Header header = TRY(check_header(base, in, request.maximum_size));
  if (base.lifecycle->mode == Mode::Started &&
      (header.row->needs_tests || header.tag == StructureTag::Sessions))
    TRY(run_self_tests(base, ports, all_tests()));
  Completed completed = TRY(run_command(base, {header, in}, request, ports));
  if (header.row->code != CommandCode::Shutdown) void_shutdown(base, completed.state);
  return completed;
}

// Within a command it is one time: clocks in an attestation agree (Part 3, 18.7.1).
class StoppedClock final : public Clock {
 public:
  explicit StoppedClock(Clock& clock) : now_(clock.milliseconds()) {}
  uint64_t milliseconds() override { return now_; }

 private:
  uint64_t now_;
};

State failed(const State& state, const std::string& why) {
  State broken = state;
  Lifecycle& lifecycle = broken.lifecycle.write();
  lifecycle.mode = Mode::Failure;
  lifecycle.fault = why;
  return broken;
}

}  // namespace

bool may_take_long(ByteView command) {
  if (command.size() < 10) return false;
  const CommandRow* row =
      find_command(static_cast<CommandCode>(load_be<uint32_t>(command.subspan(6))));
  return row && row->slow;
}

Outcome execute(const State& state, const Request& request, const Ports& outside) {
  if (state.lifecycle->hardware_sequence) {
    // A command abandons it (Part 1, 31.1).
    State abandoned = state;
    abandoned.lifecycle.write().hardware_sequence.reset();
    return execute(abandoned, request, outside);
  }
  StoppedClock clock(outside.clock);
  const Ports ports = outside.by(clock);
  State base = state;
  try {
    if (state.lifecycle->mode == Mode::Started) {
      update_clock(base, ports);
      self_heal(base, ports);
    }
    auto completed = run(base, request, ports);
    if (!completed) {
      bool durable = durable_change(state, base);
      return {.state = std::move(base),
              .response = error_response(completed.error()),
              .durable = durable};
    }
    bool durable = durable_change(state, completed->state);
    return {.state = std::move(completed->state),
            .response = std::move(completed->response),
            .durable = durable};
  } catch (const Fault& fault) {
    return {.state = failed(state, fault.what()), .response = error_response(rc::Failure)};
  } catch (const std::bad_alloc&) {
    return {.state = state, .response = error_response(rc::Memory)};
  }
}

}  // namespace vtpm::engine
