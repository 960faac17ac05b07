/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * momctl's commands: one table, and what all of them need to read their options.
 *
 * A command writes what was asked for to standard output and what went wrong to standard error,
 * and its result is the exit code. Nothing here is used by momd.
 */
#pragma once

#include <glib.h>

typedef enum {
    MOM_CTL_OK = 0,
    MOM_CTL_FAILED = 1, /* errors were found, or it could not be done */
    MOM_CTL_USAGE = 2,
} MomCtlResult;

/* ARGV[0] is the command's name. */
typedef MomCtlResult (*MomCtlFunc)(int argc, char **argv);

/* Runs the command line of the program. */
MomCtlResult mom_ctl_run(int argc, char **argv);

MomCtlResult mom_ctl_status(int argc, char **argv);
MomCtlResult mom_ctl_guests(int argc, char **argv);
MomCtlResult mom_ctl_why(int argc, char **argv);
MomCtlResult mom_ctl_decisions(int argc, char **argv);
MomCtlResult mom_ctl_policy_check(int argc, char **argv);
MomCtlResult mom_ctl_policy_eval(int argc, char **argv);
MomCtlResult mom_ctl_policy_state(int argc, char **argv);
MomCtlResult mom_ctl_policy_format(int argc, char **argv);
MomCtlResult mom_ctl_policy_repl(int argc, char **argv);

/* ---- for commands ---- */

/* What a command's --help tells. */
typedef struct {
    const char *arguments;   /* behind the options: "FILE|DIR…" */
    const char *description; /* sentences */
    gboolean no_arguments;   /* anything but options is wrong usage */
} MomCtlUsage;

/* Reads options into where ENTRIES say and leaves the arguments behind ARGV[0]; --help prints and
 * exits. FALSE: the user was told what is wrong. */
gboolean
mom_ctl_parse(const MomCtlUsage *usage, const GOptionEntry *entries, int *argc, char ***argv);

/* Tells ERROR, with WHAT (may be NULL) before it; MOM_CTL_FAILED. */
MomCtlResult mom_ctl_fail(const char *what, const GError *error);
/* Tells what is wrong with the arguments; MOM_CTL_USAGE. */
MomCtlResult mom_ctl_usage(const char *format, ...) G_GNUC_PRINTF(1, 2);
