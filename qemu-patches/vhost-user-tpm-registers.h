/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's accesses to the registers: what the register interfaces, CRB and
 * TIS, do differently. All functions are called with the BQL held.
 */
#ifndef HW_TPM_VHOST_USER_TPM_REGISTERS_H
#define HW_TPM_VHOST_USER_TPM_REGISTERS_H

#include "hw/irq.h"
#include "qapi/qapi-types-tpm.h"
#include "vhost-user-tpm-ring.h"

typedef struct VutRegisters {
    VutRing ring;
    uint32_t start_wait_us; /* for the end of a command, at most */
    qemu_irq irq;           /* NULL: the guest has no interrupt line */
    bool irq_level;
    /* TIS: how many bytes have been moved, in this generation of the FIFO. */
    uint32_t fifo_generation;
    uint32_t fifo_written;
    uint32_t fifo_read;
} VutRegisters;

typedef struct VutInterface {
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
} VutInterface;

extern const VutInterface vut_crb;
extern const VutInterface vut_tis;

/* Posts @part and waits until it is carried out. */
void vut_post_and_wait(VutRegisters *r, const struct vut_entry *part,
                       bool may_sleep);

/*
 * The value that vut_control.cancel has to have before the entry that is
 * posted next, if that one asks for a cancel at @locality.
 */
void vut_announce_cancel(VutRegisters *r, unsigned locality);

#endif
