/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Plot files, see plot.h: "# time\t a\t b", then "1795640602.57\t1\tNone".
 *
 * Values are written as Python writes them, as scripts for these files expect it.
 */
#define G_LOG_DOMAIN "mom.Plotter"

#include "agent/plot.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/fault.h"
#include "agent/statistics.h"
#include "policy/print.h"

#define DIR_PREFIX "momplot-"
#define DIR_MODE 0755
#define FILE_MODE 0644
#define LAST_NUMBER 999
/* The host's file, which no guest may have. */
#define HOST_FILE "HostMonitor"
/* The system's limit is 255. */
#define NAME_BYTES 200
#define TAMED_BYTES 100

struct MomPlot {
    char *dir;
    int fd; /* of DIR */
    MomClock *clock;
    MomFault fault;
};

struct MomPlotFile {
    MomPlot *plot;
    char *file;
    MomSchema *schema;
    GArray *columns; /* of gsize: the schema's indices in order of the names */
    gboolean begun;  /* the names were written */
};

/* ---- the directory ---- */

static void
set_error(GError **error, const char *what, const char *path)
{
    int code = errno;

    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(code), "%s %s: %s", what, path,
                g_strerror(code));
}

/* The number in "momplot-NNN", or -1. */
static int
number_of(const char *name)
{
    const char *digits = name + strlen(DIR_PREFIX);

    if (!g_str_has_prefix(name, DIR_PREFIX) || strlen(digits) != 3 ||
        strspn(digits, "0123456789") != 3)
        return -1;
    return (int)g_ascii_strtoll(digits, NULL, 10);
}

/* One above the highest number in BASE; -1: it cannot be read. */
static int
next_number(const char *base, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(base, 0, error);
    const char *name;
    int last = -1;

    if (!dir)
        return -1;
    while ((name = g_dir_read_name(dir)))
        last = MAX(last, number_of(name));
    return last + 1;
}

/* Caller frees. Another momd may take the same number at the same time. */
static char *
make_dir(const char *base, GError **error)
{
    int number = next_number(base, error);

    if (number < 0)
        return NULL;
    for (; number <= LAST_NUMBER; number++) {
        g_autofree char *name = g_strdup_printf(DIR_PREFIX "%03d", number);
        g_autofree char *path = g_build_filename(base, name, NULL);

        if (mkdir(path, DIR_MODE) == 0)
            return g_steal_pointer(&path);
        if (errno != EEXIST) {
            set_error(error, "cannot make", path);
            return NULL;
        }
    }
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
                "%s has a " DIR_PREFIX "%d already; clear it, or choose another directory", base,
                LAST_NUMBER);
    return NULL;
}

MomPlot *
mom_plot_new(const char *base, MomClock *clock, GError **error)
{
    g_autofree char *dir = make_dir(base, error);
    MomPlot *plot;
    int fd;

    if (!dir)
        return NULL;
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        set_error(error, "cannot open", dir);
        return NULL;
    }
    plot = g_new0(MomPlot, 1);
    plot->dir = g_steal_pointer(&dir);
    plot->fd = fd;
    plot->clock = clock;
    plot->fault = MOM_FAULT_INIT(G_LOG_DOMAIN);
    return plot;
}

void
mom_plot_free(MomPlot *plot)
{
    if (!plot)
        return;
    close(plot->fd);
    mom_fault_clear(&plot->fault);
    g_free(plot->dir);
    g_free(plot);
}

const char *
mom_plot_dir(const MomPlot *plot)
{
    return plot->dir;
}

/* ---- files ---- */

/* A slash leads elsewhere, a dot at the beginning hides, the rest is trouble for shells. */
static char *
tame(const char *text)
{
    char *name = g_utf8_make_valid(text, -1);
    char *end = name;

    while (*end && g_utf8_next_char(end) - name <= TAMED_BYTES)
        end = g_utf8_next_char(end);
    *end = '\0';
    for (char *p = name; *p; p++)
        if (*p == '/' || g_ascii_iscntrl(*p) || (*p == '.' && p == name))
            *p = '_';
    return name;
}

static gboolean
is_good(const char *name)
{
    if (*name == '\0' || strlen(name) > NAME_BYTES || strcmp(name, HOST_FILE) == 0 ||
        !g_utf8_validate(name, -1, NULL))
        return FALSE;
    for (const char *p = name; *p; p++)
        if (*p == '/' || g_ascii_iscntrl(*p))
            return FALSE;
    return *name != '.';
}

static char *
file_name(const char *name, const char *uuid)
{
    g_autofree char *tamed_name = NULL;
    g_autofree char *tamed_uuid = NULL;

    if (!uuid || is_good(name))
        return g_strconcat(uuid ? name : HOST_FILE, ".dat", NULL);
    tamed_name = tame(name);
    tamed_uuid = tame(uuid);
    return g_strconcat(tamed_name, "-", tamed_uuid, ".dat", NULL);
}

static int
by_name(gconstpointer a, gconstpointer b, gpointer schema)
{
    return strcmp(mom_schema_name(schema, *(const gsize *)a),
                  mom_schema_name(schema, *(const gsize *)b));
}

MomPlotFile *
mom_plot_file_new(MomPlot *plot, const char *name, const char *uuid, MomSchema *schema)
{
    MomPlotFile *file = g_new0(MomPlotFile, 1);

    file->plot = plot;
    file->file = file_name(name, uuid);
    file->schema = mom_schema_ref(schema);
    file->columns = g_array_new(FALSE, FALSE, sizeof(gsize));
    for (gsize i = 0; i < mom_schema_size(schema); i++)
        g_array_append_val(file->columns, i);
    g_array_sort_with_data(file->columns, by_name, schema);
    return file;
}

void
mom_plot_file_free(MomPlotFile *file)
{
    if (!file)
        return;
    g_array_unref(file->columns);
    mom_schema_unref(file->schema);
    g_free(file->file);
    g_free(file);
}

/* ---- lines ---- */

static void
append_names(GString *text, const MomPlotFile *file)
{
    g_string_append(text, "# time");
    for (guint i = 0; i < file->columns->len; i++) {
        g_string_append_printf(
            text, "\t %s", mom_schema_name(file->schema, g_array_index(file->columns, gsize, i)));
    }
    g_string_append_c(text, '\n');
}

/* In one piece: a blank or a tab would begin another column. */
static void
append_word(GString *text, const char *word)
{
    gsize start = text->len;

    g_string_append(text, *word ? word : "''");
    for (gsize i = start; i < text->len; i++)
        if ((guchar)text->str[i] <= ' ')
            text->str[i] = '_';
}

static void
append_value(GString *text, MomValue v)
{
    json_object *json;

    switch (v.type) {
    case MOM_VALUE_NIL:
        g_string_append(text, "None");
        break;
    case MOM_VALUE_BOOL:
        g_string_append(text, v.boolean ? "True" : "False");
        break;
    case MOM_VALUE_INT:
    case MOM_VALUE_FLOAT:
        mom_value_print(text, v);
        break;
    case MOM_VALUE_STRING:
        append_word(text, v.string);
        break;
    case MOM_VALUE_LIST:
    case MOM_VALUE_ENTITY:
    case MOM_VALUE_GUESTS:
    case MOM_VALUE_CALLABLE:
    case MOM_VALUE_TUNE:
    case MOM_VALUE_LIMITS:
    case MOM_VALUE_TUNE_STATE:
        json = mom_statistics_value_json(v);
        append_word(text, json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN));
        json_object_put(json);
        break;
    }
}

static void
append_line(GString *text, const MomPlotFile *file, const MomSample *sample)
{
    double now_s = (double)mom_clock_wall_us(file->plot->clock) / (double)G_USEC_PER_SEC;

    append_value(text, mom_value_float(now_s));
    for (guint i = 0; i < file->columns->len; i++) {
        MomValue v = MOM_NIL;

        mom_sample_get(sample,
                       mom_schema_name(file->schema, g_array_index(file->columns, gsize, i)), &v);
        g_string_append_c(text, '\t');
        append_value(text, v);
    }
    g_string_append_c(text, '\n');
}

/* All of TEXT or nothing: half a line would spoil the next one too. */
static gboolean
append_whole(int fd, const GString *text)
{
    struct stat before;
    gssize written;

    if (fstat(fd, &before) < 0)
        return FALSE;
    do {
        written = write(fd, text->str, text->len);
    } while (written < 0 && errno == EINTR);
    if (written == (gssize)text->len)
        return TRUE;
    if (written >= 0)
        errno = ftruncate(fd, before.st_size) < 0 ? errno : ENOSPC;
    return FALSE;
}

static gboolean
append_to_file(const MomPlotFile *file, const GString *text)
{
    int fd = openat(file->plot->fd, file->file,
                    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
                    FILE_MODE);
    gboolean done = fd >= 0 && append_whole(fd, text);
    int saved_errno = errno;

    if (fd >= 0)
        close(fd);
    errno = saved_errno;
    return done;
}

void
mom_plot_write(const MomSample *sample, gpointer data)
{
    MomPlotFile *file = data;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *message = NULL;

    if (!file->begun)
        append_names(text, file);
    append_line(text, file, sample);
    if (append_to_file(file, text)) {
        file->begun = TRUE;
        mom_fault_end(&file->plot->fault, "Plot files are written again");
        return;
    }
    message = g_strdup_printf("Plot files in %s cannot be written, lines are lost: %s",
                              file->plot->dir, g_strerror(errno));
    mom_fault_raise(&file->plot->fault, message);
}
