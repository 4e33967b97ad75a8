/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's accesses to the registers, their interrupt, and what the register
 * interfaces, CRB and TIS, do differently. All functions are called with the
 * BQL held.
 */
#ifndef HW_TPM_VHOST_USER_TPM_REGISTERS_H
#define HW_TPM_VHOST_USER_TPM_REGISTERS_H

#include "exec/memory.h"
#include "hw/irq.h"
#include "qapi/qapi-types-tpm.h"
#include "vhost-user-tpm-ring.h"

typedef struct VutInterface VutInterface;

typedef struct VutRegisters {
    const VutInterface *interface;
    VutRing ring;
    MemoryRegion mmio;
    uint32_t start_wait_us; /* for the end of a command, at most */
    bool locality4;         /* the guest's writes reach it */
    qemu_irq irq;           /* NULL: the guest has no interrupt line */
    bool irq_level;
    /* TIS: how many bytes have been moved, in this generation of the FIFO. */
    uint32_t fifo_generation;
    uint32_t fifo_written;
    uint32_t fifo_told; /* the last limit of those that was posted */
    uint32_t fifo_read;
} VutRegisters;

struct VutInterface {
    uint32_t id; /* VUT_INTERFACE_* */
    const char *type;
    enum TpmModel model;
    /* A guest's write within one 32-bit word of one locality's page. */
    void (*write)(VutRegisters *r, const struct vut_entry *part,
                  bool may_sleep);
    /*
     * A guest's read of @size bytes at @addr (from locality 0's page), or NULL
     * where it reads the pages itself, without an exit.
     */
    uint64_t (*read)(VutRegisters *r, uint32_t addr, unsigned size,
                     bool may_sleep);
    /* What a locality's @page shows when the back-end is lost. */
    void (*fail)(uint8_t *page);
};

extern const VutInterface vut_crb;
extern const VutInterface vut_tis;

void vut_registers_init(VutRegisters *r, const VutInterface *interface);

/*
 * Makes @mmio, once the ring's link is open. A guest's writes come here; so do
 * its reads, or they go to the back-end's pages.
 */
bool vut_registers_map(VutRegisters *r, Object *owner, Error **errp);

/* From now on the back-end's interrupt is that of @irq. */
void vut_registers_connect_irq(VutRegisters *r, qemu_irq irq);

/* The machine's reset, with the vCPUs stopped: the TPM's too. */
void vut_registers_reset(VutRegisters *r);

/* What the interfaces share: */

/*
 * Posts @part and waits until it is carried out. False: it was not posted, for
 * the back-end has stopped and the ring is full.
 */
bool vut_post_and_wait(VutRegisters *r, const struct vut_entry *part,
                       bool may_sleep);

/*
 * The value that vut_control.cancel has to have before the entry that is
 * posted next, if that one asks for a cancel at @locality.
 */
void vut_announce_cancel(VutRegisters *r, unsigned locality);

#endif
