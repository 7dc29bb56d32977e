import { posix } from 'node:path';
import type { MarkdownRenderer } from 'vitepress';
import { base } from './repository.mjs';
import { REPOSITORY, resolveImage, resolveLink, sourceOf } from './pages.ts';

/** Links and images of the files are written for GitHub and npm. This makes of them what the site needs. */
export function rewriteLinks(md: MarkdownRenderer, isPage: (file: string) => boolean): void {
  md.core.ruler.push('tallykit_links', ({ tokens, env }) => {
    const { realPath } = env as { readonly realPath?: string };
    // For the search, texts are rendered without their file, and links don't matter.
    if (realPath === undefined) return;
    const page = posix.relative(REPOSITORY, realPath);
    const link = (href: string): string => resolveLink(sourceOf(page), href, isPage);
    for (const token of tokens.flatMap((each) => [each, ...(each.children ?? [])])) {
      if (token.type === 'link_open') token.attrSet('href', link(token.attrGet('href')!));
      if (token.type === 'image') token.attrSet('src', resolveImage(page, token.attrGet('src')!));
      if (token.type === 'html_block' || token.type === 'html_inline') {
        token.content = token.content
          .replaceAll(/\b(src|srcset)="([^"]+)"/g, (_, name, src) => `${name}="${resolveImage(page, src)}"`)
          .replaceAll(/<a href="([^"]+)"/g, (_, href) => `<a href="${withBase(link(href))}"`);
      }
    }
  });
}

/** VitePress does this for links of Markdown, and not for those of HTML. */
function withBase(link: string): string {
  return link.startsWith('/') ? base + link.slice(1) : link;
}
