/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * momctl policy format: the canonical layout, printed, written back or only asked for.
 *
 * A file that needs no change is not touched; one that is no program is left as it is.
 */
#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/momctl/command.h"
#include "agent/momctl/sources.h"
#include "policy/format.h"

typedef struct {
    gboolean write;
    gboolean check;
} Options;

/* What remains of two results. */
static MomCtlResult
worse(MomCtlResult a, MomCtlResult b)
{
    return MAX(a, b);
}

/* Keeps the file's mode; a link stays a link. */
static gboolean
write_back(const char *path, const char *text, GError **error)
{
    g_autofree char *target = realpath(path, NULL);
    struct stat status;
    int mode = stat(path, &status) == 0 ? (int)(status.st_mode & 07777) : 0644;

    return g_file_set_contents_full(target ? target : path, text, -1,
                                    G_FILE_SET_CONTENTS_CONSISTENT, mode, error);
}

static MomCtlResult
format_source(GPtrArray *sources, const MomCtlSource *source, const Options *options)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text =
        mom_policy_format(source->name, source->text, (gssize)source->length, &error);
    gboolean differs;

    if (!text) {
        mom_ctl_print_error(sources, error);
        return MOM_CTL_FAILED;
    }
    differs = strcmp(text, source->text) != 0;
    if (options->check) {
        if (differs)
            printf("%s\n", source->path ? source->path : "standard input");
        return differs ? MOM_CTL_FAILED : MOM_CTL_OK;
    }
    if (!options->write) {
        fputs(text, stdout);
        return MOM_CTL_OK;
    }
    if (differs && !write_back(source->path, text, &error))
        return mom_ctl_fail(NULL, error);
    return MOM_CTL_OK;
}

static MomCtlResult
format_path(char *path, const Options *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) sources = mom_ctl_sources_read(&path, 1, &error);
    MomCtlResult result = MOM_CTL_OK;

    if (!sources)
        return mom_ctl_fail(NULL, error);
    for (guint i = 0; i < sources->len; i++)
        result = worse(result, format_source(sources, sources->pdata[i], options));
    return result;
}

/* One by one: files of equal names are different files here. */
static MomCtlResult
format_all(char **paths, int n, const Options *options)
{
    char standard_input[] = "-";
    MomCtlResult result = MOM_CTL_OK;

    if (options->write && options->check)
        return mom_ctl_usage("--write and --check exclude each other");
    for (int i = 0; i < n && options->write; i++)
        if (strcmp(paths[i], "-") == 0)
            return mom_ctl_usage("standard input cannot be written back");
    if (options->write && n == 0)
        return mom_ctl_usage("--write needs a FILE");
    if (n == 0)
        return format_path(standard_input, options);
    for (int i = 0; i < n; i++)
        result = worse(result, format_path(paths[i], options));
    return result;
}

MomCtlResult
mom_ctl_policy_format(int argc, char **argv)
{
    static const MomCtlUsage usage = {
        .arguments = "[FILE|DIR…]",
        .description = "Prints policies in the canonical layout. Comments stay, and so does the "
                       "meaning.\nWithout a FILE, from standard input."};
    Options options = {0};
    const GOptionEntry entries[] = {
        {"write", 'w', 0, G_OPTION_ARG_NONE, &options.write, "Write the files back instead", NULL},
        {"check", 0, 0, G_OPTION_ARG_NONE, &options.check,
         "Only name the files that would change, and fail if there are any", NULL},
        {0},
    };

    if (!mom_ctl_parse(&usage, entries, &argc, &argv))
        return MOM_CTL_USAGE;
    return format_all(argv + 1, argc - 1, &options);
}
