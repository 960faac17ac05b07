/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Named policies in order of name, each with its text and its program (SEMANTICS section 2).
 *
 * A new text is parsed before anything changes, so that a bad one changes nothing.  Nothing here
 * looks at files or knows what a policy means.
 */
#include "policy/error.h"
#include "policy/parser.h"
#include "policy/store-private.h"

#include <string.h>

/* Below this many symbols it is not worth asking which of them are still used. */
#define FEW_SYMBOLS 4096

typedef struct {
    char *name;
    char *text;
    gsize length;
    char *shown; /* what it is said to be; NULL: `text`, which is what runs */
    MomProgram *program;
} Entry;

struct MomPolicyStore {
    GPtrArray *entries; /* of Entry, by name */
    MomSymbols *symbols;
    MomRun *run; /* NULL before the first evaluation */
};

static void
entry_free(Entry *entry)
{
    if (!entry)
        return;
    mom_program_unref(entry->program);
    g_free(entry->name);
    g_free(entry->text);
    g_free(entry->shown);
    g_free(entry);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Entry, entry_free)

/* Parses TEXT into an entry of its own. */
static Entry *
entry_new(MomSymbols *symbols, const char *name, const char *text, gsize length, GError **error)
{
    g_autoptr(Entry) entry = g_new0(Entry, 1);

    entry->name = g_strdup(name);
    entry->text = g_malloc(length + 1);
    memcpy(entry->text, text, length);
    entry->text[length] = '\0';
    entry->length = length;
    entry->program = mom_program_parse(symbols, name, entry->text, length, error);
    return entry->program ? g_steal_pointer(&entry) : NULL;
}

static Entry *
entry_copy(const Entry *from)
{
    Entry *entry = g_new0(Entry, 1);

    *entry = (Entry){.name = g_strdup(from->name),
                     .text = g_strdup(from->text),
                     .length = from->length,
                     .shown = g_strdup(from->shown),
                     .program = mom_program_ref(from->program)};
    return entry;
}

static GPtrArray *
entries_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)entry_free);
}

MomPolicyStore *
mom_policy_store_new(void)
{
    MomPolicyStore *store = g_new0(MomPolicyStore, 1);

    store->entries = entries_new();
    store->symbols = mom_symbols_new();
    return store;
}

MomPolicyStore *
mom_policy_store_copy(const MomPolicyStore *store)
{
    MomPolicyStore *copy = g_new0(MomPolicyStore, 1);

    copy->entries = entries_new();
    copy->symbols = mom_symbols_ref(store->symbols);
    for (guint i = 0; i < store->entries->len; i++)
        g_ptr_array_add(copy->entries, entry_copy(store->entries->pdata[i]));
    return copy;
}

void
mom_policy_store_free(MomPolicyStore *store)
{
    if (!store)
        return;
    mom_run_free(store->run);
    g_ptr_array_unref(store->entries);
    mom_symbols_unref(store->symbols);
    g_free(store);
}

/* Where NAME is, or where it belongs; strcmp sorts UTF-8 by code point. */
static guint
position(const MomPolicyStore *store, const char *name, gboolean *found)
{
    guint i;

    *found = FALSE;
    for (i = 0; i < store->entries->len; i++) {
        int order = strcmp(((const Entry *)store->entries->pdata[i])->name, name);

        if (order >= 0) {
            *found = order == 0;
            break;
        }
    }
    return i;
}

static gsize
symbols_in_use(const MomPolicyStore *store)
{
    gsize n = 0;

    for (guint i = 0; i < store->entries->len; i++)
        n += ((const Entry *)store->entries->pdata[i])->program->n_symbols;
    return n;
}

/* A daemon that is given ever new texts for months must not keep all their names: when most are
 * no longer used, the texts are parsed again with a new table.  They parsed before, so they parse
 * now. */
static void
forget_unused_symbols(MomPolicyStore *store)
{
    g_autoptr(MomSymbols) symbols = NULL;
    gsize n = mom_symbols_count(store->symbols);

    if (n < FEW_SYMBOLS || n < 2 * symbols_in_use(store))
        return;
    symbols = mom_symbols_new();
    for (guint i = 0; i < store->entries->len; i++) {
        Entry *entry = store->entries->pdata[i];
        MomProgram *program =
            mom_program_parse(symbols, entry->name, entry->text, entry->length, NULL);

        g_return_if_fail(program);
        mom_program_unref(entry->program);
        entry->program = program;
    }
    mom_symbols_unref(store->symbols);
    store->symbols = g_steal_pointer(&symbols);
}

/* A parsed entry for TEXT, or NULL; the store is as it was. */
static Entry *
prepare(MomPolicyStore *store, const char *name, const char *text, gssize length, GError **error)
{
    if (!name)
        name = MOM_POLICY_MAIN_NAME;
    if (!g_utf8_validate(name, -1, NULL)) {
        mom_policy_set_error(error, MOM_POLICY_ERROR_LOAD, (MomPlace){0},
                             "the name of a policy must be UTF-8");
        return NULL;
    }
    forget_unused_symbols(store);
    return entry_new(store->symbols, name, text, length < 0 ? strlen(text) : (gsize)length, error);
}

static void
insert(MomPolicyStore *store, Entry *entry)
{
    gboolean found;
    guint i = position(store, entry->name, &found);

    if (found)
        g_ptr_array_remove_index(store->entries, i);
    g_ptr_array_insert(store->entries, (gint)i, entry);
}

gboolean
mom_policy_store_set(
    MomPolicyStore *store, const char *name, const char *text, gssize length, GError **error)
{
    Entry *entry = prepare(store, name, text, length, error);

    if (!entry)
        return FALSE;
    insert(store, entry);
    return TRUE;
}

gboolean
mom_policy_store_set_in_part(
    MomPolicyStore *store, const char *name, const char *text, const char *run, GError **error)
{
    Entry *entry = prepare(store, name, run, -1, error);

    if (!entry)
        return FALSE;
    entry->shown = g_strdup(text);
    insert(store, entry);
    return TRUE;
}

void
mom_policy_store_remove(MomPolicyStore *store, const char *name)
{
    gboolean found;
    guint i = position(store, name ? name : MOM_POLICY_MAIN_NAME, &found);

    if (found)
        g_ptr_array_remove_index(store->entries, i);
}

void
mom_policy_store_clear(MomPolicyStore *store)
{
    g_ptr_array_set_size(store->entries, 0);
}

gboolean
mom_policy_store_replace(MomPolicyStore *store, const char *text, gssize length, GError **error)
{
    Entry *entry = prepare(store, NULL, text, length, error);

    if (!entry)
        return FALSE;
    mom_policy_store_clear(store);
    g_ptr_array_add(store->entries, entry);
    return TRUE;
}

const char **
mom_policy_store_names(const MomPolicyStore *store, gsize *n)
{
    const char **names = g_new0(const char *, store->entries->len + 1);

    for (guint i = 0; i < store->entries->len; i++)
        names[i] = ((const Entry *)store->entries->pdata[i])->name;
    if (n)
        *n = store->entries->len;
    return names;
}

static const char *
shown(const Entry *entry)
{
    return entry->shown ? entry->shown : entry->text;
}

const char *
mom_policy_store_get(const MomPolicyStore *store, const char *name)
{
    gboolean found;
    guint i = position(store, name ? name : MOM_POLICY_MAIN_NAME, &found);

    return found ? shown(store->entries->pdata[i]) : NULL;
}

char *
mom_policy_store_get_joined(const MomPolicyStore *store)
{
    g_autoptr(GString) joined = g_string_new(NULL);

    for (guint i = 0; i < store->entries->len; i++) {
        if (i > 0)
            g_string_append_c(joined, '\n');
        g_string_append(joined, shown(store->entries->pdata[i]));
    }
    if (joined->len == 0)
        g_string_append_c(joined, '0');
    return g_string_free(g_steal_pointer(&joined), FALSE);
}

MomProgram *
mom_policy_store_program(const MomPolicyStore *store, gsize index)
{
    return ((const Entry *)store->entries->pdata[index])->program;
}

gsize
mom_policy_store_size(const MomPolicyStore *store)
{
    return store->entries->len;
}

MomSymbols *
mom_policy_store_symbols(const MomPolicyStore *store)
{
    return store->symbols;
}

MomRun *
mom_policy_store_run(MomPolicyStore *store)
{
    if (!store->run)
        store->run = mom_run_new();
    return store->run;
}
