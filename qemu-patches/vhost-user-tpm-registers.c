/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's accesses to the registers, and their interrupt: what is the same
 * with CRB and TIS.
 */
#include "qemu/osdep.h"

#include "qapi/error.h"
#include "qemu/atomic.h"
#include "qemu/bitops.h"
#include "qemu/host-utils.h"
#include "qemu/main-loop.h"
#include "vhost-user-tpm-registers.h"

/* The interrupt line as the back-end wants it. */
static void vut_follow_interrupt(VutRegisters *r)
{
    bool level;

    if (!r->irq) {
        return;
    }
    level = !r->ring.gone &&
            qatomic_load_acquire(&vut_control(&r->ring.link)->interrupt_level);
    if (level != r->irq_level) {
        r->irq_level = level;
        qemu_set_irq(r->irq, level);
    }
}

static void vut_interrupt_event(void *opaque)
{
    VutRegisters *r = opaque;
    uint64_t count;
    ssize_t ignored = read(r->ring.link.interrupt, &count, sizeof(count));

    (void)ignored;
    vut_follow_interrupt(r);
}

void vut_announce_cancel(VutRegisters *r, unsigned locality)
{
    qatomic_store_release(&vut_control(&r->ring.link)->cancel[locality],
                          r->ring.producer + 1);
}

bool vut_post_and_wait(VutRegisters *r, const struct vut_entry *part,
                       bool may_sleep)
{
    if (!vut_ring_has_room(&r->ring, may_sleep)) {
        return false;
    }
    vut_ring_post(&r->ring, part);
    vut_ring_wait_entry(&r->ring, r->ring.producer - 1, may_sleep);
    return true;
}

static MemTxResult vut_write(void *opaque, hwaddr addr, uint64_t value,
                             unsigned size, MemTxAttrs attrs)
{
    VutRegisters *r = opaque;
    unsigned done = 0;

    size = MIN(size, VUT_REGISTERS_SIZE - addr);
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

        if (entry.locality < VUT_LOCALITIES - 1 || r->locality4) {
            r->interface->write(r, &entry, !attrs.unspecified);
        }
        addr += part;
        done += part;
    }
    vut_follow_interrupt(r);
    return MEMTX_OK;
}

static MemTxResult vut_read(void *opaque, hwaddr addr, uint64_t *value,
                            unsigned size, MemTxAttrs attrs)
{
    VutRegisters *r = opaque;

    size = MIN(size, VUT_REGISTERS_SIZE - addr);
    if (r->interface->read) {
        *value = r->interface->read(r, addr, size, !attrs.unspecified);
        vut_follow_interrupt(r);
    } else { /* the guest itself reads without an exit */
        *value = 0;
        memcpy(value, vut_ring_page(&r->ring, 0) + addr, size);
    }
    return MEMTX_OK;
}

static const MemoryRegionOps vut_ops = {
    .read_with_attrs = vut_read,
    .write_with_attrs = vut_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

static void vut_lost(VutRing *ring)
{
    VutRegisters *r = container_of(ring, VutRegisters, ring);
    unsigned i;

    for (i = 0; i < VUT_LOCALITIES; i++) {
        r->interface->fail(vut_ring_page(ring, i));
    }
    vut_follow_interrupt(r);
}

void vut_registers_init(VutRegisters *r, const VutInterface *interface)
{
    r->interface = interface;
    r->ring.name = interface->type;
    r->ring.lost = vut_lost;
}

bool vut_registers_map(VutRegisters *r, Object *owner, Error **errp)
{
    Error *err = NULL;
    int fd;

    if (r->interface->read) {
        memory_region_init_io(&r->mmio, owner, &vut_ops, r,
                              "vhost-user-tpm-registers", VUT_REGISTERS_SIZE);
        return true;
    }
    fd = qemu_dup(r->ring.link.memory_fd);
    if (fd < 0) {
        error_setg_errno(errp, errno, "cannot duplicate a descriptor");
        return false;
    }
    /*
     * One page more: QEMU's loads from a ROM device (qtest, device models) do
     * not look where it ends, and would read beyond the mapping.
     */
    memory_region_init_ram_from_fd(&r->mmio, owner, "vhost-user-tpm-registers",
                                   VUT_REGISTERS_SIZE + VUT_PAGE_SIZE,
                                   RAM_SHARED, fd, VUT_REGISTERS_OFFSET, &err);
    if (err) {
        close(fd);
        error_propagate(errp, err);
        return false;
    }
    memory_region_set_size(&r->mmio, VUT_REGISTERS_SIZE);
    r->mmio.ram = false;
    r->mmio.rom_device = true;
    r->mmio.ops = &vut_ops;
    r->mmio.opaque = r;
    return true;
}

void vut_registers_connect_irq(VutRegisters *r, qemu_irq irq)
{
    r->irq = irq;
    qemu_set_fd_handler(r->ring.link.interrupt, vut_interrupt_event, NULL, r);
}

void vut_registers_reset(VutRegisters *r)
{
    vut_ring_reset(&r->ring);
    vut_follow_interrupt(r);
}
