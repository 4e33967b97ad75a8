/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A TPM whose registers, tables and engine live in another process. This is
 * the guest-facing half: registers are read from pages that the back-end
 * writes, and the few writes that matter go through a ring in shared memory.
 * docs/protocol.md of vhost-user-tpm is the contract.
 *
 * The same file is built into a patched QEMU and, with VHOST_USER_TPM_PLUGIN
 * defined, into a shared object for an unpatched one. There, firmware tables
 * are only made for device types that QEMU knows, so the devices derive from
 * tpm-crb and tpm-tis, and take nothing from them but their type and their
 * properties "ppi" and "irq".
 */
#include "qemu/osdep.h"

#include "chardev/char-fe.h"
#include "chardev/char-socket.h"
#include "exec/address-spaces.h"
#include "hw/acpi/acpi_aml_interface.h"
#include "hw/acpi/tpm.h"
#include "hw/isa/isa.h"
#include "hw/qdev-properties.h"
#include "hw/qdev-properties-system.h"
#include "io/channel-socket.h"
#include "migration/blocker.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "sysemu/reset.h"
#include "sysemu/tpm.h"
#include "tpm_ppi.h"
#include "vhost-user-tpm.h"
#include "vhost-user-tpm-acpi.h"
#include "vhost-user-tpm-registers.h"

#define VUT_START_WAIT_MAX_US 1000000

typedef struct VhostUserTPM {
#ifdef VHOST_USER_TPM_PLUGIN
    /* Room for the parent, whose structure is private; QOM checks the sum. */
    union {
        DeviceState parent_obj;
        uint8_t parent_room[8192];
    };
#else
    ISADevice parent_obj; /* the CRB is a DeviceState, with room to spare */
    bool ppi_enabled;
#endif
    CharBackend chr;
    uint32_t line; /* ISA interrupt, VUT_NO_LINE for none */

    VutRegisters registers;
    TPMPPI ppi;
    VutAcpi acpi;
    Error *migration_blocker;
} VhostUserTPM;

/* The types have no ancestor in common that is theirs alone. */
#define VHOST_USER_TPM(obj) ((VhostUserTPM *)(obj))

/* Runs at power-on and at each system reset, with the vCPUs stopped. */
static void vut_reset(void *opaque)
{
    VhostUserTPM *s = opaque;

    if (object_property_get_bool(OBJECT(s), "ppi", NULL)) {
        tpm_ppi_reset(&s->ppi);
    }
    vut_registers_reset(&s->registers);
}

static bool vut_connect(VhostUserTPM *s, Error **errp)
{
    Chardev *chr = qemu_chr_fe_get_driver(&s->chr);
    int domain = AF_UNSPEC;
    socklen_t length = sizeof(domain);
    QIOChannelSocket *socket;

    if (!chr) {
        error_setg(errp, "'chardev' property is required: the socket of the"
                   " vhost-user-tpm back-end");
        return false;
    }
    if (!object_dynamic_cast(OBJECT(chr), TYPE_CHARDEV_SOCKET)) {
        error_setg(errp, "chardev '%s' is not a socket", chr->label);
        return false;
    }
    if (SOCKET_CHARDEV(chr)->reconnect_time) {
        error_setg(errp, "chardev '%s' must not reconnect: another back-end's"
                   " TPM would not be the same one", chr->label);
        return false;
    }
    if (qemu_chr_fe_wait_connected(&s->chr, errp) < 0) {
        return false;
    }
    socket = SOCKET_CHARDEV(chr)->sioc;
    if (!socket || getsockopt(socket->fd, SOL_SOCKET, SO_DOMAIN, &domain,
                              &length) < 0 || domain != AF_UNIX) {
        error_setg(errp, "chardev '%s' is not a connected Unix socket",
                   chr->label);
        return false;
    }
    if (!vut_link_open(&s->registers.ring.link, socket->fd,
                       s->registers.interface->id, s->line, errp)) {
        error_prepend(errp, "no TPM back-end at chardev '%s': ", chr->label);
        return false;
    }
    return true;
}

static bool vut_check_properties(VhostUserTPM *s, Error **errp)
{
    if (!tpm_find()) {
        error_setg(errp, "at most one TPM device is permitted");
        return false;
    }
    if (s->registers.start_wait_us > VUT_START_WAIT_MAX_US) {
        error_setg(errp, "'start-wait-us' must not exceed %d",
                   VUT_START_WAIT_MAX_US);
        return false;
    }
    if (s->registers.ring.spin_us > VUT_SPIN_MAX_NS / 1000) {
        error_setg(errp, "'spin-us' must not exceed %u",
                   VUT_SPIN_MAX_NS / 1000);
        return false;
    }
    s->line = object_property_get_uint(OBJECT(s), "irq", NULL);
    if (s->line != VUT_NO_LINE && s->line >= ISA_NUM_IRQS) {
        error_setg(errp, "'irq' must be below %d", ISA_NUM_IRQS);
        return false;
    }
    return true;
}

/*
 * The line to announce in ACPI: a TIS's, and none that the PCI interrupt links
 * of PC machines use. QEMU's default, 5, is one, and its tpm-tis announces
 * none.
 */
static uint32_t vut_announced_line(const VhostUserTPM *s)
{
    bool shared = s->line == 5 || s->line == 10 || s->line == 11;

    return s->registers.interface == &vut_tis && !shared ? s->line :
           VUT_NO_LINE;
}

static bool vut_block_migration(VhostUserTPM *s, Error **errp)
{
    error_setg(&s->migration_blocker, "%s: the state of the TPM is in another"
               " process, which cannot move it", s->registers.interface->type);
    return migrate_add_blocker(s->migration_blocker, errp) >= 0;
}

static void vut_realize(DeviceState *dev, Error **errp)
{
    VhostUserTPM *s = VHOST_USER_TPM(dev);
    MemoryRegion *memory = get_system_memory();
    bool ppi = object_property_get_bool(OBJECT(s), "ppi", NULL);

    if (!vut_check_properties(s, errp) || !vut_connect(s, errp)) {
        return;
    }
    if (!vut_block_migration(s, errp) ||
        !vut_registers_map(&s->registers, OBJECT(s), errp) ||
        !vut_acpi_announce(&s->acpi, &s->registers.ring.link, OBJECT(s), ppi,
                           vut_announced_line(s), errp)) {
        migrate_del_blocker(s->migration_blocker);
        error_free(s->migration_blocker);
        s->migration_blocker = NULL;
        vut_link_close(&s->registers.ring.link);
        return;
    }
    memory_region_add_subregion(memory, TPM_TIS_ADDR_BASE,
                                &s->registers.mmio);
    if (ppi) {
        tpm_ppi_init(&s->ppi, memory, TPM_PPI_ADDR_BASE, OBJECT(s));
    }
    if (s->line != VUT_NO_LINE) {
        vut_registers_connect_irq(&s->registers, isa_get_irq(NULL, s->line));
    }
    vut_ring_watch(&s->registers.ring);
    qemu_register_reset(vut_reset, s);
}

static int vut_get_acpi(Object *obj, Error **errp)
{
    return VHOST_USER_TPM(obj)->acpi.mode;
}

static void vut_set_acpi(Object *obj, int mode, Error **errp)
{
    if (DEVICE(obj)->realized) {
        error_setg(errp, "'acpi' cannot change any more");
        return;
    }
    VHOST_USER_TPM(obj)->acpi.mode = mode;
}

static enum TPMVersion vut_get_version(TPMIf *ti)
{
    return TPM_VERSION_2_0;
}

#define VUT_PROPERTIES                                                        \
    DEFINE_PROP_CHR("chardev", VhostUserTPM, chr),                            \
    DEFINE_PROP_UINT32("start-wait-us", VhostUserTPM,                         \
                       registers.start_wait_us, 500),                         \
    DEFINE_PROP_UINT32("spin-us", VhostUserTPM, registers.ring.spin_us, 50),  \
    DEFINE_PROP_BOOL("locality4", VhostUserTPM, registers.locality4, false)

static Property vut_crb_properties[] = {
    VUT_PROPERTIES,
    DEFINE_PROP_UINT32("irq", VhostUserTPM, line, VUT_NO_LINE),
#ifndef VHOST_USER_TPM_PLUGIN
    DEFINE_PROP_BOOL("ppi", VhostUserTPM, ppi_enabled, true),
#endif
    DEFINE_PROP_END_OF_LIST(),
};

static Property vut_tis_properties[] = {
    VUT_PROPERTIES,
#ifndef VHOST_USER_TPM_PLUGIN
    DEFINE_PROP_UINT32("irq", VhostUserTPM, line, TPM_TIS_IRQ),
    DEFINE_PROP_BOOL("ppi", VhostUserTPM, ppi_enabled, true),
#endif
    DEFINE_PROP_END_OF_LIST(),
};

static void vut_crb_init(Object *obj)
{
    vut_registers_init(&VHOST_USER_TPM(obj)->registers, &vut_crb);
}

static void vut_tis_init(Object *obj)
{
    vut_registers_init(&VHOST_USER_TPM(obj)->registers, &vut_tis);
}

/* The DSDT's node of a TIS, on the ISA bus. */
static void vut_tis_build_aml(AcpiDevAmlIf *adev, Aml *scope)
{
    VhostUserTPM *s = VHOST_USER_TPM(adev);
    uint32_t line = vut_announced_line(s);
    Aml *dev, *crs;

    if (s->acpi.mode == VUT_ACPI_BACKEND) {
        return;
    }
    dev = aml_device("TPM");
    crs = aml_resource_template();
    aml_append(dev, aml_name_decl("_HID", aml_string("MSFT0101")));
    aml_append(dev, aml_name_decl("_STR", aml_string("TPM 2.0 Device")));
    aml_append(dev, aml_name_decl("_UID", aml_int(1)));
    aml_append(dev, aml_name_decl("_STA", aml_int(0xf)));
    aml_append(crs, aml_memory32_fixed(TPM_TIS_ADDR_BASE, VUT_REGISTERS_SIZE,
                                       AML_READ_WRITE));
    if (line != VUT_NO_LINE) {
        aml_append(crs, aml_interrupt(AML_CONSUMER, AML_LEVEL, AML_ACTIVE_HIGH,
                                      AML_EXCLUSIVE, &line, 1));
    }
    aml_append(dev, aml_name_decl("_CRS", crs));
    tpm_build_ppi_acpi(TPM_IF(adev), dev);
    aml_append(scope, dev);
}

static void vut_class_init(ObjectClass *klass, const VutInterface *interface)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    TPMIfClass *tc = TPM_IF_CLASS(klass);

    dc->realize = vut_realize;
    /* Nothing of it is QEMU's to save: realize blocks migration. */
    dc->vmsd = NULL;
    /* vut_reset() is registered instead; the parent's knows nothing of it. */
    dc->reset = NULL;
    dc->user_creatable = true;
    dc->hotpluggable = false;
    vut_acpi_add_property(klass, vut_get_acpi, vut_set_acpi);
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    tc->model = interface->model;
    tc->get_version = vut_get_version;
}

static void vut_crb_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    vut_class_init(klass, &vut_crb);
    dc->desc = "TPM 2.0 of a vhost-user-tpm process (CRB interface)";
    device_class_set_props(dc, vut_crb_properties);
}

static void vut_tis_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    vut_class_init(klass, &vut_tis);
    dc->desc = "TPM 2.0 of a vhost-user-tpm process (TIS interface)";
    device_class_set_props(dc, vut_tis_properties);
    ACPI_DEV_AML_IF_CLASS(klass)->build_dev_aml = vut_tis_build_aml;
}

static const TypeInfo vut_crb_info = {
    .name = TYPE_VHOST_USER_TPM_CRB,
#ifdef VHOST_USER_TPM_PLUGIN
    .parent = TYPE_TPM_CRB,
#else
    .parent = TYPE_DEVICE,
    .interfaces = (InterfaceInfo[]) {
        { TYPE_TPM_IF },
        { }
    },
#endif
    .instance_size = sizeof(VhostUserTPM),
    .instance_init = vut_crb_init,
    .class_init = vut_crb_class_init,
};

/* On the ISA bus, for it is that bus whose devices are asked for their AML. */
static const TypeInfo vut_tis_info = {
    .name = TYPE_VHOST_USER_TPM_TIS,
#ifdef VHOST_USER_TPM_PLUGIN
    .parent = TYPE_TPM_TIS_ISA,
#else
    .parent = TYPE_ISA_DEVICE,
    .interfaces = (InterfaceInfo[]) {
        { TYPE_TPM_IF },
        { TYPE_ACPI_DEV_AML_IF },
        { }
    },
#endif
    .instance_size = sizeof(VhostUserTPM),
    .instance_init = vut_tis_init,
    .class_init = vut_tis_class_init,
};

void vhost_user_tpm_register_types(void)
{
    type_register_static(&vut_crb_info);
    type_register_static(&vut_tis_info);
    vut_acpi_register_types();
}

#ifndef VHOST_USER_TPM_PLUGIN
type_init(vhost_user_tpm_register_types)
#endif
