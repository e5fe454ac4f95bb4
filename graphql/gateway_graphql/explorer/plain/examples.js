/** Split examples.graphql into its documents: each starts with a comment that follows an empty line. */
export function examples(source) {
  return source.trim().split(/\n\n(?=#)/);
}
