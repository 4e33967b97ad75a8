/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * acpi=backend: the tables of the back-end are announced as if -acpitable had
 * brought them, with what else firmware wants to know of a TPM: the page of
 * the Physical Presence Interface, and memory for an event log.
 *
 * QEMU makes tables for the only object of TYPE_TPM_IF that it finds, and for
 * none if there are several: it then takes the machine to have no TPM, each
 * time that it builds tables. So a second such object, a child of the device,
 * is all it takes to keep it from that, in an unmodified QEMU too. A second
 * TPM is still refused: it asks in the same way whether it is the only one.
 */
#include "qemu/osdep.h"

#include "hw/acpi/acpi.h"
#include "hw/acpi/tpm.h"
#include "hw/boards.h"
#include "hw/i386/pc.h"
#include "hw/nvram/fw_cfg.h"
#include "qapi/error.h"
#include "qapi/util.h"
#include "qemu/bswap.h"
#include "qom/object.h"
#include "sysemu/tpm.h"
#include "vhost-user-tpm-acpi.h"

#define TYPE_VUT_ACPI "vhost-user-tpm-tables"

/*
 * SeaBIOS wants the event log in memory that the TPM2 table names. QEMU's own
 * table is placed by the firmware, which allocates that memory for it, but
 * tables of -acpitable have to name their addresses. This is memory of its
 * own, then, where chipsets have nothing: behind the page of the PPI, before
 * the IOMMUs.
 */
#define VUT_LOG_ADDRESS 0xfed50000

#define VUT_TABLE_HEADER 36

static const char *const vut_acpi_modes[] = {
    [VUT_ACPI_QEMU] = "qemu",
    [VUT_ACPI_BACKEND] = "backend",
};

static const QEnumLookup vut_acpi_lookup = {
    .array = vut_acpi_modes,
    .size = ARRAY_SIZE(vut_acpi_modes),
};

void vut_acpi_add_property(ObjectClass *klass, int (*get)(Object *, Error **),
                           void (*set)(Object *, int, Error **))
{
    object_class_property_add_enum(klass, "acpi", "VutAcpiMode",
                                   &vut_acpi_lookup, get, set);
    object_class_property_set_description(klass, "acpi",
                                          "whose ACPI tables the guest sees:"
                                          " qemu (the default) or backend");
}

static bool vut_table_check(const uint8_t *table, uint32_t size,
                            const char *signature, Error **errp)
{
    uint8_t sum = 0;
    uint32_t i;

    if (size < VUT_TABLE_HEADER || memcmp(table, signature, 4) ||
        ldl_le_p(table + 4) != size) {
        error_setg(errp, "its %s table is none", signature);
        return false;
    }
    for (i = 0; i < size; i++) {
        sum += table[i];
    }
    if (sum) {
        error_setg(errp, "its %s table has a wrong checksum", signature);
        return false;
    }
    return true;
}

static uint8_t *vut_tables(VutLink *link, bool ppi, uint32_t line,
                           struct vut_tables *sizes, Error **errp)
{
    const struct vut_tables_request request = {
        .log_address = VUT_LOG_ADDRESS,
        .log_size = TPM_LOG_AREA_MINIMUM_SIZE,
        .ppi_address = ppi ? TPM_PPI_ADDR_BASE : 0,
        .irq = line == VUT_NO_LINE ? VUT_NO_IRQ : line,
    };
    g_autofree uint8_t *tables = vut_link_get_tables(link, &request, sizes,
                                                     errp);

    if (!tables ||
        !vut_table_check(tables, sizes->tpm2_size, "TPM2", errp) ||
        !vut_table_check(tables + sizes->tpm2_size, sizes->ssdt_size, "SSDT",
                         errp)) {
        return NULL;
    }
    return g_steal_pointer(&tables);
}

/*
 * What acpi_table_add() does with a file. The array begins with the number of
 * tables; each has its size before it. fw_cfg goes on showing the array that
 * was there when the machine was made, so that is not to be moved.
 */
static void vut_table_add(const uint8_t *table, uint16_t size)
{
    size_t before = acpi_tables ? acpi_tables_len : sizeof(uint16_t);
    uint8_t *all = g_malloc0(before + sizeof(uint16_t) + size);

    if (acpi_tables) {
        memcpy(all, acpi_tables, before);
    }
    stw_le_p(all, lduw_le_p(all) + 1);
    stw_le_p(all + before, size);
    memcpy(all + before + sizeof(uint16_t), table, size);
    acpi_tables = all;
    acpi_tables_len = before + sizeof(uint16_t) + size;
}

/* For firmware; its layout is in docs/specs/tpm.rst. */
static void vut_add_config(FWCfgState *fw_cfg)
{
    static struct {
        uint32_t ppi_address;
        uint8_t tpm_version;
        uint8_t ppi_version;
    } QEMU_PACKED config;

    config.ppi_address = cpu_to_le32(TPM_PPI_ADDR_BASE);
    config.tpm_version = TPM_VERSION_2_0;
    config.ppi_version = TPM_PPI_VERSION_1_30;
    fw_cfg_add_file(fw_cfg, "etc/tpm/config", &config, sizeof(config));
}

bool vut_acpi_announce(VutAcpi *acpi, VutLink *link, Object *owner, bool ppi,
                       uint32_t line, Error **errp)
{
    g_autofree uint8_t *tables = NULL;
    FWCfgState *fw_cfg = fw_cfg_find();
    struct vut_tables sizes;
    Error *err = NULL;
    Object *second;

    if (acpi->mode != VUT_ACPI_BACKEND) {
        return true;
    }
    if (!fw_cfg || !object_dynamic_cast(qdev_get_machine(), TYPE_PC_MACHINE)) {
        error_setg(errp, "this machine takes no ACPI tables from a device:"
                   " leave out acpi=backend");
        return false;
    }
    tables = vut_tables(link, ppi, line, &sizes, errp);
    if (!tables) {
        error_prepend(errp, "no ACPI tables of the TPM back-end: ");
        return false;
    }
    memory_region_init_ram(&acpi->log, owner, "vhost-user-tpm-log",
                           TPM_LOG_AREA_MINIMUM_SIZE, &err);
    if (err) {
        error_propagate(errp, err);
        return false;
    }
    memory_region_add_subregion(get_system_memory(), VUT_LOG_ADDRESS,
                                &acpi->log);
    vut_table_add(tables, sizes.tpm2_size);
    vut_table_add(tables + sizes.tpm2_size, sizes.ssdt_size);
    if (ppi) {
        vut_add_config(fw_cfg);
    }
    second = object_new(TYPE_VUT_ACPI);
    object_property_add_child(owner, "tables", second);
    object_unref(second);
    return true;
}

static const TypeInfo vut_acpi_info = {
    .name = TYPE_VUT_ACPI,
    .parent = TYPE_OBJECT,
    .interfaces = (InterfaceInfo[]) {
        { TYPE_TPM_IF },
        { }
    },
};

void vut_acpi_register_types(void)
{
    type_register_static(&vut_acpi_info);
}
