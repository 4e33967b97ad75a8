/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HW_TPM_VHOST_USER_TPM_H
#define HW_TPM_VHOST_USER_TPM_H

/* In a patched tree, sysemu/tpm.h has it too. */
#ifndef TYPE_VHOST_USER_TPM_CRB
#define TYPE_VHOST_USER_TPM_CRB "vhost-user-tpm-crb"
#endif
#ifndef TYPE_VHOST_USER_TPM_TIS
#define TYPE_VHOST_USER_TPM_TIS "vhost-user-tpm-tis"
#endif

void vhost_user_tpm_register_types(void);

#endif
