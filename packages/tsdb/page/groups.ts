import { byId, create } from './elements.ts';
import { byName, formatCount } from './format.ts';
import { groupOf, PINNED_GROUP } from './overview.ts';

/** The list of groups: the first words of names, and what is pinned. */
export function showGroups(
  names: readonly string[],
  {
    chosen,
    pins,
    onGroup,
  }: { readonly chosen: string; readonly pins: number; readonly onGroup: (group: string) => void },
): void {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(groupOf(name), (counts.get(groupOf(name)) ?? 0) + 1);
  const groups = [...counts]
    .filter(([group, count]) => group !== '' && count > 1)
    .sort(([first], [second]) => byName(first, second));
  const entries: (readonly [group: string, label: string, count: number])[] = [
    ['', 'All metrics', names.length],
    ...(pins > 0 ? [[PINNED_GROUP, 'Pinned', pins] as const] : []),
    ...groups.map(([group, count]) => [group, group, count] as const),
  ];
  const parent = byId('groups', HTMLElement);
  const focused = [...parent.children].findIndex((each) => each === document.activeElement);
  parent.replaceChildren(
    ...entries.map(([group, label, count]) => {
      const button = create(
        'button',
        {},
        create('span', { className: 'group-name', text: label }),
        create('span', { className: 'group-count', text: formatCount(count) }),
      );
      button.type = 'button';
      button.title = label;
      button.setAttribute('aria-pressed', String(chosen === group));
      button.addEventListener('click', () => onGroup(group));
      return button;
    }),
  );
  const again = parent.children[focused];
  if (again instanceof HTMLElement) again.focus();
}
