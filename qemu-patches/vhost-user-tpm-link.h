/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connection to a vhost-user-tpm back-end: the messages on its socket and
 * the shared memory that it hands over. Registers are not known here.
 */
#ifndef HW_TPM_VHOST_USER_TPM_LINK_H
#define HW_TPM_VHOST_USER_TPM_LINK_H

#include "vhost_user_tpm.h"

typedef struct VutLink {
    int sock;
    int kick;
    int call;
    int interrupt; /* -1 without an interrupt line */
    int memory_fd;
    uint8_t *memory; /* VUT_MEMORY_SIZE bytes, shared with the back-end */
    uint64_t offers; /* VUT_INFO_* */
} VutLink;

#define VUT_NO_LINE UINT32_MAX

/*
 * Negotiates with the back-end at the other end of @sock for the register
 * interface @interface (VUT_INTERFACE_*) with the interrupt line @line (or
 * VUT_NO_LINE), and maps its memory. The socket is
 * duplicated: the caller keeps its own. False with @errp set and nothing left
 * open when the peer is not a back-end that will do.
 */
bool vut_link_open(VutLink *link, int sock, uint32_t interface, uint32_t line,
                   Error **errp);

/* Unmaps and closes everything. */
void vut_link_close(VutLink *link);

/*
 * Resets the TPM and waits, for some seconds at most, until that is done. The
 * connection is of no further use after a failure.
 */
bool vut_link_reset(VutLink *link, Error **errp);

/*
 * Asks for the ACPI tables that announce the TPM to a machine like @request.
 * Both come as a copy, the SSDT behind the TPM2 table, with their sizes; free
 * it with g_free(). What is in them has not been looked at. NULL with @errp
 * set when there are none.
 */
uint8_t *vut_link_get_tables(VutLink *link,
                             const struct vut_tables_request *request,
                             struct vut_tables *sizes, Error **errp);

/*
 * To be called when the socket is readable or hung up outside of a request.
 * False, with the back-end's parting words or the reason in @errp, once the
 * connection has ended; true when there was nothing to read after all.
 */
bool vut_link_check(VutLink *link, Error **errp);

static inline struct vut_control *vut_control(const VutLink *link)
{
    return (struct vut_control *)(link->memory + VUT_CONTROL_OFFSET);
}

static inline struct vut_entry *vut_ring(const VutLink *link)
{
    return (struct vut_entry *)(link->memory + VUT_RING_OFFSET);
}

#endif
