/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connection to a vhost-user-tpm back-end: docs/protocol.md, section 2.
 * The back-end is not trusted: whatever it hands over is checked.
 */
#include "qemu/osdep.h"

#include <glib-unix.h>
#include <sys/mman.h>

#include "qapi/error.h"
#include "qemu/mmap-alloc.h"
#include "vhost-user-tpm-link.h"
#include "vhost-user-tpm-messages.h"

#define VUT_NEEDED_SEALS (F_SEAL_SHRINK | F_SEAL_GROW)
#define VUT_TABLE_SEALS (VUT_NEEDED_SEALS | F_SEAL_WRITE)

static void vut_fd_close(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

static bool vut_agree_on_features(int sock, Error **errp)
{
    const uint64_t wanted = 1ull << VUT_PROTOCOL_F_REPLY_ACK |
                            1ull << VUT_PROTOCOL_F_RESET_DEVICE;
    uint64_t features;

    if (!vut_message_get(sock, VUT_GET_FEATURES, &features, sizeof(features),
                         NULL, errp)) {
        return false;
    }
    features &= 1ull << VUT_F_PROTOCOL_FEATURES;
    if (!features) {
        error_setg(errp, "it has no protocol features: not a TPM back-end");
        return false;
    }
    if (!vut_message_tell(sock, VUT_SET_FEATURES, &features, sizeof(features),
                          errp) ||
        !vut_message_get(sock, VUT_GET_PROTOCOL_FEATURES, &features,
                         sizeof(features), NULL, errp)) {
        return false;
    }
    if ((features & wanted) != wanted) {
        error_setg(errp, "it lacks protocol features (has 0x%" PRIx64
                   ", needed 0x%" PRIx64 ")", features, wanted);
        return false;
    }
    return vut_message_do(sock, VUT_SET_PROTOCOL_FEATURES, &wanted,
                          sizeof(wanted), "the protocol features", errp);
}

static bool vut_choose_interface(VutLink *link, uint32_t interface,
                                 uint32_t line, Error **errp)
{
    struct vut_interface choice = {
        .version = VUT_PROTOCOL_VERSION,
        .id = interface,
        .flags = line == VUT_NO_LINE ? 0 : VUT_INTERFACE_INTERRUPTS,
        .line = line == VUT_NO_LINE ? 0 : line,
    };
    struct vut_info info;

    if (!vut_message_get(link->sock, VUT_GET_INFO, &info, sizeof(info), NULL,
                         errp)) {
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
    return vut_message_do(link->sock, VUT_SET_INTERFACE, &choice,
                          sizeof(choice), "this register interface", errp);
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

    if (!vut_message_get(link->sock, VUT_GET_MEMORY, &memory, sizeof(memory),
                         &fds, errp)) {
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
    if (!vut_agree_on_features(link->sock, errp) ||
        !vut_choose_interface(link, interface, line, errp) ||
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
    return vut_message_do(link->sock, VUT_RESET_DEVICE, NULL, 0,
                          "to be reset", errp);
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
    if (!vut_message_ask(link->sock, VUT_GET_TABLES, request, sizeof(*request),
                         sizes, sizeof(*sizes), &fds, errp)) {
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
    return vut_message_none(link->sock, errp);
}
