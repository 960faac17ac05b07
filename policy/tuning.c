/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Cutting the tuning policy into pieces, see tuning.h.
 *
 * The parser alone judges a piece; the cutting only counts brackets.  All work is linear in the
 * text, however many of its lines are at fault.
 */
#include "policy/tuning.h"

#include "policy/lexer.h"
#include "policy/parser.h"
#include "policy/unicode.h"

#include <string.h>

#define MAX_SHOWN_CHARACTERS 80

typedef struct {
    guint first; /* lines, from 1 */
    guint last;
    gboolean is_aside;
} Piece;

struct MomTuning {
    char *name;
    char *text;
    gsize length;
    GArray *lines;  /* of gsize: where each line begins, and where one behind the last would */
    GArray *pieces; /* of Piece, in order; lines without an expression are in none */
    guint n_aside;
    GPtrArray *listed; /* of MomSetAside */
};

/* ---- lines ---- */

static gsize
line_start(const MomTuning *tuning, guint line)
{
    return g_array_index(tuning->lines, gsize, line - 1);
}

static guint
n_lines(const MomTuning *tuning)
{
    return tuning->lines->len - 1;
}

static void
find_lines(MomTuning *tuning)
{
    const char *end = tuning->text + tuning->length;
    gsize start = 0;

    g_array_append_val(tuning->lines, start);
    for (const char *at = tuning->text; (at = memchr(at, '\n', (gsize)(end - at))); at++) {
        start = (gsize)(at + 1 - tuning->text);
        g_array_append_val(tuning->lines, start);
    }
    start = tuning->length + 1;
    g_array_append_val(tuning->lines, start);
}

static gboolean
is_opening(char c)
{
    return c == '(' || c == '[' || c == '{';
}

/* How far the first character of LINE stands to the right. */
static gsize
indentation(const MomTuning *tuning, guint line)
{
    return strspn(tuning->text + line_start(tuning, line), " \t");
}

static gboolean
begins_with_bracket(const MomTuning *tuning, guint line)
{
    return is_opening(tuning->text[line_start(tuning, line) + indentation(tuning, line)]);
}

/* ---- setting aside ---- */

static void
set_aside_free(gpointer data)
{
    MomSetAside *aside = data;

    g_free(aside->text);
    g_free(aside->why);
    g_free(aside);
}

static int
compare_places(gconstpointer a, gconstpointer b)
{
    const MomSetAside *x = *(const MomSetAside *const *)a;
    const MomSetAside *y = *(const MomSetAside *const *)b;

    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return (x->column > y->column) - (x->column < y->column);
}

/* PIECE's text as one short line of what can be printed. */
static char *
shown(const MomTuning *tuning, const Piece *piece)
{
    const char *at = tuning->text + line_start(tuning, piece->first);
    const char *end = tuning->text + line_start(tuning, piece->last + 1) - 1;
    GString *out = g_string_new(NULL);

    at += indentation(tuning, piece->first);
    for (guint n = 0; at < end; at = g_utf8_next_char(at), n++) {
        gunichar c = g_utf8_get_char(at);

        if (n == MAX_SHOWN_CHARACTERS) {
            g_string_append(out, "...");
            break;
        }
        g_string_append_unichar(out, mom_is_blank(c) ? ' ' : g_unichar_isprint(c) ? c : '?');
    }
    return g_strchomp(g_string_free(out, FALSE));
}

static void
put_aside(MomTuning *tuning, Piece *piece, guint line, guint column, const char *why)
{
    MomSetAside *aside;

    piece->is_aside = TRUE;
    if (tuning->n_aside++ >= MOM_TUNING_MAX_LISTED)
        return;
    aside = g_new0(MomSetAside, 1);
    *aside = (MomSetAside){
        .line = line, .column = column, .text = shown(tuning, piece), .why = g_strdup(why)};
    g_ptr_array_add(tuning->listed, aside);
    g_ptr_array_sort(tuning->listed, compare_places);
}

static int
compare_lines(gconstpointer key, gconstpointer element)
{
    guint line = *(const guint *)key;
    const Piece *piece = element;

    return line < piece->first ? -1 : line > piece->last;
}

gboolean
mom_tuning_set_aside(MomTuning *tuning, guint line, guint column, const char *why)
{
    Piece *piece = NULL;

    if (tuning->pieces->len > 0)
        piece =
            bsearch(&line, tuning->pieces->data, tuning->pieces->len, sizeof(Piece), compare_lines);
    if (!piece || piece->is_aside)
        return FALSE;
    put_aside(tuning, piece, line, column, why);
    return TRUE;
}

/* ---- cutting a program ---- */

static void
add_piece(MomTuning *tuning, guint first, guint last)
{
    Piece piece = {.first = first, .last = last};

    g_array_append_val(tuning->pieces, piece);
}

/* A string that goes on in a line which begins with a bracket was left open above: its end is
 * another one's beginning. */
static gboolean
swallows_a_line(const MomTuning *tuning, const MomToken *token, guint end_line)
{
    for (guint line = token->line + 1; token->kind == MOM_TOKEN_STRING && line <= end_line; line++)
        if (begins_with_bracket(tuning, line))
            return TRUE;
    return FALSE;
}

/* TEXT is a program: a piece ends with the line in which an expression ends. FALSE if a string
 * swallows lines. */
static gboolean
cut_program(MomTuning *tuning)
{
    MomLexer lexer;
    MomToken token;
    guint first = 0, last = 0; /* of the present piece; 0: none */
    int depth = 0;

    mom_lexer_init(&lexer, tuning->name, tuning->text, tuning->length);
    while (mom_lexer_next(&lexer, &token, NULL) && token.kind != MOM_TOKEN_END) {
        if (swallows_a_line(tuning, &token, lexer.line))
            return FALSE;
        if (depth == 0 && token.line > last) {
            if (first)
                add_piece(tuning, first, last);
            first = token.line;
        }
        depth += (token.kind == MOM_TOKEN_OPEN) - (token.kind == MOM_TOKEN_CLOSE);
        last = lexer.line;
    }
    if (first)
        add_piece(tuning, first, last);
    return TRUE;
}

/* ---- cutting what is no program ---- */

typedef enum {
    LINE_EMPTY, /* only blanks and comments */
    LINE_READ,
    LINE_BROKEN,
} LineState;

/* Reads LINE by itself and counts its brackets into DEPTH. */
static LineState
read_line(const MomTuning *tuning, guint line, int *depth)
{
    gsize start = line_start(tuning, line);
    gsize length = line_start(tuning, line + 1) - 1 - start;
    g_autofree char *text = g_strndup(tuning->text + start, length);
    LineState state = LINE_EMPTY;
    MomLexer lexer;
    MomToken token;

    mom_lexer_init(&lexer, tuning->name, text, length);
    while (mom_lexer_next(&lexer, &token, NULL)) {
        if (token.kind == MOM_TOKEN_END)
            return state;
        state = LINE_READ;
        *depth += (token.kind == MOM_TOKEN_OPEN) - (token.kind == MOM_TOKEN_CLOSE);
    }
    return LINE_BROKEN;
}

/* Whether a piece that begins so far to the right may not go on in LINE. */
static gboolean
is_boundary(const MomTuning *tuning, gsize indented, guint line)
{
    return line > n_lines(tuning) ||
           (begins_with_bracket(tuning, line) && indentation(tuning, line) <= indented);
}

/* The last line of the piece that begins in FIRST; 0 if nothing is in that line. */
static guint
find_end(const MomTuning *tuning, guint first)
{
    gsize indented = indentation(tuning, first);
    int depth = 0;
    LineState state = read_line(tuning, first, &depth);
    guint last = first;

    if (state == LINE_EMPTY)
        return 0;
    while ((state == LINE_BROKEN || depth > 0) && !is_boundary(tuning, indented, last + 1)) {
        last++;
        if (state != LINE_BROKEN)
            state = read_line(tuning, last, &depth);
    }
    return last;
}

/* Tells what is wrong with PIECE, if anything. */
static void
judge(MomTuning *tuning, MomSymbols *symbols, Piece *piece)
{
    gsize start = line_start(tuning, piece->first);
    gsize length = line_start(tuning, piece->last + 1) - 1 - start;
    g_autofree char *text = g_strndup(tuning->text + start, length);
    g_autoptr(GError) error = NULL;
    g_autoptr(MomProgram) program =
        mom_program_parse_piece(symbols, tuning->name, text, length, piece->first, &error);
    MomPlace place = mom_policy_error_place(error);

    if (!program)
        put_aside(tuning, piece, place.line, place.column, mom_policy_error_text(error));
}

static void
cut_lines(MomTuning *tuning)
{
    g_autoptr(MomSymbols) symbols = mom_symbols_new();

    g_array_set_size(tuning->pieces, 0);
    for (guint line = 1; line <= n_lines(tuning); line++) {
        guint last = find_end(tuning, line);

        if (last == 0)
            continue;
        add_piece(tuning, line, last);
        judge(tuning, symbols, &g_array_index(tuning->pieces, Piece, tuning->pieces->len - 1));
        line = last;
    }
}

/* ---- public ---- */

static gboolean
is_program(MomTuning *tuning, GError **error)
{
    g_autoptr(MomSymbols) symbols = mom_symbols_new();
    g_autoptr(MomProgram) program =
        mom_program_parse(symbols, tuning->name, tuning->text, tuning->length, error);

    return program != NULL;
}

MomTuning *
mom_tuning_new(const char *name, const char *text, gsize length, GError **error)
{
    g_autoptr(MomTuning) tuning = g_new0(MomTuning, 1);
    g_autoptr(GError) why = NULL;

    tuning->name = g_strdup(name);
    tuning->text = g_strndup(text, length);
    tuning->length = length;
    tuning->lines = g_array_new(FALSE, FALSE, sizeof(gsize));
    tuning->pieces = g_array_new(FALSE, FALSE, sizeof(Piece));
    tuning->listed = g_ptr_array_new_with_free_func(set_aside_free);
    find_lines(tuning);
    if (is_program(tuning, &why) && cut_program(tuning))
        return g_steal_pointer(&tuning);
    if (length > MOM_POLICY_MAX_TEXT_BYTES || !g_utf8_validate_len(text, length, NULL)) {
        g_propagate_error(error, g_steal_pointer(&why));
        return NULL;
    }
    cut_lines(tuning);
    return g_steal_pointer(&tuning);
}

void
mom_tuning_free(MomTuning *tuning)
{
    if (!tuning)
        return;
    g_free(tuning->name);
    g_free(tuning->text);
    g_array_unref(tuning->lines);
    g_array_unref(tuning->pieces);
    g_ptr_array_unref(tuning->listed);
    g_free(tuning);
}

const char *
mom_tuning_name(const MomTuning *tuning)
{
    return tuning->name;
}

char *
mom_tuning_kept(const MomTuning *tuning)
{
    char *kept = g_strndup(tuning->text, tuning->length);

    for (guint i = 0; i < tuning->pieces->len; i++) {
        const Piece *piece = &g_array_index(tuning->pieces, Piece, i);
        gsize end = MIN(line_start(tuning, piece->last + 1), tuning->length);

        for (gsize at = line_start(tuning, piece->first); piece->is_aside && at < end; at++)
            if (kept[at] != '\n')
                kept[at] = ' ';
    }
    return kept;
}

guint
mom_tuning_n_aside(const MomTuning *tuning)
{
    return tuning->n_aside;
}

guint
mom_tuning_n_kept(const MomTuning *tuning)
{
    return tuning->pieces->len - tuning->n_aside;
}

GPtrArray *
mom_tuning_listed(const MomTuning *tuning)
{
    return tuning->listed;
}
