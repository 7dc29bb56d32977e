type Theme = 'light' | 'dark';

const KEY = 'tallykit-theme';
const prefersDark = matchMedia('(prefers-color-scheme: dark)');

/** Follows the system until somebody chooses; the choice is remembered where the browser allows it. */
export function startTheme(button: HTMLElement, onChange: () => void): void {
  let chosen = read();
  const show = (): void => {
    const theme = chosen ?? (prefersDark.matches ? 'dark' : 'light');
    document.documentElement.dataset['theme'] = theme;
    button.textContent = theme === 'dark' ? '☀' : '☾';
    button.setAttribute('aria-label', theme === 'dark' ? 'Use light colours' : 'Use dark colours');
  };
  show();
  button.addEventListener('click', () => {
    chosen = document.documentElement.dataset['theme'] === 'dark' ? 'light' : 'dark';
    write(chosen);
    show();
    onChange();
  });
  prefersDark.addEventListener('change', () => {
    show();
    onChange();
  });
}

function read(): Theme | undefined {
  try {
    const theme = localStorage.getItem(KEY);
    return theme === 'light' || theme === 'dark' ? theme : undefined;
  } catch {
    return undefined;
  }
}

function write(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // A private window may have no storage.
  }
}
