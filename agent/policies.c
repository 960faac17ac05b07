/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The policies in force, see policies.h.
 *
 * SEMANTICS section 2 says which files are read and under which name.
 */
#define G_LOG_DOMAIN "mom.Policy"

#include "agent/policies.h"

#include <gio/gio.h>

#include "agent/policy-files.h"
#include "agent/set-aside.h"

struct MomPolicies {
    char *file;
    char *dir;
    MomPolicyTrial trial;
    MomPolicyCheck check; /* NULL: nothing is found */
    gpointer data;
    char *tuning_name; /* NULL: no policy is treated like it */
    MomTuning *tuning; /* of `store`; NULL: it has none */
    const MomTrust *trust;
    GHashTable *pushed; /* by RPC: name -> text, or NULL for one that is removed */
    gboolean replaced;  /* by RPC: what is on disk does not count */
    MomPolicyStore *store;
    MomPolicyStore *worked; /* the last set that did; NULL if none has since the start */
    gboolean untried;       /* `store` is not known to be `worked` */
    gboolean fell_back;     /* `worked` is run in place of `store` */
    guint failures;         /* of `store`, in a row */
};

MomPolicies *
mom_policies_new(const char *file, const char *dir, MomPolicyTrial trial, gpointer data)
{
    MomPolicies *policies = g_new0(MomPolicies, 1);

    policies->file = g_strdup(file && *file ? file : NULL);
    policies->dir = g_strdup(dir && *dir ? dir : NULL);
    policies->trial = trial;
    policies->data = data;
    policies->pushed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    policies->store = mom_policy_store_new();
    policies->untried = TRUE;
    return policies;
}

void
mom_policies_free(MomPolicies *policies)
{
    if (!policies) {
        return;
    }
    mom_policy_store_free(policies->store);
    g_clear_pointer(&policies->worked, mom_policy_store_free);
    mom_tuning_free(policies->tuning);
    g_free(policies->tuning_name);
    g_hash_table_unref(policies->pushed);
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

void
mom_policies_use_trust(MomPolicies *policies, const MomTrust *trust)
{
    policies->trust = trust;
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
    if (policies->fell_back || !policies->untried) {
        return;
    }
    g_clear_pointer(&policies->worked, mom_policy_store_free);
    policies->worked = mom_policy_store_copy(policies->store);
    policies->untried = FALSE;
}

gboolean
mom_policies_failed(MomPolicies *policies, guint after)
{
    /* A set that worked before fails for what it is run on: an older one is no better. */
    if (policies->fell_back || !policies->untried || !policies->worked || after == 0) {
        return FALSE;
    }
    policies->failures++;
    policies->fell_back = policies->failures >= after;
    return policies->fell_back;
}

/* ---- the tuning policy ---- */

/* Looks at STORE's tuning policy anew, in the light of its other policies.  *TUNING is what came of
 * it: NULL if there is none, and with FALSE. */
static gboolean
settle(const MomPolicies *policies, MomPolicyStore *store, MomTuning **tuning, GError **error)
{
    const char *text =
        policies->tuning_name ? mom_policy_store_get(store, policies->tuning_name) : NULL;

    g_clear_pointer(tuning, mom_tuning_free);
    if (!text) {
        return TRUE;
    }
    *tuning = mom_set_aside_faults(store, policies->tuning_name, text, policies->check,
                                   policies->data, error);
    return *tuning != NULL;
}

/* ---- the set ---- */

/* STORE and its TUNING (both taken over) are the administrator's set from now on. */
static void
adopt(MomPolicies *policies, MomPolicyStore *store, MomTuning *tuning)
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

/* The first error that the checker finds in STORE, or NULL. */
static GError *
find_error(const MomPolicies *policies, MomPolicyStore *store)
{
    g_autoptr(GPtrArray) findings =
        policies->check ? policies->check(store, 0, policies->data) : NULL;

    return findings ? mom_findings_error(findings) : NULL;
}

/* Logs the checker's doubts of policy NAME, or of all if it is NULL. */
static void
log_doubts(MomPolicies *policies, const char *name)
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

/* The first error of STORE that costs a whole policy, or NULL; *TUNING is as `settle` leaves it. */
static GError *
find_unsound(const MomPolicies *policies, MomPolicyStore *store, MomTuning **tuning)
{
    GError *why = NULL;

    return settle(policies, store, tuning, &why) ? find_error(policies, store) : why;
}

/* Leaves out policies that fail for certain, so that the others can be used.  FALSE with the first
 * error if nothing is left then. */
static gboolean
leave_out_unsound(MomPolicies *policies, MomPolicyStore *store, MomTuning **tuning, GError **error)
{
    g_autoptr(GError) first = NULL;
    GError *why;
    gsize left = 1;

    while (left > 0 && (why = find_unsound(policies, store, tuning))) {
        g_autofree const char **names = NULL;

        g_warning("policy left out: %s", why->message);
        mom_policy_store_remove(store, mom_policy_error_place(why).policy);
        names = mom_policy_store_names(store, &left);
        if (first) {
            g_error_free(why);
        } else {
            first = why;
        }
    }
    if (left == 0) {
        g_propagate_error(error, g_steal_pointer(&first));
    }
    return left > 0;
}

static gboolean
read_disk(const MomPolicies *policies,
          MomPolicyStore *store,
          const char *file,
          const char *dir,
          GError **error)
{
    return mom_policy_files_read(store, file, dir, policies->tuning_name, policies->trust, error);
}

gboolean
mom_policies_reload(MomPolicies *policies, GError **error)
{
    g_autoptr(MomPolicyStore) fresh = mom_policy_store_new();
    g_autoptr(MomTuning) tuning = NULL;

    if (!read_disk(policies, fresh, policies->file, policies->dir, error) ||
        !leave_out_unsound(policies, fresh, &tuning, error)) {
        return FALSE;
    }
    g_hash_table_remove_all(policies->pushed);
    policies->replaced = FALSE;
    adopt(policies, g_steal_pointer(&fresh), g_steal_pointer(&tuning));
    log_doubts(policies, NULL);
    return TRUE;
}

/* Whether STORE may be used, as far as can be told before. */
static gboolean
passes(MomPolicies *policies, MomPolicyStore *store, GError **error)
{
    GError *found = find_error(policies, store);

    if (found) {
        g_propagate_error(error, found);
        return FALSE;
    }
    return !policies->trial || policies->trial(store, policies->data, error);
}

/* Whether what failed with ERROR in the trial is the change's fault.  If it failed in another
 * policy, and that one fails without the change too, the change is not to blame: it may even be the
 * first half of a repair. */
static gboolean
to_blame(MomPolicies *policies, const char *name, const GError *error)
{
    MomPlace place = mom_policy_error_place(error);

    if (g_strcmp0(place.policy, name ? name : MOM_POLICY_MAIN_NAME) == 0) {
        return TRUE;
    }
    return passes(policies, policies->store, NULL);
}

/* Lines of the tuning policy that fail in the trial are set aside like those that the checker
 * knows; what fails elsewhere is WHY. */
static gboolean
passes_in_part(MomPolicies *policies, MomPolicyStore *store, MomTuning *tuning, GError **why)
{
    for (guint round = 0; !passes(policies, store, why); round++) {
        if (!tuning || round == MOM_SET_ASIDE_MAX_ROUNDS ||
            !mom_set_aside_one(store, tuning, *why)) {
            return FALSE;
        }
        g_clear_error(why);
    }
    return TRUE;
}

/* Takes CHANGED over if it passes check and trial. NAME is the policy that was changed. */
static gboolean
take_over(MomPolicies *policies, MomPolicyStore *changed, const char *name, GError **error)
{
    g_autoptr(MomTuning) tuning = NULL;
    g_autoptr(GError) why = NULL;
    gboolean repeated; /* vdsm sends the same again and again */

    if (!settle(policies, changed, &tuning, error)) {
        return FALSE;
    }
    if (!passes_in_part(policies, changed, tuning, &why)) {
        if (to_blame(policies, name, why)) {
            g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        }
        g_warning("policy set fails as it did before the change: %s", why->message);
    }
    /* Who pushed it must learn that nothing came of it. */
    if (tuning && mom_set_aside_is_tuning(policies->tuning_name, name) &&
        !mom_set_aside_leaves_some(tuning, error)) {
        return FALSE;
    }
    repeated = g_strcmp0(mom_policy_store_get(policies->store, name),
                         mom_policy_store_get(changed, name)) == 0;
    adopt(policies, mom_policy_store_copy(changed), g_steal_pointer(&tuning));
    if (!repeated) {
        log_doubts(policies, name ? name : MOM_POLICY_MAIN_NAME);
    }
    return TRUE;
}

/* ---- what RPC has set, over what is on disk ---- */

static void
note_pushed(MomPolicies *policies, const char *name, const char *text)
{
    g_hash_table_replace(policies->pushed, g_strdup(name ? name : MOM_POLICY_MAIN_NAME),
                         g_strdup(text));
}

static void
note_replaced(MomPolicies *policies, const char *text)
{
    g_hash_table_remove_all(policies->pushed);
    policies->replaced = TRUE;
    note_pushed(policies, NULL, text);
}

/* Each of them has loaded before; what it depends on is another's affair. */
static void
lay_pushed_over(const MomPolicies *policies, MomPolicyStore *store)
{
    GHashTableIter iter;
    gpointer name, text;

    g_hash_table_iter_init(&iter, policies->pushed);
    while (g_hash_table_iter_next(&iter, &name, &text)) {
        if (text) {
            mom_set_aside_put(store, policies->tuning_name, name, text, -1, NULL);
        } else {
            mom_policy_store_remove(store, name);
        }
    }
}

/* ---- reading from disk anew ---- */

/* The policy that is in force, is meant to be, and is not in FRESH; NULL: there is none. */
static char *
find_lost(MomPolicies *policies, MomPolicyStore *fresh, const char *file, const char *dir)
{
    g_autoptr(GPtrArray) names = mom_policy_files_names(file, dir);
    GHashTableIter iter;
    gpointer name, text;

    g_hash_table_iter_init(&iter, policies->pushed);
    while (g_hash_table_iter_next(&iter, &name, &text)) {
        if (text) {
            g_ptr_array_add(names, g_strdup(name));
        }
    }
    for (guint i = 0; i < names->len; i++) {
        const char *meant = g_ptr_array_index(names, i);

        if (mom_policy_store_get(policies->store, meant) && !mom_policy_store_get(fresh, meant)) {
            return g_strdup(meant);
        }
    }
    return NULL;
}

/* Whether FRESH, of which what cannot be used was left out, may take the place of what is in force.
 */
static gboolean
is_improvement(MomPolicies *policies,
               MomPolicyStore *fresh,
               MomTuning *tuning,
               const char *file,
               const char *dir,
               GError **error)
{
    g_autofree char *lost = find_lost(policies, fresh, file, dir);
    g_autoptr(GError) why = NULL;

    if (lost) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "policy \"%s\" would be lost, mend what is told of it above", lost);
        return FALSE;
    }
    if (!passes_in_part(policies, fresh, tuning, &why) && passes(policies, policies->store, NULL)) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    return TRUE;
}

static gboolean
is_same(const MomPolicyStore *one, const MomPolicyStore *other)
{
    gsize n, n_other;
    g_autofree const char **names = mom_policy_store_names(one, &n);
    g_autofree const char **others = mom_policy_store_names(other, &n_other);

    for (gsize i = 0; n == n_other && i < n; i++) {
        if (g_strcmp0(names[i], others[i]) != 0 ||
            g_strcmp0(mom_policy_store_get(one, names[i]), mom_policy_store_get(other, names[i])) !=
                0) {
            return FALSE;
        }
    }
    return n == n_other;
}

static void
set_source(MomPolicies *policies, const char *file, const char *dir)
{
    g_autofree char *old_file = policies->file;
    g_autofree char *old_dir = policies->dir;

    policies->file = g_strdup(file);
    policies->dir = g_strdup(dir);
}

gboolean
mom_policies_reread(MomPolicies *policies, const char *file, const char *dir, GError **error)
{
    g_autoptr(MomPolicyStore) fresh = mom_policy_store_new();
    g_autoptr(MomTuning) tuning = NULL;

    file = file && *file ? file : NULL;
    dir = dir && *dir ? dir : NULL;
    if (!policies->replaced && !read_disk(policies, fresh, file, dir, error)) {
        return FALSE;
    }
    lay_pushed_over(policies, fresh);
    if (!leave_out_unsound(policies, fresh, &tuning, error) ||
        !is_improvement(policies, fresh, tuning, file, dir, error)) {
        return FALSE;
    }
    set_source(policies, file, dir);
    /* The same set keeps its record: that it worked, or that another stands in for it. */
    if (!is_same(fresh, policies->store)) {
        adopt(policies, g_steal_pointer(&fresh), g_steal_pointer(&tuning));
        log_doubts(policies, NULL);
    }
    return TRUE;
}

/* ---- changes by RPC ---- */

gboolean
mom_policies_set(MomPolicies *policies, const char *name, const char *text, GError **error)
{
    g_autoptr(MomPolicyStore) changed = mom_policy_store_copy(policies->store);

    if (!text) {
        mom_policy_store_remove(changed, name);
    } else if (!mom_set_aside_put(changed, policies->tuning_name, name, text, -1, error)) {
        return FALSE;
    }
    if (!take_over(policies, changed, name, error)) {
        return FALSE;
    }
    note_pushed(policies, name, text);
    return TRUE;
}

gboolean
mom_policies_replace(MomPolicies *policies, const char *text, GError **error)
{
    g_autoptr(MomPolicyStore) changed = mom_policy_store_copy(policies->store);

    if (!mom_policy_store_replace(changed, text, -1, error) ||
        !take_over(policies, changed, NULL, error)) {
        return FALSE;
    }
    note_replaced(policies, text);
    return TRUE;
}
