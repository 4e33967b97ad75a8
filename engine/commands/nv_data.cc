// SPDX-License-Identifier: Apache-2.0
// What indices hold, and its locks.
#include "engine/commands/nv.h"
#include "engine/crypto/hash.h"
#include "engine/nv/access.h"

namespace vtpm::engine {
namespace {

using wire::NvBit;
using wire::NvType;

// An index that the command may write; the type that it must have decides which command writes it.
TpmResult<const NvIndex*> writable(const State& state, const IndexWithAuthority& handles) {
  const NvIndex& index = index_at(state, *handles.index);
  TRY(check_write(index, *handles.authority));
  return &index;
}
TpmResult<const NvIndex*> writable(const State& state, const IndexWithAuthority& handles,
                                   NvType type) {
  const NvIndex* index = TRY(writable(state, handles));
  REQUIRE(index->type() == type, rc::Attributes.handle(2));
  return index;
}

void write(State& state, const NvIndex& index, SharedSecret data) {
  NvIndex updated = index;
  updated.data = std::move(data);
  updated.attributes.set(NvBit::Written);
  replace_index(state, std::move(updated));
}

// The data as it is, or as the first write finds it: zeros (Part 1, 34.2.6.2).
Secret present_data(const NvIndex& index) {
  return index.has(NvBit::Written) ? Secret(index.data.view()) : Secret(index.data_size);
}

}  // namespace

TpmResult<NvWrite::Reply> NvWrite::run(Context& context, const Authorized<NvWrite>& handles,
                                       const Params& params) {
  const NvIndex& index = *TRY(writable(context.state, *handles.operator->()));
  REQUIRE(index.type() == NvType::Ordinary || index.is_pin(), rc::Attributes.handle(2));
  ByteView data = params.data.view();
  REQUIRE(size_t{params.offset} + data.size() <= index.data_size, rc::NvRange);
  REQUIRE(!index.has(NvBit::WriteAll) || data.size() == index.data_size, rc::NvRange);
  Secret merged = present_data(index);
  std::ranges::copy(data, merged.bytes().subspan(params.offset).begin());
  write(context.state, index, SharedSecret(std::move(merged)));
  return Reply{};
}
VTPM_COMMAND(NvWrite);

TpmResult<NvIncrement::Reply> NvIncrement::run(Context& context,
                                               const Authorized<NvIncrement>& handles,
                                               const Params&) {
  State& state = context.state;
  const NvIndex& index = *TRY(writable(state, *handles.operator->(), NvType::Counter));
  // A counter that is deleted and defined again does not go back.
  uint64_t before = index.has(NvBit::Written) ? number(index) : state.nv->highest_deleted_count;
  write(state, index, number_as_data(before + 1));
  return Reply{};
}
VTPM_COMMAND(NvIncrement);

TpmResult<NvExtend::Reply> NvExtend::run(Context& context, const Authorized<NvExtend>& handles,
                                         const Params& params) {
  const NvIndex& index = *TRY(writable(context.state, *handles.operator->(), NvType::Extend));
  Secret before = present_data(index);
  auto digest = crypto::hash(to_crypto(index.name_hash), {before.view(), params.data.view()});
  write(context.state, index, SharedSecret(Secret(digest.view())));
  return Reply{};
}
VTPM_COMMAND(NvExtend);

TpmResult<NvSetBits::Reply> NvSetBits::run(Context& context, const Authorized<NvSetBits>& handles,
                                           const Params& params) {
  const NvIndex& index = *TRY(writable(context.state, *handles.operator->(), NvType::Bits));
  write(context.state, index, number_as_data(number(index) | params.bits.raw));
  return Reply{};
}
VTPM_COMMAND(NvSetBits);

TpmResult<NvRead::Reply> NvRead::run(Context& context, const Authorized<NvRead>& handles,
                                     const Params& params) {
  const NvIndex& index = index_at(context.state, *handles->index);
  TRY(check_read(index, *handles->authority));
  return Reply{.data = wire::MaxNvBuffer(TRY(part_of(index, params.offset, params.size)))};
}
VTPM_COMMAND(NvRead);

TpmResult<NvWriteLock::Reply> NvWriteLock::run(Context& context,
                                               const Authorized<NvWriteLock>& handles,
                                               const Params&) {
  const NvIndex& index = index_at(context.state, *handles->index);
  // Whoever asks: there is nothing to change (31.11.1).
  if (index.has(NvBit::WriteLocked)) return Reply{};
  TRY(check_write_authority(index, *handles->authority));
  REQUIRE(index.has(NvBit::WriteDefine) || index.has(NvBit::WriteStClear),
          rc::Attributes.handle(2));
  lock_writes(context.state, *handles->index);
  return Reply{};
}
VTPM_COMMAND(NvWriteLock);

TpmResult<NvGlobalWriteLock::Reply> NvGlobalWriteLock::run(Context& context,
                                                           const Authorized<NvGlobalWriteLock>&,
                                                           const Params&) {
  lock_writes_globally(context.state);
  return Reply{};
}
VTPM_COMMAND(NvGlobalWriteLock);

TpmResult<NvReadLock::Reply> NvReadLock::run(Context& context,
                                             const Authorized<NvReadLock>& handles, const Params&) {
  const NvIndex& index = index_at(context.state, *handles->index);
  if (index.has(NvBit::ReadLocked)) return Reply{};  // as above (31.14.1)
  TRY(check_read_authority(index, *handles->authority));
  REQUIRE(index.has(NvBit::ReadStClear), rc::Attributes.handle(2));
  lock_reads(context.state, *handles->index);
  return Reply{};
}
VTPM_COMMAND(NvReadLock);

}  // namespace vtpm::engine
