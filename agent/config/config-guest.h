/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The sections [guest "NAME-PATTERN"]: what is set for guests by their names.
 *
 * Which sections there are is the administrator's, so that they are in no table; their keys are
 * here.  Values stand for themselves, without %(references)s.  Pure.
 */
#pragma once

#include <glib.h>

#define MOM_CONFIG_GUEST_GUARANTEE "min-guarantee"

/* What a guest is promised: an amount, or a part of its maximum. */
typedef struct {
    gboolean is_percent;
    double amount; /* KiB, or per cent */
} MomConfigShare;

/* The pattern in SECTION's name, a shell's (* ? [...]); NULL if it is no such section. Caller
 * frees. */
char *mom_config_guest_pattern(const char *section);
/* "", or what to write if SECTION's name was meant to be such a section; NULL if it was not. Caller
 * frees. */
char *mom_config_guest_suggest_section(const char *section);
gboolean mom_config_guest_key_known(const char *key);
/* ", did you mean ...?" or "". Caller frees. */
char *mom_config_guest_suggest_key(const char *key);
/* NULL if VALUE is good for KEY, which is known, else what is wrong with it. Caller frees. */
char *mom_config_guest_check(const char *key, const char *value);

/* TRUE and *OUT if TEXT is a number with a unit: KiB, MiB, GiB, TiB, or %. */
gboolean mom_config_parse_share(const char *text, MomConfigShare *out);
