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

export default defineConfig({
  title: 'Tallykit',
  description: 'One metrics API for Node back ends on top of OpenTelemetry, and its exporters',
  lang: 'en',
  base,
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
    theme: { light: 'github-light', dark: 'github-dark' },
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
