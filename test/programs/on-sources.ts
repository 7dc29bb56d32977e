/** What lets Node run the TypeScript of this repository, as its options. */
export const ON_SOURCES: readonly string[] = [
  `--import=${new URL('sources.mjs', import.meta.url).href}`,
  '--conditions=@tallykit/source',
];
