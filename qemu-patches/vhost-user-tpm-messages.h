/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The messages on the socket of a vhost-user-tpm back-end. All functions that
 * return false set @errp, and close what descriptors have come; the connection
 * is of no further use then.
 */
#ifndef HW_TPM_VHOST_USER_TPM_MESSAGES_H
#define HW_TPM_VHOST_USER_TPM_MESSAGES_H

#include "vhost_user_tpm.h"

/* Descriptors that came with a message; whoever asked for them owns them. */
typedef struct VutFds {
    int fd[VUT_MEMORY_FDS_MAX];
    int count;
} VutFds;

void vut_fds_close(VutFds *fds);

/* A request without an answer. */
bool vut_message_tell(int sock, uint32_t request, const void *payload,
                      size_t size, Error **errp);

/*
 * A request that has a reply of its own, of exactly @size bytes. With @fds
 * NULL, a reply with descriptors is a failure.
 */
bool vut_message_ask(int sock, uint32_t request, const void *payload,
                     size_t payload_size, void *reply, size_t size,
                     VutFds *fds, Error **errp);

/* The same without payload. */
bool vut_message_get(int sock, uint32_t request, void *reply, size_t size,
                     VutFds *fds, Error **errp);

/*
 * A request that is answered with an acknowledgement. False also when the
 * back-end refuses it, and says so with @what.
 */
bool vut_message_do(int sock, uint32_t request, const void *payload,
                    size_t size, const char *what, Error **errp);

/*
 * True when there is nothing to read. Anything else is the end of the
 * connection, for the back-end asks nothing.
 */
bool vut_message_none(int sock, Error **errp);

#endif
