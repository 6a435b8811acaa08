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
      "-V, --vncviewer             start vncviewer before the domain's screen\n"
      "-A, --vncviewer-autopass    without effect: there is no password\n"
      "KEY=VALUE replaces a setting of the file." },
    { "config-update", xl_config_update, XL_DOMAIN_LOCKED, 1, XL_REST_MAX, "f|defconfig= q|quiet",
      "DOMAIN [FILE] [OPTIONS] [KEY=VALUE ...]",
      "Replace the configuration that a domain is started from when it reboots\n"
      "-f FILE, --defconfig=FILE   the configuration; - is standard input\n"
      "-q, --quiet                 no warnings\n"
      "What the domain is now does not change." },
    { "destroy", xl_destroy, XL_DOMAIN, 1, 1, "f|force",
      "[OPTIONS] DOMAIN",
      "End a domain at once, without asking the guest\n"
      "-f, --force                 even domain 0 (which the hypervisor refuses all the same)" },
    { "shutdown", xl_shutdown, XL_DOMAIN_OR_ALL, 0, 1, "a|all w|wait F|fallback",
      "[OPTIONS] -a|DOMAIN",
      "Ask a guest to power itself off\n"
      "-a, --all                   all guests\n"
      "-w, --wait                  until the domain is gone, or stays as on_poweroff says\n"
      "-F, --fallback              use the ACPI power button if the guest has no PV drivers;\n"
      "                            PV guests always have them" },
    { "reboot", xl_reboot, XL_DOMAIN_OR_ALL, 0, 1, "a|all w|wait F|fallback",
      "[OPTIONS] -a|DOMAIN",
      "Ask a guest to reboot itself\n"
      "-a, --all                   all guests\n"
      "-w, --wait                  until the old domain is gone, or stays as on_reboot says\n"
      "-F, --fallback              as for shutdown" },
    { "pause", xl_pause, XL_DOMAIN, 1, 1, "", "DOMAIN", "Stop a domain's vCPUs" },
    { "unpause", xl_unpause, XL_DOMAIN, 1, 1, "", "DOMAIN", "Let a paused domain run on" },
    { "dump-core", xl_dump_core, XL_DOMAIN, 1, 2, "f|force", "[OPTIONS] DOMAIN [FILE]",
      "Write a domain's memory and registers to a file, without stopping it\n"
      "-f, --force                 even if the file is there already\n"
      "The file is NAME in /var/lib/xen/dump unless given; xl pause before makes it consistent." },
    { "list", xl_list, XL_NOTHING, 0, XL_REST_MAX,
      "l|long j|json v|verbose Z|context c|cpupool n|numa",
      "[OPTIONS] [DOMAIN ...]",
      "List domains: memory, vCPUs, state, CPU time\n"
      "-l, --long                  configurations as JSON\n"
      "-j, --json                  the same\n"
      "-v, --verbose               with UUID and shutdown reason\n"
      "-Z, --context               with security label\n"
      "-c, --cpupool               with CPU pool\n"
      "-n, --numa                  with the NUMA nodes it takes memory from" },
    { "console", xl_console, XL_DOMAIN, 1, 1, "t|type= n|num= s|show-help",
      "[OPTIONS] DOMAIN",
      "Connect to a domain's console; ^] leaves it\n"
      "-t pv|serial, --type=TYPE   kind of console; PV guests have no serial one\n"
      "-n NUMBER, --num=NUMBER     which one; 0 is the first, the others are channels\n"
      "-s, --show-help             print the key that leaves it" },
    { "dmesg", xl_dmesg, XL_NOTHING, 0, 0, "c|clear", "[OPTIONS]",
      "Print the hypervisor's log\n"
      "-c, --clear                 and empty it" },
    { "debug-keys", xl_debug_keys, XL_NOTHING, 1, 1, "", "KEYS",
      "Press keys on the hypervisor's console; h is help, the answer is in its log" },
    { "info", xl_info, XL_NOTHING, 0, 0, "n|numa j|json", "[OPTIONS]",
      "Print what the machine is and what it runs\n"
      "-j, --json                  as JSON\n"
      "-n, --numa                  with CPUs and memory nodes" },
    { "vcpu-list", xl_vcpu_list, XL_NOTHING, 0, XL_REST_MAX, "j|json", "[OPTIONS] [DOMAIN ...]",
      "List vCPUs: where they run and may run\n"
      "-j, --json                  as JSON" },
    { "vcpu-set", xl_vcpu_set, XL_DOMAIN_LOCKED, 2, 2, "i|ignore-host", "[OPTIONS] DOMAIN NUMBER",
      "Let a guest have so many of its vCPUs online\n"
      "-i, --ignore-host           even more than the machine has CPUs" },
    { "vcpu-pin", xl_vcpu_pin, XL_DOMAIN, 3, 4, "f|force", "[OPTIONS] DOMAIN VCPU|all HARD [SOFT]",
      "Say on which CPUs vCPUs may run (HARD) and should run (SOFT)\n"
      "-f, --force                 even if a driver in the domain pins them for now\n"
      "CPUs are written as in \"0-3,^2\", \"all\" or \"node:1\"; - leaves them as they are." },
    { "mem-set", xl_mem_set, XL_DOMAIN_LOCKED, 2, 2, "", "DOMAIN MEMORY",
      "Ask a guest to give memory back, or to take some\n"
      "MEMORY is MiB, or a number with one of the letters b, k, m, g and t." },
    { "mem-max", xl_mem_max, XL_DOMAIN_LOCKED, 2, 2, "", "DOMAIN MEMORY",
      "Say how much memory a domain may be given with mem-set\n"
      "MEMORY is MiB, or a number with one of the letters b, k, m, g and t." },
    { "sched-credit2", xl_sched_credit2, XL_NOTHING, 0, 0,
      "d|domain= w|weight= c|cap= s|schedparam r|ratelimit_us= p|cpupool= j|json", "[OPTIONS]",
      "Show or set weights and caps of CPU time\n"
      "-d DOMAIN, --domain=DOMAIN  of this one\n"
      "-w N, --weight=N            its weight, 1 to 65535; usually 256\n"
      "-c PERCENT, --cap=PERCENT   the most it may use, in hundredths of a CPU; 0 is no limit\n"
      "-s, --schedparam            show or set what holds for all\n"
      "-r US, --ratelimit_us=US    with -s: how long a vCPU runs at least, in microseconds\n"
      "-p POOL, --cpupool=POOL     of this CPU pool; there is Pool-0\n"
      "-j, --json                  as JSON" },
    { "sched-credit", xl_sched_credit, XL_NOTHING, 0, XL_REST_MAX,
      "d|domain= w|weight= c|cap= s|schedparam t|tslice_ms= r|ratelimit_us= p|cpupool= "
      "m|migration_delay_us=", "[OPTIONS]",
      "Weights and caps of another scheduler; says so and ends with an error" },
    { "domid", xl_domid, XL_NOTHING, 1, 1, "", "NAME", "Number of the domain with a name" },
    { "domname", xl_domname, XL_NOTHING, 1, 1, "", "NUMBER",
      "Name of the domain with a number" },
    { "vm-list", xl_vm_list, XL_NOTHING, 0, 0, "j|json", "[OPTIONS]",
      "List domains by UUID\n"
      "-j, --json                  as JSON" },
    { "claims", xl_claims, XL_NOTHING, 0, 0, "j|json", "[OPTIONS]",
      "List domains with the memory that is claimed for them and not taken yet\n"
      "-j, --json                  as JSON" },
    { "rename", xl_rename, XL_DOMAIN_LOCKED, 2, 2, "", "DOMAIN NAME",
      "Give a domain another name" },
    { "uptime", xl_uptime, XL_NOTHING, 0, XL_REST_MAX, "s|short j|json",
      "[OPTIONS] [DOMAIN ...]",
      "How long domains have been there\n"
      "-j, --json                  as JSON\n"
      "-s, --short                 in words, one line for each" },
    { "block-attach", xl_block_attach, XL_DOMAIN_LOCKED, 2, 20, "",
      "DOMAIN DISK",
      "Give a running domain one more disk\n"
      "DISK is one of disk=[...] in xl.cfg(5); its parts may also be words of their own." },
    { "block-detach", xl_block_detach, XL_DOMAIN_LOCKED, 2, 2, "f|force",
      "[OPTIONS] DOMAIN VDEV",
      "Take a disk, by name or number, away from a running domain\n"
      "-f, --force                 even if the guest does not let go of it in ten seconds" },
    { "block-list", xl_block_list, XL_NOTHING, 1, XL_REST_MAX, "j|json",
      "[OPTIONS] DOMAIN ...",
      "List the disks of domains\n"
      "-j, --json                  as JSON" },
    { "network-attach", xl_network_attach, XL_DOMAIN_LOCKED, 1, 20, "",
      "DOMAIN [KEY=VALUE ...]",
      "Give a running domain one more network card\n"
      "It is described as in vif=[...] of xl.cfg(5)." },
    { "network-detach", xl_network_detach, XL_DOMAIN_LOCKED, 2, 2, "f|force",
      "[OPTIONS] DOMAIN NUMBER|MAC",
      "Take a network card away from a running domain\n"
      "-f, --force                 even if the guest does not let go of it in ten seconds" },
    { "network-list", xl_network_list, XL_NOTHING, 1, XL_REST_MAX, "j|json",
      "[OPTIONS] DOMAIN ...",
      "List the network cards of domains\n"
      "-j, --json                  as JSON" },
    { "channel-list", xl_channel_list, XL_NOTHING, 1, XL_REST_MAX, "j|json",
      "[OPTIONS] DOMAIN ...",
      "List the channels of domains: their consoles behind the first\n"
      "-j, --json                  as JSON\n"
      "The number of its console, for console -n, is one more than Idx says." },
    { "vncviewer", xl_vncviewer, XL_DOMAIN, 1, 1, "a|autopass", "[OPTIONS] DOMAIN",
      "Show a guest's screen with the program vncviewer, until that ends\n"
      "-a, --autopass              without effect: there is no password" },
    { "sysrq", xl_sysrq, XL_DOMAIN_LOCKED, 2, 2, "", "DOMAIN LETTER",
      "Press the magic SysRq key and a letter on a guest's kernel" },
    { "trigger", xl_trigger, XL_DOMAIN, 2, 3, "", "DOMAIN nmi [VCPU]",
      "Send a non-maskable interrupt to a vCPU; the first one unless told\n"
      "The other triggers of Xen's xl belong to HVM guests and are refused." },
    { "top", xl_top, XL_NOTHING, 0, 0,
      "b|batch d|delay= i|iterations= f|full-name j|json", "[OPTIONS]",
      "Show what domains use, again and again, as xentop does\n"
      "-b, --batch                 lines for a pipe; so it is anyway if the output is no terminal\n"
      "-d SECONDS, --delay=SECONDS time between two looks; 3 if not given\n"
      "-i N, --iterations=N        stop after so many\n"
      "-f, --full-name             do not cut long names\n"
      "-j, --json                  an array for each look\n"
      "On a terminal, s changes the order and q quits." },
    { "stat", xl_stat, XL_NOTHING, 0, 0,
      "1|once b|batch l|log f|fields= g|guest= s|set-delay= z|skip-zero-records j|json "
      "m|openmetrics T|timing=", "[OPTIONS]",
      "Show what the hypervisor counts for guests, live, in the manner of kvm_stat\n"
      "-1, --once                  totals and rates of one second, once\n"
      "-b, --batch                 the same\n"
      "-l, --log                   a line for each look, for a pipe\n"
      "-f REGEX, --fields=REGEX    only these, as in '^(exits|hypercall.*)$'\n"
      "-g DOMAIN, --guest=DOMAIN   of this one; else the sum of all\n"
      "-s SECONDS, --set-delay=SECONDS  time between two looks; 3 on a terminal, else 1\n"
      "-z, --skip-zero-records     without what never happened\n"
      "-j, --json                  as JSON, once\n"
      "-m, --openmetrics           as OpenMetrics text, once, and what top shows of each domain\n"
      "-T on|off, --timing=on|off  measure the time of each reason, from now on, or no more\n"
      "On a terminal, t does that too, and q quits." },
    { "keep", xl_keep, XL_DOMAIN, 1, 1, "F|foreground", "[OPTIONS] DOMAIN",
      "Watch over a domain again whose watching process has ended\n"
      "-F, --foreground            from this very process" },
    { "help", xl_help, XL_NOTHING, 0, 1, "l|long b|bash", "[OPTIONS] [VERB]",
      "Print what there is, or all about one verb\n"
      "-l, --long                  all about all\n"
      "-b, --bash                  the completion script for bash" },
    { NULL, NULL, XL_NOTHING, 0, 0, NULL, NULL, NULL },
};

const char *const xl_verbs_later[] = {
    "button-press", "cd-eject", "cd-insert", "cpupool-cpu-add",
    "cpupool-cpu-remove", "cpupool-create", "cpupool-destroy", "cpupool-list", "cpupool-migrate",
    "cpupool-numa-split", "cpupool-rename", "devd", "getenforce", "loadpolicy",
    "migrate", "migrate-receive", "pci-assignable-add", "pci-assignable-list",
    "pci-assignable-remove", "pci-attach", "pci-detach", "pci-list", "psr-cat-set", "psr-cat-show",
    "psr-cmt-attach", "psr-cmt-detach", "psr-cmt-show", "psr-hwinfo", "psr-mba-set", "psr-mba-show",
    "qemu-monitor-command", "remus", "restore", "save", "sched-rtds", "setenforce",
    "set-parameters", "sharing", "usb-list", "usbctrl-attach", "usbctrl-detach", "usbdev-attach",
    "usbdev-detach", "vdispl-attach", "vdispl-detach", "vdispl-list", "vkb-attach", "vkb-detach",
    "vkb-list", "vsnd-attach", "vsnd-detach", "vsnd-list", "vtpm-attach",
    "vtpm-detach", "vtpm-list", NULL,
};
