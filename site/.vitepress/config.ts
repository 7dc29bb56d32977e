import { fileURLToPath } from 'node:url';
import { slug } from 'github-slugger';
import { defineConfig, resolvePages, type SiteConfig } from 'vitepress';
import { rewriteLinks } from '../links.ts';
import { navigation } from '../navigation.ts';
import { NO_PAGES, pageOf, REPOSITORY, sourceOf } from '../pages.ts';
import { address, base } from '../repository.mjs';

// No route is dynamic, so there is nothing to log.
const { pages } = await resolvePages(REPOSITORY, { srcExclude: NO_PAGES }, {} as SiteConfig['logger']);
const isPage = new Set(pages);

/** Tally marks. */
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="M3 2v12M6 2v12M9 2v12M12 2v12M1 13 15 4" stroke="#5672cd" stroke-width="1.5"/></svg>';

export default defineConfig({
  title: 'Tallykit',
  description: 'One metrics API for Node back ends on top of OpenTelemetry, and its exporters',
  lang: 'en',
  base,
  // Without one, a browser asks for a file that isn't there.
  head: [['link', { rel: 'icon', href: `data:image/svg+xml,${encodeURIComponent(ICON)}` }]],
  cleanUrls: true,
  // The bars once, and not in every page.
  metaChunk: true,
  srcDir: REPOSITORY,
  srcExclude: NO_PAGES,
  rewrites: pageOf,
  outDir: `./dist${base}`,
  cacheDir: './node_modules/.vitepress',
  markdown: {
    // A heading has the same anchor as on GitHub. What isn't the first of its name gets a number from VitePress.
    anchor: { slugify: (text) => slug(text) },
    languageAlias: { env: 'dotenv' },
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    config: (md) => rewriteLinks(md, (file) => isPage.has(file)),
  },
  vite: {
    // Pages outside of this folder find no packages by themselves.
    resolve: { alias: { vue: fileURLToPath(new URL('.', import.meta.resolve('vue/package.json'))) } },
    // Everybody gets the search only when it is opened, and the rest is small.
    build: { chunkSizeWarningLimit: 10_000 },
  },
  transformPageData(page) {
    // Where the text is changed. Pages of the API are made of doc comments, in more than one file.
    const source = sourceOf(page.filePath);
    return { filePath: source, frontmatter: { editLink: !source.startsWith('site/'), ...page.frontmatter } };
  },
  themeConfig: {
    ...navigation(pages),
    outline: { level: [2, 3] },
    search: { provider: 'local' },
    editLink: { pattern: `${address}/edit/main/:path`, text: 'Edit this page' },
    socialLinks: [{ icon: 'github', link: address }],
    footer: { message: 'Apache License 2.0' },
  },
});
