// SPDX-License-Identifier: Apache-2.0
#include "engine/nv/access.h"

namespace vtpm::engine {
namespace {

using wire::CommandCode;
using wire::NvBit;
using wire::NvType;

enum class Use : uint8_t { Read, ReadLock, Write, Secret };

// What a command that an index may authorize does with it.
Use use_of(CommandCode code) {
  switch (code) {
    case CommandCode::NvWrite:
    case CommandCode::NvIncrement:
    case CommandCode::NvExtend:
    case CommandCode::NvSetBits:
    case CommandCode::NvWriteLock:
      return Use::Write;
    case CommandCode::NvReadLock:
      return Use::ReadLock;
    case CommandCode::PolicySecret:
      return Use::Secret;
    default:
      return Use::Read;
  }
}

// The attributes that let platform and owner do it; the index itself was asked when its
// authorization was checked.
TpmResult<void> check_authority(const NvIndex& index, wire::Handle authority, NvBit by_platform,
                                NvBit by_owner) {
  bool allowed = authority == wire::rh::Platform ? index.has(by_platform)
                 : authority == wire::rh::Owner  ? index.has(by_owner)
                                                 : authority == index.handle;
  REQUIRE(allowed, rc::NvAuthorization);
  return ok;
}

bool may_authorize(const NvIndex& index, Use use, bool policy) {
  switch (use) {
    case Use::Write:
      return index.has(policy ? NvBit::PolicyWrite : NvBit::AuthWrite);
    case Use::Secret:
      // It is the authValue that is proven, by whichever session. A PIN need not let its holder
      // read, and so reset, the count (23.4.1).
      return index.is_pin() || index.has(NvBit::AuthRead);
    case Use::Read:
    case Use::ReadLock:
      break;
  }
  return index.has(policy ? NvBit::PolicyRead : NvBit::AuthRead);
}

}  // namespace

TpmResult<void> check_index_role(const NvIndex& index, CommandCode code, bool policy) {
  REQUIRE(may_authorize(index, use_of(code), policy), rc::AuthUnavailable);
  return ok;
}

TpmResult<void> check_written_before_read(const NvIndex& index, CommandCode code) {
  if (use_of(code) == Use::Read) REQUIRE(index.has(NvBit::Written), rc::NvUninitialized);
  return ok;
}

TpmResult<void> check_read_authority(const NvIndex& index, wire::Handle authority) {
  return check_authority(index, authority, NvBit::PpRead, NvBit::OwnerRead);
}

TpmResult<void> check_write_authority(const NvIndex& index, wire::Handle authority) {
  return check_authority(index, authority, NvBit::PpWrite, NvBit::OwnerWrite);
}

// Locks are looked at after the authorization sessions (31.7.1 and 31.13.1), but are a matter of
// the handle (5.4) and so come before what is inside.
TpmResult<void> check_read(const NvIndex& index, wire::Handle authority) {
  TRY(check_read_authority(index, authority));
  REQUIRE(!index.has(NvBit::ReadLocked), rc::NvLocked);
  REQUIRE(index.has(NvBit::Written), rc::NvUninitialized);
  return ok;
}

TpmResult<void> check_write(const NvIndex& index, wire::Handle authority) {
  TRY(check_write_authority(index, authority));
  REQUIRE(!index.has(NvBit::WriteLocked), rc::NvLocked);
  return ok;
}

TpmResult<ByteView> part_of(const NvIndex& index, size_t offset, size_t size) {
  REQUIRE(offset + size <= index.data.size(), rc::NvRange);
  return index.data.view().subspan(offset, size);
}

bool auth_value_available(const NvIndex& index) {
  if (!index.is_pin()) return true;
  wire::NvPinCounter pin = pin_counter(index);
  return index.has(NvBit::Written) && pin.count < pin.limit;
}

void count_pin(State& state, wire::Handle handle, bool success) {
  const NvIndex& index = index_at(state, handle);
  if (!index.is_pin() || !index.has(NvBit::Written)) return;
  wire::NvPinCounter pin = pin_counter(index);
  // What is counted: failures, up to a success, or successes.
  uint32_t count = (index.type() == NvType::PinPass) == success ? pin.count + 1
                   : success                                    ? 0
                                                                : pin.count;
  if (count == pin.count) return;
  NvIndex updated = index;
  updated.data = number_as_data(uint64_t{count} << 32 | pin.limit);
  replace_index(state, std::move(updated));
  // Else a TPM Resume would bring back the count of a hybrid index.
  if (state.clock_nv->shutdown != ShutdownKind::None)
    state.clock_nv.write().shutdown = ShutdownKind::None;
}

}  // namespace vtpm::engine
