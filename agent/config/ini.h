/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The syntax of Python's configparser.ConfigParser with its defaults: text to sections and keys.
 *
 * `key: value` and `key = value`, keys in lower case, comments on lines of their own, values that
 * go on by indentation, [DEFAULT], %(key)s.  What Python refuses is an error here, with file and
 * line.  No I/O, no knowledge of what a key means.
 */
#pragma once

#include <glib.h>

#define MOM_INI_DEFAULT_SECTION "DEFAULT"
/* Python's own limit on references that lead to references. */
#define MOM_INI_REFERENCE_DEPTH 10
/* What one value may grow to, and how many references it may follow, whatever a file says. */
#define MOM_INI_VALUE_BYTES (64 * 1024)
#define MOM_INI_VALUE_REFERENCES 4096

#define MOM_INI_ERROR (mom_ini_error_quark())
GQuark mom_ini_error_quark(void);

typedef enum {
    MOM_INI_ERROR_SYNTAX,
    MOM_INI_ERROR_REFERENCE, /* a bad %, or one that leads nowhere or too far */
} MomIniErrorCode;

typedef struct {
    char *key;   /* lower case */
    char *value; /* as written, lines joined by newline, not interpolated */
    guint line;
} MomIniEntry;

typedef struct {
    char *name;
    guint line;
    GPtrArray *entries; /* of MomIniEntry, in the order of the file */
    GHashTable *by_key;
} MomIniSection;

typedef struct {
    GPtrArray *sections; /* of MomIniSection, in the order of the file, [DEFAULT] among them */
    GHashTable *by_name;
} MomIni;

/* NAME stands in messages ("momd.conf:12: ..."). TEXT need not end in NUL. */
MomIni *mom_ini_parse(const char *text, gsize length, const char *name, GError **error);
void mom_ini_free(MomIni *ini);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomIni, mom_ini_free)

/* NULL if there is none. Borrowed. */
const MomIniSection *mom_ini_section(const MomIni *ini, const char *name);
const MomIniEntry *mom_ini_entry(const MomIniSection *section, const char *key);

/* What a key stands for in a reference, not interpolated; NULL if unknown. */
typedef const char *(*MomIniLookup)(const char *key, gpointer data);

/* RAW with %(key)s replaced and %% made %. NULL with an error; the caller frees. */
char *mom_ini_interpolate(const char *raw, MomIniLookup lookup, gpointer data, GError **error);

/* KEY as configparser writes it: lower case. The caller frees. */
char *mom_ini_fold_key(const char *key, gssize length);
