// How a change stands in a CHANGELOG: its text as it was written, without the hash of a commit; and one line for all packages of
// this workspace that got a new version with it. See https://github.com/changesets/changesets/blob/main/docs/modifying-changelog-format.md
'use strict';

/** @param {{ summary: string }} changeset */
async function getReleaseLine({ summary }) {
  const [first, ...rest] = summary.trim().split('\n');
  return [`\n- ${first}`, ...rest.map((line) => (line ? `  ${line}` : ''))].join('\n');
}

/** @param {{ name: string, newVersion: string }[]} dependencies */
async function getDependencyReleaseLine(_changesets, dependencies) {
  if (dependencies.length === 0) return '';
  return `\n- With ${dependencies.map(({ name, newVersion }) => `${name}@${newVersion}`).join(', ')}.`;
}

module.exports = { getReleaseLine, getDependencyReleaseLine };
