/** The documents of the repository, and what can be asked of them. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

export const ROOT = join(import.meta.dirname, '../../..');

export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

export const DOCUMENTS: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'examples/README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

/** Every file below these folders whose name ends so. */
export function filesIn(folders: readonly string[], ending: string): string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith(ending))
      .map((name) => join(folder, name)),
  );
}

/** Links of a document that lead to nothing: no such file, or no such heading in it. */
export function brokenLinks(document: string): string[] {
  const links = [...read(document).matchAll(/(?:\]\(|src=")(?!https?:)([^)\s"]+)[)"]/g)].map(
    (match) => match[1] as string,
  );
  return links.filter((link) => {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? document : normalize(join(dirname(document), path));
    if (!existsSync(join(ROOT, target))) return true;
    return anchor !== undefined && !anchorsOf(target).has(anchor);
  });
}

/** As GitHub makes them of headings, and those that are written. */
export function anchorsOf(document: string): Set<string> {
  const text = read(document);
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map((match) => slug(match[1] as string));
  return new Set([...headings, ...[...text.matchAll(/<a id="([^"]+)">/g)].map((match) => match[1] as string)]);
}

function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

/** What a document tells a reader to type that begins with this word: in code, or on a line of its own. */
export function typed(document: string, program: string): string[] {
  const text = read(document);
  const inline = text.matchAll(new RegExp(`\`${program} ([^\`]+)\``, 'g'));
  const lines = text.matchAll(new RegExp(`^(?: {4}|)${program} ([^#\n]+)`, 'gm'));
  return [...inline, ...lines].map((match) => (match[1] as string).trim());
}

/** The text of the block of YAML that begins so. */
export function yamlBlock(document: string, beginning: string): string {
  const blocks = [...read(document).matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map((match) => match[1] as string);
  return blocks.find((block) => block.startsWith(beginning)) ?? `${document} has no block that begins so`;
}
