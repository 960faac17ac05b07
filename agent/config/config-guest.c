/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See config-guest.h.
 */
#include "agent/config/config-guest.h"

#include <string.h>

#include "policy/nearest.h"

#define SECTION_WORD "guest"

static const char *const keys[] = {MOM_CONFIG_GUEST_GUARANTEE};

static const struct {
    const char *name;
    double kib; /* 0: it is per cent */
} units[] = {
    {"KiB", 1}, {"MiB", 1024}, {"GiB", 1024.0 * 1024}, {"TiB", 1024.0 * 1024 * 1024}, {"%", 0},
};

/* More than any host has; what is computed with it stays an integer. */
#define MOST_KIB (1024.0 * 1024 * 1024 * 1024)

char *
mom_config_guest_pattern(const char *section)
{
    const char *quoted;
    gsize length;

    if (!g_str_has_prefix(section, SECTION_WORD))
        return NULL;
    quoted = section + strlen(SECTION_WORD);
    quoted += strspn(quoted, " \t");
    length = strlen(quoted);
    if (length < 3 || quoted[0] != '"' || quoted[length - 1] != '"' ||
        quoted == section + strlen(SECTION_WORD))
        return NULL;
    return g_strndup(quoted + 1, length - 2);
}

char *
mom_config_guest_suggest_section(const char *section)
{
    gsize word = strlen(SECTION_WORD);
    g_autofree char *name = NULL;

    if (g_ascii_strncasecmp(section, SECTION_WORD, word) != 0 || section[word] == '\0' ||
        g_ascii_isalnum(section[word]))
        return NULL;
    name = g_strdup(section + word);
    g_strdelimit(name, "\"'", ' ');
    g_strstrip(name);
    return g_strdup_printf(", write [" SECTION_WORD " \"%s\"]", *name ? name : "NAME-PATTERN");
}

gboolean
mom_config_guest_key_known(const char *key)
{
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
        if (strcmp(keys[i], key) == 0)
            return TRUE;
    return FALSE;
}

char *
mom_config_guest_suggest_key(const char *key)
{
    MomNearest nearest;

    mom_nearest_init(&nearest, key);
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
        mom_nearest_offer(&nearest, keys[i]);
    return nearest.best ? g_strdup_printf(", did you mean `%s'?", nearest.best) : g_strdup("");
}

char *
mom_config_guest_check(const char *key, const char *value)
{
    MomConfigShare ignored;

    return mom_config_parse_share(value, &ignored)
               ? NULL
               : g_strdup_printf("`%s' is no amount: a number with KiB, MiB, GiB or TiB, or up to "
                                 "100 %% of the guest's maximum",
                                 value);
}

gboolean
mom_config_parse_share(const char *text, MomConfigShare *out)
{
    char *end;
    double number = g_ascii_strtod(text, &end);

    if (end == text || !g_ascii_isdigit(*text))
        return FALSE;
    end += strspn(end, " \t");
    for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
        gboolean is_percent = units[i].kib <= 0;
        double amount = is_percent ? number : number * units[i].kib;

        if (g_ascii_strcasecmp(end, units[i].name) != 0)
            continue;
        if (!(amount <= (is_percent ? 100 : MOST_KIB)))
            return FALSE;
        *out = (MomConfigShare){is_percent, amount};
        return TRUE;
    }
    return FALSE;
}
