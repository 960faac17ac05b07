/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Setting lines of the tuning policy aside, see set-aside.h.
 *
 * A line is known by its text: with each push it may stand elsewhere, and it is told only once.
 */
#define G_LOG_DOMAIN "mom.Policy"

#include "agent/policies/set-aside.h"

#include <string.h>

#include "policy/error.h"

/* In one look at the set: far more than an engine has keys, and some 10 MB of findings at most. */
#define MAX_FINDINGS 100000

gboolean
mom_set_aside_is_tuning(const char *tuning_name, const char *name)
{
    return tuning_name && strcmp(tuning_name, name ? name : MOM_POLICY_MAIN_NAME) == 0;
}

gboolean
mom_set_aside_put(MomPolicyStore *store,
                  const char *tuning_name,
                  const char *name,
                  const char *text,
                  gssize length,
                  GError **error)
{
    gsize whole = length < 0 ? strlen(text) : (gsize)length;

    /* What is no text at all is told by the store. */
    if (mom_set_aside_is_tuning(tuning_name, name) && g_utf8_validate_len(text, whole, NULL))
        return mom_policy_store_set_in_part(store, name, text, "", error);
    return mom_policy_store_set(store, name, text, length, error);
}

/* ---- finding ---- */

static gboolean
store_kept(MomPolicyStore *store, const MomTuning *tuning, const char *text, GError **error)
{
    g_autofree char *kept = mom_tuning_kept(tuning);

    return mom_policy_store_set_in_part(store, mom_tuning_name(tuning), text, kept, error);
}

/* Sets aside the lines of TUNING in which errors are found. FALSE: there are none. */
static gboolean
set_aside_found(MomTuning *tuning, GPtrArray *findings)
{
    gboolean some = FALSE;

    for (guint i = 0; i < findings->len; i++) {
        const MomFinding *finding = g_ptr_array_index(findings, i);

        if (finding->severity == MOM_FINDING_ERROR &&
            strcmp(finding->policy, mom_tuning_name(tuning)) == 0)
            some |= mom_tuning_set_aside(tuning, finding->line, finding->column, finding->message);
    }
    return some;
}

MomTuning *
mom_set_aside_faults(MomPolicyStore *store,
                     const char *name,
                     const char *text,
                     MomPolicyCheck check,
                     gpointer data,
                     GError **error)
{
    g_autofree char *original = g_strdup(text); /* TEXT may be the store's own */
    g_autoptr(MomTuning) tuning = mom_tuning_new(name, original, strlen(original), error);
    gboolean some = TRUE;

    if (!tuning || !store_kept(store, tuning, original, error))
        return NULL;
    for (guint round = 0; check && some && round < MOM_SET_ASIDE_MAX_ROUNDS; round++) {
        g_autoptr(GPtrArray) findings = check(store, MAX_FINDINGS, data);

        some = set_aside_found(tuning, findings);
        if (some && !store_kept(store, tuning, original, error))
            return NULL;
    }
    return g_steal_pointer(&tuning);
}

gboolean
mom_set_aside_one(MomPolicyStore *store, MomTuning *tuning, const GError *why)
{
    MomPlace place = mom_policy_error_place(why);
    const char *name = mom_tuning_name(tuning);
    g_autofree char *original = NULL;

    if (g_strcmp0(place.policy, name) != 0 ||
        !mom_tuning_set_aside(tuning, place.line, place.column, mom_policy_error_text(why)))
        return FALSE;
    original = g_strdup(mom_policy_store_get(store, name));
    return store_kept(store, tuning, original, NULL);
}

/* ---- telling ---- */

static char *
format(const MomTuning *tuning, const MomSetAside *aside)
{
    return g_strdup_printf("%s:%u:%u: %s: %s", mom_tuning_name(tuning), aside->line, aside->column,
                           aside->text, aside->why);
}

gboolean
mom_set_aside_leaves_some(const MomTuning *tuning, GError **error)
{
    GPtrArray *listed = mom_tuning_listed(tuning);
    const MomSetAside *first;
    MomPlace place;

    if (mom_tuning_n_aside(tuning) == 0 || mom_tuning_n_kept(tuning) > 0)
        return TRUE;
    first = g_ptr_array_index(listed, 0);
    place = (MomPlace){mom_tuning_name(tuning), first->line, first->column};
    mom_policy_set_error(error, MOM_POLICY_ERROR_LOAD, place,
                         "no line of this policy can take effect: %s: %s", first->text, first->why);
    return FALSE;
}

static int
compare_findings(gconstpointer a, gconstpointer b)
{
    const MomFinding *x = *(const MomFinding *const *)a;
    const MomFinding *y = *(const MomFinding *const *)b;
    int order = strcmp(x->policy, y->policy);

    if (order != 0 || x->line == y->line)
        return order;
    return x->line < y->line ? -1 : 1;
}

void
mom_set_aside_add_findings(const MomTuning *tuning, GPtrArray *findings)
{
    GPtrArray *listed = mom_tuning_listed(tuning);

    for (guint i = 0; i < listed->len; i++) {
        const MomSetAside *aside = g_ptr_array_index(listed, i);
        MomFinding *finding = g_new0(MomFinding, 1);

        *finding = (MomFinding){
            .severity = MOM_FINDING_WARNING,
            .policy = g_strdup(mom_tuning_name(tuning)),
            .line = aside->line,
            .column = aside->column,
            .message = g_strdup_printf("the line is set aside: %s: %s", aside->text, aside->why),
        };
        g_ptr_array_add(findings, finding);
    }
    g_ptr_array_sort(findings, compare_findings);
}

static gboolean
lists(const MomTuning *tuning, const char *text)
{
    GPtrArray *listed = tuning ? mom_tuning_listed(tuning) : NULL;

    for (guint i = 0; listed && i < listed->len; i++)
        if (strcmp(((const MomSetAside *)g_ptr_array_index(listed, i))->text, text) == 0)
            return TRUE;
    return FALSE;
}

static guint
n_unlisted(const MomTuning *tuning)
{
    return tuning ? mom_tuning_n_aside(tuning) - mom_tuning_listed(tuning)->len : 0;
}

void
mom_set_aside_tell(const MomTuning *before, const MomTuning *now)
{
    GPtrArray *then = before ? mom_tuning_listed(before) : NULL;
    GPtrArray *listed = now ? mom_tuning_listed(now) : NULL;

    for (guint i = 0; listed && i < listed->len; i++) {
        const MomSetAside *aside = g_ptr_array_index(listed, i);

        if (!lists(before, aside->text)) {
            g_autofree char *text = format(now, aside);

            g_warning("line set aside, the others take effect: %s", text);
        }
    }
    if (n_unlisted(now) > n_unlisted(before))
        g_warning("lines set aside: %u more of %s", n_unlisted(now), mom_tuning_name(now));
    for (guint i = 0; then && i < then->len; i++) {
        const MomSetAside *aside = g_ptr_array_index(then, i);

        if (!lists(now, aside->text) && n_unlisted(now) == 0)
            g_info("line of %s no longer set aside: %s", mom_tuning_name(before), aside->text);
    }
}

char **
mom_set_aside_list(const MomTuning *tuning)
{
    GPtrArray *out = g_ptr_array_new();

    for (guint i = 0; tuning && i < mom_tuning_listed(tuning)->len; i++)
        g_ptr_array_add(out, format(tuning, g_ptr_array_index(mom_tuning_listed(tuning), i)));
    if (n_unlisted(tuning) > 0)
        g_ptr_array_add(out, g_strdup_printf("%u more", n_unlisted(tuning)));
    g_ptr_array_add(out, NULL);
    return (char **)g_ptr_array_free(out, FALSE);
}
