/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One check from beginning to end, and the list of what it found.
 *
 * However many findings there are, memory and output stay small; errors are kept before warnings,
 * as a set must not pass because there was too much to say.
 */
#include "policy/checker-private.h"
#include "policy/store-private.h"

#include <string.h>

#define MAX_FINDINGS 100
#define KEPT_FACTOR 20 /* of either severity, while functions and places are not yet sorted */
#define MAX_MESSAGE_CHARACTERS 300
#define MAX_NAME_CHARACTERS 60
#define REACH_BUDGET (4 * 1000 * 1000)
#define NAME_BUDGET (1000 * 1000)

static const MomCheckWorld no_world;

/* ---- findings ---- */

static char *
shorten(const char *text, glong characters)
{
    return g_utf8_strlen(text, -1) > characters ? g_utf8_substring(text, 0, characters)
                                                : g_strdup(text);
}

char *
mom_check_place(const MomChecker *checker, const MomProgram *program, const MomNode *node)
{
    g_autofree char *name = NULL;

    if (program == checker->program)
        return g_strdup_printf("line %u", node->line);
    name = shorten(program->name, MAX_NAME_CHARACTERS);
    return g_strdup_printf("%s:%u", name, node->line);
}

static guint
max_findings(const MomChecker *checker)
{
    return checker->world->max_findings ? checker->world->max_findings : MAX_FINDINGS;
}

static void report_va(MomChecker *checker,
                      MomFindingSeverity severity,
                      const MomNode *node,
                      const char *format,
                      va_list arguments) G_GNUC_PRINTF(4, 0);

static void
report_va(MomChecker *checker,
          MomFindingSeverity severity,
          const MomNode *node,
          const char *format,
          va_list arguments)
{
    g_autofree char *message = NULL;
    MomFound found = {.line = node->line, .column = node->column, .function = checker->function};

    if (checker->muted > 0)
        return;
    if (checker->dead > 0)
        severity = MOM_FINDING_WARNING;
    if (severity == MOM_FINDING_ERROR && !checker->function && checker->branches == 0 &&
        !checker->failed) {
        checker->failed_program = checker->program;
        checker->failed = node;
    }
    if (checker->n_found[severity] / KEPT_FACTOR >= max_findings(checker)) {
        checker->n_dropped++;
        return;
    }
    checker->n_found[severity]++;
    message = g_strdup_vprintf(format, arguments);
    found.severity = severity;
    found.program =
        GPOINTER_TO_UINT(g_hash_table_lookup(checker->program_numbers, checker->program));
    found.message = shorten(message, MAX_MESSAGE_CHARACTERS);
    g_array_append_val(checker->found, found);
}

void
mom_check_error(MomChecker *checker, const MomNode *node, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    report_va(checker, MOM_FINDING_ERROR, node, format, arguments);
    va_end(arguments);
}

void
mom_check_warn(MomChecker *checker, const MomNode *node, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    report_va(checker, MOM_FINDING_WARNING, node, format, arguments);
    va_end(arguments);
}

void
mom_check_report(
    MomChecker *checker, gboolean certain, const MomNode *node, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    report_va(checker, certain ? MOM_FINDING_ERROR : MOM_FINDING_WARNING, node, format, arguments);
    va_end(arguments);
}

static int
by_place(gconstpointer a, gconstpointer b)
{
    const MomFound *x = a;
    const MomFound *y = b;

    if (x->program != y->program)
        return x->program < y->program ? -1 : 1;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    if (x->column != y->column)
        return x->column < y->column ? -1 : 1;
    if (x->severity != y->severity)
        return x->severity < y->severity ? -1 : 1;
    return strcmp(x->message, y->message);
}

/* The findings in order, each once. */
static GPtrArray *
sort_found(MomChecker *checker)
{
    GPtrArray *sorted = g_ptr_array_new();

    g_array_sort(checker->found, by_place);
    for (guint i = 0; i < checker->found->len; i++) {
        MomFound *found = &g_array_index(checker->found, MomFound, i);

        if (i == 0 || by_place(found - 1, found) != 0)
            g_ptr_array_add(sorted, found);
    }
    return sorted;
}

static guint
count_errors(const GPtrArray *sorted)
{
    guint n = 0;

    for (guint i = 0; i < sorted->len; i++)
        n += ((const MomFound *)sorted->pdata[i])->severity == MOM_FINDING_ERROR;
    return n;
}

static void
add_finding(GPtrArray *findings, MomPolicyStore *store, const MomFound *found)
{
    MomFinding *finding = g_new0(MomFinding, 1);

    finding->severity = found->severity;
    finding->policy = g_strdup(mom_policy_store_program(store, found->program)->name);
    finding->line = found->line;
    finding->column = found->column;
    finding->message = g_strdup(found->message);
    g_ptr_array_add(findings, finding);
}

static void
add_rest(GPtrArray *findings, guint n)
{
    const MomFinding *last = findings->pdata[findings->len - 1];
    MomFinding *finding = g_new0(MomFinding, 1);

    finding->severity = MOM_FINDING_WARNING;
    finding->policy = g_strdup(last->policy);
    finding->message = g_strdup_printf("%u more finding%s not shown", n, n == 1 ? " is" : "s are");
    g_ptr_array_add(findings, finding);
}

static GPtrArray *
list_findings(MomChecker *checker, MomPolicyStore *store)
{
    GPtrArray *findings = g_ptr_array_new_with_free_func((GDestroyNotify)mom_finding_free);
    g_autoptr(GPtrArray) sorted = sort_found(checker);
    guint room[2]; /* by severity */
    guint rest = checker->n_dropped;

    room[MOM_FINDING_ERROR] = MIN(count_errors(sorted), max_findings(checker));
    room[MOM_FINDING_WARNING] = max_findings(checker) - room[MOM_FINDING_ERROR];
    for (guint i = 0; i < sorted->len; i++) {
        const MomFound *found = sorted->pdata[i];

        if (room[found->severity] == 0) {
            rest++;
            continue;
        }
        room[found->severity]--;
        add_finding(findings, store, found);
    }
    if (rest > 0)
        add_rest(findings, rest);
    return findings;
}

/* ---- functions that cannot run ---- */

/* What is wrong in a function that nothing calls does no harm; of several functions of one name,
 * some may never be called. */
static void
soften_unreached(MomChecker *checker)
{
    for (guint i = 0; i < checker->found->len; i++) {
        MomFound *found = &g_array_index(checker->found, MomFound, i);

        const MomSymbolInfo *info;

        if (!found->function)
            continue;
        info = mom_check_info(checker, found->function);
        if (!info->is_reached || info->n_definitions > 1)
            found->severity = MOM_FINDING_WARNING;
    }
}

/* Those that a builtin or a predefined variable hides have been told already. */
static gboolean
is_hidden(const MomChecker *checker, const MomSymbol *function)
{
    return mom_check_builtin(function) || mom_check_innermost(checker, function);
}

static void
warn_unused(MomChecker *checker)
{
    for (guint i = 0; i < checker->definitions->len; i++) {
        const MomDefinition *definition = &g_array_index(checker->definitions, MomDefinition, i);
        const MomNode *name = &definition->list->items[1];
        const MomSymbolInfo *info = mom_check_info(checker, name->symbol);

        checker->program = definition->program;
        if (info->definition == name && !info->is_reached && !is_hidden(checker, name->symbol))
            mom_check_warn(checker, name, "the function %s is never called", name->symbol->name);
    }
}

/* ---- the check ---- */

static void
clear_found(gpointer found)
{
    g_free(((MomFound *)found)->message);
}

static void
init(MomChecker *checker, MomSymbols *symbols, const MomCheckWorld *world)
{
    *checker = (MomChecker){.world = world ? world : &no_world,
                            .n_info = mom_symbols_count(symbols),
                            .reach_budget = REACH_BUDGET,
                            .name_budget = NAME_BUDGET,
                            .program_numbers = g_hash_table_new(NULL, NULL)};
    checker->info = g_new0(MomSymbolInfo, checker->n_info);
    for (gsize i = 0; i < checker->n_info; i++)
        checker->info[i].defined_at = MOM_NEVER;
    checker->bound = g_array_new(FALSE, FALSE, sizeof(MomBound));
    checker->made = g_array_new(FALSE, FALSE, sizeof(MomMade));
    checker->scopes = g_array_new(FALSE, FALSE, sizeof(MomCheckScope));
    checker->calls = g_array_new(FALSE, FALSE, sizeof(MomCall));
    checker->definitions = g_array_new(FALSE, FALSE, sizeof(MomDefinition));
    checker->free_names = g_array_new(FALSE, FALSE, sizeof(MomFree));
    checker->found = g_array_new(FALSE, FALSE, sizeof(MomFound));
    g_array_set_clear_func(checker->found, clear_found);
}

static void
clear(MomChecker *checker)
{
    g_hash_table_unref(checker->program_numbers);
    g_free(checker->info);
    g_array_unref(checker->bound);
    g_array_unref(checker->made);
    g_array_unref(checker->scopes);
    g_array_unref(checker->calls);
    g_array_unref(checker->definitions);
    g_array_unref(checker->free_names);
    g_array_unref(checker->found);
}

/* The bottom scope, which has the number 0, and what it begins with. */
static void
bind_predefined(MomChecker *checker, const MomSymbols *symbols)
{
    static const MomKind kinds[MOM_N_PREDEFINED] = {
        [MOM_PREDEFINED_ABS] = MOM_KIND_CALLABLE,
        [MOM_PREDEFINED_DEBUG] = MOM_KIND_CALLABLE,
        [MOM_PREDEFINED_HOST] = MOM_KIND_HOST,
        [MOM_PREDEFINED_GUESTS] = MOM_KIND_GUESTS,
    };

    mom_check_enter(checker, MOM_CHECK_NO_SCOPE, NULL);
    for (gsize i = 0; i < MOM_N_PREDEFINED; i++)
        mom_check_bind(checker, mom_symbols_predefined(symbols, i), NULL, kinds[i]);
}

/* What the programs bound at the bottom is no longer in sight of the bodies: it depends on the time
 * of the call. */
static void
forget_bottom(MomChecker *checker)
{
    while (checker->bound->len > MOM_N_PREDEFINED) {
        const MomBound *bound = &g_array_index(checker->bound, MomBound, checker->bound->len - 1);

        mom_check_info(checker, bound->symbol)->binding = bound->shadowed;
        g_array_set_size(checker->bound, checker->bound->len - 1);
    }
}

static void
check(MomChecker *checker, MomPolicyStore *store)
{
    gsize n = mom_policy_store_size(store);

    for (gsize i = 0; i < n; i++) {
        MomProgram *program = mom_policy_store_program(store, i);

        g_hash_table_insert(checker->program_numbers, program, GSIZE_TO_POINTER(i));
        mom_check_collect(checker, program);
    }
    bind_predefined(checker, mom_policy_store_symbols(store));
    for (gsize i = 0; i < n; i++)
        mom_check_program(checker, mom_policy_store_program(store, i));
    forget_bottom(checker);
    /* A body may define more. */
    for (guint i = 0; i < checker->definitions->len; i++) {
        MomDefinition definition = g_array_index(checker->definitions, MomDefinition, i);

        mom_check_definition(checker, &definition);
    }
    mom_check_mark_reached(checker);
    mom_check_free_names(checker);
    warn_unused(checker);
    soften_unreached(checker);
}

GPtrArray *
mom_policy_check(MomPolicyStore *store, const MomCheckWorld *world)
{
    MomChecker checker;
    GPtrArray *findings;

    init(&checker, mom_policy_store_symbols(store), world);
    check(&checker, store);
    findings = list_findings(&checker, store);
    clear(&checker);
    return findings;
}
