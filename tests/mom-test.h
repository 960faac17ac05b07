/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What every test needs: cmocka behind the headers it wants, and assertions that know GError.
 *
 * A call that failed must have set an error and one that succeeded must not: both are asserted.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <glib.h>

static inline void
mom_test_ok(gboolean result, GError **error, const char *expression, const char *file, int line)
{
    if (!result || *error) {
        print_error("%s: %s\n", expression, *error ? (*error)->message : "failed without an error");
        _fail(file, line);
    }
}

static inline void
mom_test_fails(gboolean result,
               GError **error,
               GQuark domain,
               int code,
               const char *expression,
               const char *file,
               int line)
{
    if (result || !*error || !g_error_matches(*error, domain, code)) {
        print_error("%s: %s, error: %s\n", expression, result ? "succeeded" : "failed",
                    *error ? (*error)->message : "none");
        _fail(file, line);
    }
    g_clear_error(error);
}

/* EXPR takes &error and succeeds. */
#define assert_ok(expr) mom_test_ok((expr) ? TRUE : FALSE, &error, #expr, __FILE__, __LINE__)
/* EXPR takes &error and fails with just this error, which is cleared. */
#define assert_fails(expr, domain, code)                                                           \
    mom_test_fails((expr) ? TRUE : FALSE, &error, (domain), (code), #expr, __FILE__, __LINE__)
