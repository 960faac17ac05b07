/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See policy-files.h.
 */
#define G_LOG_DOMAIN "mom.Policy"

#include "agent/policies/policy-files.h"

#include <string.h>

#include "policy/policy.h"

#define SUFFIX ".policy"

typedef struct {
    const MomTrust *trust;
    MomPolicyFileFunc take;
    gpointer data;
    GHashTable *names;
} Reader;

/* *ERROR is the first one's. */
static gboolean
read_file(const Reader *reader, const char *path, const char *name, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autofree char *text = NULL;
    gsize length;

    g_hash_table_add(reader->names, g_strdup(name));
    if (mom_trust_check(reader->trust, path, MOM_TRUST_FILE, &why) &&
        g_file_get_contents(path, &text, &length, &why)) {
        if (reader->take(name, text, (gssize)length, reader->data, &why))
            return TRUE;
        g_prefix_error(&why, "%s: ", path);
    }
    g_warning("policy not loaded: %s", why->message);
    if (error && !*error)
        g_propagate_error(error, g_steal_pointer(&why));
    return FALSE;
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of DIR's policy files, in order. */
static GPtrArray *
list_files(const Reader *reader, const char *dir, GError **error)
{
    g_autoptr(GDir) handle = NULL;
    GPtrArray *names;
    const char *name;

    if (!mom_trust_check(reader->trust, dir, MOM_TRUST_DIRECTORY, error) ||
        !(handle = g_dir_open(dir, 0, error)))
        return NULL;
    names = g_ptr_array_new_with_free_func(g_free);
    while ((name = g_dir_read_name(handle)))
        if (name[0] != '.' && g_str_has_suffix(name, SUFFIX))
            g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, compare_names);
    return names;
}

static gboolean
read_dir(Reader *reader, const char *dir, GError **error)
{
    g_autoptr(GError) first = NULL;
    g_autoptr(GPtrArray) files = list_files(reader, dir, &first);
    guint loaded = 0;

    if (!files) {
        g_clear_pointer(&reader->names, g_hash_table_unref);
        g_warning("policies not loaded: %s", first->message);
        g_propagate_error(error, g_steal_pointer(&first));
        return FALSE;
    }
    for (guint i = 0; i < files->len; i++) {
        const char *file = g_ptr_array_index(files, i);
        g_autofree char *path = g_build_filename(dir, file, NULL);
        g_autofree char *name = g_strndup(file, (gsize)(strstr(file, SUFFIX) - file));

        loaded += read_file(reader, path, name, first ? NULL : &first) ? 1 : 0;
    }
    if (first && loaded == 0) {
        g_propagate_error(error, g_steal_pointer(&first));
        return FALSE;
    }
    return TRUE;
}

gboolean
mom_policy_files_read(const MomTrust *trust,
                      const char *file,
                      const char *dir,
                      MomPolicyFileFunc take,
                      gpointer data,
                      GHashTable **names,
                      GError **error)
{
    Reader reader = {trust, take, data, NULL};
    gboolean done;

    reader.names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    done = file ? read_file(&reader, file, MOM_POLICY_MAIN_NAME, error)
                : !dir || read_dir(&reader, dir, error);
    *names = reader.names;
    return done;
}
