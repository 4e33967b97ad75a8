// SPDX-License-Identifier: Apache-2.0
#include "device/vhost_user/register_interface.h"

#include "device/vhost_user/crb_interface.h"

namespace vtpm::device::vhost_user {
namespace {

using Make = std::unique_ptr<RegisterInterface> (*)(SharedMemory&, InterfaceHost&, bool);

struct Offer {
  uint32_t id;
  Make make;
};

constexpr Offer kOffers[] = {
    {VUT_INTERFACE_CRB,
     [](SharedMemory& memory, InterfaceHost& host,
        bool established) -> std::unique_ptr<RegisterInterface> {
       return std::make_unique<CrbInterface>(memory, host, established);
     }},
};

}  // namespace

uint32_t offered_interfaces() {
  uint32_t bits = 0;
  for (const Offer& offer : kOffers) bits |= 1u << offer.id;
  return bits;
}

std::unique_ptr<RegisterInterface> make_interface(uint32_t id, SharedMemory& memory,
                                                  InterfaceHost& host, bool established) {
  for (const Offer& offer : kOffers)
    if (offer.id == id) return offer.make(memory, host, established);
  return nullptr;
}

}  // namespace vtpm::device::vhost_user
