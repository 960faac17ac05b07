/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reading by plain descriptors: /proc reports a length of 0 for everything, so the end is where
 * read says.
 *
 * Most files fit into the buffer on the stack; only longer ones grow on the heap.
 */
#include "agent/collectors/hostfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void
set_errno_error(GError **error, const char *path, int saved_errno)
{
    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(saved_errno), "cannot read %s: %s",
                path, g_strerror(saved_errno));
}

static gboolean
append_all(int fd, const char *path, gsize cap, GString *text, GError **error)
{
    char buffer[4096];

    for (;;) {
        gssize n = read(fd, buffer, sizeof buffer);

        if (n == 0)
            return TRUE;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            set_errno_error(error, path, errno);
            return FALSE;
        }
        if (text->len + (gsize)n > cap) {
            g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                        "cannot read %s: longer than %" G_GSIZE_FORMAT " bytes", path, cap);
            return FALSE;
        }
        g_string_append_len(text, buffer, n);
    }
}

char *
mom_hostfile_read(const char *root, const char *path, gsize cap, GError **error)
{
    g_autofree char *full = g_build_filename(root, path, NULL);
    GString *text;
    gboolean ok;
    int fd;

    fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        set_errno_error(error, full, errno);
        return NULL;
    }
    text = g_string_sized_new(512);
    ok = append_all(fd, full, cap, text, error);
    close(fd);
    return g_string_free(text, !ok);
}

gboolean
mom_hostfile_read_at(int directory, const char *path, char *buffer, gsize size)
{
    int fd = openat(directory, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    gsize length = 0;
    gssize n = -1;

    if (fd < 0)
        return FALSE;
    while (length < size) {
        n = read(fd, buffer + length, size - length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        length += (gsize)n;
    }
    close(fd);
    if (n != 0)
        return FALSE;
    buffer[length] = '\0';
    return TRUE;
}

gboolean
mom_hostfile_read_int(const char *root, const char *path, gint64 *out, GError **error)
{
    g_autofree char *text = mom_hostfile_read(root, path, 64, error);

    if (!text)
        return FALSE;
    if (!g_ascii_string_to_signed(g_strstrip(text), 10, G_MININT64, G_MAXINT64, out, NULL)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "%s/%s holds \"%.20s\", which is no number", root, path, text);
        return FALSE;
    }
    return TRUE;
}

static int
compare_numbers(gconstpointer a, gconstpointer b)
{
    const guint64 *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

GArray *
mom_hostfile_numbers(const char *root, const char *path, const char *name, guint64 most)
{
    g_autofree char *full = g_build_filename(root, path, NULL);
    g_autoptr(GDir) dir = g_dir_open(full, 0, NULL);
    GArray *numbers;
    const char *entry;
    guint64 number;

    if (!dir)
        return NULL;
    numbers = g_array_new(FALSE, FALSE, sizeof number);
    while ((entry = g_dir_read_name(dir)))
        if (g_str_has_prefix(entry, name) &&
            g_ascii_string_to_unsigned(entry + strlen(name), 10, 0, most, &number, NULL))
            g_array_append_val(numbers, number);
    g_array_sort(numbers, compare_numbers);
    return numbers;
}
