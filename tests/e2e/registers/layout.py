# SPDX-License-Identifier: Apache-2.0
"""The registers of one locality's page and their fields (PC Client Platform TPM Profile, PTP)."""


class Register:
    """`fields` are (name, lowest bit, width); what they leave out is reserved."""

    def __init__(self, name, offset, size, *fields):
        self.name, self.offset, self.size = name, offset, size
        self.fields = fields or (('', 0, 8 * size),)

    def split(self, value):
        """{field: value}, and 'reserved' for the bits that no field has."""
        found, rest = {}, value
        for name, low, width in self.fields:
            mask = (1 << width) - 1
            found[name] = value >> low & mask
            rest &= ~(mask << low)
        return {**found, 'reserved': rest}


# PTP 6.5.3
CRB = (
    Register('LOC_STATE', 0x00, 4, ('tpmEstablished', 0, 1), ('locAssigned', 1, 1),
             ('activeLocality', 2, 3), ('tpmRegValidSts', 7, 1)),
    Register('LOC_CTRL', 0x08, 4),
    Register('LOC_STS', 0x0c, 4, ('Granted', 0, 1), ('beenSeized', 1, 1)),
    Register('HASH_END', 0x20, 4),
    Register('HASH_DATA', 0x24, 4),
    Register('HASH_START', 0x28, 4),
    Register('INTF_ID', 0x30, 8, ('InterfaceType', 0, 4), ('InterfaceVersion', 4, 4),
             ('CapLocality', 8, 1), ('CapCRBIdleBypass', 9, 1), ('CapDataXferSizeSupport', 11, 2),
             ('CapFIFO', 13, 1), ('CapCRB', 14, 1), ('InterfaceSelector', 17, 2),
             ('IntfSelLock', 19, 1), ('RID', 24, 8), ('VID', 32, 16), ('DID', 48, 16)),
    Register('CTRL_EXT', 0x38, 8),
    Register('CTRL_REQ', 0x40, 4, ('cmdReady', 0, 1), ('goIdle', 1, 1)),
    Register('CTRL_STS', 0x44, 4, ('tpmSts', 0, 1), ('tpmIdle', 1, 1)),
    Register('CTRL_CANCEL', 0x48, 4, ('Cancel', 0, 1)),
    Register('CTRL_START', 0x4c, 4, ('Start', 0, 1)),
    Register('INT_ENABLE', 0x50, 4),
    Register('INT_STS', 0x54, 4),
    Register('CTRL_CMD_SIZE', 0x58, 4),
    Register('CTRL_CMD_LADDR', 0x5c, 4),
    Register('CTRL_CMD_HADDR', 0x60, 4),
    Register('CTRL_RSP_SIZE', 0x64, 4),
    Register('CTRL_RSP_ADDR', 0x68, 8),
    Register('reserved 0x70', 0x70, 8),
    Register('reserved 0x78', 0x78, 8),
)

# PTP 6.5.2. The FIFO is not here: reading it has an effect.
TIS = (
    Register('ACCESS', 0x00, 1, ('tpmEstablishment', 0, 1), ('requestUse', 1, 1),
             ('pendingRequest', 2, 1), ('Seize', 3, 1), ('beenSeized', 4, 1),
             ('activeLocality', 5, 1), ('tpmRegValidSts', 7, 1)),
    Register('reserved 0x01', 0x01, 3),
    Register('reserved 0x04', 0x04, 4),
    Register('INT_ENABLE', 0x08, 4, ('dataAvailIntEnable', 0, 1), ('stsValidIntEnable', 1, 1),
             ('localityChangeIntEnable', 2, 1), ('typePolarity', 3, 2),
             ('commandReadyEnable', 7, 1), ('globalIntEnable', 31, 1)),
    Register('INT_VECTOR', 0x0c, 1, ('sirqVec', 0, 4)),
    Register('reserved 0x0d', 0x0d, 3),
    Register('INT_STATUS', 0x10, 4, ('dataAvailIntOccurred', 0, 1), ('stsValidIntOccurred', 1, 1),
             ('localityChangeIntOccurred', 2, 1), ('commandReadyIntOccurred', 7, 1)),
    Register('INTF_CAPABILITY', 0x14, 4, ('dataAvailIntSupport', 0, 1),
             ('stsValidIntSupport', 1, 1), ('localityChangeIntSupport', 2, 1),
             ('interruptLevelHigh', 3, 1), ('interruptLevelLow', 4, 1),
             ('interruptEdgeRising', 5, 1),
             ('interruptEdgeFalling', 6, 1), ('commandReadyIntSupport', 7, 1),
             ('burstCountStatic', 8, 1), ('dataTransferSizeSupport', 9, 2),
             ('interfaceVersion', 28, 3)),
    Register('STS', 0x18, 4, ('responseRetry', 1, 1), ('selfTestDone', 2, 1), ('Expect', 3, 1),
             ('dataAvail', 4, 1), ('tpmGo', 5, 1), ('commandReady', 6, 1), ('stsValid', 7, 1),
             ('burstCount', 8, 16), ('commandCancel', 24, 1), ('resetEstablishmentBit', 25, 1),
             ('tpmFamily', 26, 2)),
    Register('HASH_END', 0x20, 4),
    Register('HASH_START', 0x28, 4),
    Register('reserved 0x2c', 0x2c, 4),
    Register('INTERFACE_ID', 0x30, 4, ('InterfaceType', 0, 4), ('InterfaceVersion', 4, 4),
             ('CapLocality', 8, 1), ('CapDataXferSizeSupport', 11, 2), ('CapFIFO', 13, 1),
             ('CapCRB', 14, 1), ('InterfaceSelector', 17, 2), ('IntfSelLock', 19, 1)),
    Register('reserved 0x34', 0x34, 4),
    Register('DID_VID', 0xf00, 4, ('VID', 0, 16), ('DID', 16, 16)),
    Register('RID', 0xf04, 1),
    Register('reserved 0xf05', 0xf05, 3),
    Register('reserved 0xf08', 0xf08, 8),
)

PAGES = {'crb': CRB, 'tis': TIS}
FIFO, XFIFO, CRB_BUFFER = 0x24, 0x80, 0x80


def at(interface, name):
    return next(register for register in PAGES[interface] if register.name == name)

# What of a page can be read without an effect.
RANGES = {'crb': ((0, 0x80),), 'tis': ((0, FIFO), (0x28, 0x38), (0xf00, 0xf10))}
