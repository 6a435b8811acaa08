/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of verbs: one row each, for dispatch, help and the manual. */
#include "xl.h"

#include <stddef.h>

const struct xl_verb xl_verbs[] = {
    { "create", xl_create, XL_NOTHING, 0, XL_REST_MAX,
      "f|defconfig= c|console p|paused q|quiet n|dryrun F|foreground e|exit d|debug V|vncviewer "
      "A|vncviewer-autopass",
      "[FILE] [OPTIONS] [KEY=VALUE ...]",
      "Create a domain from a configuration file\n"
      "-f FILE, --defconfig=FILE   the configuration; - is standard input\n"
      "-c, --console               connect to the domain's console\n"
      "-p, --paused                leave the domain paused\n"
      "-q, --quiet                 say nothing but errors\n"
      "-n, --dryrun                print the configuration as JSON and do nothing\n"
      "-e, --exit                  leave no process behind that watches over the domain\n"
      "-F, --foreground            watch over the domain from this very process\n"
      "-d, --debug                 say what is being done, as -v does\n"
      "-V, -A                      a VNC viewer; refused: PV guests have no display yet\n"
      "KEY=VALUE replaces a setting of the file." },
    { "destroy", xl_destroy, XL_DOMAIN, 1, 1, "f|force",
      "[OPTIONS] DOMAIN",
      "End a domain at once, without asking the guest\n"
      "-f, --force                 even domain 0 (which the hypervisor refuses all the same)" },
    { "shutdown", xl_shutdown, XL_DOMAIN_OR_ALL, 0, 1, "a|all w|wait F|fallback",
      "[OPTIONS] -a|DOMAIN",
      "Ask a guest to power itself off\n"
      "-a, --all                   all guests\n"
      "-w, --wait                  until the domain is down\n"
      "-F, --fallback              use the ACPI power button if the guest has no PV drivers;\n"
      "                            PV guests always have them" },
    { "reboot", xl_reboot, XL_DOMAIN_OR_ALL, 0, 1, "a|all w|wait F|fallback",
      "[OPTIONS] -a|DOMAIN",
      "Ask a guest to reboot itself\n"
      "-a, --all                   all guests\n"
      "-w, --wait                  until the old domain is down\n"
      "-F, --fallback              as for shutdown" },
    { "pause", xl_pause, XL_DOMAIN, 1, 1, "", "DOMAIN", "Stop a domain's vCPUs" },
    { "unpause", xl_unpause, XL_DOMAIN, 1, 1, "", "DOMAIN", "Let a paused domain run on" },
    { "list", xl_list, XL_NOTHING, 0, XL_REST_MAX,
      "l|long v|verbose Z|context c|cpupool n|numa",
      "[OPTIONS] [DOMAIN ...]",
      "List domains: memory, vCPUs, state, CPU time\n"
      "-l, --long                  configurations as JSON\n"
      "-v, --verbose               with UUID and shutdown reason\n"
      "-Z, --context               with security label\n"
      "-c, --cpupool               with CPU pool\n"
      "-n, --numa                  with the NUMA nodes it takes memory from" },
    { "console", xl_console, XL_DOMAIN, 1, 1, "t|type= n|num= s|show-help",
      "[OPTIONS] DOMAIN",
      "Connect to a domain's console; ^] leaves it\n"
      "-t pv|serial, --type=TYPE   kind of console; PV guests have no serial one\n"
      "-n NUMBER, --num=NUMBER     which one; 0 is the first\n"
      "-s, --show-help             print the key that leaves it" },
    { "dmesg", xl_dmesg, XL_NOTHING, 0, 0, "c|clear", "[OPTIONS]",
      "Print the hypervisor's log\n"
      "-c, --clear                 and empty it" },
    { "debug-keys", xl_debug_keys, XL_NOTHING, 1, 1, "", "KEYS",
      "Press keys on the hypervisor's console; h is help, the answer is in its log" },
    { "info", xl_info, XL_NOTHING, 0, 0, "n|numa", "[OPTIONS]",
      "Print what the machine is and what it runs\n"
      "-n, --numa                  with CPUs and memory nodes" },
    { "vcpu-list", xl_vcpu_list, XL_NOTHING, 0, XL_REST_MAX, "", "[DOMAIN ...]",
      "List vCPUs: where they run and may run" },
    { "domid", xl_domid, XL_NOTHING, 1, 1, "", "NAME", "Number of the domain with a name" },
    { "domname", xl_domname, XL_NOTHING, 1, 1, "", "NUMBER",
      "Name of the domain with a number" },
    { "rename", xl_rename, XL_DOMAIN, 2, 2, "", "DOMAIN NAME", "Give a domain another name" },
    { "uptime", xl_uptime, XL_NOTHING, 0, XL_REST_MAX, "s|short", "[OPTIONS] [DOMAIN ...]",
      "How long domains have been there\n"
      "-s, --short                 in words, one line for each" },
    { "block-attach", xl_block_attach, XL_DOMAIN, 2, 20, "",
      "DOMAIN DISK",
      "Give a running domain one more disk\n"
      "DISK is one of disk=[...] in xl.cfg(5); its parts may also be words of their own." },
    { "block-detach", xl_block_detach, XL_DOMAIN, 2, 2, "f|force",
      "[OPTIONS] DOMAIN VDEV",
      "Take a disk, by name or number, away from a running domain\n"
      "-f, --force                 without asking the guest, whose use of it then fails" },
    { "block-list", xl_block_list, XL_NOTHING, 1, XL_REST_MAX, "j|json",
      "[OPTIONS] DOMAIN ...",
      "List the disks of domains\n"
      "-j, --json                  as JSON" },
    { "network-attach", xl_network_attach, XL_DOMAIN, 1, 20, "",
      "DOMAIN [KEY=VALUE ...]",
      "Give a running domain one more network card\n"
      "It is described as in vif=[...] of xl.cfg(5)." },
    { "network-detach", xl_network_detach, XL_DOMAIN, 2, 2, "f|force",
      "[OPTIONS] DOMAIN NUMBER|MAC",
      "Take a network card away from a running domain\n"
      "-f, --force                 without asking the guest" },
    { "network-list", xl_network_list, XL_NOTHING, 1, XL_REST_MAX, "j|json",
      "[OPTIONS] DOMAIN ...",
      "List the network cards of domains\n"
      "-j, --json                  as JSON" },
    { "keep", xl_keep, XL_DOMAIN, 1, 1, "F|foreground", "[OPTIONS] DOMAIN",
      "Watch over a domain again whose watching process has ended\n"
      "-F, --foreground            from this very process" },
    { "help", xl_help, XL_NOTHING, 0, 1, "l|long", "[OPTIONS] [VERB]",
      "Print what there is, or all about one verb\n"
      "-l, --long                  all about all" },
    { NULL, NULL, XL_NOTHING, 0, 0, NULL, NULL, NULL },
};

const char *const xl_verbs_later[] = {
    "button-press", "cd-eject", "cd-insert",
    "channel-list", "claims", "config-update", "cpupool-cpu-add", "cpupool-cpu-remove",
    "cpupool-create", "cpupool-destroy", "cpupool-list", "cpupool-migrate", "cpupool-numa-split",
    "cpupool-rename", "devd", "dump-core", "getenforce", "loadpolicy", "mem-max",
    "mem-set", "migrate", "migrate-receive",
    "pci-assignable-add", "pci-assignable-list", "pci-assignable-remove", "pci-attach",
    "pci-detach", "pci-list", "psr-cat-set", "psr-cat-show", "psr-cmt-attach", "psr-cmt-detach",
    "psr-cmt-show", "psr-hwinfo", "psr-mba-set", "psr-mba-show", "qemu-monitor-command", "remus",
    "restore", "save", "sched-credit", "sched-credit2", "sched-rtds", "setenforce",
    "set-parameters", "sharing", "sysrq", "top", "trigger", "usb-list", "usbctrl-attach",
    "usbctrl-detach", "usbdev-attach", "usbdev-detach", "vcpu-pin", "vcpu-set", "vdispl-attach",
    "vdispl-detach", "vdispl-list", "vkb-attach", "vkb-detach", "vkb-list", "vm-list",
    "vncviewer", "vsnd-attach", "vsnd-detach", "vsnd-list", "vtpm-attach", "vtpm-detach",
    "vtpm-list", NULL,
};
