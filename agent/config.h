/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Configuration in the syntax of Python's configparser, as mom.conf has always been written.
 *
 * All keys that momd knows stand in one table with type and default.  An unknown key or a value of the
 * wrong type is a complaint with file and line (and the nearest known key), never the end: the default
 * is used.  Reads files only when told to; keeps nothing global.
 */
#pragma once

#include <glib.h>

typedef struct MomConfig MomConfig;

/* The defaults alone. */
MomConfig *mom_config_new(void);
void mom_config_free(MomConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomConfig, mom_config_free)

/* Reads FILE over what is there. FALSE: unreadable, or not in the syntax (message with file and line);
 * then nothing of it is in force. */
gboolean mom_config_load(MomConfig *config, const char *file, GError **error);

/* What is wrong but not fatal, in order: "momd.conf:12: unknown key ...". Borrowed, NULL-terminated. */
const char *const *mom_config_complaints(const MomConfig *config);

/* Sets a value as the command line does (over all files). FALSE with a message if it has the wrong type. */
gboolean mom_config_override(MomConfig *config, const char *section, const char *key, const char *value, GError **error);

/* The value in force, interpolated; never NULL for a key of the table, "" if empty.  NULL for a key that is
 * neither in the table nor in a file. */
const char *mom_config_get(const MomConfig *config, const char *section, const char *key);
/* For keys of the table only; the value in force has the table's type by construction. */
gint64 mom_config_get_int(const MomConfig *config, const char *section, const char *key);
double mom_config_get_double(const MomConfig *config, const char *section, const char *key);
gboolean mom_config_get_bool(const MomConfig *config, const char *section, const char *key);
/* A comma-separated value as trimmed words without empty ones. Caller frees with g_strfreev. */
char **mom_config_get_list(const MomConfig *config, const char *section, const char *key);
/* TRUE if a file or an override set it. */
gboolean mom_config_is_set(const MomConfig *config, const char *section, const char *key);
