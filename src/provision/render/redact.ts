/** Takes the VRRP password out of built files and of those on disk, before people see them. */

const PASSWORD = /(\bauth_pass[ \t]+)(\S.*)$/gm;

export function redacted(text: string): string {
  return text.replace(PASSWORD, '$1[secret]');
}

/** Redacts both sides of a comparison, so that two different passwords still look different. */
export function bothRedacted(now: string, built: string): [now: string, built: string] {
  const ours = new Set([...built.matchAll(PASSWORD)].map(([, , password]) => password));
  const before = now.replace(PASSWORD, (_, key: string, password: string) => {
    return `${key}${ours.has(password) ? '[secret]' : '[another secret]'}`;
  });
  return [before, redacted(built)];
}
