/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A TPM whose registers, tables and engine live in another process. This is
 * the guest-facing half: it lets the guest read the back-end's register pages
 * directly, and forwards the few writes that matter through a ring in shared
 * memory. docs/protocol.md of vhost-user-tpm is the contract.
 *
 * The same file is built into a patched QEMU and, with VHOST_USER_TPM_PLUGIN
 * defined, into a shared object for an unpatched one. There, firmware tables
 * are only made for device types that QEMU knows, so the device derives from
 * tpm-crb, and takes nothing from it but its type and its "ppi" property.
 */
#include "qemu/osdep.h"

#include "chardev/char-fe.h"
#include "chardev/char-socket.h"
#include "exec/address-spaces.h"
#include "hw/acpi/tpm.h"
#include "hw/qdev-properties.h"
#include "hw/qdev-properties-system.h"
#include "io/channel-socket.h"
#include "migration/blocker.h"
#include "qapi/error.h"
#include "qemu/atomic.h"
#include "qemu/module.h"
#include "sysemu/reset.h"
#include "sysemu/tpm.h"
#include "tpm_ppi.h"
#include "vhost-user-tpm.h"
#include "vhost-user-tpm-acpi.h"
#include "vhost-user-tpm-ring.h"

#define VUT_START_WAIT_MAX_US 1000000

/* What the register interfaces do differently. */
typedef struct VutInterface {
    uint32_t id; /* VUT_INTERFACE_* */
    const char *type;
    enum TpmModel model;
    enum vut_write_rule (*write_rule)(uint32_t offset);
    void (*fail)(uint8_t *page);
} VutInterface;

typedef struct VhostUserTPM {
#ifdef VHOST_USER_TPM_PLUGIN
    /* Room for the parent, whose structure is private; QOM checks the sum. */
    union {
        DeviceState parent_obj;
        uint8_t parent_room[8192];
    };
#else
    DeviceState parent_obj;
    bool ppi_enabled;
#endif
    CharBackend chr;
    uint32_t start_wait_us;

    const VutInterface *interface;
    VutRing ring;
    MemoryRegion registers;
    TPMPPI ppi;
    VutAcpi acpi;
    Error *migration_blocker;
} VhostUserTPM;

DECLARE_INSTANCE_CHECKER(VhostUserTPM, VHOST_USER_TPM, TYPE_VHOST_USER_TPM_CRB)

/*
 * CTRL_START: the guest must never see it clear between its write and the end
 * of the command, so it is set here.
 */
static void vut_start(VhostUserTPM *s, const struct vut_entry *entry,
                      bool may_sleep)
{
    uint32_t *start = (uint32_t *)(vut_ring_page(&s->ring, entry->locality) +
                                   VUT_CRB_CTRL_START);

    if (entry->offset != VUT_CRB_CTRL_START ||
        !(entry->value & VUT_CRB_CTRL_START_REQUEST) ||
        !vut_ring_has_room(&s->ring, may_sleep) ||
        (qatomic_fetch_or(start, 1) & 1)) {
        return;
    }
    vut_ring_post(&s->ring, entry);
    vut_ring_wait_clear(&s->ring, start, s->start_wait_us, may_sleep);
}

/* A guest's write within one 32-bit word of one locality's page. */
static void vut_write_part(VhostUserTPM *s, const struct vut_entry *entry,
                           bool may_sleep)
{
    struct vut_control *control = vut_control(&s->ring.link);
    enum vut_write_rule rule = s->interface->write_rule(entry->offset);

    if (rule == VUT_WRITE_LOCAL) {
        memcpy(vut_ring_page(&s->ring, entry->locality) + entry->offset,
               &entry->value, entry->size);
        return;
    }
    if (rule == VUT_WRITE_DROP || s->ring.gone) {
        return;
    }
    if (rule == VUT_WRITE_START) {
        vut_start(s, entry, may_sleep);
        return;
    }
    if (!vut_ring_has_room(&s->ring, may_sleep)) {
        return;
    }
    if (rule == VUT_WRITE_CANCEL && entry->offset == VUT_CRB_CTRL_CANCEL &&
        (entry->value & VUT_CRB_CTRL_CANCEL_REQUEST)) {
        qatomic_store_release(&control->cancel[entry->locality],
                              s->ring.producer + 1);
    }
    vut_ring_post(&s->ring, entry);
    vut_ring_wait_entry(&s->ring, s->ring.producer - 1, may_sleep);
}

static MemTxResult vut_write(void *opaque, hwaddr addr, uint64_t value,
                             unsigned size, MemTxAttrs attrs)
{
    VhostUserTPM *s = opaque;
    unsigned done = 0;

    while (done < size) {
        unsigned room = 4 - (addr & 3);
        /* Entries are of 1, 2 or 4 bytes: three become one and two. */
        unsigned part = pow2floor(MIN(room, size - done));
        struct vut_entry entry = {
            .kind = VUT_ENTRY_WRITE,
            .locality = addr / VUT_PAGE_SIZE,
            .size = part,
            .offset = addr % VUT_PAGE_SIZE,
            .value = extract64(value, 8 * done, 8 * part),
        };

        vut_write_part(s, &entry, !attrs.unspecified);
        addr += part;
        done += part;
    }
    return MEMTX_OK;
}

/* Not the guest's way of reading, which needs no exit. */
static MemTxResult vut_read(void *opaque, hwaddr addr, uint64_t *value,
                            unsigned size, MemTxAttrs attrs)
{
    VhostUserTPM *s = opaque;

    *value = 0;
    memcpy(value, vut_ring_page(&s->ring, 0) + addr,
           MIN(size, VUT_REGISTERS_SIZE - addr));
    return MEMTX_OK;
}

static const MemoryRegionOps vut_ops = {
    .read_with_attrs = vut_read,
    .write_with_attrs = vut_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

static void vut_crb_fail(uint8_t *page)
{
    qatomic_or((uint32_t *)(page + VUT_CRB_CTRL_STS), VUT_CRB_CTRL_STS_ERROR);
    qatomic_and((uint32_t *)(page + VUT_CRB_CTRL_START),
                ~VUT_CRB_CTRL_START_REQUEST);
}

static const VutInterface vut_crb = {
    .id = VUT_INTERFACE_CRB,
    .type = TYPE_VHOST_USER_TPM_CRB,
    .model = TPM_MODEL_TPM_CRB,
    .write_rule = vut_crb_write_rule,
    .fail = vut_crb_fail,
};

static void vut_lost(VutRing *ring)
{
    VhostUserTPM *s = container_of(ring, VhostUserTPM, ring);
    unsigned i;

    for (i = 0; i < VUT_LOCALITIES; i++) {
        s->interface->fail(vut_ring_page(ring, i));
    }
}

/* Runs at power-on and at each system reset, with the vCPUs stopped. */
static void vut_reset(void *opaque)
{
    VhostUserTPM *s = opaque;

    if (object_property_get_bool(OBJECT(s), "ppi", NULL)) {
        tpm_ppi_reset(&s->ppi);
    }
    vut_ring_reset(&s->ring);
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
    if (!vut_link_open(&s->ring.link, socket->fd, s->interface->id, errp)) {
        error_prepend(errp, "no TPM back-end at chardev '%s': ", chr->label);
        return false;
    }
    return true;
}

/* Guest reads go to the back-end's pages, writes come here. */
static bool vut_map_registers(VhostUserTPM *s, Error **errp)
{
    int fd = qemu_dup(s->ring.link.memory_fd);
    Error *err = NULL;

    if (fd < 0) {
        error_setg_errno(errp, errno, "cannot duplicate a descriptor");
        return false;
    }
    memory_region_init_ram_from_fd(&s->registers, OBJECT(s),
                                   "vhost-user-tpm-registers",
                                   VUT_REGISTERS_SIZE, RAM_SHARED, fd,
                                   VUT_REGISTERS_OFFSET, &err);
    if (err) {
        close(fd);
        error_propagate(errp, err);
        return false;
    }
    s->registers.ram = false;
    s->registers.rom_device = true;
    s->registers.ops = &vut_ops;
    s->registers.opaque = s;
    return true;
}

static bool vut_check_properties(VhostUserTPM *s, Error **errp)
{
    if (!tpm_find()) {
        error_setg(errp, "at most one TPM device is permitted");
        return false;
    }
    if (s->start_wait_us > VUT_START_WAIT_MAX_US) {
        error_setg(errp, "'start-wait-us' must not exceed %d",
                   VUT_START_WAIT_MAX_US);
        return false;
    }
    if (s->ring.spin_us > VUT_SPIN_MAX_NS / 1000) {
        error_setg(errp, "'spin-us' must not exceed %u",
                   VUT_SPIN_MAX_NS / 1000);
        return false;
    }
    return true;
}

static bool vut_block_migration(VhostUserTPM *s, Error **errp)
{
    error_setg(&s->migration_blocker, "%s: the state of the TPM is in another"
               " process, which cannot move it", s->interface->type);
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
    if (!vut_block_migration(s, errp) || !vut_map_registers(s, errp) ||
        !vut_acpi_announce(&s->acpi, &s->ring.link, OBJECT(s), ppi, errp)) {
        migrate_del_blocker(s->migration_blocker);
        error_free(s->migration_blocker);
        s->migration_blocker = NULL;
        vut_link_close(&s->ring.link);
        return;
    }
    memory_region_add_subregion(memory, TPM_TIS_ADDR_BASE, &s->registers);
    if (ppi) {
        tpm_ppi_init(&s->ppi, memory, TPM_PPI_ADDR_BASE, OBJECT(s));
    }
    vut_ring_watch(&s->ring);
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

static Property vut_properties[] = {
    DEFINE_PROP_CHR("chardev", VhostUserTPM, chr),
    DEFINE_PROP_UINT32("start-wait-us", VhostUserTPM, start_wait_us, 500),
    DEFINE_PROP_UINT32("spin-us", VhostUserTPM, ring.spin_us, 50),
#ifndef VHOST_USER_TPM_PLUGIN
    DEFINE_PROP_BOOL("ppi", VhostUserTPM, ppi_enabled, true),
#endif
    DEFINE_PROP_END_OF_LIST(),
};

static void vut_crb_init(Object *obj)
{
    VhostUserTPM *s = VHOST_USER_TPM(obj);

    s->interface = &vut_crb;
    s->ring.name = vut_crb.type;
    s->ring.lost = vut_lost;
}

static void vut_crb_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    TPMIfClass *tc = TPM_IF_CLASS(klass);

    dc->desc = "TPM 2.0 of a vhost-user-tpm process (CRB interface)";
    dc->realize = vut_realize;
    /* Nothing of it is QEMU's to save: realize blocks migration. */
    dc->vmsd = NULL;
    dc->user_creatable = true;
    dc->hotpluggable = false;
    device_class_set_props(dc, vut_properties);
    vut_acpi_add_property(klass, vut_get_acpi, vut_set_acpi);
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    tc->model = vut_crb.model;
    tc->get_version = vut_get_version;
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

void vhost_user_tpm_register_types(void)
{
    type_register_static(&vut_crb_info);
    vut_acpi_register_types();
}

#ifndef VHOST_USER_TPM_PLUGIN
type_init(vhost_user_tpm_register_types)
#endif
