/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * momctl policy repl: expressions in, values out.
 *
 * All that was typed and did not fail is one policy behind the others, and every line runs all of
 * them anew: so a definition means here just what it means in a policy, and a line that fails
 * leaves no trace.
 */
#include <stdio.h>
#include <string.h>

#include "agent/momctl/command.h"
#include "agent/momctl/evaluation.h"
#include "agent/momctl/expressions.h"
#include "agent/momctl/line-input.h"
#include "agent/momctl/show.h"
#include "agent/momctl/sources.h"

/* Sorts behind the usual names of policies, so that it runs last. */
#define REPL_NAME "~repl"

typedef struct {
    GPtrArray *sources;
    MomPolicyStore *store;
    MomState *state;
    GArray *results; /* of MomValue, of the last run */
    GString *typed;  /* what did not fail */
    guint typed_lines;
    guint typed_results; /* values before the present line's */
    gboolean quiet;      /* (debug) was heard before */
    gboolean failed;     /* some line did */
    gboolean quit;
} Repl;

/* ---- running ---- */

/* What earlier lines say to `debug` was shown when they were new. */
static void
print_new_debug(const MomPlace *place, const char *text, gpointer data)
{
    const Repl *repl = data;

    if (!repl->quiet && strcmp(place->policy, REPL_NAME) == 0 && place->line > repl->typed_lines)
        mom_ctl_print_debug(place, text, NULL);
}

static gboolean
run(Repl *repl, GError **error)
{
    const MomPolicyRunOptions options = {
        .debug = print_new_debug, .debug_data = repl, .results = repl->results};

    g_array_set_size(repl->results, 0);
    return mom_policy_evaluate(repl->store, repl->state->host, repl->state->guests, &options,
                               error);
}

static void
print_new_values(const Repl *repl)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (guint i = repl->typed_results; i < repl->results->len; i++) {
        mom_ctl_show_value(out, g_array_index(repl->results, MomValue, i));
        g_string_append_c(out, '\n');
    }
    fputs(out->str, stdout);
    fflush(stdout);
}

static void
accept_line(Repl *repl, const char *text)
{
    g_string_assign(repl->typed, text);
    repl->typed_lines = 0;
    for (const char *at = text; (at = strchr(at, '\n')); at++)
        repl->typed_lines++;
    repl->typed_results = repl->results->len;
}

static void
evaluate_line(Repl *repl, const char *line)
{
    g_autofree char *text = g_strdup_printf("%s%s\n", repl->typed->str, line);
    g_autoptr(GError) error = NULL;

    mom_ctl_sources_put(repl->sources, REPL_NAME, text);
    if (mom_policy_store_set(repl->store, REPL_NAME, text, -1, &error) && run(repl, &error)) {
        print_new_values(repl);
        accept_line(repl, text);
        return;
    }
    repl->failed = TRUE;
    mom_ctl_print_error(repl->sources, error);
    mom_policy_store_set(repl->store, REPL_NAME, repl->typed->str, -1, NULL);
}

/* ---- commands ---- */

static void show_help(Repl *repl);

static void
quit(Repl *repl)
{
    repl->quit = TRUE;
}

static void
show_state(Repl *repl)
{
    g_autoptr(GString) out = g_string_new(NULL);

    mom_ctl_show_state(out, repl->state);
    fputs(out->str, stdout);
    fflush(stdout);
}

/* The last run may have been one that failed. */
static void
show_controls(Repl *repl)
{
    g_autoptr(GString) out = g_string_new(NULL);

    repl->quiet = TRUE;
    run(repl, NULL);
    repl->quiet = FALSE;
    mom_ctl_show_outcome(out, repl->state);
    fputs(out->str, stdout);
    fflush(stdout);
}

static const struct {
    const char *name;
    const char *help;
    void (*run)(Repl *repl);
} commands[] = {
    {".help", "this list", show_help},
    {".quit", "ends, as the end of input does", quit},
    {".state", "the fields of host and guests that policies see", show_state},
    {".controls", "what is set so far: controls, variables, I/O limits", show_controls},
};

static void
show_help(Repl *repl)
{
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
        printf("%-10s %s\n", commands[i].name, commands[i].help);
    puts("All else is evaluated; an open bracket goes on in the next line.");
    fflush(stdout);
}

static void
run_command(Repl *repl, const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (strcmp(commands[i].name, name) == 0) {
            commands[i].run(repl);
            return;
        }
    }
    repl->failed = TRUE;
    fprintf(stderr, "there is no command %s; .help lists them\n", name);
}

/* ---- lines ---- */

/* A line and those that its open brackets need; NULL at the end. */
static char *
read_input(void)
{
    g_autofree char *first = mom_ctl_input_line("policy> ");
    g_autoptr(GString) input = g_string_new(first);

    if (!first)
        return NULL;
    while (mom_ctl_open_brackets(input->str) > 0) {
        g_autofree char *more = mom_ctl_input_line("   ...> ");

        if (!more)
            break;
        g_string_append_printf(input, "\n%s", more);
    }
    return g_string_free(g_steal_pointer(&input), FALSE);
}

static MomCtlResult
loop(Repl *repl)
{
    g_autofree char *input = NULL;

    while (!repl->quit && (input = read_input())) {
        g_strchomp(input);
        /* .5 is a number. */
        if (input[0] == '.' && g_ascii_isalpha(input[1]))
            run_command(repl, input);
        else
            evaluate_line(repl, input);
        g_clear_pointer(&input, g_free);
    }
    return repl->failed && !mom_ctl_input_is_interactive() ? MOM_CTL_FAILED : MOM_CTL_OK;
}

static MomCtlResult
start(Repl *repl)
{
    g_autoptr(GError) error = NULL;

    if (!mom_ctl_sources_load_all(repl->sources, repl->store))
        return MOM_CTL_FAILED;
    repl->quiet = TRUE;
    if (!run(repl, &error)) {
        mom_ctl_print_error(repl->sources, error);
        fputs("These policies fail on this state; nothing can be evaluated behind them.\n", stderr);
        return MOM_CTL_FAILED;
    }
    repl->quiet = FALSE;
    repl->typed_results = repl->results->len;
    return loop(repl);
}

static MomCtlResult
read_and_start(const char *state_file, char **paths, int n)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomState) state =
        state_file ? mom_ctl_read_state(state_file, &error) : mom_ctl_empty_state();
    g_autoptr(MomPolicyStore) store = mom_policy_store_new();
    g_autoptr(GArray) results = g_array_new(FALSE, FALSE, sizeof(MomValue));
    g_autoptr(GString) typed = g_string_new(NULL);
    g_autoptr(GPtrArray) sources = NULL;
    Repl repl = {.store = store, .state = state, .results = results, .typed = typed};

    if (!state)
        return mom_ctl_fail(NULL, error);
    sources = mom_ctl_sources_read(paths, n, &error);
    if (!sources)
        return mom_ctl_fail(NULL, error);
    repl.sources = sources;
    return start(&repl);
}

MomCtlResult
mom_ctl_policy_repl(int argc, char **argv)
{
    static const MomCtlUsage usage = {
        .arguments = "[DIR|FILE…]",
        .description = "Evaluates the expressions that it reads, with the policies that are given "
                       "and on the\nstate that is given. \".help\" lists its commands."};
    g_autofree char *state = NULL;
    const GOptionEntry entries[] = {
        {"state", 's', 0, G_OPTION_ARG_FILENAME, &state,
         "The state of host and guests, as momctl policy state saves it (default: nothing is "
         "known)",
         "STATE.json"},
        {0},
    };

    if (!mom_ctl_parse(&usage, entries, &argc, &argv))
        return MOM_CTL_USAGE;
    return read_and_start(state, argv + 1, argc - 1);
}
