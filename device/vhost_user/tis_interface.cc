// SPDX-License-Identifier: Apache-2.0
#include "device/vhost_user/tis_interface.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace vtpm::device::vhost_user {
namespace {

static_assert(kLocalities == VUT_LOCALITIES && kPageSize == VUT_PAGE_SIZE);
static_assert(tis::kFifoSize == VUT_FIFO_SIZE);
static_assert(tis::kAccess == VUT_TIS_ACCESS && tis::kIntEnable == VUT_TIS_INT_ENABLE &&
              tis::kIntStatus == VUT_TIS_INT_STATUS && tis::kSts == VUT_TIS_STS &&
              tis::kHashEnd == VUT_TIS_HASH_END && tis::kDataFifo == VUT_TIS_DATA_FIFO &&
              tis::kHashStart == VUT_TIS_HASH_START && tis::kInterfaceId == VUT_TIS_INTERFACE_ID &&
              tis::kXDataFifo == VUT_TIS_XDATA_FIFO &&
              tis::kXDataFifoSize == VUT_TIS_XDATA_FIFO_SIZE);
static_assert(tis::access::kActiveLocality.mask() == VUT_TIS_ACCESS_ACTIVE_LOCALITY &&
              tis::sts::kDataAvail.mask() == VUT_TIS_STS_DATA_AVAIL &&
              tis::sts::kTpmGo.mask() == VUT_TIS_STS_TPM_GO &&
              tis::sts::kCommandCancel.mask() == VUT_TIS_STS_COMMAND_CANCEL &&
              tis::sts::kBurstCount.mask() == VUT_TIS_STS_BURST_MASK);

// TPM_RC_FAILURE without sessions (Part 2, 6.6.3).
constexpr std::array<uint8_t, tis::kFailureSize> kFailure = {0x80, 0x01, 0, 0, 0, 0x0A, 0, 0, 1, 1};

}  // namespace

TisInterface::TisInterface(SharedMemory& memory, InterfaceHost& host,
                           const RegisterOptions& options)
    : memory_(memory), host_(host), regs_(tis::power_on(options)) {
  publish_all();
}

bool TisInterface::write(const vut_entry& entry) {
  apply(step_of(entry), {});
  return true;
}

tis::Step TisInterface::step_of(const vut_entry& entry) const {
  if (entry.kind == VUT_ENTRY_WRITE)
    return tis::on(regs_, Access::write(entry.locality * VUT_PAGE_SIZE + entry.offset, entry.size,
                                        entry.value));
  const auto generation = static_cast<uint32_t>(entry.value >> 32);
  const auto position = static_cast<uint32_t>(entry.value);
  if (entry.offset == VUT_FIFO_RESPONSE) return tis::on(regs_, tis::FifoRead{generation, position});
  // The size decides how much is taken; the copy's own header decides whether that is a command.
  std::array<uint8_t, 4> size_field;
  std::memcpy(size_field.data(), command_bytes(6).data() + 2, size_field.size());
  return tis::on(regs_, tis::FifoWritten{generation, position, load_be<uint32_t>(size_field)});
}

void TisInterface::response(ByteView response) {
  apply(tis::on(regs_, ResponseReady{static_cast<uint32_t>(response.size())}), response);
}

void TisInterface::failed() {
  apply(tis::on(regs_, CommandFailed{}), {});
}

void TisInterface::reset(bool established) {
  const tis::Step step = tis::on(regs_, Reset{established});
  regs_ = step.regs;
  std::ranges::fill(command_bytes(tis::kFifoSize), uint8_t{0});
  std::ranges::fill(memory_.bytes(VUT_RESPONSE_OFFSET, tis::kFifoSize), uint8_t{0});
  publish_all();
  for (const tis::Effect& effect : step.effects) carry_out(effect);
}

void TisInterface::publish_all() {
  publish_fifo();
  for (uint8_t locality = 0; locality < VUT_LOCALITIES; ++locality)
    for (uint16_t offset = 0; offset < VUT_PAGE_SIZE; offset += 4)
      memory_.word(locality, offset)
          .store(tis::page_word(regs_, locality, offset), std::memory_order_seq_cst);
}

// The generation goes first: who sees a new limit must not meet it with an old position.
void TisInterface::publish_fifo() {
  vut_control& control = memory_.control();
  shared(control.fifo_generation).store(regs_.fifo.generation, std::memory_order_seq_cst);
  shared(control.fifo_write_limit).store(regs_.fifo.write_limit, std::memory_order_release);
  shared(control.fifo_read_limit).store(regs_.fifo.read_limit, std::memory_order_release);
}

void TisInterface::apply(const tis::Step& step, ByteView response) {
  const bool fifo_changed = !(step.regs.fifo == regs_.fifo);
  regs_ = step.regs;
  for (const tis::Effect& effect : step.effects) {
    const auto* deliver = std::get_if<tis::Deliver>(&effect);
    if (deliver == nullptr && !std::holds_alternative<tis::DeliverFailure>(effect)) continue;
    const ByteView bytes = deliver ? response.first(deliver->size) : ByteView(kFailure);
    std::ranges::copy(bytes, memory_.bytes(VUT_RESPONSE_OFFSET, bytes.size()).begin());
  }
  if (fifo_changed) publish_fifo();
  tis::for_each_page_word(step, [&](const PageWord& word) {
    memory_.word(word.locality, word.offset).store(word.value, std::memory_order_release);
  });
  for (const tis::Effect& effect : step.effects) carry_out(effect);
}

void TisInterface::carry_out(const tis::Effect& effect) {
  std::visit(
      [this](const auto& e) {
        using E = std::decay_t<decltype(e)>;
        if constexpr (std::is_same_v<E, tis::Submit>)
          submit(e);
        else if constexpr (!std::is_same_v<E, tis::Deliver> &&
                           !std::is_same_v<E, tis::DeliverFailure>)
          if (const auto established = carry_out_common(e, memory_, host_))
            apply(tis::on(regs_, Established{*established}), {});
      },
      effect);
}

void TisInterface::submit(const tis::Submit& submit) {
  host_.submit(submit.locality, command_bytes(submit.size));
}

MutableByteView TisInterface::command_bytes(size_t size) const {
  return memory_.bytes(VUT_COMMAND_OFFSET, size);
}

}  // namespace vtpm::device::vhost_user
