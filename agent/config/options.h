/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * momd's command line: the reference's options, parsed and laid over the configuration.
 */
#pragma once

#include "agent/config/config.h"

typedef struct {
    char *config_file; /* NULL: the default places */
    char *rules_file;
    char *policy_dir;
    char *plot_dir;
    char *log;
    char *verbosity;
    gboolean dry_run;
    gboolean daemonize;
    char *pid_file;
    gboolean version;
    gboolean check_config;         /* tell what is in force, start nothing */
    gboolean trust_writable_paths; /* also of the configuration file itself */
} MomOptions;

/* Parses the arguments (ended by NULL); --help prints and exits 0. FALSE: a usage error. */
gboolean mom_options_parse(MomOptions *options, char **argv, GError **error);
/* Reads the configuration file and lays the options over it.  A file named by -c must be there; of
 * the default places (/etc/mom.conf, /etc/momd.conf, the installed one) the first that exists is
 * read, and none is no error.  A file that others could change is refused.  May be called again,
 * from any directory. */
MomConfig *mom_options_load_config(const MomOptions *options, GError **error);
void mom_options_clear(MomOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MomOptions, mom_options_clear)
