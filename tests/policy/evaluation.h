/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Evaluating a text in one line, for tests that are tables of texts and what they give.
 *
 * Results are compared as `debug` prints them; an error is its whole message, place included, so
 * that every test of an error is a test of its place.
 */
#pragma once

#include "policy/policy.h"
#include "policy/run.h"

#include "tests/mom-test.h"

#include <string.h>

typedef struct {
    const char *text;
    const char *expect; /* results with blanks between, or the beginning of the error's message */
} MomTestCase;

/* The results of STORE on HOST and GUESTS; or the error's message behind "! ". Caller frees. */
static inline char *
mom_test_run(MomPolicyStore *store, MomEntity *host, GPtrArray *guests)
{
    g_autoptr(GArray) results = g_array_new(FALSE, FALSE, sizeof(MomValue));
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    const MomPolicyRunOptions options = {.results = results};

    if (!mom_policy_evaluate(store, host, guests, &options, &error))
        return g_strdup_printf("! %s", error->message);
    for (guint i = 0; i < results->len; i++) {
        if (i > 0)
            g_string_append_c(text, ' ');
        mom_value_print(text, g_array_index(results, MomValue, i));
    }
    return g_strdup(text->str);
}

/* The same of TEXT, as the policy "p", on a host without data and no guests. */
static inline char *
mom_test_evaluate(const char *text, gsize length)
{
    g_autoptr(MomSchema) schema = mom_schema_new(NULL, 0);
    g_autoptr(MomEntity) host = mom_entity_new(schema);
    g_autoptr(GPtrArray) guests = g_ptr_array_new();
    g_autoptr(MomPolicyStore) store = mom_policy_store_new();
    g_autoptr(GError) error = NULL;

    if (!mom_policy_store_set(store, "p", text, (gssize)length, &error))
        return g_strdup_printf("! %s", error->message);
    return mom_test_run(store, host, guests);
}

static inline void
mom_test_expect(const char *text, const char *expect)
{
    g_autofree char *found = mom_test_evaluate(text, strlen(text));
    gboolean is_error = expect[0] == '!';

    if (is_error ? !g_str_has_prefix(found, expect) : strcmp(found, expect) != 0) {
        print_error("%.200s\n  gave   %.200s\n  wanted %s\n", text, found, expect);
        fail();
    }
}

static inline void
mom_test_expect_all(const MomTestCase *cases, gsize n)
{
    for (gsize i = 0; i < n; i++)
        mom_test_expect(cases[i].text, cases[i].expect);
}

#define MOM_TEST_TABLE(...)                                                                        \
    do {                                                                                           \
        const MomTestCase cases[] = {__VA_ARGS__};                                                 \
                                                                                                   \
        mom_test_expect_all(cases, G_N_ELEMENTS(cases));                                           \
    } while (0)

/* TEXT, N times over; caller frees. */
static inline char *
mom_test_repeat(const char *text, gsize n)
{
    GString *all = g_string_new(NULL);

    for (gsize i = 0; i < n; i++)
        g_string_append(all, text);
    return g_string_free(all, FALSE);
}
