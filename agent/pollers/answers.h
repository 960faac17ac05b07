/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What guests themselves answered last, by slow source and uuid, with the time of each answer.
 *
 * The seam between those who ask guests (pollers, which take their time) and those who read
 * (collectors, which have none): a look-up, never a wait.  An answer that is too old is none.
 * Asks nobody, logs nothing.
 */
#pragma once

#include "policy/value.h"

/* Whom guests are asked through. */
typedef enum {
    MOM_SLOW_GUESTD,     /* mom-guestd in the guest, over the network or vsock */
    MOM_SLOW_QEMU_AGENT, /* QEMU's guest agent */
    MOM_N_SLOW_SOURCES,
} MomSlowSource;

/* An answer: numbers (or nil), whose places each source names in an enumeration of its own. */
#define MOM_ANSWER_NUMBERS 24
typedef struct {
    MomValue number[MOM_ANSWER_NUMBERS];
} MomAnswer;

typedef struct MomAnswers MomAnswers;

MomAnswers *mom_answers_new(void);
void mom_answers_free(MomAnswers *answers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomAnswers, mom_answers_free)

/* An answer of SOURCE older than US is too old; 0, as at first: none is. */
void mom_answers_set_max_age(MomAnswers *answers, MomSlowSource source, gint64 us);

/* UUID's guest answered at NOW_US (monotonic). Copied. */
void mom_answers_put(MomAnswers *answers,
                     MomSlowSource source,
                     const char *uuid,
                     const MomAnswer *answer,
                     gint64 now_us);
/* It could not be asked, or did not answer: WHY. The last answer stays until it is too old. */
void mom_answers_put_failure(MomAnswers *answers,
                             MomSlowSource source,
                             const char *uuid,
                             const char *why);
/* The guest is gone. */
void mom_answers_forget(MomAnswers *answers, MomSlowSource source, const char *uuid);

/* The last answer of UUID's guest, borrowed until the next change, and if AGE_US is not NULL how
 * old it is; NULL if there is none that is young enough.  ANSWERS may be NULL: nobody is asked. */
const MomAnswer *mom_answers_get(const MomAnswers *answers,
                                 MomSlowSource source,
                                 const char *uuid,
                                 gint64 now_us,
                                 gint64 *age_us);
/* Why there is no answer: the last failure, or how old the last answer is; NULL if the first one is
 * still awaited.  Caller frees. */
char *
mom_answers_lack(const MomAnswers *answers, MomSlowSource source, const char *uuid, gint64 now_us);
