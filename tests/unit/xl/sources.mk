# SPDX-License-Identifier: GPL-2.0-only
xl_CFLAGS := -D_GNU_SOURCE -D__XEN_TOOLS__ -Itools/xl -Itools/libs/util -Itools/libs/util/include \
             -Itools/libs/light/include -Itools/libs/ctrl/include -Itools/libs/store/include \
             -Wno-format-truncation -Ixen/include
CONF_SRCS := tools/xl/conf.c $(addprefix tools/libs/util/,keys.c key-items.c key-table.c cfg.c \
               cfg-parse.c nearest.c spec.c disk-spec.c vif-spec.c channel-spec.c screen-spec.c \
               cpuid-spec.c range-spec.c) \
             $(addprefix tools/libs/light/,config.c device-config.c vdev.c uuid-cpus.c cpuid-names.c) \
             tools/libs/ctrl/err.c
test-man_SRCS := tools/xl/verbs.c tools/xl/stat-fields.c $(CONF_SRCS)
test-conf_SRCS := $(CONF_SRCS)
test-packages_SRCS :=
test-words_SRCS := tools/xl/verbs.c tools/xl/complete.c tools/xl/numbers.c tools/libs/ctrl/err.c
test-top_SRCS := tools/xl/top-rows.c
test-stat_SRCS := tools/xl/stat-fields.c
test-metrics_SRCS := tools/xl/metrics.c
LIGHT_AND_UTIL := $(filter-out tools/libs/light/hotplug-%.c,$(patsubst $(ROOT)/%,%,\
    $(wildcard $(ROOT)/tools/libs/light/*.c $(ROOT)/tools/libs/util/*.c)))
# The program itself, whose main() the tests call, on the fake host of the lifecycle tests.
XL_WORLD := $(addprefix tools/xl/,main.c verbs.c log.c numbers.c complete.c conf.c config.c \
    create.c block.c network.c channel.c screen.c process.c control.c tune.c pin.c sched.c list.c lists.c vcpus.c info.c \
    console.c names.c top.c top-rows.c stat.c stat-fields.c metrics.c) \
    $(LIGHT_AND_UTIL) \
    tools/libs/ctrl/err.c $(addprefix tests/unit/,light/fake-host.c light/fake-memory.c light/fake-policy.c light/fake-store.c \
    light/fake-hotplug.c light/world.c xl/fake-rest.c xl/xl-world.c harness/fault.c)
define on-xl-world
test-$(1)_SRCS := $(XL_WORLD)
test-$(1)_CFLAGS := -Itools/libs/light -Itools/libs/guest/include -Itests/unit/light -Itests/unit/xl \
    -include tests/unit/harness/fault.h -include tests/unit/harness/main-name.h
test-$(1)_LDLIBS := -Wl,--wrap=fork,--wrap=sleep
endef
$(foreach t,xl-faults xl-says,$(eval $(call on-xl-world,$(t))))
test-process_SRCS := tools/xl/process.c tests/unit/harness/fault.c
test-process_CFLAGS := -include tests/unit/harness/fault.h
test-init-dom0_SRCS := tools/xl/init-dom0.c $(LIGHT_AND_UTIL) tools/libs/ctrl/err.c \
    $(addprefix tests/unit/,light/fake-host.c light/fake-memory.c light/fake-policy.c light/fake-store.c \
    light/fake-hotplug.c xl/fake-rest.c harness/fault.c)
test-init-dom0_CFLAGS := $(test-xl-faults_CFLAGS)
