/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connection to a vhost-user-tpm back-end. The back-end is not trusted:
 * whatever it says is bounded and checked, and it is never waited for without
 * a deadline.
 */
#include "qemu/osdep.h"

#include <glib-unix.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qemu/mmap-alloc.h"
#include "vhost-user-tpm-link.h"

#define VUT_REPLY_TIMEOUT_US (10 * G_USEC_PER_SEC)
/* How long the rest of a message may take whose first byte has arrived. */
#define VUT_REST_TIMEOUT_US (G_USEC_PER_SEC / 10)

#define VUT_NEEDED_SEALS (F_SEAL_SHRINK | F_SEAL_GROW)
#define VUT_TABLE_SEALS (VUT_NEEDED_SEALS | F_SEAL_WRITE)

typedef struct VutFds {
    int fd[VUT_MEMORY_FDS_MAX];
    int count;
} VutFds;

static void vut_fds_close(VutFds *fds)
{
    while (fds->count > 0) {
        close(fds->fd[--fds->count]);
    }
}

static void vut_fd_close(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
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

/* A request that has a reply of its own. */
static bool vut_ask(int sock, uint32_t request, const void *payload,
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

/* The same without payload. */
static bool vut_get(int sock, uint32_t request, void *reply, size_t size,
                    VutFds *fds, Error **errp)
{
    return vut_ask(sock, request, NULL, 0, reply, size, fds, errp);
}

/* A request that is answered with an acknowledgement. */
static bool vut_do(int sock, uint32_t request, const void *payload,
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

static bool vut_negotiate(VutLink *link, uint32_t interface, uint32_t line,
                          Error **errp)
{
    const uint64_t wanted = 1ull << VUT_PROTOCOL_F_REPLY_ACK |
                            1ull << VUT_PROTOCOL_F_RESET_DEVICE;
    struct vut_interface choice = {
        .version = VUT_PROTOCOL_VERSION,
        .id = interface,
        .flags = line == VUT_NO_LINE ? 0 : VUT_INTERFACE_INTERRUPTS,
        .line = line == VUT_NO_LINE ? 0 : line,
    };
    struct vut_info info;
    int sock = link->sock;
    uint64_t features;

    if (!vut_get(sock, VUT_GET_FEATURES, &features, sizeof(features), NULL,
                 errp)) {
        return false;
    }
    features &= 1ull << VUT_F_PROTOCOL_FEATURES;
    if (!features) {
        error_setg(errp, "it has no protocol features: not a TPM back-end");
        return false;
    }
    if (!vut_transmit(sock, VUT_SET_FEATURES, 0, &features, sizeof(features),
                      errp) ||
        !vut_get(sock, VUT_GET_PROTOCOL_FEATURES, &features, sizeof(features),
                 NULL, errp)) {
        return false;
    }
    if ((features & wanted) != wanted) {
        error_setg(errp, "it lacks protocol features (has 0x%" PRIx64
                   ", needed 0x%" PRIx64 ")", features, wanted);
        return false;
    }
    if (!vut_do(sock, VUT_SET_PROTOCOL_FEATURES, &wanted, sizeof(wanted),
                "the protocol features", errp) ||
        !vut_get(sock, VUT_GET_INFO, &info, sizeof(info), NULL, errp)) {
        return false;
    }
    if (info.version_min > VUT_PROTOCOL_VERSION ||
        info.version_max < VUT_PROTOCOL_VERSION) {
        error_setg(errp, "it speaks versions %" PRIu32 " to %" PRIu32
                   " of the protocol, this front-end version %u",
                   info.version_min, info.version_max, VUT_PROTOCOL_VERSION);
        return false;
    }
    if (info.localities != VUT_LOCALITIES ||
        !(info.interfaces & 1u << interface)) {
        error_setg(errp, "it does not offer this register interface");
        return false;
    }
    if (choice.flags && !(info.flags & VUT_INFO_INTERRUPTS)) {
        error_setg(errp, "it cannot raise interrupts");
        return false;
    }
    link->offers = info.flags;
    return vut_do(sock, VUT_SET_INTERFACE, &choice, sizeof(choice),
                  "this register interface", errp);
}

/*
 * The memory must be there to the last byte and stay there: an access beyond
 * the end of the file would kill the machine with SIGBUS.
 */
static bool vut_check_memory(int fd, const struct vut_memory *memory,
                             Error **errp)
{
    int seals = fcntl(fd, F_GET_SEALS);
    struct stat st;

    if (memory->size != VUT_MEMORY_SIZE ||
        memory->ring_entries != VUT_RING_ENTRIES) {
        error_setg(errp, "its shared memory has an unknown layout");
        return false;
    }
    if (seals < 0 || (seals & VUT_NEEDED_SEALS) != VUT_NEEDED_SEALS) {
        error_setg(errp, "its shared memory is not a memfd sealed against"
                   " shrinking and growing");
        return false;
    }
    if (fstat(fd, &st) < 0 || st.st_size < VUT_MEMORY_SIZE) {
        error_setg(errp, "its shared memory is too small");
        return false;
    }
    if (qemu_fd_getpagesize(fd) != VUT_PAGE_SIZE) {
        error_setg(errp, "its shared memory is not made of %u-byte pages",
                   VUT_PAGE_SIZE);
        return false;
    }
    return true;
}

static bool vut_map(VutLink *link, bool interrupts, Error **errp)
{
    const int count = interrupts ? VUT_MEMORY_FDS_MAX : VUT_MEMORY_FDS;
    VutFds fds = { .count = 0 };
    struct vut_memory memory;
    void *mapping;

    if (!vut_get(link->sock, VUT_GET_MEMORY, &memory, sizeof(memory), &fds,
                 errp)) {
        return false;
    }
    if (fds.count != count) {
        error_setg(errp, "it has sent %d descriptors instead of %d", fds.count,
                   count);
        vut_fds_close(&fds);
        return false;
    }
    link->memory_fd = fds.fd[VUT_FD_MEMORY];
    link->kick = fds.fd[VUT_FD_KICK];
    link->call = fds.fd[VUT_FD_CALL];
    link->interrupt = interrupts ? fds.fd[VUT_FD_INTERRUPT] : -1;
    if (!vut_check_memory(link->memory_fd, &memory, errp)) {
        return false;
    }
    /* A peer must not be able to stop us with a descriptor that blocks. */
    if (!g_unix_set_fd_nonblocking(link->kick, true, NULL) ||
        !g_unix_set_fd_nonblocking(link->call, true, NULL) ||
        (interrupts &&
         !g_unix_set_fd_nonblocking(link->interrupt, true, NULL))) {
        error_setg(errp, "its eventfds cannot be used");
        return false;
    }
    mapping = mmap(NULL, VUT_MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
                   link->memory_fd, 0);
    if (mapping == MAP_FAILED) {
        error_setg_errno(errp, errno, "its shared memory cannot be mapped");
        return false;
    }
    link->memory = mapping;
    return true;
}

bool vut_link_open(VutLink *link, int sock, uint32_t interface, uint32_t line,
                   Error **errp)
{
    *link = (VutLink) {
        .sock = -1, .kick = -1, .call = -1, .interrupt = -1, .memory_fd = -1,
    };
    link->sock = qemu_dup(sock);
    if (link->sock < 0) {
        error_setg_errno(errp, errno, "its socket cannot be duplicated");
        return false;
    }
    if (!vut_negotiate(link, interface, line, errp) ||
        !vut_map(link, line != VUT_NO_LINE, errp)) {
        vut_link_close(link);
        return false;
    }
    return true;
}

void vut_link_close(VutLink *link)
{
    if (link->memory) {
        munmap(link->memory, VUT_MEMORY_SIZE);
        link->memory = NULL;
    }
    vut_fd_close(&link->memory_fd);
    vut_fd_close(&link->kick);
    vut_fd_close(&link->call);
    vut_fd_close(&link->interrupt);
    vut_fd_close(&link->sock);
}

bool vut_link_reset(VutLink *link, Error **errp)
{
    return vut_do(link->sock, VUT_RESET_DEVICE, NULL, 0, "to be reset", errp);
}

/* A memfd is the one kind of file that can be read without being waited for. */
static bool vut_read_tables(int fd, uint8_t *tables, size_t size, Error **errp)
{
    int seals = fcntl(fd, F_GET_SEALS);

    if (seals < 0 || (seals & VUT_TABLE_SEALS) != VUT_TABLE_SEALS) {
        error_setg(errp, "they are not in a memfd sealed against changes");
        return false;
    }
    if (pread(fd, tables, size, 0) != size) {
        error_setg(errp, "they are shorter than it says");
        return false;
    }
    return true;
}

uint8_t *vut_link_get_tables(VutLink *link,
                             const struct vut_tables_request *request,
                             struct vut_tables *sizes, Error **errp)
{
    g_autofree uint8_t *tables = NULL;
    VutFds fds = { .count = 0 };
    uint64_t size;
    bool read;

    if (!(link->offers & VUT_INFO_TABLES)) {
        error_setg(errp, "it does not offer any");
        return NULL;
    }
    if (!vut_ask(link->sock, VUT_GET_TABLES, request, sizeof(*request), sizes,
                 sizeof(*sizes), &fds, errp)) {
        return NULL;
    }
    size = (uint64_t)sizes->tpm2_size + sizes->ssdt_size;
    if (fds.count != 1 || size == 0 || size > VUT_TABLES_MAX) {
        error_setg(errp, "it has sent %d descriptors with %" PRIu64 " bytes",
                   fds.count, size);
        vut_fds_close(&fds);
        return NULL;
    }
    tables = g_malloc0(size);
    read = vut_read_tables(fds.fd[0], tables, size, errp);
    vut_fds_close(&fds);
    return read ? g_steal_pointer(&tables) : NULL;
}

bool vut_link_check(VutLink *link, Error **errp)
{
    int64_t deadline = g_get_monotonic_time() + VUT_REST_TIMEOUT_US;
    struct pollfd pfd = { .fd = link->sock, .events = POLLIN };
    VutFds none = { .count = 0 };

    if (poll(&pfd, 1, 0) == 0) {
        return true;
    }
    vut_receive(link->sock, 0, NULL, 0, &none, deadline, errp);
    vut_fds_close(&none);
    return false;
}
