/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The front-end as a shared object for an unmodified qemu-system-x86_64:
 * LD_PRELOAD puts it there, and this constructor runs before QEMU's main. QEMU
 * then calls the function registered here together with those that register
 * its own device types.
 *
 * An LD_PRELOAD reaches other programs too, QEMU's children for example. What
 * the plugin wants of QEMU is therefore linked weakly (tools/qemu-plugin), and
 * in a program that does not have it the plugin does nothing.
 */
#include "qemu/osdep.h"

#include "qapi/qapi-commands-control.h"
#include "qapi/qapi-commands-machine.h"
#include "qemu/module.h"
#include "vhost-user-tpm.h"

#ifndef VHOST_USER_TPM_QEMU
#error "VHOST_USER_TPM_QEMU names the package version of the QEMU to load into"
#endif

#pragma weak register_module_init
#pragma weak qmp_query_version
#pragma weak qmp_query_target

/*
 * The plugin uses QEMU's structures, so it has to be the very QEMU that it was
 * built for. Rebuilds of one source version, "+b3" for example, are the same.
 */
static bool vut_is_our_qemu(const char *package)
{
    const char *found = strstr(package, VHOST_USER_TPM_QEMU);
    const char *end = found ? found + strlen(VHOST_USER_TPM_QEMU) : NULL;

    return end && (!*end || *end == ')' || g_str_has_prefix(end, "+b"));
}

static void vut_plugin_register(void)
{
    g_autoptr(VersionInfo) version = qmp_query_version(NULL);
    g_autoptr(TargetInfo) target = qmp_query_target(NULL);

    if (target->arch != SYS_EMU_TARGET_X86_64) {
        return;
    }
    if (!vut_is_our_qemu(version->package)) {
        /* QEMU's own ways of reporting are not set up this early. */
        fprintf(stderr, "warning: the vhost-user-tpm plugin was built for QEMU "
                VHOST_USER_TPM_QEMU ", this one is '%s': not loaded, build it"
                " again for this QEMU\n", version->package);
        return;
    }
    vhost_user_tpm_register_types();
}

static void __attribute__((constructor)) vut_plugin_load(void)
{
    if (register_module_init && qmp_query_version && qmp_query_target) {
        register_module_init(vut_plugin_register, MODULE_INIT_QOM);
    }
}
