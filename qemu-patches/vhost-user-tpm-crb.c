/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command/response buffer: docs/protocol.md, section 5. The guest reads
 * the back-end's pages directly.
 */
#include "qemu/osdep.h"

#include "qemu/atomic.h"
#include "vhost-user-tpm.h"
#include "vhost-user-tpm-registers.h"

/*
 * CTRL_START: the guest must never see it clear between its write and the end
 * of the command, so it is set here.
 */
static void vut_crb_start(VutRegisters *r, const struct vut_entry *part,
                          bool may_sleep)
{
    uint32_t *start = (uint32_t *)(vut_ring_page(&r->ring, part->locality) +
                                   VUT_CRB_CTRL_START);

    if (part->offset != VUT_CRB_CTRL_START ||
        !(part->value & VUT_CRB_CTRL_START_REQUEST) ||
        !vut_ring_has_room(&r->ring, may_sleep) ||
        (qatomic_fetch_or(start, 1) & 1)) {
        return;
    }
    vut_ring_post(&r->ring, part);
    vut_ring_wait_word(&r->ring, start, VUT_CRB_CTRL_START_REQUEST, 0,
                       r->start_wait_us, may_sleep);
}

static void vut_crb_write(VutRegisters *r, const struct vut_entry *part,
                          bool may_sleep)
{
    switch (vut_crb_write_rule(part->offset)) {
    case VUT_WRITE_LOCAL:
        memcpy(vut_ring_page(&r->ring, part->locality) + part->offset,
               &part->value, part->size);
        return;
    case VUT_WRITE_START:
        vut_crb_start(r, part, may_sleep);
        return;
    case VUT_WRITE_CANCEL:
        if (part->offset == VUT_CRB_CTRL_CANCEL &&
            (part->value & VUT_CRB_CTRL_CANCEL_REQUEST)) {
            vut_announce_cancel(r, part->locality);
        }
        /* fall through */
    case VUT_WRITE_POST:
        vut_post_and_wait(r, part, may_sleep);
        return;
    default:
        return;
    }
}

static void vut_crb_fail(uint8_t *page)
{
    qatomic_or((uint32_t *)(page + VUT_CRB_CTRL_STS), VUT_CRB_CTRL_STS_ERROR);
    qatomic_and((uint32_t *)(page + VUT_CRB_CTRL_START),
                ~VUT_CRB_CTRL_START_REQUEST);
}

const VutInterface vut_crb = {
    .id = VUT_INTERFACE_CRB,
    .type = TYPE_VHOST_USER_TPM_CRB,
    .model = TPM_MODEL_TPM_CRB,
    .write = vut_crb_write,
    .fail = vut_crb_fail,
};
