"""What the commands do: a module each, with a function of its name, which `gateway.cli` loads when it is called."""
