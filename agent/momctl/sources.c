/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reading and storing what a command line names, see sources.h.
 *
 * What cannot be read ends a command; what cannot be parsed is a finding like others.
 */
#include "agent/momctl/sources.h"

#include "agent/momctl/command.h"

#include <string.h>

#define SUFFIX ".policy"
#define CHUNK 65536
#define MAX_SHOWN_LINE 400 /* bytes */

static void
source_free(MomCtlSource *source)
{
    g_free(source->name);
    g_free(source->path);
    g_free(source->text);
    g_free(source);
}

/* ---- reading ---- */

static char *
read_stdin(gsize *length, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *chunk = g_malloc(CHUNK);
    gsize n;

    while ((n = fread(chunk, 1, CHUNK, stdin)) > 0)
        g_string_append_len(text, chunk, (gssize)n);
    if (ferror(stdin)) {
        g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_IO, "standard input cannot be read");
        return NULL;
    }
    *length = text->len;
    return g_string_free(g_steal_pointer(&text), FALSE);
}

char *
mom_ctl_read(const char *path, gsize *length, GError **error)
{
    char *text = NULL;

    if (strcmp(path, "-") == 0)
        return read_stdin(length, error);
    return g_file_get_contents(path, &text, length, error) ? text : NULL;
}

static int
find_source(GPtrArray *sources, const char *name)
{
    for (guint i = 0; i < sources->len; i++)
        if (strcmp(((MomCtlSource *)sources->pdata[i])->name, name) == 0)
            return (int)i;
    return -1;
}

static char *
policy_name(const char *path)
{
    g_autofree char *base = g_path_get_basename(path);
    const char *suffix = strstr(base, SUFFIX);

    if (strcmp(path, "-") == 0)
        return g_strdup(MOM_POLICY_MAIN_NAME);
    return suffix && suffix > base ? g_strndup(base, (gsize)(suffix - base)) : g_strdup(base);
}

/* Takes all strings over. */
static void
add_source(GPtrArray *sources, char *name, char *path, char *text, gsize length)
{
    MomCtlSource *source = g_new0(MomCtlSource, 1);
    int present = find_source(sources, name);

    *source = (MomCtlSource){.name = name, .path = path, .text = text, .length = length};
    if (present >= 0)
        g_ptr_array_remove_index(sources, (guint)present);
    g_ptr_array_add(sources, source);
}

static gboolean
add_file(GPtrArray *sources, const char *path, GError **error)
{
    gsize length;
    char *text = mom_ctl_read(path, &length, error);

    if (!text)
        return FALSE;
    add_source(sources, policy_name(path), strcmp(path, "-") == 0 ? NULL : g_strdup(path), text,
               length);
    return TRUE;
}

void
mom_ctl_sources_put(GPtrArray *sources, const char *name, const char *text)
{
    add_source(sources, g_strdup(name), NULL, g_strdup(text), strlen(text));
}

static gboolean
add_dir(GPtrArray *sources, const char *path, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, error);
    const char *name;

    if (!dir)
        return FALSE;
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *file = g_build_filename(path, name, NULL);

        if (name[0] != '.' && g_str_has_suffix(name, SUFFIX) && !add_file(sources, file, error))
            return FALSE;
    }
    return TRUE;
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    const MomCtlSource *first = *(MomCtlSource *const *)a;
    const MomCtlSource *second = *(MomCtlSource *const *)b;

    return strcmp(first->name, second->name);
}

GPtrArray *
mom_ctl_sources_read(char **paths, int n, GError **error)
{
    g_autoptr(GPtrArray) sources = g_ptr_array_new_with_free_func((GDestroyNotify)source_free);

    for (int i = 0; i < n; i++) {
        gboolean is_dir = g_file_test(paths[i], G_FILE_TEST_IS_DIR);

        if (is_dir ? !add_dir(sources, paths[i], error) : !add_file(sources, paths[i], error))
            return NULL;
    }
    g_ptr_array_sort(sources, compare_names);
    return g_steal_pointer(&sources);
}

/* ---- storing ---- */

MomFinding *
mom_ctl_finding_new(const GError *error)
{
    MomPlace place = mom_policy_error_place(error);
    g_autofree char *prefix =
        g_strdup_printf("%s:%u:%u: ", place.policy ? place.policy : "?", place.line, place.column);
    gboolean prefixed = g_str_has_prefix(error->message, prefix);
    MomFinding *finding = g_new0(MomFinding, 1);

    *finding = (MomFinding){.severity = MOM_FINDING_ERROR,
                            .policy = g_strdup(place.policy),
                            .line = place.line,
                            .column = place.column,
                            .message = g_strdup(error->message + (prefixed ? strlen(prefix) : 0))};
    return finding;
}

GPtrArray *
mom_ctl_sources_load(GPtrArray *sources, MomPolicyStore *store)
{
    GPtrArray *findings = g_ptr_array_new_with_free_func((GDestroyNotify)mom_finding_free);

    for (guint i = 0; i < sources->len; i++) {
        const MomCtlSource *source = sources->pdata[i];
        g_autoptr(GError) error = NULL;

        if (!mom_policy_store_set(store, source->name, source->text, (gssize)source->length,
                                  &error))
            g_ptr_array_add(findings, mom_ctl_finding_new(error));
    }
    return findings;
}

gboolean
mom_ctl_sources_load_all(GPtrArray *sources, MomPolicyStore *store)
{
    g_autoptr(GPtrArray) findings = mom_ctl_sources_load(sources, store);

    for (guint i = 0; i < findings->len; i++)
        mom_ctl_print_finding(stderr, sources, findings->pdata[i]);
    return findings->len == 0;
}

/* ---- telling ---- */

/* The text of FINDING's policy up to the end of the finding's line, with a U+FFFD for each byte
 * that is no UTF-8, so that columns stay.  NULL if there is none, or if its line is too long to be
 * of help. */
static char *
presentable_text(GPtrArray *sources, const MomFinding *finding)
{
    int i = finding->policy ? find_source(sources, finding->policy) : -1;
    const MomCtlSource *source = i >= 0 ? sources->pdata[i] : NULL;
    const char *line = source ? source->text : NULL;
    const char *end = source ? source->text + source->length : NULL;
    g_autofree char *text = NULL;

    for (guint n = 1; line && n < finding->line; n++) {
        line = memchr(line, '\n', (gsize)(end - line));
        line = line ? line + 1 : NULL;
    }
    if (!line)
        return NULL;
    end = line + strcspn(line, "\n");
    text = g_utf8_make_valid(source->text, end - source->text);
    return end - line > MAX_SHOWN_LINE ? NULL : g_steal_pointer(&text);
}

void
mom_ctl_print_finding(FILE *out, GPtrArray *sources, const MomFinding *finding)
{
    g_autofree char *source = presentable_text(sources, finding);
    g_autofree char *text = mom_finding_format(finding, source);

    /* What is in a policy must not steer a terminal. */
    for (char *at = text; *at; at++)
        if (g_ascii_iscntrl(*at) && *at != '\n' && *at != '\t')
            *at = '?';
    fprintf(out, "%s%s", text, g_str_has_suffix(text, "\n") ? "" : "\n");
}

void
mom_ctl_print_error(GPtrArray *sources, const GError *error)
{
    g_autoptr(MomFinding) finding = NULL;

    if (error->domain != MOM_POLICY_ERROR) {
        mom_ctl_fail(NULL, error);
        return;
    }
    finding = mom_ctl_finding_new(error);
    mom_ctl_print_finding(stderr, sources, finding);
}
