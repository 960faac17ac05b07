/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Configuration in the syntax of Python's configparser, as mom.conf has always been written.
 *
 * All keys that momd knows stand in one table (config-keys.c) with type and default.  An unknown
 * key or a value of the wrong type is a complaint with file and line (and the nearest known key),
 * never the end: the default is used.  Reads files only when told to; keeps nothing global. Strings
 * borrowed from it are good until the next load or override.
 */
#pragma once

#include <glib.h>

/* Larger files are refused: this is no configuration. */
#define MOM_CONFIG_FILE_BYTES (1024 * 1024)

#define MOM_CONFIG_ERROR (mom_config_error_quark())
GQuark mom_config_error_quark(void);

typedef enum {
    MOM_CONFIG_ERROR_UNREADABLE,
    MOM_CONFIG_ERROR_UNTRUSTED, /* others could change the file */
    MOM_CONFIG_ERROR_SYNTAX,
    MOM_CONFIG_ERROR_VALUE, /* of the wrong type, or an unknown key, on the command line */
    MOM_CONFIG_ERROR_CONFLICT,
} MomConfigErrorCode;

typedef struct MomConfig MomConfig;

/* The defaults alone. */
MomConfig *mom_config_new(void);
void mom_config_free(MomConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomConfig, mom_config_free)

/* From now on no file is read that others could change (see trust.h); OFF: any is. A file cannot
 * vouch for itself, so this is the command line's. */
void mom_config_check_trust(MomConfig *config, gboolean off);

/* Reads FILE over what is there. FALSE: unreadable, not trusted, or not in the syntax (message with
 * file and line); then nothing of it is in force. */
gboolean mom_config_load(MomConfig *config, const char *file, GError **error);

/* Takes [vars] ssl, [addresses] management_port and [mom] tuning_policy of vdsm's own file and of
 * its drop-ins (see config-vdsm.h) as the defaults of [vdsm] ssl, [vdsm] port and [main]
 * tuning-policy.  No file: vdsm's defaults, true, 54321 and 01-parameters.  A file that cannot be
 * used is a complaint; the user vdsm may own it. */
void mom_config_load_vdsm_conf(MomConfig *config, const char *file);

/* What is wrong but not fatal, in order: "momd.conf:12: unknown key ...". Borrowed,
 * NULL-terminated. */
const char *const *mom_config_complaints(const MomConfig *config);

/* Sets a value as the command line does (over all files, taken as it is: no interpolation).
 * FALSE with a message if it has the wrong type. */
gboolean mom_config_override(
    MomConfig *config, const char *section, const char *key, const char *value, GError **error);

/* FALSE if both `policy' and `policy-dir' are set: nobody could tell which is meant. */
gboolean mom_config_check_policy_source(const MomConfig *config, GError **error);

/* The value in force, interpolated; never NULL for a key of the table, "" if empty.  NULL for a key
 * that is neither in the table nor in a file.  Values of [Collector: X] come as written. */
const char *mom_config_get(const MomConfig *config, const char *section, const char *key);
/* For keys of the table only; the value in force has the table's type by construction.
 * A number of seconds asked as an int is rounded up. */
gint64 mom_config_get_int(const MomConfig *config, const char *section, const char *key);
double mom_config_get_double(const MomConfig *config, const char *section, const char *key);
gboolean mom_config_get_bool(const MomConfig *config, const char *section, const char *key);
/* A comma-separated value as trimmed words without empty ones. Caller frees with g_strfreev. */
char **mom_config_get_list(const MomConfig *config, const char *section, const char *key);
/* TRUE if a file or an override set it. */
gboolean mom_config_is_set(const MomConfig *config, const char *section, const char *key);

/* Where the value in force of a key of the table comes from: "FILE:LINE" (also of vdsm's file), or
 * one of these. Caller frees. */
#define MOM_CONFIG_ORIGIN_COMMAND_LINE "command line"
#define MOM_CONFIG_ORIGIN_DEFAULT "default"
char *mom_config_origin(const MomConfig *config, const char *section, const char *key);
/* The first value of the wrong type, for which a default stands in, with its place; NULL if there
 * is none. Borrowed. */
const char *mom_config_misuse(const MomConfig *config);

/* One setting of a [guest "NAME-PATTERN"] section, see config-guest.h. */
typedef struct {
    const char *section;
    const char *pattern;
    const char *key;
    const char *value; /* good for KEY */
    const char *origin;
} MomConfigGuestEntry;

typedef void (*MomConfigGuestFunc)(const MomConfigGuestEntry *entry, gpointer data);

/* All that are in force, the weightiest first: in the order of the file, and a later file's before
 * an earlier one's. */
void mom_config_foreach_guest(const MomConfig *config, MomConfigGuestFunc func, gpointer data);

/* The path of a file of [vdsm]: KEY's value, below pki-dir if relative. The caller frees. */
char *mom_config_vdsm_file(const MomConfig *config, const char *key);
