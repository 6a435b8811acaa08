# SPDX-License-Identifier: GPL-2.0-only
# Rules of the toolstack's libraries and programs.
#
# A library is a folder libs/NAME with a lib.mk of one call, a program a folder NAME with a prog.mk:
#
#   $(call library,NAME,SOURCES,LOWER LIBRARIES OF OURS)
#   $(call program,NAME,FOLDER,SOURCES,OUR LIBRARIES,-lxen... FLAGS)
#
# Sources are named from their folder.  A library's public headers lie in libs/NAME/include; whoever
# lists the library sees them.  List libraries from the upper to the lower, as the linker wants them.
# LIB_NAME_CFLAGS or PROG_NAME_CFLAGS, set before the call, add flags; LIB_NAME_LDLIBS is added to
# the link of each program that lists the library.

OUT  := $(BUILD)/tools
BIN  := $(OUT)/bin

TOOLS_CFLAGS := $(HOSTED_CFLAGS) -D_GNU_SOURCE -D__XEN_TOOLS__ -ffunction-sections \
                -fdata-sections -MMD -MP
ifeq ($(DEBUG),y)
TOOLS_CFLAGS += -DCONFIG_DEBUG
else
TOOLS_CFLAGS += -DNDEBUG
endif
TOOLS_LDFLAGS := -static -Wl,--gc-sections

ALL_LIBS  :=
ALL_PROGS :=

# $(1) = folder from tools/, $(2) = source, $(3) = libraries whose headers it sees, $(4) = flags
define tools_object
$(OUT)/obj/$(1)/$(2:.c=.o): $(CURDIR)/$(1)/$(2) Makefile common.mk ../Config.mk | $(PUBLIC_HEADERS)
	@mkdir -p $$(@D)
	@echo "  CC      tools/$(1)/$(2)"
	@$$(CC) $$(TOOLS_CFLAGS) -I$(1) $(foreach l,$(3),-Ilibs/$(l)/include) $(4) -c -o $$@ $(1)/$(2)
-include $(OUT)/obj/$(1)/$(2:.c=.d)
endef

define library_rules
ALL_LIBS += $(OUT)/lib/libxyl$(1).a
$(foreach s,$(2),$(eval $(call tools_object,libs/$(1),$(s),$(1) $(3),$(LIB_$(1)_CFLAGS))))
$(OUT)/lib/libxyl$(1).a: $(2:%.c=$(OUT)/obj/libs/$(1)/%.o)
	@mkdir -p $$(@D)
	@echo "  AR      $$(@F)"
	@rm -f $$@ && $$(AR) rcs $$@ $$^
endef

define program_rules
ALL_PROGS += $(BIN)/$(1)
$(foreach s,$(3),$(eval $(call tools_object,$(2),$(s),$(4),$(PROG_$(1)_CFLAGS))))
$(BIN)/$(1): $(3:%.c=$(OUT)/obj/$(2)/%.o) $(4:%=$(OUT)/lib/libxyl%.a)
	@mkdir -p $$(@D)
	@echo "  LINK    $(1)"
	@$$(CC) $$(TOOLS_LDFLAGS) -o $$@ $$^ $(foreach l,$(4),$$(LIB_$(l)_LDLIBS)) $(5)
endef

library = $(eval $(call library_rules,$(strip $(1)),$(2),$(3)))
program = $(eval $(call program_rules,$(strip $(1)),$(strip $(2)),$(3),$(4),$(5)))
