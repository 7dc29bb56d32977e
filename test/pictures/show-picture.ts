import { relative } from 'node:path';

/** A picture in its two themes. */
export interface ShownPicture {
  readonly alt: string;
  /** From the root of the repository. */
  readonly light: string;
  readonly dark: string;
  /** In pixels. */
  readonly width: number;
}

/**
 * A picture as Markdown of a page shows it.
 *
 * @param base where addresses of pictures begin: a folder of the repository for relative ones, or a URL
 */
export function pictureMarkdown({ alt, light, dark, width }: ShownPicture, base: string): string {
  const addressOf = (file: string): string =>
    /^https?:/.test(base) ? `${base}/${file}` : relative(base, file).replaceAll('\\', '/');
  return [
    '<picture>',
    `  <source media="(prefers-color-scheme: dark)" srcset="${addressOf(dark)}">`,
    `  <img src="${addressOf(light)}" width="${width}" alt="${alt.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}">`,
    '</picture>',
  ].join('\n');
}
