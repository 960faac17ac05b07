/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Sets of policies from files and from what was pushed, see policies.h.
 *
 * A set is made beside the one in force and takes its place only if it may.
 */
#define G_LOG_DOMAIN "mom.Policy"

#include "agent/policies/policies-private.h"

#include <gio/gio.h>

#include "agent/policies/overlay.h"
#include "agent/policies/policy-files.h"
#include "agent/policies/set-aside.h"

/* ---- what is on disk ---- */

typedef struct {
    MomPolicies *policies;
    MomPolicyStore *store;
} Target;

static gboolean
take_file(const char *name, const char *text, gssize length, gpointer data, GError **error)
{
    const Target *target = data;

    return mom_set_aside_put(target->store, target->policies->tuning_name, name, text, length,
                             error);
}

/* The first error of STORE that costs a whole policy, or NULL. */
static GError *
find_unsound(const MomPolicies *policies, MomPolicyStore *store)
{
    g_autoptr(MomTuning) ignored = NULL;
    GError *why = NULL;

    return mom_policies_settle(policies, store, &ignored, &why)
               ? mom_policies_find_error(policies, store)
               : why;
}

/* Leaves out policies that fail for certain, so that the others can be used.  FALSE with the first
 * error if nothing is left then. */
static gboolean
leave_out_unsound(MomPolicies *policies, MomPolicyStore *store, GError **error)
{
    g_autoptr(GError) first = NULL;
    GError *why;
    gsize left = 1;

    while (left > 0 && (why = find_unsound(policies, store))) {
        g_autofree const char **names = NULL;

        g_warning("policy left out: %s", why->message);
        mom_policy_store_remove(store, mom_policy_error_place(why).policy);
        names = mom_policy_store_names(store, &left);
        if (first)
            g_error_free(why);
        else
            first = why;
    }
    if (left == 0)
        g_propagate_error(error, g_steal_pointer(&first));
    return left > 0;
}

/* What FILE, else DIR has and can be used. FALSE: nothing of what should be there. */
static gboolean
read_disk(MomPolicies *policies,
          MomPolicyStore *store,
          const char *file,
          const char *dir,
          GHashTable **names,
          GError **error)
{
    Target target = {policies, store};

    return mom_policy_files_read(policies->trust, file, dir, take_file, &target, names, error) &&
           leave_out_unsound(policies, store, error);
}

/* NAMES (taken over) have a file from now on. */
static void
set_on_disk(MomPolicies *policies, GHashTable *names)
{
    g_clear_pointer(&policies->on_disk, g_hash_table_unref);
    policies->on_disk = names;
}

/* ---- what was pushed ---- */

static gboolean
put_pushed(MomPolicyStore *store, const char *name, const char *text, gpointer data, GError **error)
{
    const MomPolicies *policies = data;

    return mom_set_aside_put(store, policies->tuning_name, name, text, -1, error);
}

static gboolean
passes_rule(MomPolicyStore *store, gpointer data, GError **error)
{
    g_autoptr(MomTuning) tuning = NULL;
    g_autoptr(GError) why = NULL;

    if (mom_policies_settle(data, store, &tuning, &why) &&
        mom_policies_pass_in_part(data, store, tuning, &why))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&why));
    return FALSE;
}

static void
log_left_out(const char *name, const GError *why, gpointer data)
{
    g_warning("pushed policy %s left out until it fits again: %s", name, why->message);
}

static void
lay_pushed_over(MomPolicies *policies, MomPolicyStore *store)
{
    MomOverlayRules rules = {
        .put = put_pushed, .passes = passes_rule, .left_out = log_left_out, .data = policies};

    mom_overlay_lay(policies->pushed, store, &rules);
}

/* ---- reading anew ---- */

/* STORE (taken over), which was read, with what its tuning policy comes to. A tuning policy that is
 * no text at all was left out before. */
static void
adopt_settled(MomPolicies *policies, MomPolicyStore *store)
{
    g_autoptr(MomTuning) tuning = NULL;
    g_autoptr(GError) ignored = NULL;

    if (mom_policies_settle(policies, store, &tuning, NULL))
        mom_policies_pass_in_part(policies, store, tuning, &ignored);
    mom_policies_adopt(policies, store, g_steal_pointer(&tuning));
    mom_policies_log_doubts(policies, NULL);
}

static gboolean
is_empty(MomPolicyStore *store)
{
    g_autofree const char **names = NULL;
    gsize n;

    names = mom_policy_store_names(store, &n);
    return n == 0;
}

gboolean
mom_policies_reload(MomPolicies *policies, GError **error)
{
    g_autoptr(MomPolicyStore) fresh = mom_policy_store_new();
    GHashTable *names = NULL;
    gboolean read = mom_pushed_replaces(policies->pushed) ||
                    read_disk(policies, fresh, policies->file, policies->dir, &names, error);

    set_on_disk(policies, names);
    /* What is in force is better than what was pushed without what it was pushed over, but that is
     * better than nothing. */
    if (!read && !is_empty(policies->store))
        return FALSE;
    lay_pushed_over(policies, fresh);
    adopt_settled(policies, g_steal_pointer(&fresh));
    return read;
}

gboolean
mom_policies_reset(MomPolicies *policies, GError **error)
{
    g_autoptr(MomPolicyStore) fresh = mom_policy_store_new();
    GHashTable *names = NULL;
    gboolean read = read_disk(policies, fresh, policies->file, policies->dir, &names, error);

    set_on_disk(policies, names);
    if (!read)
        return FALSE;
    adopt_settled(policies, g_steal_pointer(&fresh));
    mom_pushed_clear(policies->pushed);
    mom_policies_tell_pushed(policies);
    return TRUE;
}

/* ---- reading another source, or the same again, while one is in force ---- */

/* The policy that is in force, is meant to be (by NAMES, or pushed), and is not in FRESH; NULL:
 * there is none. */
static const char *
find_lost(MomPolicies *policies, MomPolicyStore *fresh, GHashTable *names)
{
    g_autofree const char **present = NULL;
    gsize n;

    present = mom_policy_store_names(policies->store, &n);
    for (gsize i = 0; i < n; i++) {
        const char *text = NULL;
        gboolean meant = names && g_hash_table_contains(names, present[i]);

        if (mom_pushed_get(policies->pushed, present[i], &text))
            meant = text != NULL;
        if (meant && !mom_policy_store_get(fresh, present[i]))
            return present[i];
    }
    return NULL;
}

/* Whether FRESH, of which what cannot be used was left out, may take the place of what is in force.
 */
static gboolean
is_improvement(MomPolicies *policies, MomPolicyStore *fresh, GHashTable *names, GError **error)
{
    const char *lost = find_lost(policies, fresh, names);
    g_autoptr(GError) why = NULL;

    if (lost) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "policy \"%s\" would be lost, mend what is told of it above", lost);
        return FALSE;
    }
    if (!passes_rule(fresh, policies, &why) && mom_policies_pass(policies, policies->store, NULL)) {
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

    for (gsize i = 0; n == n_other && i < n; i++)
        if (g_strcmp0(names[i], others[i]) != 0 ||
            g_strcmp0(mom_policy_store_get(one, names[i]), mom_policy_store_get(other, names[i])) !=
                0)
            return FALSE;
    return n == n_other;
}

/* FILE and DIR are not the present ones' memory. */
static void
set_source(MomPolicies *policies, const char *file, const char *dir)
{
    g_free(policies->file);
    g_free(policies->dir);
    policies->file = g_strdup(file);
    policies->dir = g_strdup(dir);
}

gboolean
mom_policies_reread(MomPolicies *policies, const char *file, const char *dir, GError **error)
{
    g_autoptr(MomPolicyStore) fresh = mom_policy_store_new();
    g_autoptr(GHashTable) names = NULL;

    file = file && *file ? file : NULL;
    dir = dir && *dir ? dir : NULL;
    if (!mom_pushed_replaces(policies->pushed) &&
        !read_disk(policies, fresh, file, dir, &names, error))
        return FALSE;
    lay_pushed_over(policies, fresh);
    if (!is_improvement(policies, fresh, names, error))
        return FALSE;
    set_source(policies, file, dir);
    set_on_disk(policies, g_steal_pointer(&names));
    /* The same set keeps its record: that it worked, or that another stands in for it. */
    if (!is_same(fresh, policies->store))
        adopt_settled(policies, g_steal_pointer(&fresh));
    return TRUE;
}
