/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hot path to a vhost-user-tpm back-end: posting a guest's writes into the
 * ring in shared memory, and waiting for what comes of them. All functions are
 * called with the BQL held.
 */
#ifndef HW_TPM_VHOST_USER_TPM_RING_H
#define HW_TPM_VHOST_USER_TPM_RING_H

#include "vhost-user-tpm-link.h"

typedef struct VutRing VutRing;

struct VutRing {
    const char *name; /* in messages */
    uint32_t spin_us; /* to spin before sleeping, at most */
    /* The back-end is lost; what its memory shows is ours to decide now. */
    void (*lost)(VutRing *ring);

    VutLink link;
    uint64_t producer; /* never read back from the shared memory */
    bool stalled;      /* has missed a deadline since it last caught up */
    bool gone;         /* for good */
};

/* To be called once the link is open: notices when the back-end hangs up. */
void vut_ring_watch(VutRing *ring);

/* Resets the TPM, which waits for nothing but that. */
void vut_ring_reset(VutRing *ring);

/*
 * True when one entry more can be posted. Where the back-end has stopped and
 * the ring is full, it is waited for; false then means: drop the access.
 * Letting go of the BQL to sleep is allowed with @may_sleep only, which is
 * for a vCPU's own access: a DMA comes from the midst of another device's
 * code.
 */
bool vut_ring_has_room(VutRing *ring, bool may_sleep);

/* Posts an entry into a ring that has room. */
void vut_ring_post(VutRing *ring, const struct vut_entry *entry);

/* Waits for entry number @entry; false when it has not been carried out. */
bool vut_ring_wait_entry(VutRing *ring, uint64_t entry, bool may_sleep);

/*
 * Whether the back-end is late: it has missed a deadline, and entries are still
 * to be carried out, so that its registers are older than the guest's writes.
 */
bool vut_ring_is_late(const VutRing *ring);

/* Waits until @word in the pages has @value in @mask, @budget us at most. */
void vut_ring_wait_word(VutRing *ring, const uint32_t *word, uint32_t mask,
                        uint32_t value, int64_t budget, bool may_sleep);

static inline uint8_t *vut_ring_page(const VutRing *ring, unsigned locality)
{
    return ring->link.memory + VUT_REGISTERS_OFFSET + locality * VUT_PAGE_SIZE;
}

#endif
