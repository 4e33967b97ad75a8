// SPDX-License-Identifier: Apache-2.0
#include "engine/masking.h"

#include "base/secret.h"
#include "engine/commands/table.h"
#include "engine/wire/structures.h"

namespace vtpm::engine {
namespace {

using wire::StructureTag;

// Walks over the bytes that it was given, and can mask what it has passed.
class Walker {
 public:
  explicit Walker(MutableByteView bytes) : bytes_(bytes), in_(bytes) {}

  wire::Reader& in() { return in_; }
  size_t position() const { return bytes_.size() - in_.remaining(); }
  MutableByteView rest() const { return bytes_.subspan(position()); }
  void mask_since(size_t start) { wipe(bytes_.subspan(start, position() - start)); }

 private:
  MutableByteView bytes_;
  wire::Reader in_;
};

// Of the command that these bytes are, if the TPM has it.
const CommandRow* row_of(ByteView command) {
  constexpr size_t kCode = 6;
  if (command.size() < kCode + sizeof(uint32_t)) return nullptr;
  return find_command(static_cast<wire::CommandCode>(load_be<uint32_t>(command.subspan(kCode))));
}

// The passwords in the authorization area, whose size comes first; false where it cannot be read.
bool mask_passwords(Walker& walker) {
  auto size = walker.in().take_be<uint32_t>();
  if (!size || *size > walker.in().remaining()) return false;
  const size_t end = walker.position() + *size;
  while (walker.position() < end) {
    wire::Handle session = 0;
    wire::Nonce nonce;
    uint8_t attributes = 0;
    if (!wire::unmarshal(walker.in(), session) || !wire::unmarshal(walker.in(), nonce) ||
        !wire::unmarshal(walker.in(), attributes))
      return false;
    const size_t value = walker.position() + sizeof(uint16_t);
    wire::Auth hmac;
    if (!wire::unmarshal(walker.in(), hmac)) return false;
    if (session == wire::rh::Password) walker.mask_since(value);
  }
  return walker.position() == end;
}

}  // namespace

void mask_command(MutableByteView command) {
  Walker walker(command);
  wire::Reader& in = walker.in();
  const CommandRow* row = row_of(command);
  auto tag = in.take_be<uint16_t>();
  if (!tag || !in.take(2 * sizeof(uint32_t))) return;
  // Of a command that this TPM does not have nothing is known; there may be a password in it.
  bool readable =
      row && in.take(sizeof(wire::Handle) * row->handle_count) &&
      (tag == static_cast<uint16_t>(StructureTag::NoSessions) || mask_passwords(walker));
  if (readable)
    row->mask_parameters(walker.rest());
  else
    wipe(walker.rest());
}

void mask_response(ByteView command, MutableByteView response) {
  const CommandRow* row = row_of(command);
  Reader in(response);
  auto tag = in.take_be<uint16_t>();
  auto size = in.take_be<uint32_t>();
  auto result = in.take_be<uint32_t>();
  if (!row || !tag || !size || result != 0u) return;
  if (row->returns_handle && !in.take(sizeof(wire::Handle))) return;
  bool sessions = *tag == static_cast<uint16_t>(StructureTag::Sessions);
  if (sessions && !in.take(sizeof(uint32_t))) return;
  row->mask_reply(response.last(in.remaining()));
}

}  // namespace vtpm::engine
