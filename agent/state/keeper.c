/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Keeping what was pushed, see keeper.h.
 *
 * What is on disk and was never read (it is damaged, or the directory came late or is another one
 * by now) is set aside before anything takes its place.
 */
#define G_LOG_DOMAIN "mom.State"

#include "agent/state/keeper.h"

#include "agent/fault.h"

#define FILE_NAME MOM_STATE_PUSHED
#define PAUSE_US 10000

struct MomKeeper {
    MomPushed *pushed;
    MomClock *clock;
    MomStateDir *dir; /* NULL: nothing is kept */
    MomStateWriter *writer;
    MomFault fault;
    guint retry;     /* a timer, or 0 */
    gboolean unread; /* the writer's, once it runs: the file holds what is not in PUSHED */
    guint changes;   /* of the directory, likewise, when it was last read or written */
    gint asked;      /* atomic: something is to be written, and not only the directory tried */
};

/* ---- the writer's thread ---- */

static void
notice_other_dir(MomKeeper *keeper)
{
    guint changes = mom_state_dir_changes(keeper->dir);

    if (changes == keeper->changes)
        return;
    keeper->changes = changes;
    keeper->unread = TRUE;
    g_warning("%s is another directory than before; what it has as " FILE_NAME
              " is set aside as " FILE_NAME ".damaged-TIME",
              mom_state_dir_path(keeper->dir));
}

static gboolean
set_aside(MomKeeper *keeper, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autofree char *kept = mom_state_dir_keep_damaged(keeper->dir, FILE_NAME, &why);

    if (!kept && !g_error_matches(why, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    keeper->unread = FALSE;
    return TRUE;
}

static gboolean
write_pushed(GPtrArray *chunks, gpointer data, GError **error)
{
    MomKeeper *keeper = data;

    if (!g_atomic_int_get(&keeper->asked))
        return mom_state_dir_open(keeper->dir, error);
    if (!mom_state_dir_open(keeper->dir, error))
        return FALSE;
    notice_other_dir(keeper);
    if (keeper->unread && !set_aside(keeper, error))
        return FALSE;
    return chunks ? mom_state_dir_replace(keeper->dir, FILE_NAME, chunks, error)
                  : mom_state_dir_remove(keeper->dir, FILE_NAME, error);
}

/* ---- the main context ---- */

static void
on_retry(gpointer data)
{
    MomKeeper *keeper = data;

    keeper->retry = 0;
    mom_state_writer_again(keeper->writer);
}

static void
note_outcome(const GError *error, gpointer data)
{
    MomKeeper *keeper = data;

    if (error) {
        g_autofree char *message = g_strdup_printf(
            "What is pushed takes effect, but does not survive a restart: %s", error->message);

        mom_fault_raise(&keeper->fault, message);
        if (!keeper->retry)
            keeper->retry = mom_clock_after(keeper->clock, MOM_STATE_RETRY_US, on_retry, keeper);
        return;
    }
    mom_fault_end(&keeper->fault, "What is pushed survives restarts again");
    if (keeper->retry) {
        mom_clock_cancel(keeper->clock, keeper->retry);
        keeper->retry = 0;
    }
}

MomKeeper *
mom_keeper_new(const char *path, MomPushed *pushed, MomClock *clock)
{
    MomKeeper *keeper = g_new0(MomKeeper, 1);

    keeper->pushed = pushed;
    keeper->clock = clock;
    keeper->fault = MOM_FAULT_INIT(G_LOG_DOMAIN);
    if (*path) {
        keeper->dir = mom_state_dir_new(path);
        keeper->writer = mom_state_writer_new(write_pushed, note_outcome, keeper);
    }
    return keeper;
}

void
mom_keeper_finish(MomKeeper *keeper)
{
    g_clear_pointer(&keeper->writer, mom_state_writer_free);
    if (keeper->retry) {
        mom_clock_cancel(keeper->clock, keeper->retry);
        keeper->retry = 0;
    }
}

void
mom_keeper_free(MomKeeper *keeper)
{
    if (!keeper)
        return;
    mom_keeper_finish(keeper);
    mom_state_dir_free(keeper->dir);
    mom_fault_clear(&keeper->fault);
    g_free(keeper);
}

/* What is wrong with the file, or NULL; what is right was taken. */
static char *
read_pushed(MomKeeper *keeper)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = mom_state_dir_read(keeper->dir, FILE_NAME, &error);
    gsize length;
    const char *text;

    if (!bytes) {
        return g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) ? NULL
                                                                        : g_strdup(error->message);
    }
    text = g_bytes_get_data(bytes, &length);
    return mom_pushed_read(keeper->pushed, text, length);
}

/* A predecessor gives up its socket first and the directory last.  What is not read now is never
 * read, so it is worth the wait. */
static gboolean
await_dir(MomKeeper *keeper, GError **error)
{
    gint64 end_us = g_get_monotonic_time() + MOM_KEEPER_BUSY_MS * (gint64)1000;
    g_autoptr(GError) why = NULL;

    while (!mom_state_dir_open(keeper->dir, &why)) {
        if (!g_error_matches(why, G_IO_ERROR, G_IO_ERROR_BUSY) ||
            g_get_monotonic_time() >= end_us) {
            g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        }
        g_clear_error(&why);
        g_usleep(PAUSE_US);
    }
    return TRUE;
}

void
mom_keeper_load(MomKeeper *keeper)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *wrong = NULL;

    if (!keeper->dir)
        return;
    if (!await_dir(keeper, &error)) {
        keeper->unread = TRUE;
        note_outcome(error, keeper);
        return;
    }
    keeper->changes = mom_state_dir_changes(keeper->dir);
    wrong = read_pushed(keeper);
    if (!mom_pushed_is_empty(keeper->pushed)) {
        g_info("What was pushed before the start is in force again, from %s/" FILE_NAME,
               mom_state_dir_path(keeper->dir));
    }
    if (wrong) {
        g_warning("%s/" FILE_NAME ": %s; it is set aside as " FILE_NAME
                  ".damaged-TIME, and what is undamaged of it is used",
                  mom_state_dir_path(keeper->dir), wrong);
        keeper->unread = TRUE;
        mom_keeper_changed(keeper);
    }
}

void
mom_keeper_changed(MomKeeper *keeper)
{
    g_autoptr(GPtrArray) records = NULL;

    if (!keeper->writer)
        return;
    records = mom_pushed_to_records(keeper->pushed);
    g_atomic_int_set(&keeper->asked, TRUE);
    mom_state_writer_set(keeper->writer, records);
}

void
mom_keeper_when_kept(MomKeeper *keeper, MomStateKept done, gpointer data)
{
    if (keeper->writer)
        mom_state_writer_when_kept(keeper->writer, done, data);
    else
        done(data);
}

const char *
mom_keeper_fault(const MomKeeper *keeper)
{
    return keeper->fault.message;
}

MomStateDir *
mom_keeper_dir(MomKeeper *keeper)
{
    return keeper->dir;
}
