/* SPDX-License-Identifier: Apache-2.0
 *
 * What acpi::ssdt() makes of a CRB with a physical presence page, in words: iasl turns this into the
 * same bytes (tests/e2e/acpi_tables.sh). */
DefinitionBlock ("", "SSDT", 2, "VTPM", "VHOSTTPM", 1)
{
    Scope (\_SB)
    {
        Device (VTPM)
        {
            Name (_HID, "MSFT0101")
            Name (_STR, Unicode ("TPM 2.0 Device"))
            Name (_UID, 1)
            Name (_STA, 0x0F)
            Name (_CRS, ResourceTemplate ()
            {
                Memory32Fixed (ReadWrite, 0xFED40000, 0x5000)
            })

            /* From offset 0x100 of the page on. */
            OperationRegion (PPIR, SystemMemory, 0xFED45100, 0x5B)
            Field (PPIR, ByteAcc, NoLock, Preserve)
            {
                Offset (0x05),
                PPRP, 32,   /* response of the last request */
                PPRQ, 32,   /* request */
                PPRM, 32,   /* its parameter */
                LPPR, 32,   /* last request */
                Offset (0x5A),
                MOVV, 8     /* memory clear */
            }

            Name (PKG2, Package () { 0, 0 })
            Name (PKG3, Package () { 0, 0, 0 })

            /* What firmware says of an operation. */
            Method (OPST, 1, Serialized)
            {
                If (Arg0 > 0xFF) { Return (0) }
                OperationRegion (OPSR, SystemMemory, 0xFED45000 + Arg0, 1)
                Field (OPSR, ByteAcc, NoLock, Preserve) { STAT, 3 }
                Return (STAT)
            }

            /* Requests an operation with a parameter. */
            Method (SUBM, 2, Serialized)
            {
                Local0 = OPST (Arg0)
                If (Local0 == 0) { Return (1) }
                If (Local0 < 3) { Return (3) }
                PPRQ = Arg0
                PPRM = Arg1
                Return (0)
            }

            /* Revision, function, arguments. */
            Method (PPIF, 3, Serialized)
            {
                If (Arg1 == 0) { Return (Buffer () { 0xFF, 0x01 }) }
                If (Arg1 == 1) { Return ("1.3") }
                If (Arg1 == 2)
                {
                    Local0 = SUBM (DerefOf (Arg2 [0]), 0)
                    If (Local0 == 3) { Return (2) }
                    Return (Local0)
                }
                If (Arg1 == 3)
                {
                    If (Arg0 == 1)
                    {
                        PKG2 [1] = PPRQ
                        Return (PKG2)
                    }
                    PKG3 [1] = PPRQ
                    PKG3 [2] = PPRM
                    Return (PKG3)
                }
                If (Arg1 == 4) { Return (2) }
                If (Arg1 == 5)
                {
                    PKG3 [1] = LPPR
                    PKG3 [2] = PPRP
                    Return (PKG3)
                }
                If (Arg1 == 6) { Return (3) }
                If (Arg1 == 7)
                {
                    Local0 = 0
                    If (Arg0 > 1)
                    {
                        If (SizeOf (Arg2) > 1) { Local0 = DerefOf (Arg2 [1]) }
                    }
                    Return (SUBM (DerefOf (Arg2 [0]), Local0))
                }
                If (Arg1 == 8) { Return (OPST (DerefOf (Arg2 [0]))) }
                Return (Buffer () { 0x00 })
            }

            /* Function, arguments. */
            Method (MORF, 2, Serialized)
            {
                If (Arg0 == 0) { Return (Buffer () { 0x03 }) }
                If (Arg0 == 1)
                {
                    MOVV = DerefOf (Arg1 [0])
                    Return (0)
                }
                Return (Buffer () { 0x00 })
            }

            Method (_DSM, 4, Serialized)
            {
                If (Arg0 == ToUUID ("3dddfaa6-361b-4eb4-a424-8d10089d1653"))
                {
                    Return (PPIF (Arg1, Arg2, Arg3))
                }
                If (Arg0 == ToUUID ("376054ed-cc13-4675-901c-4756d7f2d45d"))
                {
                    Return (MORF (Arg2, Arg3))
                }
                Return (Buffer () { 0x00 })
            }
        }
    }
}
