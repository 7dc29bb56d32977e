import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DefaultTheme } from 'vitepress';
import { addressOf, REPOSITORY, titleOf } from './pages.ts';

type Item = DefaultTheme.SidebarItem;

/** An entry of the navigation that typedoc-plugin-markdown writes. */
interface ApiEntry {
  readonly title: string;
  readonly path?: string;
  readonly children?: readonly ApiEntry[];
}

/** The recording API and its start first, then the exporters, then what is for tests and for writing more. */
const PACKAGES = [
  'metrics',
  'node',
  'exporter-statsd',
  'exporter-dogstatsd',
  'exporter-datadog-http',
  'exporter-logging',
  'exporter-noop',
  'tsdb',
  'testkit',
  'cli',
  'exporter-base',
];

const CONTRIBUTING = [
  'site/contributing.md',
  'site/architecture.md',
  'docs/coverage.md',
  'docs/mutants.md',
  'site/security.md',
  'site/code-of-conduct.md',
];
const BENCHMARKS = 'docs/benchmarks.md';

/** The bars of the site. @param files All pages, as files of the repository. */
export function navigation(files: readonly string[]): Pick<DefaultTheme.Config, 'nav' | 'sidebar'> {
  const guides = files.filter(
    (file) => /^docs\/[^/]+\.md$/.test(file) && ![BENCHMARKS, ...CONTRIBUTING].includes(file),
  );
  const migrations = files.filter((file) => file.startsWith('docs/migration/'));
  const packages = PACKAGES.filter((name) => files.includes(`packages/${name}/README.md`));
  const unknown = files.filter(
    (file) => /^packages\/[^/]+\/README\.md$/.test(file) && !packages.includes(file.split('/')[1]!),
  );
  if (unknown.length > 0) throw new Error(`site/navigation.ts has no place for ${unknown.join(', ')}`);

  const ofGuides = [
    { text: 'Guides', items: [{ text: 'Start', link: '/' }, ...guides.map(itemOf)] },
    { text: 'Coming from another library', items: migrations.map(itemOf) },
  ];
  const ofPackages = packages.map((name) => packageItem(name, files));
  const ofContributing = { text: 'Contributing', items: CONTRIBUTING.map(itemOf) };
  const all = [
    ...ofGuides,
    { text: 'Packages', items: packages.map((name) => itemOf(`packages/${name}/README.md`)) },
    { text: 'Figures', items: [itemOf(BENCHMARKS)] },
    ofContributing,
  ];
  return {
    nav: [
      { text: 'Start', link: '/', activeMatch: '^/$' },
      { text: 'Guides', activeMatch: '^/guides/', items: [...guides, ...migrations].map(itemOf) },
      {
        text: 'Packages',
        activeMatch: '^/packages/',
        items: packages.map((name) => itemOf(`packages/${name}/README.md`)),
      },
      { text: 'API', link: '/api/', activeMatch: '^/api/' },
      itemOf(BENCHMARKS),
      { ...itemOf(CONTRIBUTING[0]!), text: 'Contributing' },
    ],
    sidebar: {
      '/packages/': [{ text: 'Packages', items: ofPackages }],
      ...apiBars(),
      '/': all,
    },
  };
}

function packageItem(name: string, files: readonly string[]): Item {
  const folder = `packages/${name}/`;
  const others = files.filter((file) => file.startsWith(folder) && file !== `${folder}README.md`);
  const ofFolder = others.filter((file) => file.startsWith(`${folder}docs/`));
  const hasApi = existsSync(join(REPOSITORY, 'site/api', name));
  return {
    ...itemOf(`${folder}README.md`),
    collapsed: true,
    items: [
      ...ofFolder.map(itemOf),
      ...(hasApi ? [{ text: 'API', link: `/api/${name}/` }] : []),
      ...others
        .filter((file) => !ofFolder.includes(file))
        .map((file) => ({
          ...itemOf(file),
          text: file.endsWith('CHANGELOG.md') ? 'Changelog' : titleOf(file),
        })),
    ],
  };
}

/** The bars of the API: all entry points, and beside the pages of one of them what it exports. */
function apiBars(): DefaultTheme.SidebarMulti {
  const entries = JSON.parse(
    readFileSync(join(REPOSITORY, 'site/api/navigation.json'), 'utf8'),
  ) as ApiEntry[];
  const names = PACKAGES.map((name) => `@tallykit/${name}`);
  const rank = ({ title }: ApiEntry): number =>
    names.findIndex((name) => title === name || title.startsWith(`${name}/`));
  const items = entries.toSorted((one, other) => rank(one) - rank(other)).map(apiItem);
  const bar = (open?: Item): Item[] => [
    {
      text: 'API',
      link: '/api/',
      items: items.map((item) => (item === open ? item : { text: item.text!, link: item.link! })),
    },
  ];
  return Object.fromEntries([['/api/', bar()], ...items.map((item) => [item.link!, bar(item)])]);
}

function apiItem({ title, path, children }: ApiEntry): Item {
  return {
    text: title,
    ...(path === undefined ? {} : { link: addressOf(`site/api/${path}`) }),
    ...(children === undefined ? {} : { items: children.map(apiItem) }),
  };
}

function itemOf(file: string): { text: string; link: string } {
  return { text: titleOf(file), link: addressOf(file) };
}
