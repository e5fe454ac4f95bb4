"""What commands do with a database: import, export, pruning, and the checks of the doctor."""
