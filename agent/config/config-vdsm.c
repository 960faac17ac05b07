/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * vdsm.conf and its drop-ins, see config-vdsm.h.
 *
 * All files make one configuration, so that a reference in one may lead to a key in another.
 */
#include "agent/config/config-vdsm.h"

#include <string.h>

#include "agent/config/config-file.h"
#include "agent/config/config-keys.h"

static const struct {
    const char *section;
    const char *key;
    const char *our_section;
    const char *our_key;
} vdsm_keys[] = {
    {"vars", "ssl", "vdsm", "ssl"},
    {"addresses", "management_port", "vdsm", "port"},
    {"mom", "tuning_policy", "main", "tuning-policy"},
};

/* From the one that counts least. */
static const char *const drop_in_bases[] = {"usr/lib", "run", "etc"};

typedef struct {
    char *file;
    MomIni *ini;
} Layer;

typedef struct {
    const GPtrArray *layers; /* of Layer; the last counts most */
    const char *section;
} Scope;

static void
layer_free(gpointer data)
{
    Layer *layer = data;

    g_free(layer->file);
    mom_ini_free(layer->ini);
    g_free(layer);
}

/* ---- which files ---- */

static void
add_drop_ins(GPtrArray *files, const char *directory)
{
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir)))
        if (name[0] != '.' && g_str_has_suffix(name, ".conf"))
            g_ptr_array_add(files, g_build_filename(directory, name, NULL));
}

static int
compare_base_names(gconstpointer a, gconstpointer b)
{
    const char *const *first = a;
    const char *const *second = b;

    return strcmp(strrchr(*first, '/') + 1, strrchr(*second, '/') + 1);
}

/* "vdsm" and in *ROOT "" if FILE is "/etc/vdsm/vdsm.conf"; NULL if it does not end like that. */
static char *
component_name(const char *file, char **root)
{
    g_autofree char *base = g_path_get_basename(file);
    g_autofree char *name = g_str_has_suffix(base, ".conf")
                                ? g_strndup(base, strlen(base) - strlen(".conf"))
                                : g_strdup(base);
    g_autofree char *end = g_strdup_printf("/etc/%s/%s.conf", name, name);

    if (!g_str_has_suffix(file, end))
        return NULL;
    *root = g_strndup(file, strlen(file) - strlen(end));
    return g_steal_pointer(&name);
}

/* g_ptr_array_sort is stable, so that the order of the bases stays among equal names. */
static GPtrArray *
list_drop_ins(const char *file)
{
    GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *root = NULL;
    g_autofree char *name = component_name(file, &root);
    g_autofree char *beside = g_strconcat(file, ".d", NULL);

    if (!name)
        add_drop_ins(files, beside);
    for (gsize i = 0; name && i < G_N_ELEMENTS(drop_in_bases); i++) {
        g_autofree char *directory =
            g_strdup_printf("%s/%s/%s/%s.conf.d", root, drop_in_bases[i], name, name);

        add_drop_ins(files, directory);
    }
    g_ptr_array_sort(files, compare_base_names);
    return files;
}

static void
add_layer(GPtrArray *layers,
          const char *file,
          const MomTrust *trust,
          const MomVdsmConfFuncs *funcs,
          gpointer data)
{
    g_autoptr(GError) error = NULL;
    MomIni *ini;
    Layer *layer;

    if (!g_file_test(file, G_FILE_TEST_EXISTS))
        return;
    ini = mom_config_file_read(file, trust, &error);
    if (!ini) {
        funcs->complain(error->message, data);
        return;
    }
    layer = g_new0(Layer, 1);
    layer->file = g_strdup(file);
    layer->ini = ini;
    g_ptr_array_add(layers, layer);
}

/* ---- what they say ---- */

static const MomIniEntry *
find_entry(const GPtrArray *layers, guint below, const char *section, const char *key, guint *where)
{
    for (guint i = below; i-- > 0;) {
        const Layer *layer = g_ptr_array_index(layers, i);
        const MomIniEntry *entry = mom_ini_entry(mom_ini_section(layer->ini, section), key);

        if (entry) {
            *where = i;
            return entry;
        }
    }
    return NULL;
}

static const char *
look_up(const char *key, gpointer data)
{
    const Scope *scope = data;
    guint ignored;
    const MomIniEntry *entry =
        find_entry(scope->layers, scope->layers->len, scope->section, key, &ignored);

    if (!entry) {
        entry =
            find_entry(scope->layers, scope->layers->len, MOM_INI_DEFAULT_SECTION, key, &ignored);
    }
    return entry ? entry->value : NULL;
}

static void
find_key(const GPtrArray *layers, gsize index, const MomVdsmConfFuncs *funcs, gpointer data)
{
    Scope scope = {layers, vdsm_keys[index].section};
    const MomConfigKey *key =
        mom_config_key_find(vdsm_keys[index].our_section, vdsm_keys[index].our_key);
    const MomIniEntry *entry;
    guint at = layers->len;

    while ((entry = find_entry(layers, at, scope.section, vdsm_keys[index].key, &at))) {
        const Layer *layer = g_ptr_array_index(layers, at);
        g_autofree char *origin = g_strdup_printf("%s:%u", layer->file, entry->line);
        g_autoptr(GError) error = NULL;
        g_autofree char *value = mom_ini_interpolate(entry->value, look_up, &scope, &error);
        g_autofree char *why = value ? mom_config_key_check(key, value) : g_strdup(error->message);
        g_autofree char *complaint = NULL;

        if (!why) {
            funcs->found(key->section, key->key, value, origin, data);
            return;
        }
        complaint = g_strdup_printf("%s: [%s] %s: %s; left as it was", origin, scope.section,
                                    entry->key, why);
        funcs->complain(complaint, data);
    }
}

void
mom_vdsm_conf_read(const char *file,
                   const MomTrust *trust,
                   const MomVdsmConfFuncs *funcs,
                   gpointer data)
{
    g_autoptr(GPtrArray) layers = g_ptr_array_new_with_free_func(layer_free);
    g_autoptr(GPtrArray) drop_ins = list_drop_ins(file);

    add_layer(layers, file, trust, funcs, data);
    for (guint i = 0; i < drop_ins->len; i++)
        add_layer(layers, g_ptr_array_index(drop_ins, i), trust, funcs, data);
    for (gsize i = 0; i < G_N_ELEMENTS(vdsm_keys); i++)
        find_key(layers, i, funcs, data);
}
