"""Ports of concurrent runs."""

import socket

from harvest.ports import LOOPBACK, lease_port


def test_the_usual_port_is_taken_when_it_is_free() -> None:
    first = lease_port()
    usual = first.port
    first.release()
    again = lease_port(usual)
    assert again.port == usual
    again.release()


def test_another_port_is_taken_when_somebody_listens_on_the_usual_one() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        usual = server.getsockname()[1]
        lease = lease_port(usual)
        assert lease.port != usual
        lease.release()


def test_a_leased_port_is_never_given_out_twice_although_nobody_listens_yet() -> None:
    first = lease_port()
    second = lease_port(first.port)
    assert second.port != first.port
    first.release()
    second.release()


def test_releasing_twice_does_not_close_a_stranger() -> None:
    lease = lease_port()
    lease.release()
    lease.release()
    again = lease_port(lease.port)
    assert again.port == lease.port
    again.release()
