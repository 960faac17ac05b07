/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Traces, see trace.h: a stack of reads, cut back when a function or an element is done.
 *
 * What a function read is dropped with it, and its answer stays with its caller, so that the stack
 * holds just what is on the way from the top to the present expression.  Beside it, for each
 * variable that was defined at top level, stands what its definition read.
 */
#include "policy/trace.h"

#include "policy/builtins.h"

#include <string.h>

/* Of one function; what it reads beyond is not noted. */
#define MAX_FRAME_READS 16
/* Deeper calls are not noted. */
#define MAX_FRAMES 64
/* Of a definition. */
#define MAX_ORIGINS 6
/* So many ways are recognized; guests take few. */
#define MAX_WAYS 16
/* The same of stacks, and what is not worth comparing. */
#define MAX_LAYOUTS 8
#define MAX_LAYOUT_READS 48
#define MAX_LAYOUT_FRAMES 12
/* Longer names and strings are not noted. */
#define MAX_STRING_BYTES 200

typedef struct {
    const MomSymbol *symbol;
    const char *argument;
    gboolean is_call;
    gboolean is_global; /* a variable of the top level */
    MomValue value;
} Read;

typedef struct {
    const MomSymbol *function; /* NULL: the top level */
    guint first;
} Frame;

typedef struct {
    guint64 run; /* that made the definition; of an earlier run nothing counts, nor is any of it
                    looked at */
    gsize n;
    Read reads[MAX_ORIGINS];
} Origin;

/* A way to a control that was taken in this run, and its names. */
typedef struct {
    const MomSymbol *function;
    const MomSymbol *symbols[MOM_MAX_READS];
    MomReadNames *names;
} Way;

/* How the stack lay at a control, and what was collected of it.  Where it lies the same way again
 * nothing need be collected anew: what is collected follows from all but the values. */
typedef struct {
    guint n_reads;
    guint n_frames;
    guint definitions;
    Read reads[MAX_LAYOUT_READS]; /* values do not count */
    Frame frames[MAX_LAYOUT_FRAMES];
    MomReadNames *names;
    const Read *items[MOM_MAX_READS]; /* of the trace's own stack and origins */
} Layout;

struct MomTrace {
    Read reads[MAX_FRAMES * MAX_FRAME_READS];
    guint n_reads;
    Frame frames[MAX_FRAMES];
    guint n_frames;
    guint too_deep; /* calls beyond MAX_FRAMES */
    guint n_globals;
    gsize kept_bytes;    /* of the reads that were asked for */
    guint64 run;         /* counts from 1 */
    GHashTable *origins; /* MomSymbol -> Origin; those of the last run are written over, as most
                            come again */
    guint n_origins;     /* of this run */
    Way ways[MAX_WAYS];  /* the last ones that were new */
    guint n_ways;        /* ever */
    GPtrArray *names;    /* of MomReadNames: all of this run */
    Layout layouts[MAX_LAYOUTS];
    guint n_layouts;   /* ever */
    guint definitions; /* so often the origins changed */
};

MomTrace *
mom_trace_new(void)
{
    MomTrace *trace = g_new0(MomTrace, 1);

    trace->origins = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    trace->names = g_ptr_array_new_with_free_func((GDestroyNotify)mom_read_names_unref);
    return trace;
}

void
mom_trace_free(MomTrace *trace)
{
    if (!trace)
        return;
    g_hash_table_unref(trace->origins);
    g_ptr_array_unref(trace->names);
    g_free(trace);
}

/* Of what the last run did not define nothing is kept: policies come and go. */
static void
begin_origins(MomTrace *trace)
{
    if (g_hash_table_size(trace->origins) > trace->n_origins)
        g_hash_table_remove_all(trace->origins);
    trace->run++;
    trace->n_origins = 0;
}

void
mom_trace_begin(MomTrace *trace)
{
    trace->n_reads = 0;
    trace->n_frames = 1;
    trace->frames[0] = (Frame){0};
    trace->too_deep = 0;
    trace->n_globals = 0;
    trace->kept_bytes = 0;
    begin_origins(trace);
    trace->n_ways = 0;
    trace->n_layouts = 0;
    g_ptr_array_set_size(trace->names, 0);
}

/* ---- reads ---- */

static inline gboolean
is_same(const Read *a, const Read *b)
{
    return a->symbol == b->symbol && a->is_call == b->is_call &&
           g_strcmp0(a->argument, b->argument) == 0;
}

static gboolean
is_short(const char *text)
{
    return strnlen(text, MAX_STRING_BYTES + 1) <= MAX_STRING_BYTES;
}

/* Nearly all is: this is asked for each variable that a policy reads. */
static inline gboolean
is_worth_noting(const char *argument, MomValue v)
{
    if (G_LIKELY(!argument && v.type < MOM_VALUE_STRING))
        return TRUE;
    if (argument && !is_short(argument))
        return FALSE;
    return v.type < MOM_VALUE_STRING || (v.type == MOM_VALUE_STRING && is_short(v.string));
}

static gboolean
has_short_name(const MomSymbol *symbol)
{
    return symbol->length <= MAX_STRING_BYTES;
}

/* The place of READ among those of the present frame: that of an equal one, as the later counts, or
 * a new one; NULL if there is no more room. */
static inline Read *
find_place(MomTrace *trace, const Read *read)
{
    guint first = trace->frames[trace->n_frames - 1].first;
    Read *end = &trace->reads[trace->n_reads];

    for (Read *known = &trace->reads[first]; known < end; known++)
        if (is_same(known, read))
            return known;
    return trace->n_reads < first + MAX_FRAME_READS ? &trace->reads[trace->n_reads++] : NULL;
}

static inline void
note(MomTrace *trace, const Read *read)
{
    Read *place;

    if (trace->too_deep > 0 || !is_worth_noting(read->argument, read->value))
        return;
    place = find_place(trace, read);
    if (place)
        *place = *read;
}

void
mom_trace_symbol(MomRun *run, const MomSymbol *symbol, MomValue v)
{
    guint binding = run->cells[symbol->id].binding;
    Read read = {
        .symbol = symbol, .is_global = binding > 0 && binding <= run->trace->n_globals, .value = v};

    note(run->trace, &read);
}

void
mom_trace_method(MomRun *run, const MomSymbol *symbol, MomValue argument, MomValue v)
{
    Read read = {.symbol = symbol,
                 .argument = argument.type == MOM_VALUE_STRING ? argument.string : NULL,
                 .value = v};

    note(run->trace, &read);
}

/* ---- frames ---- */

void
mom_trace_enter(MomRun *run, const MomSymbol *symbol)
{
    MomTrace *trace = run->trace;

    if (trace->n_frames == MAX_FRAMES)
        trace->too_deep++;
    else
        trace->frames[trace->n_frames++] = (Frame){symbol, trace->n_reads};
}

void
mom_trace_leave(MomRun *run, const MomSymbol *symbol, MomValue v)
{
    MomTrace *trace = run->trace;
    Read read = {.symbol = symbol, .is_call = TRUE, .value = v};

    if (trace->too_deep > 0)
        trace->too_deep--;
    else
        trace->n_reads = trace->frames[--trace->n_frames].first;
    note(trace, &read);
}

guint
mom_trace_mark(const MomTrace *trace)
{
    return trace->n_reads;
}

void
mom_trace_release(MomTrace *trace, guint mark)
{
    trace->n_reads = mark;
}

/* ---- definitions ---- */

void
mom_trace_begin_expression(MomRun *run)
{
    run->trace->n_reads = 0;
    run->trace->n_globals = run->n_bindings;
}

/* The variable that NODE defines or sets, or NULL. */
static const MomSymbol *
defined_by(const MomNode *node)
{
    static const char *const definers[] = {"defvar", "set"};

    if (node->kind != MOM_NODE_LIST || node->n != 3 || node->items[0].kind != MOM_NODE_SYMBOL ||
        node->items[1].kind != MOM_NODE_SYMBOL)
        return NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(definers); i++)
        if (strcmp(node->items[0].symbol->name, definers[i]) == 0)
            return node->items[1].symbol;
    return NULL;
}

/* SYMBOL's place, which this run has now defined. */
static Origin *
take_origin(MomTrace *trace, const MomSymbol *symbol)
{
    Origin *origin = g_hash_table_lookup(trace->origins, symbol);

    if (!origin) {
        origin = g_new0(Origin, 1);
        g_hash_table_insert(trace->origins, (gpointer)symbol, origin);
    }
    if (origin->run != trace->run) {
        origin->run = trace->run;
        trace->n_origins++;
    }
    return origin;
}

void
mom_trace_end_expression(MomRun *run, const MomNode *node)
{
    MomTrace *trace = run->trace;
    const MomSymbol *defined = defined_by(node);
    Origin *origin;

    if (!defined || trace->n_reads == 0)
        return;
    origin = take_origin(trace, defined);
    origin->n = MIN(trace->n_reads, MAX_ORIGINS);
    memcpy(origin->reads, trace->reads, origin->n * sizeof(Read));
    trace->definitions++;
}

/* ---- what led here ---- */

typedef struct {
    const Read *items[MOM_MAX_READS];
    gsize n;
} Collected;

/* READS differ among themselves. */
static void
collect(Collected *collected, const Read *reads, gsize n)
{
    gsize before = collected->n;

    for (gsize i = 0; i < n && collected->n < MOM_MAX_READS; i++) {
        gboolean known = !has_short_name(reads[i].symbol);

        for (gsize k = 0; k < before && !known; k++)
            known = is_same(collected->items[k], &reads[i]);
        if (!known)
            collected->items[collected->n++] = &reads[i];
    }
}

static void
collect_frames(Collected *collected, const MomTrace *trace)
{
    guint end = trace->n_reads;

    for (guint i = trace->n_frames; i-- > 0;) {
        guint first = trace->frames[i].first;

        collect(collected, &trace->reads[first], end - first);
        end = first;
    }
}

/* What the variables among COLLECTED were made of, and what these were made of. */
static void
collect_origins(Collected *collected, const MomTrace *trace)
{
    for (gsize i = 0; i < collected->n; i++) {
        const Read *read = collected->items[i];
        const Origin *origin =
            read->is_global ? g_hash_table_lookup(trace->origins, read->symbol) : NULL;

        if (origin && origin->run == trace->run)
            collect(collected, origin->reads, origin->n);
    }
}

/* ---- names ---- */

static const char *
function_name(const MomSymbol *function)
{
    return function && has_short_name(function) ? function->name : NULL;
}

static gboolean
is_way(const Way *way, const MomSymbol *function, const Collected *collected)
{
    if (way->function != function || way->names->n != collected->n)
        return FALSE;
    for (gsize i = 0; i < collected->n; i++) {
        const Read *read = collected->items[i];
        const MomRead *known = &way->names->items[i];

        if (way->symbols[i] != read->symbol || known->is_call != read->is_call ||
            ((known->argument || read->argument) &&
             g_strcmp0(known->argument, read->argument) != 0))
            return FALSE;
    }
    return TRUE;
}

static gsize
bytes_of(const MomRead *read)
{
    return strlen(read->name) + (read->argument ? strlen(read->argument) : 0);
}

static MomReadNames *
make_names(MomTrace *trace, const MomSymbol *function, const Collected *collected)
{
    Way *way = &trace->ways[trace->n_ways++ % MAX_WAYS];
    MomRead items[MOM_MAX_READS];

    trace->kept_bytes += sizeof(MomReadNames);
    way->function = function;
    for (gsize i = 0; i < collected->n; i++) {
        const Read *read = collected->items[i];

        items[i] = (MomRead){read->symbol->name, read->argument, read->is_call};
        way->symbols[i] = read->symbol;
        trace->kept_bytes += bytes_of(&items[i]);
    }
    way->names = mom_read_names_new(function_name(function), items, collected->n);
    g_ptr_array_add(trace->names, way->names);
    return way->names;
}

static MomReadNames *
find_names(MomTrace *trace, const MomSymbol *function, const Collected *collected)
{
    guint known = MIN(trace->n_ways, MAX_WAYS);

    for (guint i = 1; i <= known; i++) {
        const Way *way = &trace->ways[(trace->n_ways - i) % MAX_WAYS];

        if (is_way(way, function, collected))
            return way->names;
    }
    return make_names(trace, function, collected);
}

/* ---- the stack as it was ---- */

/* Arguments live as long as the run, so the same one is the same pointer; if one that reads the
 * same is not, that costs time only. */
static gboolean
lies_so(const MomTrace *trace, const Layout *layout)
{
    if (layout->n_reads != trace->n_reads || layout->n_frames != trace->n_frames ||
        layout->definitions != trace->definitions)
        return FALSE;
    for (guint i = 0; i < trace->n_frames; i++)
        if (layout->frames[i].function != trace->frames[i].function ||
            layout->frames[i].first != trace->frames[i].first)
            return FALSE;
    for (guint i = 0; i < trace->n_reads; i++) {
        const Read *a = &layout->reads[i], *b = &trace->reads[i];

        if (a->symbol != b->symbol || a->argument != b->argument || a->is_call != b->is_call ||
            a->is_global != b->is_global)
            return FALSE;
    }
    return TRUE;
}

static const Layout *
find_layout(const MomTrace *trace)
{
    guint known = MIN(trace->n_layouts, MAX_LAYOUTS);

    for (guint i = 1; i <= known; i++) {
        const Layout *layout = &trace->layouts[(trace->n_layouts - i) % MAX_LAYOUTS];

        if (lies_so(trace, layout))
            return layout;
    }
    return NULL;
}

static void
note_layout(MomTrace *trace, MomReadNames *names, const Collected *collected)
{
    Layout *layout;

    if (trace->n_reads > MAX_LAYOUT_READS || trace->n_frames > MAX_LAYOUT_FRAMES)
        return;
    layout = &trace->layouts[trace->n_layouts++ % MAX_LAYOUTS];
    layout->n_reads = trace->n_reads;
    layout->n_frames = trace->n_frames;
    layout->definitions = trace->definitions;
    memcpy(layout->reads, trace->reads, trace->n_reads * sizeof(Read));
    memcpy(layout->frames, trace->frames, trace->n_frames * sizeof(Frame));
    memcpy(layout->items, collected->items, collected->n * sizeof(Read *));
    layout->names = names;
}

/* ---- reads for a control ---- */

static const MomReads *
keep(MomRun *run, MomReadNames *names, const Read *const *items)
{
    gsize bytes = sizeof(MomReads) + names->n * sizeof(MomValue);
    MomReads *reads = mom_arena_alloc(run->arena, bytes);

    run->trace->kept_bytes += bytes;
    reads->names = names;
    for (gsize i = 0; i < names->n; i++)
        reads->values[i] = items[i]->value;
    return reads;
}

const MomReads *
mom_trace_reads(MomRun *run)
{
    MomTrace *trace = run->trace;
    const MomSymbol *function = trace->frames[trace->n_frames - 1].function;
    Collected collected = {.n = 0};
    const Layout *layout;
    MomReadNames *names;

    if (trace->kept_bytes >= MOM_TRACE_MAX_KEPT_BYTES)
        return NULL;
    layout = find_layout(trace);
    if (layout)
        return keep(run, layout->names, layout->items);
    collect_frames(&collected, trace);
    collect_origins(&collected, trace);
    names = find_names(trace, function, &collected);
    note_layout(trace, names, &collected);
    return keep(run, names, collected.items);
}
