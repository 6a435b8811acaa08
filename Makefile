# SPDX-License-Identifier: GPL-2.0-only
# The names of what can be made; each target is carried out by its component's own Makefile.

include Config.mk

# A component that is not in the tree is skipped.
component = $(if $(wildcard $(1)/Makefile),$(MAKE) -C $(1) $(2),@echo "skipped: $(1)/ is not there")

.PHONY: all
all: xen tools ## Build the hypervisor and the tools

.PHONY: xen
xen: imports ## Build the hypervisor: build/xen/xen-xylem.gz
	+$(call component,xen)

.PHONY: tools
tools: imports ## Build the toolstack: build/tools/bin/
	+$(call component,tools)

.PHONY: stubdom
stubdom: $(PUBLIC_HEADERS) ## Build the stub domains: build/stubdom/NAME.gz
	+$(call component,stubdom)

.PHONY: imports
imports: $(PUBLIC_HEADERS) ## Fetch and build the pinned decompressor libraries
	+$(call component,tools/imports)

.PHONY: setup
setup: ## Install the Debian packages that are missing
	@tests/setup $(PACKAGES)

.PHONY: test
test: setup ## Run all tests; the last line is "N passed, N failed"
	@$(PYTHON3) tests/run

.PHONY: test-long
test-long: setup ## As test, with the hundreds of repetitions that take an hour
	@$(PYTHON3) tests/run --long

.PHONY: check
check: ## Check the tree itself: includes, sizes, licences, style
	@$(PYTHON3) tests/check/run

.PHONY: bench
bench: setup all ## Compare with Debian's Xen in the same emulator
	@$(PYTHON3) tests/bench/run

# HV=xen TOOLS=debian runs Debian's Xen instead, to see what differs.
HV    ?= xylem
TOOLS ?= xylem

.PHONY: run
run: setup $(if $(filter xylem,$(HV)),xen) $(if $(filter xylem,$(TOOLS)),tools) ## Boot it all in QEMU, up to a guest's shell
	@$(PYTHON3) tests/demo --hv $(HV) --tools $(TOOLS)

.PHONY: dist
dist: all stubdom ## Put the installable tree under dist/install
	@rm -rf $(DIST)
	+$(call component,xen,install DESTDIR=$(DIST))
	+$(call component,tools,install DESTDIR=$(DIST))
	+$(call component,stubdom,install DESTDIR=$(DIST))

.PHONY: deb
deb: dist ## Build Debian packages: dist/xylem-*.deb
	@DIST=$(DIST) $(PYTHON3) packaging/deb

.PHONY: clean
clean: ## Remove what the build made; the package cache stays (distclean removes it too)
	rm -rf dist $(filter-out $(BUILD)/cache,$(wildcard $(BUILD)/*))

.PHONY: distclean
distclean: ## Remove everything that is not source
	rm -rf dist $(BUILD)

.PHONY: help
help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 14
	@echo; echo "  DEBUG=y builds with assertions; HV=xen TOOLS=debian makes 'run' use Debian's Xen."
