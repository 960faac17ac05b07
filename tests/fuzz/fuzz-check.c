/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * libFuzzer target: any bytes as one or two policies (the byte 1 is between them), checked.
 *
 * Findings are in order, each once, inside of the texts and not too many; a second check finds the
 * same.
 */
#include "policy/checker.h"

#include <string.h>

#define MAX_FINDINGS 101

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

static void
set(MomPolicyStore *store, const char *name, const char *text, gsize length)
{
    mom_policy_store_set(store, name, text, (gssize)length, NULL);
}

static GPtrArray *
check(MomPolicyStore *store)
{
    static const char *const fields[] = {"mem_free", "balloon_cur", "io_tune"};
    static const char *const controls[] = {"balloon_target", NULL};
    g_autoptr(MomSchema) host = mom_schema_new(fields, 1);
    g_autoptr(MomSchema) guest = mom_schema_new(fields + 1, 2);
    const MomCheckWorld world = {
        .host = host, .guest = guest, .controls = controls, .parameters_policy = "2"};

    return mom_policy_check(store, &world);
}

static void
assert_in_order(const MomFinding *a, const MomFinding *b)
{
    int names = strcmp(a->policy, b->policy);

    g_assert_true(names <= 0);
    g_assert_true(b->line == 0 || names < 0 || a->line < b->line ||
                  (a->line == b->line && a->column <= b->column));
    g_assert_true(names || a->line != b->line || a->column != b->column ||
                  strcmp(a->message, b->message) != 0);
}

static void
assert_sane(MomPolicyStore *store, const GPtrArray *findings)
{
    g_assert_cmpuint(findings->len, <=, MAX_FINDINGS);
    for (guint i = 0; i < findings->len; i++) {
        const MomFinding *finding = findings->pdata[i];
        g_autofree char *text =
            mom_finding_format(finding, mom_policy_store_get(store, finding->policy));

        g_assert_true(g_utf8_validate(text, -1, NULL));
        g_assert_true(finding->line == 0 || strchr(text, '^'));
        if (i > 0)
            assert_in_order(findings->pdata[i - 1], finding);
    }
}

static void
assert_same(const GPtrArray *a, const GPtrArray *b)
{
    g_assert_cmpuint(a->len, ==, b->len);
    for (guint i = 0; i < a->len; i++) {
        g_autofree char *x = mom_finding_format(a->pdata[i], NULL);
        g_autofree char *y = mom_finding_format(b->pdata[i], NULL);

        g_assert_cmpstr(x, ==, y);
    }
}

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    g_autoptr(MomPolicyStore) store = mom_policy_store_new();
    g_autoptr(GPtrArray) findings = NULL;
    g_autoptr(GPtrArray) again = NULL;
    g_autofree char *text = g_malloc(size + 1);
    char *second;

    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    second = memchr(text, 1, size);
    set(store, "1", text, second ? (gsize)(second - text) : size);
    if (second)
        set(store, "2", second + 1, size - (gsize)(second + 1 - text));
    findings = check(store);
    assert_sane(store, findings);
    again = check(store);
    assert_same(findings, again);
    return 0;
}
