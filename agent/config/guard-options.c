/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See guard-options.h.
 */
#include "agent/config/guard-options.h"

#include "agent/config/config-keys.h"

static double
percent(const MomConfig *config, const char *key)
{
    double value = 0;

    mom_config_parse_percent(mom_config_get(config, "rails", key), &value);
    return value;
}

MomGuardOptions
mom_guard_options_from_config(const MomConfig *config)
{
    MomGuardOptions options = {
        .rails =
            {
                .settle_s = mom_config_get_double(config, "rails", "settle-time"),
                .guest_reserve_percent = percent(config, "guest-reserve"),
                .host_reserve_percent = percent(config, "host-reserve"),
                .host_critical_percent = percent(config, "host-critical"),
                .max_change_percent = percent(config, "max-change"),
                .blind_after_s = mom_config_get_double(config, "rails", "blind-after"),
                .stuck_after_s = mom_config_get_double(config, "rails", "stuck-after"),
                .allow_passthrough = mom_config_get_bool(config, "rails", "allow-passthrough"),
                .allow_hugepages = mom_config_get_bool(config, "rails", "allow-hugepages"),
                .allow_stale = mom_config_get_bool(config, "rails", "allow-stale"),
            },
    };

    mom_config_parse_knobs(mom_config_get(config, "main", "dry-run"), &options.dry_knobs);
    return options;
}
