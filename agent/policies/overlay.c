/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The overlay laid, see overlay.h.
 *
 * All is laid at once, as policies may need each other whatever their order; then whatever is to
 * blame for an error is taken away again, one at a time.
 */
#include "agent/policies/overlay.h"

typedef struct {
    MomPolicyStore *below; /* as it was */
    MomPolicyStore *store;
    const MomOverlayRules *rules;
    GPtrArray *laid; /* names, borrowed from what was pushed */
} Laying;

/* Makes NAME in STORE what it is below. */
static void
revert(const Laying *laying, MomPolicyStore *store, const char *name)
{
    const char *text = mom_policy_store_get(laying->below, name);

    if (!text)
        mom_policy_store_remove(store, name);
    else if (!laying->rules->put(store, name, text, laying->rules->data, NULL))
        g_return_if_reached(); /* it was put before */
}

static void
lay_one(const char *name, const char *text, gpointer data)
{
    Laying *laying = data;
    g_autoptr(GError) error = NULL;

    if (!text) {
        mom_policy_store_remove(laying->store, name);
    } else if (!laying->rules->put(laying->store, name, text, laying->rules->data, &error)) {
        laying->rules->left_out(name, error, laying->rules->data);
        return;
    }
    g_ptr_array_add(laying->laid, (gpointer)name);
}

static gboolean
find_laid(const Laying *laying, const char *name, guint *index)
{
    return name && g_ptr_array_find_with_equal_func(laying->laid, name, g_str_equal, index);
}

/* TRUE, and who is to blame for WHY, which stands in a policy below or nowhere. */
static gboolean
find_culprit(const Laying *laying, guint *index)
{
    if (laying->laid->len == 0 || !laying->rules->passes(laying->below, laying->rules->data, NULL))
        return FALSE;
    for (*index = 0; *index + 1 < laying->laid->len; ++*index) {
        g_autoptr(MomPolicyStore) without = mom_policy_store_copy(laying->store);

        revert(laying, without, laying->laid->pdata[*index]);
        if (laying->rules->passes(without, laying->rules->data, NULL))
            break;
    }
    return TRUE;
}

/* FALSE: the set is as good as it gets. */
static gboolean
leave_out_one(Laying *laying)
{
    g_autoptr(GError) why = NULL;
    const char *name;
    guint index;

    if (laying->rules->passes(laying->store, laying->rules->data, &why))
        return FALSE;
    if (!find_laid(laying, mom_policy_error_place(why).policy, &index) &&
        !find_culprit(laying, &index))
        return FALSE;
    name = laying->laid->pdata[index];
    revert(laying, laying->store, name);
    laying->rules->left_out(name, why, laying->rules->data);
    g_ptr_array_remove_index(laying->laid, index);
    return TRUE;
}

void
mom_overlay_lay(const MomPushed *pushed, MomPolicyStore *store, const MomOverlayRules *rules)
{
    g_autoptr(MomPolicyStore) below = mom_policy_store_copy(store);
    g_autoptr(GPtrArray) laid = g_ptr_array_new();
    Laying laying = {.below = below, .store = store, .rules = rules, .laid = laid};

    mom_pushed_foreach(pushed, lay_one, &laying);
    while (laid->len > 0 && leave_out_one(&laying)) {
    }
}
