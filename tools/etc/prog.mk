# SPDX-License-Identifier: GPL-2.0-only
# What is installed beside programs: manual pages, start-up script, examples.
install: install-etc

.PHONY: install-etc
install-etc:
	@mkdir -p $(DESTDIR)/etc/init.d $(DESTDIR)/etc/xen $(DESTDIR)/usr/share/doc/xylem/examples \
	    $(addprefix $(DESTDIR)/usr/share/man/man,1 5 8)
	@install -m 0755 etc/init.d/xylem $(DESTDIR)/etc/init.d/
	@install -m 0644 etc/examples/pv.cfg $(DESTDIR)/usr/share/doc/xylem/examples/
	@for page in $(notdir $(wildcard $(ROOT)/docs/man/*.[158])); do \
	    gzip -9n <$(ROOT)/docs/man/$$page \
	        >$(DESTDIR)/usr/share/man/man$${page##*.}/$$page.gz || exit 1; \
	done
