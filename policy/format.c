/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The layout: how a list that does not go into one line is spread over several.
 *
 * What decides is only what formatting keeps: the tokens, which comments stand behind something,
 * and whether a list was broken.  That is why a second pass finds everything in its place.
 */
#include "policy/format.h"

#include "policy/error.h"
#include "policy/format-tree.h"
#include "policy/parser.h"

#include <string.h>

#define BLOCK_BYTES 16384
/* Beyond this column nothing is indented further: nobody reads it, and hostile texts would grow
 * without bounds. */
#define MAX_INDENT 72

typedef enum {
    ROLE_PLAIN,
    ROLE_BINDINGS, /* of let: a list of pairs */
    ROLE_PAIR,     /* a name and its value */
} Role;

/* How a broken list is spread. */
typedef struct {
    gsize first;        /* so many items stay on the first line */
    gsize indent;       /* column of all others */
    gboolean hug;       /* a block as the last item begins on the first line */
    gboolean own_close; /* the closing bracket gets a line for itself */
} Spread;

typedef struct {
    GString *out;
    gsize column;
} Printer;

/* Forms whose first arguments belong to the head; the others are their body. */
static const struct {
    const char *head;
    gsize first;
} forms[] = {
    {"def", 3}, {"defun", 3}, {"defvar", 2}, {"set", 2}, {"setq", 2}, {"let", 2}, {"with", 3},
};

/* Words whose arguments are alike and stand below each other, as those of signs do. */
static const char *const words[] = {
    "if",  "and", "or",  "not", "min", "max", "null", "valid", "add", "sub",
    "mul", "div", "shl", "shr", "lt",  "gt",  "lte",  "gte",   "eq",  "neq",
};

static void print_piece(Printer *printer, const MomPiece *piece, Role role, gsize tail);

static void
put(Printer *printer, const char *text, gsize length)
{
    g_string_append_len(printer->out, text, (gssize)length);
    for (gsize i = 0; i < length; i++)
        printer->column = text[i] == '\n' ? 0 : printer->column + ((text[i] & 0xc0) != 0x80);
}

static void
break_line(Printer *printer, gsize indent)
{
    put(printer, "\n", 1);
    for (gsize i = 0; i < indent; i++)
        put(printer, " ", 1);
}

static gboolean
is_comment(const MomPiece *piece)
{
    return piece->kind == MOM_TOKEN_COMMENT;
}

static gboolean
is_block(const MomPiece *piece)
{
    return piece->kind == MOM_TOKEN_OPEN && *piece->start == '{';
}

static gboolean
is_word(const MomPiece *piece, const char *word)
{
    return piece->kind == MOM_TOKEN_SYMBOL && piece->length == strlen(word) &&
           strncmp(piece->start, word, piece->length) == 0;
}

/* Whether PIECE goes into one line from COLUMN on, with TAIL closing brackets behind it. */
static gboolean
fits(const MomPiece *piece, gsize column, gsize tail)
{
    return !piece->broken && column + piece->width + tail <= MOM_FORMAT_WIDTH;
}

/* ---- spreads ---- */

static gsize
form_first(const MomPiece *head)
{
    for (gsize i = 0; i < G_N_ELEMENTS(forms); i++)
        if (is_word(head, forms[i].head))
            return forms[i].first;
    return 0;
}

static gboolean
is_aligned(const MomPiece *head)
{
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        if (is_word(head, words[i]))
            return TRUE;
    return head->kind == MOM_TOKEN_OPERATOR;
}

/* A call's head and the simple arguments right behind it, if they have room: they say what is
 * called, as in (guest.Control "name" ...). */
static gsize
call_first(const MomPiece *list, gsize column, gsize tail)
{
    gsize n = 1;

    column += 1 + list->items[0].width;
    while (n < list->n && list->items[n].kind != MOM_TOKEN_OPEN && !is_comment(&list->items[n]))
        column += 1 + list->items[n++].width;
    if (n == list->n)
        column += 1 + tail;
    return column <= MOM_FORMAT_WIDTH ? n : 1;
}

static Spread
spread_of(const MomPiece *list, Role role, gsize column, gsize tail)
{
    const MomPiece *head = list->items;
    gsize first;

    if (is_block(list))
        return (Spread){.indent = column + MOM_FORMAT_INDENT, .own_close = TRUE};
    if (role == ROLE_PAIR)
        return (Spread){.first = 2, .indent = column + 1};
    if (role == ROLE_BINDINGS || head->kind != MOM_TOKEN_SYMBOL) {
        if (role == ROLE_PLAIN && head->kind == MOM_TOKEN_OPERATOR)
            return (Spread){.first = 2, .indent = column + 2 + head->width};
        return (Spread){.first = 1, .indent = column + 1};
    }
    if ((first = form_first(head)))
        return (Spread){.first = first, .indent = column + MOM_FORMAT_INDENT, .hug = TRUE};
    if (is_aligned(head))
        return (Spread){.first = 2, .indent = column + 2 + head->width};
    return (Spread){.first = call_first(list, column, tail), .indent = column + MOM_FORMAT_INDENT};
}

/* ---- printing ---- */

static void
put_comment(Printer *printer, const MomPiece *comment, gsize indent, gboolean at_start)
{
    if (comment->same_line) {
        put(printer, "  ", 2);
    } else {
        if (comment->blank && !at_start)
            put(printer, "\n", 1);
        break_line(printer, indent);
    }
    put(printer, comment->start, comment->length);
}

static Role
role_of_item(const MomPiece *list, gsize index, Role role)
{
    if (role == ROLE_BINDINGS)
        return ROLE_PAIR;
    return index == 1 && is_word(&list->items[0], "let") ? ROLE_BINDINGS : ROLE_PLAIN;
}

/* Whether the block ITEM, the last of its list, is to begin on the line that is being written. */
static gboolean
hugs(const Spread *spread, const MomPiece *item, gsize tail)
{
    return spread->hug && is_block(item) && !fits(item, spread->indent, tail);
}

/* Items of a broken list, from behind its bracket on. COLUMN is where the list is said to begin. */
static void
put_items(Printer *printer, const MomPiece *list, Role role, gsize column, gsize tail)
{
    Spread spread = spread_of(list, role, column, tail);
    gsize placed = 0; /* items that are no comments */
    gboolean after_comment = FALSE;

    spread.indent = MIN(spread.indent, MAX_INDENT);
    for (gsize i = 0; i < list->n; i++) {
        const MomPiece *item = &list->items[i];
        gsize item_tail = i + 1 < list->n ? 0 : tail + 1;
        gboolean stays = !after_comment &&
                         (placed < spread.first || (placed == spread.first && i + 1 == list->n &&
                                                    hugs(&spread, item, item_tail)));

        after_comment = is_comment(item);
        if (after_comment) {
            put_comment(printer, item, spread.indent, i == 0);
            continue;
        }
        if (!stays) {
            if (item->blank && i > 0)
                put(printer, "\n", 1);
            break_line(printer, spread.indent);
        } else if (i > 0) {
            put(printer, " ", 1);
        }
        if (stays && placed >= spread.first && is_block(item)) {
            put(printer, "{", 1);
            put_items(printer, item, ROLE_PLAIN, column, item_tail);
        } else {
            print_piece(printer, item, role_of_item(list, i, role), item_tail);
        }
        placed++;
    }
    if (after_comment || spread.own_close)
        break_line(printer, MIN(column, MAX_INDENT));
    put(printer, *list->start == '{' ? "}" : *list->start == '[' ? "]" : ")", 1);
}

static void
put_flat(Printer *printer, const MomPiece *piece)
{
    if (piece->kind != MOM_TOKEN_OPEN) {
        put(printer, piece->start, piece->length);
        return;
    }
    put(printer, piece->start, 1);
    for (gsize i = 0; i < piece->n; i++) {
        if (i > 0)
            put(printer, " ", 1);
        put_flat(printer, &piece->items[i]);
    }
    put(printer, *piece->start == '{' ? "}" : *piece->start == '[' ? "]" : ")", 1);
}

/* TAIL closing brackets will follow on the same line. */
static void
print_piece(Printer *printer, const MomPiece *piece, Role role, gsize tail)
{
    gsize column = printer->column;

    if (piece->kind != MOM_TOKEN_OPEN || piece->n == 0 || fits(piece, column, tail)) {
        put_flat(printer, piece);
        return;
    }
    put(printer, piece->start, 1);
    put_items(printer, piece, role, column, tail);
}

static void
print_text(Printer *printer, const MomPiece *all)
{
    for (gsize i = 0; i < all->n; i++) {
        const MomPiece *item = &all->items[i];

        if (i > 0 && is_comment(item) && item->same_line) {
            put_comment(printer, item, 0, FALSE);
            continue;
        }
        if (i > 0)
            put(printer, item->blank ? "\n\n" : "\n", item->blank ? 2 : 1);
        if (is_comment(item))
            put(printer, item->start, item->length);
        else
            print_piece(printer, item, ROLE_PLAIN, 0);
    }
    if (all->n)
        put(printer, "\n", 1);
}

char *
mom_policy_format(const char *name, const char *text, gssize length, GError **error)
{
    gsize size = length < 0 ? strlen(text) : (gsize)length;
    g_autoptr(MomSymbols) symbols = mom_symbols_new();
    g_autoptr(MomProgram) program = mom_program_parse(symbols, name, text, size, error);
    g_autoptr(MomArena) arena = mom_arena_new(BLOCK_BYTES);
    g_autoptr(GString) out = g_string_new(NULL);
    Printer printer = {.out = out};
    MomPiece all;

    if (!program)
        return NULL;
    all = mom_pieces_read(arena, text, size);
    print_text(&printer, &all);
    if (out->len > MOM_POLICY_MAX_TEXT_BYTES) {
        mom_policy_set_error(error, MOM_POLICY_ERROR_LIMIT, (MomPlace){name, 1, 1},
                             "laid out, it would be a policy of more than %d bytes",
                             MOM_POLICY_MAX_TEXT_BYTES);
        return NULL;
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}
