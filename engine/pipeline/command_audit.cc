// SPDX-License-Identifier: Apache-2.0
#include "engine/pipeline/command_audit.h"

namespace vtpm::engine {
namespace {

constexpr wire::CommandCode kAlwaysAudited = wire::CommandCode::SetCommandCodeAuditStatus;

}  // namespace

bool is_audited(const CommandAudit& audit, wire::CommandCode code) {
  return code == kAlwaysAudited || audit.audited.contains(code);
}

std::set<wire::CommandCode> audited_commands(const CommandAudit& audit) {
  std::set<wire::CommandCode> commands = audit.audited;
  commands.insert(kAlwaysAudited);
  return commands;
}

void audit_command(State& state, wire::CommandCode code, const CommandHash& command_hash,
                   ByteView parameters) {
  CommandAudit& audit = state.command_audit.write();
  if (audit.digest.empty()) {
    ++audit.counter;
    audit.digest = wire::Digest(crypto::Digest(digest_size(audit.hash)).view());
  }
  audit.digest = wire::Digest(crypto::hash(
      to_crypto(audit.hash),
      {audit.digest, command_hash.of(audit.hash), response_hash(audit.hash, code, parameters)}));
}

wire::Digest audited_commands_digest(const CommandAudit& audit) {
  crypto::Hasher hasher(to_crypto(audit.hash));
  for (wire::CommandCode code : audited_commands(audit)) hasher.update(wire::to_wire(code));
  return wire::Digest(hasher.finish());
}

}  // namespace vtpm::engine
