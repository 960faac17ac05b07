/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The policies in force, see policies.h.
 *
 * A set is made anew, from files and from what was pushed, or as a changed copy of the present one;
 * only one that passes takes the present one's place.
 */
#define G_LOG_DOMAIN "mom.Policy"

#include "agent/policies.h"

#include <gio/gio.h>

#include "agent/overlay.h"
#include "agent/policy-files.h"

struct MomPolicies {
    char *file;
    char *dir;
    MomPolicyTrial trial;
    MomPolicyCheck check; /* NULL: nothing is found */
    gpointer data;
    const MomTrust *trust;
    MomPushed *pushed;
    MomPushedWatch watch; /* NULL: nobody */
    gpointer watch_data;
    GHashTable *on_disk; /* names of policies that have a file, good or bad; NULL: not known */
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
    policies->pushed = mom_pushed_new();
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

/* STORE (taken over) is the administrator's set from now on. */
static void
adopt(MomPolicies *policies, MomPolicyStore *store)
{
    mom_policy_store_free(policies->store);
    policies->store = store;
    policies->untried = TRUE;
    policies->fell_back = FALSE;
    policies->failures = 0;
}

/* The first error that the checker finds in STORE, or NULL. */
static GError *
find_error(MomPolicies *policies, MomPolicyStore *store)
{
    g_autoptr(GPtrArray) findings = policies->check ? policies->check(store, policies->data) : NULL;

    return findings ? mom_findings_error(findings) : NULL;
}

/* Logs the checker's doubts of policy NAME, or of all if it is NULL. */
static void
log_doubts(MomPolicies *policies, const char *name)
{
    g_autoptr(GPtrArray) findings =
        policies->check ? policies->check(policies->store, policies->data) : NULL;

    for (guint i = 0; findings && i < findings->len; i++) {
        const MomFinding *finding = g_ptr_array_index(findings, i);

        if (!name || g_strcmp0(finding->policy, name) == 0) {
            g_autofree char *text = mom_finding_format(finding, NULL);

            g_warning("%s", text);
        }
    }
}

/* Leaves out policies that fail for certain, so that the others can be used.  FALSE with the first
 * error if nothing is left then. */
static gboolean
leave_out_unsound(MomPolicies *policies, MomPolicyStore *store, GError **error)
{
    g_autoptr(GError) first = NULL;
    GError *why;
    gsize left = 1;

    while (left > 0 && (why = find_error(policies, store))) {
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

/* ---- what is on disk ---- */

typedef struct {
    MomPolicies *policies;
    MomPolicyStore *store;
} Target;

static gboolean
put(MomPolicyStore *store, const char *name, const char *text, gssize length, GError **error)
{
    return mom_policy_store_set(store, name, text, length, error);
}

static gboolean
take_file(const char *name, const char *text, gssize length, gpointer data, GError **error)
{
    const Target *target = data;

    return put(target->store, name, text, length, error);
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
    return put(store, name, text, -1, error);
}

static gboolean
passes_rule(MomPolicyStore *store, gpointer data, GError **error)
{
    return passes(data, store, error);
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

/* A removal is remembered only where there may be something to be removed: else names that came and
 * went would be kept for ever. */
static gboolean
hides_a_file(const MomPolicies *policies, const char *name)
{
    return !mom_pushed_replaces(policies->pushed) &&
           (!policies->on_disk || g_hash_table_contains(policies->on_disk, name));
}

static void
tell_pushed(MomPolicies *policies)
{
    if (policies->watch) {
        policies->watch(policies->watch_data);
    }
}

static void
note_pushed(MomPolicies *policies, const char *name, const char *text)
{
    const char *before;
    gboolean known = mom_pushed_get(policies->pushed, name, &before);

    if (!text && !hides_a_file(policies, name)) {
        mom_pushed_forget(policies->pushed, name);
        if (known) {
            tell_pushed(policies);
        }
    } else if (!known || g_strcmp0(before, text) != 0) {
        mom_pushed_set(policies->pushed, name, text);
        tell_pushed(policies);
    }
}

/* ---- reading anew ---- */

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
    gboolean read =
        mom_pushed_replaces(policies->pushed) ||
        read_disk(policies, fresh, policies->file, policies->dir, &names, error);

    set_on_disk(policies, names);
    /* What is in force is better than what was pushed without what it was pushed over, but that is
     * better than nothing. */
    if (!read && !is_empty(policies->store)) {
        return FALSE;
    }
    lay_pushed_over(policies, fresh);
    adopt(policies, g_steal_pointer(&fresh));
    log_doubts(policies, NULL);
    return read;
}

gboolean
mom_policies_reset(MomPolicies *policies, GError **error)
{
    g_autoptr(MomPolicyStore) fresh = mom_policy_store_new();
    GHashTable *names = NULL;
    gboolean read = read_disk(policies, fresh, policies->file, policies->dir, &names, error);

    set_on_disk(policies, names);
    if (!read) {
        return FALSE;
    }
    adopt(policies, g_steal_pointer(&fresh));
    log_doubts(policies, NULL);
    mom_pushed_clear(policies->pushed);
    tell_pushed(policies);
    return TRUE;
}

/* ---- reading another source, or the same again, while one is in force ---- */

/* The policy that is in force, is meant to be (by NAMES, or pushed), and is not in FRESH; NULL: there
 * is none. */
static const char *
find_lost(MomPolicies *policies, MomPolicyStore *fresh, GHashTable *names)
{
    g_autofree const char **present = NULL;
    gsize n;

    present = mom_policy_store_names(policies->store, &n);
    for (gsize i = 0; i < n; i++) {
        const char *text = NULL;
        gboolean meant = names && g_hash_table_contains(names, present[i]);

        if (mom_pushed_get(policies->pushed, present[i], &text)) {
            meant = text != NULL;
        }
        if (meant && !mom_policy_store_get(fresh, present[i])) {
            return present[i];
        }
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
    if (!passes(policies, fresh, &why) && passes(policies, policies->store, NULL)) {
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
        !read_disk(policies, fresh, file, dir, &names, error)) {
        return FALSE;
    }
    lay_pushed_over(policies, fresh);
    if (!is_improvement(policies, fresh, names, error)) {
        return FALSE;
    }
    set_source(policies, file, dir);
    set_on_disk(policies, g_steal_pointer(&names));
    /* The same set keeps its record: that it worked, or that another stands in for it. */
    if (!is_same(fresh, policies->store)) {
        adopt(policies, g_steal_pointer(&fresh));
        log_doubts(policies, NULL);
    }
    return TRUE;
}

/* ---- changes ---- */

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

/* Takes CHANGED over if it passes check and trial. NAME is the policy that was changed. */
static gboolean
take_over(MomPolicies *policies, MomPolicyStore *changed, const char *name, GError **error)
{
    g_autoptr(GError) why = NULL;

    if (!passes(policies, changed, &why)) {
        if (to_blame(policies, name, why)) {
            g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        }
        g_warning("policy set fails as it did before the change: %s", why->message);
    }
    adopt(policies, mom_policy_store_copy(changed));
    log_doubts(policies, name ? name : MOM_POLICY_MAIN_NAME);
    return TRUE;
}

/* The set with policy NAME changed, or NULL if TEXT does not load. Caller frees. */
static MomPolicyStore *
with_change(MomPolicies *policies, const char *name, const char *text, GError **error)
{
    g_autoptr(MomPolicyStore) changed = mom_policy_store_copy(policies->store);

    name = name ? name : MOM_POLICY_MAIN_NAME;
    if (!text) {
        mom_policy_store_remove(changed, name);
    } else if (!put(changed, name, text, -1, error)) {
        return NULL;
    }
    return g_steal_pointer(&changed);
}

gboolean
mom_policies_set(MomPolicies *policies, const char *name, const char *text, GError **error)
{
    g_autoptr(MomPolicyStore) changed = with_change(policies, name, text, error);

    name = name ? name : MOM_POLICY_MAIN_NAME;
    if (!changed || !take_over(policies, changed, name, error)) {
        return FALSE;
    }
    note_pushed(policies, name, text);
    return TRUE;
}

/* ERROR as a finding; what has no place is NAME's. */
static void
add_error(GPtrArray *findings, const char *name, const GError *error)
{
    MomPlace place = mom_policy_error_place(error);
    MomFinding *finding = g_new0(MomFinding, 1);
    g_autofree char *prefix =
        g_strdup_printf("%s:%u:%u: ", place.policy ? place.policy : "", place.line, place.column);
    gsize skip = g_str_has_prefix(error->message, prefix) ? strlen(prefix) : 0;

    finding->severity = MOM_FINDING_ERROR;
    finding->policy = g_strdup(place.policy ? place.policy : name ? name : MOM_POLICY_MAIN_NAME);
    finding->line = place.line;
    finding->column = place.column;
    finding->message = g_strdup(error->message + skip);
    g_ptr_array_add(findings, finding);
}

static gboolean
has_error(GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++) {
        const MomFinding *finding = g_ptr_array_index(findings, i);

        if (finding->severity == MOM_FINDING_ERROR) {
            return TRUE;
        }
    }
    return FALSE;
}

GPtrArray *
mom_policies_check(MomPolicies *policies, const char *name, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomPolicyStore) changed = with_change(policies, name, text, &error);
    GPtrArray *findings = NULL;

    if (changed && policies->check) {
        findings = policies->check(changed, policies->data);
    }
    if (!findings) {
        findings = g_ptr_array_new_with_free_func((GDestroyNotify)mom_finding_free);
    }
    if (changed && policies->trial && !has_error(findings)) {
        policies->trial(changed, policies->data, &error);
    }
    if (error) {
        add_error(findings, name, error);
    }
    return findings;
}

gboolean
mom_policies_replace(MomPolicies *policies, const char *text, GError **error)
{
    g_autoptr(MomPolicyStore) changed = mom_policy_store_copy(policies->store);

    if (!mom_policy_store_replace(changed, text, -1, error) ||
        !take_over(policies, changed, NULL, error)) {
        return FALSE;
    }
    mom_pushed_replace_all(policies->pushed);
    mom_pushed_set(policies->pushed, MOM_POLICY_MAIN_NAME, text);
    tell_pushed(policies);
    return TRUE;
}
