/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Finding the command, see command.h.
 *
 * A new command is a file, a line in command.h and a row here.
 */
#include "agent/momctl/command.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *group; /* NULL: the name stands alone */
    const char *name;
    const char *summary;
    MomCtlFunc run;
} commands[] = {
    {NULL, "status", "how a running momd does", mom_ctl_status},
    {NULL, "guests", "what each guest has, uses and is to have", mom_ctl_guests},
    {NULL, "why", "why a guest or a knob is as it is", mom_ctl_why},
    {NULL, "decisions", "what was done and what was refused", mom_ctl_decisions},
    {"policy", "check", "find what is wrong with policies, without running them",
     mom_ctl_policy_check},
    {"policy", "eval", "run policies on a saved state and show what they set", mom_ctl_policy_eval},
    {"policy", "state", "save the present state of a running momd", mom_ctl_policy_state},
    {"policy", "format", "bring policies into the canonical layout", mom_ctl_policy_format},
    {"policy", "repl", "evaluate expressions as they are typed", mom_ctl_policy_repl},
};

static void
print_help(FILE *out)
{
    fputs("Usage:\n  momctl COMMAND [OPTION…] [ARGUMENT…]\n\n"
          "Looks after momd and its policies.\n\nCommands:\n",
          out);
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        g_autofree char *name =
            g_strdup_printf("%s%s%s", commands[i].group ? commands[i].group : "",
                            commands[i].group ? " " : "", commands[i].name);

        fprintf(out, "  %-15s  %s\n", name, commands[i].summary);
    }
    fputs("\nOptions:\n"
          "  -h, --help       show this\n"
          "  --version        print the version\n"
          "\nmomctl COMMAND --help tells the options of one.\n"
          "Exit codes: 0 well done, 1 errors were found or it failed, 2 wrong usage.\n",
          out);
}

static gboolean
is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* A command without a group, ARGV[0] being its name; FALSE: there is none. */
static gboolean
run_alone(int argc, char **argv, MomCtlResult *result)
{
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (!commands[i].group && strcmp(commands[i].name, argv[0]) == 0) {
            g_autofree char *name = g_strdup_printf("momctl %s", argv[0]);

            g_set_prgname(name);
            *result = commands[i].run(argc, argv);
            return TRUE;
        }
    }
    return FALSE;
}

static MomCtlResult
run_command(const char *group, int argc, char **argv)
{
    gboolean known = FALSE;

    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (g_strcmp0(commands[i].group, group) != 0)
            continue;
        known = TRUE;
        if (argc > 0 && strcmp(commands[i].name, argv[0]) == 0) {
            g_autofree char *name = g_strdup_printf("momctl %s %s", group, argv[0]);

            g_set_prgname(name);
            return commands[i].run(argc, argv);
        }
    }
    if (!known)
        return mom_ctl_usage("there is no command \"%s\"", group);
    if (argc == 0)
        return mom_ctl_usage("a command is needed behind \"%s\"", group);
    if (is_help(argv[0])) {
        print_help(stdout);
        return MOM_CTL_OK;
    }
    return mom_ctl_usage("there is no command \"%s %s\"", group, argv[0]);
}

MomCtlResult
mom_ctl_run(int argc, char **argv)
{
    MomCtlResult result;

    g_set_prgname("momctl");
    if (argc < 2)
        return mom_ctl_usage("a command is needed");
    if (is_help(argv[1])) {
        print_help(stdout);
        return MOM_CTL_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("momctl " MOM_VERSION);
        return MOM_CTL_OK;
    }
    if (run_alone(argc - 1, argv + 1, &result))
        return result;
    return run_command(argv[1], argc - 2, argv + 2);
}

/* ---- for commands ---- */

gboolean
mom_ctl_parse(const MomCtlUsage *usage, const GOptionEntry *entries, int *argc, char ***argv)
{
    g_autoptr(GOptionContext) context = g_option_context_new(usage->arguments);
    g_autoptr(GError) error = NULL;

    g_option_context_set_summary(context, usage->description);
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, argc, argv, &error)) {
        mom_ctl_usage("%s", error->message);
        return FALSE;
    }
    if (*argc > 1 && strcmp((*argv)[1], "--") == 0) {
        (*argv)[1] = (*argv)[0];
        (*argv)++;
        (*argc)--;
    }
    if (usage->no_arguments && *argc > 1) {
        mom_ctl_usage("unexpected argument \"%s\"", (*argv)[1]);
        return FALSE;
    }
    return TRUE;
}

MomCtlResult
mom_ctl_fail(const char *what, const GError *error)
{
    fprintf(stderr, "%s: %s%s%s\n", g_get_prgname(), what ? what : "", what ? ": " : "",
            error->message);
    return MOM_CTL_FAILED;
}

MomCtlResult
mom_ctl_usage(const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    fprintf(stderr, "%s: %s\nTry \"%s --help\".\n", g_get_prgname(), text, g_get_prgname());
    return MOM_CTL_USAGE;
}
