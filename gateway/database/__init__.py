"""The only room that speaks SQL: tables, statements, and every question asked of them, by name."""
