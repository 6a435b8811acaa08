# SPDX-License-Identifier: GPL-2.0-only
"""Python's pyxs against xenstored, whose socket is argument 1; ends with "pyxs: all well"."""

import sys

import pyxs

HOME = b"/tool/pyxs"


def nodes(client):
    client.write(HOME + b"/a", b"one")
    assert client.read(HOME + b"/a") == b"one"
    client.mkdir(HOME + b"/b")
    assert sorted(client.list(HOME)) == [b"a", b"b"]
    assert client.exists(HOME + b"/b") and not client.exists(HOME + b"/c")
    client.set_perms(HOME + b"/a", [b"n0", b"r7"])
    assert client.get_perms(HOME + b"/a") == [b"n0", b"r7"]
    client.delete(HOME + b"/b")
    try:
        client.read(HOME + b"/b")
        raise AssertionError("read of nothing")
    except pyxs.PyXSError:
        pass
    assert client.get_domain_path(3) == b"/local/domain/3"


def transactions(path):
    with pyxs.Client(unix_socket_path=path) as one, pyxs.Client(unix_socket_path=path) as two:
        one.transaction()
        one.write(HOME + b"/tx", b"1")
        assert not two.exists(HOME + b"/tx")
        two.write(HOME + b"/other", b"x")
        assert one.commit(), "changes of different nodes are no conflict"
        assert two.read(HOME + b"/tx") == b"1"
        one.transaction()
        value = int(one.read(HOME + b"/tx"))
        two.write(HOME + b"/tx", b"5")
        one.write(HOME + b"/tx", str(value + 1).encode())
        assert not one.commit(), "a change of the same node is a conflict"
        assert two.read(HOME + b"/tx") == b"5"
        one.transaction()
        one.write(HOME + b"/tx", b"9")
        one.rollback()
        assert two.read(HOME + b"/tx") == b"5"


def watches(path):
    with pyxs.Client(unix_socket_path=path) as one, pyxs.Client(unix_socket_path=path) as two:
        monitor = one.monitor()
        monitor.watch(HOME + b"/w", b"token")
        events = monitor.wait()
        assert tuple(next(events)) == (HOME + b"/w", b"token")
        two.write(HOME + b"/w/below", b"x")
        assert tuple(next(events)) == (HOME + b"/w/below", b"token")
        monitor.unwatch(HOME + b"/w", b"token")


def main():
    path = sys.argv[1]
    with pyxs.Client(unix_socket_path=path) as client:
        nodes(client)
    transactions(path)
    watches(path)
    with pyxs.Client(unix_socket_path=path) as client:
        client.delete(HOME)
    print("pyxs: all well")


main()
