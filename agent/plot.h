/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Plot files: every sample of the host and of each guest as a line of numbers, for gnuplot and its
 * like, in the reference's directories, names and columns.
 *
 * A file is opened for each line, so that a thousand guests need no thousand descriptors.  What
 * cannot be written is told once and costs that line; no name of a guest leads out of the
 * directory.
 */
#pragma once

#include "agent/clock.h"
#include "policy/entity.h"

typedef struct MomPlot MomPlot;
typedef struct MomPlotFile MomPlotFile;

/* Makes the next directory momplot-NNN below BASE, which must exist: one above the highest there,
 * up to 999. CLOCK (borrowed) gives the lines their time of day. */
MomPlot *mom_plot_new(const char *base, MomClock *clock, GError **error);
/* After all of its files. */
void mom_plot_free(MomPlot *plot);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomPlot, mom_plot_free)
const char *mom_plot_dir(const MomPlot *plot);

/* NAME.dat for samples of SCHEMA (referenced).  A guest's NAME that is no good file name, is too
 * long or is the host's is made one, with UUID in it so that no two are the same.  The host has the
 * UUID NULL.  Nothing is written yet; PLOT must outlive it. */
MomPlotFile *
mom_plot_file_new(MomPlot *plot, const char *name, const char *uuid, MomSchema *schema);
void mom_plot_file_free(MomPlotFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomPlotFile, mom_plot_file_free)

/* A MomSampleWatch; DATA is the MomPlotFile.  Appends a line of SAMPLE's declared fields in order
 * of their names, before the first one a line of the names. */
void mom_plot_write(const MomSample *sample, gpointer data);
