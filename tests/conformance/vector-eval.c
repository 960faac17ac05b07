/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Kind eval: policies, a state, one evaluation.
 *
 * Everything goes through the public functions of policy/, as it does in the daemon.
 */
#include "tests/conformance/vector-kinds.h"
#include "agent/value-json.h"

#include <string.h>

json_object *
mom_vector_error_json(const GError *error, const char *phase)
{
    MomPlace place = mom_policy_error_place(error);
    json_object *json = json_object_new_object();

    json_object_object_add(json, "phase", json_object_new_string(phase));
    json_object_object_add(json, "kind", json_object_new_string("policy"));
    json_object_object_add(json, "policy",
                           place.policy ? json_object_new_string(place.policy) : NULL);
    json_object_object_add(json, "line", json_object_new_int64(place.line));
    json_object_object_add(json, "column", json_object_new_int64(place.column));
    json_object_object_add(json, "message", json_object_new_string(error->message));
    return json;
}

json_object *
mom_vector_load_error(const GError *error)
{
    json_object *answer = json_object_new_object();

    json_object_object_add(answer, "error", mom_vector_error_json(error, "load"));
    return answer;
}

json_object *
mom_vector_results_json(const GArray *results)
{
    json_object *json = json_object_new_array();

    for (guint i = 0; i < results->len; i++)
        json_object_array_add(json, mom_value_to_json(g_array_index(results, MomValue, i)));
    return json;
}

json_object *
mom_vector_evaluate(MomPolicyStore *store, MomState *state, json_object *vector, GArray *results)
{
    g_autoptr(GError) error = NULL;
    const MomPolicyRunOptions options = {.results = results,
                                         .trace = g_getenv(MOM_VECTORS_TRACE) != NULL};
    json_object *answer = json_object_new_object();
    gboolean done = mom_policy_evaluate(store, state->host, state->guests, &options, &error);

    json_object_object_add(answer, "error", done ? NULL : mom_vector_error_json(error, "eval"));
    mom_state_answer(state, answer);
    if (done && json_object_object_get_ex(vector, "controllers", NULL))
        json_object_object_add(answer, "calls", mom_vector_calls(vector, state));
    return answer;
}

static int
by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Stores the texts of POLICIES in order of name, up to the first that is no program. */
static gboolean
load_policies(MomPolicyStore *store, json_object *policies, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    json_object_object_foreach(policies, key, value)
    {
        (void)value;
        g_ptr_array_add(names, key);
    }
    g_ptr_array_sort(names, by_name);
    for (guint i = 0; i < names->len; i++) {
        json_object *text = json_object_object_get(policies, names->pdata[i]);

        if (!mom_policy_store_set(store, names->pdata[i], json_object_get_string(text),
                                  json_object_get_string_len(text), error))
            return FALSE;
    }
    return TRUE;
}

json_object *
mom_vector_eval(json_object *vector, const char *policy_dir)
{
    g_autoptr(MomPolicyStore) store = mom_policy_store_new();
    g_autoptr(MomState) state = mom_state_from_json(vector);
    g_autoptr(GArray) results = g_array_new(FALSE, FALSE, sizeof(MomValue));
    g_autoptr(GError) error = NULL;
    json_object *policies = json_object_object_get(vector, "policies");
    json_object *policy = json_object_object_get(vector, "policy");
    json_object *answer;
    gboolean loaded = TRUE;

    if (policies)
        loaded = load_policies(store, policies, &error);
    else if (policy)
        loaded = mom_policy_store_set(store, NULL, json_object_get_string(policy),
                                      json_object_get_string_len(policy), &error);
    if (!loaded)
        return mom_vector_load_error(error);
    answer = mom_vector_evaluate(store, state, vector, results);
    json_object_object_add(answer, "results", mom_vector_results_json(results));
    return answer;
}
