/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See socket-path.h.
 */
#include "agent/guest-agent/socket-path.h"

#include <string.h>

#include "agent/guest-agent/message.h"

/* Appends TEMPLATE, filled in, to OUT; NULL, or what is wrong with it (caller frees). */
static char *
fill_in(GString *out, const char *template, const char *name, const char *uuid)
{
    const struct {
        const char *placeholder;
        const char *text;
    } known[] = {{"%(name)s", name}, {"%(uuid)s", uuid}, {"%%", "%"}};

    while (*template) {
        gsize i = 0;

        if (*template != '%') {
            g_string_append_c(out, *template ++);
            continue;
        }
        while (i < G_N_ELEMENTS(known) && !g_str_has_prefix(template, known[i].placeholder))
            i++;
        if (i == G_N_ELEMENTS(known))
            return g_strdup_printf("`%s' is neither %%(name)s nor %%(uuid)s nor %%%%", template);
        g_string_append(out, known[i].text);
        template += strlen(known[i].placeholder);
    }
    return NULL;
}

/* A slash of the template's own is the administrator's. */
char *
mom_agent_socket_template_fault(const char *template)
{
    g_autoptr(GString) out = g_string_new(NULL);

    if (!*template)
        return g_strdup("it is empty");
    return fill_in(out, template, "", "");
}

char *
mom_agent_socket_path(
    const char *directory, const char *template, const char *name, const char *uuid, GError **error)
{
    g_autoptr(GString) path = g_string_new(directory);
    g_autofree char *fault = NULL;

    g_string_append_c(path, '/');
    fault = fill_in(path, template, name, uuid);
    if (!fault && !strchr(name, '/') && strcmp(name, "..") != 0 && strcmp(name, ".") != 0)
        return g_strdup(path->str);
    g_set_error(error, MOM_AGENT_ERROR, MOM_AGENT_ERROR_GONE,
                "no socket can be called by the guest's name");
    return NULL;
}
