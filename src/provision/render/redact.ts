/** What was built, and what stands in its place, as people may see it: the VRRP password does not print. */

const PASSWORD = /(\bauth_pass[ \t]+)(\S.*)$/gm;

export function redacted(text: string): string {
  return text.replace(PASSWORD, '$1[secret]');
}

/** Both sides of a comparison. Another password than the one that was built is still seen to be another. */
export function bothRedacted(now: string, built: string): [now: string, built: string] {
  const ours = new Set([...built.matchAll(PASSWORD)].map(([, , password]) => password));
  const before = now.replace(PASSWORD, (_, key: string, password: string) => {
    return `${key}${ours.has(password) ? '[secret]' : '[another secret]'}`;
  });
  return [before, redacted(built)];
}
