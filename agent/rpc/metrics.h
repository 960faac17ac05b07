/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The daemon's state as a page of metrics, in the text format that Prometheus and its kin read.
 *
 * Only what getStatus tells, which has been sampled already: whoever scrapes costs no cycle
 * anything, and learns nothing that the other protocols would not tell.  Names are never changed:
 * somebody's dashboard has them.
 */
#pragma once

#include "agent/rpc/answer.h"

/* GET; the request's body is not looked at. Format: version 0.0.4 of Prometheus' text exposition.
 */
extern const MomRpcProtocol mom_rpc_metrics;
