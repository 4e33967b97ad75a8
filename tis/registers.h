// SPDX-License-Identifier: Apache-2.0
// The registers of one locality's page, in one table (PTP 6.5.2, FIFO interface).
#pragma once

#include <cstdint>

#include "base/bit_field.h"
#include "base/register_machine.h"
#include "base/register_map.h"

namespace vtpm::tis {

// The longest command, and the longest response.
inline constexpr uint32_t kFifoSize = 4096;
// What a read gives where no register is, or none for this locality.
inline constexpr uint32_t kNoRegister = 0xFFFFFFFF;

// One byte on hardware; the three above it read as zero.
inline constexpr uint16_t kAccess = 0x00;
namespace access {
inline constexpr BitField kTpmEstablishment = bit(0);  // negative logic: 1 means not established
inline constexpr BitField kRequestUse = bit(1);
inline constexpr BitField kPendingRequest = bit(2);
inline constexpr BitField kSeize = bit(3);
inline constexpr BitField kBeenSeized = bit(4);
inline constexpr BitField kActiveLocality = bit(5);
inline constexpr BitField kTpmRegValidSts = bit(7);
static_assert(disjoint(kTpmEstablishment, kRequestUse, kPendingRequest, kSeize, kBeenSeized,
                       kActiveLocality, kTpmRegValidSts));
}  // namespace access

inline constexpr uint16_t kIntEnable = 0x08;
inline constexpr uint16_t kIntVector = 0x0C;
inline constexpr uint16_t kIntStatus = 0x10;
namespace interrupt {  // bits of INT_ENABLE, INT_STATUS and INTF_CAPABILITY, but for the last two
inline constexpr BitField kDataAvail = bit(0);
inline constexpr BitField kStsValid = bit(1);
inline constexpr BitField kLocalityChange = bit(2);
inline constexpr BitField kCommandReady = bit(7);
inline constexpr uint32_t kCauses =
    kDataAvail.mask() | kStsValid.mask() | kLocalityChange.mask() | kCommandReady.mask();
inline constexpr BitField kTypePolarity = bits(4, 3);
inline constexpr BitField kGlobalEnable = bit(31);
inline constexpr uint32_t kEnableReset = kTypePolarity.place(1);  // low level
}  // namespace interrupt

inline constexpr uint16_t kIntfCapability = 0x14;
namespace intf_capability {
inline constexpr BitField kInterruptLevelLow = bit(4);
inline constexpr BitField kBurstCountStatic = bit(8);
inline constexpr BitField kDataTransferSizeSupport = bits(10, 9);
inline constexpr BitField kInterfaceVersion = bits(30, 28);
// FIFO accesses of 1 to 64 bytes; the interface of TPM 2.0.
inline constexpr uint32_t kValue =
    kDataTransferSizeSupport.place(3) | kInterfaceVersion.place(3) | kBurstCountStatic.place(0);
// The profile demands the low level of all, whatever line the platform has.
inline constexpr uint32_t kWithInterrupts = interrupt::kCauses | kInterruptLevelLow.mask();
}  // namespace intf_capability

inline constexpr uint16_t kSts = 0x18;
namespace sts {
inline constexpr BitField kResponseRetry = bit(1);
inline constexpr BitField kExpect = bit(3);
inline constexpr BitField kDataAvail = bit(4);
inline constexpr BitField kTpmGo = bit(5);
inline constexpr BitField kCommandReady = bit(6);
inline constexpr BitField kStsValid = bit(7);
inline constexpr BitField kBurstCount = bits(23, 8);
inline constexpr BitField kCommandCancel = bit(24);
inline constexpr BitField kResetEstablishment = bit(25);
inline constexpr BitField kTpmFamily = bits(27, 26);
static_assert(disjoint(kResponseRetry, kExpect, kDataAvail, kTpmGo, kCommandReady, kStsValid,
                       kBurstCount, kCommandCancel, kResetEstablishment, kTpmFamily));
}  // namespace sts

inline constexpr uint16_t kHashEnd = 0x20;    // locality 4 only
inline constexpr uint16_t kDataFifo = 0x24;   // HASH_DATA at locality 4
inline constexpr uint16_t kHashStart = 0x28;  // locality 4 only

inline constexpr uint16_t kInterfaceId = 0x30;
namespace interface_id {
inline constexpr BitField kInterfaceType = bits(3, 0);
inline constexpr BitField kInterfaceVersion = bits(7, 4);
inline constexpr BitField kCapLocality = bit(8);
inline constexpr BitField kCapDataXferSizeSupport = bits(12, 11);
inline constexpr BitField kCapFifo = bit(13);
inline constexpr BitField kCapCrb = bit(14);
inline constexpr BitField kInterfaceSelector = bits(18, 17);
inline constexpr BitField kIntfSelLock = bit(19);
// The CRB cannot be selected: this machine is chosen by whoever makes the virtual machine.
inline constexpr uint32_t kValue = kInterfaceType.place(0) | kInterfaceVersion.place(0) |
                                   kCapLocality.place(1) | kCapDataXferSizeSupport.place(0) |
                                   kCapFifo.place(1) | kCapCrb.place(0);
}  // namespace interface_id

inline constexpr uint16_t kXDataFifo = 0x80;
inline constexpr uint16_t kXDataFifoSize = 0x40;
inline constexpr uint16_t kDidVid = 0xF00;
inline constexpr uint16_t kRid = 0xF04;

inline constexpr auto kRegisters = make_register_map<kPageSize>({
    {"ACCESS", kAccess, 4, RegisterKind::ReadWrite,
     access::kTpmRegValidSts.place(1) | access::kTpmEstablishment.place(1),
     access::kRequestUse.mask() | access::kSeize.mask() | access::kBeenSeized.mask() |
         access::kActiveLocality.mask()},
    {"INT_ENABLE", kIntEnable, 4, RegisterKind::ReadWrite, interrupt::kEnableReset,
     interrupt::kCauses | interrupt::kTypePolarity.mask() | interrupt::kGlobalEnable.mask()},
    {"INT_VECTOR", kIntVector, 4, RegisterKind::ReadOnly},
    {"INT_STATUS", kIntStatus, 4, RegisterKind::WriteOneToClear, 0, interrupt::kCauses},
    {"INTF_CAPABILITY", kIntfCapability, 4, RegisterKind::ReadOnly, intf_capability::kValue},
    {"STS", kSts, 4, RegisterKind::ReadWrite, kNoRegister,
     sts::kResponseRetry.mask() | sts::kTpmGo.mask() | sts::kCommandReady.mask() |
         sts::kCommandCancel.mask() | sts::kResetEstablishment.mask()},
    {"HASH_END", kHashEnd, 4, RegisterKind::ReadWrite, kNoRegister, 0xFFFFFFFF},
    {"DATA_FIFO", kDataFifo, 4, RegisterKind::Window},
    {"HASH_START", kHashStart, 4, RegisterKind::ReadWrite, kNoRegister, 0xFFFFFFFF},
    {"INTERFACE_ID", kInterfaceId, 4, RegisterKind::ReadWrite, interface_id::kValue,
     interface_id::kIntfSelLock.mask()},
    {"XDATA_FIFO", kXDataFifo, kXDataFifoSize, RegisterKind::Window},
    {"DID_VID", kDidVid, 4, RegisterKind::ReadOnly, 0x00011014},  // as QEMU's own tpm-tis
    {"RID", kRid, 4, RegisterKind::ReadOnly, 1},
});
static_assert(kRegisters.sound());

// The 32-bit words of a page whose content changes, in the order in which a page should receive
// them: STS last, because a driver that sees dataAvail reads the others.
enum class Word : uint8_t { Access, IntEnable, IntStatus, InterfaceId, Sts };
inline constexpr unsigned kWords = 5;

constexpr uint16_t word_offset(Word word) {
  constexpr uint16_t kOffsets[kWords] = {kAccess, kIntEnable, kIntStatus, kInterfaceId, kSts};
  return kOffsets[static_cast<unsigned>(word)];
}

}  // namespace vtpm::tis
