/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Standing faults, see fault.h.
 *
 * Nothing here decides what a fault is; it only keeps the log quiet.
 */
#include "agent/fault.h"

void
mom_fault_raise(MomFault *fault, const char *message)
{
    if (g_strcmp0(fault->message, message) == 0) {
        return;
    }
    g_free(fault->message);
    fault->message = g_strdup(message);
    fault->is_silent = FALSE;
    g_log_structured(fault->domain, G_LOG_LEVEL_WARNING, "MESSAGE", "%s", message);
}

void
mom_fault_raise_silently(MomFault *fault, const char *message)
{
    /* One that was told stays one whose end is told. */
    fault->is_silent = fault->is_silent || !fault->message;
    g_free(fault->message);
    fault->message = g_strdup(message);
}

void
mom_fault_end(MomFault *fault, const char *message)
{
    if (!fault->message) {
        return;
    }
    g_clear_pointer(&fault->message, g_free);
    if (!fault->is_silent) {
        g_log_structured(fault->domain, G_LOG_LEVEL_INFO, "MESSAGE", "%s", message);
    }
    fault->is_silent = FALSE;
}

gboolean
mom_fault_stands(const MomFault *fault)
{
    return fault->message != NULL;
}

void
mom_fault_clear(MomFault *fault)
{
    g_clear_pointer(&fault->message, g_free);
}
