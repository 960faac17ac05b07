/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Errors that know their place.
 *
 * The place is part of the error, not only of its text, so that callers never parse messages.
 */
#include "policy/error.h"

#include <string.h>

#define MAX_CHARACTERS 400 /* of a message behind its place */
#define ELLIPSIS "..."

typedef struct {
    char *policy;
    guint line;
    guint column;
} MomPolicyErrorPrivate;

static void
mom_policy_error_private_init(MomPolicyErrorPrivate *place)
{
    *place = (MomPolicyErrorPrivate){0};
}

static void
mom_policy_error_private_copy(const MomPolicyErrorPrivate *from, MomPolicyErrorPrivate *to)
{
    *to = *from;
    to->policy = g_strdup(from->policy);
}

static void
mom_policy_error_private_clear(MomPolicyErrorPrivate *place)
{
    g_free(place->policy);
}

G_DEFINE_EXTENDED_ERROR(MomPolicyError, mom_policy_error)

/* A name in a policy may be as long as the policy; a message is for people. */
static void
shorten(char *text)
{
    char *end = text;

    for (int i = 0; i < MAX_CHARACTERS && *end; i++)
        end = g_utf8_next_char(end);
    if (strlen(end) > strlen(ELLIPSIS))
        strcpy(end, ELLIPSIS);
}

void
mom_policy_set_error_va(
    GError **error, MomPolicyErrorCode code, MomPlace place, const char *format, va_list arguments)
{
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    MomPolicyErrorPrivate *inside;

    if (!error)
        return;
    shorten(text);
    g_set_error(error, MOM_POLICY_ERROR, (int)code, "%s:%u:%u: %s",
                place.policy ? place.policy : "?", place.line, place.column, text);
    inside = mom_policy_error_get_private(*error);
    inside->policy = g_strdup(place.policy);
    inside->line = place.line;
    inside->column = place.column;
}

void
mom_policy_set_error(
    GError **error, MomPolicyErrorCode code, MomPlace place, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    mom_policy_set_error_va(error, code, place, format, arguments);
    va_end(arguments);
}

MomPlace
mom_policy_error_place(const GError *error)
{
    const MomPolicyErrorPrivate *inside;

    if (!error || error->domain != MOM_POLICY_ERROR)
        return (MomPlace){0};
    inside = mom_policy_error_get_private(error);
    return (MomPlace){.policy = inside->policy, .line = inside->line, .column = inside->column};
}

const char *
mom_policy_error_text(const GError *error)
{
    MomPlace place = mom_policy_error_place(error);
    g_autofree char *prefix =
        g_strdup_printf("%s:%u:%u: ", place.policy ? place.policy : "?", place.line, place.column);

    return error->message + (g_str_has_prefix(error->message, prefix) ? strlen(prefix) : 0);
}
