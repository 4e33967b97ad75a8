// SPDX-License-Identifier: Apache-2.0
// The registers of one locality's page, in one table (PTP 6.5.3, command/response buffer).
#pragma once

#include <cstdint>

#include "base/bit_field.h"
#include "base/register_machine.h"
#include "base/register_map.h"

namespace vtpm::crb {

inline constexpr uint32_t kBaseAddress = 0xFED40000;
inline constexpr uint16_t kDataBuffer = 0x80;
inline constexpr uint16_t kDataBufferSize = kPageSize - kDataBuffer;

// LOC_STATE: one register, shown in every page.
inline constexpr uint16_t kLocState = 0x00;
namespace loc_state {
inline constexpr BitField kTpmEstablished = bit(0);  // negative logic: 1 means not established
inline constexpr BitField kLocAssigned = bit(1);
inline constexpr BitField kActiveLocality = bits(4, 2);
inline constexpr BitField kTpmRegValidSts = bit(7);
static_assert(disjoint(kTpmEstablished, kLocAssigned, kActiveLocality, kTpmRegValidSts));
}  // namespace loc_state

inline constexpr uint16_t kLocCtrl = 0x08;
namespace loc_ctrl {
inline constexpr BitField kRequestAccess = bit(0);
inline constexpr BitField kRelinquish = bit(1);
inline constexpr BitField kSeize = bit(2);
inline constexpr BitField kResetEstablishment = bit(3);
}  // namespace loc_ctrl

inline constexpr uint16_t kLocSts = 0x0C;
namespace loc_sts {
inline constexpr BitField kGranted = bit(0);
inline constexpr BitField kBeenSeized = bit(1);
}  // namespace loc_sts

// Locality 4 only: where a chipset sends the D-RTM sequence, at the addresses that it has with the
// FIFO interface.
inline constexpr uint16_t kHashEnd = 0x20;
inline constexpr uint16_t kHashData = 0x24;
inline constexpr uint16_t kHashStart = 0x28;

inline constexpr uint16_t kIntfId = 0x30;
namespace intf_id {
inline constexpr BitField kInterfaceType = bits(3, 0);
inline constexpr BitField kInterfaceVersion = bits(7, 4);
inline constexpr BitField kCapLocality = bit(8);
inline constexpr BitField kCapCrbIdleBypass = bit(9);
inline constexpr BitField kCapDataXferSizeSupport = bits(12, 11);
inline constexpr BitField kCapFifo = bit(13);
inline constexpr BitField kCapCrb = bit(14);
inline constexpr BitField kInterfaceSelector = bits(18, 17);
inline constexpr BitField kIntfSelLock = bit(19);
inline constexpr BitField kRid = bits(31, 24);
inline constexpr BitField kVid = bits(47, 32);
inline constexpr BitField kDid = bits(63, 48);
static_assert(disjoint(kInterfaceType, kInterfaceVersion, kCapLocality, kCapCrbIdleBypass,
                       kCapDataXferSizeSupport, kCapFifo, kCapCrb, kInterfaceSelector, kIntfSelLock,
                       kRid, kVid, kDid));

// Differs from stock QEMU's tpm-crb where this machine can more: five localities, and commands one
// after the other without going idle. The CRB cannot be deselected, so the lock is set.
inline constexpr uint64_t kValue =
    kInterfaceType.place(1) | kInterfaceVersion.place(1) | kCapLocality.place(1) |
    kCapCrbIdleBypass.place(1) | kCapDataXferSizeSupport.place(3) | kCapFifo.place(0) |
    kCapCrb.place(1) | kInterfaceSelector.place(1) | kIntfSelLock.place(1) | kRid.place(0) |
    kVid.place(0x1014) | kDid.place(0);  // the vendor that guests know from QEMU's emulated TPMs
}  // namespace intf_id

inline constexpr uint16_t kCtrlExt = 0x38;

inline constexpr uint16_t kCtrlReq = 0x40;
namespace ctrl_req {
inline constexpr BitField kCmdReady = bit(0);
inline constexpr BitField kGoIdle = bit(1);
}  // namespace ctrl_req

inline constexpr uint16_t kCtrlSts = 0x44;
namespace ctrl_sts {
inline constexpr BitField kTpmSts = bit(0);
inline constexpr BitField kTpmIdle = bit(1);
}  // namespace ctrl_sts

inline constexpr uint16_t kCtrlCancel = 0x48;
inline constexpr BitField kCancel = bit(0);

inline constexpr uint16_t kCtrlStart = 0x4C;
inline constexpr BitField kStart = bit(0);

inline constexpr uint16_t kIntEnable = 0x50;
inline constexpr uint16_t kIntSts = 0x54;
namespace interrupt {  // bits of both registers, but for the last
inline constexpr BitField kStart = bit(0);
inline constexpr BitField kCmdReady = bit(1);
inline constexpr BitField kEstablishmentClear = bit(2);
inline constexpr BitField kLocChange = bit(3);
inline constexpr BitField kCauses = bits(3, 0);
inline constexpr BitField kGlobalEnable = bit(31);
}  // namespace interrupt

inline constexpr uint16_t kCmdSize = 0x58;
inline constexpr uint16_t kCmdLowAddress = 0x5C;
inline constexpr uint16_t kCmdHighAddress = 0x60;
inline constexpr uint16_t kRspSize = 0x64;
inline constexpr uint16_t kRspAddress = 0x68;

// Buffer addresses are those of locality 0; each page shows its own. Drivers write them back
// unchanged (EDK2 does before each command), so they need not be writable.
inline constexpr auto kRegisters = make_register_map<kPageSize>({
    {"LOC_STATE", kLocState, 4, RegisterKind::ReadOnly,
     loc_state::kTpmRegValidSts.place(1) | loc_state::kTpmEstablished.place(1)},
    {"LOC_CTRL", kLocCtrl, 4, RegisterKind::WriteOnly, 0,
     loc_ctrl::kRequestAccess.mask() | loc_ctrl::kRelinquish.mask() | loc_ctrl::kSeize.mask() |
         loc_ctrl::kResetEstablishment.mask()},
    {"LOC_STS", kLocSts, 4, RegisterKind::ReadOnly},
    {"HASH_END", kHashEnd, 4, RegisterKind::WriteOnly, 0, 0xFFFFFFFF},
    {"HASH_DATA", kHashData, 4, RegisterKind::WriteOnly, 0, 0xFFFFFFFF},
    {"HASH_START", kHashStart, 4, RegisterKind::WriteOnly, 0, 0xFFFFFFFF},
    {"INTF_ID", kIntfId, 8, RegisterKind::ReadOnly, intf_id::kValue},
    {"CTRL_EXT", kCtrlExt, 8, RegisterKind::ReadOnly},
    {"CTRL_REQ", kCtrlReq, 4, RegisterKind::ReadWrite, 0,
     ctrl_req::kCmdReady.mask() | ctrl_req::kGoIdle.mask()},
    {"CTRL_STS", kCtrlSts, 4, RegisterKind::ReadOnly, ctrl_sts::kTpmIdle.place(1)},
    {"CTRL_CANCEL", kCtrlCancel, 4, RegisterKind::ReadWrite, 0, kCancel.mask()},
    {"CTRL_START", kCtrlStart, 4, RegisterKind::ReadWrite, 0, kStart.mask()},
    {"INT_ENABLE", kIntEnable, 4, RegisterKind::ReadWrite, 0,
     interrupt::kCauses.mask() | interrupt::kGlobalEnable.mask()},
    {"INT_STS", kIntSts, 4, RegisterKind::WriteOneToClear, 0, interrupt::kCauses.mask()},
    {"CTRL_CMD_SIZE", kCmdSize, 4, RegisterKind::ReadOnly, kDataBufferSize},
    {"CTRL_CMD_LADDR", kCmdLowAddress, 4, RegisterKind::ReadOnly, kBaseAddress + kDataBuffer},
    {"CTRL_CMD_HADDR", kCmdHighAddress, 4, RegisterKind::ReadOnly},
    {"CTRL_RSP_SIZE", kRspSize, 4, RegisterKind::ReadOnly, kDataBufferSize},
    {"CTRL_RSP_ADDR", kRspAddress, 8, RegisterKind::ReadOnly, kBaseAddress + kDataBuffer},
    {"DATA_BUFFER", kDataBuffer, kDataBufferSize, RegisterKind::Window},
});
static_assert(kRegisters.sound());

// The 32-bit words of a page whose content changes, in the order in which a page should receive
// them: START last, because a driver that sees it clear reads the others.
enum class Word : uint8_t {
  LocState,
  LocSts,
  CtrlReq,
  CtrlSts,
  CtrlCancel,
  IntEnable,
  IntSts,
  CtrlStart,
};
inline constexpr unsigned kWords = 8;

constexpr uint16_t word_offset(Word word) {
  constexpr uint16_t kOffsets[kWords] = {kLocState,   kLocSts,    kCtrlReq, kCtrlSts,
                                         kCtrlCancel, kIntEnable, kIntSts,  kCtrlStart};
  return kOffsets[static_cast<unsigned>(word)];
}

}  // namespace vtpm::crb
