// Writes a page of Markdown for everything that the packages export into `api/`, from their doc comments.
import { readdirSync, readFileSync } from 'node:fs';
import { address, revision } from './repository.mjs';

const packages = new URL('../packages/', import.meta.url);

/** The sources of the entry points that `exports` of a package names. */
function sourcesOf(folder) {
  const { exports = {} } = JSON.parse(readFileSync(new URL(`${folder}/package.json`, packages), 'utf8'));
  return Object.values(exports).flatMap((target) => {
    const source = target['@tallykit/source'];
    // `register` is only imported.
    return source === undefined || source.endsWith('/register.ts') ? [] : [`../packages/${folder}/${source}`];
  });
}

const folders = readdirSync(packages, { withFileTypes: true }).filter((entry) => entry.isDirectory());

export default {
  plugin: ['typedoc-plugin-markdown'],
  entryPoints: folders.flatMap(({ name }) => sourcesOf(name)),
  tsconfig: '../packages/tsconfig.json',
  basePath: '..',
  out: 'api',
  // `pnpm check:types` has checked them, with another compiler.
  skipErrorChecking: true,
  treatWarningsAsErrors: true,
  treatValidationWarningsAsErrors: true,
  excludeInternal: true,
  excludePrivate: true,
  readme: 'none',
  name: 'API',
  sourceLinkTemplate: `${address}/blob/${revision}/packages/{path}#L{line}`,
  disableGit: true,
  // Of typedoc-plugin-markdown.
  router: 'member',
  excludeScopesInPaths: true,
  entryFileName: 'index',
  hideBreadcrumbs: true,
  hidePageHeader: true,
  useCodeBlocks: true,
  expandParameters: true,
  indexFormat: 'table',
  tableColumnSettings: { hideSources: true },
  parametersFormat: 'table',
  sanitizeComments: true,
  navigationJson: 'api/navigation.json',
};
