/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Layers of settings and the values in force, see config.h.
 *
 * From top: the command line, the files (a later one over an earlier), vdsm's own file, the table,
 * and [DEFAULT].  The table stands over [DEFAULT] as in the reference, which sets its defaults in
 * their sections. Everything is worked out anew after each change, so that reading is a mere
 * look-up.
 */
#include "agent/config/config.h"

#include <math.h>
#include <string.h>

#include "agent/config/config-file.h"
#include "agent/config/config-guest.h"
#include "agent/config/config-keys.h"
#include "agent/config/config-vdsm.h"
#include "agent/config/ini.h"

G_DEFINE_QUARK(mom - config - error - quark, mom_config_error)

typedef struct {
    char *file;
    MomIni *ini;
} Layer;

struct MomConfig {
    GPtrArray *layers;          /* of Layer, in the order of loading */
    GHashTable *overrides;      /* id -> value, `%' doubled */
    GHashTable *vdsm_defaults;  /* id -> value, `%' doubled */
    GHashTable *vdsm_origins;   /* id -> "FILE:LINE" */
    GPtrArray *vdsm_complaints; /* char* */
    GHashTable *in_force;       /* id -> value */
    GHashTable *misused;        /* id, of keys whose value is of the wrong type: not in force */
    char *misuse;               /* of the first of them, or NULL */
    GPtrArray *complaints;      /* char*, ended by NULL */
    gboolean checks_trust;
    MomTrust trust;
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

    if (raw)
        return raw;
    entry = find_entry(config, section, key, &layer);
    if (entry)
        return entry->value;
    raw = table_get(config->vdsm_defaults, section, key);
    if (raw || known)
        return raw ? raw : known->value;
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

    if (g_str_has_prefix(section, MOM_CONFIG_COLLECTOR_PREFIX))
        return g_strdup(raw);
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
note_misuse(
    MomConfig *config, const MomConfigKey *key, const char *file, guint line, const char *why)
{
    g_hash_table_add(config->misused, id_of(key->section, key->key));
    if (!config->misuse) {
        config->misuse =
            g_strdup_printf("%s:%u: [%s] %s: %s", file, line, key->section, key->key, why);
    }
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
            note_misuse(config, key, layer->file, entry->line, why);
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

/* Nothing is in the table for it: what is said in its file holds, or nothing does. */
static void
check_guest_section(MomConfig *config, const Layer *layer, const MomIniSection *section)
{
    for (guint i = 0; i < section->entries->len; i++) {
        const MomIniEntry *entry = g_ptr_array_index(section->entries, i);
        const MomConfigKey key = {section->name, entry->key};
        g_autofree char *text = NULL;

        if (!mom_config_guest_key_known(entry->key)) {
            text = mom_config_guest_suggest_key(entry->key);
            complain(config, layer, entry->line, "unknown key `%s' in [%s]%s", entry->key,
                     section->name, text);
        } else if ((text = mom_config_guest_check(entry->key, entry->value))) {
            complain(config, layer, entry->line, "[%s] %s: %s; it is left out", section->name,
                     entry->key, text);
            note_misuse(config, &key, layer->file, entry->line, text);
        }
    }
}

static char *
suggest_section(const char *section)
{
    char *hint = mom_config_guest_suggest_section(section);

    return hint ? hint : mom_config_suggest_section(section);
}

static void
use_section(MomConfig *config, const Layer *layer, const MomIniSection *section)
{
    gboolean is_default = strcmp(section->name, MOM_INI_DEFAULT_SECTION) == 0;
    gboolean known = is_default || mom_config_section_known(section->name);
    g_autofree char *pattern = mom_config_guest_pattern(section->name);

    if (pattern) {
        check_guest_section(config, layer, section);
        return;
    }
    if (!known) {
        g_autofree char *hint = suggest_section(section->name);

        complain(config, layer, section->line, "unknown section [%s]%s", section->name, hint);
    }
    for (guint i = 0; i < section->entries->len; i++) {
        const MomIniEntry *entry = g_ptr_array_index(section->entries, i);

        if (mom_config_key_find(section->name, entry->key))
            continue;
        use_entry(config, section->name, entry);
        if (known && !is_default) {
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
    g_hash_table_remove_all(config->misused);
    g_clear_pointer(&config->misuse, g_free);
    g_ptr_array_set_size(config->complaints, 0);
    for (guint i = 0; i < config->layers->len; i++) {
        const Layer *layer = g_ptr_array_index(config->layers, i);

        for (guint j = 0; j < layer->ini->sections->len; j++)
            use_section(config, layer, g_ptr_array_index(layer->ini->sections, j));
    }
    for (const MomConfigKey *key = mom_config_keys; key->section; key++)
        use_key(config, key);
    for (guint i = 0; i < config->vdsm_complaints->len; i++) {
        g_ptr_array_add(config->complaints,
                        g_strdup(g_ptr_array_index(config->vdsm_complaints, i)));
    }
    g_ptr_array_add(config->complaints, NULL);
}

/* ---- loading ---- */

gboolean
mom_config_load(MomConfig *config, const char *file, GError **error)
{
    MomIni *ini = mom_config_file_read(file, config->checks_trust ? &config->trust : NULL, error);
    Layer *layer;

    if (!ini)
        return FALSE;
    layer = g_new0(Layer, 1);
    layer->file = g_strdup(file);
    layer->ini = ini;
    g_ptr_array_add(config->layers, layer);
    rebuild(config);
    return TRUE;
}

/* ---- vdsm's own file ---- */

static void
vdsm_found(
    const char *section, const char *key, const char *value, const char *origin, gpointer data)
{
    MomConfig *config = data;

    g_hash_table_replace(config->vdsm_defaults, id_of(section, key), escape_percent(value));
    g_hash_table_replace(config->vdsm_origins, id_of(section, key), g_strdup(origin));
}

static void
vdsm_complains(const char *text, gpointer data)
{
    MomConfig *config = data;

    g_ptr_array_add(config->vdsm_complaints, g_strdup(text));
}

void
mom_config_load_vdsm_conf(MomConfig *config, const char *file)
{
    static const MomVdsmConfFuncs funcs = {vdsm_found, vdsm_complains};
    g_autofree char *own = g_strdup(file); /* FILE may be borrowed from CONFIG */
    MomTrust trust = {.off = config->trust.off ||
                             mom_config_get_bool(config, "main", "trust-writable-paths"),
                      .also_uid = mom_trust_vdsm_uid()};

    mom_vdsm_conf_read(own, config->checks_trust ? &trust : NULL, &funcs, config);
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
    config->vdsm_origins = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    config->vdsm_complaints = g_ptr_array_new_with_free_func(g_free);
    config->in_force = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    config->misused = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    config->complaints = g_ptr_array_new_with_free_func(g_free);
    rebuild(config);
    return config;
}

void
mom_config_free(MomConfig *config)
{
    if (!config)
        return;
    g_ptr_array_unref(config->layers);
    g_hash_table_unref(config->overrides);
    g_hash_table_unref(config->vdsm_defaults);
    g_hash_table_unref(config->vdsm_origins);
    g_ptr_array_unref(config->vdsm_complaints);
    g_hash_table_unref(config->misused);
    g_free(config->misuse);
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
        if (**part)
            g_ptr_array_add(words, g_strdup(*part));
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

static gboolean
is_in_force(const MomConfig *config,
            const Layer *layer,
            const MomIniSection *section,
            const MomIniEntry *entry)
{
    g_autofree char *fault = NULL;
    const Layer *where;

    if (!mom_config_guest_key_known(entry->key))
        return FALSE;
    fault = mom_config_guest_check(entry->key, entry->value);
    return !fault && find_entry(config, section->name, entry->key, &where) && where == layer;
}

static void
visit_guest_section(const MomConfig *config,
                    const Layer *layer,
                    const MomIniSection *section,
                    MomConfigGuestFunc func,
                    gpointer data)
{
    g_autofree char *pattern = mom_config_guest_pattern(section->name);

    for (guint i = 0; pattern && i < section->entries->len; i++) {
        const MomIniEntry *entry = g_ptr_array_index(section->entries, i);
        g_autofree char *origin = g_strdup_printf("%s:%u", layer->file, entry->line);

        if (is_in_force(config, layer, section, entry)) {
            func(&(MomConfigGuestEntry){section->name, pattern, entry->key, entry->value, origin},
                 data);
        }
    }
}

void
mom_config_foreach_guest(const MomConfig *config, MomConfigGuestFunc func, gpointer data)
{
    for (guint i = config->layers->len; i-- > 0;) {
        const Layer *layer = g_ptr_array_index(config->layers, i);

        for (guint j = 0; j < layer->ini->sections->len; j++) {
            visit_guest_section(config, layer, g_ptr_array_index(layer->ini->sections, j), func,
                                data);
        }
    }
}

char *
mom_config_vdsm_file(const MomConfig *config, const char *key)
{
    const char *file = mom_config_get(config, "vdsm", key);

    if (g_path_is_absolute(file) || *file == '\0')
        return g_strdup(file);
    return g_build_filename(mom_config_get(config, "vdsm", "pki-dir"), file, NULL);
}

char *
mom_config_origin(const MomConfig *config, const char *section, const char *key)
{
    g_autofree char *id = id_of(section, key);
    const char *origin = g_hash_table_lookup(config->vdsm_origins, id);
    const Layer *layer;
    const MomIniEntry *entry = find_entry(config, section, key, &layer);

    if (g_hash_table_contains(config->overrides, id))
        return g_strdup(MOM_CONFIG_ORIGIN_COMMAND_LINE);
    if (entry && !g_hash_table_contains(config->misused, id))
        return g_strdup_printf("%s:%u", layer->file, entry->line);
    return g_strdup(origin ? origin : MOM_CONFIG_ORIGIN_DEFAULT);
}

const char *
mom_config_misuse(const MomConfig *config)
{
    return config->misuse;
}

void
mom_config_check_trust(MomConfig *config, gboolean off)
{
    config->checks_trust = TRUE;
    config->trust = (MomTrust){.off = off, .also_uid = -1, .option_only = TRUE};
}

gboolean
mom_config_check_policy_source(const MomConfig *config, GError **error)
{
    g_autofree char *file = mom_config_origin(config, "main", "policy");
    g_autofree char *dir = mom_config_origin(config, "main", "policy-dir");

    if (*mom_config_get(config, "main", "policy") &&
        *mom_config_get(config, "main", "policy-dir")) {
        g_set_error(error, MOM_CONFIG_ERROR, MOM_CONFIG_ERROR_CONFLICT,
                    "both `policy' (%s) and `policy-dir' (%s) of [main] are set; keep one", file,
                    dir);
        return FALSE;
    }
    return TRUE;
}
