"""One module a step, in order; a step that has been released is never edited."""
