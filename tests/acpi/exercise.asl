/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands around a TPM's _DSM when it is tried: the page that it shares with firmware, laid out
 * here once more by hand, and callers for its two UUIDs. DSM is the method's path
 * (iasl -D DSM=...). */
DefinitionBlock ("", "SSDT", 2, "VTPM", "EXERCISE", 1)
{
    External (DSM, MethodObj)

    OperationRegion (PAGE, SystemMemory, 0xFED45000, 0x400)
    Field (PAGE, ByteAcc, NoLock, Preserve)
    {
        OP00, 8,
        Offset (0x05),
        OP05, 8,
        OP06, 8,
        OP07, 8,
        Offset (0x17),
        OP17, 8,
        Offset (0xFF),
        OPFF, 8,
        PPIN, 8,
        PPIP, 32,
        PPRP, 32,
        PPRQ, 32,
        PPRM, 32,
        LPPR, 32,
        FRET, 32,
        Offset (0x159),
        NEXT, 8,
        MOVV, 8,
        AFTR, 8
    }

    /* The firmware at the next boot: what it offers, and what became of the last request. */
    Method (BOOT, 0, Serialized)
    {
        OP00 = 3
        OP05 = 4
        OP06 = 1
        OP07 = 2
        OP17 = 3
        OPFF = 4
        PPRQ = 0
        PPRM = 0
        LPPR = 0x17
        PPRP = 0xFFFFFFF0
        FRET = 0x11223344
        NEXT = 0x55
        MOVV = 0
        AFTR = 0x66
    }

    Method (PPI, 3)
    {
        Return (DSM (ToUUID ("3dddfaa6-361b-4eb4-a424-8d10089d1653"), Arg0, Arg1, Arg2))
    }

    Method (MOR, 3)
    {
        Return (DSM (ToUUID ("376054ed-cc13-4675-901c-4756d7f2d45d"), Arg0, Arg1, Arg2))
    }

    Method (OTHR, 3)
    {
        Return (DSM (ToUUID ("01234567-89ab-cdef-0123-456789abcdef"), Arg0, Arg1, Arg2))
    }
}
