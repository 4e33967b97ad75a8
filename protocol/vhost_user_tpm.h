/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
/*
 * The contract between a vhost-user-tpm back-end and its front-end in a virtual machine monitor:
 * the messages on the socket and the layout of the shared memory. docs/protocol.md says how they
 * are used. Plain C that a C++ compiler takes too; nothing here needs more than <stdint.h>.
 *
 * All integers are little-endian. Both sides run on one machine and must be little-endian.
 */
#ifndef VHOST_USER_TPM_H
#define VHOST_USER_TPM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define VUT_STATIC_ASSERT(condition, text) static_assert(condition, text)
extern "C" {
#else
#define VUT_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif

/* ---- Versions ------------------------------------------------------------------------------- */

/* Counts incompatible changes of the messages, the memory or the rules. */
#define VUT_PROTOCOL_VERSION 1u

/* ---- Messages ------------------------------------------------------------------------------- */

/* Every message: this header, then `size` bytes of payload. Descriptors travel as SCM_RIGHTS with
 * the header's first byte. */
struct vut_header {
  uint32_t request;
  uint32_t flags;
  uint32_t size;
};
VUT_STATIC_ASSERT(sizeof(struct vut_header) == 12, "header");

#define VUT_HEADER_SIZE 12u
#define VUT_FLAG_VERSION_MASK 0x3u /* must be VUT_FLAG_VERSION */
#define VUT_FLAG_VERSION 0x1u
#define VUT_FLAG_REPLY 0x4u      /* set in what the back-end answers, clear in what it is asked */
#define VUT_FLAG_NEED_REPLY 0x8u /* asks for an acknowledgement, once REPLY_ACK is negotiated */
#define VUT_MAX_PAYLOAD 512u     /* bytes; a larger `size` ends the connection */

/* Messages of vhost-user, with vhost-user's numbers. */
#define VUT_GET_FEATURES 1u           /* reply: u64 */
#define VUT_SET_FEATURES 2u           /* u64 */
#define VUT_SET_OWNER 3u              /* no payload */
#define VUT_GET_PROTOCOL_FEATURES 15u /* reply: u64 */
#define VUT_SET_PROTOCOL_FEATURES 16u /* u64 */
#define VUT_RESET_DEVICE 34u          /* no payload: power-on or system reset of the machine */
#define VUT_SET_DEVICE_STATE_FD 42u   /* reserved: offered with VUT_PROTOCOL_F_DEVICE_STATE */
#define VUT_CHECK_DEVICE_STATE 43u    /* reserved: offered with VUT_PROTOCOL_F_DEVICE_STATE */

/* Messages of our own: 0x7400 to 0x74ff from the front-end, 0x7500 to 0x75ff from the back-end. */
#define VUT_GET_INFO 0x7401u      /* reply: struct vut_info */
#define VUT_SET_INTERFACE 0x7402u /* struct vut_interface */
#define VUT_GET_MEMORY 0x7403u    /* reply: struct vut_memory with VUT_MEMORY_FDS descriptors */
#define VUT_GET_TABLES 0x7404u    /* struct vut_tables_request; reply: struct vut_tables, one fd */
#define VUT_GOODBYE 0x7500u /* from the back-end, unasked, before it closes: struct vut_goodbye */

/* GET_FEATURES: bits of the virtio feature word. */
#define VUT_F_PROTOCOL_FEATURES 30

/* GET_PROTOCOL_FEATURES: bits with vhost-user's numbers. */
#define VUT_PROTOCOL_F_REPLY_ACK 3
#define VUT_PROTOCOL_F_RESET_DEVICE 13
#define VUT_PROTOCOL_F_DEVICE_STATE 19 /* reserved: not offered by version 1 back-ends */

/* The register interface that the guest sees. */
#define VUT_INTERFACE_CRB 1u
#define VUT_INTERFACE_TIS 2u

struct vut_info {
  uint32_t version_min; /* the protocol versions that the back-end speaks */
  uint32_t version_max;
  uint32_t interfaces; /* bit n set: interface n is offered */
  uint32_t localities; /* always VUT_LOCALITIES in version 1 */
  uint64_t flags;      /* VUT_INFO_*; the other bits are zero */
};
VUT_STATIC_ASSERT(sizeof(struct vut_info) == 24, "info");

#define VUT_INFO_INTERRUPTS 0x1u /* VUT_INTERFACE_INTERRUPTS may be asked for */
#define VUT_INFO_TABLES 0x2u     /* VUT_GET_TABLES is offered */

struct vut_interface {
  uint32_t version; /* the protocol version that both will speak */
  uint32_t id;      /* VUT_INTERFACE_* */
  uint32_t flags;   /* VUT_INTERFACE_INTERRUPTS or zero */
  uint32_t line;    /* with that flag: the interrupt line's number, below 16; zero otherwise */
};
VUT_STATIC_ASSERT(sizeof(struct vut_interface) == 16, "interface");

#define VUT_INTERFACE_INTERRUPTS 0x1u /* the guest has an interrupt line */

/* Descriptors that come with the reply to VUT_GET_MEMORY, in this order. */
#define VUT_FD_MEMORY 0 /* memfd, sealed against shrinking and growing */
#define VUT_FD_KICK 1   /* eventfd: the front-end writes, the back-end sleeps on it */
#define VUT_FD_CALL 2   /* eventfd: the back-end writes, the front-end sleeps on it */
#define VUT_FD_INTERRUPT                                                                         \
  3                      /* with VUT_INTERFACE_INTERRUPTS: eventfd, written after each change of \
                          * vut_control.interrupt_level */
#define VUT_MEMORY_FDS 3 /* without, one more with VUT_INTERFACE_INTERRUPTS */
#define VUT_MEMORY_FDS_MAX 4

struct vut_memory {
  uint64_t size;         /* bytes to map; VUT_MEMORY_SIZE in version 1 */
  uint32_t ring_entries; /* VUT_RING_ENTRIES in version 1 */
  uint32_t reserved;     /* zero */
};
VUT_STATIC_ASSERT(sizeof(struct vut_memory) == 16, "memory");

/* What the tables of VUT_GET_TABLES tell about the machine. */
struct vut_tables_request {
  uint64_t log_address; /* memory for the firmware's event log; 0: none */
  uint32_t log_size;    /* its bytes; 0 where there is none */
  uint32_t ppi_address; /* the page of physical presence requests; 0: none */
  uint32_t irq;         /* a global system interrupt of a TIS, or VUT_NO_IRQ */
  uint32_t reserved;    /* zero */
};
VUT_STATIC_ASSERT(sizeof(struct vut_tables_request) == 24, "tables_request");

#define VUT_NO_IRQ 0xffffffffu

/* Its descriptor is a sealed memfd with the TPM2 table at 0 and the SSDT behind it. */
struct vut_tables {
  uint32_t tpm2_size;
  uint32_t ssdt_size;
};
VUT_STATIC_ASSERT(sizeof(struct vut_tables) == 8, "tables");

#define VUT_TABLES_MAX 0x10000u /* bytes of both tables together */

/* Why the back-end hangs up. */
#define VUT_REASON_BUSY 1u     /* another front-end is connected */
#define VUT_REASON_PROTOCOL 2u /* the front-end broke a rule of the protocol */
#define VUT_REASON_REFUSED 3u  /* well-formed, but not offered or not in this order */
#define VUT_REASON_SHUTDOWN 4u /* the back-end ends */
#define VUT_REASON_INTERNAL 5u /* the back-end lacks descriptors or memory */

#define VUT_GOODBYE_TEXT 252u

struct vut_goodbye {
  uint32_t reason;
  char text[VUT_GOODBYE_TEXT]; /* one line in UTF-8 for a log, zero-terminated and zero-filled */
};
VUT_STATIC_ASSERT(sizeof(struct vut_goodbye) == 256, "goodbye");

/* ---- Shared memory -------------------------------------------------------------------------- */

#define VUT_PAGE_SIZE 0x1000u
#define VUT_LOCALITIES 5u

#define VUT_REGISTERS_OFFSET 0x0000u /* five pages, as the guest reads them at 0xFED40000 */
#define VUT_REGISTERS_SIZE (VUT_LOCALITIES * VUT_PAGE_SIZE)
#define VUT_CONTROL_OFFSET 0x5000u  /* struct vut_control */
#define VUT_RING_OFFSET 0x6000u     /* VUT_RING_ENTRIES times struct vut_entry */
#define VUT_COMMAND_OFFSET 0x7000u  /* TIS: the command, from the front-end */
#define VUT_RESPONSE_OFFSET 0x8000u /* TIS: the response, from the back-end */
#define VUT_FIFO_SIZE VUT_PAGE_SIZE /* of each of the two; no limit is higher */
#define VUT_MEMORY_SIZE 0x9000u

/* Words on which the two sides meet lie this far apart: a cache line each, and no neighbour that
 * an adjacent-line prefetcher would drag along. */
#define VUT_LINE 128u

/* A side writes only the words said to be its own. Access is atomic, of the word's whole size. */
struct vut_control {
  /* Entries ever posted. Front-end. */
  uint64_t producer;
  uint8_t pad0[VUT_LINE - 8];
  /* Entries ever carried out, their effects visible. Back-end. */
  uint64_t consumer;
  uint8_t pad1[VUT_LINE - 8];
  /* 1 while the back-end wants VUT_FD_KICK written after a post. Back-end. */
  uint32_t backend_sleeping;
  uint8_t pad2[VUT_LINE - 4];
  /* How many front-end threads want VUT_FD_CALL written after an effect. Front-end. */
  uint32_t frontend_sleeping;
  uint8_t pad3[VUT_LINE - 4];
  /* The CPU that the back-end's ring thread ran on last, or VUT_CPU_UNKNOWN. Back-end. */
  uint32_t backend_cpu;
  uint8_t pad4[VUT_LINE - 4];
  /* The CPU that the last posting front-end thread ran on, or VUT_CPU_UNKNOWN. Front-end. */
  uint32_t frontend_cpu;
  uint8_t pad5[VUT_LINE - 4];
  /* Per locality: the value of `producer` just after the last post that requested a cancel there;
   * 0 before the first. Front-end. */
  uint64_t cancel[VUT_LOCALITIES];
  uint8_t pad6[VUT_LINE - 8 * VUT_LOCALITIES];
  /* TIS: response bytes that the front-end may hand to the guest on its own. Back-end. */
  uint32_t fifo_read_limit;
  uint8_t pad7[VUT_LINE - 4];
  /* TIS: command bytes that the front-end may take from the guest on its own. Back-end. */
  uint32_t fifo_write_limit;
  uint8_t pad8[VUT_LINE - 4];
  /* TIS: a change means that the front-end's positions are 0 from now on. Back-end. */
  uint32_t fifo_generation;
  uint8_t pad9[VUT_LINE - 4];
  /* 1 while the interrupt line is to be high. Back-end. */
  uint32_t interrupt_level;
  uint8_t pad10[VUT_LINE - 4];
  uint8_t reserved[VUT_PAGE_SIZE - 11 * VUT_LINE]; /* zero */
};

#define VUT_CPU_UNKNOWN 0xffffffffu

VUT_STATIC_ASSERT(offsetof(struct vut_control, producer) == 0x000, "layout");
VUT_STATIC_ASSERT(offsetof(struct vut_control, consumer) == 0x080, "layout");
VUT_STATIC_ASSERT(offsetof(struct vut_control, backend_sleeping) == 0x100, "layout");
VUT_STATIC_ASSERT(offsetof(struct vut_control, frontend_sleeping) == 0x180, "layout");
VUT_STATIC_ASSERT(offsetof(struct vut_control, backend_cpu) == 0x200, "layout");
VUT_STATIC_ASSERT(offsetof(struct vut_control, frontend_cpu) == 0x280, "layout");
VUT_STATIC_ASSERT(offsetof(struct vut_control, cancel) == 0x300, "layout");
VUT_STATIC_ASSERT(offsetof(struct vut_control, fifo_read_limit) == 0x380, "layout");
VUT_STATIC_ASSERT(offsetof(struct vut_control, fifo_write_limit) == 0x400, "layout");
VUT_STATIC_ASSERT(offsetof(struct vut_control, fifo_generation) == 0x480, "layout");
VUT_STATIC_ASSERT(offsetof(struct vut_control, interrupt_level) == 0x500, "layout");
VUT_STATIC_ASSERT(offsetof(struct vut_control, reserved) == 0x580, "layout");
VUT_STATIC_ASSERT(sizeof(struct vut_control) == VUT_PAGE_SIZE, "layout");

/* Entry n of all ever posted lies in slot n % VUT_RING_ENTRIES. */
#define VUT_RING_ENTRIES 256u

#define VUT_ENTRY_WRITE 1u /* the guest wrote a register */
#define VUT_ENTRY_FIFO 2u  /* TIS: one of the front-end's positions has reached its limit */

/* A register write; what a FIFO entry has in the same fields is said below. */
struct vut_entry {
  uint16_t kind;
  uint8_t locality; /* 0 to 4 */
  uint8_t size;     /* 1, 2 or 4 bytes; never across a multiple of 4 */
  uint32_t offset;  /* in the locality's page, of the first byte */
  uint64_t value;   /* zero above `size` bytes */
};
VUT_STATIC_ASSERT(sizeof(struct vut_entry) == 16, "entry");
VUT_STATIC_ASSERT(sizeof(struct vut_entry) * VUT_RING_ENTRIES == VUT_PAGE_SIZE, "ring");

/* A FIFO entry: size is 8, offset is one of these, value the generation in its upper and the
 * position in its lower half. */
#define VUT_FIFO_COMMAND 0u
#define VUT_FIFO_RESPONSE 1u

/* Limits of a command that the front-end posts one after the other: a byte, the size, all of it. */
#define VUT_FIFO_COMMAND_LIMITS 3u

/* The longest time that either side may spin before it sleeps. */
#define VUT_SPIN_MAX_NS 50000u

/* ---- CRB: registers of a locality's page ---------------------------------------------------- */

#define VUT_CRB_LOC_STATE 0x00u
#define VUT_CRB_LOC_CTRL 0x08u
#define VUT_CRB_LOC_STS 0x0cu
#define VUT_CRB_HASH_END 0x20u   /* locality 4 only: the D-RTM sequence */
#define VUT_CRB_HASH_DATA 0x24u  /* locality 4 only */
#define VUT_CRB_HASH_START 0x28u /* locality 4 only */
#define VUT_CRB_INTF_ID 0x30u
#define VUT_CRB_CTRL_EXT 0x38u
#define VUT_CRB_CTRL_REQ 0x40u
#define VUT_CRB_CTRL_STS 0x44u
#define VUT_CRB_CTRL_CANCEL 0x48u
#define VUT_CRB_CTRL_START 0x4cu
#define VUT_CRB_INT_ENABLE 0x50u
#define VUT_CRB_INT_STS 0x54u
#define VUT_CRB_CMD_SIZE 0x58u
#define VUT_CRB_CMD_LADDR 0x5cu
#define VUT_CRB_CMD_HADDR 0x60u
#define VUT_CRB_RSP_SIZE 0x64u
#define VUT_CRB_RSP_LADDR 0x68u
#define VUT_CRB_RSP_HADDR 0x6cu
#define VUT_CRB_BUFFER 0x80u
#define VUT_CRB_BUFFER_SIZE (VUT_PAGE_SIZE - VUT_CRB_BUFFER)

#define VUT_CRB_CTRL_STS_ERROR 0x1u /* CTRL_STS.tpmSts: the interface has failed */
#define VUT_CRB_CTRL_CANCEL_REQUEST 0x1u
#define VUT_CRB_CTRL_START_REQUEST 0x1u

/* What a front-end does with a guest's write. */
enum vut_write_rule {
  VUT_WRITE_DROP,   /* read-only or not implemented: nothing happens, nobody is told */
  VUT_WRITE_LOCAL,  /* data buffer: store the bytes in the page, tell nobody */
  VUT_WRITE_POST,   /* post, then wait until carried out */
  VUT_WRITE_CANCEL, /* as VUT_WRITE_POST; a set request bit also goes into vut_control.cancel */
  VUT_WRITE_START,  /* a set request bit: set it in the page, post, wait for its end for a time;
                       a clear one: drop */
  VUT_WRITE_STS,    /* TIS: as VUT_WRITE_POST; commandCancel also goes into vut_control.cancel, and
                       tpmGo is waited for until the response is there, for a time */
  VUT_WRITE_FIFO    /* TIS: bytes of the command */
};

/* The rule of the 32-bit word that contains `offset` (0 to VUT_PAGE_SIZE - 1), for the CRB. An
 * access that touches several words is split, and each part follows its own word's rule. */
static inline enum vut_write_rule vut_crb_write_rule(uint32_t offset) {
  if (offset >= VUT_CRB_BUFFER) {
    return VUT_WRITE_LOCAL;
  }
  switch (offset & ~3u) {
    case VUT_CRB_LOC_CTRL:
    case VUT_CRB_HASH_END:
    case VUT_CRB_HASH_DATA:
    case VUT_CRB_HASH_START:
    case VUT_CRB_CTRL_REQ:
    case VUT_CRB_INT_ENABLE:
    case VUT_CRB_INT_STS:
      return VUT_WRITE_POST;
    case VUT_CRB_CTRL_CANCEL:
      return VUT_WRITE_CANCEL;
    case VUT_CRB_CTRL_START:
      return VUT_WRITE_START;
    default:
      return VUT_WRITE_DROP;
  }
}

/* ---- TIS: registers of a locality's page ---------------------------------------------------- */

#define VUT_TIS_ACCESS 0x00u
#define VUT_TIS_INT_ENABLE 0x08u
#define VUT_TIS_INT_STATUS 0x10u
#define VUT_TIS_STS 0x18u
#define VUT_TIS_HASH_END 0x20u   /* locality 4 only */
#define VUT_TIS_DATA_FIFO 0x24u  /* locality 4: HASH_DATA too, in a D-RTM sequence */
#define VUT_TIS_HASH_START 0x28u /* locality 4 only */
#define VUT_TIS_INTERFACE_ID 0x30u
#define VUT_TIS_XDATA_FIFO 0x80u
#define VUT_TIS_XDATA_FIFO_SIZE 0x40u

#define VUT_TIS_ACCESS_ACTIVE_LOCALITY 0x20u
#define VUT_TIS_STS_DATA_AVAIL 0x10u
#define VUT_TIS_STS_TPM_GO 0x20u
#define VUT_TIS_STS_COMMAND_CANCEL 0x01000000u
#define VUT_TIS_STS_BURST_SHIFT 8u
#define VUT_TIS_STS_BURST_MASK 0x00ffff00u
#define VUT_TIS_STS_FAMILY_MASK 0x0c000000u
#define VUT_TIS_NO_BYTE 0xffu /* a read of the FIFO when there is nothing to read */

/* Whether the byte at `offset` is one of the FIFO. */
static inline int vut_tis_is_fifo(uint32_t offset) {
  return (offset & ~3u) == VUT_TIS_DATA_FIFO ||
         (offset >= VUT_TIS_XDATA_FIFO && offset < VUT_TIS_XDATA_FIFO + VUT_TIS_XDATA_FIFO_SIZE);
}

/* As vut_crb_write_rule(), for the TIS. */
static inline enum vut_write_rule vut_tis_write_rule(uint32_t offset) {
  if (vut_tis_is_fifo(offset)) {
    return VUT_WRITE_FIFO;
  }
  switch (offset & ~3u) {
    case VUT_TIS_ACCESS:
    case VUT_TIS_INT_ENABLE:
    case VUT_TIS_INT_STATUS:
    case VUT_TIS_HASH_END:
    case VUT_TIS_HASH_START:
    case VUT_TIS_INTERFACE_ID:
      return VUT_WRITE_POST;
    case VUT_TIS_STS:
      return VUT_WRITE_STS;
    default:
      return VUT_WRITE_DROP;
  }
}

/* STS as a guest reads it: `word` of the page, with the bytes that have been moved since the
 * generation began taken from its burstCount. `size` is that of the guest's access: one of a byte
 * must not read 0 where there are many. */
static inline uint32_t vut_tis_sts(uint32_t word, uint32_t written, uint32_t read, unsigned size) {
  uint32_t burst = (word & VUT_TIS_STS_BURST_MASK) >> VUT_TIS_STS_BURST_SHIFT;
  uint32_t moved = (word & VUT_TIS_STS_DATA_AVAIL) != 0 ? read : written;

  if (word == 0xffffffffu) { /* another locality's */
    return word;
  }
  burst = burst > moved ? burst - moved : 0;
  if (size == 1 && burst > 0xffu) {
    burst = 0xffu;
  }
  return (word & ~VUT_TIS_STS_BURST_MASK) | burst << VUT_TIS_STS_BURST_SHIFT;
}

/* The same while the back-end is late: nothing but the family, so that the guest waits. */
static inline uint32_t vut_tis_sts_late(uint32_t word) {
  return word == 0xffffffffu ? word : word & VUT_TIS_STS_FAMILY_MASK;
}

#ifdef __cplusplus
}
#endif

#endif
