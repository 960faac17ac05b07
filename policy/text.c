/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * `concat` and `format`: strings made of values.
 *
 * For messages and for names of controls and variables; numbers look the same whatever the locale.
 */
#include "policy/builtins.h"
#include "policy/run.h"

#include <math.h>
#include <string.h>

#define MAX_DECIMALS 17
/* The largest double has 309 digits before its point. */
#define DECIMALS_BUFFER_BYTES 352

static gboolean
append(MomRun *run, const MomNode *head, const char *name, GString *text, MomValue v)
{
    if (v.type > MOM_VALUE_STRING)
        return mom_run_fail(run, head, "%s cannot take %s", name, mom_value_type_name(v.type));
    /* Before it is copied: a variable may be a megabyte, and be given a thousand times. */
    if (v.type == MOM_VALUE_STRING &&
        !mom_run_check_string(run, head, text->len + strlen(v.string)))
        return FALSE;
    if (!mom_run_charge_text(run, head, v))
        return FALSE;
    mom_value_print(text, v);
    return mom_run_check_string(run, head, text->len);
}

static gboolean
give(MomRun *run, const MomNode *head, const GString *text, MomValue *out)
{
    char *s = mom_run_string(run, head, text->len);

    if (!s)
        return FALSE;
    memcpy(s, text->str, text->len + 1);
    *out = mom_value_string(s);
    return TRUE;
}

MOM_OPERATOR(concat)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (gsize i = 0; i < n; i++)
        if (!append(run, head, "concat", text, arguments[i]))
            return FALSE;
    return give(run, head, text, out);
}

/* ---- format ---- */

typedef struct {
    MomRun *run;
    const MomNode *head;
    const MomValue *values; /* those not yet used */
    gsize n;
    GString *text;
} Formatting;

static gboolean
append_decimals(Formatting *f, MomValue v, int decimals)
{
    if (!mom_value_is_number(v))
        return mom_run_fail(f->run, f->head, "format writes numbers with decimals, not %s",
                            mom_value_type_name(v.type));
    if (!mom_run_charge_text(f->run, f->head, v))
        return FALSE;
    if (v.type == MOM_VALUE_FLOAT && isfinite(v.real)) {
        char how[sizeof("%.17f")];
        char written[DECIMALS_BUFFER_BYTES];

        g_snprintf(how, sizeof(how), "%%.%df", decimals);
        g_string_append(f->text, g_ascii_formatd(written, sizeof(written), how, v.real));
        return TRUE;
    }
    if (v.type == MOM_VALUE_BOOL)
        v = mom_value_int(v.boolean);
    mom_value_print(f->text, v);
    if (v.type == MOM_VALUE_INT && decimals > 0)
        g_string_append_printf(f->text, ".%0*d", decimals, 0);
    return TRUE;
}

/* What stands between the braces at *AT; steps behind the closing one.  *DECIMALS is -1 if it does
 * not say. */
static gboolean
read_placeholder(Formatting *f, const char **at, int *decimals)
{
    const char *c = *at + 1;

    *decimals = -1;
    if (*c == '.') {
        c++;
        for (*decimals = 0; g_ascii_isdigit(*c) && *decimals <= MAX_DECIMALS; c++)
            *decimals = *decimals * 10 + (*c - '0');
        if (c[-1] == '.' || *decimals > MAX_DECIMALS)
            return mom_run_fail(f->run, f->head, "format wants 0 to %d decimals", MAX_DECIMALS);
    }
    if (*c != '}')
        return mom_run_fail(f->run, f->head,
                            "format knows {} and {.N}; write {{ for a brace that is none of them");
    *at = c + 1;
    return TRUE;
}

static gboolean
fill_in(Formatting *f, const char **at)
{
    MomValue v;
    int decimals;

    if (!read_placeholder(f, at, &decimals))
        return FALSE;
    if (f->n == 0)
        return mom_run_fail(f->run, f->head, "format has too few values for its text");
    v = *f->values++;
    f->n--;
    if (decimals < 0)
        return append(f->run, f->head, "format", f->text, v);
    return append_decimals(f, v, decimals) && mom_run_check_string(f->run, f->head, f->text->len);
}

static gboolean
fill_in_all(Formatting *f, const char *at)
{
    for (;;) {
        gsize plain = strcspn(at, "{}");

        g_string_append_len(f->text, at, (gssize)plain);
        at += plain;
        if (*at == '\0')
            return mom_run_check_string(f->run, f->head, f->text->len);
        if (at[1] == at[0]) {
            g_string_append_c(f->text, *at);
            at += 2;
        } else if (*at == '}') {
            return mom_run_fail(f->run, f->head, "format has a } without {; write }} for a brace");
        } else if (!fill_in(f, &at)) {
            return FALSE;
        }
    }
}

MOM_OPERATOR(format)
{
    g_autoptr(GString) text = g_string_new(NULL);
    Formatting f = {.run = run, .head = head, .values = arguments + 1, .n = n - 1, .text = text};

    if (arguments[0].type != MOM_VALUE_STRING)
        return mom_run_fail(run, head, "format takes a text first, not %s",
                            mom_value_type_name(arguments[0].type));
    if (!fill_in_all(&f, arguments[0].string))
        return FALSE;
    if (f.n > 0)
        return mom_run_fail(run, head, "format has %" G_GSIZE_FORMAT " values more than its text",
                            f.n);
    return give(run, head, text, out);
}
