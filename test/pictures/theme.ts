/** The colours of a picture. Each has a contrast of at least 4.5 to the background where it is text, and 3 elsewhere. */
export interface Theme {
  readonly name: 'light' | 'dark';
  readonly background: string;
  readonly text: string;
  readonly quiet: string;
  readonly line: string;
  /** Tallykit. */
  readonly own: string;
  /** What it is compared with. */
  readonly other: string;
  /** Something else that it is compared with, in the same picture. */
  readonly third: string;
  readonly bad: string;
  /** Behind a part of a picture in which something is bad. */
  readonly shade: string;
}

// GitHub's backgrounds. They are drawn, because a page need not follow the setting that chooses the picture.
export const THEMES: readonly Theme[] = [
  {
    name: 'light',
    background: '#ffffff',
    text: '#1f2328',
    quiet: '#59636e',
    line: '#d1d9e0',
    own: '#0969da',
    other: '#818b98',
    third: '#bc4c00',
    bad: '#cf222e',
    shade: '#ffebe9',
  },
  {
    name: 'dark',
    background: '#0d1117',
    text: '#f0f6fc',
    quiet: '#9198a1',
    line: '#3d444d',
    own: '#4493f8',
    other: '#7d8590',
    third: '#db6d28',
    bad: '#f85149',
    shade: '#25171c',
  },
];

/** Fonts that systems have; the last one is whatever a system has. */
export const FONT = 'Helvetica, Arial, sans-serif';
