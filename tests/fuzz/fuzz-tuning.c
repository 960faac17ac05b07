/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * libFuzzer target: any bytes as the tuning policy, with a good line behind them.
 *
 * What is kept is a program with the same lines; the good line is always kept; a text that is a
 * program and in which no string goes over a line stays whole; what is set aside can be shown.
 */
#include "policy/tuning.h"

#include <string.h>

#define GOOD "\n(set balloonEnabled True)"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

static void
assert_same_lines(const char *kept, const char *text, gsize length)
{
    g_assert_cmpuint(strlen(kept), ==, length);
    for (gsize i = 0; i < length; i++)
        g_assert_true(kept[i] == text[i] || (kept[i] == ' ' && text[i] != '\n'));
}

static void
assert_can_be_shown(const MomTuning *tuning)
{
    GPtrArray *listed = mom_tuning_listed(tuning);

    g_assert_cmpuint(listed->len, ==, MIN(mom_tuning_n_aside(tuning), MOM_TUNING_MAX_LISTED));
    for (guint i = 0; i < listed->len; i++) {
        const MomSetAside *aside = listed->pdata[i];

        g_assert_true(g_utf8_validate(aside->text, -1, NULL));
        g_assert_null(strchr(aside->text, '\n'));
        g_assert_true(*aside->text);
        g_assert_cmpuint(aside->line, >, 0);
        g_assert_cmpuint(aside->column, >, 0);
    }
}

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    g_autoptr(GString) text = g_string_new_len((const char *)data, (gssize)size);
    g_autoptr(MomPolicyStore) store = mom_policy_store_new();
    g_autoptr(MomTuning) tuning = NULL;
    g_autofree char *kept = NULL;
    gboolean sound;

    g_string_append(text, GOOD);
    sound = mom_policy_store_set(store, "p", text->str, (gssize)text->len, NULL);
    tuning = mom_tuning_new("p", text->str, text->len, NULL);
    if (!tuning) {
        g_assert_false(sound);
        g_assert_true(text->len > MOM_POLICY_MAX_TEXT_BYTES ||
                      !g_utf8_validate_len(text->str, text->len, NULL));
        return 0;
    }
    kept = mom_tuning_kept(tuning);
    assert_same_lines(kept, text->str, text->len);
    g_assert_true(g_str_has_suffix(kept, GOOD));
    g_assert_true(mom_policy_store_set(store, "p", kept, -1, NULL));
    g_assert_true(!sound || mom_tuning_n_aside(tuning) == 0 || strpbrk(text->str, "'\""));
    assert_can_be_shown(tuning);
    while (mom_tuning_n_kept(tuning) > 0 && mom_tuning_n_kept(tuning) < 100)
        for (guint line = 1; line <= 100 + size; line++)
            mom_tuning_set_aside(tuning, line, 1, "why");
    return 0;
}
