# Hypervisor code of xen/common that needs no machine but an array of frames.
common_CFLAGS := -Ixen/include -Ixen/arch/x86/include -D__XEN_TOOLS__

test-heap_SRCS     := xen/common/heap.c xen/common/domain-frames.c
test-rangeset_SRCS := xen/lib/rangeset.c
test-evtchn_SRCS   := xen/common/event/core.c xen/common/event/op.c xen/common/event/twolevel.c xen/common/event/fifo.c
test-grant_SRCS    := $(addprefix xen/common/grant/,table.c entry.c version.c map.c copy.c op.c)
test-hvmap_SRCS    := xen/arch/x86/mm/hvmap.c xen/common/kmalloc.c $(test-heap_SRCS)
test-hvmap_CFLAGS  := -include tests/unit/common/pre-hvmap.h
test-memory-op_SRCS := xen/common/memory-op.c xen/common/memory-exchange.c $(test-heap_SRCS) \
                       xen/arch/x86/mm/frame.c
test-domain-list_SRCS := xen/common/domain-list.c
test-rcu_SRCS      := xen/common/rcu.c
test-softirq_SRCS  := xen/common/softirq.c
test-domid_SRCS    := xen/common/domid.c
test-kill_SRCS     := xen/common/domain.c
