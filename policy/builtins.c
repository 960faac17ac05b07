/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every builtin and every extension, its arity and its function.
 *
 * The order, builtins and then extensions, is that of the first symbols of every symbol table; it
 * means nothing else.
 */
#include "policy/builtins.h"

#define ANY G_MAXUINT

const MomBuiltin mom_builtins[] = {
    {"def", 3, 3, mom_form_def, NULL},         {"defun", 3, 3, mom_form_def, NULL},
    {"defvar", 2, 2, mom_form_defvar, NULL},   {"set", 2, 2, mom_form_set, NULL},
    {"setq", 2, 2, mom_form_set, NULL},        {"let", 2, ANY, mom_form_let, NULL},
    {"with", 3, 3, mom_form_with, NULL},       {"if", 3, 3, mom_form_if, NULL},
    {"eval", 1, ANY, mom_form_eval, NULL},     {"add", 2, 2, NULL, mom_operator_add},
    {"sub", 2, 2, NULL, mom_operator_sub},     {"mul", 2, 2, NULL, mom_operator_mul},
    {"div", 2, 2, NULL, mom_operator_div},     {"shl", 2, 2, NULL, mom_operator_shl},
    {"shr", 2, 2, NULL, mom_operator_shr},     {"lt", 2, 2, NULL, mom_operator_lt},
    {"gt", 2, 2, NULL, mom_operator_gt},       {"lte", 2, 2, NULL, mom_operator_lte},
    {"gte", 2, 2, NULL, mom_operator_gte},     {"eq", 2, 2, NULL, mom_operator_eq},
    {"neq", 2, 2, NULL, mom_operator_neq},     {"min", 1, ANY, NULL, mom_operator_min},
    {"max", 1, ANY, NULL, mom_operator_max},   {"and", 1, ANY, NULL, mom_operator_and},
    {"or", 1, ANY, NULL, mom_operator_or},     {"not", 1, 1, NULL, mom_operator_not},
    {"null", 0, ANY, NULL, mom_operator_null}, {"valid", 0, ANY, NULL, mom_operator_valid},
};

const gsize mom_n_builtins = G_N_ELEMENTS(mom_builtins);

const MomBuiltin mom_extensions[] = {
    {"cond", 1, ANY, mom_form_cond, NULL},         {"sort-by", 3, 3, mom_form_sort_by, NULL},
    {"sum", 1, 1, NULL, mom_operator_sum},         {"floor", 1, 1, NULL, mom_operator_floor},
    {"round", 1, 1, NULL, mom_operator_round},     {"clamp", 3, 3, NULL, mom_operator_clamp},
    {"concat", 1, ANY, NULL, mom_operator_concat}, {"format", 1, ANY, NULL, mom_operator_format},
};

const gsize mom_n_extensions = G_N_ELEMENTS(mom_extensions);
