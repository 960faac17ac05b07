/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A reader line by line, as configparser's, see ini.h.
 *
 * What counts as space, where a line ends and when a value goes on are Python's answers, which a
 * differential test compares; where Python would raise, the first such line is the error.
 */
#include "agent/config/ini.h"

#include <string.h>

G_DEFINE_QUARK(mom - ini - error - quark, mom_ini_error)

typedef struct {
    const char *start;
    const char *end;
} Span;

typedef struct {
    const char *name; /* of the file */
    guint line;
    MomIni *ini;
    MomIniSection *section; /* NULL before the first */
    MomIniEntry *entry;     /* whose value may go on; NULL after a section's head */
    GString *value;         /* of ENTRY so far */
    gsize indent;           /* of the line that began ENTRY */
} Reader;

/* ---- text ---- */

/* str.isspace(), which knows a few characters more than Unicode's Z classes. */
static gboolean
is_space(gunichar c)
{
    return g_unichar_isspace(c) || c == 0x0b || (c >= 0x1c && c <= 0x1f) || c == 0x85;
}

static Span
strip_end(Span span)
{
    while (span.end > span.start) {
        const char *last = g_utf8_find_prev_char(span.start, span.end);

        if (!is_space(g_utf8_get_char(last)))
            break;
        span.end = last;
    }
    return span;
}

static Span
strip(Span span)
{
    while (span.start < span.end && is_space(g_utf8_get_char(span.start)))
        span.start = g_utf8_next_char(span.start);
    return strip_end(span);
}

static char *
span_dup(Span span)
{
    return g_strndup(span.start, (gsize)(span.end - span.start));
}

/* Lines end in \n, \r\n or \r, as Python reads text. */
static Span
next_line(const char **at, const char *end)
{
    Span line = {*at, *at};

    while (line.end < end && *line.end != '\n' && *line.end != '\r')
        line.end++;
    *at = line.end;
    if (*at < end && **at == '\r')
        (*at)++;
    if (*at < end && **at == '\n' && (*at == line.end || (*at)[-1] == '\r'))
        (*at)++;
    return line;
}

char *
mom_ini_fold_key(const char *key, gssize length)
{
    GString *folded = g_string_new(NULL);
    const char *end = key + (length < 0 ? (gssize)strlen(key) : length);

    for (const char *p = key; p < end; p = g_utf8_next_char(p))
        g_string_append_unichar(folded, g_unichar_tolower(g_utf8_get_char(p)));
    return g_string_free(folded, FALSE);
}

/* ---- the tree ---- */

static void
entry_free(gpointer data)
{
    MomIniEntry *entry = data;

    g_free(entry->key);
    g_free(entry->value);
    g_free(entry);
}

static void
section_free(gpointer data)
{
    MomIniSection *section = data;

    g_hash_table_unref(section->by_key);
    g_ptr_array_unref(section->entries);
    g_free(section->name);
    g_free(section);
}

static MomIniSection *
section_new(char *name, guint line)
{
    MomIniSection *section = g_new0(MomIniSection, 1);

    section->name = name;
    section->line = line;
    section->entries = g_ptr_array_new_with_free_func(entry_free);
    section->by_key = g_hash_table_new(g_str_hash, g_str_equal);
    return section;
}

static MomIni *
ini_new(void)
{
    MomIni *ini = g_new0(MomIni, 1);

    ini->sections = g_ptr_array_new_with_free_func(section_free);
    ini->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    return ini;
}

void
mom_ini_free(MomIni *ini)
{
    if (!ini)
        return;
    g_hash_table_unref(ini->by_name);
    g_ptr_array_unref(ini->sections);
    g_free(ini);
}

const MomIniSection *
mom_ini_section(const MomIni *ini, const char *name)
{
    return g_hash_table_lookup(ini->by_name, name);
}

const MomIniEntry *
mom_ini_entry(const MomIniSection *section, const char *key)
{
    return section ? g_hash_table_lookup(section->by_key, key) : NULL;
}

/* ---- reading ---- */

G_GNUC_PRINTF(3, 4)
static gboolean
fail(const Reader *reader, GError **error, const char *format, ...)
{
    va_list args;
    g_autofree char *text = NULL;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(error, MOM_INI_ERROR, MOM_INI_ERROR_SYNTAX, "%s:%u: %s", reader->name, reader->line,
                text);
    return FALSE;
}

static void
finish_entry(Reader *reader)
{
    if (reader->entry) {
        Span value = {reader->value->str, reader->value->str + reader->value->len};

        /* The lines are stripped already, except that empty ones at the end do not count. */
        reader->entry->value = span_dup(strip_end(value));
        reader->entry = NULL;
    }
}

static gboolean
read_section(Reader *reader, Span name, GError **error)
{
    g_autofree char *text = span_dup(name);
    MomIniSection *section = g_hash_table_lookup(reader->ini->by_name, text);

    finish_entry(reader);
    if (section && strcmp(text, MOM_INI_DEFAULT_SECTION) != 0) {
        return fail(reader, error, "section [%s] is there a second time, first in line %u", text,
                    section->line);
    }
    if (!section) {
        section = section_new(g_steal_pointer(&text), reader->line);
        g_ptr_array_add(reader->ini->sections, section);
        g_hash_table_insert(reader->ini->by_name, section->name, section);
    }
    reader->section = section;
    return TRUE;
}

static gboolean
read_entry(Reader *reader, Span text, GError **error)
{
    Span key = text;
    Span value = text;
    g_autofree char *folded = NULL;
    const MomIniEntry *first;

    while (key.end = value.start, value.start < text.end && !strchr("=:", *value.start))
        value.start++;
    key = strip(key);
    if (value.start == text.end) {
        return fail(reader, error, "neither `key: value' nor `[section]': `%.*s'",
                    (int)MIN(text.end - text.start, 80), text.start);
    }
    if (key.start == key.end)
        return fail(reader, error, "a value without a key");
    finish_entry(reader);
    value.start++;
    folded = mom_ini_fold_key(key.start, key.end - key.start);
    first = mom_ini_entry(reader->section, folded);
    if (first) {
        return fail(reader, error, "`%s' is set a second time in [%s], first in line %u", folded,
                    reader->section->name, first->line);
    }
    reader->entry = g_new0(MomIniEntry, 1);
    reader->entry->key = g_steal_pointer(&folded);
    reader->entry->line = reader->line;
    g_ptr_array_add(reader->section->entries, reader->entry);
    g_hash_table_insert(reader->section->by_key, reader->entry->key, reader->entry);
    value = strip(value);
    g_string_truncate(reader->value, 0);
    g_string_append_len(reader->value, value.start, value.end - value.start);
    return TRUE;
}

/* What follows the last `]' of a section's line is not looked at; Python does not either. */
static gboolean
find_header(Span text, Span *name)
{
    const char *close = NULL;

    if (text.start < text.end && *text.start == '[')
        close = memrchr(text.start, ']', (gsize)(text.end - text.start));
    if (!close)
        return FALSE;
    *name = (Span){text.start + 1, close};
    return name->end > name->start;
}

static gboolean
read_line(Reader *reader, Span line, GError **error)
{
    Span text = strip(line);
    gsize indent = (gsize)g_utf8_pointer_to_offset(line.start, text.start);
    Span name;

    if (text.start == text.end) {
        if (reader->entry)
            g_string_append_c(reader->value, '\n');
        return TRUE;
    }
    if (*text.start == '#' || *text.start == ';')
        return TRUE;
    if (reader->entry && indent > reader->indent) {
        g_string_append_c(reader->value, '\n');
        g_string_append_len(reader->value, text.start, text.end - text.start);
        return TRUE;
    }
    reader->indent = indent;
    if (find_header(text, &name))
        return read_section(reader, name, error);
    if (!reader->section) {
        return fail(reader, error, "no [section] stands before `%.*s'",
                    (int)MIN(text.end - text.start, 80), text.start);
    }
    return read_entry(reader, text, error);
}

static gboolean
check_text(Reader *reader, const char *text, gsize length, GError **error)
{
    const char *bad;

    if (g_utf8_validate_len(text, length, &bad))
        return TRUE;
    reader->line = 1;
    for (const char *p = text; p < bad; p++)
        reader->line += *p == '\n';
    return fail(reader, error, *bad ? "not UTF-8 text" : "a NUL byte, this is no text");
}

MomIni *
mom_ini_parse(const char *text, gsize length, const char *name, GError **error)
{
    g_autoptr(MomIni) ini = ini_new();
    g_autoptr(GString) value = g_string_new(NULL);
    Reader reader = {.name = name, .ini = ini, .value = value};
    const char *at = text;

    if (!check_text(&reader, text, length, error))
        return NULL;
    while (at < text + length) {
        Span line = next_line(&at, text + length);

        reader.line++;
        if (!read_line(&reader, line, error))
            return NULL;
    }
    finish_entry(&reader);
    return g_steal_pointer(&ini);
}

/* ---- references ---- */

typedef struct {
    MomIniLookup lookup;
    gpointer data;
    GString *out;
    guint references;
} Expansion;

G_GNUC_PRINTF(2, 3)
static gboolean
bad_reference(GError **error, const char *format, ...)
{
    va_list args;
    g_autofree char *text = NULL;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error_literal(error, MOM_INI_ERROR, MOM_INI_ERROR_REFERENCE, text);
    return FALSE;
}

/* The key of "%(key)s" at AT, and where the reference ends. NULL: it is none. */
static char *
reference_key(const char *at, const char **end)
{
    const char *close = strchr(at, ')');

    if (at[1] != '(' || !close || close == at + 2 || close[1] != 's')
        return NULL;
    *end = close + 2;
    return mom_ini_fold_key(at + 2, close - at - 2);
}

static gboolean
expand(Expansion *expansion, const char *raw, guint depth, GError **error)
{
    if (depth > MOM_INI_REFERENCE_DEPTH) {
        return bad_reference(error, "references lead to references more than %d deep",
                             MOM_INI_REFERENCE_DEPTH);
    }
    while (*raw) {
        gsize plain = strcspn(raw, "%");
        g_autofree char *key = NULL;
        const char *value;

        g_string_append_len(expansion->out, raw, (gssize)plain);
        raw += plain;
        if (expansion->out->len > MOM_INI_VALUE_BYTES)
            return bad_reference(error, "longer than %d bytes", MOM_INI_VALUE_BYTES);
        if (*raw == '\0')
            break;
        if (raw[1] == '%') {
            g_string_append_c(expansion->out, '%');
            raw += 2;
            continue;
        }
        key = reference_key(raw, &raw);
        if (!key)
            return bad_reference(error, "`%%' must be doubled, or begin %%(key)s: `%.40s'", raw);
        value = expansion->lookup(key, expansion->data);
        if (!value)
            return bad_reference(error, "%%(%s)s stands for nothing", key);
        if (++expansion->references > MOM_INI_VALUE_REFERENCES)
            return bad_reference(error, "more than %d references", MOM_INI_VALUE_REFERENCES);
        if (!strchr(value, '%'))
            g_string_append(expansion->out, value); /* costs no depth in Python */
        else if (!expand(expansion, value, depth + 1, error))
            return FALSE;
    }
    return TRUE;
}

char *
mom_ini_interpolate(const char *raw, MomIniLookup lookup, gpointer data, GError **error)
{
    Expansion expansion = {.lookup = lookup, .data = data, .out = g_string_new(NULL)};

    if (!expand(&expansion, raw, 1, error)) {
        g_string_free(expansion.out, TRUE);
        return NULL;
    }
    return g_string_free(expansion.out, FALSE);
}
