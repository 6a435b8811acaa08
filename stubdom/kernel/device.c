/* SPDX-License-Identifier: MIT */
/* The handshake of a front end with its back end through the store. */
#include <stub/device.h>
#include <stub/print.h>

#define STATE(s) (1u << XenbusState##s)

static int join(char *path, size_t size, const char *folder, const char *node)
{
    return stub_snprintf(path, size, "%s/%s", folder, node) < (int)size ? 0 : -XEN_E2BIG;
}

int device_open(struct device *dev, const char *type, unsigned int number)
{
    char path[STORE_PATH_MAX];
    uint64_t id;
    int rc;

    (void)stub_snprintf(dev->front, sizeof(dev->front), "device/%s/%u", type, number);
    (void)join(path, sizeof(path), dev->front, "backend");
    rc = store_read(0, path, dev->back, sizeof(dev->back));
    if (rc < 0) {
        return rc;
    }
    (void)join(path, sizeof(path), dev->front, "backend-id");
    rc = store_read_number(0, path, &id);
    if (rc < 0) {
        return rc;
    }
    if (id >= DOMID_FIRST_RESERVED) {
        return -XEN_EINVAL;
    }
    dev->back_id = (domid_t)id;
    dev->away_until = 0;
    rc = join(path, sizeof(path), dev->back, "state");
    return rc != 0 ? rc : store_watch(&dev->watch, path);
}

void device_close(struct device *dev)
{
    (void)store_unwatch(&dev->watch);
}

int device_path(const struct device *dev, const char *node, char *path, size_t size)
{
    return join(path, size, dev->front, node);
}

int device_write(struct device *dev, uint32_t tx, const char *node, uint64_t number)
{
    char path[STORE_PATH_MAX];

    return join(path, sizeof(path), dev->front, node) != 0 ? -XEN_E2BIG
           : store_write_number(tx, path, number);
}

int device_read_back(struct device *dev, const char *node, char *value, size_t size)
{
    char path[STORE_PATH_MAX];

    return join(path, sizeof(path), dev->back, node) != 0 ? -XEN_E2BIG
           : store_read(0, path, value, size);
}

uint64_t device_number_back(struct device *dev, const char *node, uint64_t absent)
{
    char path[STORE_PATH_MAX];
    uint64_t number;

    if (join(path, sizeof(path), dev->back, node) != 0 ||
        store_read_number(0, path, &number) != 0) {
        return absent;
    }
    return number;
}

int device_set_state(struct device *dev, enum xenbus_state state)
{
    return device_write(dev, 0, "state", state);
}

enum xenbus_state device_back_state(struct device *dev)
{
    uint64_t state = device_number_back(dev, "state", XenbusStateClosed);

    return state <= XenbusStateReconfigured ? (enum xenbus_state)state : XenbusStateUnknown;
}

int device_wait(struct device *dev, unsigned int states, uint64_t deadline)
{
    bool late = false;                  /* it may change without end: one more look, then no more */

    for (;;) {
        enum xenbus_state state = device_back_state(dev);
        int rc;

        if ((states >> state & 1) != 0) {
            return state;
        }
        rc = late ? -XEN_ETIME : store_watch_wait(&dev->watch, deadline);
        if (rc != 0) {
            return rc;
        }
        late = time_now() >= deadline;
    }
}

int device_begin(struct device *dev, uint64_t deadline)
{
    for (;;) {
        uint64_t soon = time_now() + SECONDS(5);
        int rc = device_set_state(dev, XenbusStateInitialising);

        if (rc == 0) {
            rc = device_wait(dev, STATE(InitWait), soon < deadline ? soon : deadline);
        }
        if (rc != -XEN_ETIME) {
            return rc < 0 ? rc : 0;
        }
        if (time_now() >= deadline) {
            return -XEN_ETIME;
        }
        if (device_back_state(dev) == XenbusStateClosing) {
            (void)device_set_state(dev, XenbusStateClosed);
            (void)device_wait(dev, STATE(Closed), time_now() + SECONDS(5));
        }
    }
}

/*
 * InitWait is no answer: a back end that was restarted says that until it is connected, with the
 * rings that it has found, and looks at our state, not at each change of it.  Were we connected
 * again before it has looked, it would see nothing new, and both would wait at different rings.
 */
void device_leave(struct device *dev)
{
    (void)device_set_state(dev, XenbusStateClosing);
    (void)device_wait(dev, STATE(Closing) | STATE(Closed), time_now() + SECONDS(5));
    (void)device_set_state(dev, XenbusStateClosed);
}

bool device_lost(struct device *dev, bool *kick)
{
    *kick = false;
    if (dev->watch.fired) {
        enum xenbus_state state;

        dev->watch.fired = false;
        state = device_back_state(dev);
        if (state == XenbusStateConnected) {
            *kick = true;
            dev->away_until = 0;
        } else if ((STATE(Initialising) | STATE(InitWait) | STATE(Initialised)) >> state & 1) {
            dev->away_until = dev->away_until != 0 ? dev->away_until : time_now() + SECONDS(10);
        } else {
            return true;
        }
    }
    return dev->away_until != 0 && time_now() >= dev->away_until;
}
