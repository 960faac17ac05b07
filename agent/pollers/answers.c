/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See answers.h.  One hash table a source.
 */
#include "agent/pollers/answers.h"

typedef struct {
    MomAnswer answer;
    gint64 taken_us;   /* when it came */
    gboolean answered; /* at least once */
    char *failure;     /* of the last attempt; NULL: it was answered */
} Entry;

struct MomAnswers {
    GHashTable *by_uuid[MOM_N_SLOW_SOURCES]; /* uuid -> Entry */
    gint64 max_age_us[MOM_N_SLOW_SOURCES];   /* 0: any */
};

static void
entry_free(gpointer data)
{
    Entry *entry = data;

    g_free(entry->failure);
    g_free(entry);
}

MomAnswers *
mom_answers_new(void)
{
    MomAnswers *answers = g_new0(MomAnswers, 1);

    for (guint i = 0; i < MOM_N_SLOW_SOURCES; i++)
        answers->by_uuid[i] = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
    return answers;
}

void
mom_answers_free(MomAnswers *answers)
{
    if (!answers)
        return;
    for (guint i = 0; i < MOM_N_SLOW_SOURCES; i++)
        g_hash_table_unref(answers->by_uuid[i]);
    g_free(answers);
}

void
mom_answers_set_max_age(MomAnswers *answers, MomSlowSource source, gint64 us)
{
    answers->max_age_us[source] = us;
}

static Entry *
make_entry(MomAnswers *answers, MomSlowSource source, const char *uuid)
{
    Entry *entry = g_hash_table_lookup(answers->by_uuid[source], uuid);

    if (!entry) {
        entry = g_new0(Entry, 1);
        g_hash_table_insert(answers->by_uuid[source], g_strdup(uuid), entry);
    }
    return entry;
}

void
mom_answers_put(MomAnswers *answers,
                MomSlowSource source,
                const char *uuid,
                const MomAnswer *answer,
                gint64 now_us)
{
    Entry *entry = make_entry(answers, source, uuid);

    entry->answer = *answer;
    entry->taken_us = now_us;
    entry->answered = TRUE;
    g_clear_pointer(&entry->failure, g_free);
}

void
mom_answers_put_failure(MomAnswers *answers,
                        MomSlowSource source,
                        const char *uuid,
                        const char *why)
{
    Entry *entry = make_entry(answers, source, uuid);

    g_free(entry->failure);
    entry->failure = g_strdup(why);
}

void
mom_answers_forget(MomAnswers *answers, MomSlowSource source, const char *uuid)
{
    g_hash_table_remove(answers->by_uuid[source], uuid);
}

static const Entry *
find(const MomAnswers *answers, MomSlowSource source, const char *uuid)
{
    return answers && uuid ? g_hash_table_lookup(answers->by_uuid[source], uuid) : NULL;
}

const MomAnswer *
mom_answers_get(const MomAnswers *answers,
                MomSlowSource source,
                const char *uuid,
                gint64 now_us,
                gint64 *age_us)
{
    const Entry *entry = find(answers, source, uuid);
    gint64 age;

    if (!entry || !entry->answered)
        return NULL;
    age = now_us - entry->taken_us;
    if (answers->max_age_us[source] > 0 && age > answers->max_age_us[source])
        return NULL;
    if (age_us)
        *age_us = age;
    return &entry->answer;
}

char *
mom_answers_lack(const MomAnswers *answers, MomSlowSource source, const char *uuid, gint64 now_us)
{
    const Entry *entry = find(answers, source, uuid);

    if (!entry)
        return NULL;
    if (entry->failure)
        return g_strdup(entry->failure);
    return g_strdup_printf("the last answer is %" G_GINT64_FORMAT " s old",
                           (now_us - entry->taken_us) / G_USEC_PER_SEC);
}
