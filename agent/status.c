/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See status.h.  Texts of vdsm, libvirt and policies go into one line: whatever could end it, or
 * begin another message behind it, is a blank.
 */
#include "agent/status.h"

#include <string.h>

#include "agent/engine/pressure.h"

static gboolean
host_free_percent(MomEngine *engine, double *percent)
{
    MomRailHost facts = mom_rail_host(mom_engine_host(engine));

    if (facts.known)
        *percent = 100.0 * (double)facts.free_kib / (double)facts.total_kib;
    return facts.known;
}

static void
append_work(GString *line, MomEngine *engine)
{
    g_autoptr(GPtrArray) guests = mom_engine_guests(engine);
    double percent;

    g_string_append_printf(line, "%u guest%s, ", guests->len, guests->len == 1 ? "" : "s");
    if (host_free_percent(engine, &percent))
        g_string_append_printf(line, "host %.0f %% free, ", percent);
    g_string_append_printf(line, "%s connected", mom_engine_source_name(engine));
    if (mom_engine_source_note(engine))
        g_string_append_printf(line, " %s", mom_engine_source_note(engine));
    if (mom_engine_sight_fault(engine))
        g_string_append(line, ", too little data to shrink guests");
}

/* One line, cut at a character. */
static char *
tidy(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    gsize length = strlen(valid);

    if (length >= MOM_STATUS_BYTES) {
        const char *end = g_utf8_find_prev_char(valid, valid + MOM_STATUS_BYTES - 3);

        g_strlcpy(valid + (end - valid), "…", length - (gsize)(end - valid));
    }
    for (char *c = valid; *c; c++)
        if (g_ascii_iscntrl(*c))
            *c = ' ';
    return g_steal_pointer(&valid);
}

char *
mom_status_line(MomEngine *engine)
{
    g_autoptr(GString) line = g_string_new(NULL);
    const MomPulse *pulse = mom_engine_pulse(engine);
    const char *fault = mom_engine_policy_fault(engine);

    if (fault)
        g_string_append_printf(line, "%s; ", fault);
    if (pulse->answers == 0) {
        g_string_append_printf(line, "waiting for %s", mom_engine_source_name(engine));
    } else if (pulse->why) {
        g_string_append_printf(line, "waiting for %s: %s", mom_engine_source_name(engine),
                               pulse->why);
    } else {
        append_work(line, engine);
    }
    return tidy(line->str);
}

void
mom_status_add_host(json_object *out, MomEngine *engine)
{
    double percent;

    json_object_object_add(out, "host_free_percent",
                           host_free_percent(engine, &percent) ? json_object_new_double(percent)
                                                               : NULL);
    json_object_object_add(out, "pressure",
                           mom_pressure_read(mom_engine_host_root(engine), &percent)
                               ? json_object_new_double(percent)
                               : NULL);
}
