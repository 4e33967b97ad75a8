// SPDX-License-Identifier: Apache-2.0
#include "device/vhost_user/register_interface.h"

#include "device/vhost_user/crb_interface.h"
#include "device/vhost_user/tis_interface.h"

namespace vtpm::device::vhost_user {
namespace {

using Make = std::unique_ptr<RegisterInterface> (*)(SharedMemory&, InterfaceHost&,
                                                    const RegisterOptions&);

struct Offer {
  uint32_t id;
  Make make;
};

template <class Interface>
std::unique_ptr<RegisterInterface> make(SharedMemory& memory, InterfaceHost& host,
                                        const RegisterOptions& options) {
  return std::make_unique<Interface>(memory, host, options);
}

constexpr Offer kOffers[] = {
    {VUT_INTERFACE_CRB, make<CrbInterface>},
    {VUT_INTERFACE_TIS, make<TisInterface>},
};

}  // namespace

uint32_t offered_interfaces() {
  uint32_t bits = 0;
  for (const Offer& offer : kOffers) bits |= 1u << offer.id;
  return bits;
}

std::unique_ptr<RegisterInterface> make_interface(uint32_t id, SharedMemory& memory,
                                                  InterfaceHost& host,
                                                  const RegisterOptions& options) {
  for (const Offer& offer : kOffers)
    if (offer.id == id) return offer.make(memory, host, options);
  return nullptr;
}

std::optional<bool> carry_out_common(const Cancel&, SharedMemory&, InterfaceHost& host) {
  host.cancel();
  return std::nullopt;
}

std::optional<bool> carry_out_common(const Irq& effect, SharedMemory& memory, InterfaceHost&) {
  memory.set_interrupt(effect.level);
  return std::nullopt;
}

std::optional<bool> carry_out_common(const HashStart&, SharedMemory&, InterfaceHost& host) {
  host.hash_start();
  return std::nullopt;
}

std::optional<bool> carry_out_common(const HashData& effect, SharedMemory&, InterfaceHost& host) {
  host.hash_data(ByteView(effect.bytes).first(effect.size));
  return std::nullopt;
}

std::optional<bool> carry_out_common(const HashEnd&, SharedMemory&, InterfaceHost& host) {
  return host.hash_end();
}

std::optional<bool> carry_out_common(const ResetEstablished& effect, SharedMemory&,
                                     InterfaceHost& host) {
  return host.reset_established(effect.locality);
}

}  // namespace vtpm::device::vhost_user
