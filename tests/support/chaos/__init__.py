"""What faults are tried with: a cluster to kill, gateways as processes, proxies, load that knows what it was told."""
