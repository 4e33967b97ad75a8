/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who announces the TPM to firmware and the operating system: QEMU, as it
 * does for its own TPMs, or this front-end, with the back-end's tables.
 */
#ifndef HW_TPM_VHOST_USER_TPM_ACPI_H
#define HW_TPM_VHOST_USER_TPM_ACPI_H

#include "exec/memory.h"
#include "vhost-user-tpm-link.h"

typedef enum VutAcpiMode {
    VUT_ACPI_QEMU,
    VUT_ACPI_BACKEND,
} VutAcpiMode;

typedef struct VutAcpi {
    int mode; /* VutAcpiMode: the property "acpi" */
    MemoryRegion log;
} VutAcpi;

/*
 * Adds the property "acpi" to a device; @get and @set are those of its
 * VutAcpi's mode.
 */
void vut_acpi_add_property(ObjectClass *klass, int (*get)(Object *, Error **),
                           void (*set)(Object *, int, Error **));

/*
 * With acpi=backend: takes the tables from the back-end for the machine, and
 * keeps QEMU from making any. To be called once, when the device @owner is
 * realized; @ppi says that it has the Physical Presence Interface, @line is the
 * interrupt line to announce, or VUT_NO_LINE. False with
 * @errp set, and nothing changed, when there are no such tables.
 */
bool vut_acpi_announce(VutAcpi *acpi, VutLink *link, Object *owner, bool ppi,
                       uint32_t line, Error **errp);

void vut_acpi_register_types(void);

#endif
