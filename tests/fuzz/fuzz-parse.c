/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * libFuzzer target: any bytes as the text of a policy.
 *
 * A text either loads or is refused with a place inside it; what loads also scans with comments
 * kept.
 */
#include "policy/lexer.h"
#include "policy/policy.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

static guint
count_lines(const char *text, gsize length)
{
    guint n = 1;

    for (gsize i = 0; i < length; i++)
        n += text[i] == '\n';
    return n;
}

static void
scan(const char *text, gsize length)
{
    MomLexer lexer;
    MomToken token = {.kind = MOM_TOKEN_OPEN};

    mom_lexer_init(&lexer, "fuzz", text, length);
    lexer.keep_comments = TRUE;
    while (token.kind != MOM_TOKEN_END)
        g_assert_true(mom_lexer_next(&lexer, &token, NULL));
}

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    g_autoptr(MomPolicyStore) store = mom_policy_store_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_malloc(size + 1);

    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    if (mom_policy_store_set(store, "fuzz", text, (gssize)size, &error)) {
        scan(text, size);
    } else {
        MomPlace place = mom_policy_error_place(error);

        g_assert_cmpstr(place.policy, ==, "fuzz");
        g_assert_cmpuint(place.line, >=, 1);
        g_assert_cmpuint(place.line, <=, count_lines(text, size));
        g_assert_cmpuint(place.column, >=, 1);
    }
    return 0;
}
