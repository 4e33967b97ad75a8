/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The FIFO of TIS: docs/protocol.md, section 7. Every access exits, for a read
 * of the FIFO has an effect; its bytes are moved here as far as the back-end's
 * limits allow, without telling it.
 */
#include "qemu/osdep.h"

#include "qemu/atomic.h"
#include "qemu/bitops.h"
#include "vhost-user-tpm.h"
#include "vhost-user-tpm-registers.h"

static uint32_t vut_tis_word(VutRegisters *r, unsigned locality,
                             uint32_t offset)
{
    return qatomic_load_acquire((uint32_t *)(vut_ring_page(&r->ring, locality) +
                                             (offset & ~3u)));
}

static bool vut_tis_is_active(VutRegisters *r, unsigned locality)
{
    return !r->ring.gone && (vut_tis_word(r, locality, VUT_TIS_ACCESS) &
                             VUT_TIS_ACCESS_ACTIVE_LOCALITY);
}

/* To be called after a limit was loaded: it belongs to this generation. */
static void vut_tis_follow_generation(VutRegisters *r)
{
    struct vut_control *control = vut_control(&r->ring.link);
    uint32_t generation = qatomic_load_acquire(&control->fifo_generation);

    if (generation != r->fifo_generation) {
        r->fifo_generation = generation;
        r->fifo_written = 0;
        r->fifo_told = 0;
        r->fifo_read = 0;
    }
}

static bool vut_tis_limit_reached(VutRegisters *r, unsigned locality,
                                  uint32_t which, uint32_t position,
                                  bool may_sleep)
{
    struct vut_entry entry = {
        .kind = VUT_ENTRY_FIFO,
        .locality = locality,
        .size = 8,
        .offset = which,
        .value = (uint64_t)r->fifo_generation << 32 | position,
    };

    return vut_post_and_wait(r, &entry, may_sleep);
}

static uint32_t vut_tis_write_limit(VutRegisters *r)
{
    struct vut_control *control = vut_control(&r->ring.link);
    uint32_t limit = qatomic_load_acquire(&control->fifo_write_limit);

    vut_tis_follow_generation(r);
    return MIN(limit, VUT_FIFO_SIZE);
}

/*
 * Tells of the limits that the command has reached. That is one at a time,
 * but for what was written while the back-end was late.
 */
static void vut_tis_tell_written(VutRegisters *r, unsigned locality,
                                 bool may_sleep)
{
    unsigned i;

    for (i = 0; i < VUT_FIFO_COMMAND_LIMITS; i++) {
        uint32_t limit = vut_tis_write_limit(r);

        if (limit > r->fifo_written || limit <= r->fifo_told) {
            return;
        }
        r->fifo_told = limit;
        if (!vut_tis_limit_reached(r, locality, VUT_FIFO_COMMAND, limit,
                                   may_sleep)) {
            r->fifo_told = 0; /* the next time; twice does no harm */
            return;
        }
    }
}

/*
 * How many bytes a command may have now. A burst count that the guest has read
 * holds while the back-end is late too; locality 4 has none in a D-RTM
 * sequence.
 */
static uint32_t vut_tis_room(VutRegisters *r, unsigned locality)
{
    if (locality < VUT_LOCALITIES - 1 && vut_ring_is_late(&r->ring)) {
        vut_tis_follow_generation(r);
        return VUT_FIFO_SIZE;
    }
    return vut_tis_write_limit(r);
}

/* False: the byte has found no room. */
static bool vut_tis_put(VutRegisters *r, unsigned locality, uint8_t byte,
                        bool may_sleep)
{
    uint32_t room = vut_tis_room(r, locality);

    if (r->fifo_written >= room) {
        return false;
    }
    r->ring.link.memory[VUT_COMMAND_OFFSET + r->fifo_written] = byte;
    r->fifo_written++;
    vut_tis_tell_written(r, locality, may_sleep);
    return true;
}

static uint8_t vut_tis_get(VutRegisters *r, unsigned locality, bool may_sleep)
{
    struct vut_control *control = vut_control(&r->ring.link);
    uint32_t limit = qatomic_load_acquire(&control->fifo_read_limit);
    uint8_t byte;

    vut_tis_follow_generation(r);
    limit = MIN(limit, VUT_FIFO_SIZE);
    if (r->fifo_read >= limit) {
        return VUT_TIS_NO_BYTE;
    }
    byte = r->ring.link.memory[VUT_RESPONSE_OFFSET + r->fifo_read];
    r->fifo_read++;
    if (r->fifo_read == limit) {
        vut_tis_limit_reached(r, locality, VUT_FIFO_RESPONSE, limit,
                              may_sleep);
    }
    return byte;
}

static void vut_tis_write_fifo(VutRegisters *r, const struct vut_entry *part,
                               bool may_sleep)
{
    unsigned i;

    for (i = 0; i < part->size; i++) {
        if (!vut_tis_is_active(r, part->locality)) {
            return;
        }
        if (!vut_tis_put(r, part->locality, part->value >> 8 * i, may_sleep)) {
            break;
        }
    }
    /* In a D-RTM sequence there is no command, and this is HASH_DATA. */
    if (i == 0 && part->locality == VUT_LOCALITIES - 1 &&
        (part->offset & ~3u) == VUT_TIS_DATA_FIFO) {
        vut_post_and_wait(r, part, may_sleep);
    }
}

static void vut_tis_write_sts(VutRegisters *r, const struct vut_entry *part,
                              bool may_sleep)
{
    uint32_t bits = part->value << 8 * (part->offset - VUT_TIS_STS);
    uint32_t *sts = (uint32_t *)(vut_ring_page(&r->ring, part->locality) +
                                 VUT_TIS_STS);

    if (bits & VUT_TIS_STS_COMMAND_CANCEL) {
        vut_announce_cancel(r, part->locality);
    }
    if (!(bits & VUT_TIS_STS_TPM_GO)) {
        vut_post_and_wait(r, part, may_sleep);
    } else if (vut_ring_has_room(&r->ring, may_sleep)) {
        vut_ring_post(&r->ring, part);
        vut_ring_wait_word(&r->ring, sts, VUT_TIS_STS_DATA_AVAIL,
                           VUT_TIS_STS_DATA_AVAIL, r->start_wait_us,
                           may_sleep);
    }
}

static void vut_tis_write(VutRegisters *r, const struct vut_entry *part,
                          bool may_sleep)
{
    switch (vut_tis_write_rule(part->offset)) {
    case VUT_WRITE_FIFO:
        vut_tis_write_fifo(r, part, may_sleep);
        return;
    case VUT_WRITE_STS:
        vut_tis_write_sts(r, part, may_sleep);
        return;
    case VUT_WRITE_POST:
        vut_post_and_wait(r, part, may_sleep);
        return;
    default:
        return;
    }
}

static uint32_t vut_tis_read_fifo(VutRegisters *r, unsigned locality,
                                  unsigned size, bool may_sleep)
{
    uint32_t value = 0;
    unsigned i;

    for (i = 0; i < size; i++) {
        uint8_t byte = vut_tis_is_active(r, locality) ?
                       vut_tis_get(r, locality, may_sleep) : VUT_TIS_NO_BYTE;

        value |= (uint32_t)byte << 8 * i;
    }
    return value;
}

/*
 * While the back-end is late, stsValid is clear and burstCount 0: wait. The
 * other bits would speak of the time before the guest's last write. Whether it
 * is late has to be known before its limit and its page are looked at.
 */
static uint32_t vut_tis_read_sts(VutRegisters *r, unsigned locality,
                                 unsigned size, bool may_sleep)
{
    bool late = vut_ring_is_late(&r->ring);
    uint32_t word;

    if (vut_tis_is_active(r, locality)) {
        vut_tis_tell_written(r, locality, may_sleep);
        late |= vut_ring_is_late(&r->ring);
    }
    word = vut_tis_word(r, locality, VUT_TIS_STS);
    vut_tis_follow_generation(r);
    return late ? vut_tis_sts_late(word) :
                  vut_tis_sts(word, r->fifo_written, r->fifo_read, size);
}

/* A word is loaded once: its bytes belong together. */
static uint32_t vut_tis_read_word(VutRegisters *r, unsigned locality,
                                  uint32_t offset, unsigned size,
                                  bool may_sleep)
{
    uint32_t word;

    switch (offset & ~3u) {
    case VUT_TIS_STS:
        word = vut_tis_read_sts(r, locality, size, may_sleep);
        break;
    case VUT_TIS_ACCESS:
        /* Without tpmRegValidSts nothing in it is valid. */
        word = vut_ring_is_late(&r->ring) ? 0 :
               vut_tis_word(r, locality, offset);
        break;
    default:
        word = vut_tis_word(r, locality, offset);
    }
    return word >> 8 * (offset & 3);
}

static uint64_t vut_tis_read(VutRegisters *r, uint32_t addr, unsigned size,
                             bool may_sleep)
{
    uint64_t value = 0;
    unsigned done = 0;

    while (done < size) {
        unsigned part = MIN(4 - (addr & 3), size - done);
        unsigned locality = addr / VUT_PAGE_SIZE;
        uint32_t offset = addr % VUT_PAGE_SIZE;
        uint32_t bits = vut_tis_is_fifo(offset) ?
            vut_tis_read_fifo(r, locality, part, may_sleep) :
            vut_tis_read_word(r, locality, offset, size, may_sleep);

        value |= extract64(bits, 0, 8 * part) << 8 * done;
        addr += part;
        done += part;
    }
    return value;
}

/* As where no TPM is. */
static void vut_tis_fail(uint8_t *page)
{
    unsigned i;

    for (i = 0; i < VUT_PAGE_SIZE / sizeof(uint32_t); i++) {
        qatomic_set((uint32_t *)page + i, UINT32_MAX);
    }
}

const VutInterface vut_tis = {
    .id = VUT_INTERFACE_TIS,
    .type = TYPE_VHOST_USER_TPM_TIS,
    .model = TPM_MODEL_TPM_TIS,
    .write = vut_tis_write,
    .read = vut_tis_read,
    .fail = vut_tis_fail,
};
