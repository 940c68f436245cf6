// @ts-check
/** Keeps Debian's package scripts from starting services: policy-rc.d, as in invoke-rc.d(8) and deb-systemd-invoke(1). */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

export const POLICY_FILE = '/usr/sbin/policy-rc.d';
const MARK = "# Written by weir's scripts/setup.mjs while it installs packages: no service may start.";
const FORBIDDEN = 101;
/** Of the packages that setup installs, the ones that bring a service. */
const SERVICES = ['redis-server', 'keepalived', 'ipvsadm', 'prometheus-alertmanager'];

/**
 * Runs `work` while no service may start, and puts back what was there whatever happens. A policy that already forbids
 * these services is left alone.
 * @template T
 * @param {string} file the path of policy-rc.d
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withoutServices(file, work) {
  restorePolicy(file);
  if (existsSync(file)) {
    if (forbidsServices(file)) return await work();
    renameSync(file, saved(file));
  }
  writeFileSync(file, `#!/bin/sh\n${MARK}\nexit ${FORBIDDEN}\n`, { mode: 0o755 });
  try {
    return await work();
  } finally {
    restorePolicy(file);
  }
}

/**
 * Puts back what `withoutServices` set aside; also after a run that was killed. Touches nobody else's policy.
 * @param {string} file
 */
export function restorePolicy(file) {
  if (existsSync(file) && readFileSync(file, 'utf8').includes(MARK)) rmSync(file);
  if (existsSync(saved(file)) && !existsSync(file)) renameSync(saved(file), file);
}

/** @param {string} file */
function saved(file) {
  return `${file}.before-weir`;
}

/** @param {string} file */
function forbidsServices(file) {
  return SERVICES.every((service) => spawnSync(file, [service, 'start'], { stdio: 'ignore' }).status === FORBIDDEN);
}
