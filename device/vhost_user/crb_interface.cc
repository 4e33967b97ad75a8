// SPDX-License-Identifier: Apache-2.0
#include "device/vhost_user/crb_interface.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "device/tpm_service.h"

namespace vtpm::device::vhost_user {

constexpr size_t kCommandHeader = 10;  // tag, size, code (Part 1, 18.2)

static_assert(kLocalities == VUT_LOCALITIES && kPageSize == VUT_PAGE_SIZE);
static_assert(crb::kLocCtrl == VUT_CRB_LOC_CTRL && crb::kCtrlReq == VUT_CRB_CTRL_REQ &&
              crb::kCtrlCancel == VUT_CRB_CTRL_CANCEL && crb::kCtrlStart == VUT_CRB_CTRL_START &&
              crb::kHashEnd == VUT_CRB_HASH_END && crb::kHashData == VUT_CRB_HASH_DATA &&
              crb::kHashStart == VUT_CRB_HASH_START && crb::kDataBuffer == VUT_CRB_BUFFER);
static_assert(crb::kDataBufferSize == kRegisterMessageSize);

CrbInterface::CrbInterface(SharedMemory& memory, InterfaceHost& host,
                           const RegisterOptions& options)
    : memory_(memory), host_(host), regs_(crb::power_on(options)) {
  publish_all();
}

bool CrbInterface::write(const vut_entry& entry) {
  if (entry.kind != VUT_ENTRY_WRITE) return false;
  const uint32_t address = entry.locality * VUT_PAGE_SIZE + entry.offset;
  const bool start = (entry.offset & ~3u) == VUT_CRB_CTRL_START;
  apply(crb::on(regs_, Access::write(address, entry.size, entry.value)),
        start ? entry.locality : kNoLocality, {});
  return true;
}

void CrbInterface::response(ByteView response) {
  apply(crb::on(regs_, ResponseReady{static_cast<uint32_t>(response.size())}), kNoLocality,
        response);
}

void CrbInterface::failed() {
  apply(crb::on(regs_, CommandFailed{}), kNoLocality, {});
}

void CrbInterface::reset(bool established) {
  const crb::Step step = crb::on(regs_, Reset{established});
  regs_ = step.regs;
  publish_all();
  for (const crb::Effect& effect : step.effects) carry_out(effect);
}

void CrbInterface::publish_all() {
  for (uint8_t locality = 0; locality < VUT_LOCALITIES; ++locality) {
    std::ranges::fill(memory_.page_bytes(locality, VUT_CRB_BUFFER, VUT_CRB_BUFFER_SIZE),
                      uint8_t{0});
    const crb::PageImage image = crb::page_image(regs_, locality);
    for (size_t i = 0; i < image.size(); ++i)
      memory_.word(locality, static_cast<uint32_t>(4 * i))
          .store(image[i], std::memory_order_seq_cst);
  }
}

void CrbInterface::apply(const crb::Step& step, uint8_t started, ByteView response) {
  const crb::Regs before = regs_;
  regs_ = step.regs;
  store_bytes(step, response);
  crb::for_each_page_word(step, [&](const PageWord& word) { publish(word, started, before); });
  // A START that the machine has ignored: the front-end has set the bit all the same.
  if (started != kNoLocality && crb::word_value(regs_, started, crb::Word::CtrlStart) == 0)
    memory_.word(started, VUT_CRB_CTRL_START)
        .fetch_and(~VUT_CRB_CTRL_START_REQUEST, std::memory_order_seq_cst);
  for (const crb::Effect& effect : step.effects) carry_out(effect);
}

void CrbInterface::store_bytes(const crb::Step& step, ByteView response) {
  for (const crb::Effect& effect : step.effects) {
    if (const auto* store = std::get_if<crb::StoreBuffer>(&effect)) {
      const MutableByteView to = memory_.page_bytes(store->locality, store->offset, store->size);
      std::memcpy(to.data(), &store->value, to.size());
    } else if (const auto* deliver = std::get_if<crb::Deliver>(&effect)) {
      const MutableByteView to =
          memory_.page_bytes(deliver->locality, deliver->offset, deliver->size);
      std::memcpy(to.data(), response.data(), std::min(to.size(), response.size()));
    }
  }
}

// The START bit has two writers. It is cleared only on behalf of the START that set it: the
// front-end may have set it for an entry that still waits in the ring.
void CrbInterface::publish(const PageWord& word, uint8_t started, const crb::Regs& before) {
  auto shared_word = memory_.word(word.locality, word.offset);
  if (word.offset != VUT_CRB_CTRL_START) {
    shared_word.store(word.value, std::memory_order_release);
  } else if (word.value != 0) {
    shared_word.fetch_or(word.value, std::memory_order_seq_cst);
  } else if (word.locality == started ||
             crb::word_value(before, word.locality, crb::Word::CtrlStart) != 0) {
    shared_word.fetch_and(~word.mask, std::memory_order_seq_cst);
  }
}

void CrbInterface::carry_out(const crb::Effect& effect) {
  std::visit(
      [this](const auto& e) {
        using E = std::decay_t<decltype(e)>;
        // StoreBuffer and Deliver were done before.
        if constexpr (std::is_same_v<E, crb::Submit>)
          submit(e);
        else if constexpr (!std::is_same_v<E, crb::Deliver> && !std::is_same_v<E, crb::StoreBuffer>)
          if (const auto established = carry_out_common(e, memory_, host_))
            apply(crb::on(regs_, Established{*established}), kNoLocality, {});
      },
      effect);
}

void CrbInterface::submit(const crb::Submit& submit) {
  const MutableByteView area = memory_.page_bytes(submit.locality, submit.offset, submit.capacity);
  // The size decides how much is copied; the copy's own header decides whether that is a command.
  std::array<uint8_t, 4> size_field;
  std::memcpy(size_field.data(), area.data() + 2, size_field.size());
  std::atomic_signal_fence(std::memory_order_seq_cst);
  const size_t size =
      std::clamp<size_t>(load_be<uint32_t>(size_field), kCommandHeader, submit.capacity);
  host_.submit(submit.locality, area.first(size));
}

}  // namespace vtpm::device::vhost_user
