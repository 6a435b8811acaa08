# SPDX-License-Identifier: GPL-2.0-only
# What is installed beside programs: manual pages, start-up script, examples.
install: install-etc

.PHONY: install-etc
install-etc:
	@mkdir -p $(DESTDIR)/etc/init.d $(DESTDIR)/etc/xen $(DESTDIR)/usr/share/doc/xylem/examples \
	    $(DESTDIR)/usr/share/man/man1 $(DESTDIR)/usr/share/man/man5
	@install -m 0755 etc/init.d/xylem $(DESTDIR)/etc/init.d/
	@install -m 0644 etc/examples/pv.cfg $(DESTDIR)/usr/share/doc/xylem/examples/
	@gzip -9n <$(ROOT)/docs/man/xl.1 >$(DESTDIR)/usr/share/man/man1/xl.1.gz
	@gzip -9n <$(ROOT)/docs/man/xl.conf.5 >$(DESTDIR)/usr/share/man/man5/xl.conf.5.gz
	@gzip -9n <$(ROOT)/docs/man/xl.cfg.5 >$(DESTDIR)/usr/share/man/man5/xl.cfg.5.gz
