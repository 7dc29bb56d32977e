// pnpm options: writes the tables of options into the pages. pnpm check:options (`--check`): says which are outdated.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolders, REPOSITORY } from '../repository.ts';
import { typesOn, withTables } from './option-tables.ts';
import { DocumentedTypes } from './option-types.ts';
import { pagesIn } from './pages.ts';

const isCheck = process.argv.includes('--check');
const pages = packageFolders().flatMap((folder) =>
  [`packages/${folder}`, `packages/${folder}/docs`].flatMap(pagesIn).flatMap((page) => {
    const text = readFileSync(join(REPOSITORY, page), 'utf8');
    return typesOn(text).length > 0 ? [{ folder, page, text }] : [];
  }),
);
const types = new DocumentedTypes([...new Set(pages.map(({ folder }) => folder))]);

for (const { folder, page, text } of pages) {
  const written = withTables(text, (type) => types.optionsOf(folder, type));
  if (written === text) continue;
  if (isCheck) {
    console.error(
      `The options on ${page} are not those of the code. Run \`pnpm options\` and commit the page.`,
    );
    process.exitCode = 1;
  } else {
    writeFileSync(join(REPOSITORY, page), written);
    console.log(`wrote the options on ${page}`);
  }
}
