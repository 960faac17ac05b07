/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The one table of what may be configured: section, key, type, default, range.
 *
 * Names and defaults are the reference's; what is ours stands apart in the table.  Pure: checks
 * values and finds the nearest known name for a misspelt one.
 */
#pragma once

#include <glib.h>

typedef enum {
    MOM_CONFIG_TEXT,
    MOM_CONFIG_LIST,
    MOM_CONFIG_INT,
    MOM_CONFIG_SECONDS, /* may have a fraction */
    MOM_CONFIG_PERCENT, /* may have a fraction; a sign of it may follow */
    MOM_CONFIG_BOOL,
    MOM_CONFIG_KNOBS, /* true, false, or some of balloon, ksm, cpu, io */
    MOM_CONFIG_VERBOSITY,
    MOM_CONFIG_PORT,            /* a TCP port, -1, or a path */
    MOM_CONFIG_MODE,            /* of a socket, octal */
    MOM_CONFIG_WORD,            /* one of those that the row lists */
    MOM_CONFIG_SOCKET_TEMPLATE, /* see agent/guest-agent/socket-path.h */
} MomConfigType;

typedef struct {
    const char *section;
    const char *key;
    MomConfigType type;
    const char *value; /* the default */
    double min;        /* of INT, SECONDS and PERCENT */
    double max;
    const char *words; /* of WORD: "this, that" */
} MomConfigKey;

/* Ended by a row without a section. */
extern const MomConfigKey mom_config_keys[];

/* Settings of one collector; its values are not interpolated, as in the reference. */
#define MOM_CONFIG_COLLECTOR_PREFIX "Collector: "

/* NULL if there is none. */
const MomConfigKey *mom_config_key_find(const char *section, const char *key);
/* TRUE also for "Collector: NAME" of a collector that exists. */
gboolean mom_config_section_known(const char *section);
/* NULL if VALUE is good for KEY, else what is wrong with it; the caller frees. */
char *mom_config_key_check(const MomConfigKey *key, const char *value);
/* TRUE and *OUT if TEXT is one of configparser's words for yes and no. */
gboolean mom_config_parse_bool(const char *text, gboolean *out);
/* TRUE and *OUT if TEXT is a number, with or without a per cent sign. */
gboolean mom_config_parse_percent(const char *text, double *out);
/* TRUE and *OUT, a set of 1 << MomGuardKnob, if TEXT names all (true), none (false) or some. */
gboolean mom_config_parse_knobs(const char *text, guint *out);

/* ", did you mean ...?" or "" if nothing is near; the caller frees. */
char *mom_config_suggest_key(const char *section, const char *key);
char *mom_config_suggest_section(const char *section);
