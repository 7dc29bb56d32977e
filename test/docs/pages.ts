import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from './blocks.ts';

/** The folders of all packages. */
export function packageFolders(): string[] {
  return readdirSync(join(REPOSITORY, 'packages'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

/** The pages in a folder, from the root of the repository. API reports and changelogs are written by tools. */
export function pagesIn(folder: string): string[] {
  if (!existsSync(join(REPOSITORY, folder))) return [];
  return readdirSync(join(REPOSITORY, folder))
    .filter((name) => name.endsWith('.md') && !name.endsWith('.api.md') && name !== 'CHANGELOG.md')
    .map((name) => (folder === '.' ? name : `${folder}/${name}`));
}
