/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See agent.h.  libvirt has no way to read a guest's memory statistics through its agent but this
 * one, which it counts as a custom use: it says so once in its log for each run of a guest.
 */
#include "libvirt-client/agent.h"

#include <libvirt/libvirt-qemu.h>
#include <string.h>

#include "libvirt-client/changeable.h"

static gboolean
take_reply(const char *uuid, const char *text, char **reply, GError **error)
{
    if (strnlen(text, MOM_VIRT_AGENT_REPLY_BYTES + 1) > MOM_VIRT_AGENT_REPLY_BYTES) {
        g_set_error(error, MOM_VIRT_ERROR, MOM_VIRT_ERROR_DATA,
                    "guest %s: its agent's answer is longer than %d bytes", uuid,
                    MOM_VIRT_AGENT_REPLY_BYTES);
        return FALSE;
    }
    *reply = g_strdup(text);
    return TRUE;
}

gboolean
mom_virt_agent_ask(virConnectPtr connection,
                   const char *uuid,
                   const char *command,
                   int timeout_s,
                   char **reply,
                   GError **error)
{
    g_autoptr(virDomain) domain = virDomainLookupByUUIDString(connection, uuid);
    g_autoptr(MomVirtString) text = NULL;

    if (domain == NULL)
        return mom_virt_fail(error, "look up guest", uuid);
    if (mom_virt_hangs(mom_virt_held_ms(domain))) {
        g_set_error(error, MOM_VIRT_ERROR, MOM_VIRT_ERROR_LEFT_ALONE,
                    "guest %s is left alone: its QEMU does not answer", uuid);
        return FALSE;
    }
    text = virDomainQemuAgentCommand(domain, command, timeout_s, 0);
    if (text == NULL)
        return mom_virt_fail(error, "ask the agent of guest", uuid);
    return take_reply(uuid, text, reply, error);
}
