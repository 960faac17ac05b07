/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The policies in force, see policies.h.
 *
 * A set is made anew, from files and from what was pushed, or as a changed copy of the present one;
 * only one that passes takes the present one's place.
 */
#define G_LOG_DOMAIN "mom.Policy"

#include "agent/policies/policies-private.h"

#include <gio/gio.h>

#include "agent/policies/policy-findings.h"
#include "agent/policies/set-aside.h"

MomPolicies *
mom_policies_new(const char *file, const char *dir, MomPolicyTrial trial, gpointer data)
{
    MomPolicies *policies = g_new0(MomPolicies, 1);

    policies->file = g_strdup(file && *file ? file : NULL);
    policies->dir = g_strdup(dir && *dir ? dir : NULL);
    policies->trial = trial;
    policies->data = data;
    policies->pushed = mom_pushed_new();
    policies->store = mom_policy_store_new();
    policies->untried = TRUE;
    return policies;
}

void
mom_policies_free(MomPolicies *policies)
{
    if (!policies)
        return;
    mom_tuning_free(policies->tuning);
    g_free(policies->tuning_name);
    mom_pushed_free(policies->pushed);
    g_clear_pointer(&policies->on_disk, g_hash_table_unref);
    mom_policy_store_free(policies->store);
    g_clear_pointer(&policies->worked, mom_policy_store_free);
    g_free(policies->file);
    g_free(policies->dir);
    g_free(policies);
}

void
mom_policies_use_check(MomPolicies *policies, MomPolicyCheck check)
{
    policies->check = check;
}

void
mom_policies_use_trust(MomPolicies *policies, const MomTrust *trust)
{
    policies->trust = trust;
}

void
mom_policies_use_tuning(MomPolicies *policies, const char *name)
{
    g_free(policies->tuning_name);
    policies->tuning_name = g_strdup(*name ? name : NULL);
}

char **
mom_policies_set_aside(const MomPolicies *policies)
{
    return mom_set_aside_list(policies->tuning);
}

MomPushed *
mom_policies_pushed(MomPolicies *policies)
{
    return policies->pushed;
}

void
mom_policies_watch(MomPolicies *policies, MomPushedWatch watch, gpointer data)
{
    policies->watch = watch;
    policies->watch_data = data;
}

MomPolicyStore *
mom_policies_store(MomPolicies *policies)
{
    return policies->store;
}

MomPolicyStore *
mom_policies_running(MomPolicies *policies)
{
    return policies->fell_back ? policies->worked : policies->store;
}

gboolean
mom_policies_fell_back(const MomPolicies *policies)
{
    return policies->fell_back;
}

void
mom_policies_worked(MomPolicies *policies)
{
    policies->failures = 0;
    if (policies->fell_back || !policies->untried)
        return;
    g_clear_pointer(&policies->worked, mom_policy_store_free);
    policies->worked = mom_policy_store_copy(policies->store);
    policies->untried = FALSE;
}

gboolean
mom_policies_failed(MomPolicies *policies, guint after)
{
    /* A set that worked before fails for what it is run on: an older one is no better. */
    if (policies->fell_back || !policies->untried || !policies->worked || after == 0)
        return FALSE;
    policies->failures++;
    policies->fell_back = policies->failures >= after;
    return policies->fell_back;
}

gboolean
mom_policies_settle(const MomPolicies *policies,
                    MomPolicyStore *store,
                    MomTuning **tuning,
                    GError **error)
{
    const char *text =
        policies->tuning_name ? mom_policy_store_get(store, policies->tuning_name) : NULL;

    g_clear_pointer(tuning, mom_tuning_free);
    if (!text)
        return TRUE;
    *tuning = mom_set_aside_faults(store, policies->tuning_name, text, policies->check,
                                   policies->data, error);
    return *tuning != NULL;
}

void
mom_policies_adopt(MomPolicies *policies, MomPolicyStore *store, MomTuning *tuning)
{
    mom_set_aside_tell(policies->tuning, tuning);
    mom_tuning_free(policies->tuning);
    policies->tuning = tuning;
    mom_policy_store_free(policies->store);
    policies->store = store;
    policies->untried = TRUE;
    policies->fell_back = FALSE;
    policies->failures = 0;
}

GError *
mom_policies_find_error(const MomPolicies *policies, MomPolicyStore *store)
{
    g_autoptr(GPtrArray) findings =
        policies->check ? policies->check(store, 0, policies->data) : NULL;

    return findings ? mom_findings_error(findings) : NULL;
}

void
mom_policies_log_doubts(MomPolicies *policies, const char *name)
{
    g_autoptr(GPtrArray) findings =
        policies->check ? policies->check(policies->store, 0, policies->data) : NULL;

    for (guint i = 0; findings && i < findings->len; i++) {
        const MomFinding *finding = g_ptr_array_index(findings, i);

        if (!name || g_strcmp0(finding->policy, name) == 0) {
            g_autofree char *text = mom_finding_format(finding, NULL);

            g_warning("%s", text);
        }
    }
}

gboolean
mom_policies_pass(MomPolicies *policies, MomPolicyStore *store, GError **error)
{
    GError *found = mom_policies_find_error(policies, store);

    if (found) {
        g_propagate_error(error, found);
        return FALSE;
    }
    return !policies->trial || policies->trial(store, policies->data, error);
}

gboolean
mom_policies_pass_in_part(MomPolicies *policies,
                          MomPolicyStore *store,
                          MomTuning *tuning,
                          GError **why)
{
    for (guint round = 0; !mom_policies_pass(policies, store, why); round++) {
        if (!tuning || round == MOM_SET_ASIDE_MAX_ROUNDS || !mom_set_aside_one(store, tuning, *why))
            return FALSE;
        g_clear_error(why);
    }
    return TRUE;
}

/* ---- what was pushed ---- */

/* A removal is remembered only where there may be something to be removed: else names that came and
 * went would be kept for ever. */
static gboolean
hides_a_file(const MomPolicies *policies, const char *name)
{
    return !mom_pushed_replaces(policies->pushed) &&
           (!policies->on_disk || g_hash_table_contains(policies->on_disk, name));
}

void
mom_policies_tell_pushed(MomPolicies *policies)
{
    if (policies->watch)
        policies->watch(policies->watch_data);
}

static void
note_pushed(MomPolicies *policies, const char *name, const char *text)
{
    const char *before;
    gboolean known = mom_pushed_get(policies->pushed, name, &before);

    if (!text && !hides_a_file(policies, name)) {
        mom_pushed_forget(policies->pushed, name);
        if (known)
            mom_policies_tell_pushed(policies);
    } else if (!known || g_strcmp0(before, text) != 0) {
        mom_pushed_set(policies->pushed, name, text);
        mom_policies_tell_pushed(policies);
    }
}

/* ---- changes ---- */

/* Whether what failed with ERROR in the trial is the change's fault.  If it failed in another
 * policy, and that one fails without the change too, the change is not to blame: it may even be the
 * first half of a repair. */
static gboolean
to_blame(MomPolicies *policies, const char *name, const GError *error)
{
    MomPlace place = mom_policy_error_place(error);

    if (g_strcmp0(place.policy, name ? name : MOM_POLICY_MAIN_NAME) == 0)
        return TRUE;
    return mom_policies_pass(policies, policies->store, NULL);
}

/* Whether the policy NAME of CHANGED says something else than what is in force. */
static gboolean
differs(MomPolicies *policies, MomPolicyStore *changed, const char *name)
{
    return g_strcmp0(mom_policy_store_get(policies->store, name),
                     mom_policy_store_get(changed, name)) != 0;
}

/* Whether CHANGED, settled with TUNING (may be NULL), may come into force after a change of the
 * policy NAME: what `set` and `check` say alike.  TUNING's lines that fail are set aside.  LASTING:
 * a failure that is there already, which is no reason against the change. */
static gboolean
fits(MomPolicies *policies,
     MomPolicyStore *changed,
     MomTuning *tuning,
     const char *name,
     GError **lasting,
     GError **error)
{
    if (!mom_policies_pass_in_part(policies, changed, tuning, lasting) &&
        to_blame(policies, name, *lasting)) {
        g_propagate_error(error, g_steal_pointer(lasting));
        return FALSE;
    }
    /* Who pushed it must learn that nothing came of it. */
    return !tuning || !mom_set_aside_is_tuning(policies->tuning_name, name) ||
           mom_set_aside_leaves_some(tuning, error);
}

/* The same policy once more changes nothing about how it does. */
static void
adopt_pushed(MomPolicies *policies, MomPolicyStore *store, MomTuning *tuning, gboolean is_news)
{
    gboolean untried = policies->untried;
    gboolean fell_back = policies->fell_back;
    guint failures = policies->failures;

    mom_policies_adopt(policies, store, tuning);
    if (!is_news) {
        policies->untried = untried;
        policies->fell_back = fell_back;
        policies->failures = failures;
    }
}

/* Takes CHANGED over if it passes check and trial. NAME is the policy that was changed.  What is
 * pushed once more as it is has been told before. */
static gboolean
take_over(MomPolicies *policies, MomPolicyStore *changed, const char *name, GError **error)
{
    g_autoptr(MomTuning) tuning = NULL;
    gboolean is_news = differs(policies, changed, name);
    g_autoptr(GError) lasting = NULL;

    if (!mom_policies_settle(policies, changed, &tuning, error))
        return FALSE;
    if (!fits(policies, changed, tuning, name, &lasting, error))
        return FALSE;
    if (lasting) {
        g_log(G_LOG_DOMAIN, is_news ? G_LOG_LEVEL_WARNING : G_LOG_LEVEL_DEBUG,
              "policy set fails as it did before the change: %s", lasting->message);
    }
    adopt_pushed(policies, mom_policy_store_copy(changed), g_steal_pointer(&tuning), is_news);
    if (is_news)
        mom_policies_log_doubts(policies, name ? name : MOM_POLICY_MAIN_NAME);
    return TRUE;
}

/* The set with policy NAME changed, or NULL if TEXT does not load. Caller frees. */
static MomPolicyStore *
with_change(MomPolicies *policies, const char *name, const char *text, GError **error)
{
    g_autoptr(MomPolicyStore) changed = mom_policy_store_copy(policies->store);

    name = name ? name : MOM_POLICY_MAIN_NAME;
    if (!text)
        mom_policy_store_remove(changed, name);
    else if (!mom_set_aside_put(changed, policies->tuning_name, name, text, -1, error))
        return NULL;
    return g_steal_pointer(&changed);
}

gboolean
mom_policies_set(MomPolicies *policies, const char *name, const char *text, GError **error)
{
    g_autoptr(MomPolicyStore) changed = with_change(policies, name, text, error);

    name = name ? name : MOM_POLICY_MAIN_NAME;
    if (!changed || !take_over(policies, changed, name, error))
        return FALSE;
    note_pushed(policies, name, text);
    return TRUE;
}

GPtrArray *
mom_policies_check(MomPolicies *policies, const char *name, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) lasting = NULL;
    g_autoptr(MomTuning) tuning = NULL;
    g_autoptr(MomPolicyStore) changed = with_change(policies, name, text, &error);
    GPtrArray *findings = NULL;

    if (changed && mom_policies_settle(policies, changed, &tuning, &error) && policies->check)
        findings = policies->check(changed, 0, policies->data);
    if (!findings)
        findings = g_ptr_array_new_with_free_func((GDestroyNotify)mom_finding_free);
    if (changed && !error && !mom_policy_findings_fail(findings))
        fits(policies, changed, tuning, name, &lasting, &error);
    if (tuning && mom_set_aside_is_tuning(policies->tuning_name, name))
        mom_set_aside_add_findings(tuning, findings);
    if (error)
        mom_policy_findings_add(findings, name, error);
    return findings;
}

gboolean
mom_policies_replace(MomPolicies *policies, const char *text, GError **error)
{
    g_autoptr(MomPolicyStore) changed = mom_policy_store_copy(policies->store);

    if (!mom_policy_store_replace(changed, text, -1, error) ||
        !take_over(policies, changed, NULL, error))
        return FALSE;
    mom_pushed_replace_all(policies->pushed);
    mom_pushed_set(policies->pushed, MOM_POLICY_MAIN_NAME, text);
    mom_policies_tell_pushed(policies);
    return TRUE;
}
