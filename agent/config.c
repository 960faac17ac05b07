/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Layers of settings and the values in force, see config.h.
 *
 * From top: the command line, the files (a later one over an earlier), vdsm's own file, the table,
 * and [DEFAULT].  The table stands over [DEFAULT] as in the reference, which sets its defaults in
 * their sections. Everything is worked out anew after each change, so that reading is a mere
 * look-up.
 */
#include "agent/config.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "agent/config-keys.h"
#include "agent/ini.h"

G_DEFINE_QUARK(mom - config - error - quark, mom_config_error)

typedef struct {
    char *file;
    MomIni *ini;
} Layer;

struct MomConfig {
    GPtrArray *layers;          /* of Layer, in the order of loading */
    GHashTable *overrides;      /* id -> value, `%' doubled */
    GHashTable *vdsm_defaults;  /* id -> value, `%' doubled */
    GPtrArray *vdsm_complaints; /* char* */
    GHashTable *in_force;       /* id -> value */
    GPtrArray *complaints;      /* char*, ended by NULL */
};

/* ---- layers ---- */

static void
layer_free(gpointer data)
{
    Layer *layer = data;

    g_free(layer->file);
    mom_ini_free(layer->ini);
    g_free(layer);
}

static char *
id_of(const char *section, const char *key)
{
    return g_strconcat(section, "\n", key, NULL);
}

static const char *
table_get(GHashTable *table, const char *section, const char *key)
{
    g_autofree char *id = id_of(section, key);

    return g_hash_table_lookup(table, id);
}

/* What no one may take for a reference. */
static char *
escape_percent(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, "%", -1);

    return g_strjoinv("%%", parts);
}

static const MomIniEntry *
find_entry(const MomConfig *config, const char *section, const char *key, const Layer **where)
{
    for (guint i = config->layers->len; i-- > 0;) {
        const Layer *layer = g_ptr_array_index(config->layers, i);
        const MomIniEntry *entry = mom_ini_entry(mom_ini_section(layer->ini, section), key);

        if (entry) {
            *where = layer;
            return entry;
        }
    }
    return NULL;
}

/* The text that counts, not interpolated; NULL if nobody sets KEY. */
static const char *
find_raw(const MomConfig *config, const char *section, const char *key)
{
    const MomConfigKey *known = mom_config_key_find(section, key);
    const char *raw = table_get(config->overrides, section, key);
    const MomIniEntry *entry;
    const Layer *layer;

    if (raw) {
        return raw;
    }
    entry = find_entry(config, section, key, &layer);
    if (entry) {
        return entry->value;
    }
    raw = table_get(config->vdsm_defaults, section, key);
    if (raw || known) {
        return raw ? raw : known->value;
    }
    entry = find_entry(config, MOM_INI_DEFAULT_SECTION, key, &layer);
    return entry ? entry->value : NULL;
}

/* ---- working out what is in force ---- */

typedef struct {
    const MomConfig *config;
    const char *section;
} Scope;

static const char *
look_up(const char *key, gpointer data)
{
    const Scope *scope = data;

    return find_raw(scope->config, scope->section, key);
}

static char *
resolve(const MomConfig *config, const char *section, const char *raw, GError **error)
{
    Scope scope = {config, section};

    if (g_str_has_prefix(section, MOM_CONFIG_COLLECTOR_PREFIX)) {
        return g_strdup(raw);
    }
    return mom_ini_interpolate(raw, look_up, &scope, error);
}

G_GNUC_PRINTF(4, 5)
static void
complain(MomConfig *config, const Layer *layer, guint line, const char *format, ...)
{
    va_list args;
    g_autofree char *text = NULL;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    g_ptr_array_add(config->complaints, g_strdup_printf("%s:%u: %s", layer->file, line, text));
}

/* KEY's value from RAW, or NULL and in *WHY what is wrong with it. */
static char *
checked_value(const MomConfig *config, const MomConfigKey *key, const char *raw, char **why)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *value = resolve(config, key->section, raw, &error);

    *why = value ? mom_config_key_check(key, value) : g_strdup(error->message);
    return *why ? NULL : g_steal_pointer(&value);
}

static void
use_key(MomConfig *config, const MomConfigKey *key)
{
    const char *instead = table_get(config->vdsm_defaults, key->section, key->key);
    g_autofree char *why = NULL;
    char *value = checked_value(config, key, find_raw(config, key->section, key->key), &why);
    const MomIniEntry *entry;
    const Layer *layer;

    if (!value) {
        g_autofree char *ignored = NULL;

        entry = find_entry(config, key->section, key->key, &layer);
        value = checked_value(config, key, instead ? instead : key->value, &ignored);
        if (entry) {
            complain(config, layer, entry->line, "[%s] %s: %s; using `%s'", key->section, key->key,
                     why, value);
        }
    }
    g_hash_table_replace(config->in_force, id_of(key->section, key->key), value);
}

/* A key outside the table, which only its file knows. */
static void
use_entry(MomConfig *config, const char *section, const MomIniEntry *entry)
{
    char *value = resolve(config, section, entry->value, NULL);

    g_hash_table_replace(config->in_force, id_of(section, entry->key),
                         value ? value : g_strdup(entry->value));
}

static void
use_section(MomConfig *config, const Layer *layer, const MomIniSection *section)
{
    gboolean is_default = strcmp(section->name, MOM_INI_DEFAULT_SECTION) == 0;
    gboolean known = is_default || mom_config_section_known(section->name);
    gboolean any_key = is_default || g_str_has_prefix(section->name, MOM_CONFIG_COLLECTOR_PREFIX);

    if (!known) {
        g_autofree char *hint = mom_config_suggest_section(section->name);

        complain(config, layer, section->line, "unknown section [%s]%s", section->name, hint);
    }
    for (guint i = 0; i < section->entries->len; i++) {
        const MomIniEntry *entry = g_ptr_array_index(section->entries, i);

        if (mom_config_key_find(section->name, entry->key)) {
            continue;
        }
        use_entry(config, section->name, entry);
        if (known && !any_key) {
            g_autofree char *hint = mom_config_suggest_key(section->name, entry->key);

            complain(config, layer, entry->line, "unknown key `%s' in [%s]%s", entry->key,
                     section->name, hint);
        }
    }
}

static void
rebuild(MomConfig *config)
{
    g_hash_table_remove_all(config->in_force);
    g_ptr_array_set_size(config->complaints, 0);
    for (guint i = 0; i < config->layers->len; i++) {
        const Layer *layer = g_ptr_array_index(config->layers, i);

        for (guint j = 0; j < layer->ini->sections->len; j++) {
            use_section(config, layer, g_ptr_array_index(layer->ini->sections, j));
        }
    }
    for (const MomConfigKey *key = mom_config_keys; key->section; key++) {
        use_key(config, key);
    }
    for (guint i = 0; i < config->vdsm_complaints->len; i++) {
        g_ptr_array_add(config->complaints,
                        g_strdup(g_ptr_array_index(config->vdsm_complaints, i)));
    }
    g_ptr_array_add(config->complaints, NULL);
}

/* ---- loading ---- */

static MomIni *
read_file(const char *file, GError **error)
{
    g_autoptr(GError) read_error = NULL;
    g_autofree char *text = NULL;
    gsize length;
    MomIni *ini;

    if (!g_file_get_contents(file, &text, &length, &read_error)) {
        g_set_error_literal(error, MOM_CONFIG_ERROR, MOM_CONFIG_ERROR_UNREADABLE,
                            read_error->message);
        return NULL;
    }
    if (length > MOM_CONFIG_FILE_BYTES) {
        g_set_error(error, MOM_CONFIG_ERROR, MOM_CONFIG_ERROR_UNREADABLE,
                    "%s: larger than %d bytes, this is no configuration", file,
                    MOM_CONFIG_FILE_BYTES);
        return NULL;
    }
    ini = mom_ini_parse(text, length, file, &read_error);
    if (!ini) {
        g_set_error_literal(error, MOM_CONFIG_ERROR, MOM_CONFIG_ERROR_SYNTAX, read_error->message);
    }
    return ini;
}

gboolean
mom_config_load(MomConfig *config, const char *file, GError **error)
{
    MomIni *ini = read_file(file, error);
    Layer *layer;

    if (!ini) {
        return FALSE;
    }
    layer = g_new0(Layer, 1);
    layer->file = g_strdup(file);
    layer->ini = ini;
    g_ptr_array_add(config->layers, layer);
    rebuild(config);
    return TRUE;
}

/* ---- vdsm's own file ---- */

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

typedef struct {
    const MomIni *ini;
    const char *section;
} IniScope;

static const char *
look_up_in_ini(const char *key, gpointer data)
{
    const IniScope *scope = data;
    const MomIniEntry *entry = mom_ini_entry(mom_ini_section(scope->ini, scope->section), key);

    if (!entry) {
        entry = mom_ini_entry(mom_ini_section(scope->ini, MOM_INI_DEFAULT_SECTION), key);
    }
    return entry ? entry->value : NULL;
}

static void
take_vdsm_key(MomConfig *config, const char *file, const MomIni *ini, gsize index)
{
    IniScope scope = {ini, vdsm_keys[index].section};
    const MomConfigKey *key =
        mom_config_key_find(vdsm_keys[index].our_section, vdsm_keys[index].our_key);
    const MomIniEntry *entry =
        mom_ini_entry(mom_ini_section(ini, scope.section), vdsm_keys[index].key);
    g_autoptr(GError) error = NULL;
    g_autofree char *value = NULL;
    g_autofree char *why = NULL;

    if (!entry) {
        return;
    }
    value = mom_ini_interpolate(entry->value, look_up_in_ini, &scope, &error);
    why = value ? mom_config_key_check(key, value) : g_strdup(error->message);
    if (why) {
        g_ptr_array_add(config->vdsm_complaints,
                        g_strdup_printf("%s:%u: [%s] %s: %s; left as it was", file, entry->line,
                                        scope.section, entry->key, why));
        return;
    }
    g_hash_table_replace(config->vdsm_defaults, id_of(key->section, key->key),
                         escape_percent(value));
}

static void
load_vdsm_file(MomConfig *config, const char *file)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomIni) ini = NULL;

    if (!g_file_test(file, G_FILE_TEST_EXISTS)) {
        return;
    }
    ini = read_file(file, &error);
    if (!ini) {
        g_ptr_array_add(config->vdsm_complaints, g_strdup(error->message));
        return;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(vdsm_keys); i++) {
        take_vdsm_key(config, file, ini, i);
    }
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* vdsm reads the files of its drop-in directory over the main one, in order of their names. */
static GPtrArray *
list_drop_ins(const char *directory)
{
    GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        if (g_str_has_suffix(name, ".conf")) {
            g_ptr_array_add(files, g_build_filename(directory, name, NULL));
        }
    }
    g_ptr_array_sort(files, compare_names);
    return files;
}

void
mom_config_load_vdsm_conf(MomConfig *config, const char *file)
{
    g_autofree char *main_file = g_strdup(file); /* FILE may be borrowed from CONFIG */
    g_autofree char *directory = g_strconcat(file, ".d", NULL);
    g_autoptr(GPtrArray) drop_ins = list_drop_ins(directory);

    load_vdsm_file(config, main_file);
    for (guint i = 0; i < drop_ins->len; i++) {
        load_vdsm_file(config, g_ptr_array_index(drop_ins, i));
    }
    rebuild(config);
}

/* ---- lifecycle and the command line ---- */

MomConfig *
mom_config_new(void)
{
    MomConfig *config = g_new0(MomConfig, 1);

    config->layers = g_ptr_array_new_with_free_func(layer_free);
    config->overrides = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    config->vdsm_defaults = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    config->vdsm_complaints = g_ptr_array_new_with_free_func(g_free);
    config->in_force = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    config->complaints = g_ptr_array_new_with_free_func(g_free);
    rebuild(config);
    return config;
}

void
mom_config_free(MomConfig *config)
{
    if (!config) {
        return;
    }
    g_ptr_array_unref(config->layers);
    g_hash_table_unref(config->overrides);
    g_hash_table_unref(config->vdsm_defaults);
    g_ptr_array_unref(config->vdsm_complaints);
    g_hash_table_unref(config->in_force);
    g_ptr_array_unref(config->complaints);
    g_free(config);
}

gboolean
mom_config_override(
    MomConfig *config, const char *section, const char *key, const char *value, GError **error)
{
    const MomConfigKey *known = mom_config_key_find(section, key);
    g_autofree char *why =
        known ? mom_config_key_check(known, value) : g_strdup("there is no such key");

    if (why) {
        g_set_error(error, MOM_CONFIG_ERROR, MOM_CONFIG_ERROR_VALUE, "[%s] %s: %s", section, key,
                    why);
        return FALSE;
    }
    g_hash_table_replace(config->overrides, id_of(section, key), escape_percent(value));
    rebuild(config);
    return TRUE;
}

/* ---- reading ---- */

const char *const *
mom_config_complaints(const MomConfig *config)
{
    return (const char *const *)config->complaints->pdata;
}

const char *
mom_config_get(const MomConfig *config, const char *section, const char *key)
{
    const char *value = table_get(config->in_force, section, key);

    return value ? value : table_get(config->in_force, MOM_INI_DEFAULT_SECTION, key);
}

gint64
mom_config_get_int(const MomConfig *config, const char *section, const char *key)
{
    const char *value = mom_config_get(config, section, key);
    char *end;
    gint64 number = g_ascii_strtoll(value, &end, 10);

    return *end ? (gint64)ceil(g_ascii_strtod(value, NULL)) : number;
}

double
mom_config_get_double(const MomConfig *config, const char *section, const char *key)
{
    return g_ascii_strtod(mom_config_get(config, section, key), NULL);
}

gboolean
mom_config_get_bool(const MomConfig *config, const char *section, const char *key)
{
    gboolean value = FALSE;

    mom_config_parse_bool(mom_config_get(config, section, key), &value);
    return value;
}

char **
mom_config_get_list(const MomConfig *config, const char *section, const char *key)
{
    g_auto(GStrv) parts = g_strsplit(mom_config_get(config, section, key), ",", -1);
    GPtrArray *words = g_ptr_array_new();

    for (char **part = parts; *part; part++) {
        g_strstrip(*part);
        if (**part) {
            g_ptr_array_add(words, g_strdup(*part));
        }
    }
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(words, FALSE);
}

gboolean
mom_config_is_set(const MomConfig *config, const char *section, const char *key)
{
    const Layer *layer;

    return table_get(config->overrides, section, key) || find_entry(config, section, key, &layer);
}

char *
mom_config_vdsm_file(const MomConfig *config, const char *key)
{
    const char *file = mom_config_get(config, "vdsm", key);

    if (g_path_is_absolute(file) || *file == '\0') {
        return g_strdup(file);
    }
    return g_build_filename(mom_config_get(config, "vdsm", "pki-dir"), file, NULL);
}

static char *
where_set(const MomConfig *config, const char *key)
{
    const Layer *layer;
    const MomIniEntry *entry = find_entry(config, "main", key, &layer);

    if (table_get(config->overrides, "main", key) || !entry) {
        return g_strdup("command line");
    }
    return g_strdup_printf("%s:%u", layer->file, entry->line);
}

gboolean
mom_config_check_policy_source(const MomConfig *config, GError **error)
{
    g_autofree char *file = where_set(config, "policy");
    g_autofree char *dir = where_set(config, "policy-dir");

    if (*mom_config_get(config, "main", "policy") &&
        *mom_config_get(config, "main", "policy-dir")) {
        g_set_error(error, MOM_CONFIG_ERROR, MOM_CONFIG_ERROR_CONFLICT,
                    "both `policy' (%s) and `policy-dir' (%s) of [main] are set; keep one", file,
                    dir);
        return FALSE;
    }
    return TRUE;
}
