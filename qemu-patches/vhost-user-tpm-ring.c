/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hot path to a vhost-user-tpm back-end: docs/protocol.md, sections 4 and
 * 8. The back-end may stop, vanish or lie at any moment.
 */
#include "qemu/osdep.h"

#include <poll.h>

#include "qapi/error.h"
#include "qemu/atomic.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/processor.h"
#include "vhost-user-tpm-ring.h"

/* A back-end that takes longer for an entry has stopped, or is kept busy. */
#define VUT_ENTRY_TIMEOUT_US (2 * G_USEC_PER_SEC)
/* The same where the BQL is held meanwhile: a bus master's access, qtest's. */
#define VUT_HELD_TIMEOUT_US (G_USEC_PER_SEC / 5)
/* One wake-up reaches one of several sleeping vCPUs: none sleeps longer. */
#define VUT_SLEEP_SLICE_US 1000

/* What a guest's access waits for: bits of a word, or without one an entry. */
typedef struct VutEvent {
    const uint32_t *word;
    uint32_t mask;
    uint32_t value;
    uint64_t entry;
} VutEvent;

/* The end of the back-end, once: its memory is ours now. BQL held. */
static void vut_gone(VutRing *ring, Error *reason)
{
    if (ring->gone) {
        error_free(reason);
        return;
    }
    qatomic_set(&ring->gone, true);
    qemu_set_fd_handler(ring->link.sock, NULL, NULL, NULL);
    shutdown(ring->link.sock, SHUT_RDWR);
    ring->lost(ring);
    error_reportf_err(reason, "%s: the TPM's back-end is lost, the guest goes"
                      " on without a TPM: ", ring->name);
}

static void vut_socket_event(void *opaque)
{
    VutRing *ring = opaque;
    Error *reason = NULL;

    if (!ring->gone && !vut_link_check(&ring->link, &reason)) {
        vut_gone(ring, reason);
    }
}

static bool vut_happened(VutRing *ring, const VutEvent *event)
{
    if (qatomic_read(&ring->gone)) {
        return true;
    }
    if (event->word) {
        return (qatomic_load_acquire(event->word) & event->mask) ==
               event->value;
    }
    return qatomic_load_acquire(&vut_control(&ring->link)->consumer) >
           event->entry;
}

static void vut_spin(VutRing *ring, const VutEvent *event, int64_t deadline)
{
    uint32_t cpu = qatomic_read(&vut_control(&ring->link)->backend_cpu);

    /* On one CPU, spinning would keep the back-end from running. */
    if (cpu == (uint32_t)sched_getcpu()) {
        return;
    }
    while (!vut_happened(ring, event) && g_get_monotonic_time() < deadline) {
        cpu_relax();
    }
}

/* Polls once. True when the socket has something to say. */
static bool vut_sleep(VutRing *ring, const VutEvent *event, int64_t left)
{
    struct vut_control *control = vut_control(&ring->link);
    struct pollfd pfd[] = {
        { .fd = ring->link.call, .events = POLLIN },
        { .fd = ring->link.sock, .events = POLLIN },
    };
    struct timespec time = { .tv_nsec = MIN(left, VUT_SLEEP_SLICE_US) * 1000 };
    int n = 0;

    qatomic_inc(&control->frontend_sleeping);
    smp_mb(); /* the back-end looks at it after what we wait for */
    if (!vut_happened(ring, event)) {
        n = ppoll(pfd, ARRAY_SIZE(pfd), &time, NULL);
    }
    qatomic_dec(&control->frontend_sleeping);
    if (n > 0 && pfd[0].revents) {
        uint64_t count;
        ssize_t ignored = read(ring->link.call, &count, sizeof(count));

        (void)ignored;
    }
    return n > 0 && pfd[1].revents;
}

/*
 * Waits for an event, @budget us at most; false when it has not happened. The
 * BQL is let go of with @release only.
 */
static bool vut_wait(VutRing *ring, const VutEvent *event, int64_t budget,
                     bool release)
{
    int64_t now = g_get_monotonic_time();
    int64_t deadline = now + budget;
    bool socket_event = false;

    if (vut_happened(ring, event)) {
        return true;
    }
    vut_spin(ring, event, MIN(deadline, now + ring->spin_us));
    if (vut_happened(ring, event)) {
        return true;
    }
    if (release) {
        qemu_mutex_unlock_iothread();
    }
    while (!socket_event && !vut_happened(ring, event)) {
        int64_t left = deadline - g_get_monotonic_time();

        if (left <= 0) {
            break;
        }
        socket_event = vut_sleep(ring, event, left);
    }
    if (release) {
        qemu_mutex_lock_iothread();
    }
    if (socket_event) {
        vut_socket_event(ring);
    }
    return vut_happened(ring, event);
}

/*
 * After a missed deadline nobody waits again until the back-end has caught up:
 * a guest gets one slow access out of it, not a slow machine.
 */
bool vut_ring_wait_entry(VutRing *ring, uint64_t entry, bool may_sleep)
{
    VutEvent event = { .entry = entry };
    int64_t budget = ring->stalled ? ring->spin_us :
                     may_sleep ? VUT_ENTRY_TIMEOUT_US : VUT_HELD_TIMEOUT_US;

    if (vut_wait(ring, &event, budget, may_sleep && !ring->stalled)) {
        return true;
    }
    if (!ring->stalled) {
        ring->stalled = true;
        warn_report("%s: the TPM's back-end does not respond; the guest is"
                    " not kept waiting for it", ring->name);
    }
    return false;
}

bool vut_ring_is_late(const VutRing *ring)
{
    return ring->stalled && !ring->gone &&
           qatomic_load_acquire(&vut_control(&ring->link)->consumer) <
           ring->producer;
}

static bool vut_consumer_is_sane(VutRing *ring, uint64_t consumer)
{
    Error *reason = NULL;

    if (consumer <= ring->producer &&
        ring->producer - consumer <= VUT_RING_ENTRIES) {
        return true;
    }
    error_setg(&reason, "it says that it has carried out %" PRIu64
               " entries of %" PRIu64, consumer, ring->producer);
    vut_gone(ring, reason);
    return false;
}

bool vut_ring_has_room(VutRing *ring, bool may_sleep)
{
    const uint64_t *word = &vut_control(&ring->link)->consumer;

    while (!ring->gone) {
        uint64_t consumer = qatomic_load_acquire(word);

        if (!vut_consumer_is_sane(ring, consumer)) {
            return false;
        }
        if (consumer == ring->producer) {
            ring->stalled = false;
        }
        if (ring->producer - consumer < VUT_RING_ENTRIES) {
            return true;
        }
        if (!vut_ring_wait_entry(ring, ring->producer - VUT_RING_ENTRIES,
                                 may_sleep)) {
            return false;
        }
    }
    return false;
}

void vut_ring_post(VutRing *ring, const struct vut_entry *entry)
{
    struct vut_control *control = vut_control(&ring->link);
    uint32_t cpu = sched_getcpu();
    uint64_t one = 1;

    if (qatomic_read(&control->frontend_cpu) != cpu) {
        qatomic_set(&control->frontend_cpu, cpu);
    }
    vut_ring(&ring->link)[ring->producer % VUT_RING_ENTRIES] = *entry;
    ring->producer++;
    qatomic_store_release(&control->producer, ring->producer);
    smp_mb(); /* the back-end looks at it after it says that it sleeps */
    if (qatomic_read(&control->backend_sleeping)) {
        ssize_t ignored = write(ring->link.kick, &one, sizeof(one));

        (void)ignored; /* its counter is full: it has been told */
    }
}

void vut_ring_wait_word(VutRing *ring, const uint32_t *word, uint32_t mask,
                        uint32_t value, int64_t budget, bool may_sleep)
{
    VutEvent event = { .word = word, .mask = mask, .value = value };

    vut_wait(ring, &event, may_sleep ? budget : MIN(budget, ring->spin_us),
             may_sleep);
}

void vut_ring_watch(VutRing *ring)
{
    qemu_set_fd_handler(ring->link.sock, vut_socket_event, NULL, ring);
}

void vut_ring_reset(VutRing *ring)
{
    Error *reason = NULL;

    if (!ring->gone && !vut_link_reset(&ring->link, &reason)) {
        vut_gone(ring, reason);
    }
    ring->stalled = false;
}
