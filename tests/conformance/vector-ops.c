/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Kind ops: what happens to a store, step by step.
 *
 * Each operation is one call of the store; the runner adds no rule of its own.
 */
#include "tests/conformance/vector-kinds.h"

#include <string.h>

typedef struct {
    MomPolicyStore *store;
    MomState *state;
} Ops;

static void
add_store(Ops *ops, json_object *step)
{
    g_autofree char *text = mom_policy_store_get_joined(ops->store);
    g_autofree const char **names = mom_policy_store_names(ops->store, NULL);
    json_object *list = json_object_new_array();

    for (gsize i = 0; names[i]; i++)
        json_object_array_add(list, json_object_new_string(names[i]));
    json_object_object_add(step, "text", json_object_new_string(text));
    json_object_object_add(step, "names", list);
}

static const char *
text_of(json_object *op, const char *member)
{
    return json_object_get_string(json_object_object_get(op, member));
}

static gssize
length_of(json_object *op, const char *member)
{
    return json_object_get_string_len(json_object_object_get(op, member));
}

static json_object *
answer_change(Ops *ops, gboolean done)
{
    json_object *step = json_object_new_object();

    json_object_object_add(step, "ret", json_object_new_boolean(done));
    add_store(ops, step);
    return step;
}

static json_object *
do_set(Ops *ops, json_object *op)
{
    const char *name = text_of(op, "name");
    const char *text = text_of(op, "text");

    if (!text) {
        mom_policy_store_remove(ops->store, name);
        return answer_change(ops, TRUE);
    }
    return answer_change(ops,
                         mom_policy_store_set(ops->store, name, text, length_of(op, "text"), NULL));
}

static json_object *
do_clear(Ops *ops, json_object *op)
{
    json_object *step;

    mom_policy_store_clear(ops->store);
    step = json_object_new_object();
    add_store(ops, step);
    return step;
}

static json_object *
do_replace(Ops *ops, json_object *op)
{
    const char *text = text_of(op, "text");

    return answer_change(ops, mom_policy_store_replace(ops->store, text ? text : "",
                                                       text ? length_of(op, "text") : 0, NULL));
}

static json_object *
do_eval(Ops *ops, json_object *op)
{
    g_autoptr(GArray) results = g_array_new(FALSE, FALSE, sizeof(MomValue));
    g_autoptr(GError) error = NULL;
    const MomPolicyRunOptions options = {.results = results};
    json_object *step = json_object_new_object();

    if (mom_policy_evaluate(ops->store, ops->state->host, ops->state->guests, &options, &error))
        json_object_object_add(step, "results", mom_vector_results_json(results));
    else
        json_object_object_add(step, "error", mom_vector_error_json(error, "eval"));
    return step;
}

static const struct {
    const char *name;
    json_object *(*apply)(Ops *ops, json_object *op);
} operations[] = {
    {"set", do_set},
    {"clear", do_clear},
    {"replace", do_replace},
    {"eval", do_eval},
};

static json_object *
do_op(Ops *ops, json_object *op)
{
    for (gsize i = 0; i < G_N_ELEMENTS(operations); i++)
        if (g_strcmp0(text_of(op, "op"), operations[i].name) == 0)
            return operations[i].apply(ops, op);
    return NULL;
}

json_object *
mom_vector_ops(json_object *vector, const char *policy_dir)
{
    g_autoptr(MomPolicyStore) store = mom_policy_store_new();
    g_autoptr(MomState) state = mom_state_from_json(vector);
    Ops ops = {.store = store, .state = state};
    json_object *list = json_object_object_get(vector, "ops");
    json_object *steps, *answer;

    if (!json_object_is_type(list, json_type_array))
        return NULL;
    answer = json_object_new_object();
    steps = json_object_new_array();
    for (gsize i = 0; i < json_object_array_length(list); i++)
        json_object_array_add(steps, do_op(&ops, json_object_array_get_idx(list, i)));
    json_object_object_add(answer, "steps", steps);
    return answer;
}
