/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Standing faults, see fault.h.
 *
 * Nothing here decides what a fault is; it only keeps the log quiet.
 */
#include "agent/fault.h"

static const char *
skip_number(const char *text)
{
    while (g_ascii_isdigit(*text) || (*text == '.' && g_ascii_isdigit(text[1])))
        text++;
    return text;
}

gboolean
mom_fault_same_gist(const char *a, const char *b)
{
    if (!a || !b)
        return a == b;
    while (*a && *b) {
        if (g_ascii_isdigit(*a) && g_ascii_isdigit(*b)) {
            a = skip_number(a);
            b = skip_number(b);
        } else if (*a++ != *b++) {
            return FALSE;
        }
    }
    return *a == *b;
}

void
mom_fault_raise(MomFault *fault, const char *message)
{
    gboolean told = mom_fault_same_gist(fault->message, message);

    g_free(fault->message);
    fault->message = g_strdup(message);
    told = told && !fault->is_silent;
    fault->is_silent = FALSE;
    if (told)
        return;
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
    if (!fault->message)
        return;
    g_clear_pointer(&fault->message, g_free);
    if (!fault->is_silent)
        g_log_structured(fault->domain, G_LOG_LEVEL_INFO, "MESSAGE", "%s", message);
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
