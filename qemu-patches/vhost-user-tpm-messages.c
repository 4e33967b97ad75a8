/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The messages on the socket: docs/protocol.md, section 1. The back-end is not
 * trusted: whatever it sends is bounded and checked, and it is never waited
 * for without a deadline.
 */
#include "qemu/osdep.h"

#include <poll.h>
#include <sys/socket.h>

#include "qapi/error.h"
#include "vhost-user-tpm-messages.h"

#define VUT_REPLY_TIMEOUT_US (10 * G_USEC_PER_SEC)
/* How long the rest of a message may take whose first byte has arrived. */
#define VUT_REST_TIMEOUT_US (G_USEC_PER_SEC / 10)

void vut_fds_close(VutFds *fds)
{
    while (fds->count > 0) {
        close(fds->fd[--fds->count]);
    }
}

static bool vut_poll(int sock, short events, int64_t deadline, Error **errp)
{
    for (;;) {
        struct pollfd pfd = { .fd = sock, .events = events };
        int64_t left = deadline - g_get_monotonic_time();
        int n = poll(&pfd, 1, left > 0 ? left / 1000 + 1 : 0);

        if (n > 0) {
            return true;
        }
        if (n < 0 && errno != EINTR) {
            error_setg_errno(errp, errno, "poll failed on its socket");
            return false;
        }
        if (n == 0 && left <= 0) {
            error_setg(errp, "it does not answer");
            return false;
        }
    }
}

static bool vut_send(int sock, const void *bytes, size_t size, Error **errp)
{
    int64_t deadline = g_get_monotonic_time() + VUT_REPLY_TIMEOUT_US;
    const uint8_t *rest = bytes;

    while (size > 0) {
        ssize_t n = send(sock, rest, size, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n > 0) {
            rest += n;
            size -= n;
        } else if (n < 0 && errno == EAGAIN) {
            if (!vut_poll(sock, POLLOUT, deadline, errp)) {
                return false;
            }
        } else if (n < 0 && errno != EINTR) {
            error_setg_errno(errp, errno, "sending to it failed");
            return false;
        }
    }
    return true;
}

/* Moves what came as SCM_RIGHTS into @fds, or closes it when that is full. */
static bool vut_take_fds(struct msghdr *msg, VutFds *fds)
{
    bool fit = !(msg->msg_flags & MSG_CTRUNC);
    struct cmsghdr *cmsg;

    for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
        size_t i, count = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        for (i = 0; i < count; i++) {
            int fd;

            memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(fd), sizeof(fd));
            if (fds->count < VUT_MEMORY_FDS_MAX) {
                fds->fd[fds->count++] = fd;
            } else {
                close(fd);
                fit = false;
            }
        }
    }
    return fit;
}

static bool vut_recv(int sock, void *bytes, size_t size, VutFds *fds,
                     int64_t deadline, Error **errp)
{
    uint8_t *rest = bytes;

    while (size > 0) {
        union {
            char bytes[CMSG_SPACE(sizeof(int) * VUT_MEMORY_FDS_MAX)];
            struct cmsghdr align;
        } control;
        struct iovec iov = { .iov_base = rest, .iov_len = size };
        struct msghdr msg = {
            .msg_iov = &iov,
            .msg_iovlen = 1,
            .msg_control = &control,
            .msg_controllen = sizeof(control),
        };
        ssize_t n = recvmsg(sock, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

        if (n == 0) {
            error_setg(errp, "it has closed the connection");
            return false;
        }
        if (n > 0) {
            if (!vut_take_fds(&msg, fds)) {
                error_setg(errp, "it has sent too many descriptors");
                return false;
            }
            rest += n;
            size -= n;
        } else if (errno == EAGAIN) {
            if (!vut_poll(sock, POLLIN, deadline, errp)) {
                return false;
            }
        } else if (errno != EINTR) {
            error_setg_errno(errp, errno, "receiving from it failed");
            return false;
        }
    }
    return true;
}

static void vut_goodbye(const struct vut_goodbye *goodbye, Error **errp)
{
    char text[VUT_GOODBYE_TEXT + 1];
    char *c;

    memcpy(text, goodbye->text, VUT_GOODBYE_TEXT);
    text[VUT_GOODBYE_TEXT] = '\0';
    /* For a terminal or a log: whatever could steer either is replaced. */
    for (c = text; *c; c++) {
        if ((uint8_t)*c < 0x20 || *c == 0x7f) {
            *c = '?';
        }
    }
    error_setg(errp, "it says goodbye (reason %" PRIu32 "): %s",
               goodbye->reason, text);
}

/*
 * Receives one message that must be the reply to @request with exactly @size
 * bytes of payload, or the back-end's GOODBYE, which is an error. With
 * @request 0 only the latter will do.
 */
static bool vut_receive(int sock, uint32_t request, void *payload, size_t size,
                        VutFds *fds, int64_t deadline, Error **errp)
{
    struct vut_header header;
    struct vut_goodbye goodbye;

    if (!vut_recv(sock, &header, sizeof(header), fds, deadline, errp)) {
        return false;
    }
    if ((header.flags & VUT_FLAG_VERSION_MASK) != VUT_FLAG_VERSION) {
        error_setg(errp, "it does not speak the vhost-user-tpm protocol");
        return false;
    }
    if (header.request == VUT_GOODBYE && header.size == sizeof(goodbye)) {
        if (vut_recv(sock, &goodbye, sizeof(goodbye), fds, deadline, errp)) {
            vut_goodbye(&goodbye, errp);
        }
        return false;
    }
    if (!request || header.request != request || header.size != size ||
        header.flags != (VUT_FLAG_VERSION | VUT_FLAG_REPLY)) {
        error_setg(errp, "it breaks the vhost-user-tpm protocol (message %"
                   PRIu32 ", flags 0x%" PRIx32 ", %" PRIu32 " bytes)",
                   header.request, header.flags, header.size);
        return false;
    }
    return vut_recv(sock, payload, size, fds, deadline, errp);
}

static bool vut_transmit(int sock, uint32_t request, uint32_t flags,
                         const void *payload, size_t size, Error **errp)
{
    uint8_t message[VUT_HEADER_SIZE + VUT_MAX_PAYLOAD];
    struct vut_header header = {
        .request = request,
        .flags = VUT_FLAG_VERSION | flags,
        .size = size,
    };

    assert(size <= VUT_MAX_PAYLOAD);
    memcpy(message, &header, sizeof(header));
    if (size) {
        memcpy(message + sizeof(header), payload, size);
    }
    return vut_send(sock, message, sizeof(header) + size, errp);
}

bool vut_message_tell(int sock, uint32_t request, const void *payload,
                      size_t size, Error **errp)
{
    return vut_transmit(sock, request, 0, payload, size, errp);
}

bool vut_message_ask(int sock, uint32_t request, const void *payload,
                     size_t payload_size, void *reply, size_t size,
                     VutFds *fds, Error **errp)
{
    int64_t deadline = g_get_monotonic_time() + VUT_REPLY_TIMEOUT_US;
    VutFds none = { .count = 0 };
    VutFds *into = fds ? fds : &none;

    if (!vut_transmit(sock, request, 0, payload, payload_size, errp) ||
        !vut_receive(sock, request, reply, size, into, deadline, errp)) {
        vut_fds_close(into);
        return false;
    }
    if (none.count) {
        vut_fds_close(&none);
        error_setg(errp, "it has sent descriptors that belong to nothing");
        return false;
    }
    return true;
}

bool vut_message_get(int sock, uint32_t request, void *reply, size_t size,
                     VutFds *fds, Error **errp)
{
    return vut_message_ask(sock, request, NULL, 0, reply, size, fds, errp);
}

bool vut_message_do(int sock, uint32_t request, const void *payload,
                    size_t size, const char *what, Error **errp)
{
    int64_t deadline = g_get_monotonic_time() + VUT_REPLY_TIMEOUT_US;
    VutFds none = { .count = 0 };
    uint64_t refused;
    bool received;

    received = vut_transmit(sock, request, VUT_FLAG_NEED_REPLY, payload, size,
                            errp) &&
               vut_receive(sock, request, &refused, sizeof(refused), &none,
                           deadline, errp);
    vut_fds_close(&none);
    if (received && refused) {
        error_setg(errp, "it refuses %s", what);
        return false;
    }
    return received;
}

bool vut_message_none(int sock, Error **errp)
{
    int64_t deadline = g_get_monotonic_time() + VUT_REST_TIMEOUT_US;
    struct pollfd pfd = { .fd = sock, .events = POLLIN };
    VutFds none = { .count = 0 };

    if (poll(&pfd, 1, 0) == 0) {
        return true;
    }
    vut_receive(sock, 0, NULL, 0, &none, deadline, errp);
    vut_fds_close(&none);
    return false;
}
