/** What `npm pack` makes of a checkout that is built: what Weir needs to run, and nothing else. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, vi } from 'vitest';

vi.setConfig({ testTimeout: 300_000 });

it('the package has the program, rules and README, and no sources, tests or lab', async () => {
  const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: join(import.meta.dirname, '..'),
  });
  const [{ files }] = JSON.parse(stdout) as [{ files: readonly { readonly path: string }[] }];
  const paths = files.map(({ path }) => path);

  for (const path of ['dist/bundle/weir.js', 'rules/members.yaml', 'README.md', 'CHANGELOG.md', 'docs/deploy.md']) {
    expect(paths).toContain(path);
  }
  const folders = new Set(
    paths.map((path) =>
      path
        .split('/')
        .slice(0, path.startsWith('dist/') ? 2 : 1)
        .join('/'),
    ),
  );
  expect([...folders].sort()).toEqual([
    ...['CHANGELOG.md', 'README.md', 'dist/bundle', 'docs', 'examples', 'package.json', 'rules'],
  ]);
  expect(paths.filter((path) => /\.(png|tsbuildinfo)$/.test(path))).toEqual([]);
});
