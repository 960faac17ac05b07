/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Lines for each entity, see show.h.
 *
 * One thing a line, so that they can be searched and compared.
 */
#include "agent/momctl/show.h"

#include <string.h>

#include "policy/print.h"

/* As few digits as tell F from its neighbours: who reads 0.2 need not see 0.20000000000000001. */
static void
show_float(GString *out, double f)
{
    static const char *const formats[] = {"%.15g", "%.16g"};
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_ascii_formatd(text, sizeof(text), formats[i], f);
        if (g_ascii_strtod(text, NULL) == f) {
            g_string_append_printf(out, "%s%s", text, strpbrk(text, ".ein") ? "" : ".0");
            return;
        }
    }
    mom_value_print(out, mom_value_float(f));
}

static void
show_list(GString *out, const MomList *list)
{
    g_string_append_c(out, '(');
    for (gsize i = 0; i < list->length; i++) {
        if (i > 0)
            g_string_append_c(out, ' ');
        mom_ctl_show_value(out, list->items[i]);
    }
    g_string_append_c(out, ')');
}

void
mom_ctl_show_value(GString *out, MomValue v)
{
    if (v.type == MOM_VALUE_FLOAT)
        show_float(out, v.real);
    else if (v.type == MOM_VALUE_LIST)
        show_list(out, v.list);
    else if (v.type == MOM_VALUE_STRING)
        g_string_append_printf(out, "\"%s\"", v.string);
    else
        mom_value_print(out, v);
}

static void
show_heading(GString *out, MomEntity *entity, gboolean is_host)
{
    const char *name = mom_entity_get_string_property(entity, "name");
    const char *uuid = mom_entity_get_string_property(entity, "uuid");

    if (is_host)
        g_string_append(out, "host\n");
    else
        g_string_append_printf(out, "guest %s%s%s%s\n",
                               name   ? name
                               : uuid ? uuid
                                      : "?",
                               name && uuid ? " (" : "", name && uuid ? uuid : "",
                               name && uuid ? ")" : "");
}

static void
show_entities(GString *out, const MomState *state, void (*show)(GString *out, MomEntity *entity))
{
    show_heading(out, state->host, TRUE);
    show(out, state->host);
    for (guint i = 0; i < state->guests->len; i++) {
        show_heading(out, state->guests->pdata[i], FALSE);
        show(out, state->guests->pdata[i]);
    }
}

/* ---- what a run left ---- */

static void
show_controls(GString *out, MomEntity *entity)
{
    for (gsize i = 0; i < mom_entity_n_controls(entity); i++) {
        const MomControl *control = mom_entity_control(entity, i);

        g_string_append_printf(out, "  control %s = ", control->name);
        mom_ctl_show_value(out, control->value);
        g_string_append_printf(out, "  (%s:%u:%u)\n", control->place.policy, control->place.line,
                               control->place.column);
    }
}

static void
show_variable(const char *name, MomValue v, gpointer out)
{
    g_string_append_printf(out, "  variable %s = ", name);
    mom_ctl_show_value(out, v);
    g_string_append_c(out, '\n');
}

static void
show_tune(GString *out, const MomTune *tune)
{
    g_string_append_printf(out, "  io_tune %s:",
                           tune->name   ? tune->name
                           : tune->path ? tune->path
                                        : "?");
    for (guint i = 0; i < MOM_N_LIMITS; i++) {
        if (!(tune->current.present & 1u << i))
            continue;
        g_string_append_printf(out, " %s=", mom_limit_names[i]);
        mom_ctl_show_value(out, tune->current.value[i]);
    }
    g_string_append_c(out, '\n');
}

static void
show_outcome(GString *out, MomEntity *entity)
{
    gsize n;
    const MomTune *tunes = mom_entity_tunes(entity, &n);

    show_controls(out, entity);
    mom_entity_foreach_variable(entity, show_variable, out);
    for (gsize i = 0; i < n; i++)
        show_tune(out, &tunes[i]);
}

void
mom_ctl_show_outcome(GString *out, const MomState *state)
{
    show_entities(out, state, show_outcome);
}

/* ---- a state ---- */

static void
show_fields(GString *out, MomEntity *entity)
{
    const MomSchema *schema = mom_entity_schema(entity);

    for (gsize i = 0; i < mom_schema_size(schema); i++) {
        const char *name = mom_schema_name(schema, i);
        MomValue v;

        if (!mom_entity_get_attribute(entity, name, &v))
            continue;
        g_string_append_printf(out, "  %s = ", name);
        mom_ctl_show_value(out, v);
        g_string_append_c(out, '\n');
    }
}

void
mom_ctl_show_state(GString *out, const MomState *state)
{
    show_entities(out, state, show_fields);
}
