/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * momctl guests: what each guest has, uses and is to have, from a running momd.
 *
 * A row a guest, in the order that was asked for.
 */
#include "agent/momctl/output.h"
#include "agent/momctl/reach.h"

#include <string.h>

static const MomCtlColumn columns[] = {
    {"GUEST", FALSE}, {"HAS", TRUE},   {"MIN", TRUE}, {"MAX", TRUE}, {"USES", TRUE},
    {"UNUSED", TRUE}, {"DATA", FALSE}, {"TO", TRUE},  {"AGE", TRUE}, {"LAST DECISION", FALSE},
};

#define N_COLUMNS G_N_ELEMENTS(columns)

/* By name upwards, by numbers downwards: what is large is looked for. */
static const struct {
    const char *key;
    const char *member;
} orders[] = {
    {"name", NULL},           {"has", "balloon_cur"}, {"uses", "used"},
    {"unused", "mem_unused"}, {"max", "balloon_max"}, {"age", "last_decision_time"},
};

static const char *
text_of(json_object *guest, const char *member)
{
    const char *text = json_object_get_string(json_object_object_get(guest, member));

    return text ? text : "";
}

static int
by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(text_of(*(json_object *const *)a, "name"),
                  text_of(*(json_object *const *)b, "name"));
}

static int
by_number(gconstpointer a, gconstpointer b, gpointer member)
{
    double first = mom_ctl_member_number(*(json_object *const *)a, member);
    double second = mom_ctl_member_number(*(json_object *const *)b, member);

    return first > second ? -1 : first < second ? 1 : by_name(a, b);
}

/* FALSE: there is no such order; told. */
static gboolean
sort(GPtrArray *guests, const char *order)
{
    for (gsize i = 0; i < G_N_ELEMENTS(orders); i++) {
        if (strcmp(orders[i].key, order) != 0)
            continue;
        if (orders[i].member)
            g_ptr_array_sort_with_data(guests, by_number, (gpointer)orders[i].member);
        else
            g_ptr_array_sort(guests, by_name);
        return TRUE;
    }
    mom_ctl_usage("--sort is name, has, uses, unused, max or age, not \"%s\"", order);
    return FALSE;
}

/* "libvirt, 2 s", or "stale" and the like if there is something wrong with it. */
static char *
data_of(json_object *guest)
{
    const char *state = text_of(guest, "state");
    const char *source = text_of(guest, "data_source");

    if (*state)
        return g_strdup(state);
    return *source ? g_strdup_printf("%s, %.0f s", source, mom_ctl_member_number(guest, "data_age"))
                   : NULL;
}

static char **
new_row(json_object *guest)
{
    char **row = g_new0(char *, N_COLUMNS + 1);
    gsize i = 0;

    row[i++] = mom_ctl_member_text(guest, "name");
    row[i++] = mom_ctl_member_size(guest, "balloon_cur");
    row[i++] = mom_ctl_member_size(guest, "balloon_min");
    row[i++] = mom_ctl_member_size(guest, "balloon_max");
    row[i++] = mom_ctl_member_size(guest, "used");
    row[i++] = mom_ctl_member_size(guest, "mem_unused");
    row[i++] = data_of(guest);
    row[i++] = mom_ctl_member_size(guest, "target");
    row[i++] = mom_ctl_member_age(guest, "last_decision_time");
    row[i++] = mom_ctl_member_text(guest, "last_decision");
    g_assert(i == N_COLUMNS);
    return row;
}

/* Cells may be NULL in the middle. */
static void
free_row(gpointer data)
{
    char **row = data;

    for (gsize i = 0; i < N_COLUMNS; i++)
        g_free(row[i]);
    g_free(row);
}

static void
print_table(GPtrArray *guests)
{
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(free_row);

    for (guint i = 0; i < guests->len; i++)
        g_ptr_array_add(rows, new_row(g_ptr_array_index(guests, i)));
    mom_ctl_print_table(columns, N_COLUMNS, rows);
}

static MomCtlResult
print(json_object *answer, const char *order, gboolean as_json)
{
    g_autoptr(GPtrArray) guests = g_ptr_array_new();
    json_object *sorted;

    for (gsize i = 0;
         json_object_is_type(answer, json_type_array) && i < json_object_array_length(answer); i++)
        g_ptr_array_add(guests, json_object_array_get_idx(answer, i));
    if (!sort(guests, order))
        return MOM_CTL_USAGE;
    if (!as_json) {
        print_table(guests);
        return MOM_CTL_OK;
    }
    sorted = json_object_new_array();
    for (guint i = 0; i < guests->len; i++)
        json_object_array_add(sorted, json_object_get(g_ptr_array_index(guests, i)));
    mom_ctl_print_json(sorted);
    json_object_put(sorted);
    return MOM_CTL_OK;
}

MomCtlResult
mom_ctl_guests(int argc, char **argv)
{
    static const MomCtlUsage usage = {
        .description = "Shows what each guest has, what it may have, what it uses, what the policy "
                       "wishes\nfor it (TO), and what was last done to it.",
        .no_arguments = TRUE};
    g_auto(MomCtlReach) reach = {0};
    g_autofree char *order = NULL;
    gboolean as_json = FALSE;
    const GOptionEntry entries[] = {
        {"sort", 0, 0, G_OPTION_ARG_STRING, &order,
         "By name (the default), has, uses, unused, max or age", "KEY"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print it as JSON, sizes in KiB", NULL},
        MOM_CTL_REACH_ENTRIES(&reach),
        {0},
    };
    json_object *answer = NULL;
    MomCtlResult result;

    if (!mom_ctl_parse(&usage, entries, &argc, &argv))
        return MOM_CTL_USAGE;
    if (!mom_ctl_reach_call(&reach, "getGuests", NULL, &answer))
        return MOM_CTL_FAILED;
    result = print(answer, order ? order : "name", as_json);
    json_object_put(answer);
    return result;
}
