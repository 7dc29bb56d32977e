import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolders, REPOSITORY } from '../repository.ts';

/** The folders of pages, but for `docs/migration`. */
export const PAGE_FOLDERS: readonly string[] = [
  '.github',
  '.',
  'docs',
  ...packageFolders().flatMap((name) => [`packages/${name}`, `packages/${name}/docs`]),
];

/** The pages in a folder, from the root of the repository. API reports and changelogs are written by tools. */
export function pagesIn(folder: string): string[] {
  if (!existsSync(join(REPOSITORY, folder))) return [];
  return readdirSync(join(REPOSITORY, folder))
    .filter((name) => name.endsWith('.md') && !name.endsWith('.api.md') && name !== 'CHANGELOG.md')
    .map((name) => (folder === '.' ? name : `${folder}/${name}`));
}
