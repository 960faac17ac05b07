/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What stands behind the dot: attributes and methods of entities, tunes and limits (SEMANTICS 12).
 *
 * Names are turned into small numbers once, when they are read (symbols.c).  Only what is listed
 * here can be reached; nothing else of an object leaks into the language.
 */
#pragma once

#include "policy/iotune.h"
#include "policy/symbols.h"

typedef struct MomRun MomRun;
typedef struct MomNode MomNode;
typedef struct MomMethod MomMethod;

/* A callable's code.  HEAD is the head token of the call, for errors; SELF is nil for functions
 * that are no methods; ARGUMENTS are N values within the arity. FALSE: the run has failed. */
typedef gboolean (*MomMethodFunc)(MomRun *run,
                                  const MomNode *head,
                                  MomValue self,
                                  const MomValue *arguments,
                                  gsize n,
                                  MomValue *out);

struct MomMethod {
    const char *name;
    guint min; /* arguments */
    guint max; /* G_MAXUINT: any number */
    MomMethodFunc call;
    gboolean reads; /* its value is what was asked for, and worth telling */
};

/* What MOM_VALUE_CALLABLE points to. */
typedef struct {
    const MomMethod *method;
    MomValue self;
} MomCallable;

extern const MomMethod mom_entity_methods[];
extern const gsize mom_n_entity_methods;
/* From here on methods are extensions of ours, which yield to a field of the same name. */
#define MOM_FIRST_EXTENSION_METHOD 7

/* The first MOM_N_TUNE_ATTRIBUTES members of a tune are attributes, the others setters, one per
 * limit, in the order of MomLimit. */
typedef enum {
    MOM_TUNE_NAME,
    MOM_TUNE_PATH,
    MOM_TUNE_GUARANTEED,
    MOM_TUNE_MAXIMUM,
    MOM_TUNE_CURRENT,
    MOM_N_TUNE_ATTRIBUTES,
} MomTuneMember;

extern const char *const mom_tune_attribute_names[MOM_N_TUNE_ATTRIBUTES];
extern const MomMethod mom_tune_methods[MOM_N_LIMITS];

/* `abs` and `debug`. */
extern const MomMethod mom_function_abs;
extern const MomMethod mom_function_debug;

/* Numbers for symbols.h; -1 if there is no such name. */
int mom_entity_method_find(const char *name);
int mom_tune_member_find(const char *name);

/* The attribute of OBJECT that the dotted SYMBOL names.  A method gives *METHOD and leaves *OUT; an
 * attribute gives *OUT and *METHOD = NULL. FALSE: OBJECT has neither. */
gboolean
mom_attribute_get(MomValue object, MomSymbol *symbol, MomValue *out, const MomMethod **method);
