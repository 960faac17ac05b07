/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Findings as a person reads them, and as an error that refuses a set.
 *
 * Nothing here decides what is wrong.
 */
#include "policy/checker.h"
#include "policy/error.h"

#include <string.h>

void
mom_finding_free(MomFinding *finding)
{
    if (!finding)
        return;
    g_free(finding->policy);
    g_free(finding->message);
    g_free(finding);
}

/* The line LINE of TEXT, without its newline; NULL if there is none. */
static const char *
find_line(const char *text, guint line, gsize *length)
{
    while (line > 1 && (text = strchr(text, '\n'))) {
        text++;
        line--;
    }
    if (text)
        *length = strcspn(text, "\r\n");
    return text;
}

/* What stands above the caret is kept where it is a tab, so that both lines shift alike. */
static void
append_caret(GString *out, const char *line, gsize length, guint column)
{
    const char *end = line + length;

    for (const char *at = line; column > 1 && at < end; column--) {
        g_string_append_c(out, *at == '\t' ? '\t' : ' ');
        at = g_utf8_next_char(at);
    }
    g_string_append_c(out, '^');
}

char *
mom_finding_format(const MomFinding *finding, const char *text)
{
    GString *out = g_string_new(NULL);
    const char *line;
    gsize length;

    if (finding->line > 0)
        g_string_printf(out, "%s:%u:%u: ", finding->policy, finding->line, finding->column);
    g_string_append_printf(out, "%s: %s",
                           finding->severity == MOM_FINDING_ERROR ? "error" : "warning",
                           finding->message);
    if (!text || finding->line == 0 || !(line = find_line(text, finding->line, &length)))
        return g_string_free(out, FALSE);
    g_string_append_c(out, '\n');
    g_string_append_len(out, line, (gssize)length);
    g_string_append_c(out, '\n');
    append_caret(out, line, length, finding->column);
    return g_string_free(out, FALSE);
}

GError *
mom_findings_error(GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++) {
        const MomFinding *finding = findings->pdata[i];
        GError *error = NULL;

        if (finding->severity != MOM_FINDING_ERROR)
            continue;
        mom_policy_set_error(&error, MOM_POLICY_ERROR_LOAD,
                             (MomPlace){finding->policy, finding->line, finding->column}, "%s",
                             finding->message);
        return error;
    }
    return NULL;
}
