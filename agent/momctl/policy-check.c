/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * momctl policy check: what is wrong with policies, by the checker that momd uses.
 *
 * What does not load is told alone: what else is wrong with a set of which a part is missing cannot
 * be known.
 */
#include <json-c/json.h>
#include <stdio.h>

#include "agent/config/config.h"
#include "agent/engine/monitor.h"
#include "agent/momctl/command.h"
#include "agent/momctl/sources.h"
#include "controllers/controller.h"

#define TUNING_POLICY "01-parameters" /* without a configuration */

typedef struct {
    char *config;
    gboolean strict;
    gboolean json;
} Options;

/* What the policies are to run in, with what it borrows from. */
typedef struct {
    MomMonitorPlan *host;
    MomMonitorPlan *guest;
    GPtrArray *controls;
    MomCheckWorld world;
} World;

/* ---- the world ---- */

/* The collectors that CONFIG lists for the host or the guests; all there are if it is NULL. */
static MomMonitorPlan *
make_plan(const MomConfig *config, gboolean for_host)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    g_auto(GStrv) names =
        config ? mom_config_get_list(config, for_host ? "host" : "guest", "collectors") : NULL;

    for (gsize i = 0; mom_collectors[i]; i++) {
        const MomCollector *collector = mom_collectors[i];

        if (collector->for_host == for_host &&
            (!names || g_strv_contains((const char *const *)names, collector->name)))
            g_ptr_array_add(found, (gpointer)collector);
    }
    return mom_monitor_plan_new((const MomCollector *const *)found->pdata, found->len, 1);
}

static GPtrArray *
list_controls(const MomConfig *config)
{
    g_auto(GStrv) names = config ? mom_config_get_list(config, "main", "controllers") : NULL;
    GPtrArray *controls = g_ptr_array_new();

    for (gsize i = 0; mom_controllers[i]->name; i++) {
        const MomController *controller = mom_controllers[i];

        if (names && !g_strv_contains((const char *const *)names, controller->name))
            continue;
        for (gsize n = 0; controller->controls[n]; n++)
            g_ptr_array_add(controls, (gpointer)controller->controls[n]);
    }
    g_ptr_array_add(controls, NULL);
    return controls;
}

static World
make_world(const MomConfig *config)
{
    World world = {.host = make_plan(config, TRUE),
                   .guest = make_plan(config, FALSE),
                   .controls = list_controls(config)};

    world.world = (MomCheckWorld){.host = mom_monitor_plan_schema(world.host),
                                  .guest = mom_monitor_plan_schema(world.guest),
                                  .controls = (const char *const *)world.controls->pdata,
                                  .parameters_policy =
                                      config ? mom_config_get(config, "main", "tuning-policy")
                                             : TUNING_POLICY};
    return world;
}

static void
world_clear(World *world)
{
    mom_monitor_plan_unref(world->host);
    mom_monitor_plan_unref(world->guest);
    g_ptr_array_unref(world->controls);
}

/* A collector or controller whose name is wrong would be missed without a word. */
static void
tell_unknown(const MomConfig *config, const char *section, const char *key)
{
    g_auto(GStrv) names = mom_config_get_list(config, section, key);

    for (gsize i = 0; names[i]; i++)
        if (!mom_collector_find(names[i]) && !mom_controller_find(names[i]))
            fprintf(stderr, "%s: [%s] %s: there is no \"%s\"\n", g_get_prgname(), section, key,
                    names[i]);
}

static gboolean
load_config(MomConfig *config, const char *file, GError **error)
{
    const char *const *complaint;

    if (!mom_config_load(config, file, error))
        return FALSE;
    for (complaint = mom_config_complaints(config); *complaint; complaint++)
        fprintf(stderr, "%s: %s\n", g_get_prgname(), *complaint);
    tell_unknown(config, "host", "collectors");
    tell_unknown(config, "guest", "collectors");
    tell_unknown(config, "main", "controllers");
    return TRUE;
}

/* ---- telling ---- */

static guint
count(GPtrArray *findings, MomFindingSeverity severity)
{
    guint n = 0;

    for (guint i = 0; i < findings->len; i++)
        n += ((MomFinding *)findings->pdata[i])->severity == severity;
    return n;
}

static json_object *
finding_json(const MomFinding *finding)
{
    json_object *json = json_object_new_object();

    json_object_object_add(json, "policy",
                           finding->policy ? json_object_new_string(finding->policy) : NULL);
    json_object_object_add(json, "line", json_object_new_int64(finding->line));
    json_object_object_add(json, "column", json_object_new_int64(finding->column));
    json_object_object_add(
        json, "severity",
        json_object_new_string(finding->severity == MOM_FINDING_ERROR ? "error" : "warning"));
    json_object_object_add(json, "message", json_object_new_string(finding->message));
    return json;
}

static void
print_json(GPtrArray *findings)
{
    json_object *json = json_object_new_object();
    json_object *list = json_object_new_array();

    for (guint i = 0; i < findings->len; i++)
        json_object_array_add(list, finding_json(findings->pdata[i]));
    json_object_object_add(json, "findings", list);
    json_object_object_add(json, "errors",
                           json_object_new_int64(count(findings, MOM_FINDING_ERROR)));
    json_object_object_add(json, "warnings",
                           json_object_new_int64(count(findings, MOM_FINDING_WARNING)));
    puts(json_object_to_json_string_ext(json,
                                        JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(json);
}

static MomCtlResult
tell(GPtrArray *sources, GPtrArray *findings, const Options *options)
{
    guint errors = count(findings, MOM_FINDING_ERROR);
    guint warnings = count(findings, MOM_FINDING_WARNING);

    if (options->json)
        print_json(findings);
    for (guint i = 0; i < findings->len && !options->json; i++)
        mom_ctl_print_finding(stdout, sources, findings->pdata[i]);
    if (findings->len && !options->json)
        fprintf(stderr, "%u error%s, %u warning%s\n", errors, errors == 1 ? "" : "s", warnings,
                warnings == 1 ? "" : "s");
    return errors || (options->strict && warnings) ? MOM_CTL_FAILED : MOM_CTL_OK;
}

/* ---- the command ---- */

static MomCtlResult
check(GPtrArray *sources, const MomConfig *config, const Options *options)
{
    g_autoptr(MomPolicyStore) store = mom_policy_store_new();
    g_autoptr(GPtrArray) findings = mom_ctl_sources_load(sources, store);

    if (findings->len == 0) {
        World world = make_world(config);

        g_ptr_array_unref(findings);
        findings = mom_policy_check(store, &world.world);
        world_clear(&world);
    }
    return tell(sources, findings, options);
}

static MomCtlResult
read_and_check(char **paths, int n, const Options *options)
{
    g_autoptr(MomConfig) config = options->config ? mom_config_new() : NULL;
    g_autoptr(GPtrArray) sources = NULL;
    g_autoptr(GError) error = NULL;

    if (config && !load_config(config, options->config, &error))
        return mom_ctl_fail(NULL, error);
    sources = mom_ctl_sources_read(paths, n, &error);
    if (!sources)
        return mom_ctl_fail(NULL, error);
    return check(sources, config, options);
}

MomCtlResult
mom_ctl_policy_check(int argc, char **argv)
{
    static const MomCtlUsage usage = {
        .arguments = "FILE|DIR…",
        .description = "Finds errors and doubts in policies without running them. All that are "
                       "given are\nlooked at together, in order of name, as momd runs them. A "
                       "directory gives its\n*.policy files, \"-\" is standard input."};
    Options options = {0};
    const GOptionEntry entries[] = {
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, &options.config,
         "Take collectors and controllers from momd's configuration (default: all there are)",
         "FILE"},
        {"strict", 0, 0, G_OPTION_ARG_NONE, &options.strict, "Fail on warnings too", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Print JSON", NULL},
        {0},
    };
    MomCtlResult result = MOM_CTL_USAGE;

    if (mom_ctl_parse(&usage, entries, &argc, &argv))
        result = argc < 2 ? mom_ctl_usage("a FILE or a DIR is needed")
                          : read_and_check(argv + 1, argc - 1, &options);
    g_free(options.config);
    return result;
}
