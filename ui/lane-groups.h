/* SPDX-License-Identifier: Apache-2.0
 *
 * lane-groups.h: which lanes are the same experiment with different seeds.
 *
 * Titles, what is kept of the past and how long a run may be make no difference; branches stand alone. Main thread
 * only.
 */
#pragma once

#include <gtk/gtk.h>

#include "ui/plot/series-band.h"

G_BEGIN_DECLS

/* Every lane is in one group, alone or with others, in the order of first lanes. (transfer full): of GArray of guint,
 * places in the list. lanes: of MpLaneModel. */
GPtrArray    *mp_lane_groups_list  (GListModel *lanes);
/* The curves of that id of a group's lanes as one; NULL where a lane has none. (transfer full) */
MpSeriesBand *mp_lane_groups_band  (GListModel *lanes,
                                    GArray     *group,
                                    const char *id);
/* Gives lanes the names that tell them apart, after one of them came, went or has other settings. */
void          mp_lane_groups_name  (GListModel *lanes);
/* What a chooser offers, "Lane 2 · GRAM · h 4", in the order of lanes. (transfer full) */
GtkStringList *mp_lane_groups_list_names (GListModel *lanes);
/* What the lanes of a group are called together: "GRAM · h 2", without a seed. (transfer full) */
char         *mp_lane_groups_dup_title (GListModel *lanes,
                                        GArray     *group);
/* How methods differ in a metric: groups against each other, at the last value of each lane; or NULL where no group has
 * several lanes. (transfer full) */
char         *mp_lane_groups_compare (GListModel *lanes,
                                      const char *id);

G_END_DECLS
