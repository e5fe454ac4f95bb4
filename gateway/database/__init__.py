"""All SQL: tables, statements, and every question to the database, by name."""
