# SPDX-License-Identifier: GPL-2.0-only
# Shell functions of the scripts that run in dom0.  Waiting is for what a guest does, never for a
# fixed time, and generous: the machine may be busy.

# End the step with a reason; what helps to find the cause is on the serial log.
fail() {
    echo "$*" >/tmp/why
    for key in e a q; do xl debug-keys $key; done
    xl dmesg | tail -n 60
    echo w >/proc/sysrq-trigger         # what waits in dom0's kernel, and for what
    dmesg | tail -n 40
    xl list
    for file in /var/log/xen/xl-*.log /tmp/*.console; do
        case $file in
        */xl-warm*) ;;
        *) [ -e "$file" ] && { echo "== $file"; tail -n 8 "$file"; } ;;
        esac
    done
    exit 1
}

there() { xl domid "$1" >/dev/null 2>&1; }
gone() { ! there "$1"; }
until_true() {
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ "$tries" -lt 900 ] || return 1
        usleep 200000
    done
}
until_gone() { until_true gone "$1" || fail "$1 is still there"; }
state() { xl list "$1" | awk 'NR == 2 { print $5 }'; }
in_state() { case $(state "$1") in *"$2"*) return 0 ;; *) return 1 ;; esac; }

# What a guest wrote: `console NAME` gathers it in /tmp/NAME.console, as long as the guest is there.
console() {
    ( while there "$1"; do sleep 5; done ) | xl console "$1" >"/tmp/$1.console" 2>&1 &
}
says() { grep -q -e "$2" "/tmp/$1.console" 2>/dev/null; }
# What keeps a console's input open: `hold CONDITION...` waits for it in the writing end of a pipe,
# whose failure nobody would see; after the pipe, `held` fails if it never came.
hold() {
    until_true "$@" && return
    echo "$*" >>/tmp/late
    return 1
}
held() { [ ! -e /tmp/late ] || fail "waited in vain for: $(tr '\n' ';' </tmp/late)"; }
until_says() { until_true says "$1" "$2" || fail "$1 does not say '$2'"; }

# A configuration file /tmp/NAME.cfg: micro NAME [WORDS...], stock NAME MEMORY [WORDS...]
micro() {
    name=$1
    shift
    printf 'name = "%s"\nkernel = "/guests/idle"\nmemory = 8\nextra = "%s"\n' "$name" "$*" \
        >"/tmp/$name.cfg"
}
stock() {
    name=$1 memory=$2
    shift 2
    printf 'name = "%s"\nkernel = "/boot/domu-vmlinuz"\nramdisk = "/boot/domu-initrd"\n' "$name" \
        >"/tmp/$name.cfg"
    printf 'memory = %s\nextra = "console=hvc0 quiet %s"\n' "$memory" "$*" >>"/tmp/$name.cfg"
}
# The bridge xenbr0, 10.9.0.1/24.
bridge() {
    [ -e /sys/class/net/xenbr0 ] && return
    modprobe bridge
    ip link add xenbr0 type bridge && ip addr add 10.9.0.1/24 dev xenbr0 &&
        ip link set xenbr0 up || fail "no bridge"
}
create() { xl create -q "/tmp/$1.cfg" || fail "create of $1 failed"; }

# What must be the same before and after: pages that are free, domains, their places in the store.
pages() { freepages | cut -d' ' -f1; }
traces() {
    xl list | awk 'NR > 1 { print $2 }'
    for folder in /local/domain /vm /libxl; do xenstore-list "$folder" 2>/dev/null; done
}
same_pages() { [ "$(pages)" = "$1" ]; }
same_traces() { [ "$(traces)" = "$1" ]; }
tidy() {
    for id in $(xl list | awk 'NR > 2 { print $2 }'); do
        echo "left over: domain $id"
        xl destroy "$id"
    done
}

# step NAME FUNCTION: run it, tell "@@step NAME ok", "@@step NAME FAIL why", or "@@step NAME skip
# why" if it wrote that into /tmp/skip.
step() {
    echo "@@step $1 starts"
    rm -f /tmp/why /tmp/skip /tmp/late /tmp/*.console
    pages_before=$(pages) traces_before=$(traces) why=
    if ! ("$2"); then
        why=$(cat /tmp/why 2>/dev/null || echo "its script failed")
        tidy
    fi
    skip=$(cat /tmp/skip 2>/dev/null)
    tries=0
    until same_pages "$pages_before" && same_traces "$traces_before" || [ "$tries" -ge 50 ]; do
        tries=$((tries + 1))
        usleep 200000
    done
    if ! same_traces "$traces_before"; then
        why="$why; left behind: $(traces | tr '\n' ' ')"
        tidy
    elif ! same_pages "$pages_before"; then
        why="$why; $pages_before pages were free before, $(pages) after"
        xl debug-keys m
    fi
    if [ -n "$why" ]; then
        echo "@@step $1 FAIL ${why#; }"
    elif [ -n "$skip" ]; then
        echo "@@step $1 skip $skip"
    else
        echo "@@step $1 ok"
    fi
}

# The first domains ever leave caches filled, and dom0 keeps for good what was made longer for it:
# the tables of its event channels and of the grants that it maps (512 a page), and that of times
# that are measured.  What is compared comes after them, so they are made longer than any step
# needs: of four guests with two disks and two cards each, domain 0 has 80 ports at most and maps
# less than 20,000 grants.
warm_up() {
    xl stat -T on >/dev/null 2>&1 && xl stat -T off >/dev/null
    for i in 0 1 2 3 4 5 6 7 8 9 10 11; do
        micro "warm$i"
        xl create -q -p "/tmp/warm$i.cfg"
    done
    dom0tables "$(xl domid warm0)" 20480 128 ||
        echo "domain 0's tables are no longer than before"
    xl destroy warm0
    tidy >/dev/null
    usleep 500000
}
