"""device_packets.py: which packets a plan lets pass, by doc/format/containment.md alone; what a script means is compared with it."""
import ipaddress
import itertools

HOST = {4: "192.0.2.80", 6: "2001:db8:80::80"}
BYSTANDER = {4: "192.0.2.81", 6: "2001:db8:80::81"}


class Packet:
    """One packet between the host and a remote address. flags: of TCP, as letters."""

    def __init__(self, to_host, remote, protocol, local_port, remote_port, flags="", host=None):
        self.to_host, self.protocol, self.flags = to_host, protocol, flags
        self.remote = ipaddress.ip_address(remote)
        self.version = self.remote.version
        self.host = ipaddress.ip_address(host or HOST[self.version])
        self.source, self.destination = (self.remote, self.host) if to_host else (self.host, self.remote)
        self.sport, self.dport = (remote_port, local_port) if to_host else (local_port, remote_port)

    def __repr__(self):
        return f"{'in' if self.to_host else 'out'} {self.protocol} {self.source}:{self.sport} > {self.destination}:{self.dport} {self.flags}"


def within(address, network):
    network = ipaddress.ip_network(network)
    return address.version == network.version and address in network


def endpoint_passes(endpoint, p, begins_only=False):
    net, *rest = endpoint.split(",")
    if not within(p.remote, net):
        return False
    if not rest:
        return True
    protocol, ports, way = rest
    first, last = (int(x) for x in (ports.split("-") * 2)[:2])
    if p.protocol != protocol:
        return False
    asks = p.to_host == (way == "in")
    if asks:
        return first <= p.dport <= last
    return not begins_only and first <= p.sport <= last and not (protocol == "tcp" and p.flags == "S")


def passes(action, allow, addresses, p, begins_only=False):
    if any(endpoint_passes(a, p, begins_only) for a in allow):
        return True
    return action != "isolate" and not any(within(p.remote, n) for n in addresses)


def packets(allow, addresses):
    """Packets at and around everything that a plan names."""
    remotes = {"198.51.100.200", "2001:db8:200::1", "0.0.0.1", "255.255.255.254", "2002::1"}
    for text in [*(a.split(",")[0] for a in allow), *addresses]:
        n = ipaddress.ip_network(text)
        for number in {int(n.network_address), int(n.broadcast_address), int(n.network_address) - 1, int(n.broadcast_address) + 1}:
            if 0 < number < 2 ** n.max_prefixlen:
                remotes.add(str(ipaddress.ip_address(number) if n.version == 4 else ipaddress.IPv6Address(number)))
    ports = {1, 65535, 40000}
    for a in allow:
        for port in a.split(",")[2].split("-") if "," in a else []:
            ports |= {int(port) - 1, int(port), int(port) + 1}
    for remote, to_host, port in itertools.product(sorted(remotes), (True, False), sorted(ports)):
        for local, other in ((port, 33333), (33333, port)):
            for flags in ("S", "SA", "A"):
                yield Packet(to_host, remote, "tcp", local, other, flags)
            yield Packet(to_host, remote, "udp", local, other)
        yield Packet(to_host, remote, "icmp" if ":" not in remote else "icmp6", 0, 0)
