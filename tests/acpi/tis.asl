/* SPDX-License-Identifier: Apache-2.0
 *
 * What acpi::ssdt() makes of a TIS with an interrupt and no physical presence page, in words: iasl
 * turns this into the same bytes (tests/e2e/acpi_tables.sh). */
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
                Interrupt (ResourceConsumer, Level, ActiveHigh, Exclusive) { 10 }
            })
        }
    }
}
