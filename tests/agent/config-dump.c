/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Prints what agent/ini makes of each file named, one line of JSON a file, for
 * test-config-python.py.
 *
 * It must add nothing: a value that cannot be interpolated is printed as null.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/config/ini.h"

typedef struct {
    const MomIni *ini;
    const MomIniSection *section;
} Scope;

static const char *
look_up(const char *key, gpointer data)
{
    const Scope *scope = data;
    const MomIniEntry *entry = mom_ini_entry(scope->section, key);

    if (!entry)
        entry = mom_ini_entry(mom_ini_section(scope->ini, MOM_INI_DEFAULT_SECTION), key);
    return entry ? entry->value : NULL;
}

static json_object *
dump_entry(const Scope *scope, const MomIniEntry *entry)
{
    json_object *pair = json_object_new_array();
    g_autofree char *value = mom_ini_interpolate(entry->value, look_up, (gpointer)scope, NULL);

    json_object_array_add(pair, json_object_new_string(entry->value));
    json_object_array_add(pair, value ? json_object_new_string(value) : NULL);
    return pair;
}

static json_object *
dump(const MomIni *ini)
{
    json_object *out = json_object_new_object();

    for (guint i = 0; i < ini->sections->len; i++) {
        Scope scope = {ini, g_ptr_array_index(ini->sections, i)};
        json_object *section = json_object_new_object();

        for (guint j = 0; j < scope.section->entries->len; j++) {
            const MomIniEntry *entry = g_ptr_array_index(scope.section->entries, j);

            json_object_object_add(section, entry->key, dump_entry(&scope, entry));
        }
        json_object_object_add(out, scope.section->name, section);
    }
    return out;
}

int
main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        g_autofree char *text = NULL;
        g_autoptr(MomIni) ini = NULL;
        g_autoptr(GError) error = NULL;
        json_object *out;
        gsize length;

        if (!g_file_get_contents(argv[i], &text, &length, &error)) {
            fprintf(stderr, "%s\n", error->message);
            return EXIT_FAILURE;
        }
        ini = mom_ini_parse(text, length, argv[i], &error);
        out = ini ? dump(ini) : json_object_new_string(error->message);
        printf("%s\n", json_object_to_json_string_ext(out, JSON_C_TO_STRING_PLAIN));
        json_object_put(out);
    }
    return EXIT_SUCCESS;
}
