"""The commands: a module each, with a function of its name, which `gateway.cli` imports when it is called."""
