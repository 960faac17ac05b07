/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The policies in force, see policies.h.
 *
 * SEMANTICS section 2 says which files are read and under which name.
 */
#define G_LOG_DOMAIN "mom.Policy"

#include "agent/policies.h"

#include <gio/gio.h>

struct MomPolicies {
    char *file;
    char *dir;
    MomPolicyTrial trial;
    MomPolicyCheck check; /* NULL: nothing is found */
    gpointer data;
    MomPolicyStore *store;
    MomPolicyStore *worked; /* the last set that did; NULL if none has since the start */
    gboolean untried;       /* `store` is not known to be `worked` */
    gboolean fell_back;     /* `worked` is run in place of `store` */
    guint failures;         /* of `store`, in a row */
};

#define SUFFIX ".policy"

MomPolicies *
mom_policies_new(const char *file, const char *dir, MomPolicyTrial trial, gpointer data)
{
    MomPolicies *policies = g_new0(MomPolicies, 1);

    policies->file = g_strdup(file && *file ? file : NULL);
    policies->dir = g_strdup(dir && *dir ? dir : NULL);
    policies->trial = trial;
    policies->data = data;
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
    g_free(policies->file);
    g_free(policies->dir);
    g_free(policies);
}

void
mom_policies_use_check(MomPolicies *policies, MomPolicyCheck check)
{
    policies->check = check;
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

/* Reads one file into STORE; what is wrong is logged here, once, as nobody above handles it. */
static gboolean
read_file(MomPolicyStore *store, const char *path, const char *name, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autofree char *text = NULL;
    gsize length;

    if (g_file_get_contents(path, &text, &length, &why)) {
        if (mom_policy_store_set(store, name, text, (gssize)length, &why)) {
            return TRUE;
        }
        g_prefix_error(&why, "%s: ", path);
    }
    g_warning("policy not loaded: %s", why->message);
    if (error && !*error) {
        g_propagate_error(error, g_steal_pointer(&why));
    }
    return FALSE;
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of DIR's policy files, in order. */
static GPtrArray *
list_files(const char *dir, GError **error)
{
    g_autoptr(GDir) handle = g_dir_open(dir, 0, error);
    GPtrArray *names;
    const char *name;

    if (!handle) {
        return NULL;
    }
    names = g_ptr_array_new_with_free_func(g_free);
    while ((name = g_dir_read_name(handle))) {
        if (name[0] != '.' && g_str_has_suffix(name, SUFFIX)) {
            g_ptr_array_add(names, g_strdup(name));
        }
    }
    g_ptr_array_sort(names, compare_names);
    return names;
}

/* FALSE if DIR cannot be read, or holds policies of which none loads. */
static gboolean
read_dir(MomPolicyStore *store, const char *dir, GError **error)
{
    g_autoptr(GError) first = NULL;
    g_autoptr(GPtrArray) names = list_files(dir, &first);
    guint loaded = 0;

    if (!names) {
        g_warning("policies not loaded: %s", first->message);
        g_propagate_error(error, g_steal_pointer(&first));
        return FALSE;
    }
    for (guint i = 0; i < names->len; i++) {
        const char *file = g_ptr_array_index(names, i);
        g_autofree char *path = g_build_filename(dir, file, NULL);
        g_autofree char *name = g_strndup(file, (gsize)(strstr(file, SUFFIX) - file));

        loaded += read_file(store, path, name, first ? NULL : &first) ? 1 : 0;
    }
    if (first && loaded == 0) {
        g_propagate_error(error, g_steal_pointer(&first));
        return FALSE;
    }
    return TRUE;
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

gboolean
mom_policies_reload(MomPolicies *policies, GError **error)
{
    g_autoptr(MomPolicyStore) fresh = mom_policy_store_new();

    if (policies->file ? !read_file(fresh, policies->file, NULL, error)
                       : policies->dir && !read_dir(fresh, policies->dir, error)) {
        return FALSE;
    }
    if (!leave_out_unsound(policies, fresh, error)) {
        return FALSE;
    }
    adopt(policies, g_steal_pointer(&fresh));
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

/* Whether the policy NAME of CHANGED says something else than what is in force. */
static gboolean
differs(MomPolicies *policies, MomPolicyStore *changed, const char *name)
{
    return g_strcmp0(mom_policy_store_get(policies->store, name),
                     mom_policy_store_get(changed, name)) != 0;
}

/* Takes CHANGED over if it passes check and trial. NAME is the policy that was changed.  What is
 * pushed once more as it is has been told before. */
static gboolean
take_over(MomPolicies *policies, MomPolicyStore *changed, const char *name, GError **error)
{
    gboolean is_news = differs(policies, changed, name);
    g_autoptr(GError) why = NULL;

    if (!passes(policies, changed, &why)) {
        if (to_blame(policies, name, why)) {
            g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        }
        g_log(G_LOG_DOMAIN, is_news ? G_LOG_LEVEL_WARNING : G_LOG_LEVEL_DEBUG,
              "policy set fails as it did before the change: %s", why->message);
    }
    adopt(policies, mom_policy_store_copy(changed));
    if (is_news) {
        log_doubts(policies, name ? name : MOM_POLICY_MAIN_NAME);
    }
    return TRUE;
}

gboolean
mom_policies_set(MomPolicies *policies, const char *name, const char *text, GError **error)
{
    g_autoptr(MomPolicyStore) changed = mom_policy_store_copy(policies->store);

    if (!text) {
        mom_policy_store_remove(changed, name);
    } else if (!mom_policy_store_set(changed, name, text, -1, error)) {
        return FALSE;
    }
    return take_over(policies, changed, name, error);
}

gboolean
mom_policies_replace(MomPolicies *policies, const char *text, GError **error)
{
    g_autoptr(MomPolicyStore) changed = mom_policy_store_copy(policies->store);

    return mom_policy_store_replace(changed, text, -1, error) &&
           take_over(policies, changed, NULL, error);
}
