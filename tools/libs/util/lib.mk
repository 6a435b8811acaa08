# SPDX-License-Identifier: GPL-2.0-only
# xl.cfg and JSON.
$(call library,util,cfg-parse.c cfg.c key-items.c key-table.c keys.c keys-text.c nearest.c json.c config-json.c spec.c disk-spec.c vif-spec.c channel-spec.c screen-spec.c cpuid-spec.c range-spec.c,light guest ctrl store)
