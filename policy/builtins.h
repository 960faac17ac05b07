/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The table of special forms and operators (SEMANTICS sections 7 and 8).
 *
 * A form gets its arguments unevaluated, an operator gets values.  Adding one is adding a line; the
 * arity is checked in one place, before anything is evaluated.
 */
#pragma once

#include "policy/ast.h"
#include "policy/attributes.h"

/* LIST is the whole call; its arity is right. */
typedef gboolean (*MomFormFunc)(MomRun *run, const MomNode *list, MomValue *out);
typedef gboolean (*MomOperatorFunc)(
    MomRun *run, const MomNode *head, const MomValue *arguments, gsize n, MomValue *out);

typedef struct {
    const char *name;
    guint min; /* arguments */
    guint max; /* G_MAXUINT: any number */
    MomFormFunc form;
    MomOperatorFunc apply; /* if FORM is NULL */
} MomBuiltin;

extern const MomBuiltin mom_builtins[];
extern const gsize mom_n_builtins;

/* Extensions of ours.  A call means one of them only if neither a variable nor a user function has
 * the name at that moment; builtins, on the contrary, win over user functions. */
extern const MomBuiltin mom_extensions[];
extern const gsize mom_n_extensions;

gboolean mom_form_def(MomRun *run, const MomNode *list, MomValue *out);
gboolean mom_form_defvar(MomRun *run, const MomNode *list, MomValue *out);
gboolean mom_form_set(MomRun *run, const MomNode *list, MomValue *out);
gboolean mom_form_let(MomRun *run, const MomNode *list, MomValue *out);
gboolean mom_form_with(MomRun *run, const MomNode *list, MomValue *out);
gboolean mom_form_if(MomRun *run, const MomNode *list, MomValue *out);
gboolean mom_form_eval(MomRun *run, const MomNode *list, MomValue *out);
gboolean mom_form_cond(MomRun *run, const MomNode *list, MomValue *out);
gboolean mom_form_sort_by(MomRun *run, const MomNode *list, MomValue *out);

#define MOM_OPERATOR(name)                                                                         \
    gboolean mom_operator_##name(MomRun *run, const MomNode *head, const MomValue *arguments,      \
                                 gsize n, MomValue *out)

MOM_OPERATOR(add);
MOM_OPERATOR(sub);
MOM_OPERATOR(mul);
MOM_OPERATOR(div);
MOM_OPERATOR(shl);
MOM_OPERATOR(shr);
MOM_OPERATOR(lt);
MOM_OPERATOR(gt);
MOM_OPERATOR(lte);
MOM_OPERATOR(gte);
MOM_OPERATOR(eq);
MOM_OPERATOR(neq);
MOM_OPERATOR(min);
MOM_OPERATOR(max);
MOM_OPERATOR(and);
MOM_OPERATOR(or);
MOM_OPERATOR(not );
MOM_OPERATOR(null);
MOM_OPERATOR(valid);
MOM_OPERATOR(sum);
MOM_OPERATOR(floor);
MOM_OPERATOR(round);
MOM_OPERATOR(clamp);
MOM_OPERATOR(concat);
MOM_OPERATOR(format);
